//! Packages in compressed tar archives.

mod gzip;
mod name;
mod npm;
mod pax;
mod scan;
#[cfg(test)]
mod tests;

use super::{ArchiveError, Contents, Found, HashingReader};
pub(super) use gzip::{budget, is_gzip};

/// Reads the package that `reader` holds, if it holds one: gzip, tar, `package/package.json`.
///
/// # Errors
/// An archive that has a `package/package.json` and breaks a rule for npm packages, before or after it.
pub(super) fn read(
    reader: &mut HashingReader,
    size: u64,
    contents: Contents<'_>,
) -> Result<Option<Found>, ArchiveError> {
    scan::scan(reader, size, contents)
}
