//! May what the artifact is made of be used under its licences?

use std::collections::BTreeMap;

use mcpsign_schemas::code::{self, Code};
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::license::{Judged, LicenseRules};
use mcpsign_schemas::policy::{LicenseRequirement, Unlicensed};
use mcpsign_schemas::sbom::{self, Stated};

use crate::approval::Exceptions;
use crate::attribute::Trusted;
use crate::non_empty::NonEmpty;
use crate::step::Step;

/// Components that one finding names.
const NAMED: usize = 5;

/// How stage `sbom` comes out of a rule that speaks of licences: as before, unless one of the bound SBOMs states a licence
/// that the rule refuses and nobody bears who may, or there is none. With it, by whose word something is borne.
pub(crate) fn permitted<'a>(
    step: Step,
    sboms: &[&Trusted],
    asked: Option<&LicenseRequirement>,
    exceptions: &Exceptions<'a>,
) -> (Step, Vec<&'a Trusted>) {
    let Some(asked) = asked else { return (step, Vec::new()) };
    let rules = asked.rules();
    let mut borne = Vec::new();
    let step = match step {
        Step::Passed { by, mut notes } if !sboms.is_empty() => {
            let mut all_refused = Vec::new();
            for sbom in sboms {
                let (refused, accepted) = judged(sbom, asked, &rules);
                all_refused.extend(refused);
                notes.extend(accepted);
            }
            borne = exceptions.bear(&mut all_refused, &mut notes);
            match NonEmpty::from_vec(all_refused) {
                Some(mut refused) => {
                    refused.extend(notes);
                    Step::Failed(refused)
                }
                None => Step::Passed { by, notes },
            }
        }
        Step::Passed { .. } | Step::NotRequired => {
            let message = "licences are asked for, and the manifest binds no SBOM of this subject";
            Step::failed(Finding::new(code::sbom::MISSING, message))
        }
        other => other,
    };
    (step, borne)
}

/// What an SBOM's components come to, one finding for each licence that does not pass: what is refused, and what the rule
/// accepts all the same.
fn judged(sbom: &Trusted, asked: &LicenseRequirement, rules: &LicenseRules) -> (Vec<Finding>, Vec<Finding>) {
    let mut groups: BTreeMap<State, Vec<&str>> = BTreeMap::new();
    for stated in sbom::licenses(&sbom.statement().predicate) {
        if let Some(state) = state(&stated, rules) {
            groups.entry(state).or_default().push(stated.component);
        }
    }
    let (mut refused, mut notes) = (Vec::new(), Vec::new());
    for (state, components) in groups {
        let finding = state.finding(&components).evidence(sbom.evidence().clone());
        let is_accepted = match state {
            State::Refused { .. } => false,
            State::Unknown { .. } => asked.unknown == Unlicensed::Accept,
            State::Missing => asked.missing == Unlicensed::Accept,
        };
        if is_accepted {
            notes.push(finding.as_note());
        } else {
            refused.push(finding);
        }
    }
    (refused, notes)
}

/// Why a component does not pass.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Refused { licence: String, obstacles: String },
    Unknown { licence: String },
    Missing,
}

/// Whatever is stated of a component holds: each statement must pass.
fn state(stated: &Stated<'_>, rules: &LicenseRules) -> Option<State> {
    let (mut unknown, mut said) = (None, false);
    for licence in &stated.licenses {
        match rules.judge(licence) {
            Judged::Refused(obstacles) => {
                return Some(State::Refused {
                    licence: (*licence).to_owned(),
                    obstacles: obstacles.join(", "),
                });
            }
            Judged::Unknown => unknown = Some(State::Unknown { licence: (*licence).to_owned() }),
            Judged::Allowed => said = true,
            Judged::Missing => {}
        }
    }
    unknown.or((!said).then_some(State::Missing))
}

impl State {
    fn finding(&self, components: &[&str]) -> Finding {
        let named: Vec<&str> = components.iter().copied().take(NAMED).collect();
        let more = match components.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let of = format!("{}{more}", named.join(", "));
        let finding = |code: Code, message: String| Finding::new(code, message);
        match self {
            Self::Refused { licence, obstacles } => {
                finding(code::sbom::LICENSE_REFUSED, format!("the licence of {of} is not permitted"))
                    .expected(format!("none that needs {obstacles}"))
                    .found(licence.clone())
            }
            Self::Unknown { licence } => {
                finding(code::sbom::LICENSE_UNKNOWN, format!("the licence of {of} is no SPDX expression"))
                    .found(licence.clone())
            }
            Self::Missing => finding(code::sbom::LICENSE_MISSING, format!("no licence is stated of {of}")),
        }
    }
}
