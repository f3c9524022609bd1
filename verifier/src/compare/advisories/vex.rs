//! Whose word counts that something known does not matter here.

use std::collections::BTreeMap;

use jiff::Timestamp;
use mcpsign_schemas::advisory::Kind;
use mcpsign_schemas::advisory::report::{Match, VexReport};
use mcpsign_schemas::canonical::Json;
use mcpsign_schemas::code;
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::policy::VexRequirement;
use mcpsign_schemas::purl::Purl;
use mcpsign_schemas::vex::{self, Product, Word};

use crate::attribute::Trusted;
use crate::compare::freshness;
use crate::evaluate::{Candidate, Context, matching};
use crate::ladder::Line;

/// What those say of the artifact whom the rule believes.
pub(super) struct Vex<'a> {
    words: Vec<Said<'a>>,
    /// Places in `words` by vulnerability.
    by_id: BTreeMap<String, Vec<usize>>,
    /// Ids of what is malicious over which they count.
    malicious: Vec<String>,
    /// What is to be said of documents that do not count.
    pub(super) remarks: Vec<Finding>,
}

/// A word, and whose it is.
pub(super) struct Said<'a> {
    word: Word,
    pub(super) statement: &'a Trusted,
    signer: String,
}

impl<'a> Vex<'a> {
    /// Every word of a statement
    /// 1. by a signer whom the rule names for VEX, whose time is good enough, and not revoked;
    /// 2. over the artifact;
    /// 3. that is as its format says, and not of the future.
    pub(super) fn of(
        requirement: Option<&VexRequirement>,
        sboms: &[&'a Trusted],
        candidate: &Candidate<'_>,
        context: Context<'a>,
    ) -> Self {
        let mut all =
            Self { words: Vec::new(), by_id: BTreeMap::new(), malicious: Vec::new(), remarks: Vec::new() };
        let Some(requirement) = requirement else { return all };
        all.malicious = requirement.malicious.clone().unwrap_or_default();
        let documents: Vec<&Json> = sboms.iter().map(|sbom| &sbom.statement().predicate).collect();
        for statement in context.lines.iter().filter_map(Line::trusted) {
            let signed = statement.statement();
            let mut entries = statement.entries().iter().filter_map(|entry| context.policy.signer(*entry));
            let believed = entries.find(|signer| {
                requirement.signers.contains(&signer.name) && signer.may_sign(&signed.predicate_type)
            });
            let Some(signer) = believed.filter(|_| vex::is_vex(&signed.predicate_type)) else { continue };
            let Ok(subject) = matching(statement, &context.measured.subject) else { continue };
            let in_time = freshness::time_of(statement, candidate.rule, context.policy);
            if let Some(finding) = in_time.err().or_else(|| candidate.revocations.of_statement(statement)) {
                all.remarks.push(finding.as_note());
                continue;
            }
            let product = Product {
                packages: candidate.packages,
                digests: &context.measured.subject.digests,
                name: &subject.name,
                sboms: &documents,
            };
            match vex::read(&signed.predicate, &signed.predicate_type, &product) {
                Ok(words) => all.add(words, statement, &signer.name, context.now),
                Err(error) => {
                    let finding = Finding::new(code::advisories::VEX_MALFORMED, error.to_string());
                    all.remarks.push(finding.evidence(statement.evidence().clone()));
                }
            }
        }
        all
    }

    fn add(&mut self, words: Vec<Word>, statement: &'a Trusted, signer: &str, now: Timestamp) {
        let mut later = false;
        for word in words {
            if let Some(at) = word.at.filter(|at| freshness::is_to_come(*at, now)) {
                // Once for a document: it is one signature that is wrong about the time.
                if std::mem::replace(&mut later, true) {
                    continue;
                }
                let id = word.ids.first().map_or("", String::as_str);
                let message = format!("what is said of {id} is of {at}, which is to come");
                let finding = Finding::new(code::advisories::VEX_MALFORMED, message);
                self.remarks.push(finding.evidence(statement.evidence().clone()));
                continue;
            }
            for id in word.ids.iter() {
                let at = self.words.len();
                match self.by_id.get_mut(id) {
                    Some(places) => places.push(at),
                    None => drop(self.by_id.insert(id.clone(), vec![at])),
                }
            }
            self.words.push(Said { word, statement, signer: signer.to_owned() });
        }
    }

    /// The word that takes a match back: the last that was said of it, of several at one time the worst.
    pub(super) fn takes_back(&self, found: &Match) -> Option<&Said<'a>> {
        // What a distribution calls by an id of its own is known by that of the one vulnerability that it is about.
        let upstream = || found.upstream.iter().filter(|_| found.upstream.len() == 1);
        let ids = || std::iter::once(&found.id).chain(&found.aliases).chain(&found.records).chain(upstream());
        if found.kind == Kind::Malicious && !found.is_named(&self.malicious) {
            return None;
        }
        let component = Purl::parse(&found.purl).ok()?;
        let said = ids().filter_map(|id| self.by_id.get(id)).flatten().filter_map(|at| self.words.get(*at));
        let last = said.filter(|said| said.word.is_about(&component)).max_by_key(|said| {
            let Word { at, status, .. } = said.word;
            // What has no date may be the last that was said where it matters, and the first where it does not.
            (at.is_none() && !status.suppresses(), at, std::cmp::Reverse(status))
        })?;
        last.word.status.suppresses().then_some(last)
    }
}

impl Said<'_> {
    /// What a report says of a match that was taken back.
    pub(super) fn finding(&self, found: &Match) -> Finding {
        let reason = self.word.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        let message = format!(
            "{} in {} does not count: `{}` says {}{reason}",
            found.id,
            found.purl,
            self.signer,
            self.word.status.as_str()
        );
        Finding::new(code::advisories::VEX_SUPPRESSED, message).evidence(self.statement.evidence().clone())
    }

    pub(super) fn report(&self) -> VexReport {
        VexReport {
            rule: self.signer.clone(),
            evidence: self.statement.evidence().clone(),
            status: self.word.status.as_str().to_owned(),
            reason: self.word.reason.as_deref().map(str::to_owned),
            said: self.word.at.map(|at| at.to_string()),
        }
    }
}
