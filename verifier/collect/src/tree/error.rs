//! Why a directory has no listing.

use mcpsign_schemas::tree::TreeError;
use rustix::fs::FileType;

/// A directory that cannot be listed. Paths are relative to it and fit to be shown.
#[derive(Debug, thiserror::Error)]
pub enum WalkError {
    /// An entry of a type that no tree may have.
    #[error("`{path}` is {what}")]
    Refused {
        /// The entry.
        path: String,
        /// What it is.
        what: Refused,
    },
    /// A name or a link's target that no tree may have, or two names that differ in case only.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// Size, time or inode differ before and after reading.
    #[error("`{path}` changed while it was read")]
    Changed {
        /// The entry; `.` for the directory itself.
        path: String,
    },
    /// Too many directories inside each other.
    #[error("`{path}` lies deeper than {limit} directories")]
    TooDeep {
        /// The directory.
        path: String,
        /// How many are read.
        limit: usize,
    },
    /// Too many entries.
    #[error("more than {limit} entries")]
    TooMany {
        /// How many are read.
        limit: usize,
    },
    /// A path that no system call takes.
    #[error("a path is longer than {limit} bytes")]
    PathTooLong {
        /// How many are read.
        limit: usize,
    },
    /// Paths that together are longer than what is read.
    #[error("paths of more than {limit} bytes")]
    PathsTooLong {
        /// Bytes read at the most.
        limit: usize,
    },
    /// An entry that could not be opened or read.
    #[error("`{path}` cannot be read")]
    Io {
        /// The entry; `.` for the directory itself.
        path: String,
        /// Why.
        source: std::io::Error,
    },
}

/// What no tree may have: it has no content, or running it gives rights that its digest does not show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// A FIFO.
    #[error("a FIFO")]
    Fifo,
    /// A socket.
    #[error("a socket")]
    Socket,
    /// A block device.
    #[error("a block device")]
    BlockDevice,
    /// A character device.
    #[error("a character device")]
    CharacterDevice,
    /// A regular file with the set-user-id or set-group-id bit.
    #[error("a set-id file")]
    SetId,
    /// Something that this version does not know.
    #[error("neither file, directory nor link")]
    Unknown,
}

impl Refused {
    /// What a file type is refused as.
    pub(crate) const fn of(file_type: FileType) -> Self {
        match file_type {
            FileType::Fifo => Self::Fifo,
            FileType::Socket => Self::Socket,
            FileType::BlockDevice => Self::BlockDevice,
            FileType::CharacterDevice => Self::CharacterDevice,
            _ => Self::Unknown,
        }
    }
}

impl WalkError {
    /// Whether it is the directory itself that no listing can hold, whoever reads it and whenever.
    pub const fn is_of_the_tree(&self) -> bool {
        match self {
            Self::Refused { .. }
            | Self::Tree(_)
            | Self::TooDeep { .. }
            | Self::TooMany { .. }
            | Self::PathTooLong { .. }
            | Self::PathsTooLong { .. } => true,
            Self::Changed { .. } | Self::Io { .. } => false,
        }
    }

    /// What to do about it.
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Refused { .. } => Some("name a directory that holds nothing but the release"),
            Self::Tree(_) => Some("rename the entry, or publish a form that keeps it inside an archive"),
            Self::Changed { .. } => Some("wait until nothing writes to the directory"),
            Self::TooDeep { .. }
            | Self::TooMany { .. }
            | Self::PathTooLong { .. }
            | Self::PathsTooLong { .. } => Some("name the installed release itself, not a folder above it"),
            Self::Io { .. } => None,
        }
    }
}
