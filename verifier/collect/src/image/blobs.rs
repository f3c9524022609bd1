//! The files of a layout: opened without following links, read once, compared with what refers to them.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::CString;
use std::fs::File;
use std::io::{BufReader, Read};
use std::os::fd::OwnedFd;

use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::untrusted::escape;
use rayon::prelude::*;
use rustix::fs::{FileType, OFlags};
use rustix::io::Errno;
use sha2::{Digest as _, Sha256};

use super::descriptor::Descriptor;
use super::document::MAX_DOCUMENT;
use super::layers::{self, Layer};
use super::{INDEX, ImageError, MARK};
use crate::catalog::{Budget, Keeper};
use crate::tree::{Buffer, Snapshot, names, open_at, snapshot};

/// Bytes read at a time, as in trees.
const CHUNK: usize = 256 << 10;

/// The folder of unfinished downloads, empty once a build has ended, that BuildKit leaves.
const INGEST: &str = "ingest";

/// Files of `blobs/sha256`: twice what the largest image that is read could have.
const MAX_BLOBS: usize = 100_000;

thread_local! {
    static BUFFER: RefCell<Buffer> = RefCell::new(Buffer::new(CHUNK));
}

/// A layout's folders, and how they were when they were opened.
pub(super) struct Layout<'d> {
    root: &'d OwnedFd,
    blobs: OwnedFd,
    sha256: OwnedFd,
    before: [Snapshot; 3],
}

/// How a blob is referred to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) size: u64,
    pub(super) media_type: String,
}

impl<'d> Layout<'d> {
    pub(super) fn open(root: &'d OwnedFd) -> Result<Self, ImageError> {
        let blobs = folder(root, c"blobs", "blobs")?;
        let sha256 = folder(&blobs, c"sha256", "blobs/sha256")?;
        let state = |fd: &OwnedFd, path: &str| {
            snapshot(fd).map_err(|source| ImageError::Io { path: path.to_owned(), source })
        };
        let before = [state(root, ".")?, state(&blobs, "blobs")?, state(&sha256, "blobs/sha256")?];
        Ok(Self { root, blobs, sha256, before })
    }

    /// The bytes of a file at the root.
    pub(super) fn root_file(&self, name: &'static str) -> Result<Vec<u8>, ImageError> {
        let (file, opened) = open(self.root, name, name)?;
        if opened.size > MAX_DOCUMENT as u64 {
            return Err(ImageError::TooLarge { path: name.to_owned(), limit: MAX_DOCUMENT });
        }
        let mut bytes = Vec::new();
        stream(&file, &opened, name, |chunk| bytes.extend_from_slice(chunk))?;
        Ok(bytes)
    }

    /// The bytes of a blob that is a document.
    pub(super) fn document(&self, descriptor: &Descriptor) -> Result<Vec<u8>, ImageError> {
        if descriptor.size > MAX_DOCUMENT as u64 {
            return Err(ImageError::TooLarge { path: descriptor.path(), limit: MAX_DOCUMENT });
        }
        let mut bytes = Vec::new();
        self.blob(descriptor.digest, Some(descriptor.size), |chunk| bytes.extend_from_slice(chunk))?;
        Ok(bytes)
    }

