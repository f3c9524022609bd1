//! Targets of symbolic links: none may lead out of the tree.

use super::path::{PathRule, show};
use super::{TreeError, TreePath};

/// The rules for targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkRule {
    /// Starts with `/`.
    #[error("the target is absolute")]
    Absolute,
    /// Empty, or ends with `/`, or has `//`.
    #[error("the target has an empty component")]
    EmptyComponent,
    /// Has a component `.`.
    #[error("the target has a component `.`")]
    DotComponent,
    /// Has `..` after another component: where that leads depends on links on the way.
    #[error("the target has `..` after another component")]
    ParentNotFirst,
    /// Has more `..` than the link has parents below the root.
    #[error("the target lies outside the tree")]
    AboveRoot,
    /// What follows the leading `..` is no path that a tree can have, and on some system leads elsewhere.
    #[error("the target {0}")]
    Path(PathRule),
}

pub(super) fn check(path: &TreePath, target: &[u8]) -> Result<(), TreeError> {
    rule(path, target).map_err(|rule| TreeError::Link { path: path.clone(), target: show(target), rule })
}

fn rule(path: &TreePath, target: &[u8]) -> Result<(), LinkRule> {
    if target.starts_with(b"/") {
        return Err(LinkRule::Absolute);
    }
    let components: Vec<&[u8]> = target.split(|&byte| byte == b'/').collect();
    let up = components.iter().take_while(|&&component| component == b"..").count();
    for component in &components[up..] {
        match *component {
            b"" => return Err(LinkRule::EmptyComponent),
            b"." => return Err(LinkRule::DotComponent),
            b".." => return Err(LinkRule::ParentNotFirst),
            _ => {}
        }
    }
    let parents = path.components().count() - 1;
    if up > parents {
        return Err(LinkRule::AboveRoot);
    }
    if up < components.len() {
        let below = components[up..].join(&b'/');
        TreePath::try_from(below.as_slice()).map_err(|error| LinkRule::Path(error.rule))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(path: &str, target: &str) -> Result<(), LinkRule> {
        rule(&TreePath::try_from(path).unwrap(), target.as_bytes())
    }

    #[test]
    fn targets_stay_below_the_root() {
        for (path, target) in
            [("a", "b"), ("a", "b/c"), ("a/b", ".."), ("a/b", "../c"), ("a/b/c", "../../d/..e")]
        {
            assert_eq!(judge(path, target), Ok(()), "{path} {target}");
        }
        for (path, target, expected) in [
            ("a", "/b", LinkRule::Absolute),
            ("a", "/", LinkRule::Absolute),
            ("a", "", LinkRule::EmptyComponent),
            ("a", "b/", LinkRule::EmptyComponent),
            ("a/b", "../", LinkRule::EmptyComponent),
            ("a", "b//c", LinkRule::EmptyComponent),
            ("a", ".", LinkRule::DotComponent),
            ("a", "./b", LinkRule::DotComponent),
            ("a/b", "../.", LinkRule::DotComponent),
            ("a/b", "c/..", LinkRule::ParentNotFirst),
            ("a/b", "../c/../d", LinkRule::ParentNotFirst),
            ("a", "..", LinkRule::AboveRoot),
            ("a", "../b", LinkRule::AboveRoot),
            ("a/b", "../../c", LinkRule::AboveRoot),
            ("a", "..\\..\\b", LinkRule::Path(PathRule::Backslash)),
            ("a", "C:b", LinkRule::Path(PathRule::Colon)),
            ("a", ".. ", LinkRule::Path(PathRule::TrailingDotOrSpace)),
            ("a", "...", LinkRule::Path(PathRule::TrailingDotOrSpace)),
        ] {
            assert_eq!(judge(path, target), Err(expected), "{path} {target}");
        }
        let path = TreePath::try_from("a").unwrap();
        assert_eq!(rule(&path, b"\xff"), Err(LinkRule::Path(PathRule::NotUtf8)));
        let error = check(&path, b"/etc/\x1b").unwrap_err();
        assert_eq!(error.to_string(), r#"link `a` to "/etc/\u{1b}": the target is absolute"#);
    }
}
