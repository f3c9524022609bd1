//! Reports for people.

use std::fmt::{self, Display, Write as _};

use mcpsign_schemas::code::{Code, Level};
use mcpsign_schemas::finding::{EvidenceRef, Finding};
use mcpsign_schemas::report::{
    NotRunCause, ReportDocument, SignerReport, StageReport, StageState, Stages, VerdictWord,
};

use crate::output::style::{BOLD, DIM, ERROR, HINT, NOTE, OK, WARNING};
use crate::render::untrusted::value;

/// One verification: the answer, why, by whose word, under which policy, and what was not looked at.
pub(crate) fn report(document: &ReportDocument) -> String {
    let mut text = String::new();
    header(&mut text, document);
    for finding in &document.findings {
        text.push('\n');
        one(&mut text, finding);
    }
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
    let mut text = String::new();
    for (index, finding) in findings.iter().enumerate() {
        if index > 0 {
            text.push('\n');
        }
        one(&mut text, finding);
    }
    text
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
    let _ = writeln!(text, "{style}{word}{style:#}  {}  sha256:{}", value(&document.reference), value(digest));
}

fn one(text: &mut String, finding: &Finding) {
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
    if let Some(evidence) = &finding.evidence {
        field(text, "evidence", place(evidence));
    }
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
    let rule = document.policy.rule.as_ref().map(|rule| format!(", rule {}", value(rule)));
    let digest = document.policy.digest.get("sha256").unwrap_or("?");
    field(
        text,
        "policy",
        format_args!("{}  sha256:{}{}", value(&document.policy.name), value(digest), rule.unwrap_or_default()),
    );
    if let Some(root) = document.trust_root.as_ref().and_then(|digest| digest.get("sha256")) {
        field(text, "trust root", format_args!("sha256:{}", value(root)));
    }
    let unasked: Vec<&str> = stages(&document.stages)
        .into_iter()
        .filter(|(_, stage)| stage.state == StageState::NotRequired)
        .map(|(name, _)| name)
        .collect();
    if !unasked.is_empty() {
        field(text, "unchecked", format_args!("{} (the policy does not ask)", unasked.join(", ")));
    }
    field(text, "at", value(&document.evaluated_at));
}

fn signed_by(text: &mut String, signer: &SignerReport) {
    field(text, "statement", value(&signer.predicate_type));
    let rule = value(&signer.rule);
    match (&signer.subject, &signer.spki_sha256) {
        (Some(subject), _) => {
            let issuer = signer.issuer.as_deref().unwrap_or("?");
            field(text, "  signed by", format_args!("{} (issuer {}; {rule})", value(subject), value(issuer)));
        }
        (None, Some(spki)) => field(text, "  signed by", format_args!("key {rule} (SPKI sha256:{})", value(spki))),
        (None, None) => field(text, "  signed by", rule),
    }
    for (name, claim) in &signer.claims {
        field(text, "  ", format_args!("{}: {}", value(name), value(claim)));
    }
    field(text, "  from", place(&signer.evidence));
    match signer.times.as_slice() {
        [] => field(text, "  signed at", "not known: no log entry or timestamp proves it"),
        times => {
            for time in times {
                field(text, "  signed at", format_args!("{} ({})", value(&time.time), value(&time.source)));
            }
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
fn stages(stages: &Stages) -> [(&'static str, &StageReport); 8] {
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
