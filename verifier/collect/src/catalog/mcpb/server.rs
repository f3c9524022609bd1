//! What lies beside a bundle's server: nearly every bundle keeps it in `server/`, and what its lock files pin may be built into its
//! own files.

use mcpsign_schemas::inventory::KnownGap;
use mcpsign_schemas::tree::TreePath;

use super::identity;
use crate::catalog::Document;

/// Names of lock files and manifests.
const NAMES: [&str; 14] = [
    "package.json",
    "package-lock.json",
    "npm-shrinkwrap.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "bun.lock",
    "pyproject.toml",
    "requirements.txt",
    "pylock.toml",
    "uv.lock",
    "poetry.lock",
    "pdm.lock",
    "Pipfile.lock",
    "Cargo.lock",
];

/// Whether a file is one of the server's in a bundle.
pub(in crate::catalog) fn is_of_server(path: &TreePath) -> bool {
    path.as_str().strip_prefix("server/").is_some_and(|name| NAMES.contains(&name))
}

/// The server's lock files and manifests, where the files are those of a bundle: they count at its root alone.
pub(in crate::catalog) fn unread(documents: &[Document]) -> Vec<KnownGap> {
    let own = documents.iter().filter(|document| is_of_server(&document.path));
    let gaps = own.map(|document| KnownGap {
        path: Some(document.path.to_string()),
        reason: "what the bundle's server asks for: read at the root of a bundle alone".to_owned(),
    });
    let gaps: Vec<KnownGap> = gaps.collect();
    if gaps.is_empty() || identity(documents).is_none() { Vec::new() } else { gaps }
}
