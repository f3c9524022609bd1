//! One trusted tool manifest, taken through every stage.

use jiff::Timestamp;
use mcpsign_schemas::advisory::report::AdvisoriesReport;
use mcpsign_schemas::code;
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::finding::{EvidenceRef, Finding};
use mcpsign_schemas::manifest::{Kind, Profile, ToolManifest};
use mcpsign_schemas::policy::Observation;
use mcpsign_schemas::purl::Purl;
use mcpsign_schemas::report::{LevelReport, RevocationReport, ServerReport};
use mcpsign_schemas::statement::Subject;

use crate::approval::{self, Exceptions, Unapproved};
use crate::attribute::Trusted;
use crate::compare::{advisories, freshness, licenses, manifest, names, observation, standing, subject};
use crate::continuity;
use crate::demand;
use crate::handed::Handed;
use crate::ladder::Line;
use crate::manifests::SignedManifest;
use crate::measured::{Form, Gap, Got, Measured, MeasuredArtifact};
use crate::non_empty::NonEmpty;
use crate::policy::{Called, Policy, Rule, SignerId};
use crate::require::{self, Required};
use crate::revocation::Revocations;
use crate::step::{Stage, Step, Steps};

/// What all stages look at.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) lines: &'a [Line],
    pub(crate) handed: &'a Handed<'a>,
    pub(crate) measured: &'a Measured,
    pub(crate) policy: &'a Policy,
    pub(crate) now: Timestamp,
    /// The tool manifests among the lines, where signers are counted.
    pub(crate) manifests: &'a [SignedManifest<'a>],
}

/// How one manifest came out.
pub(crate) struct Evaluation<'a> {
    pub(crate) steps: Steps,
    pub(crate) statement: &'a Trusted,
    /// The manifest itself, once it parsed and its subject is what we hold.
    pub(crate) manifest: Option<ToolManifest>,
    /// The server that it names, once it parsed.
    pub(crate) server: Option<ServerReport>,
    /// The rule that decides about it.
    pub(crate) rule: Option<&'a Rule>,
    /// Statements used besides the manifest's.
    pub(crate) used: Vec<&'a Trusted>,
    /// Lists that the rule asks for.
    pub(crate) revocations: Vec<RevocationReport>,
    /// Stages in which nothing but the observation is missing.
    pub(crate) awaits_observation: Vec<Stage>,
    /// What there is to say besides, by stage.
    pub(crate) remarks: Vec<(Stage, Finding)>,
    /// What the components were held against.
    pub(crate) advisories: Option<AdvisoriesReport>,
    /// What the provenance used establishes.
    pub(crate) levels: Vec<LevelReport>,
}

/// A manifest that we can speak of: it parsed and is about the artifact, and a rule is for it.
pub(crate) struct Candidate<'a> {
    pub(crate) statement: &'a Trusted,
    pub(crate) manifest: &'a ToolManifest,
    pub(crate) rule: &'a Rule,
    pub(crate) subject: Sha256Digest,
    pub(crate) packages: &'a [Purl],
    /// What the rule's authorities have revoked.
    pub(crate) revocations: &'a Revocations<'a>,
}

