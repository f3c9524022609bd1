//! What makes a tarball an npm package.

use mcpsign_schemas::tree::TreePath;

use crate::archive::{ArchiveError, Contents, Found, InnerSignature, Package, PackageForm};
use crate::catalog::Content;
use crate::catalog::npm::{PackageJson, PackageJsonError};

/// The file at the root that says which package it is.
const MANIFEST: &str = "package.json";

/// The manifest, once it was found.
#[derive(Debug, Default)]
pub(super) struct Npm {
    pub(super) manifest: Option<Content>,
}

impl Npm {
    /// Whether a file is the manifest.
    ///
    /// # Errors
    /// When it is a second one, or would be on a system that folds case.
    pub(super) fn is_manifest(&self, path: &TreePath) -> Result<bool, ArchiveError> {
        let is_manifest = path.as_str() == MANIFEST;
        if path.as_str().eq_ignore_ascii_case(MANIFEST) && (!is_manifest || self.manifest.is_some()) {
            return Err(ArchiveError::SecondManifest { file: MANIFEST });
        }
        Ok(is_manifest)
    }

    /// The package, once every entry was read.
    pub(super) fn finish(self, contents: Contents<'_>) -> Result<Found, ArchiveError> {
        let manifest = match self.manifest {
            Some(Content::Bytes(bytes)) => PackageJson::parse(&bytes),
            _ => Err(PackageJsonError::TooLarge),
        };
        let read = manifest.and_then(|manifest| manifest.identity().map(|identity| (manifest, identity)));
        let (manifest, identity) = read
            .map_err(|error| ArchiveError::Manifest { file: "package/package.json", source: error.into() })?;
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
}
