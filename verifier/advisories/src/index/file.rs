//! Putting segments into one file.

use std::collections::BTreeMap;

use mcpsign_schemas::advisory::snapshot::{SnapshotManifest, Span};
use mcpsign_schemas::digest::Sha256Digest;

use super::blocks::{body, table};
use super::compile::Compiled;
use super::{IndexError, Store, names};

/// What an index starts with. The last byte is the version of its layout.
pub const MAGIC: &[u8; 8] = b"mcpsadv\x04";

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

/// Whether the parts that a manifest names are those of its index, each byte in one of them. A manifest has no digest of its own
/// unless it is signed: one that was damaged would lead past what is there.
pub fn is_whole(manifest: &SnapshotManifest) -> bool {
    let segments = manifest.segments.values();
    let parts = segments.flat_map(|segment| [segment.names, segment.packages, segment.records]);
    let lists = manifest.enrichment.values().map(|list| list.names);
    let mut spans: Vec<(u64, u64)> = parts.chain(lists).map(|span| (span.offset, span.size)).collect();
    spans.sort_unstable();
    let end = spans.into_iter().try_fold(MAGIC.len() as u64, |end, (offset, size)| {
        if offset == end { end.checked_add(size) } else { None }
    });
    let known = manifest.enrichment.keys().all(|name| LISTS.contains(&name.as_str()));
    known && end.is_some() && end == body(manifest.index.size)
}

/// Collects the parts of an index.
#[derive(Debug)]
pub struct IndexWriter(Vec<u8>);

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
        Self(MAGIC.to_vec())
    }
}

impl IndexWriter {
    /// Adds a new segment.
    ///
    /// # Errors
    /// When the index becomes too large.
    pub fn add(&mut self, segment: &Compiled) -> Result<Placed, IndexError> {
        Ok(Placed {
            names: self.push(&segment.names)?,
            packages: self.push(&segment.packages)?,
            records: self.push(&segment.records)?,
        })
    }

    /// Adds a segment of another index, as it is.
    ///
    /// # Errors
    /// When it cannot be read, or the index becomes too large.
    pub fn keep(&mut self, segment: Placed, of: &impl Store) -> Result<Placed, IndexError> {
        Ok(Placed {
            names: self.keep_part(segment.names, of)?,
            packages: self.keep_part(segment.packages, of)?,
            records: self.keep_part(segment.records, of)?,
        })
    }

    /// Adds a part of another index, as it is.
    ///
    /// # Errors
    /// As [`Self::keep`].
    pub fn keep_part(&mut self, part: Span, of: &impl Store) -> Result<Span, IndexError> {
        self.push(&of.read(part)?)
    }

    /// Adds a list of numbers by id.
    ///
    /// # Errors
    /// When the index becomes too large.
    pub fn add_list(&mut self, list: &BTreeMap<String, u64>) -> Result<Span, IndexError> {
        self.push(&names::write_map(list)?)
    }

    /// The file.
    pub fn finish(self) -> Assembled {
        let mut bytes = self.0;
        let table = table(&bytes);
        let blocks_sha256 = Sha256Digest::of(&table);
        bytes.extend(table);
        Assembled { sha256: Sha256Digest::of(&bytes), blocks_sha256, bytes }
    }

    fn push(&mut self, bytes: &[u8]) -> Result<Span, IndexError> {
        let span = Span { offset: self.0.len() as u64, size: bytes.len() as u64 };
        if span.offset + span.size > MAX_INDEX {
            return Err(IndexError::TooLarge { limit: MAX_INDEX });
        }
        self.0.extend_from_slice(bytes);
        Ok(span)
    }
}
