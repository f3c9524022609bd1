//! Statements that must be there besides the tool manifest: the SBOM that it binds, and what the rule requires.

use mcpsign_schemas::code::{self, Code};
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::manifest::SbomBinding;
use mcpsign_schemas::policy::{SbomRequirement, is_same_predicate};
use mcpsign_schemas::statement::predicate_type;

use crate::attribute::Trusted;
use crate::compare::{freshness, provenance, sbom};
use crate::evaluate::{Candidate, Context, matching};
use crate::measured::Gap;
use crate::non_empty::NonEmpty;
use crate::step::{Stage, Step};

/// Begins the predicate types of SLSA provenance.
const PROVENANCE: &str = "https://slsa.dev/provenance/";

/// How the required statements came out.
pub(crate) struct Required<'a> {
    /// Set where a required statement fell at this stage.
    pub(crate) signature: Option<Step>,
    /// Set where a required statement fell at this stage.
    pub(crate) identity: Option<Step>,
    pub(crate) provenance: Step,
    pub(crate) sbom: Step,
    /// What satisfies the requirements.
    pub(crate) used: Vec<&'a Trusted>,
}

/// What one requirement found.
enum Found<'a> {
    /// It is satisfied.
    By(&'a Trusted),
    /// It is not.
    Failed(Finding),
    /// Lines that were probably meant to satisfy it fell on the way up.
    Fallen(Stage, NonEmpty<Finding>),
    /// Nothing could be found out about a line that was probably meant to satisfy it.
    Open(Gap),
}

/// Judges every requirement of the candidate's rule:
/// * SBOM: each that the manifest binds for the subject, and each format that the rule requires;
/// * provenance types are told at stage `provenance`;
/// * whatever else is required, at stage `signature`: there is no attestation of that type.
pub(crate) fn required<'a>(candidate: &Candidate<'_>, context: Context<'a>) -> Required<'a> {
    let require = &candidate.rule.require;
    let mut out = Required {
        signature: None,
        identity: None,
        provenance: Step::NotRequired,
        sbom: Step::NotRequired,
        used: Vec::new(),
    };

    let found = sboms(candidate, context);
    out.sbom = out.step(found);

    let others = |provenance: bool, missing, not_bound| {
        let predicates = require.predicates.iter().filter(|predicate| {
            *predicate != predicate_type::TOOL_MANIFEST
                && !predicate_type::is_sbom(predicate)
                && predicate.starts_with(PROVENANCE) == provenance
        });
        predicates
            .map(|predicate| statement_of(predicate, candidate, context, missing, not_bound))
            .collect::<Vec<Found<'a>>>()
    };
    out.provenance = out.step(others(true, code::provenance::MISSING, code::provenance::NOT_BOUND));
    let rest = others(false, code::signature::PREDICATE_MISSING, code::signature::PREDICATE_NOT_BOUND);
    if let Step::Failed(findings) = out.step(rest) {
        out.signature = Some(merged(out.signature.take(), findings));
    }
    out
}

impl<'a> Required<'a> {
    /// The step that requirements of one stage make; remembers what they use and what fell.
    fn step(&mut self, found: Vec<Found<'a>>) -> Step {
        let mut failed = Vec::new();
        let mut blocked = None;
        let mut by = Vec::new();
        for each in found {
            match each {
                Found::By(statement) => {
                    by.push(statement.evidence().clone());
                    if !self.used.iter().any(|used| std::ptr::eq(*used, statement)) {
                        self.used.push(statement);
                    }
                }
                Found::Failed(finding) => failed.push(finding),
                Found::Fallen(stage, findings) => {
                    let step =
                        if stage == Stage::Signature { &mut self.signature } else { &mut self.identity };
                    *step = Some(merged(step.take(), findings));
                    blocked = blocked.or(Some(stage));
                }
                Found::Open(gap) => {
                    self.signature.get_or_insert(Step::NotRun(gap));
                    blocked = blocked.or(Some(Stage::Signature));
                }
            }
        }
        match (NonEmpty::from_vec(failed), blocked, NonEmpty::from_vec(by)) {
            (Some(failed), _, _) => Step::Failed(failed),
            (None, Some(stage), _) => Step::Blocked(stage),
            (None, None, Some(by)) => Step::Passed { by, notes: Vec::new() },
            (None, None, None) => Step::NotRequired,
        }
    }
}

fn merged(step: Option<Step>, findings: NonEmpty<Finding>) -> Step {
    match step {
        Some(Step::Failed(mut all)) => {
            for finding in findings.into_vec() {
                if !all.iter().any(|known| *known == finding) {
                    all.push(finding);
                }
            }
            Step::Failed(all)
        }
        _ => Step::Failed(findings),
    }
}

fn sboms<'a>(candidate: &Candidate<'_>, context: Context<'a>) -> Vec<Found<'a>> {
    let require = &candidate.rule.require;
    let bindings: Vec<&SbomBinding> = candidate
        .manifest
        .bindings
        .sboms
        .iter()
        .filter(|binding| binding.subject == candidate.subject)
        .collect();
    let formats: Vec<&String> = require.predicates.iter().filter(|p| predicate_type::is_sbom(p)).collect();
    let mut found = Vec::new();
    for binding in &bindings {
        let asked = formats.iter().any(|format| is_same_predicate(format, &binding.predicate_type));
        if asked || require.sbom != SbomRequirement::NotRequired {
            found.push(bound_sbom(binding, candidate, context));
        }
    }
    if bindings.is_empty() && require.sbom == SbomRequirement::Bound {
        found.push(Found::Failed(Finding::new(
            code::sbom::MISSING,
            "the manifest binds no SBOM of this subject",
        )));
    }
    for format in formats {
        if bindings.iter().any(|binding| is_same_predicate(format, &binding.predicate_type)) {
            continue;
        }
        let by = statement_of(format, candidate, context, code::sbom::MISSING, code::sbom::NOT_BOUND);
        found.push(match by {
            Found::By(statement) => described(statement, candidate, context),
            other => other,
        });
    }
    found
}

