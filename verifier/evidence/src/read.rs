//! Bounded reading of files that somebody named.
//!
//! Only regular files are read: a FIFO would block, a device may act on being opened or never end.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use mcpsign_schemas::untrusted::escape;

/// A file that was not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There is nothing of that name.
    #[error("`{}` does not exist", shown(.path))]
    NotFound {
        /// As named.
        path: PathBuf,
    },
    /// There is something of that name, and it is no regular file.
    #[error("`{}` is {kind}, not a file", shown(.path))]
    NotAFile {
        /// As named.
        path: PathBuf,
        /// "a directory", "a FIFO", …
        kind: &'static str,
    },
    /// More bytes than are read of such a file.
    #[error("`{}` has more than the {limit} bytes that are read of such a file", shown(.path))]
    TooLarge {
        /// As named.
        path: PathBuf,
        /// In bytes.
        limit: usize,
    },
    /// The system refused.
    #[error("cannot read `{}`", shown(.path))]
    Io {
        /// As named.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Reads the regular file at `path`, `limit` bytes at the most. Its size is looked at first, so that a file over
/// the limit costs nothing; what grows while it is read stops at the limit too.
///
/// # Errors
/// See [`ReadError`].
pub fn file(path: &Path, limit: usize) -> Result<Vec<u8>, ReadError> {
    let io = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => ReadError::NotFound { path: path.into() },
        _ => ReadError::Io { path: path.into(), source },
    };
    // Asked before opening, which is an action of its own on a device; asked again of what was opened.
    regular(path, &path.metadata().map_err(io)?)?;
    let mut file = open(path).map_err(io)?;
    let metadata = file.metadata().map_err(io)?;
    regular(path, &metadata)?;
    let too_large = || ReadError::TooLarge { path: path.into(), limit };
    let size = usize::try_from(metadata.len()).unwrap_or(usize::MAX);
    if size > limit {
        return Err(too_large());
    }
    bounded(&mut file, size, limit).map_err(io)?.ok_or_else(too_large)
}

/// Reads standard input to its end, `limit` bytes at the most.
///
/// # Errors
/// [`ReadError::TooLarge`] and [`ReadError::Io`], naming `-`.
pub fn stdin(limit: usize) -> Result<Vec<u8>, ReadError> {
    let path = || PathBuf::from("-");
    bounded(&mut io::stdin().lock(), 0, limit)
        .map_err(|source| ReadError::Io { path: path(), source })?
        .ok_or_else(|| ReadError::TooLarge { path: path(), limit })
}

/// `None`: there was more than `limit`.
fn bounded(from: &mut impl Read, expected: usize, limit: usize) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::with_capacity(expected);
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    from.take(most).read_to_end(&mut bytes)?;
    Ok((bytes.len() <= limit).then_some(bytes))
}

/// Opens a file for reading; neither a FIFO nor a terminal in its place makes us wait or is taken over.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt as _;
        let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
        options.custom_flags(flags.bits().cast_signed());
    }
    options.open(path)
}

fn regular(path: &Path, metadata: &std::fs::Metadata) -> Result<(), ReadError> {
    if metadata.is_file() {
        return Ok(());
    }
    Err(ReadError::NotAFile { path: path.into(), kind: kind(metadata.file_type()) })
}

fn kind(file_type: std::fs::FileType) -> &'static str {
    if file_type.is_dir() {
        return "a directory";
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        if file_type.is_fifo() {
            return "a FIFO";
        }
        if file_type.is_char_device() || file_type.is_block_device() {
            return "a device";
        }
        if file_type.is_socket() {
            return "a socket";
        }
    }
    "something else"
}

fn shown(path: &Path) -> String {
    escape(&path.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_up_to_the_limit_and_not_beyond() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        std::fs::write(&path, b"12345").unwrap();
        assert_eq!(file(&path, 5).unwrap(), b"12345");
        assert!(matches!(file(&path, 4), Err(ReadError::TooLarge { limit: 4, .. })));
    }

    #[test]
    fn what_lies_about_its_size_stops_at_the_limit() {
        let endless = &mut io::repeat(0);
        assert!(bounded(endless, 0, 1000).unwrap().is_none());
    }

    #[test]
    fn a_huge_sparse_file_costs_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("huge");
        File::create(&path).unwrap().set_len(1 << 40).unwrap();
        assert!(matches!(file(&path, 1 << 20), Err(ReadError::TooLarge { .. })));
    }

    #[test]
    #[cfg(unix)]
    fn neither_directories_nor_fifos_nor_devices_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let fifo = dir.path().join("fifo");
        rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0)
            .unwrap();
        for (path, expected) in
            [(dir.path(), "a directory"), (&*fifo, "a FIFO"), (Path::new("/dev/zero"), "a device")]
        {
            let error = file(path, 10).unwrap_err();
            assert!(matches!(error, ReadError::NotAFile { kind, .. } if kind == expected), "{error}");
        }
        let missing = file(&dir.path().join("none"), 10).unwrap_err();
        assert!(matches!(missing, ReadError::NotFound { .. }));
    }
}