    /// Checks the blobs that are no documents, on all cores, and that nothing else is there.
    pub(super) fn check_rest(
        &self,
        leaves: &BTreeSet<Sha256Digest>,
        known: &BTreeMap<Sha256Digest, Known>,
        layers: &BTreeSet<Sha256Digest>,
        keeper: &Keeper,
    ) -> Result<BTreeMap<Sha256Digest, Layer>, ImageError> {
        let unused = self.nothing_else(known)?.into_iter().map(|digest| (None, digest));
        let leaves = leaves.iter().filter_map(|digest| Some((Some(known.get(digest)?.size), *digest)));
        let mut work: Vec<(Option<u64>, Sha256Digest)> = leaves.chain(unused).collect();
        // The largest first: the last one to start decides when all are done.
        work.sort_by(|a, b| b.cmp(a));
        // One at a time for each core: `with_max_len` keeps rayon from handing two large ones to one core.
        let sizes = layers.iter().filter_map(|digest| known.get(digest)).map(|known| known.size);
        let budget = layers::budget(sizes.fold(0, u64::saturating_add));
        let check = |(size, digest): &(Option<u64>, Sha256Digest)| match known.get(digest) {
            Some(known) if layers.contains(digest) && !keeper.stays_closed() => {
                self.layer(*digest, known, keeper, &budget).map(|read| Some((*digest, read)))
            }
            _ => self.blob(*digest, *size, |_| {}).map(|()| None),
        };
        let results: Vec<Result<Option<_>, ImageError>> =
            work.par_iter().with_max_len(1).map(check).collect();
        let read: Vec<Option<(Sha256Digest, Layer)>> = results.into_iter().collect::<Result<_, _>>()?;
        let after = [(self.root, "."), (&self.blobs, "blobs"), (&self.sha256, "blobs/sha256")];
        for ((fd, path), before) in after.into_iter().zip(self.before) {
            let changed = || ImageError::Changed { path: path.to_owned() };
            if snapshot(fd).map_err(|_| changed())? != before {
                return Err(changed());
            }
        }
        let mut layers: BTreeMap<Sha256Digest, Layer> = read.into_iter().flatten().collect();
        if keeper.is_exhausted() || budget.is_exhausted() {
            layers.values_mut().for_each(Layer::forget);
        }
        if keeper.has_too_much_in_archives() {
            layers.values_mut().for_each(Layer::forget_archives);
        }
        Ok(layers)
    }

    /// Reads a layer to its end, what lies in it and its digest in one pass; or an error, as of any blob.
    fn layer(
        &self,
        digest: Sha256Digest,
        known: &Known,
        keeper: &Keeper,
        budget: &Budget,
    ) -> Result<Layer, ImageError> {
        let path = format!("blobs/sha256/{digest}");
        let io = |source: std::io::Error| ImageError::Io { path: path.clone(), source };
        let (file, opened) = open(&self.sha256, &digest.to_string(), &path)?;
        if opened.size != known.size {
            return Err(ImageError::Size { path, stated: known.size, found: opened.size });
        }
        let mut hashed = Hashed { file: File::from(file), hasher: Sha256::new(), total: 0, failed: None };
        let layer = layers::read(BufReader::with_capacity(CHUNK, &mut hashed), known.size, keeper, budget);
        let mut buffer = vec![0; CHUNK];
        while hashed.total <= opened.size
            && hashed.failed.is_none()
            && hashed.read(&mut buffer).map_err(io)? > 0
        {}
        if let Some(error) = hashed.failed {
            return Err(io(error));
        }
        let after = snapshot(&hashed.file).map_err(io)?;
        if hashed.total != opened.size || after != opened {
            return Err(ImageError::Changed { path });
        }
        let found = Sha256Digest::from_bytes(hashed.hasher.finalize().into());
        if found == digest { Ok(layer) } else { Err(ImageError::Digest { path, found }) }
    }

    /// Reads a blob to its end: of this digest and, where something refers to it, of the size stated there; or an error.
    fn blob(
        &self,
        digest: Sha256Digest,
        size: Option<u64>,
        mut sink: impl FnMut(&[u8]),
    ) -> Result<(), ImageError> {
        let path = format!("blobs/sha256/{digest}");
        let (file, opened) = open(&self.sha256, &digest.to_string(), &path)?;
        if let Some(stated) = size.filter(|stated| opened.size != *stated) {
            return Err(ImageError::Size { path, stated, found: opened.size });
        }
        let mut hasher = Sha256::new();
        stream(&file, &opened, &path, |chunk| {
            hasher.update(chunk);
            sink(chunk);
        })?;
        let found = Sha256Digest::from_bytes(hasher.finalize().into());
        if found == digest { Ok(()) } else { Err(ImageError::Digest { path, found }) }
    }

    /// Refuses whatever is no blob, and gives the blobs that nothing refers to: tools that change an image leave those
    /// behind, and what nobody refers to nobody unpacks.
    fn nothing_else(&self, known: &BTreeMap<Sha256Digest, Known>) -> Result<Vec<Sha256Digest>, ImageError> {
        only(self.root, "", |name| matches!(name, MARK | INDEX | "blobs" | INGEST))?;
        match folder(self.root, c"ingest", INGEST) {
            Ok(ingest) => only(&ingest, "ingest/", |_| false)?,
            Err(ImageError::Missing { .. }) => {}
            Err(_) => return Err(ImageError::Unexpected { path: INGEST.to_owned() }),
        }
        only(&self.blobs, "blobs/", |name| name == "sha256")?;
        let mut unused = Vec::new();
        only(&self.sha256, "blobs/sha256/", |name| {
            let digest = name.parse();
            unused.extend(digest.iter().filter(|digest| !known.contains_key(*digest)).copied());
            digest.is_ok()
        })?;
        Ok(unused)
    }
}

