//! `rules[]`.

use serde::{Deserialize, Serialize};

use super::check::{Fault, not_empty, unique};
use super::{Match, NamespaceEntry, PolicyDocument, Problem, Require};

/// What is demanded of the servers that it matches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RuleEntry {
    /// Stands in reports.
    pub name: String,
    /// Which servers.
    #[serde(rename = "match")]
    pub applies_to: Match,
    /// Names of the signers who may speak about them.
    pub signers: Vec<String>,
    /// What they must have said, and what must hold of it.
    pub require: Require,
}

impl RuleEntry {
    pub(super) fn check(&self, policy: &PolicyDocument, path: &str) -> Result<(), Fault> {
        self.applies_to.check(&format!("{path}.match"))?;
        not_empty(&self.signers, &format!("{path}.signers"))?;
        unique(self.signers.iter().map(String::as_str), |at| format!("{path}.signers[{at}]"))?;
        let mut signers = Vec::new();
        for (at, name) in self.signers.iter().enumerate() {
            let found = policy.signers.iter().find(|signer| signer.name == *name);
            signers.push(found.ok_or_else(|| {
                (format!("{path}.signers[{at}]"), Problem::Unknown { what: "signer", name: name.clone() })
            })?);
        }
        self.require.check(&signers, &format!("{path}.require"))?;
        // All that it is for has owners, none of whom it names.
        let nobodys = |namespace: &&NamespaceEntry| {
            namespace.holds_all_of(&self.applies_to) && !namespace.names_one_of(&self.signers)
        };
        match policy.namespaces.iter().flatten().find(nobodys) {
            Some(_) => Err((
                format!("{path}.signers"),
                Problem::Unmeetable("a namespace gives the names that it matches to others"),
            )),
            None => Ok(()),
        }
    }
}
