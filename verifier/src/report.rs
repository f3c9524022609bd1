//! What a verification found out, and its document.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use mcpsign_schemas::advisory::report::AdvisoriesReport;
use mcpsign_schemas::code::Level;
use mcpsign_schemas::digest::{DigestSet, Sha256Digest};
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::manifest::ToolManifest;
use mcpsign_schemas::report::{
    Engine, LevelReport, MatchedSubject, MeasuredSubject, NotRunCause, PolicyReport, ProvenanceReport,
    REPORT_VERSION, ReportDocument, RevocationReport, ServerReport, SignedPolicyReport, SignerReport,
    StageReport, StageState, Stages, TimeReport, TrustRootReport, TufReport, VerdictWord,
};
use mcpsign_schemas::statement::Statement;
use mcpsign_schemas::statement::predicate_type::TOOL_MANIFEST;

use crate::attribute::Trusted;
use crate::authenticate::Signer;
use crate::compare::provenance;
use crate::decide::{Verdict, decide};
use crate::evaluate::{Context, matching};
use crate::handed::Handed;
use crate::judge::{Judgement, judge};
use crate::ladder::Line;
use crate::manifests;
use crate::measured::{Gap, Measured};
use crate::policy::{Policy, Rule, Signing};
use crate::step::{Stage, Step, Steps};
use crate::trust::{SigstoreRoot, Trust};
use crate::unruled;

const SECONDS_OF_A_DAY: i64 = 24 * 60 * 60;

/// The answer and everything that led to it.
#[derive(Debug, Clone)]
#[must_use]
pub struct Report {
    verdict: Verdict,
    steps: Steps,
    remarks: Vec<(Stage, Finding)>,
    manifest: Option<TrustedManifest>,
    ready_to_observe: bool,
    subjects: Vec<MatchedSubject>,
    server: Option<ServerReport>,
    signers: Vec<SignerReport>,
    provenance: Vec<ProvenanceReport>,
    levels: Vec<LevelReport>,
    advisories: Option<AdvisoriesReport>,
    revocations: Vec<RevocationReport>,
    header: Header,
}

/// What a report says whatever was found.
#[derive(Debug, Clone)]
struct Header {
    reference: String,
    measured: MeasuredSubject,
    policy: PolicyReport,
    trust_root: Option<Sha256Digest>,
    trust_roots: Vec<TrustRootReport>,
    evaluated_at: Timestamp,
}

/// The tool manifest that a decision uses: signed by whom the policy names, about the bytes that were measured.
#[derive(Debug, Clone)]
pub struct TrustedManifest {
    manifest: ToolManifest,
    statement: Arc<Statement>,
    payload: Option<Sha256Digest>,
    signer: Signer,
}

impl TrustedManifest {
    /// The manifest.
    pub const fn manifest(&self) -> &ToolManifest {
        &self.manifest
    }

    /// The statement that it came in; its predicate is the manifest as received.
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    /// SHA-256 of the payload that was verified.
    pub const fn payload(&self) -> Option<Sha256Digest> {
        self.payload
    }

    /// Who signed it.
    pub const fn signer(&self) -> &Signer {
        &self.signer
    }
}

impl Report {
    pub(crate) fn of_lines(
        lines: &[Line],
        handed: &Handed<'_>,
        measured: &Measured,
        trust: &Trust,
        policy: &Policy,
        now: Timestamp,
    ) -> Self {
        let manifests = manifests::read(lines, measured.subject.digests.sha256, policy);
        let context = Context { lines, handed, measured, policy, now, manifests: &manifests };
        let Judgement { steps, best, remarks, revocations } = judge(context);
        let verdict = decide(&steps);
        let mut report = Self::bare(verdict, steps, measured, trust, policy, now);
        report.remarks = remarks;
        report.revocations = revocations;
        report.provenance = provenance(best.as_ref().and_then(|best| best.rule), context);
        let Some(best) = best else { return report };

        report.header.trust_root = best.statement.root().or(report.header.trust_root);
        report.header.policy.rule = best.rule.map(|rule| rule.name.clone());
        report.ready_to_observe = matches!(report.verdict, Verdict::Allow(_))
            || only_awaits(&report.steps, &best.awaits_observation);
        let kind = best.manifest.as_ref().map(|manifest| manifest.kind);
        for statement in std::iter::once(&best.statement).chain(&best.used) {
            let of_manifest = statement.statement().predicate_type == TOOL_MANIFEST;
            let name = statement.name(kind.filter(|_| of_manifest), best.rule, policy);
            report.signers.push(signer(statement, name));
            if let Ok(subject) = matching(statement, &context.measured.subject) {
                report.subjects.push(MatchedSubject {
                    name: subject.name.clone(),
                    digest: subject.digest.clone(),
                    media_type: subject.media_type.clone(),
                    predicate_type: statement.statement().predicate_type.clone(),
                });
            }
        }
        report.advisories = best.advisories;
        report.levels = best.levels;
        report.server = best.server;
        report.manifest = best.manifest.map(|manifest| TrustedManifest {
            manifest,
            statement: best.statement.shared_statement(),
            payload: best.statement.evidence().payload,
            signer: best.statement.signer().clone(),
        });
        report
    }

