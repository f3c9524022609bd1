//! Decisions that somebody signed about this artifact: that it may be used as it was looked at, and which findings are
//! borne (`spec/approval.md`).

use mcpsign_schemas::advisory::report::Match;
use mcpsign_schemas::approval::{
    Approval, ApprovedLaunch, ApprovedManifest, ApprovedSigner, Decision, Exception, names_advisories,
};
use mcpsign_schemas::code::{self, Code};
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::manifest::Profile;
use mcpsign_schemas::policy::{ApprovalRequirement, ExceptionsRequirement};
use mcpsign_schemas::statement::predicate_type;

use crate::attribute::Trusted;
use crate::authenticate::Signer;
use crate::compare::{freshness, manifest, observation};
use crate::evaluate::{Candidate, Context};
use crate::measured::{Gap, Got};
use crate::require::about_it;

/// The approval that counts for `statement`, a trusted tool manifest: one is enough, and any that does not count counts for
/// nothing.
///
/// # Errors
/// Why none does: of several the one that got furthest says it. How the server is started is not known before it was.
pub(crate) fn approved<'a>(
    requirement: &ApprovalRequirement,
    statement: &Trusted,
    candidate: &Candidate<'_>,
    context: Context<'a>,
) -> Result<&'a Trusted, Unapproved> {
    let mut furthest: Option<(usize, Finding)> = None;
    for (approval, decision) in decisions(&requirement.by, candidate, context) {
        let Decision::Approve(decision) = decision else { continue };
        match counts(&decision, requirement, statement, candidate, context) {
            Ok(()) => return Ok(approval),
            Err((step, finding)) if furthest.as_ref().is_none_or(|(best, _)| step > *best) => {
                furthest = Some((step, finding.evidence(approval.evidence().clone())));
            }
            Err(_) => {}
        }
    }
    match (furthest, &context.measured.observed) {
        (Some((LAUNCH, _)), Got::Missing(gap)) if context.measured.observed.is_awaited() => {
            Err(Unapproved::Open(gap.clone()))
        }
        (Some((_, finding)), _) => Err(Unapproved::Failed(finding)),
        (None, _) => Err(Unapproved::Failed(
            Finding::new(code::freshness::NOT_APPROVED, code::freshness::NOT_APPROVED.title).expected(
                format!("an approval by {} for `{}`", requirement.by.join(" or "), requirement.scope),
            ),
        )),
    }
}

/// Why nothing is approved.
pub(crate) enum Unapproved {
    Failed(Finding),
    /// Only what is still to be observed can tell.
    Open(Gap),
}

/// The last step of [`counts`], the one that an observation can turn.
const LAUNCH: usize = 5;

/// 1. It is for whom the policy asks.
/// 2. It has not ended.
/// 3. It is of a manifest by this signer.
/// 4. It is of what a profile that counts shows, and of nothing else that is observed.
/// 5. It is of this command line, with these variables.
///
/// # Errors
/// The first of these that does not hold, and its number.
fn counts(
    approval: &Approval,
    requirement: &ApprovalRequirement,
    statement: &Trusted,
    candidate: &Candidate<'_>,
    context: Context<'_>,
) -> Result<(), (usize, Finding)> {
    let fail = |step, code: Code, expected: String, found: String| {
        Err((step, Finding::new(code, code.title).expected(expected).found(found)))
    };
    if approval.scope != requirement.scope {
        let (expected, found) = (requirement.scope.clone(), approval.scope.clone());
        return fail(
            1,
            code::freshness::NOT_APPROVED,
            format!("scope `{expected}`"),
            format!("scope `{found}`"),
        );
    }
    if context.now >= approval.expires {
        let (expires, now) = (approval.expires, context.now);
        return fail(2, code::freshness::APPROVAL_EXPIRED, format!("before {expires}"), now.to_string());
    }
    let signer = signer(statement);
    if signer.as_ref() != Some(&approval.signer) {
        let found = signer.as_ref().map_or_else(|| "nobody who can be named".into(), shown);
        return fail(3, code::freshness::APPROVAL_OTHER_SIGNER, shown(&approval.signer), found);
    }
    let profile = match profile(approval, candidate) {
        Ok(profile) => profile,
        Err(found) => {
            let expected = format!(
                "profile `{}` with surface sha256:{}",
                approval.manifest.profile, approval.manifest.surface_digest.sha256
            );
            return fail(4, code::freshness::APPROVAL_OTHER_SURFACE, expected, found);
        }
    };
    let mut launch = &profile.launch;
    if let Got::Some(observed) = &context.measured.observed {
        let shown =
            observation::compare(candidate.manifest, &[profile], observed, &candidate.rule.require.manifest);
        if let Err(differences) = shown {
            let expected = format!("what profile `{}` shows", profile.name);
            return fail(
                4,
                code::freshness::APPROVAL_OTHER_SURFACE,
                expected,
                differences.first().message.clone(),
            );
        }
        if let Some(conditions) = &observed.conditions {
            launch = &conditions.launch;
        }
    }
    let launch = ApprovedLaunch::of(launch);
    if launch != approval.launch {
        return fail(
            LAUNCH,
            code::freshness::APPROVAL_OTHER_LAUNCH,
            command(&approval.launch),
            command(&launch),
        );
    }
    Ok(())
}

