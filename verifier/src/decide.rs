//! From steps to a verdict. The only place where `Allow` is made.

use mcpsign_schemas::code;
use mcpsign_schemas::code::Level;
use mcpsign_schemas::finding::Finding;

use crate::measured::Gap;
use crate::non_empty::NonEmpty;
use crate::step::{Stage, Step, Steps};

/// The answer.
#[derive(Debug, Clone)]
#[must_use]
pub enum Verdict {
    /// Every required stage passed.
    Allow(Allowed),
    /// A required stage failed: the findings that decided.
    Deny(NonEmpty<Finding>),
    /// A required stage could not run and none failed: what was missing.
    Undecided(NonEmpty<Gap>),
}

/// Proof that [`verify`](crate::verify) decided so; nothing else can make one.
#[derive(Debug, Clone)]
pub struct Allowed(());

/// The stages that no policy can do without. A verdict over none of them would be vacuous.
const ALWAYS: [Stage; 5] =
    [Stage::Signature, Stage::Identity, Stage::Subject, Stage::Manifest, Stage::Freshness];

/// 1. Any stage failed: deny, for the findings that are errors.
/// 2. Any stage could not run: undecided.
/// 3. Any stage is blocked, or one that every policy needs did not pass: undecided. Neither can be without 1 or 2; if
///    it is, that is no reason to allow.
/// 4. Otherwise: allow.
pub(crate) fn decide(steps: &Steps) -> Verdict {
    let mut failed = Vec::new();
    let mut gaps = Vec::new();
    let mut open = None;
    for (stage, step) in steps.iter() {
        match step {
            Step::Failed(findings) => {
                let errors = failed.len();
                failed.extend(findings.iter().filter(|finding| finding.level == Level::Error).cloned());
                if failed.len() == errors {
                    failed.push(findings.first().clone());
                }
            }
            Step::NotRun(gap) => gaps.push(gap.clone()),
            Step::Blocked(_) => open = Some(stage),
            Step::NotRequired if ALWAYS.contains(&stage) => open = Some(stage),
            Step::NotRequired | Step::Passed { .. } => {}
        }
    }
    if let Some(failed) = NonEmpty::from_vec(failed) {
        return Verdict::Deny(failed);
    }
    if let Some(gaps) = NonEmpty::from_vec(gaps) {
        return Verdict::Undecided(gaps);
    }
    match open {
        Some(stage) => Verdict::Undecided(NonEmpty::one(Gap {
            code: code::evidence::NOT_LOOKED_AT,
            message: format!("stage {} was not judged", stage.as_str()),
        })),
        None => Verdict::Allow(Allowed(())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mcpsign_schemas::finding::EvidenceRef;

    fn passed() -> Step {
        Step::passed(&EvidenceRef { source: "e".into(), line: 1, payload: None })
    }

    fn all_passed() -> Steps {
        Steps {
            signature: passed(),
            identity: passed(),
            provenance: Step::NotRequired,
            subject: passed(),
            manifest: passed(),
            sbom: Step::NotRequired,
            advisories: Step::NotRequired,
            freshness: passed(),
        }
    }

    fn gap() -> Gap {
        Gap { code: code::evidence::NOT_LOOKED_AT, message: "m".into() }
    }

    /// Every stage in every state while all others pass.
    #[test]
    fn one_stage_that_did_not_pass_is_enough() {
        assert!(matches!(decide(&all_passed()), Verdict::Allow(_)));
        let fields: [fn(&mut Steps) -> &mut Step; 8] = [
            |s| &mut s.signature,
            |s| &mut s.identity,
            |s| &mut s.provenance,
            |s| &mut s.subject,
            |s| &mut s.manifest,
            |s| &mut s.sbom,
            |s| &mut s.advisories,
            |s| &mut s.freshness,
        ];
        for field in fields {
            let with = |step: Step| {
                let mut steps = all_passed();
                *field(&mut steps) = step;
                decide(&steps)
            };
            let finding = Finding::new(code::manifest::MISSING, "m");
            assert!(matches!(with(Step::failed(finding.clone())), Verdict::Deny(_)));
            // Failing with nothing but a note is failing.
            assert!(matches!(with(Step::failed(finding.as_note())), Verdict::Deny(_)));
            assert!(matches!(with(Step::NotRun(gap())), Verdict::Undecided(_)));
            assert!(matches!(with(Step::Blocked(Stage::Signature)), Verdict::Undecided(_)));
        }
    }

    #[test]
    fn b61_stages_that_every_policy_needs_cannot_be_left_out() {
        let mut steps = all_passed();
        steps.manifest = Step::NotRequired;
        assert!(matches!(decide(&steps), Verdict::Undecided(_)));
        let nothing = Steps {
            signature: Step::NotRequired,
            identity: Step::NotRequired,
            subject: Step::NotRequired,
            manifest: Step::NotRequired,
            freshness: Step::NotRequired,
            ..all_passed()
        };
        assert!(matches!(decide(&nothing), Verdict::Undecided(_)));
    }

    #[test]
    fn a_failure_outweighs_a_gap() {
        let mut steps = all_passed();
        steps.manifest = Step::NotRun(gap());
        steps.freshness = Step::failed(Finding::new(code::freshness::EXPIRED, "m"));
        assert!(
            matches!(decide(&steps), Verdict::Deny(findings) if findings.first().code == code::freshness::EXPIRED)
        );
    }
}
