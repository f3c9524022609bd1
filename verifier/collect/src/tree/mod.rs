//! The walk of a directory: every entry below it, none ignored, no link followed, no path looked up twice.
//!
//! Each entry is reached from the handle of the directory that lists it, opened without following links, and
//! judged by what the handle says. Files are hashed from that handle, on all cores.

mod buffer;
mod error;
mod handle;
mod hash;
mod stamp;

use std::ffi::CString;
use std::io;
use std::os::fd::OwnedFd;

use mcpsign_schemas::inventory::KnownGap;
use mcpsign_schemas::tree::{Listing, TreeEntry, TreePath};
use mcpsign_schemas::untrusted::escape;
use rustix::fs::{AtFlags, Dir, FileType, OFlags};

pub(crate) use buffer::Buffer;
pub use error::{Refused, WalkError};
use handle::keeps_modes;
pub(crate) use handle::open_at;
pub(crate) use handle::{Snapshot, read_file, snapshot};
use hash::Hashing;
pub use stamp::Stamp;
use stamp::Stamps;

use crate::catalog::{Document, Keeper};

/// What one tree may cost.
#[derive(Debug, Clone, Copy)]
struct Budget {
    /// Directories inside each other. Each level holds a descriptor, of which a process has 1024 (256 on macOS), and
    /// a stack frame; nested `node_modules` of real installations stay below 40.
    depth: usize,
    /// Entries. The largest installations seen (a monorepo's `node_modules`) have 300,000; a listing of a million is
    /// 100 MB.
    entries: usize,
    /// Bytes of one path: Linux cannot open a longer one (`PATH_MAX`), nor can what runs from the tree.
    path: usize,
    /// Bytes of all paths together: 256 for each of a million entries.
    paths: usize,
}

const BUDGET: Budget = Budget { depth: 128, entries: 1_000_000, path: 4096, paths: 256 << 20 };

/// A directory as it was read.
#[derive(Debug)]
pub struct Walked {
    /// Every entry.
    pub listing: Listing,
    /// The files that were asked for, as they were when they were hashed.
    pub documents: Vec<Document>,
    /// Which files and folders they were.
    pub stamp: Stamp,
    /// Whether execute bits could be seen; where not, the listing has none.
    pub keeps_modes: bool,
}

/// Reads the directory behind `root`. The bytes of files that `keep` names are kept, from the read that hashes
/// them.
///
/// # Errors
/// An entry that no tree may have, one that could not be read, one that changed while it was read, more entries
/// than a tree may have: the first in the order of paths, as far as it was met.
pub(crate) fn walk(root: &OwnedFd, keep: &Keeper) -> Result<Walked, WalkError> {
    let keeps_modes = keeps_modes(root).map_err(|source| WalkError::Io { path: shown(None), source })?;
    walk_within(BUDGET, root, keep, keeps_modes)
}

/// Reads what a directory is made of that nobody signs: an installation, a root file system. Links are not followed, what is no
/// file is passed over, and what could not be read is a gap.
///
/// # Errors
/// A file that changed while it was read, more entries than a tree may have.
pub(crate) fn look(root: &OwnedFd, keep: &Keeper) -> Result<(Vec<Document>, Vec<KnownGap>), WalkError> {
    let hashing = Hashing::new(keep, false);
    let walked = rayon::in_place_scope(|scope| {
        let mut walker = Walker { left_out: Some(Vec::new()), ..Walker::of(BUDGET, &hashing, scope) };
        walker.directory(root, None, 0).map(|()| walker.left_out.unwrap_or_default())
    });
    let hashed = hashing.finish();
    let gaps = walked?;
    Ok((hashed?.documents, gaps))
}

fn walk_within(
    budget: Budget,
    root: &OwnedFd,
    keep: &Keeper,
    keeps_modes: bool,
) -> Result<Walked, WalkError> {
    let hashing = Hashing::new(keep, keeps_modes);
    let walked = rayon::in_place_scope(|scope| {
        let mut walker = Walker::of(budget, &hashing, scope);
        walker.directory(root, None, 0).map(|()| (walker.entries, walker.stamps))
    });
    let hashed = hashing.finish();
    // A refusal that the walk met comes first: it does not depend on how far the hashing got.
    let (mut entries, stamps) = walked?;
    let hashed = hashed?;
    entries.extend(hashed.entries);
    Ok(Walked {
        listing: Listing::new(entries)?,
        documents: hashed.documents,
        stamp: stamps.finish(),
        keeps_modes,
    })
}

