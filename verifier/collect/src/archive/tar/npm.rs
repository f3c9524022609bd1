//! What makes a tarball an npm package.

use super::manifests::Manifests;
use crate::archive::{ArchiveError, Contents, Found, InnerSignature, Package, PackageForm};
use crate::catalog::npm::{PackageJson, PackageJsonError};

/// The file at the root that says which package it is.
pub(super) const MANIFEST: &str = "package.json";

/// The entry that makes an archive an npm package.
pub(super) const ENTRY: &[u8] = b"package/package.json";

/// The package, once every entry was read.
pub(super) fn finish(manifests: &Manifests, contents: Contents<'_>) -> Result<Found, ArchiveError> {
    let manifest = match manifests.bytes(PackageForm::Npm) {
        Some(bytes) => PackageJson::parse(bytes),
        None => Err(PackageJsonError::TooLarge),
    };
    let read = manifest.and_then(|manifest| manifest.identity().map(|identity| (manifest, identity)));
    let (manifest, identity) =
        read.map_err(|error| ArchiveError::Manifest { file: "package/package.json", source: error.into() })?;
    let (files, documents) = contents.finish()?;
    let has_lockfile = documents.iter().any(|document| document.path.as_str() == "npm-shrinkwrap.json");
    let package = Package {
        form: PackageForm::Npm,
        mcp_name: manifest.mcp_name,
        licenses: manifest.licenses,
        files,
        has_lockfile,
        signature: InnerSignature::Absent,
    };
    Ok(Found { package, identity, documents })
}
