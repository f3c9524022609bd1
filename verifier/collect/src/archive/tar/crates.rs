//! What makes a tarball a crate.
//!
//! Cargo unpacks what lies below `NAME-VERSION/` and passes over names that lead out of it; the registry takes regular
//! files and directories alone.

use mcpsign_schemas::tree::TreePath;
use mcpsign_schemas::untrusted::escape;

use super::Said;
use super::manifests::Manifests;
use crate::archive::{ArchiveError, PackageForm};
use crate::catalog::cargo::CargoManifest;
use crate::catalog::pypi::mcp_names;
use crate::catalog::{Content, PackageManifestError};

/// The file at the root that says which crate it is.
pub(super) const MANIFEST: &str = "Cargo.toml";

/// The same before `cargo package` rewrote it.
pub(super) const ORIGINAL: &str = "Cargo.toml.orig";

/// A mark of Cargo's own: it unpacks no file of that name.
const MARK: &str = ".cargo-ok";

/// Whether an archive that is not named `.crate` is one: name and version agree, and `cargo package` made it. A source
/// tarball of a repository has no original beside its Cargo.toml.
pub(super) fn is_crate(manifests: &Manifests, top: &str) -> bool {
    let manifest = manifests.bytes(PackageForm::Crate).map(CargoManifest::parse);
    manifests.has_original
        && manifest.is_some_and(|manifest| manifest.is_ok_and(|manifest| agrees(&manifest, top)))
}

/// Whether Cargo passes over a file when it unpacks.
pub(super) fn is_skipped(path: &TreePath) -> bool {
    path.as_str().rsplit('/').next() == Some(MARK)
}

/// What the crate says, once every entry was read.
pub(super) fn read(manifests: &Manifests, top: &str, file_name: &str) -> Result<Said, ArchiveError> {
    let refused =
        |source: PackageManifestError| ArchiveError::Manifest { file: MANIFEST, source: source.into() };
    let bytes = manifests.bytes(PackageForm::Crate).ok_or_else(|| refused(PackageManifestError::Foreign))?;
    let manifest = CargoManifest::parse(bytes).map_err(refused)?;
    let identity = manifest.identity().map_err(refused)?;
    let (top_agrees, called) =
        (agrees(&manifest, top), bare(file_name).is_none_or(|bare| agrees(&manifest, bare)));
    let mcp_name = mcp_name(manifests, &manifest);
    let CargoManifest { name, version, licenses, .. } = manifest;
    if !top_agrees {
        return Err(ArchiveError::OtherTop { top: escape(top), file: MANIFEST, name, version });
    }
    if !called {
        return Err(ArchiveError::OtherFileName { called: escape(file_name), file: MANIFEST, name, version });
    }
    Ok(Said { identity, mcp_name, licenses })
}

/// A file's name without `.crate`, if it says a name and a version at all.
fn bare(file_name: &str) -> Option<&str> {
    let bare = file_name.strip_suffix(".crate")?;
    let versions = bare.match_indices('-').map(|(at, _)| &bare[at + 1..]);
    versions.into_iter().any(|version| semver::Version::parse(version).is_ok()).then_some(bare)
}

fn agrees(manifest: &CargoManifest, top: &str) -> bool {
    top == format!("{}-{}", manifest.name, manifest.version)
}

/// The server's name as the README states it, where it states one: the registry reads the rendered text, in which no
/// comment is left.
fn mcp_name(manifests: &Manifests, manifest: &CargoManifest) -> Option<String> {
    let path = manifest.readme.as_deref()?;
    let Content::Bytes(bytes) = manifests.readmes.get(path.strip_prefix("./").unwrap_or(path))? else {
        return None;
    };
    let names = mcp_names(&without_comments(str::from_utf8(bytes).ok()?));
    names.iter().next().filter(|_| names.len() == 1).cloned()
}

/// `text` without `<!-- … -->`.
fn without_comments(text: &str) -> String {
    let mut visible = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, comment)) = rest.split_once("<!--") {
        visible.push_str(before);
        rest = comment.split_once("-->").map_or("", |(_, after)| after);
    }
    visible.push_str(rest);
    visible
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_not_rendered() {
        assert_eq!(without_comments("a<!-- b -->c<!--d-->e<!-- f"), "ace");
        assert_eq!(without_comments("a --> b"), "a --> b");
    }
}
