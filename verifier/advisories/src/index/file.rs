//! Putting segments into one file.

use std::collections::BTreeMap;

use mcpsign_schemas::advisory::snapshot::Span;
use mcpsign_schemas::digest::Sha256Digest;

use super::blocks::table;
use super::compile::Compiled;
use super::{IndexError, Store, names};

/// What an index starts with. The last byte is the version of its layout.
pub const MAGIC: &[u8; 8] = b"mcpsadv\x02";

/// Bytes of an index at the most. The sample of 40,899 records has about 5 MiB; all that OSV has is some twenty times that.
pub const MAX_INDEX: u64 = 1 << 30;

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
