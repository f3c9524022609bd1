//! Why a tree is refused.

use super::{LinkRule, PathError, TreePath};

/// A tree that has no listing, or bytes that are none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    /// A path breaks a rule.
    #[error(transparent)]
    Path(#[from] PathError),
    /// A link's target breaks a rule.
    #[error("link `{path}` to \"{target}\": {rule}")]
    Link {
        /// The link.
        path: TreePath,
        /// Its target, escaped and shortened.
        target: String,
        /// The rule.
        rule: LinkRule,
    },
    /// Two entries have one path.
    #[error("`{path}` is listed twice")]
    Duplicate {
        /// The path.
        path: TreePath,
    },
    /// Two paths are equal after NFC and full case folding: one file on some systems, two on others.
    #[error("`{first}` and `{second}` differ in case only")]
    Collision {
        /// The one that comes first in the listing.
        first: TreePath,
        /// The other.
        second: TreePath,
    },
    /// What an entry lies in is not listed.
    #[error("the directory of `{path}` is not listed")]
    ParentMissing {
        /// The entry.
        path: TreePath,
    },
    /// What an entry lies in is listed as something else than a directory.
    #[error("`{path}` does not lie in a directory")]
    ParentNotDirectory {
        /// The entry.
        path: TreePath,
    },
    /// A directory with a size or digest, or a link to nothing.
    #[error("size and digest of `{path}` do not fit its type")]
    Content {
        /// The entry.
        path: TreePath,
    },
    /// Bytes that are no listing.
    #[error("no tree listing: {what} at byte {offset}")]
    Malformed {
        /// Bytes from the start.
        offset: usize,
        /// What is wrong there.
        what: Malformed,
    },
}

/// What makes bytes no listing, whatever paths it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// The first 16 bytes are not `mcpsign-tree-v1\n`.
    #[error("wrong magic")]
    Magic,
    /// The bytes end before the stated number of entries, or inside one.
    #[error("truncated")]
    Truncated,
    /// An entry's type is none of `d`, `f`, `x`, `l`.
    #[error("unknown entry type")]
    Kind,
    /// An entry's path is not greater, as bytes, than the one before.
    #[error("not in order")]
    Order,
    /// Bytes follow the last entry.
    #[error("trailing bytes")]
    Trailing,
}
