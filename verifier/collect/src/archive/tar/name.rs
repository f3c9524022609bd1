//! Names of entries: what they are below the one folder at the top.

use mcpsign_schemas::tree::{TreeError, TreePath};
use mcpsign_schemas::untrusted::escape;

use crate::archive::ArchiveError;

/// What is said of the folder at the top where there is none.
const NO_TOP: &str = "FOLDER";

/// The folder in which npm, Python and Cargo pack, and which unpacking strips: that of the first entry.
#[derive(Debug, Default)]
pub(super) struct Top(Option<String>);

impl Top {
    /// Its name, once an entry was met.
    pub(super) fn name(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// The path of an entry below it; `None` for the folder itself.
    ///
    /// # Errors
    /// Names that no tree may have, and those outside the folder: npm strips the first component, whatever it is, so
    /// that `x/package.json` would take the place of `package/package.json`.
    pub(super) fn below(&mut self, name: &[u8], is_dir: bool) -> Result<Option<TreePath>, ArchiveError> {
        let bare = match name.strip_suffix(b"/") {
            Some(bare) if is_dir => bare,
            Some(_) => return Err(ArchiveError::Inconsistent { name: shown(name) }),
            None => name,
        };
        let path = TreePath::try_from(bare).map_err(TreeError::from)?;
        let (first, below) = match path.as_str().split_once('/') {
            Some((first, below)) => (first, Some(below)),
            None => (path.as_str(), None),
        };
        let top = match &self.0 {
            Some(top) => top,
            None if below.is_some() || is_dir => self.0.insert(first.to_owned()),
            None => {
                return Err(ArchiveError::OutsideTop { name: shown(name), top: NO_TOP.into() });
            }
        };
        match below {
            Some(below) if top == first => Ok(Some(TreePath::try_from(below).map_err(TreeError::from)?)),
            None if top == first && is_dir => Ok(None),
            _ => Err(ArchiveError::OutsideTop { name: shown(name), top: escape(top) }),
        }
    }
}

/// The name without `.` between two slashes, where it has such: npm publishes and passes over them. At the beginning one stays: there
/// it would be the first component, which npm strips.
pub(super) fn without_dots(name: &[u8]) -> Option<Vec<u8>> {
    const DOT: &[u8] = b"/./";
    memchr::memmem::find(name, DOT)?;
    let mut clean = Vec::with_capacity(name.len());
    for byte in name {
        clean.push(*byte);
        if clean.ends_with(DOT) {
            clean.truncate(clean.len() + 1 - DOT.len());
        }
    }
    Some(clean)
}

/// A name for an error message.
pub(super) fn shown(name: &[u8]) -> String {
    escape(&String::from_utf8_lossy(name))
}

#[cfg(test)]
mod tests {
    use mcpsign_schemas::tree::PathRule;

    use super::*;

    fn below_package(name: &[u8], is_dir: bool) -> Result<Option<TreePath>, ArchiveError> {
        Top(Some("package".into())).below(name, is_dir)
    }

    #[test]
    fn names_below_the_top_lose_it() {
        let below =
            |name: &str, is_dir| below_package(name.as_bytes(), is_dir).unwrap().map(|p| p.to_string());
        assert_eq!(below("package/a/b.js", false).as_deref(), Some("a/b.js"));
        assert_eq!(below("package/a/", true).as_deref(), Some("a"));
        assert_eq!(below("package/a", true).as_deref(), Some("a"));
        assert_eq!(below("package/", true), None);
        assert_eq!(below("package", true), None);
    }

    #[test]
    fn the_first_entry_says_what_the_top_is() {
        let mut top = Top::default();
        assert!(matches!(top.below(b"a", false), Err(ArchiveError::OutsideTop { .. })));
        assert_eq!(top.below(b"a-1.0/b", false).unwrap().unwrap().as_str(), "b");
        assert_eq!(top.name(), Some("a-1.0"));
        assert!(matches!(top.below(b"b-1.0/b", false), Err(ArchiveError::OutsideTop { .. })));
        assert!(matches!(top.below(b"a-1.0", false), Err(ArchiveError::OutsideTop { .. })));
        assert_eq!(top.below(b"a-1.0/", true).unwrap(), None);
    }

    #[test]
    fn dots_between_slashes_are_nothing() {
        for (name, clean) in [
            ("package/./dist/index.js", "package/dist/index.js"),
            ("package/././a/./b/", "package/a/b/"),
            ("package/./", "package/"),
            ("./package/a", "./package/a"),
            ("././package/a", "./package/a"),
            ("/./package/a", "/package/a"),
            ("package/./../a", "package/../a"),
            ("package/.//a", "package//a"),
            ("package/.a/a./b", "package/.a/a./b"),
            ("package/a/.", "package/a/."),
        ] {
            let found = without_dots(name.as_bytes());
            assert_eq!(found.as_deref().unwrap_or(name.as_bytes()), clean.as_bytes(), "{name}");
        }
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
