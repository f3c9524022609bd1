//! Opening without following, and noticing change.

use std::ffi::CStr;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{FileType, Mode, OFlags, RawMode, Stat};

/// What identifies the state of an open file: if two are equal, nobody wrote in between (as far as the file
/// system's clock tells).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Snapshot {
    device: u64,
    inode: u64,
    mode: RawMode,
    pub(crate) size: u64,
    modified: (i64, i64),
    /// Set by the kernel alone: also moves where a writer puts the modification time back.
    status_changed: (i64, i64),
}

impl Snapshot {
    // The fields' types differ between platforms.
    #[allow(clippy::unnecessary_cast, reason = "needed on other platforms")]
    pub(crate) fn of(stat: &Stat) -> Self {
        Self {
            device: stat.st_dev as u64,
            inode: stat.st_ino as u64,
            mode: stat.st_mode as RawMode,
            size: u64::try_from(stat.st_size).unwrap_or(0),
            modified: (stat.st_mtime as i64, stat.st_mtime_nsec as i64),
            status_changed: (stat.st_ctime as i64, stat.st_ctime_nsec as i64),
        }
    }

    pub(crate) fn file_type(&self) -> FileType {
        FileType::from_raw_mode(self.mode)
    }

    pub(crate) fn is_set_id(&self) -> bool {
        Mode::from_raw_mode(self.mode).intersects(Mode::SUID | Mode::SGID)
    }

    /// All of it, for a stamp.
    pub(super) fn numbers(&self) -> [i128; 8] {
        let ((modified, modified_ns), (changed, changed_ns)) = (self.modified, self.status_changed);
        [
            self.device.into(),
            self.inode.into(),
            self.mode.into(),
            self.size.into(),
            modified.into(),
            modified_ns.into(),
            changed.into(),
            changed_ns.into(),
        ]
    }

    /// The owner's execute bit.
    pub(crate) fn is_executable(&self) -> bool {
        Mode::from_raw_mode(self.mode).contains(Mode::XUSR)
    }
}

/// The state of an open file.
pub(crate) fn snapshot(fd: impl AsFd) -> io::Result<Snapshot> {
    Ok(Snapshot::of(&rustix::fs::fstat(fd)?))
}

/// Opens `name` in `dir` for reading; a link there is an error, a FIFO that took the file's place does not block.
pub(crate) fn open_at(dir: impl AsFd, name: &CStr, extra: OFlags) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    Ok(rustix::fs::openat(dir, name, flags | extra, Mode::empty())?)
}

/// The bytes of the regular file `name` in `dir`, links not followed; at most one more than `limit`.
pub(crate) fn read_file(dir: impl AsFd, name: &CStr, limit: usize) -> io::Result<Vec<u8>> {
    let file = open_at(dir, name, OFlags::empty())?;
    if snapshot(&file)?.file_type() != FileType::RegularFile {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    let mut bytes = Vec::new();
    File::from(file).take(limit as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
