//! Folders of ours that must not outlast us: what a server is started from, what an installer writes to, what was fetched
//! to be looked at.
//!
//! A program that is interrupted or killed tidies up nothing. So a second process of our own executable, which no terminal
//! sends a signal to, waits for our end, however it comes, and removes what we left.

use std::fs::DirBuilder;
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::folders;
use super::stage::keeper::{DONE, KEEPER};
use super::stage::orders::write;
use super::{LaunchError, STAGE};

/// A fresh private folder in the temporary one. Removed when dropped, and when this process ends without that.
#[derive(Debug)]
pub struct KeptFolder {
    path: PathBuf,
    keeper: Child,
}

impl KeptFolder {
    /// Makes it. `stage` is an executable that runs [`super::exec_stage`] when its first argument is [`STAGE`].
    ///
    /// # Errors
    /// When it cannot be made, or nobody can be started to look after it.
    pub fn new(stage: &Path) -> Result<Self, LaunchError> {
        let path = folders::choose().map_err(|source| LaunchError::Folders { source })?;
        let failed = |source| LaunchError::Stage { path: stage.to_owned(), source };
        let mut keeper = Command::new(stage)
            .args([STAGE, KEEPER])
            .env_clear()
            // Nothing is held on to but the pipe.
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Before it runs: what a terminal sends to us is for our group.
            .process_group(0)
            .spawn()
            .map_err(failed)?;
        let told = match &mut keeper.stdin {
            Some(pipe) => write(pipe, &path.as_os_str()),
            None => Err(io::Error::other("a pipe is missing")),
        };
        // From here on it goes, by us or by the keeper.
        let folder = Self { path, keeper };
        told.map_err(failed)?;
        let made = DirBuilder::new().mode(folders::PRIVATE).create(&folder.path);
        made.map_err(|source| LaunchError::Folders { source })?;
        Ok(folder)
    }

    /// Where it is: absolute, links resolved.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for KeptFolder {
    fn drop(&mut self) {
        folders::remove(&self.path);
        if let Some(mut pipe) = self.keeper.stdin.take() {
            // A keeper that is not told looks for itself.
            let _ = pipe.write_all(&[DONE]);
        }
        let _ = self.keeper.wait();
    }
}
