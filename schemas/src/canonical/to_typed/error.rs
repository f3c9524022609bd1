//! Errors that know where in the document they belong.

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
        match found {
            Unexpected::Unit => Self::custom(format_args!("invalid type: null, expected {expected}")),
            found => Self::custom(format_args!("invalid type: {found}, expected {expected}")),
        }
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
