//! From bytes to a document whose members can be found in them again.

use super::yaml::{self, Positions};
use super::{MAX_BYTES, PolicyDocument, PolicyError, Position, Problem, check};
use crate::canonical::{Json, Limits};
use crate::digest::Sha256Digest;

/// A document that was loaded: its digest is that of the bytes, and every member can be found in them again.
#[derive(Debug, Clone)]
pub struct LoadedPolicy {
    /// What it says.
    pub document: PolicyDocument,
    /// SHA-256 of the bytes as loaded.
    pub digest: Sha256Digest,
    file: String,
    positions: Positions,
}

impl LoadedPolicy {
    /// Loads a document: JSON if `file` ends in `.json`, YAML if in `.yaml` or `.yml`, otherwise by its first
    /// character. Everything that can be checked without reading keys is checked.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place.
    pub fn load(bytes: &[u8], file: &str) -> Result<Self, PolicyError> {
        let fail = |problem| PolicyError { file: file.into(), path: String::new(), position: None, problem };
        if bytes.len() > MAX_BYTES {
            return Err(fail(Problem::TooLarge { found: bytes.len() }));
        }
        let (json, positions) = if is_json(bytes, file) {
            let json = Json::parse(bytes, Limits::bytes(MAX_BYTES)).map_err(|error| PolicyError {
                position: Position::of_offset(bytes, error.offset),
                ..fail(Problem::Syntax(error.to_string()))
            })?;
            (json, Positions::default())
        } else {
            yaml::parse(bytes).map_err(|(position, problem)| PolicyError { position, ..fail(problem) })?
        };
        let mut loaded = Self {
            document: PolicyDocument::empty(),
            digest: Sha256Digest::of(bytes),
            file: file.into(),
            positions,
        };
        check::no_nulls(&json, "").map_err(|(path, problem)| loaded.error(&path, problem))?;
        check::schema(&json).map_err(|(path, problem)| loaded.error(&path, problem))?;
        loaded.document = json.to_typed().map_err(|error| {
            let text = error.to_string();
            match text.split_once(": ") {
                Some((path, what)) if !path.contains(' ') => loaded.error(path, Problem::Shape(what.into())),
                _ => loaded.error("", Problem::Shape(text)),
            }
        })?;
        loaded.document.checked().map_err(|(path, problem)| loaded.error(&path, problem))?;
        Ok(loaded)
    }

    /// An error at the member `path`, such as `keys[0].publicKey`.
    pub fn error(&self, path: &str, problem: Problem) -> PolicyError {
        PolicyError {
            file: self.file.clone(),
            path: path.into(),
            position: self.positions.find(path),
            problem,
        }
    }
}

fn is_json(bytes: &[u8], file: &str) -> bool {
    match file.rsplit_once('.') {
        Some((_, "json")) => true,
        Some((_, "yaml" | "yml")) => false,
        _ => bytes.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'{'),
    }
}
