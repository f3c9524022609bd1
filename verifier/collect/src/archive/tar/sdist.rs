//! What makes a tarball a Python source distribution.
//!
//! pip unpacks one with Python's `tarfile` and its `data` filter, which follows links inside the tree and refuses
//! others. The rules of trees are stricter, so that what passes them passes there.

use mcpsign_schemas::untrusted::escape;

use super::Said;
use super::manifests::Manifests;
use crate::archive::{ArchiveError, PackageForm};
use crate::catalog::pypi::{CoreMetadata, CoreMetadataError};

/// The file at the root that says which distribution it is.
pub(super) const MANIFEST: &str = "PKG-INFO";

/// Whether an entry's name is that of a distribution's PKG-INFO: `NAME-VERSION/PKG-INFO`.
pub(super) fn is_entry(name: &[u8]) -> bool {
    let name = name.strip_prefix(b"./").unwrap_or(name);
    let top = str::from_utf8(name).ok().and_then(|name| name.strip_suffix("/PKG-INFO"));
    top.is_some_and(|top| {
        splits(top).any(|(name, version)| {
            !name.is_empty() && !name.contains('/') && version.parse::<pep440_rs::Version>().is_ok()
        })
    })
}

/// What the distribution says, once every entry was read. Its folder is called like it, and so is its file: pip takes name and
/// version from there.
pub(super) fn read(manifests: &Manifests, top: &str, file_name: &str) -> Result<Said, ArchiveError> {
    let refused =
        |source: CoreMetadataError| ArchiveError::Manifest { file: MANIFEST, source: source.into() };
    let bytes = manifests.bytes(PackageForm::Sdist).ok_or_else(|| refused(CoreMetadataError::TooLarge))?;
    let metadata = CoreMetadata::parse(bytes).map_err(refused)?;
    let identity = metadata.identity().map_err(refused)?;
    // Old tools write the name as it is, new ones as wheels have it; both are the same name.
    let agrees = |text: &str| {
        splits(text).any(|(name, version)| metadata.is_called(name) && metadata.is_version(version))
    };
    let (top_agrees, called) = (agrees(top), bare(file_name).is_none_or(|bare| ends(bare).any(agrees)));
    let CoreMetadata { name, version, mcp_name, licenses, .. } = metadata;
    if !top_agrees {
        return Err(ArchiveError::OtherTop { top: escape(top), file: MANIFEST, name, version });
    }
    if !called {
        return Err(ArchiveError::OtherFileName { called: escape(file_name), file: MANIFEST, name, version });
    }
    Ok(Said { identity, mcp_name, licenses })
}

/// A file's name without its end, if it says a name and a version at all: under another, pip would not take it.
fn bare(file_name: &str) -> Option<&str> {
    let ends = [".tar.gz", ".tgz"];
    let bare = ends.iter().find_map(|end| {
        let (bare, found) = file_name.split_at_checked(file_name.len().checked_sub(end.len())?)?;
        found.eq_ignore_ascii_case(end).then_some(bare)
    })?;
    splits(bare).any(|(_, version)| version.parse::<pep440_rs::Version>().is_ok()).then_some(bare)
}

/// A name, and what stands behind each hyphen of it: whoever keeps files may put something before their names.
fn ends(bare: &str) -> impl Iterator<Item = &str> {
    std::iter::once(bare).chain(bare.match_indices('-').map(|(at, _)| &bare[at + 1..]))
}

/// `NAME-VERSION` in every way in which it could be meant: names and old versions may have hyphens.
fn splits(top: &str) -> impl Iterator<Item = (&str, &str)> {
    top.match_indices('-').map(|(at, _)| (&top[..at], &top[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_that_say_a_name_and_a_version() {
        for (name, expected) in [
            ("files_mcp-1.0.tar.gz", Some("files_mcp-1.0")),
            ("Files.MCP-1.0.TAR.GZ", Some("Files.MCP-1.0")),
            ("a-b-1.0.post1.tgz", Some("a-b-1.0.post1")),
            ("download.tar.gz", None),
            ("files-mcp.tar.gz", None),
            ("files-mcp-main.tar.gz", None),
            ("files_mcp-1.0", None),
            ("\u{e9}", None),
        ] {
            assert_eq!(bare(name), expected, "{name}");
        }
    }

    #[test]
    fn something_may_stand_before_the_name() {
        let ends: Vec<&str> = ends("pypi-files_mcp-1.0").collect();
        assert_eq!(ends, ["pypi-files_mcp-1.0", "files_mcp-1.0", "1.0"]);
    }

    #[test]
    fn entries_that_make_an_sdist() {
        for name in ["a-1.0/PKG-INFO", "Foo.Bar-baz-1.0-1/PKG-INFO", "./a-1.0/PKG-INFO", "../a-1/PKG-INFO"] {
            assert_eq!(is_entry(name.as_bytes()), !name.starts_with(".."), "{name}");
        }
        for name in
            ["a/PKG-INFO", "PKG-INFO", "a-1.0/b/PKG-INFO", "a-1.0/pkg-info", "a-x/PKG-INFO", "-1/PKG-INFO"]
        {
            assert!(!is_entry(name.as_bytes()), "{name}");
        }
    }
}
