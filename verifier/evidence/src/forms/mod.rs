//! Evidence in the documents of others: npm's and GitHub's lists of attestations, PyPI's attestations (PEP 740). Each becomes
//! lines as our own files have them.
//!
//! What a document says beside its bundles (predicate types, publishers, repositories) is signed by nobody: it is dropped
//! here and reaches neither a decision nor a person. What is signed stands in the bundles as base64 and stays as it is.

mod pep740;
#[cfg(test)]
mod tests;

use mcpsign_schemas::canonical::{Json, Limits};
use mcpsign_schemas::evidence_file::{self, EvidenceFileError, Line, MAX_LINE, MAX_LINES, MAX_VALUES};

/// A file of evidence.
#[derive(Debug)]
pub struct Document(Content);

#[derive(Debug)]
enum Content {
    /// Lines as they stand.
    Lines(Vec<u8>),
    /// What another tool's document holds, one line each.
    Converted(Vec<Vec<u8>>),
}

impl Document {
    /// Reads a file. Whatever is not one document of a known form is lines; whether those are bundles is seen later.
    pub fn read(file: Vec<u8>) -> Self {
        let converted = match evidence_file::split(&file).as_deref() {
            Ok([only]) => Json::parse(only.bytes, Limits::bytes(MAX_LINE).values(MAX_VALUES))
                .ok()
                .as_ref()
                .and_then(bundles),
            _ => None,
        };
        Self(match converted {
            Some(bundles) => Content::Converted(bundles.iter().map(Json::to_canonical).collect()),
            None => Content::Lines(file),
        })
    }

    /// Its lines; of a converted document the attestations in their order, counted from 1.
    ///
    /// # Errors
    /// When there are more bytes or lines than are looked at.
    pub fn lines(&self) -> Result<Vec<Line<'_>>, EvidenceFileError> {
        match &self.0 {
            Content::Lines(file) => evidence_file::split(file),
            Content::Converted(bundles) if bundles.len() > MAX_LINES => Err(EvidenceFileError::TooManyLines),
            Content::Converted(bundles) => {
                Ok((1..).zip(bundles).map(|(number, bytes)| Line { number, bytes }).collect())
            }
        }
    }
}

/// The bundles in a document, by the one member that tells its form. What should be one and cannot be converted stays as it
/// is, to be refused by the name of what it is.
fn bundles(document: &Json) -> Option<Vec<Json>> {
    // A list without any.
    if document.as_array().is_some_and(|list| list.is_empty()) {
        return Some(Vec::new());
    }
    let has = |member| document.get(member).is_some();
    match (has("mediaType"), has("attestations"), has("attestation_bundles"), has("verification_material")) {
        (false, true, false, false) => listed(document),
        (false, false, true, false) => pep740::provenance(document),
        (false, false, false, true) => Some(vec![converted(document, pep740::bundle)]),
        _ => None,
    }
}

/// npm's and GitHub's `{"attestations": [{"bundle": {…}, …}]}`.
fn listed(document: &Json) -> Option<Vec<Json>> {
    let bundle = |attestation: &Json| attestation.get("bundle").filter(|bundle| !bundle.is_null()).cloned();
    let attestations = document.get("attestations")?.as_array()?;
    Some(attestations.iter().map(|attestation| converted(attestation, bundle)).collect())
}

fn converted(attestation: &Json, convert: impl Fn(&Json) -> Option<Json>) -> Json {
    convert(attestation).unwrap_or_else(|| attestation.clone())
}
