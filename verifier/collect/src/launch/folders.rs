//! The folders that a server gets for itself.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// For us alone: on a shared machine nobody else sees what a server leaves there.
pub(super) const PRIVATE: u32 = 0o700;
/// Levels of folders below ours whose permissions are mended before they are removed. A server needs `home`,
/// what an SDK makes in it and some; nobody needs more.
const MEND_DEPTH: usize = 32;

/// What there is in it.
const FOLDERS: [&str; 7] =
    ["home/.config", "home/.cache", "home/.local/share", "home/.local/state", "tmp", "run", "work"];

/// A fresh folder with the server's home, temporary files and work in it. We only choose its path: the stage makes it,
/// who can see to it that it goes however we end, or makes it in memory, where nobody else sees it. Removed when dropped.
#[derive(Debug)]
pub(super) struct Folders {
    path: PathBuf,
}

/// A path in the temporary folder at which nothing is.
pub(super) fn choose() -> io::Result<PathBuf> {
    // `/tmp` may be a link; a server that prints its real path must be caught printing ours.
    let temporary = std::env::temp_dir().canonicalize()?;
    // Random enough to be met nowhere else, and nothing in it says by whom the server is started.
    let chosen = tempfile::Builder::new().prefix("tmp-").rand_bytes(16).make_in(temporary, |_| Ok(()))?;
    chosen.into_temp_path().keep().map_err(|error| error.error)
}

/// Makes the folders at `root`, which must not exist.
pub(super) fn make(root: &Path) -> io::Result<()> {
    DirBuilder::new().mode(PRIVATE).create(root)?;
    let make = |folder| DirBuilder::new().recursive(true).mode(PRIVATE).create(root.join(folder));
    FOLDERS.into_iter().try_for_each(make)
}

impl Folders {
    pub(super) fn new() -> io::Result<Self> {
        choose().map(|path| Self { path })
    }

    /// What all of them lie in; unique, and so the mark of every process that has their variables.
    pub(super) fn root(&self) -> &Path {
        &self.path
    }

    /// `{work}`.
    pub(super) fn work(&self) -> PathBuf {
        self.path.join("work")
    }

    /// The variables that name them.
    pub(super) fn variables(&self) -> [(&'static str, PathBuf); 7] {
        [
            ("HOME", "home"),
            ("TMPDIR", "tmp"),
            ("XDG_CONFIG_HOME", "home/.config"),
            ("XDG_CACHE_HOME", "home/.cache"),
            ("XDG_DATA_HOME", "home/.local/share"),
            ("XDG_STATE_HOME", "home/.local/state"),
            ("XDG_RUNTIME_DIR", "run"),
        ]
        .map(|(name, folder)| (name, self.path.join(folder)))
    }
}

impl Drop for Folders {
    fn drop(&mut self) {
        remove(&self.path);
    }
}

/// Removes the folders at `root`, when nobody is left who could change anything in them meanwhile.
pub(super) fn remove(root: &Path) {
    mend(root, MEND_DEPTH);
    // A folder that stays is untidy, not unsafe.
    let _ = fs::remove_dir_all(root);
}

/// Gives us back what is needed to remove folders whose permissions the server took away. Follows no link.
fn mend(folder: &Path, depth: usize) {
    let Ok(metadata) = fs::symlink_metadata(folder) else { return };
    if !metadata.is_dir() || depth == 0 {
        return;
    }
    if metadata.permissions().mode() & PRIVATE != PRIVATE {
        let _ = fs::set_permissions(folder, Permissions::from_mode(PRIVATE));
    }
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        mend(&entry.path(), depth - 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_private_and_go_whatever_was_done_to_them() {
        let folders = Folders::new().expect("folders");
        let root = folders.root().to_owned();
        assert!(!root.exists(), "only the path is chosen");
        make(&root).expect("made");
        assert!(make(&root).is_err(), "what exists is somebody else's");
        for (name, path) in folders.variables() {
            let mode = fs::metadata(&path).expect(name).permissions().mode();
            assert_eq!(mode & 0o777, 0o700, "{name}");
        }
        let locked = folders.work().join("locked");
        fs::create_dir_all(locked.join("deeper")).expect("made");
        fs::write(locked.join("deeper/file"), "x").expect("written");
        std::os::unix::fs::symlink("/", locked.join("root")).expect("linked");
        fs::set_permissions(locked.join("deeper"), Permissions::from_mode(0o000)).expect("locked");
        fs::set_permissions(&locked, Permissions::from_mode(0o000)).expect("locked");
        drop(folders);
        assert!(!root.exists());
    }
}
