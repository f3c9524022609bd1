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

use mcpsign_schemas::purl::PackageIdentity;

use super::{ArchiveError, Contents, Found, HashingReader, PackageForm};
pub(super) use gzip::{budget, is_gzip};
pub(crate) use header::is_header;

/// Reads the package that `reader` holds, if it holds one: gzip, tar, one folder at the top with a manifest in it.
/// `named` is the file's name and the form that it says.
///
/// # Errors
/// An archive that has the manifest of a package, or claims to by its name, and breaks a rule for such packages, before
/// or after it.
pub(super) fn read(
    reader: &mut HashingReader,
    size: u64,
    named: (&str, Option<PackageForm>),
    contents: Contents<'_>,
) -> Result<Option<Found>, ArchiveError> {
    scan::scan(reader, size, named, contents)
}

/// What the manifest says of a package.
struct Said {
    identity: PackageIdentity,
    mcp_name: Option<String>,
    licenses: Vec<String>,
}
