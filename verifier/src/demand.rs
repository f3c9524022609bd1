//! What a rule demands of what is signed, beyond that it is whole: its tools, what lint says of it, conditions over facts.

use std::borrow::Cow;

use mcpsign_schemas::code;
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::manifest::{Profile, SbomBinding};
use mcpsign_schemas::policy::{Others, ShadowingRequirement};
use mcpsign_schemas::statement::predicate_type::is_sbom;

use crate::attribute::Trusted;
use crate::compare::{advisories, lint, sbom, shadowing, tools};
use crate::condition::{self, Choice, Unmet};
use crate::evaluate::{Candidate, Context};
use crate::measured::{Gap, Got, OtherServer};
use crate::non_empty::NonEmpty;
use crate::require::{self, Required};
use crate::step::Step;

/// What came of it.
#[derive(Default)]
pub(crate) struct Demanded {
    /// What does not hold.
    pub(crate) failed: Vec<Finding>,
    /// What could not be found out.
    pub(crate) gap: Option<Gap>,
    /// What else there is to say.
    pub(crate) notes: Vec<Finding>,
}

/// Judges all that the candidate's rule demands of the profiles that count.
pub(crate) fn demanded(
    statement: &Trusted,
    candidate: &Candidate<'_>,
    profiles: &[&Profile],
    (required, advisories): (&Required<'_>, &advisories::Judged<'_>),
    context: Context<'_>,
) -> Demanded {
    let mut out = Demanded::default();
    let (rule, manifest) = (candidate.rule, candidate.manifest);
    if let Some(requirement) = &rule.require.tools {
        out.failed.extend(tools::demanded(requirement, &rule.names, manifest, profiles));
    }
    if let Some(requirement) = &rule.require.lint {
        let (failed, notes) = lint::gate(requirement, manifest, profiles);
        out.failed.extend(failed);
        out.notes.extend(notes);
    }
    if let Some(requirement) = &rule.require.shadowing {
        match &context.measured.alongside {
            Got::Some(others) => {
                let is_same = |other: &&OtherServer| shadowing::is_same(other, &context.measured.subject);
                let (itself, others): (Vec<_>, Vec<_>) = others.iter().partition(is_same);
                let (failed, notes) = shadowing::judged(requirement, manifest, profiles, &others);
                out.failed.extend(failed);
                out.notes.extend(notes);
                out.notes.extend(shadowing::passed_over(&itself));
                // Whoever names a server itself has named no other.
                if others.is_empty() && !itself.is_empty() {
                    let message = "none is named but the server itself".to_owned();
                    out.unknown_others(requirement, &Gap { code: code::evidence::NOT_LOOKED_AT, message });
                }
            }
            Got::Missing(gap) => out.unknown_others(requirement, gap),
        }
    }
    if !rule.conditions.is_empty() {
        out.conditions(statement, candidate, profiles, (required, advisories), context);
    }
    out
}

impl Demanded {
    /// Nobody said what other servers there are: where nobody had to, nothing is asked; otherwise a rule that denies cannot
    /// be judged.
    fn unknown_others(&mut self, requirement: &ShadowingRequirement, gap: &Gap) {
        let not_looked_at = gap.code == code::evidence::NOT_LOOKED_AT;
        if requirement.others == Others::IfGiven && not_looked_at {
            return;
        }
        let message = format!("the policy asks what other servers there are: {}", gap.message);
        if requirement.denies() {
            self.gap.get_or_insert(Gap { code: gap.code, message });
        } else {
            self.notes.push(Finding::new(gap.code, message).as_note());
        }
    }

    /// Whether the conditions hold. Those that ask what is known of the components are open where nobody knows.
    fn conditions(
        &mut self,
        statement: &Trusted,
        candidate: &Candidate<'_>,
        profiles: &[&Profile],
        (required, advisories): (&Required<'_>, &advisories::Judged<'_>),
        context: Context<'_>,
    ) {
        let mut conditions = Cow::Borrowed(&candidate.rule.conditions);
        let known = advisories.report.as_ref();
        if conditions.asks_advisories() && known.is_none() {
            let gap = match &advisories.step {
                Step::NotRun(gap) => gap.clone(),
                _ => Gap {
                    code: code::evidence::NOT_LOOKED_AT,
                    message: "conditions ask for advisories, and no component was held against any".into(),
                },
            };
            self.gap.get_or_insert(gap);
            // What fails without them fails whatever they would have been.
            conditions = Cow::Owned(conditions.without_advisories());
        }
        let facts = condition::facts(&conditions, candidate, statement, profiles, known, context);
        let choices = choices(candidate, required, context);
        match conditions.hold(facts, &choices) {
            Ok(()) => {}
            Err(Unmet::Failed(findings)) => self.failed.extend(findings.into_vec()),
            Err(Unmet::Open(gap)) => drop(self.gap.get_or_insert(gap)),
        }
    }
}

/// With which statements beside the manifest the conditions may hold. Each provenance by itself, and none where none is
/// required: a statement more never makes fewer choices.
fn choices<'a>(
    candidate: &Candidate<'_>,
    required: &Required<'a>,
    context: Context<'a>,
) -> NonEmpty<Choice<'a>> {
    let sbom = bound_sbom(candidate, required);
    let mut choices: Vec<Choice<'a>> = Vec::new();
    if !require::requires_provenance(candidate) {
        choices.push(Choice { sbom, provenance: None });
    }
    let all = require::provenances(candidate, context).into_iter();
    let named =
        |provenance: &'a Trusted| (provenance, provenance.name(None, Some(candidate.rule), context.policy));
    choices.extend(all.map(|provenance| Choice { sbom, provenance: Some(named(provenance)) }));
    NonEmpty::from_vec(choices).unwrap_or_else(|| NonEmpty::one(Choice { sbom, provenance: None }))
}

/// Of the SBOMs that the manifest binds for the subject the first, if it is there and holds.
fn bound_sbom<'a>(candidate: &Candidate<'_>, required: &Required<'a>) -> Option<&'a Trusted> {
    let of_subject = |binding: &&SbomBinding| binding.subject == candidate.subject;
    let binding = candidate.manifest.bindings.sboms.iter().find(of_subject)?;
    let used = required.used.iter().copied();
    let mut sboms = used.filter(|statement| is_sbom(&statement.statement().predicate_type));
    sboms.find(|statement| sbom::is_bound(statement, binding, candidate.manifest))
}