/// The SBOM that a binding means.
fn bound_sbom<'a>(binding: &SbomBinding, candidate: &Candidate<'_>, context: Context<'a>) -> Found<'a> {
    let bound = eligible(&binding.predicate_type, candidate, context)
        .into_iter()
        .filter(|statement| sbom::is_bound(statement, binding, candidate.manifest));
    if let Some(statement) = freshest(bound, context) {
        return described(statement, candidate, context);
    }
    // By whom the rule names, of this type, and another document or about something else: exchanged.
    let other = named_by_rule(&binding.predicate_type, candidate, context).next();
    if let Some(other) = other {
        return Found::Failed(
            Finding::new(code::sbom::NOT_BOUND, "the SBOM is not the one that the manifest binds")
                .expected(format!("sha256:{}", binding.digest.sha256))
                .found(format!("sha256:{}", other.statement().predicate.sha256()))
                .evidence(other.evidence().clone()),
        );
    }
    fallen(&binding.predicate_type, context).unwrap_or_else(|| {
        Found::Failed(
            Finding::new(code::sbom::MISSING, "the SBOM that the manifest binds is not there")
                .expected(format!("{} sha256:{}", binding.predicate_type, binding.digest.sha256)),
        )
    })
}

fn described<'a>(statement: &'a Trusted, candidate: &Candidate<'_>, context: Context<'a>) -> Found<'a> {
    match sbom::describes(statement, &context.measured.subject, candidate.packages) {
        Ok(()) => Found::By(statement),
        Err(finding) => Found::Failed(finding),
    }
}

/// A statement of a required predicate type, over this subject, of the manifest's run if that lists its type, and usable if
/// it is a provenance.
fn statement_of<'a>(
    predicate: &str,
    candidate: &Candidate<'_>,
    context: Context<'a>,
    missing: Code,
    not_bound: Code,
) -> Found<'a> {
    let eligible = eligible(predicate, candidate, context);
    let listed = || eligible.iter().copied().filter(|s| sbom::is_listed(s, candidate.manifest));
    if let Some(statement) = freshest(listed().filter(|s| provenance::holds(s).is_ok()), context) {
        return Found::By(statement);
    }
    if let Some(finding) = listed().find_map(|statement| provenance::holds(statement).err()) {
        return Found::Failed(finding);
    }
    if let Some(other) = eligible.first() {
        return Found::Failed(
            Finding::new(not_bound, not_bound.title).found(predicate).evidence(other.evidence().clone()),
        );
    }
    fallen(predicate, context)
        .unwrap_or_else(|| Found::Failed(Finding::new(missing, missing.title).expected(predicate)))
}

/// Trusted statements of this type by signers whom the rule names.
fn named_by_rule<'a, 'c>(
    predicate: &'c str,
    candidate: &'c Candidate<'_>,
    context: Context<'a>,
) -> impl Iterator<Item = &'a Trusted> + use<'a, 'c> {
    let rule = candidate.rule;
    context
        .lines
        .iter()
        .filter_map(crate::ladder::Line::trusted)
        .filter(move |statement| is_same_predicate(predicate, &statement.statement().predicate_type))
        .filter(move |statement| rule.names(statement.entry()))
}

/// Those of them that are about the artifact.
fn eligible<'a>(predicate: &str, candidate: &Candidate<'_>, context: Context<'a>) -> Vec<&'a Trusted> {
    named_by_rule(predicate, candidate, context)
        .filter(|statement| matching(statement, context).is_ok())
        .collect()
}

/// One whose time is good enough, if there is one: a weaker duplicate must not spoil a good one.
fn freshest<'a>(statements: impl Iterator<Item = &'a Trusted>, context: Context<'_>) -> Option<&'a Trusted> {
    let statements: Vec<&Trusted> = statements.collect();
    let fresh = statements.iter().find(|statement| freshness::time_of(statement, context.policy).is_ok());
    fresh.or(statements.first()).copied()
}

/// Lines that fell on the way up and claimed this type, or are too broken to claim anything.
fn fallen<'a>(predicate: &str, context: Context<'a>) -> Option<Found<'a>> {
    let fell = |exact: bool| {
        context.lines.iter().filter_map(move |line| {
            let meant = match &line.claimed {
                Some(claimed) => exact && is_same_predicate(predicate, claimed),
                None => !exact,
            };
            line.rejection().filter(|_| meant)
        })
    };
    let suspects: Vec<_> =
        if fell(true).next().is_some() { fell(true).collect() } else { fell(false).collect() };
    if let Some(gap) = suspects.iter().find_map(|rejection| rejection.gap.clone()) {
        return Some(Found::Open(gap));
    }
    let stage = suspects.iter().map(|rejection| rejection.stage).max()?;
    let findings = suspects
        .iter()
        .filter(|rejection| rejection.stage == stage)
        .flat_map(|rejection| rejection.findings.iter().cloned())
        .collect();
    NonEmpty::from_vec(findings).map(|findings| Found::Fallen(stage, findings))
}
