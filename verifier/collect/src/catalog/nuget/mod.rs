//! .NET: packages.lock.json and packages.config, the deps.json of what was published, and what packages say of themselves.

mod config;
mod deps;
mod lock;
mod nuspec;
mod xml;

use mcpsign_schemas::inventory::Package;
use mcpsign_schemas::purl::Purl;
use mcpsign_schemas::untrusted::escape;

pub use config::{PACKAGES_CONFIG, PackagesConfig};
pub use deps::{DEPS_JSON, DepsJson};
pub use lock::{PACKAGES_LOCK, PackagesLock};
pub use nuspec::{NUSPEC, Nuspec};

use super::CatalogError;

/// A package, found nowhere yet. Digests in these files are of contents without signature, not of files: none is stated.
///
/// # Errors
/// When no package can be called so.
fn package(id: String, name: &str, version: Option<&str>) -> Result<Package, CatalogError> {
    if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)) {
        return Err(malformed(name, "not the name of a package"));
    }
    let purl =
        Purl::nuget(name, version).map_err(|source| CatalogError::Package { at: escape(name), source })?;
    let mut package = Package::new(id, purl.to_string(), name);
    package.version = version.map(str::to_owned);
    Ok(package)
}

fn malformed(at: &str, what: &'static str) -> CatalogError {
    CatalogError::Malformed { at: escape(at), what }
}
