//! What the authorities of a rule have revoked: which of their lists counts, and what it says of the artifact and of
//! statements about it (`spec/revocation.md`).

mod entries;
mod list;

use jiff::Timestamp;
use mcpsign_schemas::code;
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::purl::Purl;
use mcpsign_schemas::report::RevocationReport;
use mcpsign_schemas::revocation::RevocationList;

use self::entries::Entries;
use self::list::{Current, current};
use crate::attribute::Trusted;
use crate::compare::freshness;
use crate::handed::Handed;
use crate::measured::{Form, Gap, Got, MeasuredArtifact};
use crate::policy::{Policy, Rule};

/// Whether every entry of a list can be held against something, so that nobody signs one that nobody can use.
///
/// # Errors
/// The first entry that cannot, and why.
pub fn check_revocations(list: &RevocationList) -> Result<(), String> {
    Entries::compile(&list.entries).map(drop)
}

/// The lists of a rule's authorities.
#[derive(Default)]
pub(crate) struct Revocations<'a> {
    lists: Vec<Current<'a>>,
    /// Of authorities without a list that counts.
    gaps: Vec<Gap>,
    /// What is wrong beyond that: a list that was taken back.
    failed: Vec<Finding>,
    notes: Vec<Finding>,
    reports: Vec<RevocationReport>,
}

impl<'a> Revocations<'a> {
    /// Of each authority that the rule names the list that counts:
    /// 1. lists were handed in at all;
    /// 2. see [`current`];
    /// 3. it is not younger than one that history holds would have it.
    pub(crate) fn of(rule: &Rule, handed: &'a Handed<'_>, policy: &Policy, now: Timestamp) -> Self {
        let mut out = Self::default();
        let Some(requirement) = &rule.require.revocations else { return out };
        let files = match &handed.revocations {
            Got::Some(files) => files.as_slice(),
            Got::Missing(gap) => {
                out.gaps.push(Gap {
                    code: code::freshness::REVOCATIONS_MISSING,
                    message: format!("the policy asks for lists of revocations: {}", gap.message),
                });
                &[]
            }
        };
        // What cannot be read could hold a later list.
        let seen = match &handed.history {
            Got::Some(files) => {
                out.gaps.extend(files.iter().find_map(|file| file.lines.as_ref().err().cloned()));
                files.as_slice()
            }
            Got::Missing(gap) => {
                out.gaps.extend(Some(gap).filter(|gap| gap.code != code::evidence::NOT_LOOKED_AT).cloned());
                &[]
            }
        };
        for authority in &requirement.authorities {
            let found = match &handed.revocations {
                Got::Some(_) => current(authority, rule, requirement.max_age_days, files, policy, now),
                Got::Missing(_) => Err(None),
            };
            match found {
                Ok(list) => {
                    out.gaps.extend(list.outdated.clone());
                    out.failed.extend(list.taken_back(authority, seen, policy));
                    out.notes.extend(freshness::time_of(list.statement, rule, policy).ok().flatten());
                    out.reports.push(list.report());
                    out.lists.push(list);
                }
                Err(gap) => {
                    out.gaps.extend(gap);
                    out.reports.push(RevocationReport::missing(&authority.uri));
                }
            }
        }
        out
    }

    /// Whether a list revokes who signed a statement, or the statement itself.
    pub(crate) fn of_statement(&self, statement: &Trusted) -> Option<Finding> {
        self.lists.iter().find_map(|list| list.entries.of_statement(statement, list))
    }

    /// What the lists say of the artifact, under its digest and all of its names.
    pub(crate) fn of_artifact(
        &self,
        artifact: &MeasuredArtifact,
        packages: &[Purl],
    ) -> (Vec<Finding>, Vec<Gap>) {
        let own = artifact.identity.iter().filter_map(|identity| identity.parsed().ok());
        let asked = artifact.asked.iter().filter_map(|asked| Purl::parse(asked).ok());
        let names: Vec<Purl> = packages.iter().cloned().chain(own).chain(asked).collect();
        let digest = match artifact.form {
            Form::Unfit { unlisted: true, .. } => None,
            _ => Some(artifact.digests.sha256),
        };
        let (mut findings, mut gaps) = (self.failed.clone(), self.gaps.clone());
        for list in &self.lists {
            let (found, open) = list.entries.of_artifact(digest, &names, list);
            findings.extend(found);
            gaps.extend(open);
        }
        (findings, gaps)
    }

    /// What there is to say of lists that count.
    pub(crate) fn notes(&self) -> &[Finding] {
        &self.notes
    }

    /// As reports name them, an entry for each authority.
    pub(crate) fn into_reports(self) -> Vec<RevocationReport> {
        self.reports
    }
}
