//! `rules[].require.lint`: what lint may have to say of the signed manifest.

use serde::{Deserialize, Serialize};

use crate::lint;
use crate::policy::Problem;
use crate::policy::check::{Fault, not_empty};

/// What lint may have to say of the signed manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LintRequirement {
    /// From this level on a finding denies.
    pub severity: LintSeverity,
    /// What may be said all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow: Option<Vec<LintException>>,
}

/// From which level on a finding of lint denies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum LintSeverity {
    /// What looks like an attack.
    Error,
    /// What deserves a look, too.
    Warning,
    /// Whatever is said.
    Note,
}

/// A finding of lint that is known and accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LintException {
    /// The rule's code, `lint/…`.
    pub rule: String,
    /// The item's name or URI; without it, whatever item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    /// Why; stands in reports.
    pub reason: String,
}

impl LintRequirement {
    pub(super) fn check(&self, path: &str) -> Result<(), Fault> {
        let Some(exceptions) = &self.allow else { return Ok(()) };
        let path = format!("{path}.allow");
        not_empty(exceptions, &path)?;
        for (at, LintException { rule, item, reason }) in exceptions.iter().enumerate() {
            let path = format!("{path}[{at}]");
            if !lint::RULES.iter().any(|known| known.code.id == rule) {
                let name = rule.chars().take(128).collect();
                return Err((format!("{path}.rule"), Problem::Unknown { what: "rule of lint", name }));
            }
            for (member, text) in [("item", item.as_deref()), ("reason", Some(reason.as_str()))] {
                if text.is_some_and(|text| text.trim().is_empty()) {
                    return Err((format!("{path}.{member}"), Problem::EmptyText));
                }
            }
            if let Some(same) =
                exceptions.iter().take(at).find(|other| other.rule == *rule && other.item == *item)
            {
                return Err((path, Problem::DuplicateName(same.rule.clone())));
            }
        }
        Ok(())
    }
}
