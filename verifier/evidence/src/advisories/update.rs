//! From what was named to a snapshot: only what changed is compiled, and the snapshot of before stays until the new one is
//! whole.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use mcpsign_advisories::index::{Assembled, Blocks, Compiled, Compiler, IndexWriter, Placed};
use mcpsign_schemas::advisory::snapshot::{Enrichment, IndexFile, SCHEMA, Segment, SnapshotManifest};
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_verifier::TrustedKey;
use sha2::{Digest as _, Sha256};

use super::source::{self, Origin, Place, Source, refused};
use super::{AdvisoriesError, fetch, lists, signature, store, zip};

/// Bytes of an archive at the most: npm's has some 300 MB.
pub(super) const MAX_ARCHIVE: usize = 2 << 30;
/// Bytes of one record in a folder at the most; see `zip`.
const MAX_RECORD: usize = 16 << 20;
/// Folders in folders of records at the most.
const MAX_DEPTH: usize = 8;

/// What is to be updated.
#[derive(Debug)]
pub struct Request<'r> {
    /// Where the snapshot is kept.
    pub dir: &'r Path,
    /// Where the records come from.
    pub from: &'r [Origin],
    /// Which ecosystems of a layout; empty for all.
    pub ecosystems: &'r [String],
    /// Files of roots beside the system's, for addresses.
    pub ca: &'r [PathBuf],
    /// CISA's catalogue.
    pub kev: Option<&'r Path>,
    /// FIRST's probabilities.
    pub epss: Option<&'r Path>,
    /// Take a source even if less is in it than before.
    pub force: bool,
    /// What makes the snapshot, with its version.
    pub tool: &'r str,
    /// The time.
    pub now: Timestamp,
}

/// What came of one source.
#[derive(Debug, Clone, PartialEq)]
pub struct Updated {
    /// Its name.
    pub name: String,
    /// Whether it is another one than before.
    pub changed: bool,
    /// Some of the records that were not understood, with the reason.
    pub unparsed: Vec<String>,
}

/// Signs a manifest: gives the bundle's line, or why there is none.
pub type Sign<'s> = dyn FnMut(&[u8]) -> Result<(Vec<u8>, TrustedKey), String> + 's;

