//! The folders that lead to what is started. Whoever swaps one of them and swaps it back leaves every file below as it was.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::layout::{Identities, Identity};
use crate::way;

/// In such a folder nobody renames what is another's, and everybody makes something of his own all the time.
const STICKY: u32 = 0o1000;

/// Every folder above, and every link on the way, as they were.
#[derive(Debug)]
pub(super) struct Leading(Identities);

impl Leading {
    /// To these absolute paths.
    pub(super) fn to<'p>(paths: impl Iterator<Item = &'p Path>) -> Self {
        let mut leading = BTreeSet::new();
        for way in paths.filter_map(|path| way::to(path).ok()) {
            for (link, _) in way.links {
                leading.extend(link.ancestors().map(Path::to_owned));
            }
            leading.extend(way.end.ancestors().skip(1).map(Path::to_owned));
        }
        Self(look(&leading))
    }

    /// The first that is another, or was moved or written to, since.
    pub(super) fn moved(&self) -> Option<PathBuf> {
        let now = look(&self.0.paths().map(Path::to_owned).collect());
        self.0.other_than(&now).map(Path::to_owned)
    }
}

fn look(paths: &BTreeSet<PathBuf>) -> Identities {
    let temporary = std::env::temp_dir().canonicalize().unwrap_or_default();
    let identity = |path: &PathBuf| {
        let metadata = path.symlink_metadata().ok()?;
        let shared = metadata.mode() & STICKY != 0 || *path == temporary;
        let identity = Identity::from(&metadata);
        Some((path.clone(), if shared { identity.without_times() } else { identity }))
    };
    paths.iter().filter_map(identity).collect()
}
