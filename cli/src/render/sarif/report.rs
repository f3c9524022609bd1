//! Reports of `verify`: every finding of every stage, and every stage that could not run.

use mcpsign_schemas::code::{Code, Level};
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::report::{NotRunCause, ReportDocument, VerdictWord};
use serde_json::{Value, json};

use super::rule::Rule;
use super::{Entry, Log, bounded};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::human::stages;

/// The reports of one call, one run.
pub(crate) struct Reports(Log);

impl Reports {
    pub(crate) fn new() -> Self {
        Self(Log::new("verify", json!({ "reports": [] })))
    }

    /// Adds one report.
    pub(crate) fn add(&mut self, document: &ReportDocument) {
        let findings = document.findings.iter().map(|finding| of_finding(document, finding));
        self.0.results.extend(findings);
        for (stage, report) in stages(&document.stages) {
            if let Some(NotRunCause::Gap { code, message }) = &report.cause {
                self.0.results.extend(of_gap(document, stage, code, message));
            }
        }
        if let Some(Value::Array(reports)) = self.0.properties.get_mut("reports") {
            reports.push(json!({
                "reference": bounded(&document.reference),
                "verdict": document.verdict,
                "measured": document.measured.digest,
                "policy": document.policy,
                "trustRoot": document.trust_root,
                "evaluatedAt": document.evaluated_at,
            }));
        }
    }

    /// A reference of which there is no report.
    pub(crate) fn add_failure(&mut self, failure: &Failure) {
        let text = anstream::adapter::strip_str(&failure.to_string()).to_string();
        self.0.failures.push(text.trim_end().to_owned());
    }

    /// See [`Log::line`].
    pub(crate) fn line(&self, exit: Exit) -> Result<String, Failure> {
        self.0.line(exit)
    }
}

fn of_finding(document: &ReportDocument, finding: &Finding) -> Entry {
    let mut message = finding.message.clone();
    for (name, what) in [("expected", &finding.expected), ("found", &finding.found), ("hint", &finding.hint)]
    {
        if let Some(what) = what {
            message.push_str(&format!("; {name}: {what}"));
        }
    }
    let evidence = finding.evidence.as_ref();
    Entry {
        rule: Rule::of_code(finding.code),
        level: finding.level,
        message: bounded(&message),
        artifact: evidence
            .map_or_else(|| (document.reference.clone(), 1), |at| (at.source.clone(), at.line.max(1))),
        place: None,
        identity: format!(
            "{} {}",
            document.reference,
            evidence.and_then(|at| at.payload).map(|payload| payload.to_string()).unwrap_or_default()
        ),
    }
}

/// What could not be learned decides as a denial does where it leaves the verdict open.
fn of_gap(document: &ReportDocument, stage: &str, code: &str, message: &str) -> Option<Entry> {
    let level = if document.verdict == VerdictWord::Undecided { Level::Error } else { Level::Warning };
    Some(Entry {
        rule: Rule::of_code(Code::find(code)?),
        level,
        message: bounded(&format!("stage `{stage}` could not run: {message}")),
        artifact: (document.reference.clone(), 1),
        place: None,
        identity: stage.to_owned(),
    })
}
