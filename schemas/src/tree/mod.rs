//! The listing of a directory: one document whose digest stands for the whole tree (`spec/tree.md`).
//!
//! Names, contents, execute bits and link targets are covered, so that a rename, a swap, a chmod or an extra
//! file changes the digest. No I/O: whoever walks the directory makes the entries.

mod error;
mod link;
mod listing;
mod path;

pub use self::error::{Malformed, TreeError};
pub use self::link::LinkRule;
pub use self::listing::Listing;
pub use self::path::{PathError, PathRule, TreePath, folded};

use crate::digest::Sha256Digest;

/// The media type of a subject that is a tree: its digest is [`Listing::digest`], never that of a file.
pub const TREE_MEDIA_TYPE: &str = "application/vnd.mcpsign.tree.v1";

/// What an entry is. Set-id files, devices, FIFOs and sockets have no kind: a tree that has one is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryKind {
    /// `d`: a directory, empty or not.
    Directory,
    /// `f`: a regular file.
    File,
    /// `x`: a regular file with the owner's execute bit.
    Executable,
    /// `l`: a symbolic link, not followed.
    Symlink,
}

impl EntryKind {
    /// The byte in the listing.
    pub const fn as_byte(self) -> u8 {
        match self {
            Self::Directory => b'd',
            Self::File => b'f',
            Self::Executable => b'x',
            Self::Symlink => b'l',
        }
    }

    const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            b'd' => Some(Self::Directory),
            b'f' => Some(Self::File),
            b'x' => Some(Self::Executable),
            b'l' => Some(Self::Symlink),
            _ => None,
        }
    }
}

/// One entry below the root. Made by the constructors alone, since a link's target is checked there.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TreeEntry {
    /// What it is.
    pub kind: EntryKind,
    /// Where it is, relative to the root.
    pub path: TreePath,
    /// Bytes of the content, or of a link's target; 0 for a directory.
    pub size: u64,
    /// SHA-256 of the content, or of a link's target; 32 zero bytes for a directory.
    pub sha256: Sha256Digest,
}

impl TreeEntry {
    /// A directory.
    pub const fn directory(path: TreePath) -> Self {
        Self { kind: EntryKind::Directory, path, size: 0, sha256: NO_CONTENT }
    }

    /// A regular file without the owner's execute bit: bytes and digest of its content.
    pub const fn file(path: TreePath, size: u64, sha256: Sha256Digest) -> Self {
        Self { kind: EntryKind::File, path, size, sha256 }
    }

    /// A regular file with the owner's execute bit.
    pub const fn executable(path: TreePath, size: u64, sha256: Sha256Digest) -> Self {
        Self { kind: EntryKind::Executable, path, size, sha256 }
    }

    /// A symbolic link with the bytes of its target, as `readlink` gives them.
    ///
    /// # Errors
    /// [`TreeError::Link`] if the target is not one of `spec/tree.md`'s: it must stay below the root.
    pub fn symlink(path: TreePath, target: &[u8]) -> Result<Self, TreeError> {
        link::check(&path, target)?;
        let sha256 = Sha256Digest::of(target);
        Ok(Self { kind: EntryKind::Symlink, path, size: target.len() as u64, sha256 })
    }
}

/// The digest field of a directory.
const NO_CONTENT: Sha256Digest = Sha256Digest::from_bytes([0; 32]);
