//! Reports for people.

use std::collections::HashMap;
use std::fmt::{self, Display, Write as _};

use mcpsign_schemas::code::{Code, Level};
use mcpsign_schemas::finding::{EvidenceRef, Finding};
use mcpsign_schemas::provenance::{Provenance, Source};
use mcpsign_schemas::report::{
    NotRunCause, ProvenanceReport, ReportDocument, RevocationReport, SignerReport, StageReport, StageState,
    Stages, TrustRootReport, VerdictWord,
};
use mcpsign_schemas::workload::{Runner, Workload};

use crate::output::style::{BOLD, DIM, ERROR, HINT, NOTE, OK, WARNING};
use crate::render::untrusted::value;

/// One verification: the answer, why, by whose word, under which policy, and what was not looked at.
pub(crate) fn report(document: &ReportDocument) -> String {
    let mut text = String::new();
    header(&mut text, document);
    text.push_str(&separated(&document.findings));
    for (_, stage) in stages(&document.stages) {
        gap(&mut text, stage);
    }
    text.push('\n');
    basis(&mut text, document);
    text.push('\n');
    states(&mut text, &document.stages);
    text
}

/// Findings alone, as a refused capture has them.
pub(crate) fn findings(findings: &[Finding]) -> String {
    separated(findings).trim_start_matches('\n').to_owned()
}

/// Each after an empty line. What is said of several pieces of evidence is said once, with all of them.
fn separated(findings: &[Finding]) -> String {
    // By everything but the evidence, in the order in which they were first said.
    let mut places = HashMap::new();
    let mut told: Vec<(&Finding, Vec<&EvidenceRef>)> = Vec::new();
    for finding in findings {
        let Finding { code, level, message, expected, found, evidence, hint } = finding;
        let place = *places.entry((code.id, *level, message, expected, found, hint)).or_insert_with(|| {
            told.push((finding, Vec::new()));
            told.len() - 1
        });
        if let Some((_, all)) = told.get_mut(place) {
            all.extend(evidence);
        }
    }
    let mut text = String::new();
    for (finding, evidence) in told {
        text.push('\n');
        one(&mut text, finding, evidence.into_iter());
    }
    text
}

/// How many of what, `1 tool`, `2 tools`.
pub(crate) fn count(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

/// The last lines that a server wrote to its stderr.
pub(crate) fn server_stderr(lines: &[String]) -> String {
    let mut text = String::new();
    for line in lines {
        let _ = writeln!(text, "  {DIM}server:{DIM:#} {}", value(line));
    }
    text
}

fn header(text: &mut String, document: &ReportDocument) {
    let (style, word) = match document.verdict {
        VerdictWord::Allow => (OK, "allowed"),
        VerdictWord::Deny => (ERROR, "denied"),
        VerdictWord::Undecided => (WARNING, "undecided"),
    };
    let digest = document.measured.digest.get("sha256").unwrap_or("?");
    let _ =
        writeln!(text, "{style}{word}{style:#}  {}  sha256:{}", value(&document.reference), value(digest));
}

fn one<'f>(text: &mut String, finding: &Finding, evidence: impl Iterator<Item = &'f EvidenceRef>) {
    let (style, word) = match finding.level {
        Level::Error => (ERROR, "error"),
        Level::Warning => (WARNING, "warning"),
        Level::Note => (NOTE, "note"),
    };
    let _ = writeln!(text, "{style}{word}[{}]{style:#}: {}", finding.code, value(&finding.message));
    // What a manifest is compared with was signed on one side and seen on the other.
    let (expected, found) = match finding.code.id.split_once('/') {
        Some(("manifest", _)) => ("signed", "observed"),
        _ => ("expected", "found"),
    };
    for (name, what) in [(expected, &finding.expected), (found, &finding.found)] {
        match what.as_deref() {
            None => {}
            Some("") => field(text, name, "(empty)"),
            Some(what) => field(text, name, value(what)),
        }
    }
    evidence.for_each(|evidence| field(text, "evidence", place(evidence)));
    // A note asks for nothing, unless whoever made it said what.
    let hint = match (&finding.hint, finding.level) {
        (Some(hint), _) => Some(hint.as_str()),
        (None, Level::Note) => None,
        (None, Level::Error | Level::Warning) => Some(finding.code.cure),
    };
    if let Some(hint) = hint {
        let _ = writeln!(text, "  {HINT}hint{HINT:#}: {}", value(hint));
    }
}

