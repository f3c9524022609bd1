//! Writing result files: whole or not at all, and never over something that was not meant.

mod lock;

use std::io;
use std::path::{Path, PathBuf};

use mcpsign_schemas::untrusted::escape;

use crate::failure::Failure;
use crate::publish::set::{self, NewFile};

pub(crate) use self::lock::Lock;

/// What to do with a file that is already there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Existing {
    /// Leave it and fail.
    Keep,
    /// Put the new one in its place, if it is a regular file.
    Replace,
}

/// Checks, before any work is done, that `path` could be written. The answer may change until [`atomically`] asks
/// again; this is here so that nobody waits for a capture that has nowhere to go.
///
/// # Errors
/// Usage failures: the file exists, is something else than a file, or its folder is none; `-`, which elsewhere means a stream.
pub(crate) fn check(path: &Path, existing: Existing) -> Result<(), Failure> {
    if path.file_name().is_none() {
        return Err(Failure::usage(format!("`{}` does not name a file", path.display()))
            .hint("name the file to write, with its folder if it has one"));
    }
    if path.as_os_str() == "-" {
        return Err(Failure::usage("`-` is no file, and standard output is not written to here")
            .hint("name a file, `./-` if that is what it is to be called"));
    }
    match path.symlink_metadata() {
        Ok(found) if !found.is_file() => {
            return Err(Failure::usage(format!("`{}` exists and is not a regular file", path.display()))
                .hint("name a file that does not exist yet"));
        }
        Ok(_) if existing == Existing::Keep => return Err(exists(path)),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(cannot_write(path, error)),
    }
    let folder = folder(path);
    match folder.metadata() {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => Err(cannot_write(path, io::ErrorKind::NotADirectory.into())),
        Err(error) => Err(cannot_write(path, error)),
    }
}

/// The first of `inputs` that is `path`, or a folder in which it lies: to write `path` would change it.
pub(crate) fn touched<'p>(path: &Path, inputs: impl IntoIterator<Item = &'p Path>) -> Option<&'p Path> {
    let real = real(path).ok()?;
    inputs.into_iter().find(|input| input.canonicalize().is_ok_and(|input| real.starts_with(input)))
}

/// `path` as one file has it, however it is spelled.
pub(crate) fn place(path: &Path) -> PathBuf {
    real(path).unwrap_or_else(|_| path.to_owned())
}

/// The file may not be there yet, its folder is.
fn real(path: &Path) -> io::Result<PathBuf> {
    path.canonicalize().or_else(|_| {
        let folder = folder(path).canonicalize();
        folder.map(|folder| folder.join(path.file_name().unwrap_or_default()))
    })
}

/// Checks that `path` is none of the files that the same run reads.
///
/// # Errors
/// A usage failure that names the file.
pub(crate) fn spares<'p>(path: &Path, inputs: impl IntoIterator<Item = &'p Path>) -> Result<(), Failure> {
    match touched(path, inputs) {
        None => Ok(()),
        Some(input) => Err(Failure::usage(format!(
            "to write `{}` would change `{}`, which is read",
            escape(&path.to_string_lossy()),
            escape(&input.to_string_lossy()),
        ))
        .hint("name another file for what is written")),
    }
}

/// Writes `bytes` to `path` (mode 0644), whole or not at all.
///
/// # Errors
/// As [`check`], and when writing fails.
pub(crate) fn atomically(path: &Path, bytes: &[u8], existing: Existing) -> Result<(), Failure> {
    set::write(&[NewFile { path, bytes, mode: 0o644, existing }])
}

fn folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn exists(path: &Path) -> Failure {
    Failure::usage(format!("`{}` exists already", path.display()))
        .hint("name another file, or pass `--force` to replace it")
}

fn cannot_write(path: &Path, error: io::Error) -> Failure {
    Failure::usage(format!("cannot write `{}`", path.display()))
        .because(error)
        .hint("name a file in a folder that exists, has room and can be written to")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn an_existing_file_is_kept_unless_asked() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        atomically(&path, b"1", Existing::Keep).unwrap();
        let failure = atomically(&path, b"2", Existing::Keep).unwrap_err();
        assert!(failure.to_string().contains("exists already"));
        assert_eq!(fs::read(&path).unwrap(), b"1");
        atomically(&path, b"2", Existing::Replace).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"2");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing but the file is left");
    }

    #[test]
    #[cfg(unix)]
    fn written_files_are_readable_by_all_and_links_are_not_replaced() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        atomically(&path, b"1", Existing::Keep).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o644);
        let link = dir.path().join("link");
        symlink(&path, &link).unwrap();
        assert!(atomically(&link, b"2", Existing::Replace).is_err());
        assert!(atomically(Path::new("/dev/full"), b"2", Existing::Replace).is_err());
    }

    #[test]
    fn a_folder_that_is_none_is_said_before_the_work() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("file"), b"").unwrap();
        for bad in ["file/a", "missing/a", "..", ""] {
            assert!(check(&dir.path().join(bad), Existing::Keep).is_err(), "{bad}");
        }
    }
}
