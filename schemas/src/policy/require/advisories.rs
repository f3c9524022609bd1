//! `require.advisories`

use serde::{Deserialize, Serialize};

use super::super::check::{Fault, exact, not_empty, unique_strings};
use super::super::{Problem, SignerEntry, is_same_predicate};
use crate::advisory::snapshot::SCHEMA;
use crate::advisory::{Kind, Severity};
use crate::vex::PREDICATE_TYPES;

/// What may be known against the components of the SBOMs that the manifest binds. What is malicious is refused always.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AdvisoryRequirement {
    /// Whether there must be a snapshot of advisories.
    pub snapshot: SnapshotRequirement,
    /// Vulnerabilities are refused from here on; those whose severity nobody says count as the worst.
    pub severity: Threshold,
    /// What becomes of packages that could not be held against the snapshot: without version, with one that has no order, of
    /// an ecosystem that the snapshot has nothing of.
    pub unevaluated: Unevaluated,
    /// How many days ago at the most the snapshot's sources were looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age_days: Option<u32>,
    /// Names of the rule's signers, one of whom must have signed the snapshot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signers: Option<Vec<String>>,
    /// How many of a hundred components at least must have been looked up in some version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coverage: Option<u8>,
    /// Kinds that are refused besides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kinds: Option<Vec<RefusedKind>>,
    /// What becomes of vulnerabilities that are known to be exploited, whatever their severity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exploited: Option<Exploited>,
    /// What becomes of vulnerabilities that no version mends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unfixed: Option<Unfixed>,
    /// Whose word counts that a vulnerability does not matter here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vex: Option<VexRequirement>,
}

/// Whether there must be a snapshot of advisories.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SnapshotRequirement {
    /// Undecided without one.
    Required,
    /// Held against it where there is one.
    IfGiven,
}

/// From which severity on a vulnerability is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Threshold {
    /// CVSS 0.1.
    Low,
    /// CVSS 4.0.
    Medium,
    /// CVSS 7.0.
    High,
    /// CVSS 9.0.
    Critical,
}

/// What becomes of packages that could not be held against the snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Unevaluated {
    /// They leave it undecided.
    Undecided,
    /// They are said.
    Accept,
}

/// A kind of advisory that is no vulnerability.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum RefusedKind {
    /// The package breaks a promise of its language.
    Unsound,
    /// Nobody mends the package any more.
    Unmaintained,
    /// Something else that users should know.
    Notice,
}

/// What becomes of vulnerabilities that are known to be exploited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Exploited {
    /// They are refused.
    Refuse,
}

/// What becomes of vulnerabilities that no version mends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Unfixed {
    /// They are said, unless they are known to be exploited and that is refused.
    Accept,
}

/// Whose VEX counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VexRequirement {
    /// Names of the rule's signers whose VEX counts.
    pub signers: Vec<String>,
    /// Ids of advisories of malicious packages over which it counts; over all others of that kind it never does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub malicious: Option<Vec<String>>,
}

impl From<Threshold> for Severity {
    fn from(threshold: Threshold) -> Self {
        match threshold {
            Threshold::Low => Self::Low,
            Threshold::Medium => Self::Medium,
            Threshold::High => Self::High,
            Threshold::Critical => Self::Critical,
        }
    }
}

impl From<RefusedKind> for Kind {
    fn from(kind: RefusedKind) -> Self {
        match kind {
            RefusedKind::Unsound => Self::Unsound,
            RefusedKind::Unmaintained => Self::Unmaintained,
            RefusedKind::Notice => Self::Notice,
        }
    }
}

impl AdvisoryRequirement {
    /// Checks what a rule demands that names these signers.
    pub(super) fn check(&self, signers: &[&SignerEntry], path: &str) -> Result<(), Fault> {
        if let Some(coverage) = self.coverage.filter(|coverage| !(1..=100).contains(coverage)) {
            return Err((format!("{path}.coverage"), Problem::Percent(coverage)));
        }
        self.max_age_days.map_or(Ok(()), |days| super::days(days, &format!("{path}.maxAgeDays")))?;
        if let Some(kinds) = &self.kinds {
            let path = format!("{path}.kinds");
            not_empty(kinds, &path)?;
            let names = kinds.iter().map(|kind| Kind::from(*kind).as_str());
            unique_strings(names, |at| format!("{path}[{at}]"))?;
        }
        if let Some(names) = &self.signers {
            super::speakers(names, SCHEMA, signers, &format!("{path}.signers"))?;
        }
        match &self.vex {
            Some(vex) => vex.check(signers, &format!("{path}.vex")),
            None => Ok(()),
        }
    }
}

impl VexRequirement {
    fn check(&self, signers: &[&SignerEntry], path: &str) -> Result<(), Fault> {
        let names = format!("{path}.signers");
        not_empty(&self.signers, &names)?;
        unique_strings(self.signers.iter().map(String::as_str), |at| format!("{names}[{at}]"))?;
        for (at, name) in self.signers.iter().enumerate() {
            let path = format!("{names}[{at}]");
            let Some(signer) = signers.iter().find(|signer| signer.name == *name) else {
                return Err((path, Problem::Unknown { what: "signer of this rule", name: name.clone() }));
            };
            let may = |ty: &&str| signer.predicates.iter().any(|named| is_same_predicate(named, ty));
            if !PREDICATE_TYPES.iter().any(may) {
                return Err((path, Problem::NoVex(name.clone())));
            }
        }
        let Some(malicious) = &self.malicious else { return Ok(()) };
        let ids = format!("{path}.malicious");
        not_empty(malicious, &ids)?;
        for (at, id) in malicious.iter().enumerate() {
            exact(id, &format!("{ids}[{at}]"))?;
        }
        unique_strings(malicious.iter().map(String::as_str), |at| format!("{ids}[{at}]"))
    }
}
