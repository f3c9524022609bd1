//! Paths that name one file on every system.

use std::fmt;

use icu_casemap::CaseMapper;
use icu_normalizer::ComposingNormalizer;

/// A path below the root of a tree: relative, `/`-separated, NFC. Orders by its bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TreePath(String);

/// A path that no tree may have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("path \"{shown}\": {rule}")]
pub struct PathError {
    /// The path, escaped for display and shortened.
    pub shown: String,
    /// The rule it breaks; the first of [`PathRule`]'s order if there are several.
    pub rule: PathRule,
}

/// The rules for paths, in the order in which they are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathRule {
    /// Not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// Longer than 2^32−1 bytes.
    #[error("too long")]
    TooLong,
    /// Has U+0000–001F or U+007F–009F.
    #[error("has a control character")]
    Control,
    /// Has U+061C, 200E, 200F, 202A–202E or 2066–2069: what is shown is not what is meant.
    #[error("has a bidirectional control")]
    BidiControl,
    /// Has `\`, a separator on Windows.
    #[error("has a backslash")]
    Backslash,
    /// Has `:`, a drive or an alternate stream on Windows.
    #[error("has a colon")]
    Colon,
    /// Not in Unicode normalisation form C.
    #[error("not in NFC")]
    NotNfc,
    /// Empty, or starts or ends with `/`, or has `//`.
    #[error("has an empty component")]
    EmptyComponent,
    /// Has a component `.` or `..`.
    #[error("has a component `.` or `..`")]
    DotComponent,
    /// Has a component that ends in `.` or a space, which Windows drops.
    #[error("has a component that ends in `.` or a space")]
    TrailingDotOrSpace,
}

impl TreePath {
    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its components, outermost first; at least one.
    pub fn components(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('/')
    }

    /// The path of the directory it lies in; `None` for the root itself.
    pub fn parent(&self) -> Option<&str> {
        self.0.rsplit_once('/').map(|(parent, _)| parent)
    }

    /// The path under which a system that folds case finds it as well, where that is another.
    pub fn folded(&self) -> Option<Self> {
        let key = self.collision_key();
        if key == self.0 { None } else { Self::try_from(key.as_str()).ok() }
    }

    /// NFC(full case folding): two paths with one key are one file on some system.
    pub(super) fn collision_key(&self) -> String {
        folded(&self.0)
    }
}

/// NFC(full case folding): texts with one such form name one file on some system.
pub fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let folded = CaseMapper::new().fold_string(text);
    ComposingNormalizer::new_nfc().normalize(&folded).into_owned()
}

impl fmt::Display for TreePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl TryFrom<&str> for TreePath {
    type Error = PathError;

    fn try_from(path: &str) -> Result<Self, PathError> {
        match check(path) {
            Ok(()) => Ok(Self(path.to_owned())),
            Err(rule) => Err(PathError { shown: show(path.as_bytes()), rule }),
        }
    }
}

impl TryFrom<&[u8]> for TreePath {
    type Error = PathError;

    fn try_from(path: &[u8]) -> Result<Self, PathError> {
        match str::from_utf8(path) {
            Ok(path) => Self::try_from(path),
            Err(_) => Err(PathError { shown: show(path), rule: PathRule::NotUtf8 }),
        }
    }
}

fn check(path: &str) -> Result<(), PathRule> {
    if u32::try_from(path.len()).is_err() {
        return Err(PathRule::TooLong);
    }
    // One pass a rule, so that the rule reported does not depend on the place in the path.
    if path.contains(|c| matches!(c, '\0'..='\x1f' | '\x7f'..='\u{9f}')) {
        return Err(PathRule::Control);
    }
    if path.contains(|c| {
        matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    }) {
        return Err(PathRule::BidiControl);
    }
    if path.contains('\\') {
        return Err(PathRule::Backslash);
    }
    if path.contains(':') {
        return Err(PathRule::Colon);
    }
    if !path.is_ascii() && !ComposingNormalizer::new_nfc().is_normalized(path) {
        return Err(PathRule::NotNfc);
    }
    if path.split('/').any(str::is_empty) {
        return Err(PathRule::EmptyComponent);
    }
    if path.split('/').any(|component| matches!(component, "." | "..")) {
        return Err(PathRule::DotComponent);
    }
    if path.split('/').any(|component| component.ends_with(['.', ' '])) {
        return Err(PathRule::TrailingDotOrSpace);
    }
    Ok(())
}