/// A stage that could not run is no finding, and still a reason.
fn gap(text: &mut String, stage: &StageReport) {
    let Some(NotRunCause::Gap { code, message }) = &stage.cause else { return };
    let _ = writeln!(text, "\n{WARNING}missing[{}]{WARNING:#}: {}", value(code), value(message));
    if let Some(known) = Code::find(code) {
        let _ = writeln!(text, "  {HINT}hint{HINT:#}: {}", known.cure);
    }
}

/// By whose word and which rules.
fn basis(text: &mut String, document: &ReportDocument) {
    for signer in &document.signers {
        signed_by(text, signer);
    }
    for provenance in &document.provenance {
        claimed_build(text, provenance);
    }
    for level in &document.levels {
        let established =
            format_args!("{} (the policy's word for {})", value(&level.level), value(&level.builder_id));
        field(text, "established", established);
    }
    let rule = document.policy.rule.as_ref().map(|rule| format!(", rule {}", value(rule)));
    let digest = document.policy.digest.get("sha256").unwrap_or("?");
    field(
        text,
        "policy",
        format_args!(
            "{}  sha256:{}{}",
            value(&document.policy.name),
            value(digest),
            rule.unwrap_or_default()
        ),
    );
    if let Some(signed) = &document.policy.signed {
        let from = signed.not_before.as_ref().map(|from| format!("from {}, ", value(from)));
        let until = value(&signed.expires);
        let from = from.unwrap_or_default();
        field(text, "  version", format_args!("{}, {from}until {until}", signed.sequence));
        signed_by(text, &signed.signer);
    }
    if let Some(advisories) = &document.advisories {
        let components = advisories.components;
        let days = usize::try_from(advisories.age_days).unwrap_or(usize::MAX);
        let digest = advisories.snapshot.get("sha256").unwrap_or("?");
        field(
            text,
            "advisories",
            format_args!(
                "{} of {} ({} old), {} looked up, {} without version, {} not identified  sha256:{}",
                advisories.records,
                value(&advisories.updated),
                count(days, "day"),
                count(components.checked, "package"),
                components.without_version,
                components.unidentified,
                value(digest)
            ),
        );
    }
    for root in &document.trust_roots {
        trust_root(text, root);
    }
    for list in &document.revocations {
        revocations(text, list);
    }
    let unasked: Vec<&str> = stages(&document.stages)
        .into_iter()
        .filter(|(_, stage)| stage.state == StageState::NotRequired)
        .map(|(name, _)| name)
        .collect();
    // Where a rule matched and names no authority.
    let revocations = document.policy.rule.is_some() && document.revocations.is_empty();
    let unasked: Vec<&str> = unasked.into_iter().chain(revocations.then_some("revocations")).collect();
    if !unasked.is_empty() {
        field(text, "unchecked", format_args!("{} (the policy does not ask)", unasked.join(", ")));
    }
    field(text, "decided at", value(&document.evaluated_at));
}

fn revocations(text: &mut String, list: &RevocationReport) {
    match (list.sequence, &list.next_update) {
        (Some(sequence), Some(next)) => field(
            text,
            "revocations",
            format_args!("{}  sequence {sequence}, until {}", value(&list.authority), value(next)),
        ),
        _ => field(text, "revocations", format_args!("{}  no list that counts", value(&list.authority))),
    }
}

