//! A folder of a project: what lies in it, links not followed.

use std::ffi::CString;
use std::fs::FileType;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Mode, OFlags};

use super::ProjectError;
use crate::catalog::MAX_BYTES;
use crate::tree::{Snapshot, read_file};

/// Entries of one folder that are looked at. Folders of releases hold dozens of files.
const MAX_ENTRIES: usize = 10_000;

/// An open folder.
#[derive(Debug)]
pub(super) struct Folder {
    /// Absolute, without links.
    pub(super) path: PathBuf,
    handle: OwnedFd,
}

impl Folder {
    pub(super) fn open(path: &Path) -> Result<Self, ProjectError> {
        let io = |source| ProjectError::Io { path: path.to_owned(), source };
        let real = path.canonicalize().map_err(io)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let handle = rustix::fs::open(&real, flags, Mode::empty()).map_err(|error| io(error.into()))?;
        Ok(Self { path: real, handle })
    }

    /// The folder `path` below, where there is one and no link leads to it.
    pub(super) fn below(&self, path: &str) -> Option<Self> {
        let path = self.path.join(path);
        Self::open(&path).ok().filter(|folder| folder.path == path)
    }

    /// The bytes of the file `name`; none where it is not there.
    pub(super) fn read(&self, name: &str) -> Result<Option<Vec<u8>>, ProjectError> {
        let io = |source| ProjectError::Io { path: self.path.join(name), source };
        let c_name = CString::new(name).map_err(|error| io(error.into()))?;
        match read_file(&self.handle, &c_name, MAX_BYTES) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(io(error)),
        }
    }

    /// Whether `path` is a regular file, not a link to one.
    pub(super) fn has_file(&self, path: &str) -> bool {
        self.is_file(path, AtFlags::SYMLINK_NOFOLLOW)
    }

    /// As [`Self::has_file`], links followed.
    pub(super) fn leads_to_file(&self, path: &str) -> bool {
        self.is_file(path, AtFlags::empty())
    }

    fn is_file(&self, path: &str, flags: AtFlags) -> bool {
        let seen = rustix::fs::statat(&self.handle, path, flags);
        seen.is_ok_and(|stat| Snapshot::of(&stat).file_type() == rustix::fs::FileType::RegularFile)
    }

    /// Names of the regular files in it, sorted.
    pub(super) fn files(&self) -> Result<Vec<String>, ProjectError> {
        self.names(FileType::is_file)
    }

    /// Names of the folders in it, sorted.
    pub(super) fn folders(&self) -> Result<Vec<String>, ProjectError> {
        self.names(FileType::is_dir)
    }

    fn names(&self, wanted: fn(&FileType) -> bool) -> Result<Vec<String>, ProjectError> {
        let io = |source| ProjectError::Io { path: self.path.clone(), source };
        let mut names = Vec::new();
        for entry in self.path.read_dir().map_err(io)?.take(MAX_ENTRIES) {
            let entry = entry.map_err(io)?;
            if let (true, Ok(name)) =
                (wanted(&entry.file_type().map_err(io)?), entry.file_name().into_string())
            {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }
}