/// Makes or renews the snapshot, and gives its manifest and what came of each source.
///
/// # Errors
/// Whatever keeps a source from being read whole. The snapshot of before is then as it was.
pub fn update(
    request: &Request<'_>,
    sign: Option<&mut Sign<'_>>,
) -> Result<(SnapshotManifest, Vec<Updated>), AdvisoriesError> {
    let dir = request.dir;
    let io = |source| AdvisoriesError::Io { path: dir.into(), source };
    std::fs::create_dir_all(dir).map_err(io)?;
    let _lock = lock(dir)?;
    let before = before(dir)?;
    let sources = sources(request)?;
    let mut updated = Vec::new();
    let mut writer = IndexWriter::default();
    let mut segments = BTreeMap::new();
    for source in sources {
        let old = before.as_ref().and_then(|before| before.manifest.segments.get(&source.name));
        let read = read(&source, old, request)?;
        let (segment, unparsed) = match read {
            Read::Unchanged => (None, Vec::new()),
            Read::New(new) => {
                judge(&source, old, &new.compiled, request)?;
                let placed = writer.add(&new.compiled)?;
                (Some(segment(&source, &new, placed)), new.compiled.unparsed)
            }
        };
        updated.push(Updated { name: source.name.clone(), changed: segment.is_some(), unparsed });
        if let Some(segment) = segment {
            segments.insert(source.name, segment);
        }
    }
    let mut enrichment = BTreeMap::new();
    type Load = fn(&Path) -> Result<lists::List, AdvisoriesError>;
    let loads: [(&str, Option<&Path>, Load); 2] =
        [("kev", request.kev, lists::kev), ("epss", request.epss, lists::epss)];
    for (name, path, load) in loads {
        let Some(path) = path else { continue };
        let list = load(path)?;
        enrichment.insert(
            name.to_owned(),
            Enrichment {
                source: path.to_string_lossy().into_owned(),
                sha256: Sha256Digest::of(&list.bytes),
                entries: list.numbers.len() as u64,
                names: writer.add_list(&list.numbers)?,
            },
        );
    }
    // What is not new is taken over as it stands.
    if let Some(before) = &before {
        for (name, segment) in &before.manifest.segments {
            if !segments.contains_key(name) {
                let kept =
                    Placed { names: segment.names, packages: segment.packages, records: segment.records };
                let kept = writer.keep(kept, &before.blocks).map_err(|error| store::damaged(dir, &error))?;
                let mut segment = segment.clone();
                (segment.names, segment.packages, segment.records) =
                    (kept.names, kept.packages, kept.records);
                segments.insert(name.clone(), segment);
            }
        }
        for (name, list) in &before.manifest.enrichment {
            if !enrichment.contains_key(name) {
                let names = writer.keep_part(list.names, &before.blocks);
                let names = names.map_err(|error| store::damaged(dir, &error))?;
                enrichment.insert(name.clone(), Enrichment { names, ..list.clone() });
            }
        }
    }
    let index = writer.finish();
    let manifest = SnapshotManifest {
        schema: SCHEMA.into(),
        updated: whole_seconds(request.now),
        tool: request.tool.to_owned(),
        index: IndexFile {
            name: store::index_name(index.sha256),
            size: index.bytes.len() as u64,
            sha256: index.sha256,
            blocks_sha256: index.blocks_sha256,
        },
        segments,
        enrichment,
    };
    write(dir, &manifest, &index, sign, request.now)?;
    Ok((manifest, updated))
}

/// The snapshot that is there already.
struct Before {
    manifest: SnapshotManifest,
    blocks: Blocks<store::Source>,
}

