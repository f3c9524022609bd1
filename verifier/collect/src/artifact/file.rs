//! Opening what the caller names, and reading a single file in one pass.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use mcpsign_schemas::digest::{MeasuredDigests, Sha256Digest};
use mcpsign_schemas::inventory::KnownGap;
use mcpsign_schemas::tree::TreePath;
use rustix::fs::{FileType, Mode, OFlags};

use super::ArtifactError;
use crate::archive::{self, Found, HashingReader, Reading, Unpacker};
use crate::catalog::{Depth, Document, Keeper};
use crate::tree::{Refused, Snapshot, Stamp, snapshot};

/// Bytes read at a time.
const CHUNK: usize = 1 << 20;

/// A single file as read.
pub(super) struct Read {
    pub(super) found: Option<Found>,
    /// The file itself, where it is a program that says what it was built from, or an archive.
    pub(super) itself: Vec<Document>,
    /// Why none of what it holds was kept.
    pub(super) gap: Option<KnownGap>,
    /// Whether nothing was left closed.
    pub(super) is_whole: bool,
    pub(super) digests: MeasuredDigests,
    pub(super) size: u64,
    pub(super) stamp: Stamp,
}

/// Opens a file or directory for reading. Links to it are followed: the path is the user's own.
pub(super) fn open(path: &Path) -> Result<(OwnedFd, Snapshot), ArtifactError> {
    let io = |source: rustix::io::Errno| ArtifactError::of(path, source.into());
    // Looked at first: opening a device may act on it. The handle decides, though.
    let seen = Snapshot::of(&rustix::fs::stat(path).map_err(io)?);
    acceptable(path, &seen)?;
    // A FIFO that took its place meanwhile must not make us wait.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let handle = rustix::fs::open(path, flags, Mode::empty()).map_err(io)?;
    let opened = snapshot(&handle).map_err(|source| ArtifactError::of(path, source))?;
    acceptable(path, &opened)?;
    Ok((handle, opened))
}

fn acceptable(path: &Path, found: &Snapshot) -> Result<(), ArtifactError> {
    match found.file_type() {
        FileType::RegularFile | FileType::Directory => Ok(()),
        other => Err(ArtifactError::NotAnArtifact { path: path.to_owned(), what: Refused::of(other) }),
    }
}

/// What a file is read for.
pub(super) enum Purpose<'u> {
    /// What it is, and so far what lies in it.
    Look(Depth),
    /// That its package's files go through here. What is unpacked was catalogued when it was read first.
    Unpack(&'u mut Unpacker),
}

/// Reads a regular file to its end: digests, and the package that it may be, from the same bytes.
pub(super) fn read(
    path: &Path,
    name: &str,
    (handle, opened): (OwnedFd, Snapshot),
    purpose: Purpose<'_>,
) -> Result<Read, ArtifactError> {
    let io = |source| ArtifactError::of(path, source);
    let changed = || ArtifactError::Changed { path: path.to_owned() };
    let mut reader = HashingReader::new(File::from(handle));
    let (keeper, alone, unpacker) = match purpose {
        Purpose::Look(depth) => {
            (Keeper::of_catalogers().to(depth), Some(Keeper::of_one_file().to(depth)), None)
        }
        Purpose::Unpack(unpacker) => (Keeper::of(|_| false), None, Some(unpacker)),
    };
    let reading = Reading { name, size: opened.size, keep: &keeper, unpacker };
    let mut found = archive::read(&mut reader, reading);
    let (file, size, digests) = reader.finish(opened.size).map_err(io)?;
    // What is no package may be an archive that holds some.
    let itself = match (&found, &alone) {
        (Ok(None), Some(alone)) => looked_into(&file, name, alone, digests.sha256).map_err(io)?,
        _ => None,
    };
    if size != opened.size || snapshot(&file).map_err(io)? != opened {
        return Err(changed());
    }
    let mut itself: Vec<Document> = itself.into_iter().collect();
    let gap = match found.as_mut() {
        Ok(Some(found)) => keeper.settle(&mut found.documents),
        _ => alone.as_ref().and_then(|alone| alone.settle(&mut itself)),
    };
    let is_whole = [Some(&keeper), alone.as_ref()].into_iter().flatten().all(Keeper::is_whole);
    // Judged last: a file that is still being written looks like a damaged archive.
    let found = found.map_err(|source| ArtifactError::Archive {
        path: path.to_owned(),
        digests: Box::new(digests),
        source,
    })?;
    Ok(Read { found, itself, gap, is_whole, digests, size, stamp: Stamp::of(&opened) })
}

/// Reads a program or an archive once more, now that its digest is known: what is read is the file's as long as nobody
/// writes to it, which the caller sees by its state before and after.
fn looked_into(
    file: &File,
    name: &str,
    keeper: &Keeper,
    sha256: Sha256Digest,
) -> std::io::Result<Option<Document>> {
    let Ok(path) = TreePath::try_from(name) else { return Ok(None) };
    let mut kept = keeper.file(&path);
    let mut buffer = vec![0; CHUNK];
    let mut offset = 0;
    loop {
        let length = match file.read_at(&mut buffer, offset) {
            Ok(length) => length,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let chunk = buffer.get(..length).unwrap_or_default();
        if chunk.is_empty() || kept.is_passed_over() {
            return Ok(kept.finish().map(|content| Document { path, sha256, content }));
        }
        kept.push(chunk);
        offset += length as u64;
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Reads a file that something happened to after it was opened and looked at.
    fn read_after(happens: impl FnOnce(&Path)) -> Result<Read, ArtifactError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("server");
        fs::write(&path, "hello\n").unwrap();
        let opened = open(&path).unwrap();
        // Coarse clocks: a write within one tick leaves the times as they are.
        std::thread::sleep(std::time::Duration::from_millis(20));
        happens(&path);
        read(&path, "server", opened, Purpose::Look(Depth::Whole))
    }

    #[test]
    fn b55_an_artifact_that_changes_while_it_is_read_is_refused() {
        assert_eq!(read_after(|_| {}).map(|read| read.size).ok(), Some(6));
        let changes: [fn(&Path); 4] = [
            |path| fs::write(path, "hello, and more\n").unwrap(),
            |path| fs::write(path, "").unwrap(),
            |path| fs::write(path, "HELLO\n").unwrap(),
            // Not finished yet: it would look like a damaged package.
            |path| fs::write(path, b"\x1f\x8b\x08").unwrap(),
        ];
        for change in changes {
            assert!(matches!(read_after(change), Err(ArtifactError::Changed { .. })));
        }
    }
}
