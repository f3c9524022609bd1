//! From what was named to a snapshot: only what changed is compiled, and the snapshot of before stays until the new one is
//! whole.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use mcpsign_advisories::index::{Assembled, Blocks, IndexWriter, Placed};
use mcpsign_schemas::advisory::snapshot::{Enrichment, IndexFile, SCHEMA, SnapshotManifest};
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_verifier::TrustedKey;

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
    let before = match held.as_ref().map(|_| before(dir)) {
        // What cannot be used is no reason against what is made anew, where nobody minds that less may be in it.
        Some(Err(AdvisoriesError::Damaged { .. } | AdvisoriesError::Index(_))) if request.force => None,
        Some(before) => before?,
        None => None,
    };
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
    let dir = request.dir;
    let now = whole_seconds(request.now);
    let mut updated = Vec::new();
    let mut writer = IndexWriter::default();
    let mut segments = BTreeMap::new();
    let (mut met, mut looked_at) = (BTreeSet::new(), BTreeSet::new());
    for source in sources(request)? {
        let old = before.and_then(|before| before.manifest.segments.get(&source.name));
        let only = source.narrowed(request.ecosystems);
        let (segment, unparsed) = match segment::read(&source, &only, old, request)? {
            Read::Nothing => continue,
            Read::Unchanged => (None, Vec::new()),
            Read::New(new) => {
                segment::judge(&source, old, &new, request)?;
                let placed = writer.add(&new.compiled)?;
                (Some(segment::placed(&source, &new, placed, now)), new.compiled.unparsed)
            }
        };
        match &segment {
            _ if only.is_empty() => met.extend([source.name.clone()]),
            Some(segment) => met.extend(segment.ecosystems.iter().cloned()),
            // What is as before had all of them.
            None => met.extend(only),
        }
        looked_at.insert(source.name.clone());
        updated.push(Updated { name: source.name.clone(), changed: segment.is_some(), unparsed });
        if let Some(segment) = segment {
            segments.insert(source.name, segment);
        }
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
                entries: list.numbers.len() as u64,
                names: writer.add_list(&list.numbers)?,
            },
        );
    }
    // What is not new is taken over as it stands.
    if let Some(before) = before {
        for (name, segment) in &before.manifest.segments {
            if !segments.contains_key(name) {
                let kept =
                    Placed { names: segment.names, packages: segment.packages, records: segment.records };
                let kept = writer.keep(kept, &before.blocks).map_err(|error| store::damaged(dir, &error))?;
                let mut segment = segment.clone();
                (segment.names, segment.packages, segment.records) =
                    (kept.names, kept.packages, kept.records);
                let last = segment.updated.unwrap_or(before.manifest.updated);
                segment.updated = Some(if looked_at.contains(name) { now } else { last });
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
