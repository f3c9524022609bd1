//! Why a file was not catalogued.

use std::io;
use std::path::PathBuf;

use mcpsign_schemas::canonical::JsonError;
use mcpsign_schemas::purl::PurlError;

use super::pypi::CoreMetadataError;

/// A file that a cataloger did not wholly understand. The inventory says so and goes on without it.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum CatalogError {
    /// More bytes than are read.
    #[error("too large to be read")]
    TooLarge,
    /// Not strict JSON.
    #[error("not strict JSON: {0}")]
    Json(#[from] JsonError),
    /// Not the manifest of a package.
    #[error(transparent)]
    Manifest(#[from] PackageManifestError),
    /// Not core metadata.
    #[error(transparent)]
    CoreMetadata(#[from] CoreMetadataError),
    /// Not UTF-8, or no Cargo.lock.
    #[error("not a Cargo.lock: {0}")]
    CargoLock(String),
    /// A lock file of another version than those that are read.
    #[error("lock file version {found}, not {known}: {hint}")]
    Version {
        /// What it says.
        found: String,
        /// What is read.
        known: &'static str,
        /// What to do.
        hint: &'static str,
    },
    /// A line that is not of the format.
    #[error("line {line}: {what}")]
    Line {
        /// From 1; 0 where that is not known.
        line: u32,
        /// What is wrong there, escaped.
        what: String,
    },
    /// A member that is missing or of another type.
    #[error("`{at}`: {what}")]
    Malformed {
        /// Where, escaped and shortened.
        at: String,
        /// What is wrong there.
        what: &'static str,
    },
    /// A name or version that no package has.
    #[error("`{at}`: {source}")]
    Package {
        /// Where, escaped and shortened.
        at: String,
        /// What is wrong.
        source: PurlError,
    },
    /// A format that is known and not read.
    #[error("{what}")]
    Unread {
        /// What it is.
        what: &'static str,
    },
    /// More packages than are read.
    #[error("more than {limit} packages")]
    TooMany {
        /// How many are read.
        limit: usize,
    },
    /// More of something else than is read.
    #[error("more than {limit} {what}")]
    TooManyOf {
        /// Of what.
        what: &'static str,
        /// How many are read.
        limit: usize,
    },
}

/// A package.json, Cargo.toml or bundle's manifest.json that is none, or of which the parts that mcpsign needs are not what
/// its ecosystem allows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackageManifestError {
    /// More bytes than are read.
    #[error("too large to be read")]
    TooLarge,
    /// Not strict JSON: readers would not agree on what it says.
    #[error("not strict JSON: {0}")]
    Json(JsonError),
    /// Not TOML, or of another shape than Cargo's.
    #[error("not a Cargo.toml: {0}")]
    Toml(String),
    /// A file of this name that is of something else: a workspace's Cargo.toml, a browser extension's manifest.json.
    #[error("of something else than a package")]
    Foreign,
    /// A member that every such package has.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// A member of another type than is allowed there.
    #[error("`{0}` is not what is allowed there")]
    Member(&'static str),
    /// A value that comes from a workspace, which no published crate has.
    #[error("`{0}` is inherited from a workspace")]
    Inherited(String),
    /// A name or version that no such package has.
    #[error("`name` or `version`: {0}")]
    Identity(String),
}

/// Why there is no inventory at all.
#[derive(Debug, thiserror::Error)]
pub enum InventoryError {
    /// The project folder, or a file in it, cannot be read.
    #[error("{}: cannot be read", path.display())]
    Io {
        /// The folder or file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A link or a special file under the name of a lock file or a manifest of the project.
    #[error("{} is {what}", path.display())]
    NotAFile {
        /// Where it lies.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// More packages in all files together than are read.
    #[error("its files name more than {limit} packages")]
    TooMany {
        /// How many are read.
        limit: usize,
    },
}

impl InventoryError {
    /// What to do about it.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Io { .. } => "make the project's folder readable",
            Self::NotAFile { .. } => "put the file itself there: what is signed is what lies in the folder",
            Self::TooMany { .. } => "name a package of the workspace that has a lock file of its own",
        }
    }
}
