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

/// Whether the file system of `fd` keeps execute bits. FAT and exFAT keep none: what is read there comes from how they were
/// mounted, for every file alike.
#[cfg(target_os = "linux")]
pub(super) fn keeps_modes(fd: impl AsFd) -> io::Result<bool> {
    Ok(is_kept_by(rustix::fs::fstatfs(fd)?.f_type as u64))
}

/// By the number that Linux has for the kind of file system (`linux/magic.h`).
#[cfg(target_os = "linux")]
const fn is_kept_by(kind: u64) -> bool {
    const MSDOS: u64 = 0x4d44;
    const EXFAT: u64 = 0x2011_bab0;
    !matches!(kind, MSDOS | EXFAT)
}

/// Elsewhere nothing is known of kinds of file systems.
#[cfg(not(target_os = "linux"))]
pub(super) fn keeps_modes(_: impl AsFd) -> io::Result<bool> {
    Ok(true)
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

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn execute_bits_are_kept_by_file_systems_that_have_them() {
        let dir = tempfile::tempdir().unwrap();
        assert!(keeps_modes(File::open(dir.path()).unwrap()).unwrap());
        // ext4, XFS, Btrfs, tmpfs, overlayfs; FAT and exFAT.
        for (kind, kept) in [
            (0xef53, true),
            (0x5846_5342, true),
            (0x9123_683e, true),
            (0x0102_1994, true),
            (0x794c_7630, true),
            (0x4d44, false),
            (0x2011_bab0, false),
        ] {
            assert_eq!(is_kept_by(kind), kept, "{kind:x}");
        }
    }
}
