//! A release unpacked into a folder of ours, with its dependencies in reach.

use std::ffi::OsString;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use mcpsign_collect::archive::{self, Package, PackageForm};
use mcpsign_collect::artifact::Artifact;
use mcpsign_collect::catalog::mcpb::McpbManifest;
use mcpsign_collect::launch::KeptFolder;
use mcpsign_collect::project;
use mcpsign_evidence::read;

use super::{ARTIFACT, stage};
use crate::failure::Failure;

/// Bytes of a bundle's manifest.json.
const MAX_MANIFEST: usize = 4 << 20;

/// Whether a command line means what lies in a package, and not its file: `{artifact}/…`, or of a bundle the folder that it is
/// unpacked into.
pub(crate) fn is_meant(package: &Package, argv: &[OsString]) -> bool {
    let meant = match package.form {
        PackageForm::Mcpb => ARTIFACT.to_owned(),
        _ => format!("{ARTIFACT}/"),
    };
    argv.iter().any(|arg| arg.to_string_lossy().contains(&meant))
}

/// What Node.js would find the dependencies of an npm tarball in that was made in the first of `folders`: theirs called
/// `node_modules`.
pub(crate) fn dependencies<'f>(
    package: &Package,
    folders: impl IntoIterator<Item = &'f Path>,
) -> Vec<PathBuf> {
    if package.form != PackageForm::Npm {
        return Vec::new();
    }
    let real = |folder: &Path| folder.join("node_modules").canonicalize().ok();
    let mut found: Vec<PathBuf> = folders.into_iter().filter_map(real).filter(|path| path.is_dir()).collect();
    found.dedup();
    found
}

/// A fresh folder that holds exactly the files of one package.
#[derive(Debug)]
pub(crate) struct Unpacked {
    root: KeptFolder,
    folder: PathBuf,
    dependencies: Vec<PathBuf>,
}

impl Unpacked {
    /// Unpacks `artifact`. `dependencies` are folders called `node_modules`, the innermost first: they are linked to
    /// where Node.js looks, so that nothing is copied and nothing of the package's own is in the way.
    ///
    /// # Errors
    /// When it cannot be unpacked, or is not what it was when it was read.
    pub(crate) fn new(artifact: &Artifact, dependencies: &[PathBuf]) -> Result<Self, Failure> {
        let failed = |error: std::io::Error| {
            Failure::usage("cannot make a folder to unpack the release into")
                .because(error)
                .hint("make room in the temporary folder")
        };
        let root = KeptFolder::new(&stage()?)
            .map_err(|error| Failure::from_error(&error).hint("make room in the temporary folder"))?;
        let mut folder = root.path().to_owned();
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
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Everything that the server needs to read.
    pub(crate) fn needs(&self) -> Vec<PathBuf> {
        std::iter::once(self.root.path().to_owned()).chain(self.dependencies.clone()).collect()
    }

    /// How a bundle's own manifest says that it is started.
    ///
    /// # Errors
    /// When it does not say, or not without asking somebody.
    pub(crate) fn launch(&self) -> Result<project::Launch, Failure> {
        let hint = "say how it is started: `-- COMMAND ARG…`, `{artifact}` being the folder that it is unpacked into";
        let bytes = read::file(&self.folder.join("manifest.json"), MAX_MANIFEST)
            .map_err(|error| Failure::from_error(&error).hint(hint))?;
        let manifest = McpbManifest::parse(&bytes)
            .map_err(|error| Failure::from_error(&error).hint("mend the bundle"))?;
        project::bundle_launch(&manifest).map_err(|why| Failure::usage(why).hint(hint))
    }
}
