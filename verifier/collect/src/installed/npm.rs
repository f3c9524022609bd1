//! An npm package in `node_modules`, or in a folder of its own.

use std::collections::HashSet;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::tree::{EntryKind, Listing};
use mcpsign_schemas::untrusted::escape;

use super::code::Code;
use super::layout::Layout;
use super::{Artifact, Unproven};
use crate::archive::Package;
use crate::catalog::npm::PackageJson;

/// Bytes of a package.json that is looked at for a name.
const MAX_BYTES: u64 = 4 << 20;

/// The installed package that `code` belongs to, if it is this one.
pub(super) fn layout(
    code: &Code,
    artifact: &Artifact,
    package: &Package,
) -> Option<Result<Layout, Unproven>> {
    let file = code.file()?.canonicalize().ok()?;
    let identity = artifact.identity.first()?;
    let (root, found) = root_of(&file)?;
    let is = |found: &PackageJson| {
        found.name.as_deref() == Some(identity.name.as_str()) && found.version == identity.version
    };
    if !is(&found) {
        return found.name.as_deref().is_some_and(|name| name == identity.name).then(|| {
            Err(Unproven(format!(
                "it belongs to version {} of the package",
                escape(found.version.as_deref().unwrap_or("?"))
            )))
        });
    }
    // Dependencies lie in every `node_modules` on the way up.
    let modules = root.ancestors().filter(|folder| folder.ends_with("node_modules")).map(Path::to_owned);
    let needs = std::iter::once(root.clone()).chain(modules).collect();
    let mut layout = Layout::at(root.clone(), needs);
    let paths: HashSet<&str> = package.files.entries().iter().map(|entry| entry.path.as_str()).collect();
    for (path, size, sha256) in files(&package.files) {
        layout.file(root.join(renamed(path, &paths)), size, sha256);
    }
    layout.others.insert(root.join("node_modules"));
    layout.own.insert(root);
    Some(Ok(layout))
}

/// The innermost folder above `file` that has a package.json with a name, and that.
fn root_of(file: &Path) -> Option<(PathBuf, PackageJson)> {
    file.ancestors().skip(1).find_map(|folder| {
        let mut bytes = Vec::new();
        File::open(folder.join("package.json")).ok()?.take(MAX_BYTES).read_to_end(&mut bytes).ok()?;
        let found = PackageJson::parse(&bytes).ok()?;
        // `{"type":"module"}` in a folder of a package is no package.
        found.name.is_some().then(|| (folder.to_owned(), found))
    })
}

/// npm unpacks `.gitignore` as `.npmignore` where there is none of that name.
fn renamed(path: &str, paths: &HashSet<&str>) -> String {
    if let Some(folder) =
        path.strip_suffix(".gitignore").filter(|folder| folder.is_empty() || folder.ends_with('/'))
    {
        let other = format!("{folder}.npmignore");
        if !paths.contains(other.as_str()) {
            return other;
        }
    }
    path.to_owned()
}

/// The files of a package.
pub(super) fn files(listing: &Listing) -> impl Iterator<Item = (&str, u64, Sha256Digest)> {
    listing
        .entries()
        .iter()
        .filter(|entry| matches!(entry.kind, EntryKind::File | EntryKind::Executable))
        .map(|entry| (entry.path.as_str(), entry.size, entry.sha256))
}