fn trust_root(text: &mut String, root: &TrustRootReport) {
    let digest = root.digest.get("sha256").unwrap_or("?");
    let from = match (&root.name, &root.source) {
        (Some(name), Some(source)) => format!("{} ({})  ", value(name), value(source)),
        _ => String::new(),
    };
    field(text, "trust root", format_args!("{from}sha256:{}", value(digest)));
    if let Some(tuf) = &root.tuf {
        field(
            text,
            "",
            format_args!(
                "TUF root {}, counts until {}; as of {}, {} old",
                tuf.root_version,
                value(&tuf.expires),
                value(&tuf.as_of),
                count(usize::try_from(tuf.age_days).unwrap_or(usize::MAX), "day"),
            ),
        );
    }
}

fn signed_by(text: &mut String, signer: &SignerReport) {
    field(text, "statement", value(&signer.predicate_type));
    let rule = value(&signer.rule);
    match (&signer.subject, &signer.spki_sha256) {
        (Some(subject), _) => {
            let issuer = signer.issuer.as_deref().unwrap_or("?");
            field(
                text,
                "  signed by",
                format_args!("{} (issuer {}; `{rule}`)", value(subject), value(issuer)),
            );
        }
        (None, Some(spki)) => {
            field(text, "  signed by", format_args!("key sha256:{} (`{rule}`)", value(spki)))
        }
        (None, None) => field(text, "  signed by", rule),
    }
    if let Some(workload) = &signer.workload {
        built(text, workload);
    }
    field(text, "  from", place(&signer.evidence));
    match signer.times.as_slice() {
        [] => field(text, "  signed at", "not known: no log entry or timestamp proves it"),
        times => {
            for time in times {
                field(
                    text,
                    "  signed at",
                    format_args!("{} ({} {})", value(&time.time), value(&time.source), value(&time.id)),
                );
            }
        }
    }
}

/// What a provenance says, which is its signer's word.
fn claimed_build(text: &mut String, report: &ProvenanceReport) {
    let Provenance { builder_id, source, workflow, invocation_id, .. } = &report.provenance;
    field(
        text,
        "provenance",
        format_args!("{} (by `{}`)", value(&report.predicate_type), value(&report.rule)),
    );
    field(text, "  builder", value(builder_id));
    if let Some(Source { repository, reference, commit }) = source {
        let at = |what: &str, text: Option<&String>| {
            text.map(|text| format!(" {what} {}", value(text))).unwrap_or_default()
        };
        field(
            text,
            "  source",
            format_args!(
                "{}{}{}",
                value(repository),
                at("at", reference.as_ref()),
                at("commit", commit.as_ref())
            ),
        );
    }
    if let Some(path) = workflow.as_ref().and_then(|workflow| workflow.path.as_ref()) {
        field(text, "  workflow", value(path));
    }
    if let Some(invocation) = invocation_id {
        field(text, "  run", value(invocation));
    }
}

/// What the certificate says of the build. Its other claims, and those that could not be read, are in the JSON report.
fn built(text: &mut String, workload: &Workload) {
    let runner = workload.runner.map(|runner| match runner {
        Runner::Hosted => "the provider's",
        Runner::SelfHosted => "self-hosted",
    });
    let claims = [
        ("repository", workload.repository.as_deref()),
        ("ref", workload.reference.as_deref()),
        ("commit", workload.commit.as_deref()),
        ("trigger", workload.trigger.as_deref()),
        ("runner", runner),
        ("environment", workload.environment.as_deref()),
    ];
    for (name, claim) in claims {
        if let Some(claim) = claim {
            field(text, "", format_args!("{name}: {}", value(claim)));
        }
    }
}

/// `signature ok · identity ok · provenance not required · …`
fn states(text: &mut String, all: &Stages) {
    for (index, (name, stage)) in stages(all).into_iter().enumerate() {
        if index > 0 {
            text.push_str(" · ");
        }
        let _ = match (stage.state, &stage.cause) {
            (StageState::Passed, _) => write!(text, "{name} {OK}ok{OK:#}"),
            (StageState::Failed, _) => write!(text, "{name} {ERROR}failed{ERROR:#}"),
            (StageState::NotRequired, _) => write!(text, "{name} {DIM}not required{DIM:#}"),
            (StageState::NotRun, Some(NotRunCause::BlockedBy(by))) => {
                write!(text, "{name} {WARNING}not run{WARNING:#} (after {})", value(by))
            }
            (StageState::NotRun, _) => write!(text, "{name} {WARNING}not run{WARNING:#}"),
        };
    }
    text.push('\n');
}

