//! One thing that a check has to say.

use serde::{Deserialize, Serialize};

use crate::code::{Code, Level};
use crate::digest::Sha256Digest;

/// A coded statement about the subject: what was expected, what was found, from which evidence.
///
/// Strings that come from outside are stored as received; whoever shows them escapes them
/// ([`crate::untrusted::Untrusted`]).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The stable code, `stage/what`.
    pub code: Code,
    /// How much it weighs here; a finding that decides nothing is a note.
    pub level: Level,
    /// One sentence, lower case, no full stop.
    pub message: String,
    /// What would have passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What was there instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    /// Which piece of evidence says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<EvidenceRef>,
    /// What to do about it, where that depends on the case; the general cure stands with the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// Where a piece of evidence came from. Nothing in it is authenticated but `payload` of a verified statement.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct EvidenceRef {
    /// The evidence file or source, as named by the caller.
    pub source: String,
    /// Line in it, counted from 1.
    pub line: u32,
    /// SHA-256 of the decoded DSSE payload, once known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload: Option<Sha256Digest>,
}

impl Finding {
    /// A finding at its code's own level.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            level: code.level,
            message: message.into(),
            expected: None,
            found: None,
            evidence: None,
            hint: None,
        }
    }

    /// The same, weighing nothing: said, but not decisive.
    pub fn as_note(mut self) -> Self {
        self.level = Level::Note;
        self
    }

    /// The same, deciding.
    pub const fn as_error(mut self) -> Self {
        self.level = Level::Error;
        self
    }

    /// The same, deciding nothing.
    pub fn at_most_warning(mut self) -> Self {
        self.level = self.level.min(Level::Warning);
        self
    }

    /// Adds what would have passed.
    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// Adds what was there.
    pub fn found(mut self, found: impl Into<String>) -> Self {
        self.found = Some(found.into());
        self
    }

    /// Adds where it was found.
    pub fn evidence(mut self, evidence: EvidenceRef) -> Self {
        self.evidence = Some(evidence);
        self
    }

    /// Adds what to do.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
