//! Does the policy itself count?

use jiff::Timestamp;
use mcpsign_schemas::code::{self, Code};
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::policy::SignedPolicy;
use mcpsign_schemas::statement::predicate_type::POLICY;

use crate::compare::freshness;
use crate::continuity::tampered;
use crate::handed::File;
use crate::ladder::Line;
use crate::measured::{Gap, Got};
use crate::policy::{Policy, Signing};

/// What speaks against the policy at this time:
/// 1. its own `validUntil` has come;
/// 2. it is signed, and its `createdOn` or `notBefore` has not come, or `expires` has.
pub(crate) fn at(policy: &Policy, now: Timestamp) -> Vec<Finding> {
    let finding = |code: Code, expected: String| {
        Finding::new(code, code.title).expected(expected).found(now.to_string())
    };
    let ended = |until: Timestamp| finding(code::policy::EXPIRED, format!("before {until}"));
    let mut findings: Vec<Finding> =
        policy.valid_until().filter(|until| now >= *until).map(ended).into_iter().collect();
    if let Some(signing) = policy.signing() {
        let terms = &signing.terms;
        let to_come = Some(terms.created_on).filter(|created| freshness::is_to_come(*created, now));
        let early = terms.not_before.filter(|from| now < *from).max(to_come);
        let early = early.map(|from| finding(code::policy::NOT_YET_VALID, format!("from {from} on")));
        let late = Some(terms.expires).filter(|until| now >= *until).map(ended);
        let of_signature = early.into_iter().chain(late);
        findings.extend(of_signature.map(|finding| finding.evidence(signing.evidence().clone())));
    }
    findings
}

/// What the history, as far as whoever signs the policy signed it, says of a signed policy.
///
/// # Errors
/// When nothing in it speaks against the policy, and it could have held a later version that cannot be read any more.
pub(crate) fn taken_back(policy: &Policy, seen: &Got<Vec<File<'_>>>) -> Result<Option<Finding>, Gap> {
    let Some(signing) = policy.signing() else { return Ok(None) };
    let files = match seen {
        Got::Some(files) => files,
        Got::Missing(gap) if gap.code == code::evidence::NOT_LOOKED_AT => return Ok(None),
        Got::Missing(gap) => return Err(gap.clone()),
    };
    let versions = files.iter().flat_map(|file| file.lines.iter().flatten()).filter_map(Line::trusted);
    let against = versions
        .map(|trusted| trusted.statement())
        .filter(|statement| statement.predicate_type == POLICY)
        .find_map(|statement| speaks_against(policy, signing, SignedPolicy::read(&statement.predicate).ok()));
    let Some(expected) = against else {
        return files.iter().find_map(damage).map_or(Ok(None), Err);
    };
    let code = code::policy::ROLLED_BACK;
    let finding = Finding::new(code, code.title)
        .expected(expected)
        .found(format!("sequence {}", signing.terms.sequence))
        .evidence(signing.evidence().clone());
    Ok(Some(finding))
}

/// Why a file may have held a version that nobody sees now: it was not looked at, it is empty, or a line in it that is of a
/// policy, or of nobody knows what, does not hold. A line by somebody else is no version of theirs.
fn damage(file: &File<'_>) -> Option<Gap> {
    let unusable = |why: &str| Gap {
        code: code::evidence::HISTORY_UNUSABLE,
        message: format!("`{}` in the history: {why}", file.given.source),
    };
    let lines = match &file.lines {
        Ok(lines) => lines,
        Err(gap) => return Some(gap.clone()),
    };
    if file.given.lines.is_empty() {
        return Some(unusable("it is empty"));
    }
    let may_be_policy = |line: &&Line| line.claimed.as_deref().is_none_or(|claimed| claimed == POLICY);
    lines.iter().filter(may_be_policy).find_map(tampered).map(|why| unusable(&why))
}

/// What should be in place of the policy, where this version was seen before. One that cannot be read was theirs, and nobody
/// can tell how late it was.
fn speaks_against(policy: &Policy, signing: &Signing, seen: Option<SignedPolicy>) -> Option<String> {
    let Some(seen) = seen else {
        return Some("a version that is not older than one that cannot be read".into());
    };
    let sequence = seen.sequence;
    if seen.name != signing.terms.name || sequence < signing.terms.sequence {
        None
    } else if sequence > signing.terms.sequence {
        Some(format!("sequence {sequence} or later"))
    } else {
        let digest = seen.digest();
        (digest != policy.digest()).then(|| format!("sequence {sequence} with sha256:{digest}"))
    }
}
