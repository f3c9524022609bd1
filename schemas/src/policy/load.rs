//! From bytes to a document whose members can be found in them again.

use serde::de::DeserializeOwned;

use super::yaml::{self, Positions};
use super::{MAX_BYTES, PolicyDocument, PolicyError, Position, Problem, SCHEMA, check, json_places};
use crate::canonical::{Json, JsonErrorKind, Limits};
use crate::digest::Sha256Digest;
use crate::hidden::hidden;

/// A document that was loaded: its digest is that of the bytes, and every member can be found in them again.
#[derive(Debug, Clone)]
pub struct LoadedPolicy {
    /// What it says.
    pub document: PolicyDocument,
    /// SHA-256 of the bytes as loaded.
    pub digest: Sha256Digest,
    places: Places,
}

/// A document of any schema, and where its members stand.
pub(super) struct Document<T> {
    pub(super) value: T,
    pub(super) places: Places,
}

/// Where the members of a file stand.
#[derive(Debug, Clone)]
pub(super) struct Places {
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
        let Document { value, places }: Document<PolicyDocument> = read(bytes, file, SCHEMA)?;
        value.checked().map_err(|(path, problem)| places.error(&path, problem))?;
        Ok(Self { document: value, digest: Sha256Digest::of(bytes), places })
    }

    /// An error at the member `path`, such as `keys[0].publicKey`.
    pub fn error(&self, path: &str, problem: Problem) -> PolicyError {
        self.places.error(path, problem)
    }
}

impl Places {
    pub(super) fn error(&self, path: &str, problem: Problem) -> PolicyError {
        PolicyError {
            file: self.file.clone(),
            path: path.into(),
            position: self.positions.find(path),
            problem,
        }
    }
}

/// Reads a document by its form alone: strict JSON or YAML, of this schema, with its members and no others.
///
/// # Errors
/// The first thing that is wrong, with its place.
pub(super) fn read<T: DeserializeOwned>(
    bytes: &[u8],
    file: &str,
    schema: &'static str,
) -> Result<Document<T>, PolicyError> {
    let fail = |problem| PolicyError { file: file.into(), path: String::new(), position: None, problem };
    if bytes.len() > MAX_BYTES {
        return Err(fail(Problem::TooLarge { found: bytes.len() }));
    }
    if let Some((at, c)) = hidden_in(bytes) {
        return Err(PolicyError { position: Position::of_offset(bytes, at), ..fail(Problem::Hidden(c)) });
    }
    let (json, positions) = if is_json(bytes, file) {
        let json = Json::parse(bytes, Limits::bytes(MAX_BYTES)).map_err(|error| PolicyError {
            position: Position::of_offset(bytes, error.offset),
            ..fail(Problem::Syntax(error.to_string()))
        })?;
        let text = std::str::from_utf8(bytes).unwrap_or_default();
        (json, Positions::from(json_places::places(text)))
    } else {
        yaml::parse(bytes).map_err(|(position, problem)| PolicyError { position, ..fail(problem) })?
    };
    let places = Places { file: file.into(), positions };
    check::no_nulls(&json, "").map_err(|(path, problem)| places.error(&path, problem))?;
    check::schema(&json, schema).map_err(|(path, problem)| places.error(&path, problem))?;
    let value = json.to_typed().map_err(|error| {
        // The member as it is called, not as it is shown: its place is found by it.
        let text = match error.kind {
            JsonErrorKind::Typed(text) => text,
            kind => kind.to_string(),
        };
        let (path, what) = match text.split_once(": ") {
            Some((path, what)) if !path.contains(' ') => (path, what),
            _ => ("", text.as_str()),
        };
        let error = places.error(path, Problem::Shape(what.to_owned()));
        // What is unknown stands in a member that is known: it is the one to look at.
        match unknown(what) {
            Some(field) if path.is_empty() => PolicyError { position: places.positions.find(field), ..error },
            Some(field) => {
                PolicyError { position: places.positions.find(&format!("{path}.{field}")), ..error }
            }
            None => error,
        }
    })?;
    Ok(Document { value, places })
}

/// The first character that readers do not see, comments included: what people were shown is what is loaded. A byte order mark
/// at the beginning has an error of its own.
fn hidden_in(bytes: &[u8]) -> Option<(usize, char)> {
    let text = std::str::from_utf8(bytes).ok().filter(|text| !text.starts_with('\u{feff}'))?;
    hidden(text).next()
}

fn is_json(bytes: &[u8], file: &str) -> bool {
    match file.rsplit_once('.') {
        Some((_, "json")) => true,
        Some((_, "yaml" | "yml")) => false,
        _ => bytes.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'{'),
    }
}

/// The member that nobody knows, if that is what is wrong.
fn unknown(what: &str) -> Option<&str> {
    what.strip_prefix("unknown field `")?.rsplit_once("`, expected ").map(|(field, _)| field)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_member_is_found_whatever_it_is_called() {
        assert_eq!(unknown("unknown field `a`, expected one of `b`, `c`"), Some("a"));
        assert_eq!(unknown("unknown field `a`, expected `b`, expected `c`"), Some("a`, expected `b"));
        assert_eq!(unknown("missing field `a`"), None);
    }
}
