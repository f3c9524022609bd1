//! How a path leads to what it names: folders gone through, links followed.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

/// Links followed on the way to one file, as many as Linux follows.
const LINKS: usize = 40;

/// The way to a file or folder.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Way {
    /// Where each link lies, and what it says.
    pub(crate) links: Vec<(PathBuf, PathBuf)>,
    /// What is named, without links.
    pub(crate) end: PathBuf,
}

/// Follows an absolute path.
///
/// # Errors
/// When it leads nowhere, or in circles.
pub(crate) fn to(path: &Path) -> io::Result<Way> {
    let mut rest: VecDeque<OsString> = parts(path).collect();
    let mut way = Way { links: Vec::new(), end: PathBuf::from("/") };
    while let Some(part) = rest.pop_front() {
        if part == ".." {
            way.end.pop();
            continue;
        }
        let next = way.end.join(part);
        if !fs::symlink_metadata(&next)?.is_symlink() {
            way.end = next;
            continue;
        }
        if way.links.len() == LINKS {
            return Err(io::Error::other("too many links"));
        }
        let target = fs::read_link(&next)?;
        if target.is_absolute() {
            way.end = PathBuf::from("/");
        }
        parts(&target).collect::<Vec<_>>().into_iter().rev().for_each(|part| rest.push_front(part));
        way.links.push((next, target));
    }
    Ok(way)
}

/// The names in a path; what comes before the root's is nothing.
fn parts(path: &Path) -> impl Iterator<Item = OsString> {
    path.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn every_link_on_the_way_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().canonicalize().unwrap();
        let at = |path: &str| dir.join(path);
        fs::create_dir_all(at("real/deep")).unwrap();
        fs::create_dir(at("other")).unwrap();
        symlink("real", at("near")).unwrap();
        symlink(at("near/deep"), at("other/far")).unwrap();
        symlink("loop", at("loop")).unwrap();
        let way = to(&at("other/../other/far")).unwrap();
        assert_eq!(way.end, at("real/deep"));
        let links = [(at("other/far"), at("near/deep")), (at("near"), PathBuf::from("real"))];
        assert_eq!(way.links, links);
        assert!(to(&at("loop")).is_err() && to(&at("missing")).is_err());
    }
}