/// For error messages: controls escaped, at most 200 characters.
pub(super) fn show(bytes: &[u8]) -> String {
    const MAX: usize = 200;
    let text = String::from_utf8_lossy(bytes);
    let mut shown: String = text.chars().take(MAX).flat_map(char::escape_debug).collect();
    if text.chars().nth(MAX).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(path: &str) -> PathRule {
        TreePath::try_from(path).unwrap_err().rule
    }

    #[test]
    fn ordinary_paths_pass() {
        for path in [
            "a",
            "a/b.txt",
            ".hidden",
            "..a/...b",
            "a b",
            " a",
            "é/ü",
            "日本",
            "a\u{200d}b",
            "CON",
            "~",
            "*?<>|\"",
        ] {
            assert_eq!(TreePath::try_from(path).map(|p| p.to_string()).as_deref(), Ok(path));
        }
        let path = TreePath::try_from("a/b/c").unwrap();
        assert_eq!(path.parent(), Some("a/b"));
        assert_eq!(path.components().rev().collect::<Vec<_>>(), ["c", "b", "a"]);
        assert_eq!(TreePath::try_from("a").unwrap().parent(), None);
    }

    #[test]
    fn every_forbidden_character_is_found_wherever_it_stands() {
        let controls = ('\0'..='\x1f').chain('\x7f'..='\u{9f}');
        let bidi = ['\u{61c}', '\u{200e}', '\u{200f}'].into_iter();
        let bidi = bidi.chain('\u{202a}'..='\u{202e}').chain('\u{2066}'..='\u{2069}');
        let all = controls.map(|c| (c, PathRule::Control)).chain(bidi.map(|c| (c, PathRule::BidiControl)));
        for (c, expected) in all.chain([('\\', PathRule::Backslash), (':', PathRule::Colon)]) {
            for path in [format!("{c}"), format!("{c}a"), format!("a{c}/b"), format!("a/b{c}")] {
                assert_eq!(rule(&path), expected, "{path:?}");
            }
        }
    }

    #[test]
    fn errors_show_the_path_without_its_controls() {
        let error = TreePath::try_from("a\u{202e}b\u{1b}[2J").unwrap_err();
        assert_eq!(error.to_string(), r#"path "a\u{202e}b\u{1b}[2J": has a control character"#);
        let error = TreePath::try_from(&b"a\xff"[..]).unwrap_err();
        assert_eq!(error.to_string(), "path \"a\u{fffd}\": not UTF-8");
        assert!(TreePath::try_from(format!("{}:", "a".repeat(5000)).as_str()).unwrap_err().shown.len() < 300);
    }

    #[test]
    fn components_are_checked_one_by_one() {
        for path in ["e\u{301}", "\u{212a}", "a/\u{1100}\u{1161}"] {
            assert_eq!(rule(path), PathRule::NotNfc);
        }
        for path in ["", "/", "/a", "a/", "a//b"] {
            assert_eq!(rule(path), PathRule::EmptyComponent);
        }
        for path in [".", "..", "./a", "a/..", "a/../b", "a/./b"] {
            assert_eq!(rule(path), PathRule::DotComponent);
        }
        for path in ["a.", "a ", "a./b", "...", "a/b ", " "] {
            assert_eq!(rule(path), PathRule::TrailingDotOrSpace);
        }
    }
}
