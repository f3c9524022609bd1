//! Software bills of materials: written from an [`Inventory`](crate::inventory::Inventory), read as far as a
//! verifier needs (`spec/sbom.md`).

mod complete;
pub mod diff;
mod forms;
mod gaps;
mod named;
mod read;
mod stated;
#[cfg(test)]
mod tests;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

pub use complete::says_complete;
pub use forms::unread_form;
pub use gaps::{Unread, unread};
pub use read::{is_purl_reference, is_spdx_3_package, read, read_any};
pub use stated::{Stated, licenses};
pub use write::{DocumentFormat, UnknownFormat, write};

use crate::digest::{MeasuredDigests, Sha256Digest};
use crate::inventory::{HashAlgorithm, PackageFile, PackageKind, Scope};
use crate::manifest::Product;
use crate::party::Party;

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
    /// Name of the file, where it is one.
    pub file_name: Option<String>,
    /// Who made it, as it says itself.
    pub authors: Vec<Party>,
}

impl RootComponent {
    fn hashes(&self) -> BTreeMap<HashAlgorithm, String> {
        let Some(digests) = &self.digests else { return BTreeMap::new() };
        let mut hashes = BTreeMap::from([(HashAlgorithm::Sha256, digests.sha256.to_string())]);
        hashes.extend(digests.sha512.map(|sha512| (HashAlgorithm::Sha512, sha512.to_string())));
        hashes
    }
}

/// What the document says about its making.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SbomOptions {
    /// When it was made.
    pub timestamp: Timestamp,
    /// What made it.
    pub tool: Product,
    /// Who had it made, and answers for it.
    pub creator: Option<Party>,
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

/// An SBOM, ours or another's, as far as somebody asks: what it is about, and what that is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sbom {
    /// Its format.
    pub format: SbomFormat,
    /// What it describes.
    pub root: SbomComponent,
    /// Everything else, in the order of the document; of CycloneDX nested ones too.
    pub components: Vec<SbomComponent>,
    /// Ids of the catalogers of which it says that they read all that they were given; of another's document none.
    pub catalogers: BTreeSet<String>,
}

/// What an SBOM says of one component, in its own words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SbomComponent {
    /// `bom-ref`, `SPDXID` or `spdxId`; empty where CycloneDX has none.
    pub reference: String,
    /// Its name, group or scope included.
    pub name: String,
    /// Its version.
    pub version: Option<String>,
    /// Its package URL.
    pub purl: Option<String>,
    /// Its digests, by algorithms that we know; lower-case hex of the right length.
    pub hashes: BTreeMap<HashAlgorithm, String>,
    /// SPDX expressions and names, as declared or else concluded, each in the words of the document; empty where nothing is
    /// stated. All of them hold.
    pub licenses: BTreeSet<String>,
    /// Whether the product needs it, where that is said.
    pub scope: Option<Scope>,
    /// Whether it is no package but a file, the lock file under which a scanner lists what it found there, or an operating system.
    pub is_file: bool,
    /// Whether it is said to be code.
    pub kind: PackageKind,
    /// Whether it is said to be shipped inside of what the document describes.
    pub bundled: bool,
    /// Whether it is said to run a program of its own when it is installed.
    pub install_script: bool,
    /// Where it comes from.
    pub address: Option<String>,
    /// The files that it may be installed from, where several are stated.
    pub files: BTreeSet<PackageFile>,
    /// References to what it asks for.
    pub dependencies: BTreeSet<String>,
}

impl Sbom {
    /// Whether the root carries `subject` as its SHA-256.
    pub fn describes(&self, subject: Sha256Digest) -> bool {
        self.root.hashes.get(&HashAlgorithm::Sha256).is_some_and(|hex| *hex == subject.to_string())
    }

    /// The components that are packages.
    pub fn packages(&self) -> impl Iterator<Item = &SbomComponent> {
        self.components.iter().filter(|component| !component.is_file)
    }
}

/// A document that is no SBOM of the type that its statement claims.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SbomError {
    /// JSON of no format that is read.
    #[error("neither CycloneDX 1.x nor SPDX 2.x nor SPDX 3 JSON")]
    UnknownFormat,
    /// JSON of no format that is read, with one that may be inside: what the API of a forge answers.
    #[error("no SBOM itself: one lies in its member `sbom`")]
    Inside,
    /// More components than are read.
    #[error("more than {limit} components")]
    TooMany {
        /// How many are read.
        limit: usize,
    },
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