struct Walker<'w, 'scope, 'h> {
    budget: Budget,
    hashing: &'scope Hashing<'h>,
    scope: &'w rayon::Scope<'scope>,
    /// Directories and links; files come from `hashing`.
    entries: Vec<TreeEntry>,
    stamps: Stamps,
    count: usize,
    paths: usize,
    /// What could not be read, where that is no error: nothing is signed.
    left_out: Option<Vec<KnownGap>>,
}

impl<'w, 'scope, 'h> Walker<'w, 'scope, 'h> {
    fn of(budget: Budget, hashing: &'scope Hashing<'h>, scope: &'w rayon::Scope<'scope>) -> Self {
        Self {
            budget,
            hashing,
            scope,
            entries: Vec::new(),
            stamps: Stamps::default(),
            count: 0,
            paths: 0,
            left_out: None,
        }
    }

    fn directory(&mut self, dir: &OwnedFd, at: Option<&TreePath>, depth: usize) -> Result<(), WalkError> {
        let io = |source| WalkError::Io { path: shown(at), source };
        if depth > self.budget.depth {
            return Err(WalkError::TooDeep { path: shown(at), limit: self.budget.depth });
        }
        let before = snapshot(dir).map_err(io)?;
        self.stamps.add(&shown(at), &before);
        for (name, kind) in names(dir, self.budget.entries).map_err(io)? {
            if self.hashing.failed() {
                return Ok(());
            }
            self.count += 1;
            if self.count > self.budget.entries {
                return Err(WalkError::TooMany { limit: self.budget.entries });
            }
            let read = self.entry(dir, at, &name, kind, depth);
            match (&mut self.left_out, read) {
                (Some(gaps), Err(error @ (WalkError::Io { .. } | WalkError::Tree(_)))) => {
                    gaps.push(KnownGap::unread(at.map(TreePath::to_string), escape(&error.to_string())));
                }
                (_, read) => read?,
            }
        }
        if self.left_out.is_none() && snapshot(dir).map_err(io)? != before {
            return Err(WalkError::Changed { path: shown(at) });
        }
        Ok(())
    }

    fn entry(
        &mut self,
        dir: &OwnedFd,
        parent: Option<&TreePath>,
        name: &CString,
        kind: FileType,
        depth: usize,
    ) -> Result<(), WalkError> {
        if self.left_out.is_some() && !matches!(kind, FileType::Directory | FileType::RegularFile) {
            return Ok(());
        }
        let path = self.join(parent, name)?;
        self.paths += path.as_str().len();
        if self.paths > self.budget.paths {
            return Err(WalkError::PathsTooLong { limit: self.budget.paths });
        }
        let io = |source: io::Error| WalkError::Io { path: path.to_string(), source };
        // Known before it is opened: opening a FIFO waits for its other end, opening a device may act on it. What was
        // opened decides, though: another file may have taken the name.
        let opened_as = |expected: FileType, extra: OFlags| {
            let handle = open_at(dir, name, extra).map_err(io)?;
            let opened = snapshot(&handle).map_err(io)?;
            if opened.file_type() == expected {
                Ok((handle, opened))
            } else {
                Err(WalkError::Changed { path: path.to_string() })
            }
        };
        match kind {
            FileType::Directory => {
                let (child, _) = opened_as(FileType::Directory, OFlags::DIRECTORY)?;
                self.entries.push(TreeEntry::directory(path.clone()));
                self.directory(&child, Some(&path), depth + 1)
            }
            FileType::RegularFile => {
                let (file, opened) = opened_as(FileType::RegularFile, OFlags::empty())?;
                if opened.is_set_id() && self.left_out.is_none() {
                    return Err(WalkError::Refused { path: path.to_string(), what: Refused::SetId });
                }
                self.stamps.add(path.as_str(), &opened);
                self.hashing.start(self.scope, file, opened, path);
                Ok(())
            }
            FileType::Symlink => {
                let seen =
                    rustix::fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW).map_err(|e| io(e.into()))?;
                self.stamps.add(path.as_str(), &Snapshot::of(&seen));
                let target = rustix::fs::readlinkat(dir, name, Vec::new()).map_err(|e| io(e.into()))?;
                self.entries.push(TreeEntry::symlink(path, target.as_bytes())?);
                Ok(())
            }
            other => Err(WalkError::Refused { path: path.to_string(), what: Refused::of(other) }),
        }
    }

    fn join(&self, parent: Option<&TreePath>, name: &CString) -> Result<TreePath, WalkError> {
        let name = name.as_bytes();
        let path = match parent {
            Some(parent) => [parent.as_str().as_bytes(), name].join(&b'/'),
            None => name.to_vec(),
        };
        if path.len() > self.budget.path {
            return Err(WalkError::PathTooLong { limit: self.budget.path });
        }
        TreePath::try_from(path.as_slice()).map_err(|error| WalkError::Tree(error.into()))
    }
}

