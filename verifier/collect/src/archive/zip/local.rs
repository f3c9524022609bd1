//! What stands before and after the content of an entry, held against the directory.

use std::fs::File;
use std::os::unix::fs::FileExt as _;

use super::directory::{DESCRIPTOR, Entry};
use super::extra::{self, Sizes, Zip64};
use super::raw::Record;
use super::{ZipError, shown};
use crate::archive::ArchiveError;

/// Bytes of a local header without name and extra fields.
const HEADER: usize = 30;

/// Checks that the entries, in the order of the file, cover it from its start to the directory with no byte between
/// them, and that each local header says what the directory says.
pub(super) fn tile(file: &File, entries: &[Entry], directory: u64) -> Result<(), ArchiveError> {
    if entries.first().map_or(directory, |first| first.header) != 0 {
        return Err(ZipError::LeadingData.into());
    }
    let nexts = entries.iter().skip(1).map(|entry| entry.header).chain([directory]);
    for (entry, next) in entries.iter().zip(nexts) {
        one(file, entry, next)?;
    }
    Ok(())
}

/// Checks one entry, after which the next one, or the directory, starts at `next`.
fn one(file: &File, entry: &Entry, next: u64) -> Result<(), ArchiveError> {
    let differs = |what| ArchiveError::from(ZipError::Mismatch { name: shown(&entry.name), what });
    let header = Record::<HEADER>::at(file, entry.header).map_err(ArchiveError::Damaged)?;
    if !header.starts_with(b"PK\x03\x04") {
        return Err(ZipError::Tiling { offset: entry.header }.into());
    }
    let (name_length, extra_length) = (usize::from(header.u16(26)), usize::from(header.u16(28)));
    let mut variable = vec![0; name_length + extra_length];
    file.read_exact_at(&mut variable, entry.header + HEADER as u64).map_err(ArchiveError::Damaged)?;
    let (name, extra) = variable.split_at(name_length);
    if name != entry.name {
        return Err(differs("the name"));
    }
    if header.u16(6) != entry.flags {
        return Err(differs("flags"));
    }
    if header.u16(8) != entry.method {
        return Err(differs("the method"));
    }
    let sizes = Sizes {
        inflated: u64::from(header.u32(22)),
        compressed: u64::from(header.u32(18)),
        offset: None,
        zip64: Zip64::Absent,
    };
    let sizes = extra::judge(extra, name, sizes)
        .map_err(|what| ZipError::Extra { name: shown(&entry.name), what })?;
    let follows = entry.flags & DESCRIPTOR != 0;
    // Zero where the descriptor has it.
    let agrees = |stated: u64, expected: u64| stated == expected || (follows && stated == 0);
    if !agrees(header.u32(14).into(), entry.crc.into()) {
        return Err(differs("the checksum"));
    }
    if !agrees(sizes.compressed, entry.compressed) || !agrees(sizes.inflated, entry.inflated) {
        return Err(differs("sizes"));
    }
    let start = entry.header + (HEADER + variable.len()) as u64;
    let tiling = ZipError::Tiling { offset: next.min(start.saturating_add(entry.compressed)) };
    let Some(end) = start.checked_add(entry.compressed).filter(|end| *end <= next) else {
        return Err(tiling.into());
    };
    if follows {
        descriptor(file, entry, end..next, sizes.zip64)
    } else if end == next {
        Ok(())
    } else {
        Err(tiling.into())
    }
}

/// Checks the data descriptor that takes up `range`.
fn descriptor(
    file: &File,
    entry: &Entry,
    range: std::ops::Range<u64>,
    zip64: Zip64,
) -> Result<(), ArchiveError> {
    let refused = |what| Err(ZipError::Descriptor { name: shown(&entry.name), what }.into());
    // Readers that go through the file from its start find the end of deflated content by itself, of stored content by
    // what looks like a descriptor.
    if entry.method == 0 && entry.compressed != 0 {
        return refused("of stored content");
    }
    let is_zip64 = match zip64 {
        Zip64::Absent => false,
        Zip64::Needed => true,
        // Its sizes have four bytes to some readers, eight to others.
        Zip64::Repeated => return refused("of a length that cannot be told"),
    };
    let expected = if is_zip64 { 24 } else { 16 };
    if range.end - range.start != expected {
        return refused("of another length");
    }
    let (crc, compressed, inflated) = if is_zip64 {
        let record = Record::<24>::at(file, range.start).map_err(ArchiveError::Damaged)?;
        if !record.starts_with(b"PK\x07\x08") {
            return refused("without signature");
        }
        (record.u32(4), record.u64(8), record.u64(16))
    } else {
        let record = Record::<16>::at(file, range.start).map_err(ArchiveError::Damaged)?;
        if !record.starts_with(b"PK\x07\x08") {
            return refused("without signature");
        }
        (record.u32(4), u64::from(record.u32(8)), u64::from(record.u32(12)))
    };
    if (crc, compressed, inflated) != (entry.crc, entry.compressed, entry.inflated) {
        return refused("other sizes or another checksum than the directory's");
    }
    Ok(())
}
