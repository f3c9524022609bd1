//! npm release tarballs, read once from the stream that is hashed.
//!
//! Extractors differ in what they make of an odd archive, and a signature covers the bytes, not what they become.
//! So everything that two of them could read differently is refused.

mod contents;
mod error;
mod gzip;
mod hashing;
mod name;
mod pax;
mod scan;
#[cfg(test)]
mod tests;

use mcpsign_schemas::tree::{Listing, TreePath};

pub use error::ArchiveError;
pub(crate) use hashing::HashingReader;

use crate::catalog::Document;
use crate::catalog::npm::PackageJson;

/// What an npm release tarball holds.
#[derive(Debug, Clone)]
pub struct NpmPackage {
    /// Its package.json.
    pub manifest: PackageJson,
    /// Every file and directory, without the leading `package/`: the tree that unpacking it makes.
    pub files: Listing,
    /// Whether it brings the lock file that npm honours in a published package (npm-shrinkwrap.json).
    pub has_lockfile: bool,
}

/// Reads the npm package that `reader` holds, if it holds one: gzip, tar, `package/package.json`. Whatever else it
/// is, the caller reads `reader` to its end. Documents are the files that `keep` names.
///
/// # Errors
/// An archive that has a `package/package.json` and breaks a rule for npm packages, before or after it.
pub(crate) fn read_npm(
    reader: &mut HashingReader,
    size: u64,
    keep: &dyn Fn(&TreePath) -> bool,
) -> Result<Option<(NpmPackage, Vec<Document>)>, ArchiveError> {
    scan::scan(reader, size, keep)
}
