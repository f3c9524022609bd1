//! Where records come from: what was named, taken apart into sources with a name each.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use mcpsign_collect::http;
use mcpsign_schemas::untrusted::escape;
use url::Url;

use super::AdvisoriesError;
use super::segment::MAX_DEPTH;

/// Something that may have advisories.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// An address: of an archive, or of a folder that has `ECOSYSTEM/all.zip`.
    Url(Url),
    /// An archive, a folder of archives, or a folder of records, in whatever folders below it.
    Path(PathBuf),
}

/// One source, which becomes one segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    /// An ecosystem's, where the layout says one; else the file's or folder's.
    pub(super) name: String,
    pub(super) place: Place,
    /// Whether it is one of several archives that a layout calls by their ecosystems.
    pub(super) of_layout: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    Zip(PathBuf),
    Folder(PathBuf),
    Url(Url),
}

impl Place {
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Zip(path) | Self::Folder(path) => path.to_string_lossy().into_owned(),
            Self::Url(url) => address(url),
        }
    }
}

impl Source {
    /// Whether it may have packages of one of these ecosystems: of a layout's archives those that are called like one.
    pub(super) fn may_have(&self, ecosystems: &[String]) -> bool {
        let is_called = |asked: &String| *asked == self.name || asked.split(':').next() == Some(&self.name);
        !self.of_layout || ecosystems.is_empty() || ecosystems.iter().any(is_called)
    }

    /// The ecosystems, ascending, to which its packages have to be narrowed where these are asked for; none where all that it has
    /// is of one.
    pub(super) fn narrowed(&self, ecosystems: &[String]) -> Vec<String> {
        let is_whole = !matches!(self.place, Place::Folder(_)) && ecosystems.contains(&self.name);
        let only: BTreeSet<&String> = ecosystems.iter().filter(|_| !is_whole).collect();
        only.into_iter().cloned().collect()
    }
}

impl Origin {
    /// Parses one argument.
    ///
    /// # Errors
    /// An empty one, or an address that is none.
    pub fn parse(argument: &OsStr) -> Result<Self, AdvisoriesError> {
        let text = argument.to_string_lossy();
        let lower = text.to_ascii_lowercase();
        if lower.starts_with("https://") || lower.starts_with("http://") {
            return match Url::parse(&text) {
                Ok(url) if url.username().is_empty() && url.password().is_none() => Ok(Self::Url(url)),
                _ => Err(refused("an address", "is none, or holds a name or a password")),
            };
        }
        if lower.starts_with("file://") {
            let path = Url::parse(&text).ok().and_then(|url| url.to_file_path().ok());
            return path
                .map(Self::Path)
                .ok_or_else(|| refused("an address", "is of no file on this machine"));
        }
        if argument.is_empty() {
            return Err(refused("", "an empty argument names nothing"));
        }
        Ok(Self::Path(argument.into()))
    }
}

/// The name of one archive: that of its folder where the archive itself is called as all are.
pub(super) fn name_of(path: &Path) -> Option<String> {
    let is_one_of_many = path.file_name().is_some_and(|name| name == "all.zip");
    let name = if is_one_of_many { path.parent()?.file_name()? } else { path.file_stem()? };
    Some(name.to_string_lossy().into_owned())
}

/// The sources that a path names.
pub(super) fn of_path(path: &Path) -> Result<Vec<Source>, AdvisoriesError> {
    let io = |source| match std::io::Error::kind(&source) {
        std::io::ErrorKind::NotFound => crate::read::ReadError::NotFound { path: path.into() }.into(),
        _ => AdvisoriesError::Io { path: path.into(), source },
    };
    let shown = path.to_string_lossy();
    let whole = path.canonicalize().map_err(io)?;
    let named = |path: &Path, place| match name_of(path) {
        Some(name) => Ok(Source { name, place, of_layout: false }),
        None => Err(refused(&shown, "has no name of its own")),
    };
    if !whole.is_dir() {
        return Ok(vec![named(&whole, Place::Zip(path.into()))?]);
    }
    if path.join("all.zip").is_file() {
        return Ok(vec![named(&whole.join("all.zip"), Place::Zip(path.join("all.zip")))?]);
    }
    let mut sources = Vec::new();
    let mut has_records = false;
    for entry in path.read_dir().map_err(io)? {
        let entry = entry.map_err(io)?.path();
        has_records |= is_record(&entry);
        let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if entry.join("all.zip").is_file() {
            sources.push(Source { name, place: Place::Zip(entry.join("all.zip")), of_layout: true });
        } else if entry.is_dir() && holds_records(&entry, 1) {
            sources.push(Source { name, place: Place::Folder(entry), of_layout: false });
        }
    }
    let is_layout = sources.iter().any(|source| matches!(source.place, Place::Zip(_)));
    if !is_layout {
        if sources.is_empty() && !has_records {
            return Err(refused(&shown, "holds neither archives nor records"));
        }
        return Ok(vec![named(&whole.join("all.zip"), Place::Folder(path.into()))?]);
    }
    sources.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(sources)
}

/// Whether there is one in it or below: those who keep records by name or by date have folders of folders. Links are not followed.
fn holds_records(dir: &Path, depth: usize) -> bool {
    let Ok(entries) = dir.read_dir() else { return false };
    let mut folders = Vec::new();
    for entry in entries.flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => folders.push(entry.path()),
            Ok(_) if is_record(&entry.path()) => return true,
            _ => {}
        }
    }
    depth < MAX_DEPTH && folders.iter().any(|folder| holds_records(folder, depth + 1))
}

/// By its name; what it holds is another question.
pub(super) fn is_record(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "json") && path.is_file()
}

/// An address without what may be secret.
pub(super) fn address(url: &Url) -> String {
    escape(&http::shown(url))
}

pub(super) fn refused(source: &str, reason: &str) -> AdvisoriesError {
    AdvisoriesError::Source { source_name: source.to_owned(), reason: reason.to_owned(), local: true }
}
