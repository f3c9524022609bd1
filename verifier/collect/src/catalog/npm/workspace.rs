//! pnpm-workspace.yaml: which folders are packages of a workspace of pnpm.

use crate::catalog::CatalogError;
use crate::catalog::yaml::documents;

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
