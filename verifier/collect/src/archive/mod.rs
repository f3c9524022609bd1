//! Packages, read once: what is parsed is what is hashed.
//!
//! Extractors differ in what they make of an odd archive, and a signature covers the bytes, not what they become.
//! So everything that two of them could read differently is refused.

mod contents;
mod error;
mod form;
mod hashing;
mod tar;
mod unpack;
mod zip;

use mcpsign_schemas::purl::PackageIdentity;
use mcpsign_schemas::tree::Listing;

pub use error::{ArchiveError, ManifestError};
pub use form::PackageForm;
pub(crate) use hashing::HashingReader;
pub(crate) use tar::is_header as is_tar_header;
pub(crate) use unpack::Unpacker;
pub use unpack::{UnpackError, unpack};
pub use zip::{WheelError, ZipError};

use crate::catalog::{Document, Keeper};
use contents::{Contents, FileEntry};
use tar::budget;

/// What a package holds.
#[derive(Debug, Clone)]
pub struct Package {
    /// Which kind of package it is.
    pub form: PackageForm,
    /// The server's name in the MCP registry, where the package names it.
    pub mcp_name: Option<String>,
    /// Its licences, as it states them.
    pub licenses: Vec<String>,
    /// Every file and directory that unpacking makes, without the top folder of npm, sdist and crate.
    pub files: Listing,
    /// Whether it brings the lock file that its installer honours in a published package (npm-shrinkwrap.json).
    pub has_lockfile: bool,
    /// Whether a signature of another kind is part of the file.
    pub signature: InnerSignature,
}

/// A signature inside a package, which is not mcpsign's to verify: the one that `mcpb sign` appends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InnerSignature {
    /// There is none.
    Absent,
    /// There is one. It was neither verified nor believed.
    NotVerified,
}

/// A package as read.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) package: Package,
    /// Which package it says that it is.
    pub(crate) identity: PackageIdentity,
    /// Files that a cataloger wants.
    pub(crate) documents: Vec<Document>,
}

/// How a package is to be read.
pub(crate) struct Reading<'r> {
    /// Name of the file.
    pub(crate) name: &'r str,
    /// Bytes of the file.
    pub(crate) size: u64,
    /// Which files become documents.
    pub(crate) keep: &'r Keeper,
    /// Where the files go, if they go anywhere.
    pub(crate) unpacker: Option<&'r mut Unpacker>,
}

/// Reads the package that `reader` holds, if it holds one. Whatever else it is, the caller reads `reader` to its end.
///
/// # Errors
/// A file that claims to be a package, by its content or by the end of its name, and breaks a rule for such packages.
pub(crate) fn read(reader: &mut HashingReader, reading: Reading<'_>) -> Result<Option<Found>, ArchiveError> {
    let claimed = PackageForm::claimed_by(reading.name);
    let size = reading.size;
    let contents = Contents::new(reading.keep, reading.unpacker);
    let found = if tar::is_gzip(reader) {
        tar::read(reader, size, (reading.name, claimed), contents)?
    } else {
        zip::read(reader.file(), size, (reading.name, claimed), contents)?
    };
    match claimed {
        Some(form) if found.as_ref().is_none_or(|found| found.package.form != form) => {
            Err(ArchiveError::NotThatForm { form })
        }
        _ => Ok(found),
    }
}
