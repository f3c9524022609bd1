//! `require.revocations`.

use serde::{Deserialize, Serialize};

use crate::policy::check::{Fault, not_empty, unique_strings};
use crate::policy::{Problem, SignerEntry};
use crate::revocation;
use crate::statement::predicate_type::REVOCATION;

/// Whose lists must be there, and must not revoke what is verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RevocationsRequirement {
    /// A list of each of them is needed.
    pub authorities: Vec<Authority>,
    /// How many days ago at the most a list was made, as it says. `nextUpdate` counts in any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age_days: Option<u32>,
}

/// Somebody who revokes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Authority {
    /// As its lists call it, byte for byte.
    pub uri: String,
    /// Names of the rule's signers who speak for it.
    pub signers: Vec<String>,
}

impl RevocationsRequirement {
    /// Checks it for a rule that names these signers.
    pub(super) fn check(&self, signers: &[&SignerEntry], path: &str) -> Result<(), Fault> {
        not_empty(&self.authorities, &format!("{path}.authorities"))?;
        let uris = self.authorities.iter().map(|authority| authority.uri.as_str());
        unique_strings(uris, |at| format!("{path}.authorities[{at}].uri"))?;
        for (at, authority) in self.authorities.iter().enumerate() {
            let path = format!("{path}.authorities[{at}]");
            if !revocation::is_authority(&authority.uri) {
                return Err((format!("{path}.uri"), Problem::Uri(authority.uri.clone())));
            }
            super::speakers(&authority.signers, REVOCATION, signers, &format!("{path}.signers"))?;
        }
        self.max_age_days.map_or(Ok(()), |days| super::days(days, &format!("{path}.maxAgeDays")))
    }
}
