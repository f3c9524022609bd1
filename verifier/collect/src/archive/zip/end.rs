//! The end records: where the directory lies, how many entries it has, and that nothing follows.

use std::fs::File;
use std::ops::Range;

use super::ZipError;
use super::raw::Record;
use crate::archive::ArchiveError;

/// Bytes of the end record without comment.
const END: u64 = 22;
/// Bytes of the ZIP64 locator.
const LOCATOR: u64 = 20;
/// Bytes of the ZIP64 end record of version 1.
const END64: u64 = 56;

/// What the end records say, all of them agreeing.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct End {
    /// Bytes of the directory, from the start of the file.
    pub(super) directory: Range<u64>,
    pub(super) entries: u64,
}

/// Reads the end records of the archive that ends at `archive_end`, where the file ends or a signature frame of
/// `frame` bytes starts. `found` is the end of the archive that was found from the end of the file, with its comment.
pub(super) fn read(file: &File, archive_end: u64, frame: u64, found: u64) -> Result<End, ArchiveError> {
    let at = archive_end.checked_sub(END).ok_or(ZipError::TrailingData)?;
    let end = Record::<{ END as usize }>::at(file, at).map_err(ArchiveError::Damaged)?;
    if !end.starts_with(b"PK\x05\x06") {
        // There is one somewhere: after it comes a comment, or something else.
        let is_comment = found == archive_end;
        return Err(if is_comment { ZipError::Comment } else { ZipError::TrailingData }.into());
    }
    match u64::from(end.u16(20)) {
        0 => {}
        // Newer versions of `mcpb sign` make the frame a comment.
        comment if comment == frame => {}
        _ => return Err(ZipError::Comment.into()),
    }
    if end.u16(4) != 0 || end.u16(6) != 0 {
        return Err(ZipError::MultiDisk.into());
    }
    let refused = |what| ArchiveError::from(ZipError::End { what });
    if end.u16(8) != end.u16(10) {
        return Err(ZipError::MultiDisk.into());
    }
    let short = (end.u16(10), end.u32(12), end.u32(16));
    let is_full = short.0 == u16::MAX || short.1 == u32::MAX || short.2 == u32::MAX;
    let long = zip64(file, at)?;
    let (entries, size, offset, tail) = match long {
        // Some readers look for the longer record always, others only where the short one is full.
        Some(_) if !is_full => return Err(refused("a ZIP64 record without need")),
        None if is_full => return Err(refused("no ZIP64 record")),
        Some(long) => {
            let differs = (short.0 != u16::MAX && u64::from(short.0) != long.entries)
                || (short.1 != u32::MAX && u64::from(short.1) != long.size)
                || (short.2 != u32::MAX && u64::from(short.2) != long.offset);
            if differs {
                return Err(refused("the ZIP64 record says otherwise"));
            }
            (long.entries, long.size, long.offset, at - LOCATOR - END64)
        }
        None => (u64::from(short.0), u64::from(short.1), u64::from(short.2), at),
    };
    match offset.checked_add(size) {
        Some(end) if end == tail => Ok(End { directory: offset..end, entries }),
        // Most readers take the directory for what lies before its end, and shift everything else.
        Some(end) if end < tail => Err(ZipError::LeadingData.into()),
        _ => Err(refused("it does not lie in the archive")),
    }
}

struct End64 {
    entries: u64,
    size: u64,
    offset: u64,
}

/// The ZIP64 records before the end record at `end`, if there are any: readers go by the locator's signature alone.
fn zip64(file: &File, end: u64) -> Result<Option<End64>, ArchiveError> {
    let refused = |what| Err(ZipError::End { what }.into());
    let Some(at) = end.checked_sub(LOCATOR) else { return Ok(None) };
    let locator = Record::<{ LOCATOR as usize }>::at(file, at).map_err(ArchiveError::Damaged)?;
    if !locator.starts_with(b"PK\x06\x07") {
        return Ok(None);
    }
    if locator.u32(4) != 0 || locator.u32(16) != 1 {
        return Err(ZipError::MultiDisk.into());
    }
    if at.checked_sub(END64) != Some(locator.u64(8)) {
        return refused("the ZIP64 record does not lie before its locator");
    }
    let record = Record::<{ END64 as usize }>::at(file, locator.u64(8)).map_err(ArchiveError::Damaged)?;
    if !record.starts_with(b"PK\x06\x06") || record.u64(4) != END64 - 12 {
        return refused("no ZIP64 record of version 1");
    }
    if record.u32(16) != 0 || record.u32(20) != 0 || record.u64(24) != record.u64(32) {
        return Err(ZipError::MultiDisk.into());
    }
    Ok(Some(End64 { entries: record.u64(32), size: record.u64(40), offset: record.u64(48) }))
}
