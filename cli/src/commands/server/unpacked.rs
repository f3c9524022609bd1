//! A release unpacked into a folder of ours, with its dependencies in reach.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use mcpsign_collect::archive;
use mcpsign_collect::artifact::Artifact;
use tempfile::TempDir;

use crate::failure::Failure;

/// A fresh folder that holds exactly the files of one package. Removed when dropped.
#[derive(Debug)]
pub(super) struct Unpacked {
    root: TempDir,
    folder: PathBuf,
    dependencies: Vec<PathBuf>,
}

impl Unpacked {
    /// Unpacks `artifact`. `dependencies` are folders called `node_modules`, the innermost first: they are linked to
    /// where Node.js looks, so that nothing is copied and nothing of the package's own is in the way.
    ///
    /// # Errors
    /// When it cannot be unpacked, or is not what it was when it was read.
    pub(super) fn new(artifact: &Artifact, dependencies: &[PathBuf]) -> Result<Self, Failure> {
        let failed = |error: std::io::Error| {
            Failure::usage("cannot make a folder to unpack the release into")
                .because(error)
                .hint("make room in the temporary folder")
        };
        let root = tempfile::Builder::new().prefix("tmp-").tempdir().map_err(failed)?;
        let mut folder = root.path().canonicalize().map_err(failed)?;
        for dependencies in dependencies.iter().rev() {
            folder.push("p");
            std::fs::create_dir(&folder).map_err(failed)?;
            symlink(dependencies, folder.join("node_modules")).map_err(failed)?;
        }
        folder.push("package");
        std::fs::create_dir(&folder).map_err(failed)?;
        archive::unpack(artifact, &folder).map_err(|error| {
            Failure::from_error(&error)
                .hint(error.hint().unwrap_or("wait until it is written, then try again"))
        })?;
        Ok(Self { root, folder, dependencies: dependencies.to_vec() })
    }

    /// The package's files.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Everything that the server needs to read.
    pub(super) fn needs(&self) -> Vec<PathBuf> {
        let root = self.root.path().canonicalize().unwrap_or_else(|_| self.root.path().to_owned());
        std::iter::once(root).chain(self.dependencies.clone()).collect()
    }
}
