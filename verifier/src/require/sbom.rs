//! `require.sbom`, and the SBOMs among the required predicates.

use mcpsign_schemas::code;
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::manifest::SbomBinding;
use mcpsign_schemas::policy::{Components, SbomRequirement, is_same_predicate};
use mcpsign_schemas::statement::predicate_type;

use super::Found;
use super::statement::{by_freshness, eligible, fallen, named_by_rule, statement_of};
use crate::attribute::Trusted;
use crate::compare::{components, freshness, sbom};
use crate::evaluate::{Candidate, Context};
use crate::measured::{Gap, Got};

/// Each SBOM that the manifest binds for the subject, and each format that the rule requires.
pub(super) fn sboms<'a>(candidate: &Candidate<'_>, context: Context<'a>) -> Vec<Found<'a>> {
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
        // No policy lets what is malicious pass once there are advisories: then each SBOM is read, whoever asks.
        let held = matches!(context.measured.advisories, Got::Some(_));
        let read = require.reads_sbom() || candidate.rule.conditions.asks_evidence();
        if asked || held || read || require.sbom != SbomRequirement::NotRequired {
            found.push(bound_sbom(binding, candidate, context));
        }
    }
    if bindings.is_empty() && require.sbom == SbomRequirement::Bound {
        found.push(Found::failed(Finding::new(
            code::sbom::MISSING,
            "the manifest binds no SBOM of this subject",
        )));
    }
    for format in formats {
        if bindings.iter().any(|binding| is_same_predicate(format, &binding.predicate_type)) {
            continue;
        }
        let by = statement_of(format, candidate, context, code::sbom::MISSING, code::sbom::NOT_BOUND);
        let listed = || {
            let eligible = eligible(format, candidate, context).into_iter();
            eligible.filter(|statement| sbom::is_listed(statement, candidate.manifest))
        };
        found.push(match by {
            Found::By(statement, _) => best_described(listed(), candidate, context)
                .unwrap_or_else(|| described(statement, candidate, context)),
            other => other,
        });
    }
    found
}

/// Those of `used` that the manifest binds for the subject.
pub(crate) fn bound_sboms<'a>(used: &[&'a Trusted], candidate: &Candidate<'_>) -> Vec<&'a Trusted> {
    let bindings = || candidate.manifest.bindings.sboms.iter().filter(|b| b.subject == candidate.subject);
    let is_bound = |statement: &&'a Trusted| {
        bindings().any(|binding| sbom::is_bound(statement, binding, candidate.manifest))
    };
    used.iter().copied().filter(is_bound).collect()
}

/// Whether an SBOM is one to go by where no requirement of its type has chosen: where the manifest binds any of its format, it
/// is that document, whoever else signed it too; otherwise it is about the artifact as one that is required has to be. Its time
/// is good enough either way.
pub(crate) fn holds(statement: &Trusted, candidate: &Candidate<'_>, context: Context<'_>) -> bool {
    if freshness::time_of(statement, candidate.rule, context.policy).is_err() {
        return false;
    }
    let signed = statement.statement();
    let mut bindings = candidate.manifest.bindings.sboms.iter().filter(|binding| {
        binding.subject == candidate.subject
            && is_same_predicate(&binding.predicate_type, &signed.predicate_type)
    });
    match bindings.next() {
        Some(first) => {
            let document = signed.predicate.sha256();
            std::iter::once(first).chain(bindings).any(|binding| binding.digest.sha256 == document)
        }
        None => {
            sbom::is_listed(statement, candidate.manifest)
                && !matches!(described(statement, candidate, context), Found::Failed(_))
        }
    }
}

/// The SBOM that a binding means.
fn bound_sbom<'a>(binding: &SbomBinding, candidate: &Candidate<'_>, context: Context<'a>) -> Found<'a> {
    let bound = eligible(&binding.predicate_type, candidate, context)
        .into_iter()
        .filter(|statement| sbom::is_bound(statement, binding, candidate.manifest));
    if let Some(found) = best_described(bound, candidate, context) {
        return found;
    }
    // By whom the rule names, of this type, and another document or about something else: exchanged.
    let other = named_by_rule(&binding.predicate_type, candidate, context).next();
    if let Some(other) = other {
        return Found::failed(
            Finding::new(code::sbom::NOT_BOUND, "the SBOM is not the one that the manifest binds")
                .expected(format!("sha256:{}", binding.digest.sha256))
                .found(format!("sha256:{}", other.statement().predicate.sha256()))
                .evidence(other.evidence().clone()),
        );
    }
    fallen(&binding.predicate_type, candidate, context).unwrap_or_else(|| {
        Found::failed(
            Finding::new(code::sbom::MISSING, "the SBOM that the manifest binds is not there")
                .expected(format!("{} sha256:{}", binding.predicate_type, binding.digest.sha256)),
        )
    })
}

/// How the one of them came out that is about the artifact and lists what it is made of: another beside it, even of the same
/// document, spoils nothing. Where none is, how the first came out.
fn best_described<'a>(
    sboms: impl Iterator<Item = &'a Trusted>,
    candidate: &Candidate<'_>,
    context: Context<'a>,
) -> Option<Found<'a>> {
    let mut found =
        by_freshness(sboms, candidate, context).map(|statement| described(statement, candidate, context));
    let first = found.next()?;
    if matches!(first, Found::By(..)) {
        return Some(first);
    }
    Some(found.find(|other| matches!(other, Found::By(..))).unwrap_or(first))
}

/// Whether an SBOM is about the artifact, and lists what it is made of.
fn described<'a>(statement: &'a Trusted, candidate: &Candidate<'_>, context: Context<'a>) -> Found<'a> {
    let artifact = &context.measured.subject;
    let read = match sbom::describes(statement, artifact, candidate.packages) {
        Ok(read) => read,
        Err(finding) => return Found::failed(finding),
    };
    let evidence = || statement.evidence().clone();
    let demanded = candidate.rule.require.components;
    match (&artifact.contents, demanded) {
        (_, Some(Components::NotCompared)) => Found::By(statement, Vec::new()),
        (Got::Some(contents), _) => {
            let exactly = demanded == Some(Components::Exactly);
            let unread = components::unread(contents).filter(|_| demanded.is_some());
            match (components::compare(&read, contents, demanded.is_some()).judged(exactly), unread) {
                (Err(failed), _) => Found::Failed(failed.map(|finding| finding.evidence(evidence()))),
                (Ok(_), Some(message)) => {
                    Found::NotMeasured(Gap { code: code::evidence::UNREADABLE, message })
                }
                (Ok(notes), None) => {
                    Found::By(statement, notes.into_iter().map(|note| note.evidence(evidence())).collect())
                }
            }
        }
        // Nobody asked to look.
        (Got::Missing(gap), None) => Found::By(
            statement,
            vec![
                Finding::new(code::sbom::NOT_COMPARED, code::sbom::NOT_COMPARED.title)
                    .found(gap.message.clone())
                    .evidence(evidence()),
            ],
        ),
        (Got::Missing(gap), _) => Found::NotMeasured(gap.clone()),
    }
}
