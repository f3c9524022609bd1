//! Is a statement still to be believed now?

use jiff::{SignedDuration, Timestamp};
use mcpsign_schemas::code;
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::manifest::ToolManifest;
use mcpsign_schemas::policy::TimeSourceRequirement;
use mcpsign_schemas::purl::Purl;

use crate::attribute::Trusted;
use crate::authenticate::{self, Signer};
use crate::measured::{Form, MeasuredArtifact};
use crate::policy::{Policy, Rule};
use crate::trust::TimePolicy;

/// Whether the time of a signature is good enough for policy and rule; a note where nothing proves it and that is allowed.
///
/// # Errors
/// 1. When the rule wants somebody to vouch for it who does not.
/// 2. When nothing proves the time and the policy's key entry wants that.
pub(crate) fn time_of(statement: &Trusted, rule: &Rule, policy: &Policy) -> Result<Option<Finding>, Finding> {
    if let Some(requirement) = &rule.require.time {
        vouched(statement, requirement)?;
    }
    let Signer::Key { spki_sha256, times } = statement.signer() else {
        // A certificate counts at its verified times only, and there is at least one.
        return Ok(None);
    };
    if !times.is_empty() {
        return Ok(None);
    }
    let finding = Finding::new(
        code::freshness::NO_VERIFIED_TIME,
        "nothing proves when this was signed; it counts as signed now",
    )
    .evidence(statement.evidence().clone());
    match policy.by_key(*spki_sha256).map(|(_, key)| key.time()) {
        Some(TimePolicy::AllowUnverified) => Ok(Some(finding.as_note())),
        Some(TimePolicy::Require) | None => Err(finding),
    }
}

fn vouched(statement: &Trusted, requirement: &TimeSourceRequirement) -> Result<(), Finding> {
    let times = statement.signer().times();
    let counting: Vec<_> =
        times.iter().filter(|time| requirement.sources.contains(&time.source)).cloned().collect();
    if authenticate::witnesses(&counting) >= usize::try_from(requirement.threshold).unwrap_or(usize::MAX) {
        return Ok(());
    }
    let named = |sources: Vec<&str>| if sources.is_empty() { "none".into() } else { sources.join(", ") };
    let code = code::freshness::TIME_NOT_VOUCHED;
    Err(Finding::new(code, code.title)
        .expected(format!(
            "{} of {}",
            requirement.threshold,
            named(requirement.sources.iter().map(|source| source.as_str()).collect())
        ))
        .found(named(times.iter().map(|time| time.source.as_str()).collect()))
        .evidence(statement.evidence().clone()))
}

/// What clocks may differ.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// Whether something says of itself that it was made later than now: how long it counts is reckoned from there.
pub(crate) fn is_to_come(created_on: Timestamp, now: Timestamp) -> bool {
    created_on.duration_since(now) > SKEW
}

/// Whether the manifest's own end has come.
///
/// # Errors
/// From `validUntil` on.
pub(crate) fn not_expired(manifest: &ToolManifest, now: Timestamp) -> Result<(), Finding> {
    match manifest.valid_until {
        Some(until) if now >= until => {
            Err(Finding::new(code::freshness::EXPIRED, "the manifest is no longer valid")
                .expected(format!("before {until}"))
                .found(now.to_string()))
        }
        _ => Ok(()),
    }
}

/// Says that an older signed release would pass as well, unless a version was asked for; `knows_earlier`: whether there is a
/// release accepted before.
pub(crate) fn rollback(artifact: &MeasuredArtifact, knows_earlier: bool) -> Option<Finding> {
    let version_asked = artifact
        .asked
        .as_ref()
        .and_then(|asked| Purl::parse(asked).ok())
        .is_some_and(|purl| purl.version().is_some());
    let why = match (&artifact.form, knows_earlier) {
        _ if version_asked => return None,
        (Form::Endpoint, _) => "a remote server has no version to go by",
        (_, true) => "no version was asked for and none is compared with the earlier ones",
        (_, false) => "no version was asked for and no earlier one is known",
    };
    let message = format!("{why}: an older signed release would pass as well");
    Some(Finding::new(code::freshness::NO_ROLLBACK_PROTECTION, message))
}
