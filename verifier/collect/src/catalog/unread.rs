//! Lock files of tools whose formats are not read: what they pin is a known gap, and not nothing.

use mcpsign_schemas::inventory::Package;
use mcpsign_schemas::tree::TreePath;

use super::{CatalogError, Cataloger, FileInput};

/// Lock files of other tools.
pub static OTHER_LOCKS: OtherLocks = OtherLocks;

/// The cataloger that reads none of them.
#[derive(Debug)]
pub struct OtherLocks;

/// Their names at the root of a project or artifact.
const NAMES: [&str; 10] = [
    "bun.lockb",
    "deno.lock",
    "Gemfile.lock",
    "composer.lock",
    "pubspec.lock",
    "mix.lock",
    "Package.resolved",
    "packages.config",
    "conda-lock.yml",
    "pixi.lock",
];

impl Cataloger for OtherLocks {
    fn id(&self) -> &'static str {
        "other/lock-files"
    }

    fn wants(&self, path: &TreePath) -> bool {
        NAMES.contains(&path.as_str())
    }

    fn read(&self, file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        Err(CatalogError::Unread {
            what: match file.path.as_str() {
                "bun.lockb" => {
                    "bun's lock file of old: `bun install --save-text-lockfile` writes the one that is read"
                }
                _ => "a lock file of a tool whose format is not read",
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_known_at_the_root_and_read_nowhere() {
        let path = |path: &str| TreePath::try_from(path).unwrap();
        for name in NAMES {
            assert!(OTHER_LOCKS.wants(&path(name)) && !OTHER_LOCKS.wants(&path(&format!("a/{name}"))));
            let (path, bytes) = (path(name), &b"{}"[..]);
            let found = OTHER_LOCKS.read(&FileInput { path: &path, bytes });
            assert!(matches!(found, Err(CatalogError::Unread { .. })), "{name}");
        }
    }
}
