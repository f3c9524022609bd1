//! Packages in compressed tar archives: npm's, Python's source distributions, Cargo's.

mod crates;
mod gzip;
mod header;
mod manifests;
mod name;
mod npm;
mod pax;
mod scan;
mod sdist;
#[cfg(test)]
mod tests;
mod violations;

use super::{ArchiveError, Contents, Found, HashingReader, PackageForm};
pub(super) use gzip::{budget, is_gzip};

/// Reads the package that `reader` holds, if it holds one: gzip, tar, one folder at the top with a manifest in it.
/// `claimed` is the form that the file's name says.
///
/// # Errors
/// An archive that has the manifest of a package, or claims to by its name, and breaks a rule for such packages, before
/// or after it.
pub(super) fn read(
    reader: &mut HashingReader,
    size: u64,
    claimed: Option<PackageForm>,
    contents: Contents<'_>,
) -> Result<Option<Found>, ArchiveError> {
    scan::scan(reader, size, claimed, contents)
}
