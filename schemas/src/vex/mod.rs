//! What others say of vulnerabilities in a product (VEX), read from three formats to one form: OpenVEX, CycloneDX and CSAF
//! (`spec/advisories.md`).
//!
//! A document is understood whole or refused: what it says of one vulnerability may take back what it says elsewhere.

mod csaf;
mod cyclonedx;
mod openvex;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use crate::canonical::Json;
use crate::digest::MeasuredDigests;
use crate::purl::Purl;
use crate::statement::predicate_type::{CYCLONEDX, is_sbom};

/// A document of OpenVEX, whatever its version.
const OPENVEX: &str = "https://openvex.dev/ns";
const CSAF_2_0: &str = "https://docs.oasis-open.org/csaf/csaf/v2.0/csaf_json_schema.json";
const CSAF_2_1: &str = "https://docs.oasis-open.org/csaf/csaf/v2.1/schema/csaf.json";

/// Predicate types of statements that can hold VEX; each spelling of CycloneDX's is one of them.
pub const PREDICATE_TYPES: [&str; 6] = [
    OPENVEX,
    "https://openvex.dev/ns/v0.0.1",
    "https://openvex.dev/ns/v0.2.0",
    CSAF_2_0,
    CSAF_2_1,
    CYCLONEDX,
];

/// The product that a statement is over, by every name that it has.
#[derive(Debug, Clone, Copy)]
pub struct Product<'a> {
    /// Its package URLs, with versions.
    pub packages: &'a [Purl],
    /// Its digests.
    pub digests: &'a MeasuredDigests,
    /// What the statement calls it.
    pub name: &'a str,
    /// Its SBOMs, whose elements a document apart may refer to.
    pub sboms: &'a [&'a Json],
}

/// What is said of one vulnerability in the product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The vulnerability's names, shared by all that is said of it at one place.
    pub ids: Arc<BTreeSet<String>>,
    /// In which of the product's components; `None` for all of them.
    pub component: Option<Purl>,
    /// What is said.
    pub status: Status,
    /// Why: a justification, or a sentence.
    pub reason: Option<Arc<str>>,
    /// When it was said; `None` where CycloneDX does not say.
    pub at: Option<Timestamp>,
}

/// What is said of a vulnerability, from the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// It matters here.
    Affected,
    /// Nobody knows yet.
    UnderInvestigation,
    /// It does not matter here.
    NotAffected,
    /// It is mended here.
    Fixed,
}

/// A document that is no VEX that counts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VexError {
    /// A member is missing, of another type, or has a value that the format does not know.
    #[error("`{0}` is missing or none that the format knows")]
    Member(String),
    /// A status that must be justified and is not.
    #[error("{0} is said not to matter, and nothing says why")]
    Unjustified(String),
    /// Products and names of vulnerabilities that multiply.
    #[error("products and names of vulnerabilities in it multiply to more than is read")]
    TooMuch,
}

/// Names of vulnerabilities in all words of a document, at the most. A product may be said to be in many places, and each
/// vulnerability to have many names: both together grow by the square of what is signed.
const MAX_NAMES: usize = 100_000;

/// What was read so far.
#[derive(Default)]
struct Words {
    all: Vec<Word>,
    names: usize,
}

impl Words {
    fn push(&mut self, word: Word) -> Result<(), VexError> {
        self.names = self.names.saturating_add(word.ids.len());
        if self.names > MAX_NAMES {
            return Err(VexError::TooMuch);
        }
        self.all.push(word);
        Ok(())
    }
}

impl Word {
    /// Whether it speaks of a component.
    pub fn is_about(&self, component: &Purl) -> bool {
        self.component.as_ref().is_none_or(|about| about.covers(component))
    }
}

impl Status {
    /// Whether a vulnerability of this status counts for nothing.
    pub const fn suppresses(self) -> bool {
        matches!(self, Self::NotAffected | Self::Fixed)
    }

    /// As OpenVEX spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Affected => "affected",
            Self::UnderInvestigation => "under_investigation",
            Self::NotAffected => "not_affected",
            Self::Fixed => "fixed",
        }
    }
}

impl Product<'_> {
    /// Whether a package URL names it. The version may be left out: what the statement is over says which.
    fn is(&self, purl: &Purl) -> bool {
        self.packages.iter().any(|package| purl.covers(package))
    }

    /// Whether digests by algorithm are the product's; `None` where none is of an algorithm that we compute.
    fn has_digests<'d>(&self, digests: impl Iterator<Item = (&'d str, &'d str)>) -> Option<bool> {
        let mut all = None;
        for (algorithm, hex) in digests {
            let own = match algorithm.replace('-', "").to_ascii_lowercase().as_str() {
                "sha256" => Some(self.digests.sha256.to_string()),
                "sha512" => self.digests.sha512.map(|digest| digest.to_string()),
                _ => None,
            };
            if let Some(own) = own {
                all = Some(all.unwrap_or(true) && own.eq_ignore_ascii_case(hex));
            }
        }
        all
    }
}

/// Whether statements of this predicate type can hold VEX.
pub fn is_vex(predicate_type: &str) -> bool {
    PREDICATE_TYPES.contains(&predicate_type) || is_cyclonedx(predicate_type)
}

fn is_cyclonedx(predicate_type: &str) -> bool {
    is_sbom(predicate_type) && predicate_type.starts_with(CYCLONEDX)
}

/// Everything that a document of a VEX predicate type says of `product`. What it says of others is left out.
///
/// # Errors
/// When the document, or a statement in it, is not as its format says.
pub fn read(json: &Json, predicate_type: &str, product: &Product<'_>) -> Result<Vec<Word>, VexError> {
    match predicate_type {
        CSAF_2_0 | CSAF_2_1 => csaf::read(json, product),
        other if is_cyclonedx(other) => cyclonedx::read(json, product),
        _ => openvex::read(json, product),
    }
}

fn missing(member: &str) -> VexError {
    VexError::Member(member.to_owned())
}

/// The string `member`.
fn text<'j>(json: &'j Json, member: &str) -> Result<&'j str, VexError> {
    optional_text(json, member)?.ok_or_else(|| missing(member))
}

/// The string `member`, where there is one that says something.
fn optional_text<'j>(json: &'j Json, member: &str) -> Result<Option<&'j str>, VexError> {
    let text = json.get(member).map(|value| value.as_str().ok_or_else(|| missing(member))).transpose()?;
    Ok(text.filter(|text| !text.trim().is_empty()))
}

/// The list `member`; none is empty.
fn list<'j>(json: &'j Json, member: &str) -> Result<&'j [Json], VexError> {
    json.get(member).map_or(Ok(&[]), |value| value.as_array().ok_or_else(|| missing(member)))
}

/// The time `member`, where there is one.
fn time(json: &Json, member: &str) -> Result<Option<Timestamp>, VexError> {
    let text = optional_text(json, member)?;
    text.map(|text| text.parse().map_err(|_| missing(member))).transpose()
}

fn purl(text: &str) -> Option<Purl> {
    Purl::parse(text).ok()
}
