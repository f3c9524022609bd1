//! What is installed below the root: `NAME-VERSION.dist-info/METADATA` in `site-packages` or a folder of bundled libraries, and
//! what setuptools installed of old.

use mcpsign_schemas::inventory::{Completeness, Location, Means, Package, Scope};
use mcpsign_schemas::purl::Purl;
use mcpsign_schemas::tree::TreePath;
use mcpsign_schemas::untrusted::escape;

use super::CoreMetadata;
use crate::catalog::contents::wish;
use crate::catalog::{CatalogError, Cataloger, FileInput, Role};

/// METADATA of what is installed.
pub static DIST_INFO: DistInfo = DistInfo;
/// PKG-INFO of what setuptools installed.
pub static EGG_INFO: EggInfo = EggInfo;

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

    fn read(&self, file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        let folder = file.path.as_str().strip_suffix("/METADATA").unwrap_or_default();
        Ok(vec![package(folder, file.bytes)?])
    }
}

/// The cataloger of `NAME.egg-info` (a file, or a folder with PKG-INFO) and of `NAME.egg` (a folder with `EGG-INFO`).
#[derive(Debug)]
pub struct EggInfo;

impl Cataloger for EggInfo {
    fn id(&self) -> &'static str {
        "python/egg-info"
    }

    /// Where packages are installed alone: beside its sources a package has one of its own.
    fn wants(&self, path: &TreePath) -> bool {
        folder_of_egg(path.as_str()).is_some_and(|folder| {
            let above = folder.rsplit_once('/').map(|(above, _)| above.rsplit('/').next().unwrap_or(above));
            matches!(above, Some("site-packages" | "dist-packages"))
        })
    }

    fn role(&self) -> Role {
        Role::Contents
    }

    /// What it asks for stands in another file.
    fn read(&self, file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        let folder = folder_of_egg(file.path.as_str()).unwrap_or_default();
        Ok(vec![Package { completeness: Completeness::Unknown, ..package(folder, file.bytes)? }])
    }
}

/// The file or folder that stands for the package.
fn folder_of_egg(path: &str) -> Option<&str> {
    let folder = path.strip_suffix("/EGG-INFO/PKG-INFO").filter(|folder| folder.ends_with(".egg"));
    folder.or_else(|| {
        Some(path.strip_suffix("/PKG-INFO").unwrap_or(path)).filter(|path| path.ends_with(".egg-info"))
    })
}

/// One package. The folder is its id, and what it asks for are names.
fn package(folder: &str, bytes: &[u8]) -> Result<Package, CatalogError> {
    let metadata = CoreMetadata::parse(bytes)?;
    let purl = Purl::pypi(&metadata.name, Some(&metadata.version))
        .map_err(|source| CatalogError::Package { at: escape(&metadata.name), source })?;
    let mut package = Package::new(folder, purl.to_string(), metadata.name);
    package.version = Some(metadata.version);
    package.licenses = metadata.licenses.into_iter().collect();
    package.scope = Scope::Unstated;
    package.completeness = Completeness::Complete;
    // What a marker keeps away is not installed.
    package.dependencies =
        metadata.requires_dist.iter().map(|asked| wish(&asked.name, asked.marker.is_some())).collect();
    package.found.insert(Location::at("", Means::Installed));
    Ok(package)
}
