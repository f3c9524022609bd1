//! Why a package is refused.

use std::io;

use mcpsign_schemas::tree::TreeError;

use super::PackageForm;
use super::zip::{WheelError, ZipError};
use crate::catalog::PackageManifestError;
use crate::catalog::pypi::CoreMetadataError;

/// An archive that claims to be a package and is not read the same way by everybody. Names in it are escaped and
/// shortened.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// A file whose name says that it is a package, and which is none of that form.
    #[error("named like a {form}, and is none")]
    NotThatForm {
        /// What its name says.
        form: PackageForm,
    },
    /// The gzip stream or the tar inside is damaged or cut off.
    #[error("the archive is damaged")]
    Damaged(#[source] io::Error),
    /// Bytes after the end of the gzip member: a second member, which some readers append and others drop.
    #[error("data follows the end of the gzip stream")]
    TrailingData,
    /// Bytes other than zero after the archive's end mark.
    #[error("data follows the end of the tar archive")]
    DataAfterEnd,
    /// An entry that is neither a regular file nor a directory.
    #[error("`{name}` is of type {type_flag:?}, not a file or directory")]
    EntryType {
        /// The entry.
        name: String,
        /// The type flag of its header.
        type_flag: char,
    },
    /// A file with the set-user-id or set-group-id bit.
    #[error("`{name}` is a set-id file")]
    SetId {
        /// The entry.
        name: String,
    },
    /// A directory with content, or a file whose name ends like a directory's.
    #[error("type and name or size of `{name}` do not fit")]
    Inconsistent {
        /// The entry.
        name: String,
    },
    /// An entry outside the one folder at the top, whose name unpacking drops whatever it is.
    #[error("`{name}` lies outside `{top}/`")]
    OutsideTop {
        /// The entry.
        name: String,
        /// The folder.
        top: String,
    },
    /// A name that no tree may have, two names that differ in case only, a file where a directory is needed.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// An extended header that is malformed, stands twice, contradicts the header, or changes what is read.
    #[error("extended header of `{name}`: {what}")]
    Extension {
        /// The entry that it describes, as far as known.
        name: String,
        /// What is wrong.
        what: &'static str,
    },
    /// A header with a field that readers take differently.
    #[error("header of `{name}`: {what}")]
    Header {
        /// The entry.
        name: String,
        /// What is wrong.
        what: &'static str,
    },
    /// A file that is in the archive and that the ecosystem's own tool passes over.
    #[error("`{name}` is never unpacked")]
    NotUnpacked {
        /// The entry.
        name: String,
    },
    /// A folder at the top that is called otherwise than the package.
    #[error("{file} is of {name} {version}, the folder is called `{top}`")]
    OtherTop {
        /// The folder.
        top: String,
        /// The manifest.
        file: &'static str,
        /// Of the package.
        name: String,
        /// Of the package.
        version: String,
    },
    /// A file that is called like a release of another package, or another version.
    #[error("{file} is of {name} {version}, the file is called `{called}`")]
    OtherFileName {
        /// The file's name.
        called: String,
        /// The manifest.
        file: &'static str,
        /// Of the package.
        name: String,
        /// Of the package.
        version: String,
    },
    /// More than one file that is the manifest on some system.
    #[error("more than one {file}, or one that is spelled otherwise")]
    SecondManifest {
        /// The manifest's name.
        file: &'static str,
    },
    /// It inflates to more than is read.
    #[error("inflates to more than {limit} bytes")]
    Bomb {
        /// What is read at the most.
        limit: u64,
    },
    /// More entries than are read.
    #[error("more than {limit} entries")]
    TooMany {
        /// How many are read.
        limit: usize,
    },
    /// A name that is longer than any system unpacks.
    #[error("a name of more than {limit} bytes")]
    NameTooLong {
        /// Bytes read at the most.
        limit: usize,
    },
    /// Names that together are longer than what is read.
    #[error("names of more than {limit} bytes")]
    NamesTooLong {
        /// Bytes read at the most.
        limit: usize,
    },
    /// A zip archive that readers could take differently.
    #[error(transparent)]
    Zip(#[from] ZipError),
    /// A wheel that contradicts itself.
    #[error(transparent)]
    Wheel(#[from] WheelError),
    /// What it says of itself is too little or too much.
    #[error("{file}: {source}")]
    Manifest {
        /// Where it says so.
        file: &'static str,
        /// What is wrong.
        source: ManifestError,
    },
}

/// What a package says of itself, and what is wrong with it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// A package.json, Cargo.toml, or bundle's manifest.json.
    #[error(transparent)]
    Package(#[from] PackageManifestError),
    /// METADATA or PKG-INFO.
    #[error(transparent)]
    Python(#[from] CoreMetadataError),
    /// A bundle's manifest.json of a schema that is not known.
    #[error("schema {found} is not known")]
    Schema {
        /// Its version, escaped.
        found: String,
    },
}

impl ArchiveError {
    /// What to do about it.
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Damaged(_) => Some("download or pack it again"),
            Self::Manifest { .. } => Some("mend it and pack again"),
            Self::NotThatForm { .. } => Some("rename it, or pack it with the tool that makes such packages"),
            _ => Some("pack it with the ecosystem's own tool"),
        }
    }
}
