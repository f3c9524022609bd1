//! From the bytes that a signature covers to a statement.

use mcpsign_schemas::canonical::{Json, JsonError};
use mcpsign_schemas::code::{self, Code};
use mcpsign_schemas::evidence_file::{MAX_OTHER_PREDICATE, MAX_TOOL_MANIFEST};
use mcpsign_schemas::statement::{STATEMENT_V0_1, STATEMENT_V1, Statement, predicate_type};

use crate::authenticate::bundle::BundleVersion;

/// Subjects of one statement at the most; a release has a dozen forms, and a list of millions costs more than it says.
const MAX_SUBJECTS: usize = 1024;

/// Begins our own predicate types.
const OWN: &str = "https://mcpsign.dev/";

/// A signed payload that is no well-formed statement. Its signature does not help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// Not strict JSON.
    #[error("the signed payload is not strict JSON: {0}")]
    Json(JsonError),
    /// A member is missing or of another type.
    #[error("the signed payload is no in-toto statement: {detail}")]
    Shape {
        /// Which, and what is wrong with it.
        detail: String,
    },
    /// Another `_type`.
    #[error("the statement's `_type` is `{found}`")]
    Type {
        /// What it says, shortened.
        found: String,
    },
    /// More bytes than a predicate of its type may have.
    #[error("the payload has {found} bytes, more than the {limit} allowed for its type")]
    TooLarge {
        /// Its length.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// More subjects than anybody looks at.
    #[error("the statement has {found} subjects, more than the {MAX_SUBJECTS} allowed")]
    TooManySubjects {
        /// How many.
        found: usize,
    },
    /// One of our own predicate types in a bundle of an older version, which proves less.
    #[error("statements of mcpsign need a bundle of version 0.3")]
    BundleVersion,
}

impl StatementError {
    /// Whether it is more than is looked at, not something that is wrong.
    pub(crate) const fn is_over_budget(&self) -> bool {
        matches!(self, Self::TooLarge { .. } | Self::TooManySubjects { .. })
    }

    /// The stable code.
    pub const fn code(&self) -> Code {
        match self {
            Self::BundleVersion => code::signature::BUNDLE_VERSION,
            Self::TooLarge { .. } | Self::TooManySubjects { .. } => code::evidence::OVER_BUDGET,
            _ => code::signature::STATEMENT_MALFORMED,
        }
    }
}

/// Whether a predicate type is one of ours, for which stricter rules hold.
pub(crate) fn is_own(predicate_type: &str) -> bool {
    predicate_type.starts_with(OWN)
}

/// Reads a statement from its payload's JSON.
pub(crate) fn read(
    json: Result<Json, JsonError>,
    length: usize,
    version: BundleVersion,
) -> Result<Statement, StatementError> {
    let shape = |detail: &str| StatementError::Shape { detail: detail.into() };
    let mut json = json.map_err(StatementError::Json)?;
    let object = json.as_object_mut().ok_or_else(|| shape("not an object"))?;
    // Counted before anything is built of them.
    let subjects =
        object.get("subject").and_then(Json::as_array).ok_or_else(|| shape("`subject` is no list"))?;
    if subjects.len() > MAX_SUBJECTS {
        return Err(StatementError::TooManySubjects { found: subjects.len() });
    }
    // The predicate may be large: it is moved, not copied.
    let predicate = object.remove("predicate");
    let mut statement: Statement =
        json.to_typed().map_err(|error| StatementError::Shape { detail: error.to_string() })?;
    statement.predicate = predicate.unwrap_or(Json::Null);

    let own = is_own(&statement.predicate_type);
    let type_known = statement.type_ == STATEMENT_V1 || (statement.type_ == STATEMENT_V0_1 && !own);
    if !type_known {
        return Err(StatementError::Type { found: statement.type_.chars().take(120).collect() });
    }
    if statement.predicate_type.is_empty() {
        return Err(shape("`predicateType` is empty"));
    }
    if own && version != BundleVersion::V0_3 {
        return Err(StatementError::BundleVersion);
    }
    let limit = match statement.predicate_type.as_str() {
        predicate_type::TOOL_MANIFEST => MAX_TOOL_MANIFEST,
        // The whole budget of a payload, which was checked before.
        sbom if predicate_type::is_sbom(sbom) => usize::MAX,
        _ => MAX_OTHER_PREDICATE,
    };
    if length > limit {
        return Err(StatementError::TooLarge { found: length, limit });
    }
    Ok(statement)
}
