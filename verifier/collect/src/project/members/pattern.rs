//! The folders that a pattern such as `packages/*` or `apps/**` names.

use std::path::PathBuf;

use glob::Pattern;

use super::MAX_MEMBERS;
use crate::project::ProjectError;
use crate::project::folder::Folder;

/// Folders looked into for one pattern of any depth. A large monorepo has some thousand without `node_modules`.
const MAX_FOLDERS: usize = 20_000;

/// What makes a folder that a pattern matches a member; without, it is only a folder on the way.
const MANIFESTS: [&str; 3] = ["package.json", "pyproject.toml", "Cargo.toml"];

/// The folders; `None` for a pattern that is not understood: absolute, out of the root, with alternatives (`{a,b}`), or of
/// more folders than are looked into.
pub(super) fn expand(root: &Folder, pattern: &str) -> Result<Option<Vec<PathBuf>>, ProjectError> {
    let mut parts = Vec::new();
    for part in pattern.trim_start_matches("./").trim_end_matches('/').split('/') {
        match part {
            "" | ".." => return Ok(None),
            // Alternatives, which the matcher would take for characters of a name.
            part if part.contains(['{', '(']) => return Ok(None),
            "." => {}
            "**" => parts.push(Part::AnyDepth),
            name => match Pattern::new(name) {
                Ok(glob) => parts.push(Part::One { name, glob }),
                Err(_) => return Ok(None),
            },
        }
    }
    let is_exact = parts.iter().all(Part::is_exact);
    let mut walk = Walk { found: Vec::new(), left: MAX_FOLDERS };
    walk.below(&root.path, &parts)?;
    if walk.left == 0 {
        return Ok(None);
    }
    walk.found.sort();
    walk.found.dedup();
    if !is_exact {
        let mut members = Vec::new();
        for path in walk.found {
            let folder = Folder::open(&path)?;
            if MANIFESTS.iter().any(|manifest| folder.has_file(manifest)) {
                members.push(path);
            }
        }
        walk.found = members;
    }
    walk.found.truncate(MAX_MEMBERS + 1);
    Ok(Some(walk.found))
}

/// What stands between two slashes.
enum Part<'p> {
    One {
        name: &'p str,
        glob: Pattern,
    },
    /// `**`: any number of folders, none included.
    AnyDepth,
}

impl Part<'_> {
    fn is_exact(&self) -> bool {
        matches!(self, Self::One { name, .. } if !name.contains(['*', '?', '[']))
    }
}

struct Walk {
    found: Vec<PathBuf>,
    /// How many more folders are looked into.
    left: usize,
}

impl Walk {
    fn below(&mut self, path: &PathBuf, parts: &[Part<'_>]) -> Result<(), ProjectError> {
        let Some((part, rest)) = parts.split_first() else {
            self.found.push(path.clone());
            return Ok(());
        };
        if let Part::AnyDepth = part {
            self.below(path, rest)?;
        }
        self.left = self.left.saturating_sub(1);
        if self.left == 0 {
            return Ok(());
        }
        for name in Folder::open(path)?.folders()? {
            let hidden = name.starts_with('.') || name == "node_modules";
            let below = path.join(&name);
            match part {
                Part::AnyDepth if !hidden => self.below(&below, parts)?,
                Part::One { name: exact, glob } if name == *exact || (!hidden && glob.matches(&name)) => {
                    self.below(&below, rest)?;
                }
                _ => {}
            }
        }
        Ok(())
    }
}
