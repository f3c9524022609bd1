//! The folder of trust roots that were imported or fetched: one file an instance, written whole or not at all.

#[cfg(unix)]
use std::fs::File;
use std::fs::{self, DirBuilder};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tempfile::Builder;

use super::TrustError;
use super::tuf::Files;
use crate::read::{self, ReadError};

/// Bytes of one file of the store at the most: a trust root, and TUF metadata up to their own limits.
const MAX_ENTRY: usize = 32 << 20;
/// Entries that are listed at the most.
const MAX_ENTRIES: usize = 256;
const SUFFIX: &str = ".json";
const VERSION: u32 = 1;

/// Where trust roots are kept.
#[derive(Debug, Clone)]
pub struct Store {
    folder: Option<PathBuf>,
}

/// What is kept of one instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Entry {
    version: u32,
    /// When it was imported, or its repository asked last.
    pub(super) as_of: Timestamp,
    pub(super) root: Kept,
}

/// Either kind of instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub(super) enum Kept {
    /// A trust root as it was imported; counts at all times.
    Document {
        trusted_root: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        signing_config: Option<String>,
    },
    /// A TUF repository: what was fetched of it, verified anew whenever it is read.
    Tuf {
        mirror: String,
        /// The `root.json` that was imported; instances that are built in bring their own.
        #[serde(skip_serializing_if = "Option::is_none")]
        bootstrap: Option<String>,
        files: Files,
    },
}

impl Entry {
    pub(super) const fn new(as_of: Timestamp, root: Kept) -> Self {
        Self { version: VERSION, as_of, root }
    }
}

/// What to do with an entry that is already there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Existing<'a> {
    Keep,
    Replace,
    /// Replace it if it still is this, or still is not there; when it was asked last is no matter.
    Same(Option<&'a Kept>),
}

impl Store {
    /// The caller's own: `$XDG_DATA_HOME/mcpsign/trust`, or below `~/.local/share`. Relative paths count for nothing, as
    /// the XDG specification has it: the current folder configures nothing.
    pub fn of_process() -> Self {
        let absolute = |path: PathBuf| Some(path).filter(|path| path.is_absolute());
        let data = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from).and_then(absolute);
        let home = || std::env::home_dir().and_then(absolute).map(|home| home.join(".local/share"));
        Self { folder: data.or_else(home).map(|data| data.join("mcpsign/trust")) }
    }

    /// One in this folder.
    pub fn at(folder: &Path) -> Self {
        Self { folder: Some(folder.into()) }
    }

    /// What is kept under a name.
    pub(super) fn read(&self, name: &str) -> Result<Option<Entry>, TrustError> {
        let Some(path) = self.path(name) else { return Ok(None) };
        let unusable = |source: Box<dyn std::error::Error + Send + Sync>| TrustError::Stored {
            name: name.into(),
            source,
        };
        let bytes = match read::file(&path, MAX_ENTRY) {
            Ok(bytes) => bytes,
            Err(ReadError::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(unusable(error.into())),
        };
        let entry: Entry = serde_json::from_slice(&bytes).map_err(|error| unusable(error.into()))?;
        if entry.version != VERSION {
            return Err(unusable(format!("it is of version {}, not {VERSION}", entry.version).into()));
        }
        Ok(Some(entry))
    }

    /// The names that something is kept under.
    pub(super) fn names(&self) -> Vec<String> {
        let entries = self.folder.as_deref().and_then(|folder| fs::read_dir(folder).ok());
        let mut names: Vec<String> = entries
            .into_iter()
            .flatten()
            .take(MAX_ENTRIES)
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter_map(|file| Some(file.strip_suffix(SUFFIX)?.to_owned()))
            .filter(|name| super::is_name(name))
            .collect();
        names.sort();
        names
    }

    /// Keeps an entry, for its owner's eyes alone.
    pub(super) fn write(&self, name: &str, entry: &Entry, existing: Existing<'_>) -> Result<(), TrustError> {
        let (Some(folder), Some(path)) = (self.folder.as_deref(), self.path(name)) else {
            return Err(TrustError::NoFolder);
        };
        let cannot = |source: std::io::Error| TrustError::Write { path: path.clone(), source };
        make(folder).map_err(cannot)?;
        let bytes = serde_json::to_vec(entry).map_err(|error| cannot(error.into()))?;
        // Temporary files are made for their owner alone.
        let mut file =
            Builder::new().prefix(".mcpsign-").suffix(".tmp").tempfile_in(folder).map_err(cannot)?;
        file.write_all(&bytes).and_then(|()| file.as_file().sync_all()).map_err(cannot)?;
        let _one_at_a_time = lock(folder).map_err(cannot)?;
        let renamed = match existing {
            Existing::Same(before) if self.read(name)?.map(|entry| entry.root).as_ref() != before => {
                return Err(TrustError::Changed { name: name.into() });
            }
            Existing::Keep => file.persist_noclobber(&path),
            Existing::Replace | Existing::Same(_) => file.persist(&path),
        };
        match renamed {
            Ok(_) => Ok(()),
            Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => {
                Err(TrustError::Taken { name: name.into(), why: "is there already" })
            }
            Err(error) => Err(cannot(error.error)),
        }
    }

    fn path(&self, name: &str) -> Option<PathBuf> {
        Some(self.folder.as_deref()?.join(format!("{name}{SUFFIX}")))
    }
}

/// Makes the folder, for its owner's eyes alone.
fn make(folder: &Path) -> std::io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Keeps others from putting files into their places, by the folder's own handle: nothing is left behind, and a process that dies
/// gives it back.
#[cfg(unix)]
fn lock(folder: &Path) -> std::io::Result<File> {
    let folder = File::open(folder)?;
    folder.lock()?;
    Ok(folder)
}

/// Folders have no handle to lock.
#[cfg(not(unix))]
fn lock(_: &Path) -> std::io::Result<()> {
    Ok(())
}
