//! `rules[].require`: one file a member.

mod advisories;
mod approval;
mod condition;
mod continuity;
mod licenses;
mod lint;
mod manifest;
mod provenance;
mod revocations;
mod sbom;
mod shadowing;
mod signatures;
mod summary;
mod time;
mod tools;

use serde::{Deserialize, Serialize};

pub use self::advisories::{
    AdvisoryRequirement, Exploited, RefusedKind, SnapshotRequirement, Threshold, Unevaluated, Unfixed,
    VexRequirement,
};
pub use self::approval::{ApprovalRequirement, ExceptionsRequirement};
pub use self::condition::Condition;
pub use self::continuity::{ContinuityRequirement, CoolDown, FirstSeen, Weight};
pub use self::licenses::{LicenseRequirement, Unlicensed};
pub use self::lint::{LintException, LintRequirement, LintSeverity};
pub use self::manifest::{
    CaptureForm, Comparison, ManifestRequirement, MinimumBinding, Observation, Resources,
};
pub use self::provenance::{BuilderEntry, BuilderPattern, ProvenanceRequirement};
pub use self::revocations::{Authority, RevocationsRequirement};
pub use self::sbom::{Components, SbomRequirement};
pub use self::shadowing::{Others, ShadowingRequirement};
pub use self::signatures::SignatureRequirement;
pub use self::summary::SummaryRequirement;
pub use self::time::{TimeSource, TimeSourceRequirement};
pub use self::tools::{Deny, NamesRequirement, ToolsRequirement};

use super::check::{Fault, no_repeats, not_empty, predicates, unique};
use super::{Problem, SignerEntry, is_same_predicate};
use crate::manifest::Kind;
use crate::provenance::Provenance;
use crate::statement::predicate_type;

/// What a rule demands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Require {
    /// Predicate types of which there must be a trusted statement; the tool manifest is always one of them.
    pub predicates: Vec<String>,
    /// What must hold of the tool manifest.
    pub manifest: ManifestRequirement,
    /// What must hold of the SBOM.
    pub sbom: SbomRequirement,
    /// What of the SBOM's components must agree with the artifact's own bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub components: Option<Components>,
    /// What must hold of the provenance; one of its types is then among `predicates`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provenance: Option<ProvenanceRequirement>,
    /// Of which predicate types there must be how many distinct signers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signatures: Option<Vec<SignatureRequirement>>,
    /// As what distinct signers must have spoken of the same tools.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kinds: Option<Vec<Kind>>,
    /// Who must vouch for the time of signing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<TimeSourceRequirement>,
    /// What may be known against the components of the SBOM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advisories: Option<AdvisoryRequirement>,
    /// Under which licences the components of the SBOM may be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licenses: Option<LicenseRequirement>,
    /// What must hold of the tools that are signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tools: Option<ToolsRequirement>,
    /// What lint may have to say of the manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lint: Option<LintRequirement>,
    /// What tools may have to do with those of other servers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shadowing: Option<ShadowingRequirement>,
    /// Expressions that must be true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Vec<Condition>>,
    /// What must go on as it was in earlier releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continuity: Option<ContinuityRequirement>,
    /// Whose lists of revocations are asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revocations: Option<RevocationsRequirement>,
    /// Who must have approved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<ApprovalRequirement>,
    /// Which findings are borne where somebody says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exceptions: Option<ExceptionsRequirement>,
    /// Who must have verified it before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<SummaryRequirement>,
}

/// Ten years: more days than that would be meant to be "any".
const MAX_DAYS: u32 = 3650;

impl Require {
    /// What nothing else is required besides.
    pub const fn of(predicates: Vec<String>, manifest: ManifestRequirement, sbom: SbomRequirement) -> Self {
        Self {
            predicates,
            manifest,
            sbom,
            components: None,
            provenance: None,
            signatures: None,
            kinds: None,
            time: None,
            advisories: None,
            licenses: None,
            tools: None,
            lint: None,
            shadowing: None,
            conditions: None,
            continuity: None,
            revocations: None,
            approval: None,
            exceptions: None,
            summary: None,
        }
    }

    /// Whether something is asked of what the manifest's SBOM says, and not just that it is there.
    pub const fn reads_sbom(&self) -> bool {
        self.advisories.is_some()
            || self.licenses.is_some()
            || matches!(self.components, Some(Components::AtLeast | Components::Exactly))
    }