    /// Nothing of the evidence was looked at.
    pub(crate) fn of_gap(
        gap: Gap,
        handed: &Handed<'_>,
        measured: &Measured,
        trust: &Trust,
        policy: &Policy,
        now: Timestamp,
    ) -> Self {
        let mut steps = Steps::blocked_by(Stage::Signature);
        steps.signature = Step::NotRun(gap);
        let context = Context { lines: &[], handed, measured, policy, now, manifests: &[] };
        let revocations = unruled::complete(&mut steps, None, context);
        Self { revocations, ..Self::bare(decide(&steps), steps, measured, trust, policy, now) }
    }

    fn bare(
        verdict: Verdict,
        steps: Steps,
        measured: &Measured,
        trust: &Trust,
        policy: &Policy,
        now: Timestamp,
    ) -> Self {
        let artifact = &measured.subject;
        Self {
            verdict,
            steps,
            remarks: Vec::new(),
            manifest: None,
            ready_to_observe: false,
            subjects: Vec::new(),
            server: None,
            signers: Vec::new(),
            provenance: Vec::new(),
            levels: Vec::new(),
            advisories: None,
            revocations: Vec::new(),
            header: Header {
                reference: artifact.reference.clone(),
                measured: MeasuredSubject {
                    name: artifact.name.clone(),
                    digest: artifact.shown_digests(),
                    media_type: artifact.media_type().map(str::to_owned),
                },
                policy: PolicyReport {
                    name: policy.name().into(),
                    digest: DigestSet::sha256(policy.digest()),
                    rule: None,
                    signed: policy.signature(),
                },
                trust_root: match trust.sigstore.as_slice() {
                    [only] => Some(only.digest()),
                    _ => None,
                },
                trust_roots: trust.sigstore.iter().map(|root| trust_root(root, now)).collect(),
                evaluated_at: now,
            },
        }
    }

    /// The answer.
    pub const fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    /// How each stage came out.
    pub const fn steps(&self) -> &Steps {
        &self.steps
    }

    /// Whether everything but an observation of the running server passed: then, and only then, may it be started.
    pub const fn ready_to_observe(&self) -> bool {
        self.ready_to_observe
    }

    /// The tool manifest that the decision uses. That it is trusted is not that it is allowed: see [`Self::verdict`].
    pub const fn trusted_manifest(&self) -> Option<&TrustedManifest> {
        self.manifest.as_ref()
    }

    /// What is printed, stored, served. Equal input gives an equal document but for `evaluatedAt`.
    pub fn document(&self) -> ReportDocument {
        let stages = self.stages();
        let mut findings: Vec<Finding> =
            stages.all().into_iter().flat_map(|stage| stage.findings.iter().cloned()).collect();
        // Stable: within a level the order of stages stays.
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.level));
        ReportDocument {
            report_version: REPORT_VERSION,
            verdict: match self.verdict {
                Verdict::Allow(_) => VerdictWord::Allow,
                Verdict::Deny(_) => VerdictWord::Deny,
                Verdict::Undecided(_) => VerdictWord::Undecided,
            },
            reference: self.header.reference.clone(),
            measured: self.header.measured.clone(),
            subjects: self.subjects.clone(),
            server: self.server.clone(),
            stages,
            findings,
            signers: self.signers.clone(),
            advisories: self.advisories.clone(),
            provenance: self.provenance.clone(),
            levels: self.levels.clone(),
            revocations: self.revocations.clone(),
            policy: self.header.policy.clone(),
            trust_root: self.header.trust_root.map(DigestSet::sha256),
            trust_roots: self.header.trust_roots.clone(),
            evaluated_at: self.header.evaluated_at.to_string(),
            engine: Engine { name: "mcpsign".into(), version: env!("CARGO_PKG_VERSION").into() },
        }
    }

    fn stages(&self) -> Stages {
        let stage = |stage, step| self.stage(stage, step);
        let Steps { signature, identity, provenance, subject, manifest, sbom, advisories, freshness } =
            &self.steps;
        Stages {
            signature: stage(Stage::Signature, signature),
            identity: stage(Stage::Identity, identity),
            provenance: stage(Stage::Provenance, provenance),
            subject: stage(Stage::Subject, subject),
            manifest: stage(Stage::Manifest, manifest),
            sbom: stage(Stage::Sbom, sbom),
            advisories: stage(Stage::Advisories, advisories),
            freshness: stage(Stage::Freshness, freshness),
        }
    }

    fn stage(&self, stage: Stage, step: &Step) -> StageReport {
        let (state, cause, by) = match step {
            Step::Passed { by, .. } => (StageState::Passed, None, by.iter().cloned().collect()),
            Step::Failed(_) => (StageState::Failed, None, Vec::new()),
            Step::NotRun(gap) => {
                let cause = NotRunCause::Gap { code: gap.code.id.into(), message: gap.message.clone() };
                (StageState::NotRun, Some(cause), Vec::new())
            }
            Step::Blocked(by) => {
                (StageState::NotRun, Some(NotRunCause::BlockedBy(by.as_str().into())), Vec::new())
            }
            Step::NotRequired => (StageState::NotRequired, None, Vec::new()),
        };
        let mut findings = step.findings();
        findings
            .extend(self.remarks.iter().filter(|(at, _)| *at == stage).map(|(_, finding)| finding.clone()));
        StageReport { state, cause, by, findings }
    }

    /// The findings that are errors, in the order of the stages.
    pub fn errors(&self) -> Vec<Finding> {
        self.document().findings.into_iter().filter(|finding| finding.level == Level::Error).collect()
    }
}

