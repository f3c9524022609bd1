//! The whole of `verify`, from lines to a verdict. Ids are those of the attack catalogue.

mod advisories;
mod approvals;
mod continuity;
mod endpoints;
mod envelopes;
mod exceptions;
mod identities;
mod levels;
mod manifests;
mod observations;
mod policies;
mod properties;
mod revocations;
mod rotation;
mod sboms;
mod shadowing;
mod signed_policies;
mod signers;
mod subjects;
mod witness_properties;

use jiff::Timestamp;
use mcpsign_schemas::code;
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::observed::ObservedServer;
use mcpsign_schemas::report::{ReportDocument, StageState, VerdictWord};

use crate::policy::{FlagSigner, FlagsPolicy, Policy};
use crate::testing::{Key, Release};
use crate::{
    Claims, Form, Gap, Got, Heard, Measured, MeasuredArtifact, RawLine, Report, Seen, TimePolicy, Trust,
    TrustedKey, Verdict, verify, verify_again,
};

/// A verification to be bent: everything that goes into `verify`.
pub(crate) struct Case {
    pub(crate) lines: Vec<Vec<u8>>,
    pub(crate) measured: Measured,
    pub(crate) trust: Trust,
    pub(crate) policy: Policy,
    pub(crate) now: Timestamp,
}

impl Case {
    /// The honest release, signed by `key`, under `flags/v1` with that key.
    pub(crate) fn honest(key: &Key) -> Self {
        Self::of(key, &Release::honest())
    }

    pub(crate) fn of(key: &Key, release: &Release) -> Self {
        Self {
            lines: release.lines(key),
            measured: measured(release),
            trust: Trust::default(),
            policy: flags(key, &[]),
            now: time("2026-11-22T00:00:00Z"),
        }
    }

    /// In two steps it comes out the same: what the artifact is made of counts nowhere where it is not asked for.
    pub(crate) fn verify(&self) -> Report {
        let claims = self.claims();
        let report = verify(&claims, &self.measured, &self.trust, &self.policy, self.now);
        let mut measured = self.measured.clone();
        let contents = std::mem::replace(&mut measured.subject.contents, Got::not_asked());
        let mut heard = Heard::of(&claims, &mut measured, &self.trust, &self.policy, self.now);
        if heard.needs_contents() {
            heard.look(contents);
        }
        assert_eq!(heard.report().document(), report.document());
        report
    }

    /// Whether it counts what the artifact is made of.
    fn needs_contents(&self) -> bool {
        let mut measured = self.measured.clone();
        Heard::of(&self.claims(), &mut measured, &self.trust, &self.policy, self.now).needs_contents()
    }

    pub(crate) fn verify_again(&self, seen: &mut Seen) -> Report {
        verify_again(&self.claims(), &self.measured, &self.trust, &self.policy, self.now, seen)
    }

    fn claims(&self) -> Claims<'_> {
        let lines = self.lines.iter().enumerate().map(|(at, bytes)| RawLine {
            source: "evidence.jsonl".into(),
            line: u32::try_from(at + 1).unwrap(),
            bytes,
        });
        Claims { lines: lines.collect(), over_budget: None }
    }

    pub(crate) fn document(&self) -> ReportDocument {
        self.verify().document()
    }

    pub(crate) fn observe(&mut self, observed: ObservedServer) {
        self.measured.observed = Got::Some(observed);
    }

    #[track_caller]
    pub(crate) fn allowed(&self) -> ReportDocument {
        let report = self.verify();
        assert!(matches!(report.verdict(), Verdict::Allow(_)), "{:?}", report.verdict());
        report.document()
    }

    /// Denied, and for this reason first.
    #[track_caller]
    pub(crate) fn denied(&self, code: code::Code) -> ReportDocument {
        let report = self.verify();
        let Verdict::Deny(findings) = report.verdict() else { panic!("{:?}", report.verdict()) };
        assert_eq!(findings.first().code, code, "{findings:?}");
        let document = report.document();
        assert_eq!(document.verdict, VerdictWord::Deny);
        assert_eq!(document.findings.first().map(|finding| finding.code), Some(code));
        document
    }

    #[track_caller]
    pub(crate) fn undecided(&self, code: code::Code) -> ReportDocument {
        let report = self.verify();
        let Verdict::Undecided(gaps) = report.verdict() else { panic!("{:?}", report.verdict()) };
        assert_eq!(gaps.first().code, code, "{gaps:?}");
        report.document()
    }
}

pub(crate) fn flags(key: &Key, require: &[&str]) -> Policy {
    let signer = FlagSigner::Key(trusted(key, TimePolicy::AllowUnverified));
    Policy::flags(FlagsPolicy {
        require: require.iter().map(|&p| p.into()).collect(),
        ..FlagsPolicy::of(signer)
    })
    .unwrap()
}

