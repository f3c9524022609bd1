//! Statements that must be there besides the tool manifest: the SBOM that it binds, and what the rule requires.

mod sbom;
mod statement;
mod witnesses;

use mcpsign_schemas::code;
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::report::LevelReport;
use mcpsign_schemas::statement::predicate_type;
use mcpsign_schemas::summary::SlsaLevel;

pub(crate) use self::sbom::{bound_sboms, holds};
pub(crate) use self::statement::{about_it, provenances};

use self::statement::statement_of;
use crate::attribute::Trusted;
use crate::compare::{freshness, provenance};
use crate::evaluate::{Candidate, Context};
use crate::measured::Gap;
use crate::non_empty::NonEmpty;
use crate::step::{Stage, Step};
use crate::summary;

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
    /// It is satisfied; what else there is to say.
    By(&'a Trusted, Vec<Finding>),
    /// It is not.
    Failed(NonEmpty<Finding>),
    /// What it takes to tell was not measured.
    NotMeasured(Gap),
    /// Lines that were probably meant to satisfy it fell on the way up.
    Fallen(Stage, NonEmpty<Finding>),
    /// Nothing could be found out about a line that was probably meant to satisfy it.
    Open(Gap),
}

impl Found<'_> {
    const fn failed(finding: Finding) -> Self {
        Self::Failed(NonEmpty::one(finding))
    }
}

/// Whether the candidate's rule wants a provenance.
pub(crate) fn requires_provenance(candidate: &Candidate<'_>) -> bool {
    candidate.rule.require.predicates.iter().any(|predicate| predicate_type::is_provenance(predicate))
}

/// The level of SLSA's build track that the rule's builders establish for the provenance that is used, the best where there
/// are several; none where anything that is asked of provenance does not hold.
pub(crate) fn levels(
    required: &Required<'_>,
    candidate: &Candidate<'_>,
    context: Context<'_>,
) -> Vec<LevelReport> {
    if !required.provenance.is_passed() {
        return Vec::new();
    }
    let in_time = |used: &&&Trusted| freshness::time_of(used, candidate.rule, context.policy).is_ok();
    let best = required
        .used
        .iter()
        .filter(in_time)
        .filter_map(|used| Some((provenance::level(used, candidate.rule)?, used.evidence().clone())))
        .max_by(|((one, _), at), ((other, _), other_at)| one.cmp(other).then_with(|| other_at.cmp(at)));
    best.map(|((level, builder_id), evidence)| LevelReport {
        level: SlsaLevel { track: "BUILD", level }.to_string(),
        builder_id,
        evidence,
    })
    .into_iter()
    .collect()
}

/// Judges every requirement of the candidate's rule:
/// * SBOM: each that the manifest binds for the subject, and each format that the rule requires;
/// * provenance types are told at stage `provenance`;
/// * whatever else is required, at stage `signature`: there is no attestation of that type;
/// * too few signers, at stage `identity`.
pub(crate) fn required<'a>(candidate: &Candidate<'_>, context: Context<'a>) -> Required<'a> {
    let require = &candidate.rule.require;
    let mut out = Required {
        signature: None,
        identity: None,
        provenance: Step::NotRequired,
        sbom: Step::NotRequired,
        used: Vec::new(),
    };

    let found = sbom::sboms(candidate, context);
    out.sbom = out.step(found);

    let others = |provenance: bool, missing, not_bound| {
        let predicates = require.predicates.iter().filter(|predicate| {
            *predicate != predicate_type::TOOL_MANIFEST
                && !predicate_type::is_sbom(predicate)
                && predicate_type::is_provenance(predicate) == provenance
        });
        predicates
            .map(|predicate| statement_of(predicate, candidate, context, missing, not_bound))
            .collect::<Vec<Found<'a>>>()
    };
    let mut provenance = others(true, code::provenance::MISSING, code::provenance::NOT_BOUND);
    if let Some(asked) = &require.summary {
        let verified = summary::verified(asked, candidate, context);
        provenance.push(verified.map_or_else(Found::failed, |summary| Found::By(summary, Vec::new())));
    }
    out.provenance = out.step(provenance);
    let rest = others(false, code::signature::PREDICATE_MISSING, code::signature::PREDICATE_NOT_BOUND);
    if let Step::Failed(findings) = out.step(rest) {
        out.signature = Some(merged(out.signature.take(), findings));
    }
    let witnessed = witnesses::witnessed(candidate, context);
    if let Step::Failed(findings) = out.step(witnessed.failed) {
        out.identity = Some(merged(out.identity.take(), findings));
    }
    let others = witnessed.by.into_iter().filter(|by| !std::ptr::eq(*by, candidate.statement));
    others.for_each(|by| out.uses(by));
    out
}

impl<'a> Required<'a> {
    /// Remembers that the decision uses a statement.
    pub(crate) fn uses(&mut self, statement: &'a Trusted) {
        if !self.used.iter().any(|used| std::ptr::eq(*used, statement)) {
            self.used.push(statement);
        }
    }

    /// The step that requirements of one stage make; remembers what they use and what fell.
    fn step(&mut self, found: Vec<Found<'a>>) -> Step {
        let (mut failed, mut notes) = (Vec::new(), Vec::new());
        let (mut blocked, mut gap) = (None, None);
        let mut by = Vec::new();
        for each in found {
            match each {
                Found::By(statement, said) => {
                    notes.extend(said);
                    by.push(statement.evidence().clone());
                    self.uses(statement);
                }
                Found::Failed(findings) => failed.extend(findings.into_vec()),
                Found::NotMeasured(missing) => gap = gap.or(Some(missing)),
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
        if let Some(failed) = NonEmpty::from_vec(failed) {
            return Step::Failed(failed);
        }
        match (blocked, gap, NonEmpty::from_vec(by)) {
            (Some(stage), _, _) => Step::Blocked(stage),
            (None, Some(gap), _) => Step::NotRun(gap),
            (None, None, Some(by)) => Step::Passed { by, notes },
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
