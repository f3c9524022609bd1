//! Is anything known against what the artifact is made of?

mod found;
mod hidden;
mod signed;
mod vex;

use mcpsign_advisories::check::{Checked, check};
use mcpsign_advisories::components::{self, Component};
use mcpsign_advisories::findings;
use mcpsign_advisories::index::IndexError;
use mcpsign_advisories::snapshot::{WholeSnapshot, dated};
use mcpsign_advisories::sources;
use mcpsign_schemas::advisory::report::{AdvisoriesReport, SuppressedMatch};
use mcpsign_schemas::code;
use mcpsign_schemas::digest::DigestSet;
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::policy::{SnapshotRequirement, Unevaluated};
use mcpsign_schemas::sbom::says_complete;

use self::hidden::{Hidden, LookedUp};
use self::vex::Vex;
use crate::approval::Exceptions;
use crate::attribute::Trusted;
use crate::compare::components::unread;
use crate::evaluate::{Candidate, Context};
use crate::measured::{Gap, Got};
use crate::non_empty::NonEmpty;
use crate::step::{Stage, Step};

const SECONDS_OF_A_DAY: i64 = 24 * 60 * 60;

/// How the stage came out.
pub(crate) struct Judged<'a> {
    pub(crate) step: Step,
    /// What there is to say besides, where the step has no room for it.
    pub(crate) remarks: Vec<Finding>,
    /// What was held against what.
    pub(crate) report: Option<AdvisoriesReport>,
    /// Statements that decided, besides the SBOMs.
    pub(crate) used: Vec<&'a Trusted>,
}

impl From<Step> for Judged<'_> {
    fn from(step: Step) -> Self {
        Self { step, remarks: Vec::new(), report: None, used: Vec::new() }
    }
}

/// Holds the components of `sboms`, which the manifest binds for the subject, against the snapshot that was measured:
/// 1. there is a snapshot, where the rule asks for one;
/// 2. there is an SBOM, and it has components or says that there are none;
/// 3. nothing is known of a component that the rule refuses, that no VEX takes back which the rule believes, and that nobody
///    bears who may; nor of a package that the artifact has and no SBOM lists, and it is known which it has. What was not looked
///    into, an archive of an unknown format for one, is said;
/// 4. the snapshot is signed by whom the rule wants, its date counts, and the components could be held against it as far as the
///    rule asks for that.
///
/// A rule that does not speak of advisories refuses what is malicious all the same, where there is a snapshot; and where there
/// is no SBOM that could be believed, what is malicious in the artifact.
pub(crate) fn judge<'a>(
    sboms: &[&'a Trusted],
    sbom: &Step,
    exceptions: &Exceptions<'a>,
    candidate: &Candidate<'_>,
    context: Context<'a>,
) -> Judged<'a> {
    let requirement = candidate.rule.require.advisories.as_ref();
    let asked = requirement.is_some_and(|asked| asked.snapshot == SnapshotRequirement::Required);
    let snapshot = match &context.measured.advisories {
        Got::Some(snapshot) => snapshot,
        Got::Missing(gap) if !asked && gap.code == code::evidence::NOT_LOOKED_AT => {
            return Step::NotRequired.into();
        }
        // Demanded, or tried in vain.
        Got::Missing(gap) => return Step::NotRun(gap.clone()).into(),
    };
    let contents = &context.measured.subject.contents;
    let is_open = matches!(sbom, Step::Failed(_) | Step::Blocked(_) | Step::NotRun(_));
    let by = NonEmpty::from_vec(sboms.iter().map(|sbom| sbom.evidence().clone()).collect());
    let Some(by) = by.filter(|_| !is_open) else {
        let missing = Finding::new(code::advisories::NO_SBOM, code::advisories::NO_SBOM.title);
        let LookedUp { known, left, .. } = match hidden::look_up(&[], contents, snapshot) {
            Ok(looked_up) => looked_up,
            Err(step) => return step.into(),
        };
        let malicious = known.iter().filter(|one| one.is_malicious()).map(Hidden::finding).collect();
        return match (NonEmpty::from_vec(malicious), left, requirement) {
            (Some(malicious), ..) => Step::Failed(malicious),
            // Among what was not looked at something may be.
            (None, Some(left), _) => Step::NotRun(Gap { code: left.code, message: left.message }),
            (None, None, Some(_)) if is_open => Step::Blocked(Stage::Sbom),
            (None, None, Some(_)) => Step::failed(missing),
            (None, None, None) => Step::NotRequired,
        }
        .into();
    };
    let looked_up = listed(sboms).and_then(|listed| {
        let checked = check(&snapshot.index, &listed).map_err(|error| unusable(&error))?;
        Ok((checked, hidden::look_up(&listed, contents, snapshot)?))
    });
    let (checked, hidden) = match looked_up {
        Ok(looked_up) => looked_up,
        Err(step) => return step.into(),
    };
    let vex = Vex::of(requirement.and_then(|asked| asked.vex.as_ref()), sboms, candidate, context);
    let words = Words { vex: &vex, exceptions };
    let Outcome { refused, gap, notes, report, used } =
        Outcome::of(checked, hidden, words, snapshot, candidate, context);
    let unseen = match contents {
        Got::Missing(gap) if requirement.is_some() && gap.code != code::evidence::NOT_LOOKED_AT => Some(gap),
        _ => None,
    };
    let (step, remarks) = match (NonEmpty::from_vec(refused), gap.or_else(|| unseen.cloned())) {
        // Where there are several SBOMs any of them may say so.
        (Some(refused), _) if sboms.len() == 1 => {
            (Step::Failed(refused.map(|finding| finding.evidence(by.first().clone()))), notes)
        }
        (Some(refused), _) => (Step::Failed(refused), notes),
        (None, Some(gap)) => (Step::NotRun(gap), notes),
        (None, None) if requirement.is_some() => (Step::Passed { by, notes }, Vec::new()),
        (None, None) => (Step::NotRequired, notes),
    };
    Judged { step, remarks, report: Some(report), used }
}

