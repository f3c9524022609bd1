//! What there is to say where no manifest came far enough for a rule to be held against it: the more is taken away, the less is
//! allowed, and the same is revoked.

use mcpsign_schemas::code;
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::policy::{Require, SnapshotRequirement};
use mcpsign_schemas::report::RevocationReport;
use mcpsign_schemas::statement::predicate_type::is_provenance;

use crate::evaluate::Context;
use crate::measured::Got;
use crate::non_empty::NonEmpty;
use crate::policy::{Policy, Rule};
use crate::revocation::Revocations;
use crate::step::{Stage, Step, Steps};

/// Whether provenance, or a summary of what another found out, is demanded.
pub(crate) fn asks_for_provenance(require: &Require) -> bool {
    require.summary.is_some() || require.predicates.iter().any(|predicate| is_provenance(predicate))
}

/// Completes steps of which freshness is blocked:
/// 1. a stage that is asked for, by `rule` or, where none was found, by any of the policy, is blocked too;
/// 2. what an authority of any rule has revoked of the artifact, by its digest or by what it or the question calls it, is refused.
///
/// The lists that were asked are returned.
pub(crate) fn complete(
    steps: &mut Steps,
    rule: Option<&Rule>,
    context: Context<'_>,
) -> Vec<RevocationReport> {
    let Step::Blocked(stage) = steps.freshness else { return Vec::new() };
    let asks = |of: fn(&Require) -> bool| match rule {
        Some(rule) => of(&rule.require),
        None => context.policy.asks(of),
    };
    block(&mut steps.provenance, asks(asks_for_provenance), stage);
    let looked_at = match &context.measured.advisories {
        Got::Some(_) => true,
        Got::Missing(gap) => gap.code != code::evidence::NOT_LOOKED_AT,
    };
    block(&mut steps.advisories, looked_at || asks(demands_advisories), stage);
    let (revoked, reports) = revoked(context.policy, context);
    if let Some(revoked) = NonEmpty::from_vec(revoked) {
        steps.freshness = Step::Failed(revoked);
    }
    reports
}

fn block(step: &mut Step, asked: bool, stage: Stage) {
    if asked && matches!(step, Step::NotRequired) {
        *step = Step::Blocked(stage);
    }
}

fn demands_advisories(require: &Require) -> bool {
    require.advisories.as_ref().is_some_and(|asked| asked.snapshot == SnapshotRequirement::Required)
}

/// By the lists of every rule's authorities; what they leave open decides nothing where nothing is allowed.
fn revoked(policy: &Policy, context: Context<'_>) -> (Vec<Finding>, Vec<RevocationReport>) {
    let (mut findings, mut reports) = (Vec::new(), Vec::new());
    for rule in policy.rules() {
        let revocations = Revocations::of(rule, context.handed, policy, context.now);
        let (revoked, _) = revocations.of_artifact(&context.measured.subject, &[]);
        for finding in revoked {
            if !findings.contains(&finding) {
                findings.push(finding);
            }
        }
        for report in revocations.into_reports() {
            if !reports.contains(&report) {
                reports.push(report);
            }
        }
    }
    (findings, reports)
}
