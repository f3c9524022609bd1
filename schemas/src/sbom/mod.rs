//! Software bills of materials: written from an [`Inventory`](crate::inventory::Inventory), read as far as a
//! verifier needs (`spec/sbom.md`).

mod complete;
mod cyclonedx;
mod license;
mod read;
mod spdx;
mod stated;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;

pub use complete::says_complete;
pub use cyclonedx::cyclonedx_1_6;
pub use read::read;
pub use stated::{Stated, licenses};

use crate::digest::{MeasuredDigests, Sha256Digest};
use crate::inventory::HashAlgorithm;
use crate::manifest::Product;

/// What the document is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootComponent {
    /// The package's name as its ecosystem writes it, or a file's name.
    pub name: String,
    /// Its version.
    pub version: Option<String>,
    /// Package URL, where the artifact says which package it is.
    pub purl: Option<String>,
    /// Digests of the artifact; `None` for a project of which no artifact is given.
    pub digests: Option<MeasuredDigests>,
    /// Media type of the subject: a tree's digest is that of its listing.
    pub media_type: Option<String>,
    /// Licences as declared.
    pub licenses: Vec<String>,
}

/// What the document says about its making.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SbomOptions {
    /// When it was made; without it equal input gives equal bytes at any time.
    pub timestamp: Option<Timestamp>,
    /// What made it.
    pub tool: Product,
}

/// An SBOM's format and version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SbomFormat {
    /// CycloneDX, with `specVersion`.
    CycloneDx(String),
    /// SPDX 2.x, with `spdxVersion`.
    Spdx2(String),
    /// SPDX 3.x.
    Spdx3,
}

/// What a verifier asks of an SBOM: is it one, and what is it about?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SbomSummary {
    /// Its format.
    pub format: SbomFormat,
    /// What it describes.
    pub root: SbomRoot,
    /// Components besides the root.
    pub components: usize,
}

/// What an SBOM describes, in its own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SbomRoot {
    /// Its name, group or scope included.
    pub name: String,
    /// Its version.
    pub version: Option<String>,
    /// Its package URL.
    pub purl: Option<String>,
    /// Its digests, by algorithms that we know; lower-case hex of the right length.
    pub hashes: BTreeMap<HashAlgorithm, String>,
}

impl SbomSummary {
    /// Whether the root carries `subject` as its SHA-256.
    pub fn describes(&self, subject: Sha256Digest) -> bool {
        self.root.hashes.get(&HashAlgorithm::Sha256).is_some_and(|hex| *hex == subject.to_string())
    }
}

/// A document that is no SBOM of the type that its statement claims.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SbomError {
    /// No predicate type of an SBOM.
    #[error("`{0}` is no SBOM's predicate type")]
    PredicateType(String),
    /// Another format or version than the predicate type names.
    #[error("not {expected}: `{member}` is {found}")]
    Format {
        /// What the predicate type asks for.
        expected: String,
        /// The member that decides.
        member: &'static str,
        /// What it says.
        found: String,
    },
    /// A member that every document of the format has.
    #[error("`{0}` is missing or of another type")]
    Member(String),
    /// A digest that is not hex of its algorithm's length.
    #[error("the root's {0} is not a digest")]
    Hash(String),
    /// The root states one algorithm twice, differently.
    #[error("the root has two different {0} digests")]
    HashConflict(String),
    /// Two elements have one identifier: references to it mean both or neither.
    #[error("`{0}` identifies two elements")]
    DuplicateReference(String),
    /// No root, or more than one, or one that is not there.
    #[error("the document describes {0} roots, not one")]
    Root(usize),
}