    /// Checks what a rule demands that names these signers.
    pub(super) fn check(&self, signers: &[&SignerEntry], path: &str) -> Result<(), Fault> {
        let required = format!("{path}.predicates");
        predicates(&self.predicates, &required)?;
        if !self.predicates.iter().any(|predicate| predicate == predicate_type::TOOL_MANIFEST) {
            return Err((required, Problem::NoManifest));
        }
        for (at, predicate) in self.predicates.iter().enumerate() {
            answerable(predicate).map_err(|problem| (format!("{required}[{at}]"), problem))?;
            let may =
                |signer: &&SignerEntry| signer.predicates.iter().any(|p| is_same_predicate(predicate, p));
            if !signers.iter().any(may) {
                return Err((format!("{required}[{at}]"), Problem::NobodyMay(predicate.clone())));
            }
        }
        if let Some(provenance) = &self.provenance {
            let types = self.predicates.iter().filter(|predicate| predicate_type::is_provenance(predicate));
            let types: Vec<&String> = types.collect();
            if types.is_empty() {
                return Err((format!("{path}.provenance"), Problem::NoProvenance));
            }
            provenance.check(&types, signers, &format!("{path}.provenance"))?;
        }
        if let Some(signatures) = &self.signatures {
            not_empty(signatures, &format!("{path}.signatures"))?;
            no_repeats(signatures, &format!("{path}.signatures"))?;
            for (at, each) in signatures.iter().enumerate() {
                each.check(&self.predicates, signers, &format!("{path}.signatures[{at}]"))?;
            }
        }
        if let Some(kinds) = &self.kinds {
            signatures::check_kinds(kinds, signers, &format!("{path}.kinds"))?;
        }
        if let Some(time) = &self.time {
            time.check(&format!("{path}.time"))?;
        }
        if let Some(advisories) = &self.advisories {
            advisories.check(signers, &format!("{path}.advisories"))?;
        }
        if let Some(licenses) = &self.licenses {
            licenses.check(&format!("{path}.licenses"))?;
        }
        self.tools.as_ref().map_or(Ok(()), |tools| tools.check(&format!("{path}.tools")))?;
        self.lint.as_ref().map_or(Ok(()), |lint| lint.check(&format!("{path}.lint")))?;
        if let Some(shadowing) = &self.shadowing {
            shadowing.check(&format!("{path}.shadowing"))?;
        }
        let conditions = self.conditions.as_deref();
        conditions
            .map_or(Ok(()), |conditions| condition::check(conditions, &format!("{path}.conditions")))?;
        if let Some(continuity) = &self.continuity {
            continuity.check(&format!("{path}.continuity"))?;
        }
        if let Some(revocations) = &self.revocations {
            revocations.check(signers, &format!("{path}.revocations"))?;
        }
        if let Some(approval) = &self.approval {
            approval.check(signers, &format!("{path}.approval"))?;
        }
        if let Some(exceptions) = &self.exceptions {
            exceptions.check(signers, &format!("{path}.exceptions"))?;
        }
        if let Some(summary) = &self.summary {
            summary.check(signers, &format!("{path}.summary"))?;
        }
        Ok(())
    }
}

/// Begin the types of families of which some are read: of another of them nobody here can tell what it says.
const UNREAD: [&str; 4] = [
    "https://slsa.dev/verification_summary",
    "https://slsa.dev/provenance",
    "https://cyclonedx.org/bom",
    "https://spdx.dev/Document",
];

/// Whether a statement of this type can be what satisfies a requirement of its type alone: those of which more must be looked
/// at than their type have members of their own, and provenance that is not read says nothing.
fn answerable(predicate: &str) -> Result<(), Problem> {
    use predicate_type::{TOOL_MANIFEST, VERIFICATION_SUMMARY, is_provenance, is_sbom};
    let is_read = match predicate {
        TOOL_MANIFEST | VERIFICATION_SUMMARY => true,
        _ if predicate.starts_with("https://mcpsign.dev/") => {
            return Err(Problem::NotEvidence(predicate.into()));
        }
        _ if is_provenance(predicate) => Provenance::is_read(predicate),
        _ if is_sbom(predicate) => true,
        _ => !UNREAD.iter().any(|family| predicate.starts_with(family)),
    };
    if is_read { Ok(()) } else { Err(Problem::UnreadType(predicate.into())) }
}

/// The signer of this name among those whom a rule names.
fn known_signer<'a>(name: &str, signers: &[&'a SignerEntry], path: &str) -> Result<&'a SignerEntry, Fault> {
    signers.iter().find(|signer| signer.name == name).copied().ok_or_else(|| {
        (path.to_owned(), Problem::Unknown { what: "signer of this rule", name: name.to_owned() })
    })
}

/// Checks names of those who must have said something: they are among the rule's signers, and may.
fn speakers(names: &[String], predicate: &str, signers: &[&SignerEntry], path: &str) -> Result<(), Fault> {
    not_empty(names, path)?;
    unique(names.iter().map(String::as_str), |at| format!("{path}[{at}]"))?;
    for (at, name) in names.iter().enumerate() {
        let signer = known_signer(name, signers, &format!("{path}[{at}]"))?;
        if !signer.predicates.iter().any(|named| named == predicate) {
            return Err((format!("{path}[{at}]"), Problem::MayNot(predicate.into())));
        }
    }
    Ok(())
}

fn days(days: u32, path: &str) -> Result<(), Fault> {
    if (1..=MAX_DAYS).contains(&days) { Ok(()) } else { Err((path.into(), Problem::Days { most: MAX_DAYS })) }
}
