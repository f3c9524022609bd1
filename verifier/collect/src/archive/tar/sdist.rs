//! What makes a tarball a Python source distribution.
//!
//! pip unpacks one with Python's `tarfile` and its `data` filter, which follows links inside the tree and refuses
//! others. The rules of trees are stricter, so that what passes them passes there.

use super::manifests::Manifests;
use crate::archive::{ArchiveError, Contents, Found, InnerSignature, Package, PackageForm};
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

/// The distribution, once every entry was read.
pub(super) fn finish(
    manifests: &Manifests,
    top: &str,
    contents: Contents<'_>,
) -> Result<Found, ArchiveError> {
    let refused =
        |source: CoreMetadataError| ArchiveError::Manifest { file: MANIFEST, source: source.into() };
    let bytes = manifests.bytes(PackageForm::Sdist).ok_or_else(|| refused(CoreMetadataError::TooLarge))?;
    let metadata = CoreMetadata::parse(bytes).map_err(refused)?;
    let identity = metadata.identity().map_err(refused)?;
    // Old tools write the name as it is, new ones as wheels have it; both are the same name.
    let agrees = splits(top).any(|(name, version)| metadata.is_called(name) && metadata.is_version(version));
    if !agrees {
        return Err(ArchiveError::OtherTop {
            top: mcpsign_schemas::untrusted::escape(top),
            file: MANIFEST,
            name: metadata.name,
            version: metadata.version,
        });
    }
    let (files, documents) = contents.finish()?;
    let package = Package {
        form: PackageForm::Sdist,
        mcp_name: metadata.mcp_name,
        licenses: metadata.licenses,
        files,
        has_lockfile: false,
        signature: InnerSignature::Absent,
    };
    Ok(Found { package, identity, documents })
}

/// `NAME-VERSION` in every way in which it could be meant: names and old versions may have hyphens.
fn splits(top: &str) -> impl Iterator<Item = (&str, &str)> {
    top.match_indices('-').map(|(at, _)| (&top[..at], &top[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

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