/// Every component of every SBOM.
fn listed(sboms: &[&Trusted]) -> Result<Vec<Component>, Step> {
    let mut all: Vec<Component> = Vec::new();
    for sbom in sboms {
        let document = &sbom.statement().predicate;
        let evidence = sbom.evidence().clone();
        let found = components::of_json(document).map_err(|error| {
            let message = format!("the SBOM's components cannot be read: {error}");
            Step::failed(Finding::new(code::sbom::MALFORMED, message).evidence(evidence.clone()))
        })?;
        // The root alone says nothing of what it is made of.
        if found.len() <= 1 && !says_complete(document) {
            let message = "the SBOM has no components, and does not say that there are none";
            let finding = Finding::new(code::advisories::NOTHING_CATALOGUED, message);
            return Err(Step::failed(finding.evidence(evidence)));
        }
        all.extend(found);
    }
    Ok(all)
}

/// Held to its digest, and still no index: whoever made it made nonsense.
fn unusable(error: &IndexError) -> Step {
    Step::NotRun(Gap { code: code::advisories::DAMAGED, message: error.to_string() })
}

/// Whose word counts about what is known.
#[derive(Clone, Copy)]
struct Words<'w, 'a> {
    vex: &'w Vex<'a>,
    exceptions: &'w Exceptions<'a>,
}

/// What a check comes to under a rule.
struct Outcome<'a> {
    refused: Vec<Finding>,
    gap: Option<Gap>,
    notes: Vec<Finding>,
    report: AdvisoriesReport,
    used: Vec<&'a Trusted>,
}

