//! Why a document is no strict JSON, or not of the shape asked for.

use std::fmt;

use crate::untrusted::Untrusted;

/// A refusal, with its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct JsonError {
    /// Bytes from the start of the document; 0 where no bytes were read ([`JsonErrorKind::Typed`]).
    pub offset: usize,
    /// The rule that was broken.
    pub kind: JsonErrorKind,
}

/// The rules of strict JSON. Text of the document inside is shortened, and made harmless for a terminal when it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JsonErrorKind {
    /// More bytes than the caller's budget.
    TooLarge,
    /// More arrays and objects inside each other than allowed.
    TooDeep,
    /// Two members of one object have this key, compared after unescaping. The offset is the second's.
    DuplicateKey {
        /// The key, shortened.
        key: String,
    },
    /// Not UTF-8; encoded surrogates are not UTF-8 either.
    InvalidUtf8,
    /// An escape `\ud800`–`\udfff` that is no half of a pair.
    LoneSurrogate,
    /// The document starts with U+FEFF.
    ByteOrderMark,
    /// Binary64, printed as ECMAScript does, is another value than the token, or an integer beyond ±(2^53−1).
    NumberNotExact {
        /// The token as received, shortened.
        token: String,
    },
    /// No JSON (RFC 8259).
    Syntax {
        /// What the grammar allows here.
        expected: &'static str,
    },
    /// More than white space after the document.
    TrailingData,
    /// Strict JSON, but not of the shape asked for: path, then what is wrong there.
    Typed(String),
}

impl JsonError {
    pub(super) const fn new(offset: usize, kind: JsonErrorKind) -> Self {
        Self { offset, kind }
    }

    pub(super) fn duplicate_key(offset: usize, key: &str) -> Self {
        Self::new(offset, JsonErrorKind::DuplicateKey { key: shorten(key, 64) })
    }

    pub(super) fn not_exact(offset: usize, token: &str) -> Self {
        Self::new(offset, JsonErrorKind::NumberNotExact { token: shorten(token, 40) })
    }

    pub(super) fn typed(message: &str) -> Self {
        Self::new(0, JsonErrorKind::Typed(shorten(message, 400)))
    }
}

/// Keys, tokens and unknown names are the document's and may be megabytes long; an error must not be.
fn shorten(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            kind @ JsonErrorKind::Typed(_) => kind.fmt(f),
            kind => write!(f, "{kind} at byte {}", self.offset),
        }
    }
}

impl fmt::Display for JsonErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => f.write_str("document over budget"),
            Self::TooDeep => f.write_str("nested too deep"),
            Self::DuplicateKey { key } => write!(f, "duplicate key {key:?}"),
            Self::InvalidUtf8 => f.write_str("invalid UTF-8"),
            Self::LoneSurrogate => f.write_str("lone surrogate"),
            Self::ByteOrderMark => f.write_str("byte order mark"),
            Self::NumberNotExact { token } => write!(f, "number {token} is not exact in binary64"),
            Self::Syntax { expected } => write!(f, "expected {expected}"),
            Self::TrailingData => f.write_str("trailing data"),
            Self::Typed(message) => Untrusted::quoting(message, usize::MAX).fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_the_document_is_shortened_between_characters() {
        assert_eq!(shorten("äöü", 3), "äöü");
        assert_eq!(shorten("äöü", 2), "äö…");
        let error = JsonError::duplicate_key(7, &"é".repeat(1 << 20));
        assert!(error.to_string().len() < 200);
        assert!(error.to_string().ends_with("at byte 7"));
        let error = JsonError::typed("unknown field `a\nb\u{1b}`");
        assert_eq!(error.to_string(), r"unknown field `a\nb\u{1b}`");
    }
}