fn before(dir: &Path) -> Result<Option<Before>, AdvisoriesError> {
    match store::manifest(dir) {
        Ok((manifest, _)) => Ok(Some(Before { blocks: store::blocks(dir, &manifest)?, manifest })),
        Err(AdvisoriesError::Missing { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn sources(request: &Request<'_>) -> Result<Vec<Source>, AdvisoriesError> {
    let mut sources: Vec<Source> = Vec::new();
    for origin in request.from {
        let found = match origin {
            Origin::Path(path) => source::of_path(path)?,
            Origin::Url(url) => fetch::sources(url, request)?,
        };
        let wanted =
            |source: &Source| request.ecosystems.is_empty() || request.ecosystems.contains(&source.name);
        sources.extend(found.into_iter().filter(wanted));
    }
    if let Some(missing) =
        request.ecosystems.iter().find(|name| !sources.iter().any(|source| source.name == **name))
    {
        return Err(refused(missing, "is in none of the sources"));
    }
    for (at, source) in sources.iter().enumerate() {
        if sources.iter().take(at).any(|other| other.name == source.name) {
            return Err(refused(
                &source.place.shown(),
                &format!("and another source are both called `{}`", source.name),
            ));
        }
    }
    Ok(sources)
}

/// What was read of a source.
enum Read {
    /// What was there before.
    Unchanged,
    /// Something else.
    New(Box<New>),
}

struct New {
    sha256: Sha256Digest,
    etag: Option<String>,
    compiled: Compiled,
}

fn read(source: &Source, old: Option<&Segment>, request: &Request<'_>) -> Result<Read, AdvisoriesError> {
    match &source.place {
        Place::Zip(path) => {
            let bytes = crate::read::file(path, MAX_ARCHIVE)?;
            archive(source, &bytes, None, old, request.now)
        }
        Place::Folder(path) => folder(source, path, old, request.now),
        Place::Url(url) => match fetch::archive(url, old, request)? {
            None => Ok(Read::Unchanged),
            Some(found) => archive(source, &found.bytes, found.etag, old, request.now),
        },
    }
}

fn archive(
    source: &Source,
    bytes: &[u8],
    etag: Option<String>,
    old: Option<&Segment>,
    now: Timestamp,
) -> Result<Read, AdvisoriesError> {
    let sha256 = Sha256Digest::of(bytes);
    if old.is_some_and(|old| old.sha256 == sha256) {
        return Ok(Read::Unchanged);
    }
    let mut compiler = Compiler::new(now);
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
    now: Timestamp,
) -> Result<Read, AdvisoriesError> {
    let mut files = Vec::new();
    walk(path, 0, &mut files)?;
    files.sort();
    let mut compiler = Compiler::new(now);
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
fn judge(
    source: &Source,
    old: Option<&Segment>,
    new: &Compiled,
    request: &Request<'_>,
) -> Result<(), AdvisoriesError> {
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
    // Advisories are taken back one by one; half of them at once are not.
    if counts.records < old.counts.records / 2 {
        return shrunk(format!("has {} records, and had {}", counts.records, old.counts.records));
    }
    match (old.newest, new.newest) {
        (Some(before), newest) if newest.is_none_or(|newest| newest < before) => {
            shrunk(format!("has no record as new as {before}, which it had"))
        }
        _ => Ok(()),
    }
}

fn segment(source: &Source, new: &New, placed: Placed) -> Segment {
    Segment {
        source: source.place.shown(),
        sha256: new.sha256,
        etag: new.etag.clone(),
        newest: new.compiled.newest,
        counts: new.compiled.counts,
        names: placed.names,
        packages: placed.packages,
        records: placed.records,
    }
}

/// Index and signature first, under names of their own; then the manifest in place of the old one; then what nothing refers
/// to any more goes.
fn write(
    dir: &Path,
    manifest: &SnapshotManifest,
    index: &Assembled,
    sign: Option<&mut Sign<'_>>,
    now: Timestamp,
) -> Result<(), AdvisoriesError> {
    let mut bytes = serde_json::to_vec_pretty(manifest)
        .map_err(|error| AdvisoriesError::Damaged { dir: dir.into(), reason: error.to_string() })?;
    bytes.push(b'\n');
    let signature = signature::path(dir, &bytes);
    put(dir, &dir.join(&manifest.index.name), &index.bytes)?;
    if let Some(sign) = sign {
        let refused = |reason| AdvisoriesError::Signature { reason };
        let (line, key) = sign(&bytes).map_err(refused)?;
        signature::verify_bytes(&line, &bytes, &key, now).map_err(refused)?;
        put(dir, &signature, &line)?;
    }
    put(dir, &dir.join(store::MANIFEST), &bytes)?;
    let Ok(entries) = dir.read_dir() else { return Ok(()) };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        let old = store::is_index_name(&name) && name != manifest.index.name;
        if old || (signature::is_name(&name) && path != signature) {
            // What cannot be removed now is removed next time.
            let _ = std::fs::remove_file(path);
        }
    }
    Ok(())
}

fn put(dir: &Path, path: &Path, bytes: &[u8]) -> Result<(), AdvisoriesError> {
    let io = |source| AdvisoriesError::Io { path: path.into(), source };
    let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(dir).map_err(io)?;
    file.write_all(bytes).map_err(io)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644)).map_err(io)?;
    }
    file.as_file().sync_all().map_err(io)?;
    file.persist(path).map_err(|error| io(error.error))?;
    Ok(())
}

/// One update at a time; readers need no lock.
fn lock(dir: &Path) -> Result<std::fs::File, AdvisoriesError> {
    let path = dir.join(".lock");
    let io = |source| AdvisoriesError::Io { path: path.clone(), source };
    let file =
        std::fs::OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(io)?;
    file.lock().map_err(io)?;
    Ok(file)
}

fn whole_seconds(now: Timestamp) -> Timestamp {
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}