/// The stages by name, in the order in which they are judged.
pub(crate) fn stages(stages: &Stages) -> [(&'static str, &StageReport); 8] {
    // Taken apart whole, so that a new stage does not go unshown.
    let Stages { signature, identity, provenance, subject, manifest, sbom, advisories, freshness } = stages;
    [
        ("signature", signature),
        ("identity", identity),
        ("provenance", provenance),
        ("subject", subject),
        ("manifest", manifest),
        ("sbom", sbom),
        ("advisories", advisories),
        ("freshness", freshness),
    ]
}

fn place(evidence: &EvidenceRef) -> impl Display + '_ {
    fmt::from_fn(|f| write!(f, "{} line {}", value(&evidence.source), evidence.line))
}

/// `  name      value`
pub(crate) fn field(text: &mut String, name: &str, value: impl Display) {
    let _ = writeln!(text, "  {BOLD}{name:<11}{BOLD:#} {value}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use mcpsign_schemas::code;
    use mcpsign_schemas::digest::{DigestSet, Sha256Digest};
    use mcpsign_schemas::report::{Engine, MeasuredSubject, PolicyReport, REPORT_VERSION};
    use mcpsign_schemas::workload::claim;

    fn stage(state: StageState, cause: Option<NotRunCause>, findings: Vec<Finding>) -> StageReport {
        StageReport { state, cause, by: Vec::new(), findings }
    }

    fn evidence(line: u32) -> EvidenceRef {
        EvidenceRef { source: "a\u{202e}.jsonl".into(), line, payload: None }
    }

    fn denied() -> ReportDocument {
        let digest = DigestSet::sha256(Sha256Digest::of(b""));
        let changed = Finding::new(code::manifest::TOOL_CHANGED, "tool `x\u{1b}[2J` differs")
            .expected("\"Read\"")
            .found("\"Read \u{202e}\"")
            .evidence(evidence(1));
        let gap =
            NotRunCause::Gap { code: code::evidence::OVER_BUDGET.id.into(), message: "too much".into() };
        let passed = || stage(StageState::Passed, None, Vec::new());
        let unasked = || stage(StageState::NotRequired, None, Vec::new());
        ReportDocument {
            report_version: REPORT_VERSION,
            verdict: VerdictWord::Deny,
            reference: "a\nallowed  b".into(),
            measured: MeasuredSubject { name: "a".into(), digest: digest.clone(), media_type: None },
            server: None,
            subjects: Vec::new(),
            stages: Stages {
                signature: passed(),
                identity: passed(),
                provenance: unasked(),
                subject: passed(),
                manifest: stage(StageState::Failed, None, vec![changed.clone()]),
                sbom: stage(StageState::NotRun, Some(gap), Vec::new()),
                advisories: unasked(),
                freshness: stage(
                    StageState::NotRun,
                    Some(NotRunCause::BlockedBy("manifest".into())),
                    Vec::new(),
                ),
            },
            findings: vec![changed.clone(), changed.evidence(evidence(2))],
            signers: vec![SignerReport {
                rule: "publisher".into(),
                evidence: evidence(1),
                predicate_type: "https://mcpsign.dev/tool-manifest/v1".into(),
                issuer: Some("https://issuer.example".into()),
                subject: Some("release@acme.example".into()),
                claims: Default::default(),
                deprecated_claims: Default::default(),
                workload: Some(Workload::of(
                    None,
                    None,
                    &[
                        (claim::SOURCE_REPOSITORY_URI, "https://git.example/acme/x".to_owned()),
                        (claim::SOURCE_REPOSITORY_REF, "refs/heads/\u{202e}".to_owned()),
                        (claim::BUILD_TRIGGER, "push".to_owned()),
                        (claim::RUNNER_ENVIRONMENT, "self-hosted".to_owned()),
                    ]
                    .into(),
                )),
                spki_sha256: None,
                times: Vec::new(),
                trust_root: None,
            }],
            advisories: None,
            revocations: Vec::new(),
            levels: Vec::new(),
            provenance: vec![ProvenanceReport {
                rule: "publisher".into(),
                evidence: evidence(1),
                predicate_type: "https://slsa.dev/provenance/v1".into(),
                provenance: Provenance {
                    builder_id: "https://b.example/\u{1b}".into(),
                    build_type: "t".into(),
                    source: Some(Source {
                        repository: "https://git.example/acme/x".into(),
                        reference: Some("refs/tags/v1".into()),
                        commit: None,
                    }),
                    workflow: None,
                    invocation_id: None,
                    materials: Vec::new(),
                    told: Vec::new(),
                    taken: Vec::new(),
                    variables: Vec::new(),
                },
            }],
            policy: PolicyReport { name: "flags/v1".into(), digest, rule: None, signed: None },
            trust_root: None,
            trust_roots: Vec::new(),
            evaluated_at: "2026-11-22T10:11:12Z".into(),
            engine: Engine { name: "mcpsign".into(), version: "0".into() },
        }
    }

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn a_denial_says_what_was_signed_and_what_was_seen() {
        let shown = plain(&report(&denied()));
        for part in [
            "denied  a\\nallowed  b  sha256:e3b0c442",
            "error[manifest/tool-changed]: tool `x\\u{1b}[2J` differs",
            "  signed      \"Read\"",
            "  observed    \"Read \\u{202e}\"",
            "  evidence    a\\u{202e}.jsonl line 1\n  evidence    a\\u{202e}.jsonl line 2",
            "  hint: run `mcpsign manifest diff`",
            "missing[evidence/over-budget]: too much",
            "release@acme.example (issuer https://issuer.example; `publisher`)",
            "repository: https://git.example/acme/x\n",
            "ref: refs/heads/\\u{202e}\n",
            "trigger: push\n",
            "runner: self-hosted\n",
            "provenance  https://slsa.dev/provenance/v1 (by `publisher`)\n",
            "builder   https://b.example/\\u{1b}\n",
            "source    https://git.example/acme/x at refs/tags/v1\n",
            "provenance, advisories (the policy does not ask)",
            "signature ok · identity ok · provenance not required · subject ok · manifest failed · sbom not run · \
             advisories not required · freshness not run (after manifest)",
        ] {
            assert!(shown.contains(part), "{part:?} is not in\n{shown}");
        }
        assert_eq!(shown.matches("error[").count(), 1, "what is said of two lines is said once");
    }

    #[test]
    fn b30_only_an_allowed_report_begins_with_allowed() {
        let mut document = denied();
        for (verdict, word) in [
            (VerdictWord::Allow, "allowed"),
            (VerdictWord::Deny, "denied"),
            (VerdictWord::Undecided, "undecided"),
        ] {
            document.verdict = verdict;
            let shown = plain(&report(&document));
            let beginning: Vec<&str> =
                shown.lines().filter_map(|line| line.split_once("  ")).map(|(first, _)| first).collect();
            assert_eq!(beginning.first(), Some(&word));
            assert_eq!(
                shown.lines().filter(|line| line.starts_with("allowed")).count(),
                usize::from(word == "allowed")
            );
        }
    }

    #[test]
    fn nothing_steers_the_terminal_and_nobody_is_called_safe() {
        let shown = plain(&report(&denied()));
        assert!(
            !shown.chars().any(|c| c != '\n' && mcpsign_schemas::untrusted::is_deceptive(c)),
            "{shown:?}"
        );
        for word in ["safe", "trusted server"] {
            assert!(!shown.to_lowercase().contains(word), "{word}");
        }
    }
}
