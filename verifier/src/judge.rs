//! Of all that was said, what decides? Allow iff one tool manifest passes everything; of several that do not, the one
//! that got furthest is shown, and the others in short.

use mcpsign_schemas::code;
use mcpsign_schemas::finding::{EvidenceRef, Finding};
use mcpsign_schemas::report::RevocationReport;
use mcpsign_schemas::statement::predicate_type::{TOOL_MANIFEST, is_provenance};

use crate::attribute::Trusted;
use crate::compare::provenance;
use crate::decide::{Verdict, decide};
use crate::evaluate::{Context, Evaluation, evaluate, matching};
use crate::ladder::Line;
use crate::non_empty::NonEmpty;
use crate::step::{Stage, Step, Steps};
use crate::unruled;

/// What was found out.
pub(crate) struct Judgement<'a> {
    pub(crate) steps: Steps,
    /// The manifest that the decision uses.
    pub(crate) best: Option<Evaluation<'a>>,
    /// What is to be said of evidence that decides nothing, by the stage where it fell.
    pub(crate) remarks: Vec<(Stage, Finding)>,
    /// The lists that were asked.
    pub(crate) revocations: Vec<RevocationReport>,
}

/// Judges every tool manifest that is there.
pub(crate) fn judge(context: Context<'_>) -> Judgement<'_> {
    let mut judged: Vec<Evaluation<'_>> = context
        .lines
        .iter()
        .filter_map(Line::trusted)
        .filter(|statement| statement.statement().predicate_type == TOOL_MANIFEST)
        .map(|statement| evaluate(statement, context))
        .collect();
    // Best last; payload, signer and claims make the choice independent of the order of lines.
    judged.sort_by_cached_key(|evaluation| {
        let statement = evaluation.statement;
        let claims = statement.certificate().map(|identity| identity.claims.clone());
        let passed = evaluation.steps.passed();
        let entries: Vec<_> = statement.entries().iter().copied().collect();
        (rank(&evaluation.steps), passed, statement.evidence().payload, entries, claims, statement.times())
    });
    let Some(mut best) = judged.pop() else { return without_manifest(context) };
    let mut steps = best.steps.clone();
    let unruled = unruled::complete(&mut steps, best.rule, context);
    let revocations = if unruled.is_empty() { std::mem::take(&mut best.revocations) } else { unruled };
    let mut remarks = remarks(context, &steps);
    remarks.append(&mut best.remarks);
    for (stage, finding) in judged.iter().filter_map(|other| first_failure(&other.steps)) {
        if !is_said(&finding, &steps) && !remarks.iter().any(|(_, said)| *said == finding) {
            remarks.push((stage, finding));
        }
    }
    Judgement { steps, best: Some(best), remarks, revocations }
}

fn rank(steps: &Steps) -> u8 {
    match decide(steps) {
        Verdict::Allow(_) => 2,
        Verdict::Undecided(_) => 1,
        Verdict::Deny(_) => 0,
    }
}

/// Why a manifest was not used.
fn first_failure(steps: &Steps) -> Option<(Stage, Finding)> {
    steps.iter().find_map(|(stage, step)| match step {
        Step::Failed(findings) => Some((stage, findings.first().clone().as_note())),
        _ => None,
    })
}

/// No trusted tool manifest: says where the line that was probably meant to be it fell, or that there is none.
fn without_manifest(context: Context<'_>) -> Judgement<'_> {
    let trusted: Vec<&Trusted> = context.lines.iter().filter_map(Line::trusted).collect();
    let fell = |meant: fn(&Line) -> bool| -> Vec<&Line> {
        context.lines.iter().filter(|line| line.rejection().is_some() && meant(line)).collect()
    };
    let meant = fell(|line| line.claimed.as_deref() == Some(TOOL_MANIFEST));
    let broken = fell(|line| line.claimed.is_none());
    let mut steps = if context.lines.is_empty() {
        let mut steps = Steps::blocked_by(Stage::Signature);
        steps.signature =
            Step::failed(Finding::new(code::signature::NO_ATTESTATION, "there is no attestation"));
        steps
    } else if !meant.is_empty() {
        fallen(&meant)
    } else if !broken.is_empty() {
        fallen(&broken)
    } else if trusted.is_empty() {
        fallen(&fell(|_| true))
    } else {
        other_statements(&trusted, context)
    };
    let revocations = unruled::complete(&mut steps, None, context);
    let remarks = remarks(context, &steps);
    Judgement { steps, best: None, remarks, revocations }
}

/// The lines that got furthest, and why they got no further.
fn fallen(lines: &[&Line]) -> Steps {
    let rejections = || lines.iter().filter_map(|line| Some((line, line.rejection()?)));
    if let Some(gap) = rejections().find_map(|(_, rejection)| rejection.gap.clone()) {
        let mut steps = Steps::blocked_by(Stage::Signature);
        steps.signature = Step::NotRun(gap);
        return steps;
    }
    let stage = rejections().map(|(_, rejection)| rejection.stage).max().unwrap_or(Stage::Signature);
    let furthest = || rejections().filter(|(_, rejection)| rejection.stage == stage);
    let findings = furthest().flat_map(|(_, rejection)| rejection.findings.iter().cloned()).collect();
    let failed = NonEmpty::from_vec(findings).map_or_else(
        || Step::failed(Finding::new(code::signature::NO_ATTESTATION, "there is no attestation")),
        Step::Failed,
    );
    let mut steps = Steps::blocked_by(stage);
    if stage == Stage::Signature {
        steps.signature = failed;
    } else {
        steps.signature = passed_by(furthest().map(|(line, _)| line.evidence.clone()).collect());
        steps.identity = failed;
    }
    steps
}

/// Trusted statements, and none of them a tool manifest.
fn other_statements(trusted: &[&Trusted], context: Context<'_>) -> Steps {
    let (mut about_it, mut findings) = (Vec::new(), Vec::new());
    for statement in trusted {
        match matching(statement, &context.measured.subject) {
            Ok(_) => about_it.push(statement.evidence().clone()),
            Err(error) => findings.push(error.finding().evidence(statement.evidence().clone())),
        }
    }
    let all: Vec<EvidenceRef> = trusted.iter().map(|statement| statement.evidence().clone()).collect();
    if about_it.is_empty()
        && let Some(findings) = NonEmpty::from_vec(findings)
    {
        let mut steps = Steps::blocked_by(Stage::Subject);
        steps.signature = passed_by(all.clone());
        steps.identity = passed_by(all);
        steps.subject = Step::Failed(findings);
        return steps;
    }
    let mut steps = Steps::blocked_by(Stage::Manifest);
    if context.policy.asks(unruled::asks_for_provenance) {
        steps.provenance = provenance_of(trusted, context);
    }
    steps.signature = passed_by(about_it.clone());
    steps.identity = passed_by(about_it.clone());
    steps.subject = passed_by(about_it);
    steps.manifest = Step::failed(Finding::new(
        code::manifest::MISSING,
        "the evidence holds no trusted tool manifest of this subject",
    ));
    steps
}

/// What the provenances of the artifact come to: one that holds is enough. Whether it meets what a rule demands of one is not
/// known, and that there is none is not said, without a rule.
fn provenance_of(trusted: &[&Trusted], context: Context<'_>) -> Step {
    let of_it = trusted.iter().filter(|statement| {
        is_provenance(&statement.statement().predicate_type)
            && matching(statement, &context.measured.subject).is_ok()
    });
    let (mut by, mut failed) = (Vec::new(), Vec::new());
    for statement in of_it {
        match provenance::holds(statement) {
            Ok(()) => by.push(statement.evidence().clone()),
            Err(finding) => failed.push(finding),
        }
    }
    match (NonEmpty::from_vec(by), NonEmpty::from_vec(failed)) {
        (Some(by), _) => Step::Passed { by, notes: Vec::new() },
        (None, Some(failed)) => Step::Failed(failed),
        (None, None) => Step::Blocked(Stage::Manifest),
    }
}

fn passed_by(evidence: Vec<EvidenceRef>) -> Step {
    match NonEmpty::from_vec(evidence) {
        Some(by) => Step::Passed { by, notes: Vec::new() },
        None => Step::Blocked(Stage::Signature),
    }
}

/// Evidence that decides nothing: lines that fell, and trusted statements about something else. What the steps say
/// already is not said twice.
fn remarks(context: Context<'_>, steps: &Steps) -> Vec<(Stage, Finding)> {
    let mut remarks = Vec::new();
    for line in context.lines {
        match &line.outcome {
            Err(rejection) => {
                remarks.extend(
                    rejection.findings.iter().map(|finding| (rejection.stage, finding.clone().as_note())),
                );
            }
            Ok(statement) if statement.statement().predicate_type != TOOL_MANIFEST => {
                if let Err(error) = matching(statement, &context.measured.subject) {
                    remarks.push((Stage::Subject, error.finding().evidence(line.evidence.clone()).as_note()));
                } else if let Err(finding) = provenance::holds(statement) {
                    remarks.push((Stage::Provenance, finding.as_note()));
                }
            }
            Ok(_) => {}
        }
    }
    remarks.retain(|(_, finding)| !is_said(finding, steps));
    remarks
}

/// Whether the steps say it already, at whatever level.
fn is_said(finding: &Finding, steps: &Steps) -> bool {
    steps.iter().any(|(_, step)| {
        step.findings().iter().any(|said| said.code == finding.code && said.evidence == finding.evidence)
    })
}
