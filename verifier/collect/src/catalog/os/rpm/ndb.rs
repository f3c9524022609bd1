//! ndb, rpm's own format (`lib/backend/ndb/rpmpkg.c`): pages of slots, and blobs that they lead to. Numbers are written
//! with the lowest byte first.

use std::collections::BTreeSet;

use super::bytes::{index, le32};
use super::{Entry, Take, wrong};
use crate::catalog::CatalogError;

/// What a database begins with.
const MAGIC: &[u8] = b"RpmP";

/// Of the format. There is one so far.
const VERSION: u32 = 0;

/// Bytes of a slot, and of the blocks that blobs are counted in.
const BLOCK: usize = 16;

/// Bytes of a page of slots. The first begins with the database's own header, in the place of two.
const PAGE: usize = 4096;
const HEADER: usize = 2 * BLOCK;

/// Bytes before and behind the header of a package in its blob.
const HEAD: usize = 16;
const TAIL: usize = 12;

/// Where a slot leads.
struct Slot {
    package: u32,
    start: usize,
    end: usize,
}

pub(super) fn is_database(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// Gives every package to `take`.
pub(super) fn each(bytes: &[u8], take: &mut Take<'_>) -> Result<(), CatalogError> {
    if le32(bytes, 4) != Some(VERSION) {
        return Err(wrong("version", "not one of ndb that is read"));
    }
    let pages = le32(bytes, 12).map(index).filter(|pages| *pages > 0);
    let slots = pages.and_then(|pages| bytes.get(HEADER..pages.checked_mul(PAGE)?));
    let slots = slots.ok_or_else(|| wrong("slots", "the file is shorter than its slots"))?;
    let mut end = HEADER + slots.len();
    let mut known = BTreeSet::new();
    for slot in in_order(slots)? {
        let at = format_args!("package {}", slot.package);
        if !known.insert(slot.package) {
            return Err(wrong(at, "two slots have it"));
        }
        if slot.start < end {
            return Err(wrong(at, "it lies over another one, or over the slots"));
        }
        check_empty(bytes.get(end..slot.start))?;
        let blob = bytes.get(slot.start..slot.end).ok_or_else(|| wrong(at, "the file ends before it"))?;
        let header = header(slot.package, blob).map_err(|what| wrong(at, what))?;
        take(Entry { number: slot.package, header, name: None })?;
        end = slot.end;
    }
    check_empty(bytes.get(end..))
}

/// The slots that are taken, as what they lead to lies in the file.
fn in_order(bytes: &[u8]) -> Result<Vec<Slot>, CatalogError> {
    let mut slots = Vec::new();
    for (number, slot) in bytes.chunks_exact(BLOCK).enumerate() {
        let (Some(package), Some(start), Some(blocks)) = (le32(slot, 4), le32(slot, 8), le32(slot, 12))
        else {
            continue;
        };
        let wrong = |what| wrong(format_args!("slot {number}"), what);
        if !slot.starts_with(b"Slot") {
            return Err(wrong("not a slot"));
        }
        match (package, start, blocks) {
            (0, 0, 0) => continue,
            (0, ..) | (_, 0, _) | (.., 0) => return Err(wrong("neither empty nor taken")),
            _ => {}
        }
        let start = index(start).checked_mul(BLOCK);
        let end = start.and_then(|start| index(blocks).checked_mul(BLOCK)?.checked_add(start));
        let (Some(start), Some(end)) = (start, end) else { return Err(wrong("it leads out of the file")) };
        slots.push(Slot { package, start, end });
    }
    slots.sort_unstable_by_key(|slot| slot.start);
    Ok(slots)
}

/// rpm empties what it does not use before it uses it: what lies there is a package that no slot leads to.
fn check_empty(bytes: Option<&[u8]>) -> Result<(), CatalogError> {
    match bytes {
        Some(bytes) if bytes.iter().all(|byte| *byte == 0) => Ok(()),
        _ => Err(wrong("blobs", "there is something that no slot leads to")),
    }
}

/// The header in the blob of a package: between the number of the package and the length, and checksum, length again and
/// padding before it.
fn header(package: u32, blob: &[u8]) -> Result<&[u8], &'static str> {
    let parts = || {
        let (head, rest) = blob.split_at_checked(HEAD)?;
        let (rest, tail) = rest.split_at_checked(rest.len().checked_sub(TAIL)?)?;
        let header = rest.get(..index(le32(head, 12)?))?;
        let is_padded = rest.len() - header.len() < BLOCK;
        let is_whole = head.starts_with(b"BlbS")
            && tail.ends_with(b"BlbE")
            && le32(head, 4) == Some(package)
            && le32(head, 12) == le32(tail, 4);
        (is_whole && is_padded).then_some((header, le32(tail, 0)?))
    };
    let (header, checksum) = parts().ok_or("its blob is none, or another one's")?;
    let covered = blob.get(..blob.len().saturating_sub(TAIL)).unwrap_or_default();
    if adler2::adler32_slice(covered) != checksum {
        return Err("its checksum is another one");
    }
    Ok(header)
}
