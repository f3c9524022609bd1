//! Names and types of entries.

use super::*;

pub(super) fn names_and_types() -> Vec<Case> {
    fn named(what: &'static str, name: &str, theirs: Theirs, ours: fn(&ArchiveError) -> bool) -> Case {
        case(what, &wheel(vec![entry(name, "1")]), theirs, Refuses(ours))
    }
    fn typed(what: &'static str, mode: u32, ours: fn(&ArchiveError) -> bool) -> Case {
        case(what, &wheel(vec![entry("x", "y").mode(mode)]), SEES_X, Refuses(ours))
    }
    vec![
        named("a path to above", "../x", Sees(&["../x"]), |e| path_rule(e, PathRule::DotComponent)),
        named("a path to above, inside", "a/../../x", Sees(&["a/../../x"]), |e| {
            path_rule(e, PathRule::DotComponent)
        }),
        named("an absolute path", "/x", Sees(&["/x"]), |e| path_rule(e, PathRule::EmptyComponent)),
        named("a backslash", "a\\..\\x", Sees(&["a\\..\\x"]), |e| path_rule(e, PathRule::Backslash)),
        named("a drive", "C:x", Sees(&["C:x"]), |e| path_rule(e, PathRule::Colon)),
        named("a name that ends early", "x\0.txt", SEES_X, |e| path_rule(e, PathRule::Control)),
        named("a line in a name", "a\nx", Sees(&["a\nx"]), |e| path_rule(e, PathRule::Control)),
        named("a name from right to left", "a\u{202e}x", Sees(&["a\u{202e}x"]), |e| {
            path_rule(e, PathRule::BidiControl)
        }),
        named("a name in another normal form", "e\u{301}", Sees(&["e\u{301}"]), |e| {
            path_rule(e, PathRule::NotNfc)
        }),
        case(
            "a name in nobody knows which encoding",
            &wheel(vec![entry("ü", "1").flags(0)]),
            Misses("ü"),
            Refuses(|e| matches!(e, Zip(ZipError::NameEncoding { .. }))),
        ),
        case(
            "a file twice",
            &wheel(vec![entry("evil/__init__.py", "two = 2\n")]),
            SEES,
            Refuses(|e| matches!(e, Tree(TreeError::Duplicate { .. }))),
        ),
        case(
            "two names that differ in case",
            &wheel(vec![entry("evil/__INIT__.py", "two = 2\n")]),
            Sees(&["evil/__INIT__.py", "evil/__init__.py"]),
            Refuses(|e| matches!(e, Tree(TreeError::Collision { .. }))),
        ),
        case(
            "a file that is a folder too",
            &wheel(vec![entry("x", "1"), entry("x/y", "1")]),
            Sees(&["x", "x/y"]),
            Refuses(|e| matches!(e, Tree(TreeError::ParentNotDirectory { .. }))),
        ),
        case(
            "a folder with content",
            &wheel(vec![entry("x/", "1")]),
            SEES,
            Refuses(|e| matches!(e, Inconsistent { .. })),
        ),
        typed("a link", 0o120_777, |e| matches!(e, Zip(ZipError::EntryType { mode: 0o120_777, .. }))),
        typed("a FIFO", 0o010_644, |e| matches!(e, Zip(ZipError::EntryType { .. }))),
        typed("a device", 0o060_644, |e| matches!(e, Zip(ZipError::EntryType { .. }))),
        typed("a folder by its mode alone", 0o040_755, |e| matches!(e, Zip(ZipError::EntryType { .. }))),
        typed("a file that runs as its owner", 0o104_755, |e| matches!(e, SetId { .. })),
    ]
}