/// A file of which every byte that is handed out is hashed.
struct Hashed {
    file: File,
    hasher: Sha256,
    total: u64,
    /// An error of the file itself, which a decoder between here and the caller may have hidden.
    failed: Option<std::io::Error>,
}

impl Read for Hashed {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        match self.file.read(out) {
            Ok(length) => {
                self.hasher.update(out.get(..length).unwrap_or_default());
                self.total += length as u64;
                Ok(length)
            }
            Err(error) => {
                if error.kind() != std::io::ErrorKind::Interrupted {
                    self.failed = Some(error.kind().into());
                }
                Err(error)
            }
        }
    }
}

/// Refuses what is in the folder behind `fd` and does not belong there. `path` ends in a slash, or is empty.
fn only(fd: &OwnedFd, path: &str, mut belongs: impl FnMut(&str) -> bool) -> Result<(), ImageError> {
    let listed = names(fd, MAX_BLOBS)
        .map_err(|source| ImageError::Io { path: path.trim_end_matches('/').to_owned(), source })?;
    if listed.len() > MAX_BLOBS {
        return Err(ImageError::TooMany { limit: MAX_BLOBS, what: "blobs" });
    }
    for (name, kind) in listed {
        let shown = format!("{path}{}", escape(&name.to_string_lossy()));
        if !name.to_str().is_ok_and(&mut belongs) {
            return Err(ImageError::Unexpected { path: shown });
        }
        if !matches!(kind, FileType::RegularFile | FileType::Directory) {
            return Err(ImageError::NotAFile { path: shown });
        }
    }
    Ok(())
}

fn folder(parent: &OwnedFd, name: &std::ffi::CStr, path: &str) -> Result<OwnedFd, ImageError> {
    open_at(parent, name, OFlags::DIRECTORY).map_err(|source| refusal(path, source))
}

/// Opens a regular file, links not followed.
fn open(dir: &OwnedFd, name: &str, path: &str) -> Result<(OwnedFd, Snapshot), ImageError> {
    let not_a_file = || ImageError::NotAFile { path: path.to_owned() };
    let name = CString::new(name).map_err(|_| not_a_file())?;
    let file = open_at(dir, &name, OFlags::empty()).map_err(|source| refusal(path, source))?;
    let opened = snapshot(&file).map_err(|source| refusal(path, source))?;
    if opened.file_type() == FileType::RegularFile { Ok((file, opened)) } else { Err(not_a_file()) }
}

fn refusal(path: &str, source: std::io::Error) -> ImageError {
    let path = path.to_owned();
    match source.raw_os_error().map(Errno::from_raw_os_error) {
        Some(Errno::NOENT) => ImageError::Missing { path },
        // A link, a folder that is a file, a socket.
        Some(Errno::LOOP | Errno::MLINK | Errno::NOTDIR | Errno::NXIO) => ImageError::NotAFile { path },
        _ => ImageError::Io { path, source },
    }
}

/// Hands a file's bytes to `sink`, chunk by chunk: all that it had when it was opened, and still has.
fn stream(
    file: &OwnedFd,
    opened: &Snapshot,
    path: &str,
    mut sink: impl FnMut(&[u8]),
) -> Result<(), ImageError> {
    let io = |source: Errno| ImageError::Io { path: path.to_owned(), source: source.into() };
    let changed = || ImageError::Changed { path: path.to_owned() };
    let mut total = 0;
    BUFFER.with_borrow_mut(|buffer| {
        loop {
            let chunk = match rustix::io::read(file, buffer.bytes_mut()) {
                Ok(0) => return Ok(()),
                Ok(length) => &buffer.bytes()[..length],
                Err(Errno::INTR) => continue,
                Err(error) => return Err(io(error)),
            };
            total += chunk.len() as u64;
            if total > opened.size {
                return Err(changed());
            }
            sink(chunk);
        }
    })?;
    let after = snapshot(file).map_err(|source| ImageError::Io { path: path.to_owned(), source })?;
    if total == opened.size && after == *opened { Ok(()) } else { Err(changed()) }
}
