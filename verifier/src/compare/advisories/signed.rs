//! Whose snapshot it is.

use mcpsign_advisories::snapshot::WholeSnapshot;
use mcpsign_schemas::advisory::snapshot::SCHEMA;
use mcpsign_schemas::code::advisories::NOT_SIGNED;

use crate::attribute::Trusted;
use crate::compare::freshness;
use crate::evaluate::{Candidate, Context};
use crate::measured::{Gap, Got};

/// Whether one of these signers of the rule signed the snapshot. There is a statement
/// 1. of the snapshot's type, handed in with it;
/// 2. over the bytes of its manifest, and nothing else;
/// 3. by one of them, whose time is good enough, and not revoked.
pub(super) fn signed(
    by: &[String],
    snapshot: &WholeSnapshot,
    candidate: &Candidate<'_>,
    context: Context<'_>,
) -> Result<(), Gap> {
    let gap = |reason: String| Gap { code: NOT_SIGNED, message: format!("the advisories: {reason}") };
    let files = match &context.handed.snapshot {
        Got::Some(files) => files,
        Got::Missing(missing) => return Err(gap(missing.message.clone())),
    };
    let mut why = format!("no signature of {} is there", by.join(" or "));
    for file in files {
        let lines = match &file.lines {
            Ok(lines) => lines,
            Err(over) => return Err(over.clone()),
        };
        for line in lines {
            let held = match &line.outcome {
                Ok(statement) => is_over(statement, by, snapshot, candidate, context),
                Err(rejection) => Err(rejection.findings.first().message.clone()),
            };
            match held {
                Ok(()) => return Ok(()),
                Err(reason) => why = reason,
            }
        }
    }
    Err(gap(why))
}

fn is_over(
    statement: &Trusted,
    by: &[String],
    snapshot: &WholeSnapshot,
    candidate: &Candidate<'_>,
    context: Context<'_>,
) -> Result<(), String> {
    let signed = statement.statement();
    if signed.predicate_type != SCHEMA {
        return Err(format!("a statement of type `{}` is beside them", signed.predicate_type));
    }
    let digest = snapshot.digest.to_string();
    let is_it = matches!(signed.subject.as_slice(), [one] if one.digest.get("sha256") == Some(&digest));
    if !is_it {
        return Err("the signature beside them is over others".into());
    }
    let mut entries = statement.entries().iter().filter_map(|entry| context.policy.signer(*entry));
    if !entries.any(|signer| by.contains(&signer.name) && signer.may_sign(SCHEMA)) {
        return Err(format!("they are not signed by {}", by.join(" or ")));
    }
    let in_time = freshness::time_of(statement, candidate.rule, context.policy);
    match in_time.err().or_else(|| candidate.revocations.of_statement(statement)) {
        Some(finding) => Err(finding.message),
        None => Ok(()),
    }
}