pub(crate) fn trusted(key: &Key, time: TimePolicy) -> TrustedKey {
    TrustedKey::from_pem("acme", key.pem().as_bytes(), time).unwrap()
}

pub(crate) fn measured(release: &Release) -> Measured {
    Measured::of(MeasuredArtifact {
        reference: "./notes-mcp-1.4.0.tgz".into(),
        name: "notes-mcp-1.4.0.tgz".into(),
        form: Form::File,
        digests: release.digests(),
        identity: vec![release.identity()],
        asked: None,
        contents: Got::not_asked(),
    })
}

pub(crate) fn not_asked() -> Gap {
    Gap { code: code::evidence::NOT_LOOKED_AT, message: "nothing asked for it".into() }
}

pub(crate) fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn has(findings: &[Finding], code: code::Code) -> bool {
    findings.iter().any(|finding| finding.code == code)
}

#[test]
fn an_honest_release_passes_every_stage() {
    let document = Case::honest(&Key::generate()).allowed();
    let stages = &document.stages;
    for (name, stage) in [
        ("signature", &stages.signature),
        ("identity", &stages.identity),
        ("subject", &stages.subject),
        ("manifest", &stages.manifest),
        ("sbom", &stages.sbom),
        ("freshness", &stages.freshness),
    ] {
        assert_eq!(stage.state, StageState::Passed, "{name}");
        assert!(!stage.by.is_empty(), "{name}");
    }
    for stage in [&stages.provenance, &stages.advisories] {
        assert_eq!(stage.state, StageState::NotRequired);
    }
    // What was not proven is said.
    for code in [
        code::manifest::NOT_OBSERVED,
        code::freshness::NO_VERIFIED_TIME,
        code::freshness::NO_ROLLBACK_PROTECTION,
    ] {
        assert!(has(&document.findings, code), "{code}");
    }
    assert!(
        document.findings.iter().all(|finding| finding.level == code::Level::Note),
        "{:?}",
        document.findings
    );
    assert_eq!(document.subjects.len(), 2);
    assert_eq!(document.signers.len(), 2);
    assert_eq!(document.policy.rule.as_deref(), Some("flags"));
    assert!(document.signers.iter().all(|signer| signer.spki_sha256.is_some() && signer.times.is_empty()));
}

#[test]
fn the_manifest_that_decides_is_handed_out() {
    let report = Case::honest(&Key::generate()).verify();
    let manifest = report.trusted_manifest().unwrap();
    assert_eq!(manifest.manifest(), &Release::honest().manifest);
    assert!(manifest.payload().is_some());
    assert!(report.ready_to_observe());
}

#[test]
fn b05_no_attestation_is_a_denial() {
    let mut case = Case::honest(&Key::generate());
    case.lines.clear();
    let document = case.denied(code::signature::NO_ATTESTATION);
    assert_eq!(document.stages.manifest.state, StageState::NotRun);
    assert!(!case.verify().ready_to_observe());
    for line in [&b"[]"[..], b"null", b"{}", b"\"\"", b"0"] {
        case.lines = vec![line.to_vec()];
        case.denied(code::signature::UNREADABLE_LINE);
    }
}

#[test]
fn b48_evidence_over_budget_decides_nothing() {
    let key = Key::generate();
    let mut case = Case::honest(&key);
    for n in 0..70 {
        case.lines.push(format!("{{\"n\":{n}}}").into_bytes());
    }
    case.undecided(code::evidence::OVER_BUDGET);
    // The same line again and again is one line.
    let mut case = Case::honest(&key);
    for _ in 0..100 {
        case.lines.push(case.lines[0].clone());
    }
    case.allowed();
    // What could not be read might have counted.
    let gap = Gap { code: code::evidence::UNREADABLE, message: "no permission".into() };
    let claims = Claims { lines: Vec::new(), over_budget: Some(gap) };
    let report = verify(&claims, &case.measured, &case.trust, &case.policy, case.now);
    assert!(
        matches!(report.verdict(), Verdict::Undecided(gaps) if gaps.first().code == code::evidence::UNREADABLE)
    );
    assert!(!report.ready_to_observe());
}

#[test]
fn equal_input_gives_an_equal_report_but_for_the_time() {
    let mut case = Case::honest(&Key::generate());
    let first = case.document();
    assert_eq!(first, case.document());
    case.now = time("2026-11-23T00:00:00Z");
    let mut later = case.document();
    assert_ne!(first, later);
    later.evaluated_at.clone_from(&first.evaluated_at);
    assert_eq!(first, later);
}
