//! What another verifier found out, as evidence: by whom the policy names, about the artifact, of this resource, by a policy
//! that is good enough, and not too long ago (`spec/summary.md`).

use jiff::SignedDuration;
use mcpsign_schemas::canonical::Json;
use mcpsign_schemas::code::{self, Code};
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::policy::SummaryRequirement;
use mcpsign_schemas::purl::Purl;
use mcpsign_schemas::statement::predicate_type;
use mcpsign_schemas::summary::{FAILED, SlsaLevel, VerificationResult, VerificationSummary};

use crate::attribute::Trusted;
use crate::compare::freshness;
use crate::evaluate::{Candidate, Context};
use crate::require::about_it;

/// The result of a verification of which everything held.
const PASSED: &str = "PASSED";

/// The summary that counts: one is enough, and any that does not count counts for nothing.
///
/// # Errors
/// Why none does: of several the one that got furthest says it.
pub(crate) fn verified<'a>(
    requirement: &SummaryRequirement,
    candidate: &Candidate<'_>,
    context: Context<'a>,
) -> Result<&'a Trusted, Finding> {
    let theirs = |statement: &&Trusted| statement.is_by(&requirement.by, context.policy);
    let mut furthest: Option<(usize, Finding)> = None;
    for statement in
        about_it(|ty| ty == predicate_type::VERIFICATION_SUMMARY, candidate, context).filter(theirs)
    {
        match counts(statement, requirement, candidate, context) {
            Ok(()) => return Ok(statement),
            Err((step, finding)) if furthest.as_ref().is_none_or(|(best, _)| step > *best) => {
                furthest = Some((step, finding.evidence(statement.evidence().clone())));
            }
            Err(_) => {}
        }
    }
    Err(furthest.map_or_else(
        || {
            Finding::new(code::provenance::SUMMARY_MISSING, code::provenance::SUMMARY_MISSING.title)
                .expected(format!("a summary of {} by {}", requirement.verifier, requirement.by.join(" or ")))
        },
        |(_, finding)| finding,
    ))
}

/// Whether a statement can stand for the requirement of its type: a summary of what failed stands for none.
///
/// # Errors
/// What it says instead.
pub(crate) fn passed(statement: &Trusted) -> Result<(), Finding> {
    let signed = statement.statement();
    if signed.predicate_type != predicate_type::VERIFICATION_SUMMARY {
        return Ok(());
    }
    let result = signed.predicate.get("verificationResult").and_then(Json::as_str);
    let mut levels = signed.predicate.get("verifiedLevels").and_then(Json::as_array).into_iter().flatten();
    if result == Some(PASSED) && !levels.any(|level| level.as_str() == Some(FAILED)) {
        return Ok(());
    }
    Err(Finding::new(code::provenance::SUMMARY_FAILED, code::provenance::SUMMARY_FAILED.title)
        .expected(PASSED)
        .found(result.filter(|result| *result != PASSED).unwrap_or(FAILED))
        .evidence(statement.evidence().clone()))
}

/// Whether two names are of one resource: package URLs are compared as packages, not as text.
fn is_same(one: &str, other: &str) -> bool {
    one == other || matches!((Purl::parse(one), Purl::parse(other)), (Ok(one), Ok(other)) if one == other)
}

/// 1. It is a summary, of this verifier.
/// 2. It is of this resource.
/// 3. It was made by one of the policies named.
/// 4. It says that everything passed, and every level that is asked for or a higher one of the same track.
/// 5. It is neither of the future nor too old, and the time of its signature is good enough for the policy.
///
/// # Errors
/// The first of these that does not hold, and its number.
fn counts(
    statement: &Trusted,
    requirement: &SummaryRequirement,
    candidate: &Candidate<'_>,
    context: Context<'_>,
) -> Result<(), (usize, Finding)> {
    let fail = |step, code: Code, expected: String, found: String| {
        Err((step, Finding::new(code, code.title).expected(expected).found(found)))
    };
    let summary: VerificationSummary = match statement.statement().predicate.to_typed() {
        Ok(summary) => summary,
        Err(error) => {
            return fail(0, code::provenance::SUMMARY_MISSING, "a summary".into(), error.to_string());
        }
    };
    if summary.verifier.id != requirement.verifier {
        let (expected, found) = (requirement.verifier.clone(), summary.verifier.id);
        return fail(1, code::provenance::SUMMARY_MISSING, expected, found);
    }
    let asked = &context.measured.subject;
    let resources = match &requirement.resource {
        Some(resource) => vec![resource],
        None => std::iter::once(&asked.reference).chain(&asked.asked).collect(),
    };
    if !resources.iter().any(|resource| is_same(resource, &summary.resource_uri)) {
        let expected = resources.into_iter().cloned().collect::<Vec<_>>().join(" or ");
        return fail(2, code::provenance::SUMMARY_OTHER_RESOURCE, expected, summary.resource_uri);
    }
    let sha256 = summary.policy.digest.get("sha256");
    if let Some(policies) = &requirement.policies
        && !policies.iter().any(|policy| Some(policy.to_string().as_str()) == sha256)
    {
        let expected =
            policies.iter().map(|policy| format!("sha256:{policy}")).collect::<Vec<_>>().join(" or ");
        let found =
            sha256.map_or_else(|| "no digest of a policy".into(), |sha256| format!("sha256:{sha256}"));
        return fail(3, code::provenance::SUMMARY_OTHER_POLICY, expected, found);
    }
    let levels = &summary.verified_levels;
    if summary.verification_result != VerificationResult::Passed || levels.iter().any(|level| level == FAILED)
    {
        return fail(4, code::provenance::SUMMARY_FAILED, PASSED.into(), FAILED.into());
    }
    let stated = || if levels.is_empty() { "no level".into() } else { levels.join(", ") };
    if let Some(track) = summary.ambiguous_track() {
        let expected = format!("one level of track {track}");
        return fail(4, code::provenance::SUMMARY_FAILED, expected, stated());
    }
    if let Some(missing) = requirement.levels.iter().flatten().find(|level| !summary.establishes(level)) {
        let expected = match SlsaLevel::parse(missing) {
            Some(_) => format!("{missing} or higher"),
            None => missing.clone(),
        };
        return fail(4, code::provenance::SUMMARY_FAILED, expected, stated());
    }
    let age = context.now.duration_since(summary.time_verified);
    let most = SignedDuration::from_hours(24 * i64::from(requirement.max_age_days));
    if age < SignedDuration::ZERO || age > most {
        let expected = format!("at most {} days ago", requirement.max_age_days);
        return fail(5, code::provenance::SUMMARY_OUTDATED, expected, summary.time_verified.to_string());
    }
    freshness::time_of(statement, candidate.rule, context.policy).map(drop).map_err(|finding| (5, finding))
}
