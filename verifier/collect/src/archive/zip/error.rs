//! Why a zip archive is refused.

use std::io;

/// A zip archive that readers could take differently. Names are escaped and shortened.
#[derive(Debug, thiserror::Error)]
pub enum ZipError {
    /// Bytes before the archive.
    #[error("data precedes the zip archive")]
    LeadingData,
    /// Bytes after the archive that are no signature frame of a bundle.
    #[error("data follows the end of the zip archive")]
    TrailingData,
    /// A comment, of the archive or of an entry: room for a second archive.
    #[error("the zip archive has a comment")]
    Comment,
    /// It is a tar archive as well.
    #[error("the file is a tar archive as well")]
    AlsoTar,
    /// More than one disk.
    #[error("part of an archive of several disks")]
    MultiDisk,
    /// The end records contradict each other, the directory or the file.
    #[error("end of the directory: {what}")]
    End {
        /// What is wrong.
        what: &'static str,
    },
    /// Bytes that belong to no entry, or to two.
    #[error("entries do not follow each other at byte {offset}")]
    Tiling {
        /// Where from the start of the file.
        offset: u64,
    },
    /// The header before the content contradicts the directory.
    #[error("`{name}`: local header and directory differ in {what}")]
    Mismatch {
        /// The entry, as the directory names it.
        name: String,
        /// What differs.
        what: &'static str,
    },
    /// Neither stored nor deflated.
    #[error("`{name}`: compressed by method {method}")]
    Method {
        /// The entry.
        name: String,
        /// The method's number.
        method: u16,
    },
    /// Encrypted.
    #[error("`{name}` is encrypted")]
    Encrypted {
        /// The entry.
        name: String,
    },
    /// Flags that change what is read.
    #[error("`{name}`: flags {flags:#06x}")]
    Flags {
        /// The entry.
        name: String,
        /// Its general purpose flags.
        flags: u16,
    },
    /// A data descriptor that is malformed, contradicts the directory, or hides where the content ends.
    #[error("`{name}`: data descriptor: {what}")]
    Descriptor {
        /// The entry.
        name: String,
        /// What is wrong.
        what: &'static str,
    },
    /// An extra field that is malformed, stands twice, or contradicts the header.
    #[error("`{name}`: extra field: {what}")]
    Extra {
        /// The entry.
        name: String,
        /// What is wrong.
        what: &'static str,
    },
    /// A name that is not marked as UTF-8 and is not ASCII: readers guess.
    #[error("`{name}`: not ASCII, and not marked as UTF-8")]
    NameEncoding {
        /// The entry.
        name: String,
    },
    /// Neither a regular file nor a directory.
    #[error("`{name}` has mode {mode:#o}, not a file's or directory's")]
    EntryType {
        /// The entry.
        name: String,
        /// Its Unix mode.
        mode: u16,
    },
    /// Content that does not inflate to what the directory states.
    #[error("`{name}`: content does not fit its stated size or checksum")]
    Content {
        /// The entry.
        name: String,
        /// What was found.
        source: io::Error,
    },
    /// A signature frame that is none, or is not the only one.
    #[error("signature frame: {what}")]
    Signature {
        /// What is wrong.
        what: &'static str,
    },
    /// A wheel and an MCP bundle.
    #[error("a wheel and an MCP bundle at once")]
    TwoForms,
}
