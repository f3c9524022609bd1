//! MCPB bundles: manifest.json. What a bundle brings along (`node_modules`, `lib/`) other catalogers read, and the manifests and
//! lock files at its root and in its server's folder.

mod manifest;
mod server;

use std::collections::BTreeSet;

use mcpsign_schemas::inventory::{Completeness, Location, Means, Origin, Package};
use mcpsign_schemas::purl::PackageIdentity;
use mcpsign_schemas::tree::TreePath;

pub use manifest::{McpbConfig, McpbManifest, McpbOverride, McpbServer, UserConfig};
pub(super) use server::{is_bundle, is_of_server, readers};

use super::{CatalogError, Cataloger, Document, FileInput, PackageManifestError, Role};

/// What a bundle says of itself.
pub static MANIFEST: Manifest = Manifest;

/// manifest.json.
#[derive(Debug)]
pub struct Manifest;

/// The bundle that a folder says it is: by a well-formed manifest.json at its root.
pub(crate) fn identity(documents: &[Document]) -> Option<PackageIdentity> {
    let document = documents.iter().find(|document| MANIFEST.wants(&document.path))?;
    McpbManifest::parse(document.bytes()?).ok()?.identity().ok()
}

impl Cataloger for Manifest {
    fn id(&self) -> &'static str {
        "mcpb/manifest"
    }

    fn wants(&self, path: &TreePath) -> bool {
        path.as_str() == "manifest.json"
    }

    fn role(&self) -> Role {
        Role::Manifest
    }

    /// The bundle alone: it declares no dependencies, it contains them.
    fn read(&self, file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        let manifest = match McpbManifest::parse(file.bytes) {
            // Some other program's.
            Err(PackageManifestError::Foreign) => return Ok(Vec::new()),
            other => other?,
        };
        let identity = manifest.identity()?;
        Ok(vec![Package {
            version: identity.version,
            licenses: manifest.licenses.into_iter().collect(),
            origin: Origin::Root,
            found: BTreeSet::from([Location::at("", Means::Manifest)]),
            completeness: Completeness::Incomplete,
            ..Package::new("", identity.purl, identity.name)
        }])
    }
}
