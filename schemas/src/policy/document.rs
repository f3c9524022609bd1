//! The whole of a policy.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::check::{Fault, name, no_repeats, not_empty, unique};
use super::{
    KeyEntry, NamespaceEntry, PolicyError, Problem, RuleEntry, SCHEMA, SignerEntry, key, yaml_write,
};
use crate::canonical::Json;

/// A whole policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PolicyDocument {
    /// [`SCHEMA`].
    pub schema: String,
    /// Stands in every report.
    pub name: String,
    /// From then on it allows nothing.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::time::read_some")]
    pub valid_until: Option<Timestamp>,
    /// Public keys, for signers that are keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<Vec<KeyEntry>>,
    /// Who may speak.
    pub signers: Vec<SignerEntry>,
    /// Names that belong to somebody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespaces: Option<Vec<NamespaceEntry>>,
    /// Tried in order; the first that matches decides. No match denies.
    pub rules: Vec<RuleEntry>,
}

impl PolicyDocument {
    /// Checks what `LoadedPolicy::load` checks of a document that was built, not loaded.
    ///
    /// # Errors
    /// The first thing that is wrong; its place is the path alone.
    pub fn check(&self) -> Result<(), PolicyError> {
        self.checked().map_err(|(path, problem)| PolicyError {
            file: self.name.clone(),
            path,
            position: None,
            problem,
        })
    }

    /// The document as YAML, as it could be loaded again.
    ///
    /// # Errors
    /// Never for a document of this type; the canonical writer's error is passed on.
    pub fn to_yaml(&self) -> Result<String, crate::canonical::JsonError> {
        Ok(yaml_write::write(&Json::from_serialize(self)?))
    }
}

impl PolicyDocument {
    pub(super) fn checked(&self) -> Result<(), Fault> {
        if self.schema != SCHEMA {
            return Err(("schema".into(), Problem::Schema { schema: SCHEMA, found: self.schema.clone() }));
        }
        name(&self.name, "name")?;
        if let Some(keys) = &self.keys {
            key::check(keys)?;
        }
        not_empty(&self.signers, "signers")?;
        unique(self.signers.iter().map(|entry| entry.name.as_str()), |at| format!("signers[{at}].name"))?;
        for (at, entry) in self.signers.iter().enumerate() {
            entry.check(self, at)?;
        }
        let unused =
            |key: &KeyEntry| !self.signers.iter().any(|signer| signer.key_names().contains(&key.name));
        if let Some(at) = self.keys.iter().flatten().position(unused) {
            return Err((format!("keys[{at}]"), Problem::Unused { by: "signer" }));
        }
        if let Some(namespaces) = &self.namespaces {
            not_empty(namespaces, "namespaces")?;
            no_repeats(namespaces, "namespaces")?;
            for (at, entry) in namespaces.iter().enumerate() {
                let path = format!("namespaces[{at}]");
                entry.check(self, &path)?;
                entry.check_beside(namespaces.get(..at).unwrap_or_default(), &path)?;
            }
        }
        not_empty(&self.rules, "rules")?;
        unique(self.rules.iter().map(|entry| entry.name.as_str()), |at| format!("rules[{at}].name"))?;
        let mut before: BTreeMap<String, &str> = BTreeMap::new();
        for (at, entry) in self.rules.iter().enumerate() {
            entry.check(self, &format!("rules[{at}]"))?;
            let (own, wider) = entry.applies_to.wider();
            if let Some(before) = wider.iter().find_map(|pattern| before.get(pattern)) {
                return Err((format!("rules[{at}]"), Problem::Unreachable((*before).to_owned())));
            }
            before.insert(own, entry.name.as_str());
        }
        let unused =
            |signer: &SignerEntry| !self.rules.iter().any(|rule| rule.signers.contains(&signer.name));
        match self.signers.iter().position(unused) {
            Some(at) => Err((format!("signers[{at}]"), Problem::Unused { by: "rule" })),
            None => Ok(()),
        }
    }
}
