//! Errors that know where in the document they belong, in words of the document: names of types are nobody's but ours.

use std::fmt;

use serde::de::{Error, Expected, Unexpected};

/// What went wrong; the path is put together from the inside out while the error travels up.
#[derive(Debug)]
pub(super) struct TypedError {
    path: Vec<String>,
    message: String,
}

impl TypedError {
    pub(super) fn below(mut self, step: impl FnOnce() -> String) -> Self {
        self.path.push(step());
        self
    }
}

impl fmt::Display for TypedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.path.iter().rev().enumerate() {
            let step = if at == 0 { step.trim_start_matches('.') } else { step };
            f.write_str(step)?;
        }
        if !self.path.is_empty() {
            f.write_str(": ")?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for TypedError {}

impl Error for TypedError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { path: Vec::new(), message: message.to_string() }
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let expected = wanted(expected);
        match found {
            Unexpected::Unit => Self::custom(format_args!("invalid type: null, expected {expected}")),
            Unexpected::Seq => Self::custom(format_args!("invalid type: list, expected {expected}")),
            Unexpected::Map => Self::custom(format_args!("invalid type: object, expected {expected}")),
            Unexpected::Str(text) => {
                let text: String = text.chars().take(MAX_FOUND).collect();
                Self::custom(format_args!("invalid type: string {text:?}, expected {expected}"))
            }
            found => Self::custom(format_args!("invalid type: {found}, expected {expected}")),
        }
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::custom(format_args!("invalid value: {found}, expected {}", wanted(expected)))
    }

    fn unknown_variant(found: &str, expected: &'static [&'static str]) -> Self {
        let found: String = found.chars().take(MAX_FOUND).collect();
        Self::custom(format_args!("unknown value `{found}`, expected {}", OneOf(expected)))
    }
}

/// Characters of what was found at the most: what was expected stands behind it.
const MAX_FOUND: usize = 64;

/// What serde's visitors expect, as the document would call it.
fn wanted(expected: &dyn Expected) -> String {
    let expected = expected.to_string();
    match expected.as_str() {
        "a sequence" => "a list".into(),
        "a map" => "an object".into(),
        "u8" | "u16" | "u32" | "u64" | "usize" => {
            "a whole number that is not negative and not too large".into()
        }
        named if named.starts_with("struct ") => "an object".into(),
        _ => expected,
    }
}

/// The words that a member can be.
pub(super) struct OneOf(pub(super) &'static [&'static str]);

impl fmt::Display for OneOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<String> = self.0.iter().map(|word| format!("`{word}`")).collect();
        match words.as_slice() {
            [] => f.write_str("nothing"),
            [only] => f.write_str(only),
            [one, other] => write!(f, "{one} or {other}"),
            several => write!(f, "one of {}", several.join(", ")),
        }
    }
}

impl Expected for OneOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The step from an object to its member `key`.
pub(super) fn member(key: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'$');
    match key.bytes().all(plain) && (1..=64).contains(&key.len()) {
        true => format!(".{key}"),
        false => format!("[{:?}]", key.chars().take(64).collect::<String>()),
    }
}