/// Whether every stage passed or is not required but for those that await the observation.
fn only_awaits(steps: &Steps, awaiting: &[Stage]) -> bool {
    steps.iter().all(|(stage, step)| match step {
        Step::Passed { .. } | Step::NotRequired => true,
        Step::NotRun(_) => awaiting.contains(&stage),
        Step::Failed(_) | Step::Blocked(_) => false,
    })
}

fn trust_root(root: &SigstoreRoot, now: Timestamp) -> TrustRootReport {
    let origin = root.origin();
    TrustRootReport {
        name: origin.map(|origin| origin.name.clone()),
        source: origin.map(|origin| origin.source.as_str().into()),
        digest: DigestSet::sha256(root.digest()),
        tuf: origin.and_then(|origin| origin.tuf).map(|tuf| TufReport {
            root_version: tuf.root_version,
            expires: tuf.expires.to_string(),
            as_of: tuf.as_of.to_string(),
            age_days: u64::try_from(now.duration_since(tuf.as_of).as_secs() / SECONDS_OF_A_DAY).unwrap_or(0),
        }),
    }
}

/// What trusted statements about the artifact say of how it was built, used or not, if nothing is wrong with it.
fn provenance(rule: Option<&Rule>, context: Context<'_>) -> Vec<ProvenanceReport> {
    let about_it = context
        .lines
        .iter()
        .filter_map(Line::trusted)
        .filter(|s| matching(s, &context.measured.subject).is_ok());
    about_it
        .filter_map(|statement| {
            let provenance = provenance::usable(statement)?.ok()?;
            Some(ProvenanceReport {
                rule: statement.name(None, rule, context.policy).to_owned(),
                evidence: statement.evidence().clone(),
                predicate_type: statement.statement().predicate_type.clone(),
                provenance,
            })
        })
        .collect()
}

/// Who signed a policy, and for how long it counts.
pub(crate) fn signed(signing: &Signing) -> SignedPolicyReport {
    let terms = &signing.terms;
    SignedPolicyReport {
        sequence: terms.sequence,
        created_on: terms.created_on.to_string(),
        not_before: terms.not_before.map(|from| from.to_string()),
        expires: terms.expires.to_string(),
        signer: signer(&signing.statement, signing.statement.name(None, None, &signing.by)),
    }
}

fn signer(statement: &Trusted, name: &str) -> SignerReport {
    let mut report = SignerReport {
        rule: name.to_owned(),
        evidence: statement.evidence().clone(),
        predicate_type: statement.statement().predicate_type.clone(),
        issuer: None,
        subject: None,
        claims: BTreeMap::new(),
        deprecated_claims: BTreeMap::new(),
        workload: None,
        spki_sha256: None,
        times: statement
            .signer()
            .times()
            .iter()
            .map(|verified| TimeReport {
                time: verified.time.to_string(),
                source: verified.source.as_str().into(),
                id: verified.witness.id.clone(),
            })
            .collect(),
        trust_root: statement.root().map(DigestSet::sha256),
    };
    match statement.signer() {
        Signer::Certificate { identity, .. } => {
            report.issuer.clone_from(&identity.issuer);
            report.subject = identity.subject_name().map(str::to_owned);
            let owned = |claims: &BTreeMap<&'static str, String>| {
                claims.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
            };
            report.claims = owned(&identity.claims);
            report.deprecated_claims = owned(&identity.deprecated_claims);
            report.workload = Some(identity.workload.clone());
        }
        Signer::Key { spki_sha256, .. } => report.spki_sha256 = Some(spki_sha256.to_string()),
    }
    report
}