/// Judges `statement`, a trusted one of the tool-manifest type:
/// 1. subject: it names the bytes that we hold, else there is nothing more to say of it;
/// 2. identity: the rule for this server names the signer, and the signer may speak as the manifest's kind;
/// 3. subject: the names agree;
/// 4. manifest: whole in itself, and what the server shows;
/// 5. SBOM and what is known of its components, provenance, other required statements;
/// 6. freshness of everything used, what was revoked, and what went on from earlier releases.
pub(crate) fn evaluate<'a>(statement: &'a Trusted, context: Context<'a>) -> Evaluation<'a> {
    let evidence = statement.evidence();
    let mut result = Evaluation {
        steps: Steps::blocked_by(Stage::Signature),
        statement,
        manifest: None,
        server: None,
        rule: None,
        used: Vec::new(),
        revocations: Vec::new(),
        awaits_observation: Vec::new(),
        remarks: Vec::new(),
        advisories: None,
        levels: Vec::new(),
    };
    let artifact = &context.measured.subject;
    if let Err(error) = matching(statement, &context.measured.subject) {
        result.steps = stopped(evidence, Stage::Subject, error.finding().evidence(evidence.clone()));
        if let Some(gap) = error.gap() {
            result.steps.subject = Step::NotRun(gap);
        }
        return result;
    }
    let subject = artifact.digests.sha256;
    let (manifest, packages) = match named(statement, subject) {
        Ok(parsed) => parsed,
        Err(finding) => {
            result.steps = stopped(evidence, Stage::Manifest, finding.evidence(evidence.clone()));
            return result;
        }
    };
    result.server = Some(server(&manifest, subject));
    result.rule = context.policy.rule_for(&manifest.server.name, &packages);
    let rule = match speaker(statement, (&manifest, &packages), result.rule, artifact, context.policy) {
        Ok(rule) => rule,
        Err(finding) => {
            result.steps = stopped(evidence, Stage::Identity, finding.evidence(evidence.clone()));
            return result;
        }
    };

    let revocations = Revocations::of(rule, context.handed, context.policy, context.now);
    let candidate = Candidate {
        statement,
        manifest: &manifest,
        rule,
        subject,
        packages: &packages,
        revocations: &revocations,
    };
    let exceptions = Exceptions::for_rule(rule.require.exceptions.as_ref(), &candidate, context);
    let mut required = require::required(&candidate, context);
    result.levels = require::levels(&required, &candidate, context);
    let sboms = require::bound_sboms(&required.used, &candidate);
    let (sbom, borne) =
        licenses::permitted(required.sbom.clone(), &sboms, rule.require.licenses.as_ref(), &exceptions);
    let advisories = advisories::judge(&sboms, &sbom, &exceptions, &candidate, context);
    let (manifest_step, manifest_awaits) =
        manifest_step(statement, &candidate, &required, &advisories, context);
    borne.into_iter().chain(advisories.used).for_each(|used| required.uses(used));
    let (freshness, freshness_awaits) =
        freshness_step(statement, &candidate, &exceptions, &mut required, context);

    let mut by = NonEmpty::one(evidence.clone());
    by.extend(required.used.iter().map(|used| used.evidence().clone()));
    let ladder = || Step::Passed { by: by.clone(), notes: Vec::new() };
    result.steps = Steps {
        signature: required.signature.unwrap_or_else(ladder),
        identity: required.identity.unwrap_or_else(ladder),
        provenance: required.provenance,
        // Another name does not keep the rest from being judged: all that is wrong is said.
        subject: match names::agree(&packages, artifact) {
            Ok(()) => ladder(),
            Err(finding) => Step::failed(finding.evidence(evidence.clone())),
        },
        manifest: manifest_step,
        sbom,
        advisories: advisories.step,
        freshness,
    };
    let awaits = [(Stage::Manifest, manifest_awaits), (Stage::Freshness, freshness_awaits)];
    result.awaits_observation =
        awaits.into_iter().filter(|(_, awaits)| *awaits).map(|(stage, _)| stage).collect();
    result.remarks = advisories.remarks.into_iter().map(|finding| (Stage::Advisories, finding)).collect();
    result.advisories = advisories.report;
    result.used = required.used;
    result.revocations = revocations.into_reports();
    result.manifest = Some(manifest);
    result
}

fn server(manifest: &ToolManifest, subject: Sha256Digest) -> ServerReport {
    let of_subject = manifest.packages.iter().filter(|package| package.subject == subject);
    ServerReport {
        name: manifest.server.name.clone(),
        version: manifest.server.version.clone(),
        packages: of_subject.map(|package| package.purl.clone()).collect(),
    }
}

