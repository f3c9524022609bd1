//! What is installed below the root: `NAME-VERSION.dist-info/METADATA` in `site-packages` or a folder of bundled libraries, and
//! what setuptools installed of old.
//!
//! pip and Python take what they are given, and so what cannot be read as [`CoreMetadata`] is still installed: then every package is
//! named that such a file, or the folder that it lies in, may be meant to be.

use mcpsign_schemas::inventory::{Completeness, Location, Means, Package, Scope};
use mcpsign_schemas::purl::Purl;
use mcpsign_schemas::tree::TreePath;
use mcpsign_schemas::untrusted::escape;
use pep440_rs::Version;

use super::requirement::is_name;
use super::{CoreMetadata, headers};
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
        packages(folder, file.bytes)
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
        let mut packages = packages(folder, file.bytes)?;
        packages.iter_mut().for_each(|package| package.completeness = Completeness::Unknown);
        Ok(packages)
    }
}

/// The file or folder that stands for the package.
fn folder_of_egg(path: &str) -> Option<&str> {
    let folder = path.strip_suffix("/EGG-INFO/PKG-INFO").filter(|folder| folder.ends_with(".egg"));
    folder.or_else(|| {
        Some(path.strip_suffix("/PKG-INFO").unwrap_or(path)).filter(|path| path.ends_with(".egg-info"))
    })
}

/// Packages that one file may be meant to be of, at the most.
const MAX_MEANT: usize = 16;

/// What is installed. Where the folder names another package than the metadata, or these cannot be read, each that may be meant.
fn packages(folder: &str, bytes: &[u8]) -> Result<Vec<Package>, CatalogError> {
    let (mut packages, mut meant, unread) = match CoreMetadata::parse(bytes) {
        Ok(metadata) => (vec![package(folder, metadata)?], Vec::new(), None),
        Err(error) => (Vec::new(), stated(&String::from_utf8_lossy(bytes)), Some(error)),
    };
    if meant.len() > MAX_MEANT {
        return Err(CatalogError::TooMany { limit: MAX_MEANT });
    }
    meant.extend(named(folder));
    for (name, version) in meant {
        let Some((purl, is)) = purl(&name, &version).zip(version.parse::<Version>().ok()) else { continue };
        let is_it = |known: &Package| {
            Purl::parse(&known.purl).is_ok_and(|known| {
                let version = known.version().and_then(|version| version.parse::<Version>().ok());
                known.same_package(&purl) && version == Some(is.clone())
            })
        };
        if packages.iter().any(is_it) {
            continue;
        }
        let id = if packages.is_empty() { folder.to_owned() } else { format!("{folder} {name} {version}") };
        let mut package = Package::new(id, purl.to_string(), name);
        package.version = Some(version);
        package.scope = Scope::Unstated;
        package.found.insert(Location::at("", Means::Installed));
        packages.push(package);
    }
    match unread {
        Some(error) if packages.is_empty() => Err(error.into()),
        _ => Ok(packages),
    }
}

/// Every name and version that readers may take from metadata.
fn stated(text: &str) -> Vec<(String, String)> {
    let (names, versions) = (headers::stated(text, "name"), headers::stated(text, "version"));
    let each = names.iter().flat_map(|name| versions.iter().map(move |version| (name, version)));
    each.map(|(name, version)| ((*name).to_owned(), (*version).to_owned())).collect()
}

/// The distribution that a folder of metadata is called after: `NAME-VERSION.dist-info`, `NAME-VERSION-py3.11.egg-info`.
fn named(folder: &str) -> Option<(String, String)> {
    let last = folder.rsplit('/').next()?;
    let stem = [".dist-info", ".egg-info", ".egg"].iter().find_map(|end| last.strip_suffix(end))?;
    let is_tag = |tag: &str| tag.starts_with(|c: char| c.is_ascii_digit());
    let stem = stem.rsplit_once("-py").filter(|(_, tag)| is_tag(tag)).map_or(stem, |(stem, _)| stem);
    let (name, version) = stem.rsplit_once('-')?;
    Some((name.to_owned(), version.to_owned()))
}

fn purl(name: &str, version: &str) -> Option<Purl> {
    Purl::pypi(name, Some(version)).ok().filter(|_| is_name(name))
}

/// One package. The folder is its id, and what it asks for are names.
fn package(folder: &str, metadata: CoreMetadata) -> Result<Package, CatalogError> {
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
