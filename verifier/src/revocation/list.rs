//! Which of the lists of one authority counts.

use std::cmp::Ordering;

use jiff::{SignedDuration, Timestamp};
use mcpsign_schemas::code;
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::policy::Authority;
use mcpsign_schemas::report::RevocationReport;
use mcpsign_schemas::revocation::RevocationList;
use mcpsign_schemas::statement::predicate_type::REVOCATION;

use super::entries::Entries;
use crate::attribute::Trusted;
use crate::compare::freshness;
use crate::handed::File;
use crate::ladder::Line;
use crate::measured::Gap;
use crate::policy::{Policy, Rule};

/// The list of an authority that counts.
pub(crate) struct Current<'a> {
    pub(super) statement: &'a Trusted,
    /// That a later one is due: what this one names is revoked, and what it does not name may be.
    pub(super) outdated: Option<Gap>,
    pub(super) entries: Entries,
    pub(super) authority: String,
    sequence: u64,
    created_on: Timestamp,
    next_update: Timestamp,
}

/// The authority's list with the highest sequence:
/// 1. signed by one of its signers, over its own name, at a time that is good enough for the policy;
/// 2. every such list that was handed in can be read whole, and no two share a sequence;
/// 3. every entry of it can be held against an artifact.
///
/// It is outdated where it has been superseded by its own word (`nextUpdate`), or is older than the rule allows.
///
/// # Errors
/// What is missing; `None` where that was said already.
pub(super) fn current<'a>(
    authority: &Authority,
    rule: &Rule,
    max_age_days: Option<u32>,
    files: &'a [File<'_>],
    policy: &Policy,
    now: Timestamp,
) -> Result<Current<'a>, Option<Gap>> {
    let unusable = |message: String| {
        Some(Gap {
            code: code::freshness::REVOCATIONS_UNUSABLE,
            message: format!("the revocations of {}: {message}", authority.uri),
        })
    };
    if let Some(gap) = files.iter().find_map(|file| file.lines.as_ref().err()) {
        return Err(unusable(gap.message.clone()));
    }
    let lists = read(authority, files, policy).map_err(&unusable)?;
    let Some((statement, list)) = lists.iter().max_by_key(|(_, list)| list.sequence) else {
        return Err(Some(Gap {
            code: code::freshness::REVOCATIONS_MISSING,
            message: match fallen(files) {
                Some(why) => format!("no list of {} that holds is among those given: {why}", authority.uri),
                None => format!("no list of {} is among those given", authority.uri),
            },
        }));
    };
    let rival = |(other, rival): &&(&Trusted, RevocationList)| {
        rival.sequence == list.sequence && other.evidence().payload != statement.evidence().payload
    };
    if lists.iter().any(|list| rival(&list)) {
        return Err(unusable(format!("two lists have the sequence {}", list.sequence)));
    }
    if let Err(finding) = freshness::time_of(statement, rule, policy) {
        return Err(unusable(finding.message));
    }
    let outdated = outdated(list, max_age_days, now).map(|message| Gap {
        code: code::freshness::REVOCATIONS_OUTDATED,
        message: format!("the revocations of {}: {message}", authority.uri),
    });
    Ok(Current {
        statement,
        outdated,
        entries: Entries::compile(&list.entries).map_err(unusable)?,
        authority: authority.uri.clone(),
        sequence: list.sequence,
        created_on: list.created_on,
        next_update: list.next_update,
    })
}

impl Current<'_> {
    /// A list that was seen before and is a later one, or another of the same sequence: this one is old or not that one, whoever
    /// hands it in.
    pub(super) fn taken_back(
        &self,
        authority: &Authority,
        seen: &[File<'_>],
        policy: &Policy,
    ) -> Option<Finding> {
        let finding = |expected: String| {
            Finding::new(
                code::freshness::REVOCATIONS_ROLLED_BACK,
                code::freshness::REVOCATIONS_ROLLED_BACK.title,
            )
            .expected(expected)
            .found(format!("sequence {}", self.sequence))
            .evidence(self.statement.evidence().clone())
        };
        match read(authority, seen, policy) {
            Ok(seen) => {
                let latest = seen.iter().map(|(_, list)| list.sequence).max()?;
                let rival = |(other, list): &(&Trusted, RevocationList)| {
                    list.sequence == self.sequence
                        && other.evidence().payload != self.statement.evidence().payload
                };
                match latest.cmp(&self.sequence) {
                    Ordering::Greater => Some(finding(format!("sequence {latest} or later"))),
                    _ if seen.iter().any(rival) => {
                        Some(finding(format!("the list of sequence {latest} that was seen before")))
                    }
                    _ => None,
                }
            }
            // It was theirs, and nobody can tell how late it was.
            Err(message) => Some(finding(format!("a list not older than one seen before: {message}"))),
        }
    }

    pub(super) fn report(&self) -> RevocationReport {
        RevocationReport {
            authority: self.authority.clone(),
            sequence: Some(self.sequence),
            created_on: Some(self.created_on.to_string()),
            next_update: Some(self.next_update.to_string()),
            evidence: Some(self.statement.evidence().clone()),
        }
    }
}

/// Why a list is too old to say what is not revoked; one of the future would outlast every age.
fn outdated(list: &RevocationList, max_age_days: Option<u32>, now: Timestamp) -> Option<String> {
    if freshness::is_to_come(list.created_on, now) {
        return Some(format!("made on {}, which is to come", list.created_on));
    }
    if now >= list.next_update {
        return Some(format!("a newer list was due by {}", list.next_update));
    }
    let age = now.duration_since(list.created_on);
    let days = max_age_days.filter(|days| age > SignedDuration::from_hours(24 * i64::from(*days)))?;
    Some(format!("made on {}, more than {days} days ago", list.created_on))
}

/// The lists of an authority that are among `files`.
///
/// # Errors
/// When one of them cannot be read whole.
fn read<'a>(
    authority: &Authority,
    files: &'a [File<'_>],
    policy: &Policy,
) -> Result<Vec<(&'a Trusted, RevocationList)>, String> {
    let subject = [RevocationList::subject(&authority.uri)];
    let theirs = |statement: &&'a Trusted| {
        statement.statement().predicate_type == REVOCATION
            && statement.statement().subject == subject
            && statement.is_by(&authority.signers, policy)
    };
    let lines = files.iter().filter_map(|file| file.lines.as_ref().ok()).flatten();
    let mut lists = Vec::new();
    for statement in lines.filter_map(Line::trusted).filter(theirs) {
        let list =
            RevocationList::read(&statement.statement().predicate).map_err(|error| error.to_string())?;
        if list.authority != authority.uri {
            return Err(format!("a list over its name is one of {}", list.authority));
        }
        lists.push((statement, list));
    }
    Ok(lists)
}

/// Why a line that was probably meant to be a list does not count.
fn fallen(files: &[File<'_>]) -> Option<String> {
    let lines = || files.iter().filter_map(|file| file.lines.as_ref().ok()).flatten();
    let fell = lines().filter_map(Line::rejection).max_by_key(|rejection| rejection.stage)?;
    Some(fell.findings.first().message.clone())
}
