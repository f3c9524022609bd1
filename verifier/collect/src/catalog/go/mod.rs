//! Go modules: go.mod, go.sum, vendor/modules.txt.

mod manifest;
mod sums;
mod vendored;

use mcpsign_schemas::inventory::Package;
use mcpsign_schemas::purl::Purl;
use mcpsign_schemas::untrusted::escape;

pub use manifest::{GO_MOD, GoMod};
pub use sums::{GO_SUM, GoSum};
pub use vendored::{GO_VENDORED, GoVendored};

use super::CatalogError;

/// A module, found nowhere yet.
///
/// # Errors
/// When no module can be called so, or have this version.
pub(super) fn module(id: String, path: &str, version: Option<&str>) -> Result<Package, CatalogError> {
    if version.is_some_and(|version| !is_version(version)) {
        return Err(CatalogError::Malformed { at: escape(path), what: "not a version" });
    }
    let purl =
        Purl::golang(path, version).map_err(|source| CatalogError::Package { at: escape(path), source })?;
    let mut package = Package::new(id, purl.to_string(), path);
    package.version = version.map(str::to_owned);
    Ok(package)
}

/// Whether Go could have a version of these characters: SemVer's, and of the toolchain `1.23rc1`.
fn is_version(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-+._~".contains(&byte))
}

/// The words of a line, without its comment.
fn words(line: &str) -> Vec<&str> {
    line.split("//")
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .map(|word| word.trim_matches(['"', '`']))
        .collect()
}
