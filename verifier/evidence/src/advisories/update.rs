//! From what was named to a snapshot: only what changed is compiled, and the snapshot of before stays until the new one is
//! whole.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use mcpsign_advisories::index::{Assembled, IndexWriter};
use mcpsign_schemas::advisory::snapshot::{Enrichment, IndexFile, SCHEMA, Segment, SnapshotManifest};
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_verifier::TrustedKey;

use super::before::{Before, before};
use super::segment::{self, Read};
use super::source::{self, Origin, Source, refused};
use super::{AdvisoriesError, fetch, lists, signature, store};

/// What is to be updated.
#[derive(Debug)]
pub struct Request<'r> {
    /// Where the snapshot is kept.
    pub dir: &'r Path,
    /// Where the records come from.
    pub from: &'r [Origin],
    /// Which ecosystems of the sources; empty for all.
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
    /// Why what was there of it before could not be used. It is lost where it is not another one now.
    pub damaged: Option<String>,
}

/// Signs a manifest: gives the bundle's line, or why there is none.
pub type Sign<'s> = dyn FnMut(&[u8]) -> Result<(Vec<u8>, TrustedKey), String> + 's;

/// Makes or renews the snapshot, and gives its manifest and what came of each source.
///
/// # Errors
/// Whatever keeps a source from being read whole. The snapshot of before is then as it was, and where there was no folder
/// there still is none.
pub fn update(
    request: &Request<'_>,
    sign: Option<&mut Sign<'_>>,
) -> Result<(SnapshotManifest, Vec<Updated>), AdvisoriesError> {
    let dir = request.dir;
    let held = if dir.exists() { Some(lock(dir)?) } else { None };
    let before = if held.is_some() { before(dir, request.force)? } else { None };
    let (manifest, index, updated) = made(request, before.as_ref())?;
    let _lock = match held {
        Some(lock) => lock,
        None => {
            std::fs::create_dir_all(dir)
                .map_err(|source| AdvisoriesError::Io { path: dir.into(), source })?;
            let lock = lock(dir)?;
            if !matches!(store::manifest(dir), Err(AdvisoriesError::Missing { .. })) {
                // Somebody else was faster: what they made is not to be lost.
                drop(lock);
                return update(request, sign);
            }
            lock
        }
    };
    write(dir, &manifest, &index, sign, request.now)?;
    Ok((manifest, updated))
}

/// The new snapshot, not yet anywhere.
fn made(
    request: &Request<'_>,
    before: Option<&Before>,
) -> Result<(SnapshotManifest, Assembled, Vec<Updated>), AdvisoriesError> {
    let now = whole_seconds(request.now);
    let mut updated = Vec::new();
    let mut writer = IndexWriter::default();
    let mut segments = BTreeMap::new();
    let mut met = BTreeSet::new();
    for source in sources(request)? {
        let old = before.and_then(|before| before.segment(&source.name));
        let only = source.narrowed(request.ecosystems);
        let mut damaged = before.and_then(|before| before.damage(&source.name));
        let mut read = segment::read(&source, &only, old.filter(|_| damaged.is_none()), request)?;
        let mut kept = None;
        if let (Read::Unchanged, Some((before, old))) = (&read, before.zip(old)) {
            match before.keep(old, &mut writer)? {
                Ok(segment) => kept = Some(Segment { updated: Some(now), ..segment }),
                Err(reason) => {
                    damaged = Some(reason);
                    read = segment::read(&source, &only, None, request)?;
                }
            }
        }
        let changed = matches!(read, Read::New(_));
        let (segment, unparsed) = match read {
            Read::Nothing => continue,
            Read::Unchanged => (kept, Vec::new()),
            Read::New(new) => {
                segment::judge(&source, old, &new, request)?;
                let placed = writer.add(&new.compiled)?;
                (Some(segment::placed(&source, &new, placed, now)), new.compiled.unparsed)
            }
        };
        let Some(segment) = segment else { continue };
        if only.is_empty() {
            met.insert(source.name.clone());
        } else {
            met.extend(segment.ecosystems.iter().cloned());
        }
        updated.push(Updated { name: source.name.clone(), changed, unparsed, damaged });
        segments.insert(source.name, segment);
    }
    if let Some(missing) = request.ecosystems.iter().find(|name| !met.contains(*name)) {
        return Err(refused(missing, "is in none of the sources"));
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
                released: list.released,
                entries: list.numbers.len() as u64,
                names: writer.add_list(&list.numbers)?,
            },
        );
    }
    if let Some(before) = before {
        let named = (&mut segments, &mut enrichment);
        updated.extend(before.rest(named, &mut writer, request)?);
    }
    // A snapshot is as old as its oldest part: what nobody looked at again is no newer for what somebody did.
    let oldest = segments.values().filter_map(|segment| segment.updated).min().unwrap_or(now);
    let index = writer.finish();
    let manifest = SnapshotManifest {
        schema: SCHEMA.into(),
        updated: oldest,
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
    Ok((manifest, index, updated))
}

fn sources(request: &Request<'_>) -> Result<Vec<Source>, AdvisoriesError> {
    let mut sources: Vec<Source> = Vec::new();
    for origin in request.from {
        let found = match origin {
            Origin::Path(path) => source::of_path(path)?,
            Origin::Url(url) => fetch::sources(url, request)?,
        };
        sources.extend(found.into_iter().filter(|source| source.may_have(request.ecosystems)));
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
