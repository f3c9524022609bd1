//! Strict JSON in, canonical JSON (RFC 8785) out: the only way from bytes to a digest of a document.
//!
//! Two readers of one signed document must see the same value, so whatever readers are known to disagree
//! about is refused on the way in: duplicate keys, numbers that binary64 cannot hold, lone surrogates, depth.
//! The rules stand in `spec/canonical-json.md`, the vectors in `spec/vectors/canonical-json/`.

mod error;
mod from_serialize;
mod json_serde;
mod number;
mod object;
mod parse;
mod plain;
mod to_typed;
mod write;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub use self::error::{JsonError, JsonErrorKind};
pub use self::number::{NotExact, Number};
pub use self::object::Object;
pub use self::parse::Limits;

use crate::digest::Sha256Digest;

/// A JSON value, every number exact and every key unique.
///
/// Two values are equal iff their canonical forms are: the order of an object's members, which is kept for
/// display, does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number that binary64 holds exactly.
    Number(Number),
    /// A string, as received: no Unicode normalisation.
    String(String),
    /// An array.
    Array(Vec<Json>),
    /// An object.
    Object(Object),
}

impl Json {
    /// Parses one document, white space around it allowed.
    ///
    /// # Errors
    /// The first violation that was met; [`JsonErrorKind`] lists the rules.
    pub fn parse(bytes: &[u8], limits: Limits) -> Result<Self, JsonError> {
        parse::parse(bytes, limits)
    }

    /// The canonical form (RFC 8785), UTF-8 without a line end.
    pub fn to_canonical(&self) -> Vec<u8> {
        write::write(self)
    }

    /// SHA-256 of the canonical form: the digest of a JSON document wherever mcpsign names one.
    pub fn sha256(&self) -> Sha256Digest {
        Sha256Digest::of(&self.to_canonical())
    }

    /// Converts a value of our own.
    ///
    /// # Errors
    /// [`JsonErrorKind::Typed`] for what JSON cannot say without loss (non-finite or inexact numbers, keys that
    /// are no strings, raw bytes), [`JsonErrorKind::DuplicateKey`], [`JsonErrorKind::TooDeep`].
    pub fn from_serialize<T: Serialize + ?Sized>(value: &T) -> Result<Self, JsonError> {
        from_serialize::from_serialize(value)
    }

    /// Reads the value as a `T`. The result depends on the canonical form alone: `1.0` and `1` are one integer.
    ///
    /// # Errors
    /// [`JsonErrorKind::Typed`], whose message begins with the path to the member at fault. Unlike `serde_json`,
    /// no struct is read from an array (unless below a flattened or untagged type, which serde buffers).
    pub fn to_typed<'j, T: Deserialize<'j>>(&'j self) -> Result<T, JsonError> {
        to_typed::to_typed(self)
    }

    /// The member `key`, if this is an object that has one.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_object()?.get(key)
    }

    /// Whether this is `null`.
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The boolean, if this is one.
    pub const fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The number, if this is one.
    pub const fn as_number(&self) -> Option<Number> {
        match self {
            Self::Number(value) => Some(*value),
            _ => None,
        }
    }

    /// The number as an integer in 0..=2^53−1, if this is one.
    pub fn as_u64(&self) -> Option<u64> {
        self.as_number()?.as_u64()
    }

    /// The number as an integer in ±(2^53−1), if this is one.
    pub fn as_i64(&self) -> Option<i64> {
        self.as_number()?.as_i64()
    }

    /// The string, if this is one.
    pub const fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(value) => Some(value.as_str()),
            _ => None,
        }
    }

    /// The elements, if this is an array.
    pub const fn as_array(&self) -> Option<&[Self]> {
        match self {
            Self::Array(elements) => Some(elements.as_slice()),
            _ => None,
        }
    }

    /// The object, if this is one.
    pub const fn as_object(&self) -> Option<&Object> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The object for changing it, if this is one.
    pub const fn as_object_mut(&mut self) -> Option<&mut Object> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }
}

/// Parses strictly, then reads the value as a `T`: unlike `serde_json::from_slice`, it refuses duplicate keys
/// and inexact numbers even where `T` would ignore them.
///
/// # Errors
/// As [`Json::parse`] and [`Json::to_typed`].
pub fn from_slice<T: DeserializeOwned>(bytes: &[u8], limits: Limits) -> Result<T, JsonError> {
    Json::parse(bytes, limits)?.to_typed()
}

/// The canonical form (RFC 8785) of a value of our own.
///
/// # Errors
/// As [`Json::from_serialize`].
pub fn to_canonical<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, JsonError> {
    Ok(Json::from_serialize(value)?.to_canonical())
}

impl From<bool> for Json {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<Number> for Json {
    fn from(value: Number) -> Self {
        Self::Number(value)
    }
}

impl From<u32> for Json {
    fn from(value: u32) -> Self {
        Self::Number(value.into())
    }
}

impl From<&str> for Json {
    fn from(value: &str) -> Self {
        Self::String(value.to_owned())
    }
}

impl From<String> for Json {
    fn from(value: String) -> Self {
        Self::String(value)
    }
}

impl From<Vec<Self>> for Json {
    fn from(elements: Vec<Self>) -> Self {
        Self::Array(elements)
    }
}

impl From<Object> for Json {
    fn from(object: Object) -> Self {
        Self::Object(object)
    }
}
