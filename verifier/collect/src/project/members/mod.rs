//! Monorepos: the members that a workspace lists, of npm, pnpm, Yarn, Bun, Cargo and uv alike.

mod listed;
mod pattern;

use std::path::{Path, PathBuf};

use mcpsign_schemas::untrusted::escape;

use super::ProjectError;
use super::folder::Folder;

/// Members of one workspace. The largest monorepos that publish from one have some hundred.
const MAX_MEMBERS: usize = 1000;
/// Folders above a member in which its workspace is looked for.
const MAX_ABOVE: usize = 8;

/// The folders of the members that `root` lists, sorted, and what of its lists was not understood.
pub(super) fn of(root: &Folder) -> Result<(Vec<PathBuf>, Vec<String>), ProjectError> {
    let (lists, mut notes) = listed::of(root)?;
    let mut members = Vec::new();
    for list in lists {
        for pattern in &list.members {
            match pattern::expand(root, pattern)? {
                Some(found) => members.extend(found),
                None => notes.push(format!("workspace members {} are not looked for", escape(pattern))),
            }
        }
        for pattern in &list.exclude {
            match pattern::expand(root, pattern)? {
                Some(excluded) => {
                    members.retain(|member| !excluded.iter().any(|folder| member.starts_with(folder)));
                }
                None => notes.push(format!("workspace members {} are not left out", escape(pattern))),
            }
        }
    }
    members.sort();
    members.dedup();
    // The root is no member of itself, whatever a pattern of any depth matches.
    members.retain(|member| *member != root.path);
    if members.len() > MAX_MEMBERS {
        return Err(ProjectError::TooManyMembers { path: root.path.clone(), limit: MAX_MEMBERS });
    }
    Ok((members, notes))
}

/// The root of the workspace that `folder` is a member of. What lies above its repository is somebody else's.
pub(super) fn workspace_of(folder: &Folder) -> Option<Folder> {
    let ancestors = folder.path.ancestors();
    let above = ancestors.zip(ancestors.skip(1)).take(MAX_ABOVE);
    above.take_while(|(below, _)| !is_repository(below)).find_map(|(_, above)| {
        let root = Folder::open(above).ok()?;
        // If it cannot be read, it is no workspace of this project.
        let (members, _) = of(&root).ok()?;
        members.contains(&folder.path).then_some(root)
    })
}

/// Whether a repository has its root there; of a work tree or a submodule of git's that is a file.
fn is_repository(path: &Path) -> bool {
    [".git", ".hg", ".jj", ".svn"].iter().any(|name| path.join(name).symlink_metadata().is_ok())
}
