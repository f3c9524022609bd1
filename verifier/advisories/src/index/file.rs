//! Putting segments into one file.

use std::collections::BTreeMap;

use mcpsign_schemas::advisory::snapshot::{SnapshotManifest, Span};
use mcpsign_schemas::digest::Sha256Digest;

use super::compile::Compiled;
use super::part::{self, Part, ROW};
use super::{Blocks, IndexError, ReadAt, Store as _, names};

/// What an index starts with. The last byte is the version of its layout.
pub const MAGIC: &[u8; 8] = b"mcpsadv\x06";

/// Bytes of an index at the most. The sample of 40,899 records has about 5 MiB; all that OSV has is some twenty times that.
pub const MAX_INDEX: u64 = 1 << 30;

/// Lists that enrich records, by what the manifest calls them.
const LISTS: [&str; 2] = ["kev", "epss"];

/// Where the parts of a segment lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Its names.
    pub names: Span,
    /// Its packages.
    pub packages: Span,
    /// Its records.
    pub records: Span,
}

/// Holds what an index starts with to what it has to start with.
pub(crate) fn begins(bytes: &[u8]) -> Result<(), IndexError> {
    let name = MAGIC.len() - 1;
    match (bytes.get(..name) == MAGIC.get(..name), bytes.get(name) == MAGIC.get(name)) {
        (true, true) => Ok(()),
        (true, false) => Err(IndexError::Version),
        (false, _) => Err(IndexError::Digest("it begins as none does")),
    }
}

/// Whether the parts that a manifest names may be those of its index, each byte in one of them.
pub fn is_whole(manifest: &SnapshotManifest) -> bool {
    body(manifest).is_some()
}

/// The table of blocks of a whole index.
pub(crate) fn table<'b>(manifest: &SnapshotManifest, bytes: &'b [u8]) -> Result<&'b [u8], IndexError> {
    let body = body(manifest).and_then(|body| usize::try_from(body).ok());
    body.and_then(|body| bytes.get(body..)).ok_or(IndexError::Malformed)
}

/// Where the parts that a manifest names end; all that follows is the table of blocks. `None` where they are not those of an
/// index, each byte in one of them. A manifest has no digest of its own unless it is signed: one that was damaged would lead past what
/// is there, and what it no longer names would belong to the table, which has a digest.
pub(super) fn body(manifest: &SnapshotManifest) -> Option<u64> {
    let segments = manifest.segments.values();
    let parts = segments.flat_map(|segment| [segment.names, segment.packages, segment.records]);
    let lists = manifest.enrichment.values().map(|list| list.names);
    let mut spans: Vec<(u64, u64)> = parts.chain(lists).map(|span| (span.offset, span.size)).collect();
    spans.sort_unstable();
    let end = spans.into_iter().try_fold(MAGIC.len() as u64, |end, (offset, size)| {
        if offset == end { end.checked_add(size) } else { None }
    })?;
    let known = manifest.enrichment.keys().all(|name| LISTS.contains(&name.as_str()));
    let table = manifest.index.size.checked_sub(end)?;
    (known && table > 0 && table % ROW as u64 == 0).then_some(end)
}

/// Collects the parts of an index.
#[derive(Debug)]
pub struct IndexWriter {
    bytes: Vec<u8>,
    /// Where its blocks end.
    ends: Vec<u32>,
}

/// An index, whole.
#[derive(Debug)]
pub struct Assembled {
    /// The file.
    pub bytes: Vec<u8>,
    /// Of the file.
    pub sha256: Sha256Digest,
    /// Of the table at its end.
    pub blocks_sha256: Sha256Digest,
}

impl Default for IndexWriter {
    fn default() -> Self {
        Self { bytes: MAGIC.to_vec(), ends: vec![MAGIC.len() as u32] }
    }
}

impl IndexWriter {
    /// Adds a new segment.
    ///
    /// # Errors
    /// When the index becomes too large.
    pub fn add(&mut self, segment: &Compiled) -> Result<Placed, IndexError> {
        Ok(Placed {
            names: self.push(&segment.names.bytes, segment.names.ends())?,
            packages: self.push(&segment.packages.bytes, segment.packages.ends())?,
            records: self.push(&segment.records.bytes, segment.records.ends())?,
        })
    }

    /// Adds a segment of another index, as it is.
    ///
    /// # Errors
    /// When it cannot be read, or the index becomes too large.
    pub fn keep(&mut self, segment: Placed, of: &Blocks<impl ReadAt>) -> Result<Placed, IndexError> {
        let part = |part| Ok::<_, IndexError>((of.copy(part)?, of.ends(part)?));
        // All or nothing: what is damaged leaves no part of it here.
        let (names, packages, records) =
            (part(segment.names)?, part(segment.packages)?, part(segment.records)?);
        Ok(Placed {
            names: self.push(&names.0, names.1)?,
            packages: self.push(&packages.0, packages.1)?,
            records: self.push(&records.0, records.1)?,
        })
    }

    /// Adds a part of another index, as it is.
    ///
    /// # Errors
    /// As [`Self::keep`].
    pub fn keep_part(&mut self, part: Span, of: &Blocks<impl ReadAt>) -> Result<Span, IndexError> {
        self.push(&of.copy(part)?, of.ends(part)?)
    }

    /// Adds a list of numbers by id.
    ///
    /// # Errors
    /// When the index becomes too large.
    pub fn add_list(&mut self, list: &BTreeMap<String, u64>) -> Result<Span, IndexError> {
        let part = Part::whole(names::write_map(list)?);
        self.push(&part.bytes, part.ends())
    }

    /// The file.
    pub fn finish(self) -> Assembled {
        let mut bytes = self.bytes;
        let table = part::table(&bytes, &self.ends);
        let blocks_sha256 = Sha256Digest::of(&table);
        bytes.extend(table);
        Assembled { sha256: Sha256Digest::of(&bytes), blocks_sha256, bytes }
    }

    fn push(&mut self, bytes: &[u8], ends: impl IntoIterator<Item = usize>) -> Result<Span, IndexError> {
        let start = self.bytes.len();
        let span = Span { offset: start as u64, size: bytes.len() as u64 };
        let too_large = IndexError::TooLarge { limit: MAX_INDEX };
        if span.offset + span.size > MAX_INDEX {
            return Err(too_large);
        }
        let ends = ends.into_iter().map(|end| u32::try_from(start + end).ok());
        self.ends.extend(ends.collect::<Option<Vec<u32>>>().ok_or(too_large)?);
        self.bytes.extend_from_slice(bytes);
        Ok(span)
    }
}
