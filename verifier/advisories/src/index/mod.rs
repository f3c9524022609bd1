//! The compact index: which advisories name a package, found without reading the others (`spec/advisories.md`).
//!
//! ```text
//! magic │ segment: names · packages · records │ … │ digests of the blocks before
//! ```
//! One segment a source. `names` leads from a package's key to its entry in `packages`, which holds versions and ranges;
//! what is only shown stands in `records`. Every read is held to the digests of the blocks that it touches, and their
//! table to the snapshot's manifest.

mod blocks;
mod bytes;
mod compile;
mod entry;
mod file;
mod groups;
mod names;
mod part;
mod read;
mod records;
mod spans;
mod table;
mod unread;

use std::io;

pub use blocks::{Blocks, ReadAt, Store};
pub use compile::{Compiled, Compiler};
pub(crate) use entry::{Fix, comparable};
pub use file::{Assembled, IndexWriter, MAGIC, MAX_INDEX, Placed, is_whole};
pub(crate) use file::{begins, table};
pub(crate) use groups::{Grouped, Groups};
pub use read::Index;
pub(crate) use read::{Hit, Look};

/// An index that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// Not read.
    #[error("cannot read the index")]
    Io(#[from] io::Error),
    /// Bytes that are not the ones that the manifest names.
    #[error("the index is not the one that its manifest names: {0}")]
    Digest(&'static str),
    /// Of no version that we read.
    #[error("another version of mcpsign made it")]
    Version,
    /// Bytes that we would not have written.
    #[error("the index is malformed")]
    Malformed,
    /// More than an index may have.
    #[error("the index would have more than {limit} bytes")]
    TooLarge {
        /// How many it may have.
        limit: u64,
    },
}

/// [`IndexError::Malformed`], of what has no other way to fail: nothing is made of it or given back while much is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Malformed;

impl From<Malformed> for IndexError {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

impl PartialEq for IndexError {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Io(one), Self::Io(other)) => one.kind() == other.kind(),
            (Self::Digest(one), Self::Digest(other)) => one == other,
            (Self::Malformed, Self::Malformed) | (Self::Version, Self::Version) => true,
            (Self::TooLarge { limit: one }, Self::TooLarge { limit: other }) => one == other,
            _ => false,
        }
    }
}
