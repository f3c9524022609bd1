//! Unpacking a package that was read, from a second read that must give the same.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use mcpsign_schemas::tree::TreePath;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use crate::artifact::{Artifact, ArtifactError, reread};

/// A package that was not unpacked. What lies in the folder then is of no use.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    /// A file, tree or image.
    #[error("{}: not a package", path.display())]
    NotAPackage {
        /// The artifact.
        path: PathBuf,
    },
    /// The folder is not there, or has something in it.
    #[error("{}: not an empty folder", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// It is not what it was when it was opened first.
    #[error("{}: not the file that it was", path.display())]
    Changed {
        /// The artifact.
        path: PathBuf,
    },
    /// It cannot be read again.
    #[error(transparent)]
    Read(#[from] ArtifactError),
    /// A file of it cannot be written.
    #[error("{}: cannot be unpacked to", path.display())]
    Write {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl UnpackError {
    /// What to do about it.
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NotAPackage { .. } => {
                Some("only packages are unpacked: npm, wheel, sdist, crate, MCP bundle")
            }
            Self::NotEmpty { .. } => Some("name an empty folder"),
            Self::Changed { .. } => Some("wait until it is written, then try again"),
            Self::Read(error) => error.hint(),
            Self::Write { .. } => Some("check that there is room"),
        }
    }
}

/// Unpacks exactly the files of `artifact`'s package below the empty folder `into`, from a second read of its path
/// whose digests must be the artifact's own. Files get the modes 0644 and 0755, directories 0755.
///
/// # Errors
/// When it is no package, changed since it was read, or cannot be written. The folder is then to be thrown away.
pub fn unpack(artifact: &Artifact, into: &Path) -> Result<(), UnpackError> {
    let path = || artifact.path.clone();
    let expected = artifact.package().ok_or_else(|| UnpackError::NotAPackage { path: path() })?;
    let folder = || into.to_owned();
    let mut unpacker = Unpacker::below(into)?;
    let again = reread(&artifact.path, &mut unpacker);
    if let Some(source) = unpacker.failed.take() {
        return Err(UnpackError::Write { path: folder(), source });
    }
    let (digests, package) = match again {
        Ok(again) => again,
        // It was well-formed when it was read first.
        Err(ArtifactError::Archive { .. }) => return Err(UnpackError::Changed { path: path() }),
        Err(error) => return Err(error.into()),
    };
    if digests != artifact.digests || package.is_none_or(|package| package.files != expected.files) {
        return Err(UnpackError::Changed { path: path() });
    }
    unpacker.make_links().map_err(|source| UnpackError::Write { path: folder(), source })
}

/// Writes what an archive holds below a folder, as it is read.
#[derive(Debug)]
pub(crate) struct Unpacker {
    root: OwnedFd,
    /// Made last: nothing is ever written through one.
    links: Vec<(TreePath, Vec<u8>)>,
    /// The first error of writing, told from those of reading.
    failed: Option<io::Error>,
}

impl Unpacker {
    fn below(into: &Path) -> Result<Self, UnpackError> {
        let refused = || UnpackError::NotEmpty { path: into.to_owned() };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let root = rustix::fs::open(into, flags, Mode::empty()).map_err(|_| refused())?;
        let mut entries = rustix::fs::Dir::read_from(&root).map_err(|_| refused())?;
        let is_empty = entries
            .all(|entry| entry.is_ok_and(|entry| matches!(entry.file_name().to_bytes(), b"." | b"..")));
        if !is_empty {
            return Err(refused());
        }
        Ok(Self { root, links: Vec::new(), failed: None })
    }

    /// Makes a directory and those above it.
    pub(super) fn directory(&mut self, path: &TreePath) -> io::Result<()> {
        let made = self.directories(path.as_str());
        self.note(made)
    }

    /// Makes a file, and the directories above it.
    pub(super) fn file(&mut self, path: &TreePath, executable: bool) -> io::Result<File> {
        let made = path.parent().map_or(Ok(()), |parent| self.directories(parent)).and_then(|()| {
            let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let mode = Mode::from_raw_mode(if executable { 0o755 } else { 0o644 });
            let file = rustix::fs::openat(&self.root, path.as_str(), flags, mode)?;
            // Whatever the umask says.
            rustix::fs::fchmod(&file, mode)?;
            Ok(File::from(file))
        });
        self.note(made)
    }

    pub(super) fn write(&mut self, file: &mut File, chunk: &[u8]) -> io::Result<()> {
        let written = file.write_all(chunk);
        self.note(written)
    }

    pub(super) fn symlink(&mut self, path: &TreePath, target: &[u8]) {
        self.links.push((path.clone(), target.to_vec()));
    }

    fn make_links(&mut self) -> io::Result<()> {
        for (path, target) in std::mem::take(&mut self.links) {
            if let Some(parent) = path.parent() {
                self.directories(parent)?;
            }
            rustix::fs::symlinkat(target.as_slice(), &self.root, path.as_str())?;
        }
        Ok(())
    }

    fn directories(&self, path: &str) -> io::Result<()> {
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        for end in ends {
            match rustix::fs::mkdirat(&self.root, &path[..end], Mode::from_raw_mode(0o755)) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn note<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &result
            && self.failed.is_none()
        {
            self.failed = Some(io::Error::new(error.kind(), error.to_string()));
        }
        result
    }
}
