//! The report of a verification, as `--format json` prints it. `json/report.schema.json` is made from these types.
//!
//! Fields are only ever added within one `reportVersion`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::advisory::report::AdvisoriesReport;
use crate::digest::DigestSet;
use crate::finding::{EvidenceRef, Finding};
use crate::provenance::Provenance;
use crate::workload::Workload;

/// Version of the shape below.
pub const REPORT_VERSION: u32 = 1;

/// One verification of one reference.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ReportDocument {
    /// [`REPORT_VERSION`].
    pub report_version: u32,
    /// The answer.
    pub verdict: VerdictWord,
    /// As asked for.
    pub reference: String,
    /// What was measured at the reference.
    pub measured: MeasuredSubject,
    /// Subjects of the statements used that match what was measured.
    pub subjects: Vec<MatchedSubject>,
    /// The server, as the tool manifest that the decision uses names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<ServerReport>,
    /// Every stage, in the order in which they are judged.
    pub stages: Stages,
    /// Every finding of every stage, decisive ones first.
    pub findings: Vec<Finding>,
    /// Who signed the statements that the decision uses.
    pub signers: Vec<SignerReport>,
    /// What the components of the bound SBOMs were held against, and what is known of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advisories: Option<AdvisoriesReport>,
    /// What trusted provenance about the artifact says, whether or not the decision uses it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub provenance: Vec<ProvenanceReport>,
    /// What the policy's builders establish for the provenance that the decision uses; empty where nothing does.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub levels: Vec<LevelReport>,
    /// Whose lists of revocations the rule asks for; empty where it names nobody, and nothing was asked then.
    pub revocations: Vec<RevocationReport>,
    /// What the decision was made by.
    pub policy: PolicyReport,
    /// Digest of the Sigstore trust root that the tool manifest's signature led to; where it led to none, of the only
    /// one that was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust_root: Option<DigestSet>,
    /// Every Sigstore trust root that was given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trust_roots: Vec<TrustRootReport>,
    /// `now` of the verification, RFC 3339; with `ageDays`, which follow from it, all that differs between runs on equal
    /// input.
    pub evaluated_at: String,
    /// What verified.
    pub engine: Engine,
}

impl ReportDocument {
    /// Every code that it has, each once: of its findings, and of what kept a stage from running.
    pub fn codes(&self) -> BTreeSet<&str> {
        let gaps = self.stages.all().into_iter().filter_map(|stage| match &stage.cause {
            Some(NotRunCause::Gap { code, .. }) => Some(code.as_str()),
            _ => None,
        });
        self.findings.iter().map(|finding| finding.code.id).chain(gaps).collect()
    }
}

/// In place of a report, where several references were asked for and this one could not be verified: there is no verdict.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReferenceFailure {
    /// [`REPORT_VERSION`].
    pub report_version: u32,
    /// As asked for.
    pub reference: String,
    /// What the process would have ended with, had nothing else been asked for.
    pub exit_code: u8,
    /// Why.
    pub error: FailureReport,
}

/// Why something could not be done, as it is said on stderr.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FailureReport {
    /// What happened.
    pub message: String,
    /// What caused it, the nearest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<String>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// The answer in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum VerdictWord {
    /// Every required stage passed.
    Allow,
    /// A required stage failed.
    Deny,
    /// A required stage could not run and none failed.
    Undecided,
}

impl VerdictWord {
    /// As reports write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Undecided => "undecided",
        }
    }
}

/// What was hashed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MeasuredSubject {
    /// Last path component or URL.
    pub name: String,
    /// Digests that we computed.
    pub digest: DigestSet,
    /// Trees and endpoints only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
}

/// A statement's subject that matched.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MatchedSubject {
    /// As stated.
    pub name: String,
    /// As stated.
    pub digest: DigestSet,
    /// As stated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// Predicate type of the statement.
    pub predicate_type: String,
}

/// A server by its trusted tool manifest: what the rules of a policy are held against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct ServerReport {
    /// `server.name`.
    pub name: String,
    /// `server.version`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Package URLs that it gives the artifact.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub packages: Vec<String>,
}

/// One member a stage.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct Stages {
    /// Is there an attestation whose signature, certificate, log entry and timestamps hold?
    pub signature: StageReport,
    /// Did someone sign whom the policy names?
    pub identity: StageReport,
    /// Is it known how the artifact was built?
    pub provenance: StageReport,
    /// Is it about what we hold?
    pub subject: StageReport,
    /// Is the tool manifest whole, and what the server shows?
    pub manifest: StageReport,
    /// Is the SBOM the one that belongs to it?
    pub sbom: StageReport,
    /// Is anything known against its components?
    pub advisories: StageReport,
    /// Is all this still current?
    pub freshness: StageReport,
}

impl Stages {
    /// All of them, in their order.
    pub const fn all(&self) -> [&StageReport; 8] {
        let Self { signature, identity, provenance, subject, manifest, sbom, advisories, freshness } = self;
        [signature, identity, provenance, subject, manifest, sbom, advisories, freshness]
    }
}

