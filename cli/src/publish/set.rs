//! Several files that belong together: all appear, or none does.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use mcpsign_schemas::untrusted::escape;
use tempfile::{Builder, NamedTempFile};

use crate::failure::Failure;
use crate::write::Existing;

pub(crate) use crate::write::check;

/// A file to write.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewFile<'a> {
    /// Where it goes.
    pub(crate) path: &'a Path,
    /// What it holds.
    pub(crate) bytes: &'a [u8],
    /// Its mode, where the platform has modes.
    pub(crate) mode: u32,
    /// What to do with a file that is already there.
    pub(crate) existing: Existing,
}

/// Writes all files whole, each into a temporary one beside its place and synced, before the first gets its name: a
/// full disk or a folder that cannot be written to shows while nothing has appeared yet. Should a rename fail after
/// others succeeded, the new files are taken back; files that were replaced by then cannot be and are named.
///
/// # Errors
/// When one of them cannot be written, or exists and must be kept.
pub(crate) fn write(files: &[NewFile<'_>]) -> Result<(), Failure> {
    for file in files {
        check(file.path, file.existing)?;
    }
    let prepared = files.iter().map(prepare).collect::<Result<Vec<_>, _>>()?;

    let mut replaced: Vec<String> = Vec::new();
    let mut created: Vec<PathBuf> = Vec::new();
    for (file, temporary) in files.iter().zip(prepared) {
        let was_there = file.path.symlink_metadata().is_ok();
        let renamed = match file.existing {
            Existing::Keep => temporary.persist_noclobber(file.path),
            Existing::Replace => temporary.persist(file.path),
        };
        match renamed {
            Ok(_) if was_there => replaced.push(shown(file.path)),
            Ok(_) => created.push(file.path.to_owned()),
            Err(error) => {
                for path in created {
                    // It was made a moment ago by us; if even that fails, the message below names the folder.
                    let _ = std::fs::remove_file(path);
                }
                return Err(not_renamed(file.path, error.error, &replaced));
            }
        }
    }
    Ok(())
}

fn prepare(file: &NewFile<'_>) -> Result<NamedTempFile, Failure> {
    let mut builder = Builder::new();
    builder.prefix(".mcpsign-").suffix(".tmp");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(file.mode));
    let folder = match file.path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut temporary = builder.tempfile_in(folder).map_err(|error| cannot_write(file.path, error))?;
    temporary
        .write_all(file.bytes)
        .and_then(|()| set_mode(&temporary, file.mode))
        .and_then(|()| temporary.as_file().sync_all())
        .map_err(|error| cannot_write(file.path, error))?;
    Ok(temporary)
}

/// The mode as asked for, whatever the umask took from it.
#[cfg(unix)]
fn set_mode(file: &NamedTempFile, mode: u32) -> std::io::Result<()> {
    file.as_file().set_permissions(std::os::unix::fs::PermissionsExt::from_mode(mode))
}

#[cfg(not(unix))]
fn set_mode(_: &NamedTempFile, _: u32) -> std::io::Result<()> {
    Ok(())
}

fn cannot_write(path: &Path, error: std::io::Error) -> Failure {
    Failure::usage(format!("cannot write `{}`; nothing was written", shown(path)))
        .because(error)
        .hint("make room, or the folder writable, or name another place")
}

fn not_renamed(path: &Path, error: std::io::Error, replaced: &[String]) -> Failure {
    let exists = error.kind() == std::io::ErrorKind::AlreadyExists;
    let message = if exists {
        format!("`{}` appeared while it was being written, and was kept", shown(path))
    } else {
        format!("`{}` could not be given its name", shown(path))
    };
    let done = match replaced {
        [] => "nothing was written".to_owned(),
        files => format!("replaced before that: {}", files.join(", ")),
    };
    Failure::usage(format!("{message}; {done}")).because(error).hint("run it again")
}

fn shown(path: &Path) -> String {
    escape(&path.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn file<'a>(path: &'a Path, bytes: &'a [u8], existing: Existing) -> NewFile<'a> {
        NewFile { path, bytes, mode: 0o644, existing }
    }

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn all_or_none() {
        let dir = tempfile::tempdir().unwrap();
        let (a, b, missing) = (dir.path().join("a"), dir.path().join("b"), dir.path().join("none/c"));
        let failed = write(&[file(&a, b"1", Existing::Keep), file(&missing, b"2", Existing::Keep)]);
        assert!(failed.is_err());
        assert!(names(dir.path()).is_empty());
        fs::write(&b, "old").unwrap();
        assert!(write(&[file(&a, b"1", Existing::Keep), file(&b, b"2", Existing::Keep)]).is_err());
        assert_eq!((names(dir.path()), fs::read(&b).unwrap()), (vec!["b".into()], b"old".to_vec()));
        write(&[file(&a, b"1", Existing::Keep), file(&b, b"2", Existing::Replace)]).unwrap();
        assert_eq!((names(dir.path()), fs::read(&b).unwrap()), (vec!["a".into(), "b".into()], b"2".to_vec()));
    }

    #[test]
    fn a_rename_that_fails_takes_the_new_files_back() {
        let dir = tempfile::tempdir().unwrap();
        let a = dir.path().join("a");
        // The same place twice: the second rename finds the first file there.
        let failed = write(&[file(&a, b"1", Existing::Keep), file(&a, b"2", Existing::Keep)]);
        assert!(failed.is_err());
        assert!(names(dir.path()).is_empty());
    }

    #[test]
    #[cfg(unix)]
    fn modes_are_what_was_asked_for() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        for mode in [0o600, 0o644] {
            let path = dir.path().join(format!("{mode:o}"));
            write(&[NewFile { path: &path, bytes: b"x", mode, existing: Existing::Keep }]).unwrap();
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, mode);
        }
    }
}
