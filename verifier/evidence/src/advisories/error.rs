//! Why there are no advisories to be had.

use std::io;
use std::path::PathBuf;

use mcpsign_advisories::index::IndexError;
use mcpsign_advisories::snapshot::DateError;
use mcpsign_collect::http::HttpError;
use mcpsign_schemas::code::{self, Code};
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::untrusted::escape;

use crate::read::ReadError;

/// Why advisories cannot be used, or were not updated.
#[derive(Debug, thiserror::Error)]
pub enum AdvisoriesError {
    /// A file that was named.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The system refused.
    #[error("cannot use `{}`", .path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Not a source of advisories.
    #[error("`{}`: {reason}", escape(.source_name))]
    Source {
        /// As named.
        source_name: String,
        /// Why not.
        reason: String,
        /// Whether it was named on this machine, so that whoever named it can mend it.
        local: bool,
    },
    /// A source with less in it than it had.
    #[error("`{}` {what}", escape(.source_name))]
    Shrunk {
        /// Its name.
        source_name: String,
        /// What became less.
        what: String,
    },
    /// A server that does not give what is asked for.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// No snapshot in the folder.
    #[error("there are no advisories in `{}`", .dir.display())]
    Missing {
        /// The folder.
        dir: PathBuf,
    },
    /// A snapshot that is not what it says.
    #[error("the advisories in `{}` cannot be used: {reason}", .dir.display())]
    Damaged {
        /// The folder.
        dir: PathBuf,
        /// Why not.
        reason: String,
    },
    /// A snapshot of another version.
    #[error("the advisories in `{}` are of another version of mcpsign", .dir.display())]
    Version {
        /// The folder.
        dir: PathBuf,
    },
    /// An update that would lose what nobody named.
    #[error("{reason}; of `{}` nothing new was named, and what is there would be lost", .names.join("`, `"))]
    Lost {
        /// Why what is there cannot be used.
        reason: String,
        /// The sources and lists that would be lost.
        names: Vec<String>,
    },
    /// An index that cannot be used, or made.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// Of a date that does not count now.
    #[error(transparent)]
    Date(#[from] DateError),
    /// The OSV API.
    #[error("the OSV API at `{}`: {}", escape(.url), escape(.reason))]
    Api {
        /// Its address.
        url: String,
        /// What is wrong with its answer.
        reason: String,
    },
    /// No signature by the key that was named.
    #[error("the advisories are not signed by that key: {reason}")]
    Signature {
        /// Why not.
        reason: String,
    },
}

/// What it means for whoever asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Something that was named cannot be used.
    Usage,
    /// Something could not be found out.
    Undecided,
}

impl AdvisoriesError {
    /// What it means.
    pub const fn outcome(&self) -> Outcome {
        match self {
            Self::Read(_) | Self::Io { .. } | Self::Source { local: true, .. } | Self::Shrunk { .. } => {
                Outcome::Usage
            }
            _ => Outcome::Undecided,
        }
    }

    /// The finding that it is, where the advisories of this machine are at fault.
    pub fn finding(&self) -> Option<Finding> {
        Some(Finding::new(self.code()?, self.to_string()))
    }

    /// Its code, where the advisories of this machine are at fault.
    pub const fn code(&self) -> Option<Code> {
        match self {
            Self::Missing { .. } => Some(code::advisories::MISSING),
            Self::Damaged { .. } | Self::Version { .. } | Self::Lost { .. } | Self::Index(_) => {
                Some(code::advisories::DAMAGED)
            }
            Self::Date(error) => Some(error.code()),
            Self::Api { .. } => Some(code::advisories::API),
            Self::Signature { .. } => Some(code::advisories::NOT_SIGNED),
            _ => None,
        }
    }

    /// What to do about it.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Read(_) | Self::Io { .. } => "name a file or a folder that can be read",
            Self::Source { .. } => {
                "name an OSV archive (`all.zip`), a folder of them or of OSV records, or the address of either"
            }
            Self::Shrunk { .. } => "look at the source; `--force` takes it as it is",
            Self::Http(_) => {
                "try again later, or name files (`--from DIR`); the advisories of before are still there"
            }
            Self::Missing { .. } => {
                "`mcpsign advisories update --from DIR|ZIP|URL` gets them; `--dir` says where they are"
            }
            Self::Version { .. } => "run `mcpsign advisories update` with every source again",
            Self::Damaged { .. } | Self::Index(_) => {
                "run `mcpsign advisories update` with every source again, with `--force` if that is refused"
            }
            Self::Lost { .. } => "name them as well; `--force` goes on without them",
            Self::Date(DateError::Future { .. }) => "set this machine's clock, or update again",
            Self::Api { .. } => {
                "look at the address in `--api`, try again later, or check against a snapshot: leave `--online` out"
            }
            Self::Date(DateError::Stale { .. }) => "run `mcpsign advisories update` again",
            Self::Signature { .. } => "name the key that signs them, or update with `--key`",
        }
    }
}