/// State of one stage.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct StageReport {
    /// Its state.
    pub state: StageState,
    /// Why it did not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<NotRunCause>,
    /// The evidence that it passed by.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<EvidenceRef>,
    /// What it has to say.
    pub findings: Vec<Finding>,
}

/// The four states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum StageState {
    /// It ran and holds.
    Passed,
    /// It ran and does not hold.
    Failed,
    /// It could not run.
    NotRun,
    /// The policy does not ask for it.
    NotRequired,
}

/// Why a stage did not run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum NotRunCause {
    /// Evidence or a measurement could not be had.
    Gap {
        /// `evidence/…` code.
        code: String,
        /// What was missing and why.
        message: String,
    },
    /// An earlier stage left nothing to judge.
    BlockedBy(String),
}

/// Who signed one statement.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SignerReport {
    /// The policy's name for the signer.
    pub rule: String,
    /// Where the statement stands.
    pub evidence: EvidenceRef,
    /// Predicate type of the statement.
    pub predicate_type: String,
    /// Certificate: issuer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Certificate: subject alternative name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Certificate: every claim in it, by the name of Fulcio's extension, as received.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub claims: BTreeMap<String, String>,
    /// Certificate: the claims that Fulcio has deprecated, likewise. Nothing is decided by them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub deprecated_claims: BTreeMap<String, String>,
    /// Certificate: what `claims` say of the build, as far as it could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workload: Option<Workload>,
    /// Key: SHA-256 of its SubjectPublicKeyInfo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spki_sha256: Option<String>,
    /// Verified times, RFC 3339, each with its source.
    pub times: Vec<TimeReport>,
    /// Digest of the Sigstore trust root that the signature led to; a key alone leads to none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust_root: Option<DigestSet>,
}

/// A Sigstore trust root: authorities and logs that signatures may lead to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TrustRootReport {
    /// Name of the instance, or the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `file`, `embedded`, `cache` or `imported`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Of the document's bytes.
    pub digest: DigestSet,
    /// Of a root that a TUF repository distributes; others count at all times.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tuf: Option<TufReport>,
}

/// What a TUF repository says of a trust root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TufReport {
    /// Version of the repository's `root.json`.
    pub root_version: u64,
    /// RFC 3339; the trust root does not count afterwards.
    pub expires: String,
    /// RFC 3339; when the repository was asked last, by the clock of that time.
    pub as_of: String,
    /// Whole days from `asOf` to `evaluatedAt`; 0 where that is the earlier one.
    pub age_days: u64,
}

/// What one provenance statement says: the claims of its signer, not what was found out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ProvenanceReport {
    /// The policy's name for the signer.
    pub rule: String,
    /// Where the statement stands.
    pub evidence: EvidenceRef,
    /// Predicate type of the statement.
    pub predicate_type: String,
    /// What it says.
    #[serde(flatten)]
    pub provenance: Provenance,
}

/// A level of SLSA that was established: by the policy's word for a builder, not by the provenance's for itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct LevelReport {
    /// `SLSA_BUILD_LEVEL_1` to `SLSA_BUILD_LEVEL_3`.
    pub level: String,
    /// `builder.id` of the provenance.
    pub builder_id: String,
    /// Where the provenance stands.
    pub evidence: EvidenceRef,
}

/// The list of an authority that the rule names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RevocationReport {
    /// Whose.
    pub authority: String,
    /// Number of the list; this and what follows is there where a list counts, outdated or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// RFC 3339, as the authority says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_on: Option<String>,
    /// RFC 3339; from then on it does not say what is not revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_update: Option<String>,
    /// Where the list stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<EvidenceRef>,
}

impl RevocationReport {
    /// An authority without a list that counts.
    pub fn missing(authority: &str) -> Self {
        Self {
            authority: authority.to_owned(),
            sequence: None,
            created_on: None,
            next_update: None,
            evidence: None,
        }
    }
}

/// One verified time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TimeReport {
    /// RFC 3339.
    pub time: String,
    /// `log` or `timestamp-authority`.
    pub source: String,
    /// Hex: the log's id, or the SHA-256 of the timestamp authority's own certificate.
    pub id: String,
}

/// The policy that decided.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PolicyReport {
    /// Its name; `flags/v1` for the built-in one.
    pub name: String,
    /// SHA-256 of the document's bytes as loaded.
    pub digest: DigestSet,
    /// Name of the rule that matched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Who signed it, and for how long it counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed: Option<SignedPolicyReport>,
}

/// What stands beside the document of a signed policy.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SignedPolicyReport {
    /// Number of the version.
    pub sequence: u64,
    /// RFC 3339, as the signer says.
    pub created_on: String,
    /// RFC 3339; it does not count before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<String>,
    /// RFC 3339; it does not count afterwards.
    pub expires: String,
    /// Who signed it.
    pub signer: SignerReport,
}

/// What verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct Engine {
    /// `mcpsign`.
    pub name: String,
    /// Its version.
    pub version: String,
}
