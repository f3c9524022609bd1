//! One process at a time for a file that is read, made anew and put in its own place.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::{cannot_write, folder};
use crate::failure::Failure;

/// Held as long as it lives. Others who ask for it wait; a process that dies gives it back.
#[derive(Debug)]
pub(crate) struct Lock {
    path: PathBuf,
    /// Open, and locked.
    file: File,
}

impl Lock {
    /// Takes it for the file at `path`, in a file beside it that goes when it is given back; `waits` is told once if
    /// somebody has it.
    ///
    /// # Errors
    /// When nothing can be made there.
    pub(crate) fn take(path: &Path, waits: impl FnOnce()) -> Result<Self, Failure> {
        let failed = |error| cannot_write(path, error);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let place = folder(path).join(format!(".{name}.lock"));
        let mut waits = Some(waits);
        loop {
            let file = open(&place).map_err(failed)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    if let Some(waits) = waits.take() {
                        waits();
                    }
                    file.lock().map_err(failed)?;
                }
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
            // Whoever had it before took the file away with it: that one is nobody's any more.
            if is_there(&file, &place).map_err(failed)? {
                return Ok(Self { path: place, file });
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if cfg!(unix) {
            // What stays behind is in nobody's way, and locked anew.
            let _ = fs::remove_file(&self.path);
        }
        let _ = self.file.unlock();
    }
}

fn open(place: &Path) -> io::Result<File> {
    match place.symlink_metadata() {
        Ok(found) if !found.is_file() => return Err(io::ErrorKind::AlreadyExists.into()),
        _ => {}
    }
    OpenOptions::new().create(true).truncate(false).write(true).open(place)
}

/// Whether the file is the one that has this name now. Where names are not taken away it always is.
#[cfg(unix)]
fn is_there(file: &File, place: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    let (own, named) = (file.metadata()?, place.symlink_metadata());
    match named {
        Ok(named) => Ok((own.dev(), own.ino()) == (named.dev(), named.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(not(unix))]
fn is_there(_: &File, _: &Path) -> io::Result<bool> {
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn one_at_a_time_and_nothing_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("list.jsonl");
        fs::write(&path, "0").unwrap();
        let inside = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..20 {
                        let lock = Lock::take(&path, || {}).unwrap();
                        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                        let count: usize = fs::read_to_string(&path).unwrap().parse().unwrap();
                        fs::write(&path, (count + 1).to_string()).unwrap();
                        inside.fetch_sub(1, Ordering::SeqCst);
                        drop(lock);
                    }
                });
            }
        });
        assert_eq!(fs::read_to_string(&path).unwrap(), "160");
        if cfg!(unix) {
            assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        }
    }

    #[test]
    fn whoever_waits_says_so_and_whatever_lies_there_is_no_lock() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("list.jsonl");
        let held = Lock::take(&path, || panic!("nobody has it")).unwrap();
        let waited = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            let other = scope.spawn(|| Lock::take(&path, || waited.store(1, Ordering::SeqCst)));
            while waited.load(Ordering::SeqCst) == 0 {
                std::thread::yield_now();
            }
            drop(held);
            drop(other.join().unwrap().unwrap());
        });
        fs::create_dir(dir.path().join(".list.jsonl.lock")).unwrap();
        assert!(Lock::take(&path, || {}).is_err());
        assert!(Lock::take(&dir.path().join("missing/list.jsonl"), || {}).is_err());
    }
}
