//! What makes a tarball an npm package.

use mcpsign_schemas::tree::folded;

use super::Said;
use super::manifests::Manifests;
use crate::archive::{ArchiveError, PackageForm};
use crate::catalog::PackageManifestError;
use crate::catalog::npm::PackageJson;

/// The file at the root that says which package it is.
pub(super) const MANIFEST: &str = "package.json";

/// The entry that makes an archive an npm package.
const ENTRY: &str = "package/package.json";

/// The lock file that is published with a package.
pub(super) const LOCK: &str = "npm-shrinkwrap.json";

/// Whether an entry of this name is the one that makes an archive an npm package, on some system: where case is folded npm reads
/// `Package.json` as well.
pub(super) fn is_entry(name: &[u8]) -> bool {
    name == ENTRY.as_bytes() || std::str::from_utf8(name).is_ok_and(|name| folded(name) == ENTRY)
}

/// What the package says, once every entry was read.
pub(super) fn read(manifests: &Manifests) -> Result<Said, ArchiveError> {
    let manifest = match manifests.bytes(PackageForm::Npm) {
        Some(bytes) => PackageJson::parse(bytes),
        None => Err(PackageManifestError::TooLarge),
    };
    let read = manifest.and_then(|manifest| manifest.identity().map(|identity| (manifest, identity)));
    let (manifest, identity) =
        read.map_err(|error| ArchiveError::Manifest { file: ENTRY, source: error.into() })?;
    Ok(Said { identity, mcp_name: manifest.mcp_name, licenses: manifest.licenses })
}
