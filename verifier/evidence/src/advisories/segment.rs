//! One source, read to what becomes a segment of the index, and held against what it was before.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use mcpsign_advisories::index::{Compiled, Compiler, Placed};
use mcpsign_schemas::advisory::snapshot::Segment;
use mcpsign_schemas::digest::Sha256Digest;
use sha2::{Digest as _, Sha256};

use super::source::{self, Place, Source, refused};
use super::update::Request;
use super::{AdvisoriesError, fetch, zip};

/// Bytes of an archive at the most: npm's has some 300 MB.
pub(super) const MAX_ARCHIVE: usize = 2 << 30;
/// Bytes of one record in a folder at the most; see `zip`.
const MAX_RECORD: usize = 16 << 20;
/// Folders in folders of records at the most.
pub(super) const MAX_DEPTH: usize = 8;

/// What was read of a source.
pub(super) enum Read {
    /// What was there before.
    Unchanged,
    /// Records, and none of them of the ecosystems that were asked for.
    Nothing,
    /// Something else.
    New(Box<New>),
}

/// A source that is another one than before.
pub(super) struct New {
    sha256: Sha256Digest,
    etag: Option<String>,
    pub(super) compiled: Compiled,
}

/// Reads a source: of its packages those of the ecosystems `only`, or all where there are none. `old` is what it came to before.
pub(super) fn read(
    source: &Source,
    only: &[String],
    old: Option<&Segment>,
    request: &Request<'_>,
) -> Result<Read, AdvisoriesError> {
    // What was narrowed otherwise is another segment, whatever the source.
    let old = old.filter(|old| old.ecosystems == only);
    let compiler = Compiler::new(request.now).of(only);
    let read = match &source.place {
        Place::Zip(path) => archive(source, &crate::read::file(path, MAX_ARCHIVE)?, None, old, compiler),
        Place::Folder(path) => folder(source, path, old, compiler),
        Place::Url(url) => match fetch::archive(url, old, request)? {
            None => Ok(Read::Unchanged),
            Some(found) => archive(source, &found.bytes, found.etag, old, compiler),
        },
    }?;
    Ok(match read {
        Read::New(new) if !only.is_empty() && new.lacks_ecosystems() => Read::Nothing,
        read => read,
    })
}

impl New {
    /// Whether there are records, and none of the ecosystems that were asked for.
    fn lacks_ecosystems(&self) -> bool {
        self.compiled.ecosystems.is_empty() && self.compiled.newest.is_some()
    }
}

fn archive(
    source: &Source,
    bytes: &[u8],
    etag: Option<String>,
    old: Option<&Segment>,
    mut compiler: Compiler,
) -> Result<Read, AdvisoriesError> {
    let sha256 = Sha256Digest::of(bytes);
    if old.is_some_and(|old| old.sha256 == sha256) {
        return Ok(Read::Unchanged);
    }
    zip::read(bytes, |name, record| {
        // Whatever else lies in an archive is no record that was not understood.
        if name.ends_with(".json") {
            compiler.add(name, record);
        }
    })
    .map_err(|reason| AdvisoriesError::Source {
        source_name: source.place.shown(),
        reason,
        local: !matches!(source.place, Place::Url(_)),
    })?;
    Ok(Read::New(Box::new(New { sha256, etag, compiled: compiler.finish()? })))
}

/// A folder's digest is that of its records, each with its name, in the order of the names.
fn folder(
    source: &Source,
    path: &Path,
    old: Option<&Segment>,
    mut compiler: Compiler,
) -> Result<Read, AdvisoriesError> {
    let mut files = Vec::new();
    walk(path, 0, &mut files)?;
    files.sort();
    let mut hash = Sha256::new();
    for file in &files {
        let bytes = crate::read::file(file, MAX_RECORD)?;
        let name = file.strip_prefix(path).unwrap_or(file).to_string_lossy().into_owned();
        hash.update(format!("{name}\0{}\0", Sha256Digest::of(&bytes)));
        compiler.add(&name, &bytes);
    }
    let sha256 = Sha256Digest::from_bytes(hash.finalize().into());
    if old.is_some_and(|old| old.sha256 == sha256) {
        return Ok(Read::Unchanged);
    }
    if files.is_empty() {
        return Err(refused(&source.place.shown(), "holds no records"));
    }
    Ok(Read::New(Box::new(New { sha256, etag: None, compiled: compiler.finish()? })))
}

fn walk(dir: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), AdvisoriesError> {
    if depth > MAX_DEPTH {
        return Err(refused(&dir.to_string_lossy(), &format!("lies more than {MAX_DEPTH} folders deep")));
    }
    let io = |source| AdvisoriesError::Io { path: dir.into(), source };
    for entry in dir.read_dir().map_err(io)? {
        let entry = entry.map_err(io)?;
        // Of the entry itself: links lead anywhere.
        if entry.file_type().map_err(io)?.is_dir() {
            walk(&entry.path(), depth + 1, files)?;
        } else if source::is_record(&entry.path()) {
            files.push(entry.path());
        }
    }
    Ok(())
}

/// Refuses a source that has no advisories at all, or far fewer or only older ones than before.
pub(super) fn judge(
    source: &Source,
    old: Option<&Segment>,
    new: &New,
    request: &Request<'_>,
) -> Result<(), AdvisoriesError> {
    let New { compiled: new, .. } = new;
    let counts = new.counts;
    if counts.records + counts.withdrawn == 0 {
        let reason = match new.unparsed.first() {
            Some(first) => format!("holds no OSV record; {first}"),
            None => "holds no OSV record".into(),
        };
        return Err(refused(&source.place.shown(), &reason));
    }
    let (Some(old), false) = (old, request.force) else { return Ok(()) };
    let shrunk = |what| Err(AdvisoriesError::Shrunk { source_name: source.name.clone(), what });
    // Advisories are taken back one by one; half of them at once are not, unless fewer were asked for.
    let is_as_before = new.ecosystems.iter().eq(&old.ecosystems);
    if is_as_before && counts.records < old.counts.records / 2 {
        return shrunk(format!("has {} records, and had {}", counts.records, old.counts.records));
    }
    match (old.newest, new.newest) {
        (Some(before), newest) if newest.is_none_or(|newest| newest < before) => {
            shrunk(format!("has no record as new as {before}, which it had"))
        }
        _ => Ok(()),
    }
}

/// What a source came to.
pub(super) fn placed(source: &Source, new: &New, placed: Placed, now: Timestamp) -> Segment {
    Segment {
        source: source.place.shown(),
        sha256: new.sha256,
        updated: Some(now),
        etag: new.etag.clone(),
        newest: new.compiled.newest,
        ecosystems: new.compiled.ecosystems.iter().cloned().collect(),
        releases: new.compiled.releases.clone(),
        counts: new.compiled.counts,
        names: placed.names,
        packages: placed.packages,
        records: placed.records,
    }
}
