//! `require.signatures` and `require.kinds`: more than one signer.

use serde::{Deserialize, Serialize};

use super::super::check::{Fault, no_repeats, not_empty, unique};
use super::super::{Problem, SignerEntry, is_same_predicate};
use super::known_signer;
use crate::manifest::Kind;

/// So many distinct signers of a predicate type. Tool manifests count that agree with the one that the decision uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignatureRequirement {
    /// Predicate type, one of those that are required.
    pub predicate: String,
    /// How many of `signers` must have signed, each in their own right.
    pub threshold: u32,
    /// Names of those who count. No two of them can be one: other keys, other issuers or other subjects.
    pub signers: Vec<String>,
}

impl SignatureRequirement {
    /// Checks what a rule demands that requires these predicates and names these signers.
    pub(super) fn check(
        &self,
        predicates: &[String],
        signers: &[&SignerEntry],
        path: &str,
    ) -> Result<(), Fault> {
        let at = |member: &str| format!("{path}.{member}");
        if !predicates.contains(&self.predicate) {
            return Err((at("predicate"), Problem::NotRequired(self.predicate.clone())));
        }
        not_empty(&self.signers, &at("signers"))?;
        unique(self.signers.iter().map(String::as_str), |n| at(&format!("signers[{n}]")))?;
        let threshold = usize::try_from(self.threshold).unwrap_or(usize::MAX);
        if threshold == 0 || threshold > self.signers.len() {
            let problem = Problem::Threshold { found: self.threshold, of: self.signers.len() };
            return Err((at("threshold"), problem));
        }
        let mut counted: Vec<&SignerEntry> = Vec::new();
        for (n, name) in self.signers.iter().enumerate() {
            let place = at(&format!("signers[{n}]"));
            let signer = known_signer(name, signers, &place)?;
            if !signer.predicates.iter().any(|named| is_same_predicate(&self.predicate, named)) {
                return Err((place, Problem::NobodyMay(self.predicate.clone())));
            }
            if let Some(other) = counted.iter().find(|other| other.may_overlap(signer)) {
                return Err((place, Problem::NotDistinct(other.name.clone())));
            }
            counted.push(signer);
        }
        Ok(())
    }
}

/// Checks the kinds that a rule demands which names these signers. No two who may speak two of them can be one.
pub(super) fn check_kinds(kinds: &[Kind], signers: &[&SignerEntry], path: &str) -> Result<(), Fault> {
    not_empty(kinds, path)?;
    no_repeats(kinds, path)?;
    for (n, kind) in kinds.iter().enumerate() {
        let place = format!("{path}[{n}]");
        if !signers.iter().any(|signer| signer.kinds.iter().flatten().any(|may| may == kind)) {
            return Err((place, Problem::NobodySpeaks));
        }
    }
    let apart = |one: &&SignerEntry| {
        signers.iter().any(|other| other.name != one.name && speak_apart(kinds, one, other))
    };
    if kinds.len() > 1 && !signers.iter().any(apart) {
        return Err((path.into(), Problem::Unmeetable("each kind is spoken by a signer of its own")));
    }
    for (n, signer) in signers.iter().enumerate() {
        let could_be = |other: &&&SignerEntry| speak_apart(kinds, signer, other) && other.may_overlap(signer);
        if let Some(other) = signers.iter().take(n).find(could_be) {
            return Err((path.into(), Problem::OneSpeaker(other.name.clone(), signer.name.clone())));
        }
    }
    Ok(())
}

/// Whether two signers may count for two of these kinds.
fn speak_apart(kinds: &[Kind], one: &SignerEntry, other: &SignerEntry) -> bool {
    let may = |signer: &SignerEntry, kind: &Kind| signer.kinds.iter().flatten().any(|may| may == kind);
    kinds.iter().any(|kind| may(one, kind) && kinds.iter().any(|rest| rest != kind && may(other, rest)))
}
