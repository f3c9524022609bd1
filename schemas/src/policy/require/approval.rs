//! `require.approval` and `require.exceptions`.

use serde::{Deserialize, Serialize};

use crate::approval::may_be_excepted;
use crate::code::Code;
use crate::policy::check::{Fault, name, not_empty, unique_strings};
use crate::policy::{Problem, SignerEntry};
use crate::statement::predicate_type::APPROVAL;

/// Who must have approved the artifact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ApprovalRequirement {
    /// Names of the rule's signers, one of whom must have.
    pub by: Vec<String>,
    /// For whom, exactly as the approval says it.
    pub scope: String,
}

/// Which findings are borne where somebody says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ExceptionsRequirement {
    /// Names of the rule's signers who may say so.
    pub by: Vec<String>,
    /// For whom, exactly as the exception says it.
    pub scope: String,
    /// Codes of findings that may be borne; no others ever are.
    pub codes: Vec<String>,
}

impl ApprovalRequirement {
    /// Checks it for a rule that names these signers.
    pub(super) fn check(&self, signers: &[&SignerEntry], path: &str) -> Result<(), Fault> {
        super::speakers(&self.by, APPROVAL, signers, &format!("{path}.by"))?;
        name(&self.scope, &format!("{path}.scope"))
    }
}

impl ExceptionsRequirement {
    /// Checks it for a rule that names these signers.
    pub(super) fn check(&self, signers: &[&SignerEntry], path: &str) -> Result<(), Fault> {
        super::speakers(&self.by, APPROVAL, signers, &format!("{path}.by"))?;
        name(&self.scope, &format!("{path}.scope"))?;
        not_empty(&self.codes, &format!("{path}.codes"))?;
        unique_strings(self.codes.iter().map(String::as_str), |at| format!("{path}.codes[{at}]"))?;
        for (at, id) in self.codes.iter().enumerate() {
            let problem = match Code::find(id) {
                Some(code) if may_be_excepted(code) => continue,
                Some(_) => Problem::NeverExcepted(id.clone()),
                None => Problem::Unknown { what: "code", name: id.chars().take(128).collect() },
            };
            return Err((format!("{path}.codes[{at}]"), problem));
        }
        Ok(())
    }
}
