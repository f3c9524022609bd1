//! Whether a project is a workspace: pnpm-workspace.yaml says which folders are its packages, package.json elsewhere.

use mcpsign_schemas::canonical::{Json, Limits};

use crate::catalog::yaml::documents;
use crate::catalog::{CatalogError, MAX_BYTES};

/// The patterns under `packages`, as written; those that begin with `!` take away. None where the file only sets options.
///
/// # Errors
/// When it is no YAML that is read in one way, or `packages` is no list of patterns.
pub(crate) fn pnpm_members(bytes: &[u8]) -> Result<Vec<String>, CatalogError> {
    let mut members = Vec::new();
    for document in documents(bytes)? {
        members.extend(document.texts("packages")?.into_iter().map(str::to_owned));
    }
    Ok(members)
}

/// Whether a package.json names members: a list of patterns, or an object with one.
pub(in crate::catalog) fn has_members(package_json: &[u8]) -> bool {
    let json = Json::parse(package_json, Limits::bytes(MAX_BYTES)).ok();
    let listed = json.as_ref().and_then(|json| json.get("workspaces"));
    let listed = listed.map(|listed| listed.get("packages").unwrap_or(listed));
    listed.and_then(Json::as_array).is_some_and(|patterns| !patterns.is_empty())
}