/// The profile that was approved, if it counts and shows what it showed.
fn profile<'c>(approval: &Approval, candidate: &Candidate<'c>) -> Result<&'c Profile, String> {
    let (profiles, _) =
        manifest::profiles(candidate.manifest, candidate.subject, &candidate.rule.require.manifest)
            .map_err(|finding| finding.message)?;
    let named = profiles.into_iter().find(|profile| profile.name == approval.manifest.profile);
    let profile = named.ok_or_else(|| "no such profile".to_owned())?;
    let shown = ApprovedManifest::of(profile);
    if shown == approval.manifest {
        Ok(profile)
    } else {
        Err(format!("surface sha256:{}", shown.surface_digest.sha256))
    }
}

/// What a rule bears, by whose word.
#[derive(Default)]
pub(crate) struct Exceptions<'a>(Vec<Excepted<'a>>);

/// One exception that counts, and whose it is.
pub(crate) struct Excepted<'a> {
    pub(crate) statement: &'a Trusted,
    exception: Exception,
}

impl<'a> Exceptions<'a> {
    /// Exceptions for this artifact that have not ended, by whom the rule names, for whom it asks.
    pub(crate) fn for_rule(
        requirement: Option<&ExceptionsRequirement>,
        candidate: &Candidate<'_>,
        context: Context<'a>,
    ) -> Self {
        let Some(requirement) = requirement else { return Self::default() };
        let except = |(statement, decision)| match decision {
            Decision::Except(mut exception)
                if exception.scope == requirement.scope && context.now < exception.expires =>
            {
                exception.codes.retain(|code| requirement.codes.contains(code));
                Some(Excepted { statement, exception })
            }
            _ => None,
        };
        Self(decisions(&requirement.by, candidate, context).into_iter().filter_map(except).collect())
    }

    /// Takes from `failed` what is borne, and says by whose word. It stays in the report: as a note beside one that says who
    /// bears it, and until when.
    pub(crate) fn bear(&self, failed: &mut Vec<Finding>, notes: &mut Vec<Finding>) -> Vec<&'a Trusted> {
        let mut by = Vec::new();
        for finding in std::mem::take(failed) {
            match self.of(finding.code, None) {
                Some(exception) => {
                    notes.extend([exception.finding(finding.code), finding.as_note()]);
                    by.push(exception.statement);
                }
                None => failed.push(finding),
            }
        }
        by
    }

    /// The exception by which a finding of this code is borne; of what an advisory says, one that names it.
    pub(crate) fn of(&self, code: Code, found: Option<&Match>) -> Option<&Excepted<'a>> {
        self.0.iter().find(|Excepted { exception, .. }| {
            let ids = exception.advisories.as_deref().unwrap_or_default();
            exception.codes.iter().any(|excepted| *excepted == code.id)
                && (!names_advisories(code.id) || found.is_some_and(|found| found.is_named(ids)))
        })
    }
}

impl Excepted<'_> {
    /// What a report says beside what is borne.
    pub(crate) fn finding(&self, code: Code) -> Finding {
        let Exception { expires, reason, .. } = &self.exception;
        Finding::new(code::freshness::EXCEPTED, format!("`{code}` is borne until {expires}: {reason}"))
            .evidence(self.statement.evidence().clone())
    }
}

/// Decisions about the artifact by these signers, whose time is good enough first. One that would count for too long, or
/// says that it was decided later than now, does not count.
fn decisions<'a>(
    by: &[String],
    candidate: &Candidate<'_>,
    context: Context<'a>,
) -> Vec<(&'a Trusted, Decision)> {
    let mut decisions: Vec<_> = about_it(|ty| ty == predicate_type::APPROVAL, candidate, context)
        .filter(|statement| statement.is_by(by, context.policy))
        .filter(|statement| freshness::time_of(statement, candidate.rule, context.policy).is_ok())
        .filter_map(|statement| {
            Some((statement, statement.statement().predicate.to_typed::<Decision>().ok()?))
        })
        .filter(|(_, decision)| decision.check().is_ok())
        .filter(|(_, decision)| !freshness::is_to_come(decision.created_on(), context.now))
        .collect();
    // Whichever order the lines have.
    decisions.sort_by_key(|(statement, _)| statement.evidence().payload);
    decisions
}

fn signer(statement: &Trusted) -> Option<ApprovedSigner> {
    match statement.signer() {
        Signer::Certificate { identity, .. } => Some(ApprovedSigner::Certificate {
            issuer: identity.issuer_name().to_owned(),
            subject: identity.subject_name()?.to_owned(),
        }),
        Signer::Key { spki_sha256, .. } => Some(ApprovedSigner::Key { spki_sha256: *spki_sha256 }),
    }
}

fn shown(signer: &ApprovedSigner) -> String {
    match signer {
        ApprovedSigner::Certificate { issuer, subject } => format!("{issuer} {subject}"),
        ApprovedSigner::Key { spki_sha256 } => format!("key sha256:{spki_sha256}"),
    }
}

fn command(launch: &ApprovedLaunch) -> String {
    format!("{} (with {})", launch.argv.join(" "), launch.env.join(", "))
}