impl<'a> Outcome<'a> {
    fn of(
        checked: Checked,
        hidden: LookedUp,
        Words { vex, exceptions }: Words<'_, 'a>,
        snapshot: &WholeSnapshot,
        candidate: &Candidate<'_>,
        context: Context<'_>,
    ) -> Self {
        let requirement = candidate.rule.require.advisories.as_ref();
        let (rest, left): (Vec<_>, Vec<_>) = findings::of_rest(&checked)
            .into_iter()
            .chain(hidden.unevaluated)
            .partition(|finding| finding.code != code::advisories::TOO_MANY);
        // Whatever the rule asks for: among what was not looked at something malicious may be.
        let mut gaps: Vec<Finding> = left.into_iter().chain(hidden.left).collect();
        let coverage = found::coverage(&checked, requirement);
        let Checked { components, matches, unknown, sources: mut asked, .. } = checked;
        asked.extend(hidden.sources);
        let (mut refused, mut notes) = (Vec::new(), Vec::new());
        let (mut kept, mut suppressed, mut used) = (Vec::new(), Vec::new(), Vec::new());
        let listed = matches.into_iter().map(|found| (findings::of_match(&found), found, true));
        let hidden = hidden.known.into_iter().map(|one| (one.finding(), one.found, one.is_there));
        for (finding, found, counts) in listed.chain(hidden) {
            if let Some(word) = vex.takes_back(&found) {
                notes.push(word.finding(&found));
                suppressed.push(SuppressedMatch { found, vex: word.report() });
                used.push(word.statement);
                continue;
            }
            if !found::is_refused(&found, requirement.filter(|_| counts)) {
                notes.push(finding.at_most_warning());
            } else if let Some(exception) = exceptions.of(finding.code, Some(&found)) {
                notes.extend([exception.finding(finding.code), finding.as_note()]);
                used.push(exception.statement);
            } else {
                refused.push(finding.as_error());
            }
            kept.push(found);
        }
        notes.extend(vex.remarks.iter().cloned());
        notes.extend(sources::of_asked(&snapshot.manifest, &asked, context.now));
        let by = requirement.and_then(|asked| asked.signers.as_deref());
        let signed = by.map(|by| signed::signed(by, snapshot, candidate, context));
        if let Some(Err(gap)) = &signed {
            gaps.push(Finding::new(gap.code, gap.message.clone()));
        }
        let updated = snapshot.manifest.updated;
        let max_age = requirement.and_then(|asked| asked.max_age_days);
        if let Err(error) = dated(updated, max_age, context.now) {
            gaps.push(Finding::new(error.code(), error.to_string()));
        }
        let decides = requirement.is_some_and(|asked| asked.unevaluated == Unevaluated::Undecided);
        for finding in rest {
            if finding.code == code::advisories::NOTHING_CATALOGUED && requirement.is_some() {
                refused.push(finding);
            } else if decides && found::is_unevaluated(&finding) {
                gaps.push(finding);
            } else {
                notes.push(finding.at_most_warning());
            }
        }
        if let Got::Some(contents) = &context.measured.subject.contents {
            if let Some(message) = unread(contents) {
                let finding = Finding::new(code::evidence::UNREADABLE, message);
                if decides { gaps.push(finding) } else { notes.push(finding.at_most_warning()) }
            }
            notes.extend(requirement.map(|_| hidden::not_looked_into(contents)).into_iter().flatten());
        }
        gaps.extend(coverage);
        let gap = gaps.first().map(|gap| Gap { code: gap.code, message: gap.message.clone() });
        notes.extend(gaps.into_iter().skip(1).map(Finding::at_most_warning));
        let age = context.now.duration_since(updated).as_secs() / SECONDS_OF_A_DAY;
        let report = AdvisoriesReport {
            snapshot: DigestSet::sha256(snapshot.digest),
            updated: updated.to_string(),
            age_days: u64::try_from(age).unwrap_or(0),
            records: snapshot.records(),
            signed: snapshot.signed || matches!(signed, Some(Ok(()))),
            components,
            matches: kept,
            suppressed,
            unknown,
        };
        used.sort_by_key(|statement| statement.evidence().clone());
        used.dedup_by(|later, first| std::ptr::eq(*later, *first));
        Self { refused, gap, notes, report, used }
    }
}
