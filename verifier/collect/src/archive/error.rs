//! Why an npm tarball is refused.

use std::io;

use mcpsign_schemas::tree::TreeError;

use crate::catalog::npm::PackageJsonError;

/// An archive that claims to be an npm package and is not read the same way by everybody. Names in it are
/// escaped and shortened.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
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
    /// An entry outside `package/`, into which npm would unpack it all the same.
    #[error("`{name}` lies outside `package/`")]
    OutsidePackage {
        /// The entry.
        name: String,
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
    /// More than one file that is package.json on some system.
    #[error("more than one package.json")]
    SecondManifest,
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
    /// Its package.json says too little or too much.
    #[error("package/package.json: {0}")]
    Manifest(#[source] PackageJsonError),
}

impl ArchiveError {
    /// What to do about it.
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Damaged(_) => Some("download or pack it again"),
            Self::Manifest(_) => Some("mend package.json and pack again"),
            _ => Some("pack it with `npm pack`"),
        }
    }
}
