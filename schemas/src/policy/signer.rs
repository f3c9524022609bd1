//! `signers[]`.

use serde::{Deserialize, Serialize};

use super::check::{Fault, no_repeats, not_empty, predicates, unique};
use super::{IdentityEntry, PolicyDocument, Problem};
use crate::manifest::Kind;
use crate::statement::predicate_type;

/// Someone who may speak: exactly one of `key`, `keys` and `identity`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignerEntry {
    /// By which rules refer to it; stands in reports.
    pub name: String,
    /// Name of one of the policy's keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Names of several of them: one signer who has had one key after the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<Vec<String>>,
    /// Whom a certificate must name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<IdentityEntry>,
    /// As what it may sign tool manifests; present iff `predicates` names that type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kinds: Option<Vec<Kind>>,
    /// Which predicate types it may sign. One spelling of an SBOM format stands for all of that format.
    pub predicates: Vec<String>,
}

impl SignerEntry {
    /// Checks the entry `at` this place of `policy`.
    pub(super) fn check(&self, policy: &PolicyDocument, at: usize) -> Result<(), Fault> {
        let path = format!("signers[{at}]");
        match (&self.key, &self.keys, &self.identity) {
            (Some(key), None, None) => is_known(key, policy, format!("{path}.key"))?,
            (None, Some(keys), None) => {
                let path = format!("{path}.keys");
                not_empty(keys, &path)?;
                unique(keys.iter().map(String::as_str), |n| format!("{path}[{n}]"))?;
                for (n, key) in keys.iter().enumerate() {
                    is_known(key, policy, format!("{path}[{n}]"))?;
                }
            }
            (None, None, Some(identity)) => identity.check(&format!("{path}.identity"))?,
            _ => return Err((path, Problem::NotOneSigner)),
        }
        // One signer under two names could one day count as two.
        if let Some(same) = policy.signers.iter().take(at).find(|other| self.is_also(other)) {
            return Err((path, Problem::SameSigner(same.name.clone())));
        }
        predicates(&self.predicates, &format!("{path}.predicates"))?;
        self.check_kinds(path)
    }

    /// Names of its keys; none where a certificate names it.
    pub fn key_names(&self) -> &[String] {
        self.keys.as_deref().unwrap_or(self.key.as_slice())
    }

    /// Whether somebody might be both.
    pub(super) fn may_overlap(&self, other: &Self) -> bool {
        match (&self.identity, &other.identity) {
            (Some(own), Some(others)) => own.may_overlap(others),
            _ => self.shares_a_key(other),
        }
    }

    /// Whether both are somebody for certain.
    fn is_also(&self, other: &Self) -> bool {
        (self.identity.is_some() && self.identity == other.identity) || self.shares_a_key(other)
    }

    fn shares_a_key(&self, other: &Self) -> bool {
        self.key_names().iter().any(|key| other.key_names().contains(key))
    }

    fn check_kinds(&self, path: String) -> Result<(), Fault> {
        let may_sign_manifests =
            self.predicates.iter().any(|predicate| predicate == predicate_type::TOOL_MANIFEST);
        match &self.kinds {
            Some(kinds) if may_sign_manifests => {
                let path = format!("{path}.kinds");
                not_empty(kinds, &path)?;
                no_repeats(kinds, &path)
            }
            None if !may_sign_manifests => Ok(()),
            _ => Err((path, Problem::Kinds)),
        }
    }
}

fn is_known(key: &String, policy: &PolicyDocument, path: String) -> Result<(), Fault> {
    match policy.keys.iter().flatten().any(|entry| entry.name == *key) {
        true => Ok(()),
        false => Err((path, Problem::Unknown { what: "key", name: key.clone() })),
    }
}
