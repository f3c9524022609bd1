//! What is installed below the root: `NAME-VERSION.dist-info/METADATA` in `site-packages` or a folder of bundled libraries.

use mcpsign_schemas::inventory::{Completeness, Location, Means, Package, Scope};
use mcpsign_schemas::purl::Purl;
use mcpsign_schemas::tree::TreePath;
use mcpsign_schemas::untrusted::escape;

use super::CoreMetadata;
use crate::catalog::contents::wish;
use crate::catalog::{CatalogError, Cataloger, FileInput, Role};

/// METADATA of what is installed.
pub static DIST_INFO: DistInfo = DistInfo;

/// The cataloger of METADATA below the root.
#[derive(Debug)]
pub struct DistInfo;

impl Cataloger for DistInfo {
    fn id(&self) -> &'static str {
        "python/dist-info"
    }

    /// Not at the root, where it is the artifact's own.
    fn wants(&self, path: &TreePath) -> bool {
        path.as_str()
            .strip_suffix(".dist-info/METADATA")
            .and_then(|before| before.rsplit_once('/'))
            .is_some_and(|(_, name)| !name.is_empty())
    }

    fn role(&self) -> Role {
        Role::Contents
    }

    /// One package. Its folder is its id, and what it asks for are names.
    fn read(&self, file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        let metadata = CoreMetadata::parse(file.bytes)?;
        let purl = Purl::pypi(&metadata.name, Some(&metadata.version))
            .map_err(|source| CatalogError::Package { at: escape(&metadata.name), source })?;
        let folder = file.path.as_str().strip_suffix("/METADATA").unwrap_or_default();
        let mut package = Package::new(folder, purl.to_string(), metadata.name);
        package.version = Some(metadata.version);
        package.licenses = metadata.licenses.into_iter().collect();
        package.scope = Scope::Unstated;
        package.completeness = Completeness::Complete;
        // What a marker keeps away is not installed.
        package.dependencies =
            metadata.requires_dist.iter().map(|asked| wish(&asked.name, asked.marker.is_some())).collect();
        package.found.insert(Location::at("", Means::Installed));
        Ok(vec![package])
    }
}