/// The manifest, and the names that it gives the subject.
fn named(statement: &Trusted, subject: Sha256Digest) -> Result<(ToolManifest, Vec<Purl>), Finding> {
    let manifest = manifest::parse(statement.statement())?;
    let packages = names::packages(&manifest, subject)
        .map_err(|error| Finding::new(code::manifest::MALFORMED, format!("`packages`: {error}")))?;
    Ok((manifest, packages))
}

/// The rule under which a tool manifest speaks of the artifact, if it does and by whom the rule names: what is judged beyond that
/// are its contents.
pub(crate) fn rule_of<'p>(
    statement: &Trusted,
    artifact: &MeasuredArtifact,
    policy: &'p Policy,
) -> Option<&'p Rule> {
    matching(statement, artifact).ok()?;
    let (manifest, packages) = named(statement, artifact.digests.sha256).ok()?;
    let rule = policy.rule_for(&manifest.server.name, &packages);
    speaker(statement, (&manifest, &packages), rule, artifact, policy).ok()
}

/// The subject of a statement that is the artifact.
pub(crate) fn matching<'s>(
    statement: &'s Trusted,
    artifact: &MeasuredArtifact,
) -> Result<&'s Subject, subject::SubjectError> {
    let unfit = |why: &str| Err(subject::SubjectError::Unfit { why: why.to_owned() });
    match &artifact.form {
        Form::Unfit { why, unlisted: true } => unfit(why),
        // That it was changed after it was signed says more.
        Form::Unfit { why, unlisted: false } => {
            subject::matching(statement.statement(), &artifact.digests, artifact.media_type())
                .and_then(|_| unfit(why))
        }
        Form::TreeWithoutModes(_) => {
            subject::matching(statement.statement(), &artifact.digests, artifact.media_type())
                .map_err(subject::SubjectError::without_modes)
        }
        Form::File | Form::Tree(_) | Form::Endpoint => {
            subject::matching(statement.statement(), &artifact.digests, artifact.media_type())
        }
    }
}

/// Passed up to `stage`, which failed.
fn stopped(evidence: &EvidenceRef, stage: Stage, finding: Finding) -> Steps {
    let mut steps = Steps::blocked_by(stage);
    let ladder = [
        (Stage::Signature, &mut steps.signature),
        (Stage::Identity, &mut steps.identity),
        (Stage::Subject, &mut steps.subject),
        (Stage::Manifest, &mut steps.manifest),
    ];
    for (each, step) in ladder {
        if each < stage {
            *step = Step::passed(evidence);
        } else if each == stage {
            *step = Step::failed(finding.clone());
        }
    }
    steps
}

/// The rule for the manifest's server, if there is one, it names the signer for that, and no name of it is somebody else's.
pub(crate) fn speaker<'p>(
    statement: &Trusted,
    (manifest, packages): (&ToolManifest, &[Purl]),
    rule: Option<&'p Rule>,
    artifact: &MeasuredArtifact,
    policy: &'p Policy,
) -> Result<&'p Rule, Finding> {
    let name_of = |entry: &SignerId| policy.signer(*entry).map_or("", |signer| signer.name.as_str());
    let name = name_of(statement.entries().first());
    let entries = as_kind(statement, manifest.kind, policy);
    if entries.is_empty() {
        return Err(Finding::new(
            code::identity::KIND_NOT_ALLOWED,
            format!("the signer `{name}` may not speak as this kind"),
        )
        .found(format!("{:?}", manifest.kind).to_lowercase()));
    }
    let Some(rule) = rule else {
        let names: Vec<String> = packages.iter().map(ToString::to_string).collect();
        return Err(Finding::new(code::policy::NO_RULE, "no rule of the policy matches this server")
            .found(format!("server {}; packages {}", manifest.server.name, names.join(", "))));
    };
    let entries: Vec<SignerId> = entries.into_iter().filter(|entry| rule.names(*entry)).collect();
    let Some(first) = entries.first() else {
        return Err(Finding::new(
            code::identity::SIGNER_NOT_ALLOWED,
            format!("rule `{}` does not name the signer `{name}`", rule.name),
        )
        .found(name));
    };
    let endpoint = names::endpoint(artifact);
    let remote = matches!(artifact.form, Form::Endpoint).then_some(endpoint.as_ref());
    let called = Called { server: &manifest.server.name, packages, remote };
    for (namespace, within) in policy.namespaces(&called) {
        if !entries.iter().any(|entry| namespace.names(*entry)) {
            return Err(Finding::new(
                code::identity::NAMESPACE_NOT_ALLOWED,
                format!("the signer `{}` does not speak for `{within}`", name_of(first)),
            )
            .found(within));
        }
    }
    Ok(rule)
}

