//! Statements that a rule requires by their type.

use std::cmp::Reverse;

use mcpsign_schemas::code::Code;
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::policy::is_same_predicate;
use mcpsign_schemas::statement::predicate_type::is_provenance;

use super::Found;
use crate::attribute::Trusted;
use crate::compare::{freshness, provenance, sbom};
use crate::evaluate::{Candidate, Context, matching};
use crate::ladder::Line;
use crate::non_empty::NonEmpty;
use crate::summary;

/// A statement of a required predicate type, over this subject, of the manifest's run if that lists its type, and usable if
/// it is a provenance.
pub(super) fn statement_of<'a>(
    predicate: &str,
    candidate: &Candidate<'_>,
    context: Context<'a>,
    missing: Code,
    not_bound: Code,
) -> Found<'a> {
    let eligible = eligible(predicate, candidate, context);
    let listed = || eligible.iter().copied().filter(|s| sbom::is_listed(s, candidate.manifest));
    let usable = |statement: &Trusted| usable(statement, candidate, context);
    if let Some(statement) = by_freshness(listed().filter(|s| usable(s).is_ok()), candidate, context).next() {
        return Found::By(statement, Vec::new());
    }
    if let Some(finding) = listed().find_map(|statement| usable(statement).err()) {
        return Found::failed(finding);
    }
    if let Some(other) = eligible.first() {
        return Found::failed(
            Finding::new(not_bound, not_bound.title).found(predicate).evidence(other.evidence().clone()),
        );
    }
    fallen(predicate, candidate, context)
        .unwrap_or_else(|| Found::failed(Finding::new(missing, missing.title).expected(predicate)))
}

/// Whether a statement can satisfy the requirement of its type: a provenance contradicts its certificate nowhere, and meets
/// what the rule demands of one; a summary says that what it is of has passed.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn usable(
    statement: &Trusted,
    candidate: &Candidate<'_>,
    context: Context<'_>,
) -> Result<(), Finding> {
    provenance::holds(statement)?;
    summary::passed(statement)?;
    match &candidate.rule.provenance {
        Some(demands) => provenance::meets(statement, demands, candidate.rule, context.policy),
        None => Ok(()),
    }
}

/// Every provenance that could satisfy a requirement: trusted, by a signer whom the rule names, about the artifact, of the
/// manifest's run if that lists its type, in contradiction to nothing, and signed at a time that is good enough.
pub(crate) fn provenances<'a>(candidate: &Candidate<'_>, context: Context<'a>) -> Vec<&'a Trusted> {
    about_it(is_provenance, candidate, context)
        .filter(|statement| usable(statement, candidate, context).is_ok())
        .filter(|statement| freshness::time_of(statement, candidate.rule, context.policy).is_ok())
        .collect()
}

/// Statements about the artifact whose type is one `of` these, by signers whom the rule names, of the manifest's run if that
/// lists their type.
pub(crate) fn about_it<'a, 'c>(
    of: fn(&str) -> bool,
    candidate: &'c Candidate<'_>,
    context: Context<'a>,
) -> impl Iterator<Item = &'a Trusted> + use<'a, 'c> {
    counting(candidate, context)
        .filter(move |statement| of(&statement.statement().predicate_type))
        .filter(move |statement| matching(statement, &context.measured.subject).is_ok())
        .filter(|statement| sbom::is_listed(statement, candidate.manifest))
}

/// Trusted statements of this type by signers whom the rule names.
pub(super) fn named_by_rule<'a, 'c>(
    predicate: &'c str,
    candidate: &'c Candidate<'_>,
    context: Context<'a>,
) -> impl Iterator<Item = &'a Trusted> + use<'a, 'c> {
    counting(candidate, context)
        .filter(move |statement| is_same_predicate(predicate, &statement.statement().predicate_type))
}

/// Trusted statements by signers whom the rule names, but for what its authorities have revoked.
fn counting<'a, 'c>(
    candidate: &'c Candidate<'_>,
    context: Context<'a>,
) -> impl Iterator<Item = &'a Trusted> + use<'a, 'c> {
    by_rule(candidate, context).filter(|statement| candidate.revocations.of_statement(statement).is_none())
}

fn by_rule<'a, 'c>(
    candidate: &'c Candidate<'_>,
    context: Context<'a>,
) -> impl Iterator<Item = &'a Trusted> + use<'a, 'c> {
    let named =
        move |statement: &&'a Trusted| statement.entries().iter().any(|entry| candidate.rule.names(*entry));
    context.lines.iter().filter_map(Line::trusted).filter(named)
}

/// Those of them that are about the artifact.
pub(super) fn eligible<'a>(
    predicate: &str,
    candidate: &Candidate<'_>,
    context: Context<'a>,
) -> Vec<&'a Trusted> {
    named_by_rule(predicate, candidate, context)
        .filter(|statement| matching(statement, &context.measured.subject).is_ok())
        .collect()
}

/// In the order in which they are asked: first those whose time is good enough, as a weaker duplicate must not spoil a good
/// one. Of provenances those by the best builder, so that another beside it takes nothing from what is established.
pub(super) fn by_freshness<'a>(
    statements: impl Iterator<Item = &'a Trusted>,
    candidate: &Candidate<'_>,
    context: Context<'_>,
) -> impl Iterator<Item = &'a Trusted> {
    let mut statements: Vec<&Trusted> = statements.collect();
    statements.sort_by_cached_key(|&statement| {
        let is_late = freshness::time_of(statement, candidate.rule, context.policy).is_err();
        let level = provenance::level(statement, candidate.rule).map(|(level, _)| level);
        (is_late, Reverse(level), statement.order())
    });
    statements.into_iter()
}

/// Statements of this type that were revoked; otherwise lines that fell on the way up and claimed it, or are too broken to
/// claim anything.
pub(super) fn fallen<'a>(
    predicate: &str,
    candidate: &Candidate<'_>,
    context: Context<'a>,
) -> Option<Found<'a>> {
    let of_type = |statement: &&Trusted| is_same_predicate(predicate, &statement.statement().predicate_type);
    let mut revoked = by_rule(candidate, context).filter(of_type);
    if let Some(finding) = revoked.find_map(|statement| candidate.revocations.of_statement(statement)) {
        return Some(Found::failed(finding));
    }
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
