//! Every line climbs as far as it gets: parse, authenticate, attribute.

use jiff::Timestamp;
use mcpsign_schemas::code;
use mcpsign_schemas::evidence_file::MAX_LINES;
use mcpsign_schemas::finding::{EvidenceRef, Finding};

use crate::attribute::{AttributeError, Trusted, Untimed};
use crate::authenticate::{Anchors, AuthenticateError, Seen, TimeSource};
use crate::claims::{Claims, RawLine};
use crate::measured::{Gap, MeasuredArtifact};
use crate::non_empty::NonEmpty;
use crate::parse::Unverified;
use crate::policy::Policy;
use crate::step::Stage;
use crate::trust::Trust;

/// Signature checks of one verification at the most: 64 lines, each tried with the 64 keys that a policy may name, and
/// as much again for certificates, logs and timestamps. Under a second of work at some 100 µs each.
const MAX_SIGNATURE_CHECKS: usize = 2 * 64 * 64;

/// How far one line got.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) evidence: EvidenceRef,
    /// The predicate type that it claims, believed or not; for diagnosis only.
    pub(crate) claimed: Option<String>,
    pub(crate) outcome: Result<Trusted, Rejection>,
}

/// Where a line fell, and why.
#[derive(Debug)]
pub(crate) struct Rejection {
    /// [`Stage::Signature`] or [`Stage::Identity`].
    pub(crate) stage: Stage,
    pub(crate) findings: NonEmpty<Finding>,
    /// Set where it fell because nothing could be found out about it.
    pub(crate) gap: Option<Gap>,
}

/// Takes every line up the ladder. The order of lines does not count, and neither does a line that is there twice.
///
/// # Errors
/// When there is more evidence than is looked at, or some that could not be read. What is left out might have counted,
/// and which part is left out would be for whoever adds lines to choose: so nothing is looked at.
pub(crate) fn climb(
    claims: &Claims<'_>,
    subject: &MeasuredArtifact,
    trust: &Trust,
    policy: &Policy,
    now: Timestamp,
    untimed: Untimed,
    seen: &mut Seen,
) -> Result<Vec<Line>, Gap> {
    if let Some(gap) = &claims.over_budget {
        return Err(gap.clone());
    }
    let over_budget = |message: String| Gap { code: code::evidence::OVER_BUDGET, message };
    let mut lines: Vec<&RawLine<'_>> = claims.lines.iter().collect();
    lines.sort_by(|a, b| (a.bytes, &a.source, a.line).cmp(&(b.bytes, &b.source, b.line)));
    lines.dedup_by(|later, first| later.bytes == first.bytes);
    if lines.len() > MAX_LINES {
        return Err(over_budget(format!(
            "{} lines of evidence, more than the {MAX_LINES} looked at",
            lines.len()
        )));
    }

    let anchors = Anchors::new(trust, policy);
    let mut parsed = Vec::with_capacity(lines.len());
    for line in lines {
        match Unverified::parse(line) {
            Err(error) if error.is_over_budget() => return Err(over_budget(error.to_string())),
            outcome => parsed.push((line, outcome)),
        }
    }
    let cost: usize = parsed
        .iter()
        .filter_map(|(_, parsed)| parsed.as_ref().ok())
        .map(|unverified| anchors.cost(&unverified.bundle))
        .sum();
    if cost > MAX_SIGNATURE_CHECKS {
        return Err(over_budget(format!(
            "{cost} signature checks, more than the {MAX_SIGNATURE_CHECKS} made"
        )));
    }

    let mut climbed = Vec::with_capacity(parsed.len());
    for (line, parsed) in parsed {
        let evidence = line.reference();
        let unverified = match parsed {
            Ok(unverified) => unverified,
            Err(error) => {
                climbed.push(Line::fallen(evidence, None, Stage::Signature, NonEmpty::one(error.finding())));
                continue;
            }
        };
        let claimed = unverified.claimed_predicate();
        let authenticated = match unverified.authenticate_again(line.bytes, subject, &anchors, now, seen) {
            Ok(authenticated) => authenticated,
            Err(AuthenticateError::Statement(error)) if error.is_over_budget() => {
                return Err(over_budget(error.to_string()));
            }
            Err(error) => {
                let findings = NonEmpty::one(error.finding());
                let mut line = Line::fallen(evidence, claimed, Stage::Signature, findings);
                if let Err(rejection) = &mut line.outcome {
                    rejection.gap = error.gap();
                }
                climbed.push(line);
                continue;
            }
        };
        let evidence = authenticated.evidence().clone();
        climbed.push(match authenticated.attribute_as(policy, trust, now, untimed) {
            Ok(trusted) => Line { evidence, claimed, outcome: Ok(trusted) },
            Err(error) => Line::fallen(evidence, claimed, stage_of(&error), error.findings()),
        });
    }
    climbed.sort_by(|a, b| a.evidence.cmp(&b.evidence));
    one_for_each_payload_and_signer(&mut climbed);
    Ok(climbed)
}

/// The same payload by the same signer counts once, however often it was signed. Certificates of one identity that say
/// different things of the build are not the same signer, as a provenance may agree with one of them alone; nor are the keys of
/// one entry, each of which has a window and a time policy of its own.
fn one_for_each_payload_and_signer(lines: &mut Vec<Line>) {
    let mut seen = Vec::new();
    let mut is_new = |line: &Line| {
        let Some(trusted) = line.trusted() else { return true };
        let entries: Vec<_> = trusted.entries().iter().copied().collect();
        let signer = (trusted.shared_certificate(), trusted.key());
        let key = (line.evidence.payload, entries, signer, witnesses(trusted));
        let new = !seen.contains(&key);
        seen.push(key);
        new
    };
    lines.retain(|line| is_new(line));
}

/// Who vouches for the time. A signature whose time others prove is not the same one again: a policy may want just those.
fn witnesses(trusted: &Trusted) -> Vec<(TimeSource, String)> {
    let times = trusted.signer().times();
    let mut witnesses: Vec<_> = times.iter().map(|time| (time.source, time.witness.id.clone())).collect();
    witnesses.sort();
    witnesses.dedup();
    witnesses
}

const fn stage_of(error: &AttributeError) -> Stage {
    if error.is_about_signature() { Stage::Signature } else { Stage::Identity }
}

impl Line {
    fn fallen(
        evidence: EvidenceRef,
        claimed: Option<String>,
        stage: Stage,
        findings: NonEmpty<Finding>,
    ) -> Self {
        let findings = findings.map(|finding| finding.evidence(evidence.clone()));
        Self { evidence, claimed, outcome: Err(Rejection { stage, findings, gap: None }) }
    }

    pub(crate) fn trusted(&self) -> Option<&Trusted> {
        self.outcome.as_ref().ok()
    }

    pub(crate) fn rejection(&self) -> Option<&Rejection> {
        self.outcome.as_ref().err()
    }
}