/// The entries by which whoever signed may speak as this kind.
pub(crate) fn as_kind(statement: &Trusted, kind: Kind, policy: &Policy) -> Vec<SignerId> {
    let may = |entry: &SignerId| policy.signer(*entry).is_some_and(|signer| signer.may_speak_as(kind));
    statement.entries().iter().copied().filter(may).collect()
}

/// The manifest in itself, what is demanded of it, then against the observation. Also says whether only that is missing.
fn manifest_step(
    statement: &Trusted,
    candidate: &Candidate<'_>,
    required: &Required<'_>,
    advisories: &advisories::Judged<'_>,
    context: Context<'_>,
) -> (Step, bool) {
    let evidence = statement.evidence();
    let failed = |finding: Finding| (Step::failed(finding.evidence(evidence.clone())), false);
    if let Err(finding) = manifest::is_whole(candidate.manifest, statement.statement()) {
        return failed(finding);
    }
    let requirement = &candidate.rule.require.manifest;
    let (profiles, mut notes) = match manifest::profiles(candidate.manifest, candidate.subject, requirement) {
        Ok(profiles) => profiles,
        Err(finding) => return failed(finding),
    };
    let demanded = demand::demanded(statement, candidate, &profiles, (required, advisories), context);
    notes.extend(demanded.notes);
    let (step, awaits) = observed_step(statement, candidate, (&profiles, notes), context);
    let Some(fallen) = NonEmpty::from_vec(demanded.failed) else {
        return match demanded.gap {
            Some(gap) if !matches!(step, Step::Failed(_)) => (Step::NotRun(gap), false),
            _ => (step, awaits),
        };
    };
    let mut fallen = fallen.map(|finding| finding.evidence(evidence.clone()));
    if let Step::Failed(findings) = step {
        fallen.extend(findings.into_vec());
    }
    (Step::Failed(fallen), false)
}

/// What the running server showed, if it was looked at. Also says whether only that is missing.
fn observed_step(
    statement: &Trusted,
    candidate: &Candidate<'_>,
    (profiles, mut notes): (&[&Profile], Vec<Finding>),
    context: Context<'_>,
) -> (Step, bool) {
    let evidence = statement.evidence();
    let failed = |finding: Finding| (Step::failed(finding.evidence(evidence.clone())), false);
    let requirement = &candidate.rule.require.manifest;
    match (&context.measured.observed, requirement.observation) {
        (Got::Some(observed), _) => {
            match observation::compare(candidate.manifest, profiles, observed, requirement) {
                Ok(more) => notes.extend(more),
                Err(findings) => {
                    return (Step::Failed(findings.map(|f| f.evidence(evidence.clone()))), false);
                }
            }
        }
        (Got::Missing(gap), Observation::IfGiven)
            if gap.code == code::evidence::NOT_LOOKED_AT || context.measured.observed.is_awaited() =>
        {
            notes.push(Finding::new(
                code::manifest::NOT_OBSERVED,
                "the running server was not looked at: what is signed was checked in itself",
            ));
        }
        // It was looked at, and shows what no capture accepts: two replies to one request, say.
        (Got::Missing(gap), _) if is_refusal(gap) => {
            let nothing = gap.code == code::capture::NOTHING_OBSERVED;
            let code = if nothing { code::manifest::NOTHING_OBSERVED } else { gap.code };
            return failed(Finding::new(code, gap.message.clone()));
        }
        // Demanded, or tried in vain.
        (Got::Missing(Gap { code, message }), _) => {
            return (Step::NotRun(Gap { code: *code, message: message.clone() }), true);
        }
    }
    let notes = notes.into_iter().map(|note| note.evidence(evidence.clone())).collect();
    (Step::Passed { by: NonEmpty::one(evidence.clone()), notes }, false)
}

