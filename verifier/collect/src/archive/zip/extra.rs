//! Extra fields of an entry: that they are well-formed, stand once, and contradict nothing.

use rawzip::extra_fields::{ExtraFieldId, ExtraFields};

/// Another name in UTF-8 (Info-ZIP).
const UNICODE_PATH: ExtraFieldId = ExtraFieldId::INFO_ZIP_UNICODE_PATH;

/// Sizes of a header as they stand in it, and those that a ZIP64 field gives in their place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sizes {
    pub(super) inflated: u64,
    pub(super) compressed: u64,
    /// Of the local header; none in a local header.
    pub(super) offset: Option<u64>,
    pub(super) zip64: Zip64,
}

/// The ZIP64 field of a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Zip64 {
    /// There is none.
    Absent,
    /// It gives what does not fit into the header.
    Needed,
    /// It gives once more what the header has. Only in local headers: CPython writes it there where it did not know the
    /// size in advance.
    Repeated,
}

/// Judges the extra fields of a header of the entry called `name`, and resolves its sizes.
pub(super) fn judge(extra: &[u8], name: &[u8], header: Sizes) -> Result<Sizes, &'static str> {
    let mut fields = ExtraFields::new(extra);
    let mut seen = Vec::new();
    let mut sizes = header;
    for (id, data) in &mut fields {
        if seen.contains(&id) {
            return Err("it stands twice");
        }
        seen.push(id);
        if id == ExtraFieldId::ZIP64 {
            sizes = zip64(data, header)?;
        } else if id == UNICODE_PATH {
            same_name(data, name)?;
        }
    }
    if !fields.remaining_bytes().is_empty() {
        return Err("malformed");
    }
    if sizes.zip64 == Zip64::Absent
        && (is_full(header.inflated) || is_full(header.compressed) || header.offset.is_some_and(is_full))
    {
        return Err("no ZIP64 field where sizes need one");
    }
    Ok(sizes)
}

const fn is_full(size: u64) -> bool {
    size == u32::MAX as u64
}

/// The field holds exactly what does not fit into the header, in this order.
fn zip64(data: &[u8], header: Sizes) -> Result<Sizes, &'static str> {
    let repeated = [header.inflated.to_le_bytes(), header.compressed.to_le_bytes()].concat();
    if header.offset.is_none() && data == repeated && !is_full(header.inflated) && !is_full(header.compressed)
    {
        return Ok(Sizes { zip64: Zip64::Repeated, ..header });
    }
    let mut data = data;
    let mut next = |size: u64| -> Result<u64, &'static str> {
        if !is_full(size) {
            return Ok(size);
        }
        let (value, rest) = data.split_first_chunk().ok_or("ZIP64 field too short")?;
        data = rest;
        Ok(u64::from_le_bytes(*value))
    };
    let sizes = Sizes {
        inflated: next(header.inflated)?,
        compressed: next(header.compressed)?,
        offset: header.offset.map(&mut next).transpose()?,
        zip64: Zip64::Needed,
    };
    // A field without need says nothing to some readers, and something to others.
    if !data.is_empty() || sizes == (Sizes { zip64: Zip64::Needed, ..header }) {
        return Err("ZIP64 field without need");
    }
    Ok(sizes)
}

/// Version 1, CRC-32 of the header's name, the name in UTF-8.
fn same_name(data: &[u8], name: &[u8]) -> Result<(), &'static str> {
    let other = data.strip_prefix(&[1]).and_then(|rest| rest.split_first_chunk());
    match other {
        Some((crc, other)) if u32::from_le_bytes(*crc) == rawzip::crc32(name) && other == name => Ok(()),
        Some(_) => Err("another name"),
        None => Err("malformed"),
    }
}
