//! Why an artifact was not read.

use std::io;
use std::path::{Path, PathBuf};

use mcpsign_schemas::digest::MeasuredDigests;
use mcpsign_schemas::untrusted::escape;

use crate::archive::ArchiveError;
use crate::image::ImageError;
use crate::tree::{Refused, WalkError};

/// An artifact that could not be read, or that must not be signed or believed as it is.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactError {
    /// Nothing there.
    #[error("{}: no such file or directory", shown(path))]
    NotFound {
        /// The path as given.
        path: PathBuf,
    },
    /// No right to read it.
    #[error("{}: permission denied", shown(path))]
    Permission {
        /// The path as given.
        path: PathBuf,
    },
    /// Neither a regular file nor a directory.
    #[error("{}: {what}, not a file or directory", shown(path))]
    NotAnArtifact {
        /// The path as given.
        path: PathBuf,
        /// What it is.
        what: Refused,
    },
    /// A name that cannot stand in a statement: not UTF-8, control or invisible characters, or none (`/`).
    #[error("{}: a name that cannot be signed", shown(path))]
    Name {
        /// The path as given.
        path: PathBuf,
    },
    /// It changed while it was read.
    #[error("{}: changed while it was read", shown(path))]
    Changed {
        /// The path as given.
        path: PathBuf,
    },
    /// Any other failure.
    #[error("{}: cannot be read", shown(path))]
    Io {
        /// The path as given.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A directory that has no listing.
    #[error("{}: not a tree that can be signed", shown(path))]
    Tree {
        /// The path as given.
        path: PathBuf,
        /// Why.
        source: WalkError,
    },
    /// A package that readers could take differently.
    #[error("{}: not a well-formed package", shown(path))]
    Archive {
        /// The path as given.
        path: PathBuf,
        /// Of all its bytes, from the read that refused it: whether it is what was signed can still be told.
        digests: Box<MeasuredDigests>,
        /// Why.
        source: ArchiveError,
    },
    /// An image layout that is not wholly there, or that readers could take differently.
    #[error("{}: not a well-formed image layout", shown(path))]
    Image {
        /// The path as given.
        path: PathBuf,
        /// Of its index.json, which nobody signs: no statement is about a layout like this.
        digests: Box<MeasuredDigests>,
        /// Why.
        source: ImageError,
    },
}

fn shown(path: &Path) -> String {
    escape(&path.to_string_lossy())
}

impl ArtifactError {
    /// The variant for a failed system call.
    pub(super) fn of(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound => Self::NotFound { path },
            io::ErrorKind::PermissionDenied => Self::Permission { path },
            _ => Self::Io { path, source },
        }
    }

    /// What to do about it.
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NotFound { .. } => Some("check the path; nothing is looked up elsewhere"),
            Self::Permission { .. } => Some("run as a user who may read it"),
            Self::NotAnArtifact { .. } => Some("name the release file or the installed directory"),
            Self::Name { .. } => Some("rename it"),
            Self::Changed { .. } => Some("wait until it is written, then try again"),
            Self::Io { .. } => None,
            Self::Tree { source, .. } => source.hint(),
            Self::Archive { source, .. } => source.hint(),
            Self::Image { source, .. } => source.hint(),
        }
    }
}
