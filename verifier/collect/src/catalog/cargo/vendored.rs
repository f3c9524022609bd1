//! Sources of crates that `cargo vendor` copied: beside each lies `.cargo-checksum.json` with the digest of the crate as it was
//! published, and Cargo.toml says which it is.

use std::collections::HashMap;

use mcpsign_schemas::inventory::{HashAlgorithm, Location, Means, Package, Scope};
use mcpsign_schemas::purl::Purl;
use mcpsign_schemas::tree::TreePath;
use mcpsign_schemas::untrusted::escape;
use serde::Deserialize;

use super::CargoManifest;
use crate::catalog::{CatalogError, Cataloger, Document, FileInput, Role, opaque};

/// A vendored crate.
pub static CARGO_VENDORED: CargoVendored = CargoVendored;

/// The cataloger of `.cargo-checksum.json`, which names no crate: the manifest beside it does.
#[derive(Debug)]
pub struct CargoVendored;

const NAME: &str = "/.cargo-checksum.json";
const MANIFEST: &str = "/Cargo.toml";

#[derive(Deserialize)]
struct Checksums {
    /// SHA-256 of the crate; none of what comes from git.
    package: Option<String>,
}

impl Cataloger for CargoVendored {
    fn id(&self) -> &'static str {
        "rust/vendored"
    }

    fn wants(&self, path: &TreePath) -> bool {
        path.as_str().ends_with(NAME) && !opaque::is_aside(path)
    }

    fn role(&self) -> Role {
        Role::Contents
    }

    /// One crate without a version, called after its folder; none where it is of no registry.
    fn read(&self, file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        let Some(sha256) = digest(file.bytes)? else { return Ok(Vec::new()) };
        let folder = file.path.parent().unwrap_or_default();
        let name = folder.rsplit('/').next().unwrap_or_default();
        let mut package = Package::new(folder, purl(name, None)?, name);
        package.hashes.insert(HashAlgorithm::Sha256, sha256);
        package.scope = Scope::Unstated;
        package.found.insert(Location::at("", Means::Installed));
        Ok(vec![package])
    }
}

/// Whether a file is kept for what it says of the crate that it lies in.
pub(crate) fn is_vendored_manifest(path: &TreePath) -> bool {
    path.as_str().ends_with(MANIFEST) && !opaque::is_aside(path)
}

/// Whether what lies beside a file are sources of no registry's crate.
pub(crate) fn is_of_no_registry(document: &Document) -> bool {
    CARGO_VENDORED.wants(&document.path)
        && document.bytes().is_some_and(|bytes| matches!(digest(bytes), Ok(None)))
}

/// Names a crate by the Cargo.toml among `documents` that lies beside its checksums.
///
/// # Errors
/// When there is none that names one.
pub(crate) fn name_vendored(
    package: &mut Package,
    checksums: &TreePath,
    documents: &HashMap<&str, &Document>,
) -> Result<(), CatalogError> {
    let beside = checksums.as_str().strip_suffix(NAME).map(|folder| format!("{folder}{MANIFEST}"));
    let manifest = beside.and_then(|path| documents.get(path.as_str()).copied());
    let nameless = || CatalogError::Malformed { at: escape(&package.name), what: "no Cargo.toml" };
    let manifest = manifest.ok_or_else(nameless)?;
    let manifest = CargoManifest::parse(manifest.bytes().ok_or(CatalogError::TooLarge)?)?;
    package.purl = purl(&manifest.name, Some(&manifest.version))?;
    package.name = manifest.name;
    package.version = Some(manifest.version);
    package.licenses = manifest.licenses.into_iter().collect();
    Ok(())
}

fn digest(bytes: &[u8]) -> Result<Option<String>, CatalogError> {
    let wrong = |what: String| CatalogError::Line { line: 0, what };
    let checksums: Checksums =
        serde_json::from_slice(bytes).map_err(|error| wrong(escape(&error.to_string())))?;
    let digest = checksums.package.map(|digest| digest.to_ascii_lowercase());
    match digest {
        Some(digest) if !HashAlgorithm::Sha256.fits(&digest) => Err(wrong("not a SHA-256".to_owned())),
        digest => Ok(digest),
    }
}

fn purl(name: &str, version: Option<&str>) -> Result<String, CatalogError> {
    let purl = Purl::cargo(name, version);
    Ok(purl.map_err(|source| CatalogError::Package { at: escape(name), source })?.to_string())
}
