//! `rules[].require.conditions`: expressions over facts. Here they are text; the verifier compiles them.

use serde::{Deserialize, Serialize};

use crate::policy::Problem;
use crate::policy::check::{Fault, not_empty, unique};

/// Conditions of one rule at the most.
const MAX_CONDITIONS: usize = 16;

/// An expression that must be true.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Condition {
    /// Stands in reports.
    pub name: String,
    /// CEL over the facts of `spec/conditions.md`.
    pub expression: String,
}

/// Checks what can be checked without compiling them.
pub(super) fn check(conditions: &[Condition], path: &str) -> Result<(), Fault> {
    not_empty(conditions, path)?;
    if conditions.len() > MAX_CONDITIONS {
        let found = conditions.len() as u64;
        return Err((path.into(), Problem::OutOfRange { found, most: MAX_CONDITIONS as u64 }));
    }
    unique(conditions.iter().map(|condition| condition.name.as_str()), |at| format!("{path}[{at}].name"))?;
    match conditions.iter().position(|condition| condition.expression.trim().is_empty()) {
        Some(at) => Err((format!("{path}[{at}].expression"), Problem::EmptyText)),
        None => Ok(()),
    }
}
