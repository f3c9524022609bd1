//! Does this release go on from those that were accepted before it? Each rule of `require.continuity` is a file here, and
//! is held against every earlier release: one more of them can add a finding and take none away (`spec/continuity.md`).

mod age;
mod dependencies;
mod history;
mod provenance;
mod scripts;
mod signer;
mod tools;
mod version;

use mcpsign_schemas::code::{self, Code};
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::policy::{ContinuityRequirement, FirstSeen, Weight};

pub(crate) use self::history::tampered;
use self::history::{Earlier, History, Unusable, history};
use crate::attribute::Trusted;
use crate::evaluate::{Candidate, Context};
use crate::measured::Gap;

/// How the rules came out.
#[derive(Default)]
pub(crate) struct Continuity {
    pub(crate) failed: Vec<Finding>,
    pub(crate) notes: Vec<Finding>,
    pub(crate) gap: Option<Gap>,
    /// Whether the history holds a release of this server.
    pub(crate) knows_earlier: bool,
    /// Whether an older release than one accepted before would have been refused.
    pub(crate) holds_back: bool,
}

/// The release in question.
struct Release<'a, 'c> {
    statement: &'a Trusted,
    candidate: &'c Candidate<'c>,
    context: Context<'a>,
}

/// One rule: how it is called in the policy, and what it finds wrong against one earlier release.
type Rule = fn(&Release<'_, '_>, &Earlier<'_>) -> Vec<Finding>;

/// Judges `statement` by `requirement`:
/// 1. its age, which needs no history;
/// 2. where a rule needs history, there is one, and all of it can be read: otherwise it is open whether a rule that denies
///    would;
/// 3. in the history there is an earlier release of this server, or a first one will do;
/// 4. every rule holds against each of them, whatever else could not be read.
pub(crate) fn judge(
    requirement: Option<&ContinuityRequirement>,
    statement: &Trusted,
    candidate: &Candidate<'_>,
    context: Context<'_>,
) -> Continuity {
    let mut out = Continuity::default();
    let Some(requirement) = requirement else { return out };
    if let Some(cool_down) = &requirement.cool_down {
        out.add(cool_down.severity, age::cool_down(statement, cool_down.days, context.now));
    }
    let Some(first_seen) = requirement.first_seen else { return out };
    let rules = rules(requirement);
    let denies = first_seen == FirstSeen::Deny || rules.iter().any(|(weight, _)| *weight == Weight::Deny);
    let History { releases, unusable } = history(candidate, context);
    let is_whole = unusable.is_empty();
    for Unusable { gap, stranger } in unusable {
        if let (Some(weight), Some(stranger)) = (requirement.signer_changed, stranger) {
            out.add(weight, vec![signer::unknown(statement, stranger)]);
        }
        if denies {
            out.gap.get_or_insert(gap);
        } else {
            out.add(Weight::Note, vec![Finding::new(gap.code, gap.message)]);
        }
    }
    if releases.is_empty() && is_whole {
        let finding = Finding::new(code::freshness::FIRST_SEEN, code::freshness::FIRST_SEEN.title);
        out.add(
            match first_seen {
                FirstSeen::Allow => Weight::Note,
                FirstSeen::Deny => Weight::Deny,
            },
            vec![finding],
        );
        return out;
    }
    let release = Release { statement, candidate, context };
    let is_compared = |earlier: &Earlier<'_>| version::names(&release, earlier).next().is_some();
    out.knows_earlier = !releases.is_empty();
    out.holds_back = requirement.version_back == Some(Weight::Deny) && releases.iter().any(is_compared);
    for (weight, rule) in rules {
        for earlier in &releases {
            out.add(weight, rule(&release, earlier));
        }
    }
    out
}

/// The rules that are in force.
fn rules(requirement: &ContinuityRequirement) -> Vec<(Weight, Rule)> {
    let ContinuityRequirement {
        first_seen: _,
        cool_down: _,
        signer_changed,
        owner_changed,
        provenance_gone,
        version_back,
        new_dependency,
        new_install_script,
        tools_changed,
        hints_changed,
    } = requirement;
    let all: [(&Option<Weight>, Rule); 8] = [
        (signer_changed, signer::changed),
        (owner_changed, signer::owner_changed),
        (provenance_gone, provenance::gone),
        (version_back, version::went_back),
        (new_dependency, dependencies::added),
        (new_install_script, scripts::added),
        (tools_changed, tools::changed),
        (hints_changed, tools::hints_changed),
    ];
    all.into_iter().filter_map(|(weight, rule)| Some(((*weight)?, rule))).collect()
}

impl Continuity {
    fn add(&mut self, weight: Weight, findings: Vec<Finding>) {
        let (said, findings): (&mut Vec<Finding>, Vec<Finding>) = match weight {
            Weight::Deny => (&mut self.failed, findings),
            Weight::Note => (&mut self.notes, findings.into_iter().map(Finding::as_note).collect()),
        };
        // What two rules lack is said once.
        for finding in findings {
            if !said.contains(&finding) {
                said.push(finding);
            }
        }
    }
}

/// A difference from an earlier release.
fn differs(
    code: Code,
    earlier: &Earlier<'_>,
    expected: impl Into<String>,
    found: impl Into<String>,
) -> Finding {
    Finding::new(code, format!("{}: compared with {}", code.title, earlier.shown()))
        .expected(expected)
        .found(found)
}

/// Names that one finding gives at the most.
const MAX_SHOWN: usize = 16;

fn shown(names: &[String]) -> String {
    let more = names.len().saturating_sub(MAX_SHOWN);
    let listed = names.iter().take(MAX_SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{listed} and {more} more") } else { listed }
}

/// What a rule needs and one of the two releases does not have.
fn not_comparable(earlier: &Earlier<'_>, what: &str) -> Vec<Finding> {
    let message = format!("it cannot be compared with {}: {what}", earlier.shown());
    vec![Finding::new(code::freshness::NOT_COMPARABLE, message)]
}
