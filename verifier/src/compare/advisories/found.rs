//! What of a check is too much for a rule.

use mcpsign_advisories::check::Checked;
use mcpsign_advisories::findings::{FailOn, leaves_open};
use mcpsign_schemas::advisory::Kind;
use mcpsign_schemas::advisory::report::Match;
use mcpsign_schemas::code::advisories;
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::policy::AdvisoryRequirement;

/// Whether a rule refuses a match:
/// 1. what is malicious, always;
/// 2. a vulnerability that is known to be exploited, where the rule says so;
/// 3. a vulnerability as severe as the rule says or of unknown severity, unless none mends it and the rule accepts that;
/// 4. another kind that the rule names.
pub(super) fn is_refused(found: &Match, requirement: Option<&AdvisoryRequirement>) -> bool {
    if found.kind == Kind::Malicious {
        return true;
    }
    let Some(asked) = requirement else { return false };
    match found.kind {
        Kind::Vulnerability => {
            let is_exploited = asked.exploited.is_some() && found.exploited_since.is_some();
            let is_accepted = asked.unfixed.is_some() && found.fixed.is_empty();
            is_exploited || (!is_accepted && FailOn::Severity(asked.severity.into()).refuses(found))
        }
        kind => asked.kinds.iter().flatten().any(|refused| Kind::from(*refused) == kind),
    }
}

/// Whether a finding says that a package could not be held against the snapshot.
pub(super) fn is_unevaluated(finding: &Finding) -> bool {
    leaves_open(finding)
        || [advisories::VERSION_UNKNOWN, advisories::VERSION_UNORDERED].contains(&finding.code)
}

/// A finding where fewer components were looked up in some version than the rule asks for.
pub(super) fn coverage(checked: &Checked, requirement: Option<&AdvisoryRequirement>) -> Option<Finding> {
    let least = usize::from(requirement?.coverage?);
    let components = checked.components;
    let all = components.checked + components.without_version + components.unidentified;
    let uncovered: usize = checked.uncovered.values().sum();
    let held = components.checked.saturating_sub(uncovered);
    let is_enough = held.saturating_mul(100) >= all.saturating_mul(least);
    let message = format!("{held} of {all} components could be held against the advisories");
    (!is_enough)
        .then(|| Finding::new(advisories::COVERAGE, message).expected(format!("{least} of a hundred")))
}
