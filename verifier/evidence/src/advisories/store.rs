//! The snapshot of this machine, opened.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use mcpsign_advisories::index::{Blocks, Index, IndexError, MAX_INDEX, ReadAt, is_whole};
use mcpsign_advisories::snapshot::{self, WholeSnapshot, dated};
use mcpsign_schemas::advisory::snapshot::{SCHEMA, SnapshotManifest};
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_verifier::{SignedFile, TrustedKey};

use super::{AdvisoriesError, signature};
use crate::read::{self, ReadError};

/// The manifest's name in the folder.
pub(super) const MANIFEST: &str = "manifest.json";
/// Bytes of a manifest at the most: some 600 for each of OSV's 40 ecosystems, and room for folders of one's own.
pub(super) const MAX_MANIFEST: usize = 4 << 20;

/// What a snapshot is held to, besides its own digests.
#[derive(Debug, Clone, Copy, Default)]
pub struct Demands<'k> {
    /// How old it may be, in days.
    pub max_age: Option<u32>,
    /// Whose signature it must have.
    pub key: Option<&'k TrustedKey>,
}

/// A snapshot whose parts are read, and held to its digests, when they are asked for.
pub type Snapshot = snapshot::Snapshot<Blocks<Source>>;

/// The file with the advisories.
#[derive(Debug)]
pub struct Source(File);

impl ReadAt for Source {
    #[cfg(unix)]
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(&self.0, buffer, offset)
    }

    #[cfg(windows)]
    fn read_exact_at(&self, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
        while !buffer.is_empty() {
            match std::os::windows::fs::FileExt::seek_read(&self.0, buffer, offset)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read => {
                    buffer = buffer.get_mut(read..).unwrap_or_default();
                    offset += read as u64;
                }
            }
        }
        Ok(())
    }
}

/// Where snapshots are kept unless somebody says otherwise (XDG Base Directory).
pub fn default_dir() -> Option<PathBuf> {
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let data = absolute("XDG_DATA_HOME").or_else(|| Some(absolute("HOME")?.join(".local/share")));
    Some(data?.join("mcpsign/advisories"))
}

/// Opens the snapshot in `dir`.
///
/// # Errors
/// When there is none, it is damaged or foreign, made after `now`, or does not meet the demands.
pub fn open(dir: &Path, demands: Demands<'_>, now: Timestamp) -> Result<Snapshot, AdvisoriesError> {
    let (manifest, digest) = demanded(dir, demands, now)?;
    let blocks = blocks(dir, &manifest)?;
    let index = Index::open(&manifest, blocks).map_err(|error| damaged(dir, &error))?;
    Ok(Snapshot { manifest, digest, index, signed: demands.key.is_some() })
}

/// Reads the snapshot in `dir` whole, for whoever may not read files.
///
/// # Errors
/// As [`open`].
pub fn read(dir: &Path, demands: Demands<'_>, now: Timestamp) -> Result<WholeSnapshot, AdvisoriesError> {
    let (manifest, digest) = demanded(dir, demands, now)?;
    let (file, size) = index(dir, &manifest)?;
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
    let path = || dir.join(&manifest.index.name);
    // One byte more than it may have, so that a file that grows is another one.
    io::Read::read_to_end(&mut io::Read::take(file, size + 1), &mut bytes)
        .map_err(|source| AdvisoriesError::Io { path: path(), source })?;
    WholeSnapshot::open(manifest, digest, bytes, demands.key.is_some()).map_err(|error| damaged(dir, &error))
}

/// Who says to have signed the manifest in `dir` that has this digest, for whoever verifies that; `None` where nobody does.
///
/// # Errors
/// When the signature's file is there, and cannot be read.
pub fn signature(dir: &Path, manifest: Sha256Digest) -> Result<Option<SignedFile>, AdvisoriesError> {
    signature::lines(dir, manifest)
}

/// The manifest in `dir` and the digest of its bytes, if it meets the demands.
fn demanded(
    dir: &Path,
    demands: Demands<'_>,
    now: Timestamp,
) -> Result<(SnapshotManifest, Sha256Digest), AdvisoriesError> {
    let (manifest, bytes) = manifest(dir)?;
    dated(manifest.updated, demands.max_age, now)?;
    if let Some(key) = demands.key {
        signature::verify(dir, &bytes, key, now)?;
    }
    Ok((manifest, Sha256Digest::of(&bytes)))
}

/// The manifest of a snapshot, and its bytes.
pub(super) fn manifest(dir: &Path) -> Result<(SnapshotManifest, Vec<u8>), AdvisoriesError> {
    let bytes = read::file(&dir.join(MANIFEST), MAX_MANIFEST).map_err(|error| match error {
        ReadError::NotFound { .. } => AdvisoriesError::Missing { dir: dir.into() },
        other => other.into(),
    })?;
    let refused = |reason: String| AdvisoriesError::Damaged { dir: dir.into(), reason };
    let manifest: SnapshotManifest =
        serde_json::from_slice(&bytes).map_err(|error| refused(format!("its manifest is none: {error}")))?;
    if manifest.schema != SCHEMA {
        return Err(AdvisoriesError::Version { dir: dir.into() });
    }
    // A name, and no path out of the folder.
    if !is_index_name(&manifest.index.name) || manifest.segments.is_empty() {
        return Err(refused("its manifest names no index".into()));
    }
    if !is_whole(&manifest) {
        return Err(refused("its manifest names other parts than its index has".into()));
    }
    Ok((manifest, bytes))
}

/// The file that a manifest names, held to the manifest.
pub(super) fn blocks(dir: &Path, manifest: &SnapshotManifest) -> Result<Blocks<Source>, AdvisoriesError> {
    let (file, _) = index(dir, manifest)?;
    Blocks::open(Source(file), manifest).map_err(|error| damaged(dir, &error))
}

/// The file that a manifest names, of the size that it names.
fn index(dir: &Path, manifest: &SnapshotManifest) -> Result<(File, u64), AdvisoriesError> {
    let refused = |reason: &str| AdvisoriesError::Damaged { dir: dir.into(), reason: reason.into() };
    let path = dir.join(&manifest.index.name);
    let file = read::open(&path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => refused("its index is gone"),
        _ => AdvisoriesError::Io { path: path.clone(), source },
    })?;
    let metadata = file.metadata().map_err(|source| AdvisoriesError::Io { path, source })?;
    let size = manifest.index.size;
    if !metadata.is_file() || metadata.len() != size || size > MAX_INDEX {
        return Err(refused("its index has another size than the manifest says"));
    }
    Ok((file, size))
}

/// What an index is like that cannot be used.
fn damaged(dir: &Path, error: &IndexError) -> AdvisoriesError {
    if *error == IndexError::Version {
        return AdvisoriesError::Version { dir: dir.into() };
    }
    AdvisoriesError::Damaged { dir: dir.into(), reason: error.to_string() }
}

/// What updates call an index.
pub(super) fn index_name(digest: Sha256Digest) -> String {
    format!("index-{}.bin", digest.to_string().get(..16).unwrap_or_default())
}

pub(super) fn is_index_name(name: &str) -> bool {
    let hex = name.strip_prefix("index-").and_then(|rest| rest.strip_suffix(".bin"));
    hex.is_some_and(|hex| hex.len() == 16 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}
