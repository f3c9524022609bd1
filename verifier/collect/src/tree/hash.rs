//! Hashing the files of a tree on all cores.

use std::cell::RefCell;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::tree::{TreeEntry, TreePath};
use sha2::{Digest as _, Sha256};

use super::{Buffer, Snapshot, WalkError, snapshot};
use crate::catalog::{Content, Document, Keeper, Kept};

/// Bytes read at a time: fits the second-level cache of current processors, so that the digest reads what the
/// kernel has just copied from there, and large enough that system calls do not show.
const CHUNK: usize = 256 << 10;

/// Files that wait open for a core. With the directories on the way ([`super::MAX_DEPTH`]) that stays far below
/// the 256 descriptors that a process has on macOS.
const MAX_OPEN: usize = 64;

thread_local! {
    static BUFFER: RefCell<Buffer> = RefCell::new(Buffer::new(CHUNK));
}

/// Collects what the hashing of one tree yields.
pub(super) struct Hashing<'h> {
    keep: &'h Keeper,
    keeps_modes: bool,
    open: AtomicUsize,
    failed: AtomicBool,
    done: Mutex<Hashed>,
    errors: Mutex<Vec<(TreePath, WalkError)>>,
}

/// The files of one tree.
#[derive(Default)]
pub(super) struct Hashed {
    pub(super) entries: Vec<TreeEntry>,
    pub(super) documents: Vec<Document>,
}

impl<'h> Hashing<'h> {
    pub(super) fn new(keep: &'h Keeper, keeps_modes: bool) -> Self {
        Self {
            keep,
            keeps_modes,
            open: AtomicUsize::new(0),
            failed: AtomicBool::new(false),
            done: Mutex::default(),
            errors: Mutex::default(),
        }
    }

    /// Whether a file failed, so that the walk need not go on.
    pub(super) fn failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }

    /// Hashes `file` on another core, or right here where enough files wait already: waiting for the others could
    /// wait for ever on a pool of one thread.
    pub(super) fn start<'scope>(
        &'scope self,
        scope: &rayon::Scope<'scope>,
        file: OwnedFd,
        opened: Snapshot,
        path: TreePath,
    ) {
        if self.open.fetch_add(1, Ordering::Relaxed) >= MAX_OPEN {
            self.open.fetch_sub(1, Ordering::Relaxed);
            self.hash(&file, &opened, path);
            return;
        }
        scope.spawn(move |_| {
            if !self.failed() {
                self.hash(&file, &opened, path);
            }
            drop(file);
            self.open.fetch_sub(1, Ordering::Relaxed);
        });
    }

    /// Everything hashed, or the first error in the order of paths.
    pub(super) fn finish(self) -> Result<Hashed, WalkError> {
        let mut errors = self.errors.into_inner().unwrap_or_else(PoisonError::into_inner);
        errors.sort_by(|(a, _), (b, _)| a.cmp(b));
        match errors.into_iter().next() {
            Some((_, error)) => Err(error),
            None => {
                let mut done = self.done.into_inner().unwrap_or_else(PoisonError::into_inner);
                done.documents.sort_by(|a, b| a.path.cmp(&b.path));
                Ok(done)
            }
        }
    }

    fn hash(&self, file: &OwnedFd, opened: &Snapshot, path: TreePath) {
        match read(file, opened, &path, self.keep.file(&path)) {
            Ok((sha256, content)) => {
                let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(content) = content {
                    done.documents.push(Document { path: path.clone(), sha256, content });
                }
                done.entries.push(if self.keeps_modes && opened.is_executable() {
                    TreeEntry::executable(path, opened.size, sha256)
                } else {
                    TreeEntry::file(path, opened.size, sha256)
                });
            }
            Err(error) => {
                self.failed.store(true, Ordering::Relaxed);
                self.errors.lock().unwrap_or_else(PoisonError::into_inner).push((path, error));
            }
        }
    }
}

/// Reads `file` to its end, once.
fn read(
    file: &OwnedFd,
    opened: &Snapshot,
    path: &TreePath,
    mut kept: Kept<'_>,
) -> Result<(Sha256Digest, Option<Content>), WalkError> {
    let io = |source: rustix::io::Errno| WalkError::Io { path: path.to_string(), source: source.into() };
    let mut hasher = Sha256::new();
    let mut size = 0;
    BUFFER.with_borrow_mut(|buffer| {
        loop {
            let chunk = match rustix::io::read(file, buffer.bytes_mut()) {
                Ok(0) => return Ok(()),
                Ok(length) => &buffer.bytes()[..length],
                Err(rustix::io::Errno::INTR) => continue,
                Err(error) => return Err(io(error)),
            };
            hasher.update(chunk);
            size += chunk.len() as u64;
            kept.push(chunk);
            // A file that somebody appends to for ever has no end.
            if size > opened.size {
                return Err(WalkError::Changed { path: path.to_string() });
            }
        }
    })?;
    let after = snapshot(file).map_err(|source| WalkError::Io { path: path.to_string(), source })?;
    if size != opened.size || after != *opened {
        return Err(WalkError::Changed { path: path.to_string() });
    }
    Ok((Sha256Digest::from_bytes(hasher.finalize().into()), kept.finish()))
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::io::Write as _;

    use super::*;

    /// Reads a file that something happened to after it was opened and looked at.
    fn read_after(
        happens: impl FnOnce(&std::path::Path),
    ) -> Result<(Sha256Digest, Option<Content>), WalkError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        fs::write(&path, "hello\n").unwrap();
        let file = OwnedFd::from(File::open(&path).unwrap());
        let opened = snapshot(&file).unwrap();
        // Coarse clocks: a write within one tick leaves the times as they are.
        std::thread::sleep(std::time::Duration::from_millis(20));
        happens(&path);
        let path = TreePath::try_from("f").unwrap();
        read(&file, &opened, &path, Keeper::of(|_| true).file(&path))
    }

    #[test]
    fn b55_a_file_that_changes_while_it_is_read_is_refused() {
        let (sha256, content) = read_after(|_| {}).unwrap();
        assert_eq!(sha256, Sha256Digest::of(b"hello\n"));
        assert_eq!(content, Some(Content::Bytes(b"hello\n".to_vec())));
        let appended = read_after(|path| {
            fs::OpenOptions::new().append(true).open(path).unwrap().write_all(b"more").unwrap();
        });
        assert!(matches!(appended, Err(WalkError::Changed { .. })));
        let truncated = read_after(|path| fs::write(path, "x").unwrap());
        assert!(matches!(truncated, Err(WalkError::Changed { .. })));
        let rewritten = read_after(|path| fs::write(path, "HELLO\n").unwrap());
        assert!(matches!(rewritten, Err(WalkError::Changed { .. })));
        // Time put back: the kernel's own time tells.
        let hidden = read_after(|path| {
            let modified = fs::metadata(path).unwrap().modified().unwrap();
            fs::write(path, "HELLO\n").unwrap();
            File::options().write(true).open(path).unwrap().set_modified(modified).unwrap();
        });
        assert!(matches!(hidden, Err(WalkError::Changed { .. })));
        // Another file under the name: what was opened is what counts.
        let replaced = read_after(|path| {
            fs::write(path.with_extension("new"), "other").unwrap();
            fs::rename(path.with_extension("new"), path).unwrap();
        });
        assert!(
            matches!(replaced, Ok((digest, _)) if digest == sha256)
                || matches!(replaced, Err(WalkError::Changed { .. }))
        );
    }
}
