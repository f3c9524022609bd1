//! Names of entries: what they are below `package/`.

use mcpsign_schemas::tree::{TreeError, TreePath};
use mcpsign_schemas::untrusted::escape;

use crate::archive::ArchiveError;

/// The folder in which npm packs, and which unpacking strips.
const TOP: &str = "package";

/// The path of an entry below `package/`; `None` for that folder itself.
///
/// # Errors
/// Names that no tree may have, and those outside the folder: npm strips the first component, whatever it is, so
/// that `x/package.json` would take the place of `package/package.json`.
pub(super) fn below_package(name: &[u8], is_dir: bool) -> Result<Option<TreePath>, ArchiveError> {
    let bare = match name.strip_suffix(b"/") {
        Some(bare) if is_dir => bare,
        Some(_) => return Err(ArchiveError::Inconsistent { name: shown(name) }),
        None => name,
    };
    let path = TreePath::try_from(bare).map_err(TreeError::from)?;
    match path.as_str().split_once('/') {
        Some((TOP, below)) => Ok(Some(TreePath::try_from(below).map_err(TreeError::from)?)),
        None if path.as_str() == TOP && is_dir => Ok(None),
        _ => Err(ArchiveError::OutsideTop { name: shown(name), top: TOP.into() }),
    }
}

/// A name for an error message.
pub(super) fn shown(name: &[u8]) -> String {
    escape(&String::from_utf8_lossy(name))
}

#[cfg(test)]
mod tests {
    use mcpsign_schemas::tree::PathRule;

    use super::*;

    #[test]
    fn names_below_package_lose_it() {
        let below =
            |name: &str, is_dir| below_package(name.as_bytes(), is_dir).unwrap().map(|p| p.to_string());
        assert_eq!(below("package/a/b.js", false).as_deref(), Some("a/b.js"));
        assert_eq!(below("package/a/", true).as_deref(), Some("a"));
        assert_eq!(below("package/a", true).as_deref(), Some("a"));
        assert_eq!(below("package/", true), None);
        assert_eq!(below("package", true), None);
    }

    #[test]
    fn b28_path_forms_in_archives() {
        for (name, expected) in [
            ("/package/a", PathRule::EmptyComponent),
            ("package//a", PathRule::EmptyComponent),
            ("./package/a", PathRule::DotComponent),
            ("package/../a", PathRule::DotComponent),
            ("package/./a", PathRule::DotComponent),
            ("../package/a", PathRule::DotComponent),
            ("package\\a", PathRule::Backslash),
            ("C:/package/a", PathRule::Colon),
            ("package/C:a", PathRule::Colon),
            ("package/a.", PathRule::TrailingDotOrSpace),
            ("package/a /b", PathRule::TrailingDotOrSpace),
            ("package/a\0", PathRule::Control),
            ("package/\u{202e}a", PathRule::BidiControl),
            ("package/e\u{301}", PathRule::NotNfc),
        ] {
            let result = below_package(name.as_bytes(), false);
            assert!(
                matches!(&result, Err(ArchiveError::Tree(TreeError::Path(error))) if error.rule == expected),
                "{name:?}: {result:?}"
            );
        }
        let not_utf8 = below_package(b"package/\xff", false);
        assert!(
            matches!(not_utf8, Err(ArchiveError::Tree(TreeError::Path(e))) if e.rule == PathRule::NotUtf8)
        );
        for name in ["a", "Package/a", "packages/a", "other/package.json", "package"] {
            assert!(
                matches!(below_package(name.as_bytes(), false), Err(ArchiveError::OutsideTop { .. })),
                "{name}"
            );
        }
        assert!(matches!(below_package(b"package/a/", false), Err(ArchiveError::Inconsistent { .. })));
    }
}