/// A capture that was refused for what the server sent is an answer; one that could not be made is none.
fn is_refusal(gap: &Gap) -> bool {
    gap.code.id.starts_with("capture/") && gap.code != code::capture::SERVER_FAILED
}

/// Whether everything used is current, nothing of it revoked, and the release what was approved and goes on from earlier
/// ones; remembers the approval and the exceptions that are used. Also says whether only the observation is missing.
fn freshness_step<'a>(
    statement: &Trusted,
    candidate: &Candidate<'_>,
    exceptions: &Exceptions<'a>,
    required: &mut Required<'a>,
    context: Context<'a>,
) -> (Step, bool) {
    let require = &candidate.rule.require;
    let (mut failed, mut notes) = (Vec::new(), Vec::new());
    let mut awaited = None;
    match require.approval.as_ref().map(|asked| approval::approved(asked, statement, candidate, context)) {
        Some(Ok(approval)) => required.uses(approval),
        Some(Err(Unapproved::Failed(finding))) => failed.push(finding),
        Some(Err(Unapproved::Open(gap))) => awaited = Some(gap),
        None => {}
    }
    if let Err(finding) = freshness::not_expired(candidate.manifest, context.now) {
        failed.push(finding.evidence(statement.evidence().clone()));
    }
    failed.extend(standing::at(context.policy, context.now));
    for each in std::iter::once(statement).chain(required.used.iter().copied()) {
        failed.extend(candidate.revocations.of_statement(each));
        match freshness::time_of(each, candidate.rule, context.policy) {
            Ok(note) => notes.extend(note),
            Err(finding) => failed.push(finding),
        }
    }
    let artifact = &context.measured.subject;
    let (revoked, mut gaps) = candidate.revocations.of_artifact(artifact, candidate.packages);
    failed.extend(revoked);
    match standing::taken_back(context.policy, &context.handed.policies) {
        Ok(finding) => failed.extend(finding),
        Err(gap) => gaps.push(gap),
    }
    notes.extend(candidate.revocations.notes().iter().cloned());

    let continuity = continuity::judge(require.continuity.as_ref(), statement, candidate, context);
    failed.extend(continuity.failed);
    gaps.extend(continuity.gap);
    notes.extend(continuity.notes);
    if !continuity.holds_back {
        notes.extend(freshness::rollback(artifact, continuity.knows_earlier));
    }
    // Before it is decided: what is borne must not hide what could not be found out.
    exceptions.bear(&mut failed, &mut notes).into_iter().for_each(|used| required.uses(used));
    let awaits = failed.is_empty() && gaps.is_empty() && awaited.is_some();
    gaps.extend(awaited);
    let step = match (NonEmpty::from_vec(failed), NonEmpty::from_vec(gaps)) {
        (Some(mut failed), _) => {
            failed.extend(notes);
            Step::Failed(failed)
        }
        (None, Some(gaps)) => Step::NotRun(Gap {
            code: gaps.first().code,
            message: gaps.iter().map(|gap| gap.message.as_str()).collect::<Vec<_>>().join("; "),
        }),
        (None, None) => Step::Passed { by: NonEmpty::one(statement.evidence().clone()), notes },
    };
    (step, awaits)
}