/// What a directory holds, sorted by name, so that equal trees give equal errors; few more than `limit` entries.
pub(crate) fn names(dir: &OwnedFd, limit: usize) -> io::Result<Vec<(CString, FileType)>> {
    let mut names = Vec::new();
    for entry in Dir::read_from(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        if !matches!(name.to_bytes(), b"." | b"..") {
            let kind = match entry.file_type() {
                // Not every file system says.
                FileType::Unknown => {
                    let seen = rustix::fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW)?;
                    FileType::from_raw_mode(seen.st_mode)
                }
                kind => kind,
            };
            names.push((name.to_owned(), kind));
        }
        // The walker counts what it visits; one directory alone must not fill the memory before that.
        if names.len() > limit {
            break;
        }
    }
    names.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(names)
}

fn shown(path: Option<&TreePath>) -> String {
    path.map_or_else(|| ".".to_owned(), ToString::to_string)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use mcpsign_schemas::tree::EntryKind;

    use super::*;

    fn walk_with(budget: Budget, dir: &std::path::Path) -> Result<Walked, WalkError> {
        let root = OwnedFd::from(fs::File::open(dir).unwrap());
        walk_within(budget, &root, &Keeper::of(|_| false), true)
    }

    #[test]
    fn where_no_execute_bits_are_kept_none_is_listed() {
        let dir = tempfile::tempdir().unwrap();
        let run = dir.path().join("run");
        fs::write(&run, "").unwrap();
        fs::set_permissions(&run, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let root = OwnedFd::from(fs::File::open(dir.path()).unwrap());
        let listed = |keeps_modes| {
            let walked = walk_within(BUDGET, &root, &Keeper::of(|_| false), keeps_modes).unwrap();
            assert_eq!(walked.keeps_modes, keeps_modes);
            walked.listing.entries()[0].kind
        };
        assert_eq!((listed(true), listed(false)), (EntryKind::Executable, EntryKind::File));
    }

    #[test]
    fn budgets_hold() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("a/b/c")).unwrap();
        fs::write(dir.path().join("a/b/c/file"), "").unwrap();
        let enough = Budget { depth: 3, entries: 4, path: 10, paths: 19 };
        assert_eq!(walk_with(enough, dir.path()).unwrap().listing.entries().len(), 4);
        let depth = walk_with(Budget { depth: 2, ..enough }, dir.path());
        assert!(matches!(depth, Err(WalkError::TooDeep { limit: 2, path }) if path == "a/b/c"));
        let entries = walk_with(Budget { entries: 3, ..enough }, dir.path());
        assert!(matches!(entries, Err(WalkError::TooMany { limit: 3 })));
        let path = walk_with(Budget { path: 9, ..enough }, dir.path());
        assert!(matches!(path, Err(WalkError::PathTooLong { limit: 9 })));
        let paths = walk_with(Budget { paths: 18, ..enough }, dir.path());
        assert!(matches!(paths, Err(WalkError::PathsTooLong { limit: 18 })));
    }

    #[test]
    fn a_pool_of_one_thread_does_not_wait_for_itself() {
        let dir = tempfile::tempdir().unwrap();
        for number in 0..300 {
            fs::write(dir.path().join(number.to_string()), number.to_string()).unwrap();
        }
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let walked = pool.install(|| walk_with(BUDGET, dir.path())).unwrap();
        assert_eq!(walked.listing, walk_with(BUDGET, dir.path()).unwrap().listing);
        assert_eq!(walked.listing.entries().len(), 300);
    }
}
