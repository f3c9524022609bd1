//! `mcpsign approve`: signs that a release may be used as it was looked at, or that some findings about it are borne.

use clap::Args;
use jiff::Timestamp;
use mcpsign_advisories::findings::of_match;
use mcpsign_schemas::approval::{
    Approval, ApprovedLaunch, ApprovedManifest, ApprovedSigner, Decision, Exception, MAX_DAYS,
    may_be_excepted, names_advisories,
};
use mcpsign_schemas::canonical::Json;
use mcpsign_schemas::code::{Code, Level, evidence, freshness};
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::manifest::Profile;
use mcpsign_schemas::report::{NotRunCause, ReportDocument, StageReport, StageState};
use mcpsign_schemas::statement::{Statement, Subject, predicate_type};
use mcpsign_schemas::untrusted::escape;
use mcpsign_verifier::{Got, Report, Signer, TrustedManifest};

use crate::commands::sign::{DecideArgs, Lines};
use crate::commands::times;
use crate::commands::verify::{ExamineArgs, Examined};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::render::human;

/// Arguments of `approve`.
#[derive(Debug, Args)]
pub(crate) struct ApproveArgs {
    #[command(flatten)]
    examine: ExamineArgs,
    #[command(flatten)]
    decide: DecideArgs,
    /// For whom it is approved, exactly as policies ask for it, e.g. `--scope team:payments`
    #[arg(long, value_name = "TEXT")]
    scope: String,
    /// Why, in a few words that reports show, e.g. `--reason "read the tools and the diff"`
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Until when the decision counts, 366 days at the most: so many days, or a time, e.g. `--expires 90` or
    /// `--expires 2027-05-01T00:00:00Z`
    #[arg(long, value_name = "DAYS|TIME")]
    expires: String,
    /// The profile of the tool manifest that is approved; needed where there are several and no server was looked at; e.g.
    /// `--profile default`
    #[arg(long, value_name = "NAME", conflicts_with = "except")]
    profile: Option<String>,
    /// Do not approve: bear findings of this code, where a policy lets it be excepted; repeatable; e.g.
    /// `--except freshness/cool-down`
    #[arg(long, value_name = "CODE")]
    except: Vec<String>,
    /// The advisory that is borne, by any of its ids, where `--except` has a code of `advisories/…`; repeatable; e.g.
    /// `--except advisories/vulnerable --advisory CVE-2026-12345`
    #[arg(long, value_name = "ID", requires = "except")]
    advisory: Vec<String>,
}

/// Verifies each reference, and signs a decision about each.
///
/// # Errors
/// Usage errors, a reference about which something else is wrong than what is decided, and those of signing. Nothing is
/// written then.
pub(crate) fn run(args: &ApproveArgs, out: &mut Output) -> Result<Exit, Failure> {
    let expires = times::expires(&args.expires)?;
    let codes = args.except.iter().map(|code| exceptable(code)).collect::<Result<Vec<_>, _>>()?;
    advisories_fit(&codes, &args.advisory)?;
    for (flag, text) in [("--scope", &args.scope), ("--reason", &args.reason)] {
        if text.trim().is_empty() {
            return Err(Failure::usage(format!("`{flag}` is empty")).hint("say it: reports show it"));
        }
    }
    let lines = Lines::prepare(&args.decide, &args.examine)?;
    let mut verifier = args.examine.prepare(out)?;
    verifier.may_observe = may_observe;
    let mut statements = Vec::new();
    for reference in args.examine.references() {
        let examined = verifier.examine(reference, out)?;
        let document = examined.report.document();
        decidable(&document, (&codes, &args.advisory), out)?;
        let decision = if codes.is_empty() {
            Decision::Approve(approval(args, &examined, expires, out)?)
        } else {
            let codes = codes.iter().map(|code| code.id.to_owned()).collect();
            let (scope, reason) = (args.scope.clone(), args.reason.clone());
            let advisories = Some(args.advisory.clone()).filter(|ids| !ids.is_empty());
            Decision::Except(Exception {
                codes,
                advisories,
                scope,
                reason,
                created_on: times::created_on(),
                expires,
            })
        };
        decision.check().map_err(|error| {
            Failure::from_error(&error).hint(format!("a decision counts for {MAX_DAYS} days at the most"))
        })?;
        say(&document, &decision, out);
        let predicate = Json::from_serialize(&decision).map_err(|error| Failure::from_error(&error))?;
        statements.push(Statement::new(vec![subject(&document)], predicate_type::APPROVAL, predicate));
    }
    lines.write(&statements, out)
}

/// The artifact as it was measured.
pub(crate) fn subject(document: &ReportDocument) -> Subject {
    let measured = &document.measured;
    Subject {
        name: measured.name.clone(),
        digest: measured.digest.clone(),
        media_type: measured.media_type.clone(),
    }
}

/// Of what a policy that asks for an approval says before there is one.
const NOT_YET: [Code; 5] = [
    freshness::NOT_APPROVED,
    freshness::APPROVAL_EXPIRED,
    freshness::APPROVAL_OTHER_SIGNER,
    freshness::APPROVAL_OTHER_SURFACE,
    freshness::APPROVAL_OTHER_LAUNCH,
];

/// What is to be approved as it is started is started: that it is not approved yet is no reason not to.
fn may_observe(report: &Report) -> bool {
    let awaits = |stage: &StageReport| match &stage.cause {
        Some(NotRunCause::Gap { code, .. }) => code == evidence::OBSERVATION_AWAITED.id,
        Some(NotRunCause::BlockedBy(_)) => false,
        None => true,
    };
    report.ready_to_observe()
        || (report.errors().iter().all(|finding| NOT_YET.contains(&finding.code))
            && report.document().stages.all().into_iter().all(awaits))
}

/// That it is not approved yet is no reason not to approve it; nor is what is borne from now on.
fn decidable(
    document: &ReportDocument,
    (codes, ids): (&[Code], &[String]),
    out: &mut Output,
) -> Result<(), Failure> {
    let named = named(document, ids);
    let is_decided = |finding: &&Finding| match finding.code {
        code if NOT_YET.contains(&code) => true,
        // What is not named is wrong still.
        code if names_advisories(code.id) => codes.contains(&code) && named.contains(&finding.message),
        code => codes.contains(&code),
    };
    let errors = document.findings.iter().filter(|finding| finding.level == Level::Error);
    let wrong: Vec<_> = errors.filter(|finding| !is_decided(finding)).cloned().collect();
    let open = document.stages.all().into_iter().any(|stage| stage.state == StageState::NotRun);
    if wrong.is_empty() && !open {
        return Ok(());
    }
    out.aside(human::report(document));
    let exit = if wrong.is_empty() { Exit::Undecided } else { Exit::Denied };
    Err(Failure::new(
        exit,
        format!("nothing is decided about `{}`: it does not verify", escape(&document.reference)),
    )
    .hint("what is wrong with it must be mended first; nothing was written"))
}

/// What findings say of those advisories that have one of these ids.
fn named(document: &ReportDocument, ids: &[String]) -> Vec<String> {
    let matches = document.advisories.iter().flat_map(|advisories| &advisories.matches);
    matches.filter(|found| found.is_named(ids)).map(|found| of_match(found).message).collect()
}

/// What advisories say is borne one advisory each.
fn advisories_fit(codes: &[Code], ids: &[String]) -> Result<(), Failure> {
    match (codes.iter().find(|code| names_advisories(code.id)), ids) {
        (Some(code), []) => Err(Failure::usage(format!("`--except {code}` does not say which advisory"))
            .hint(
                "name each with `--advisory ID`: what is found tomorrow is not borne by what is known today",
            )),
        (None, [id, ..]) => {
            Err(Failure::usage(format!("`--advisory {}` is borne by no `--except`", escape(id)))
                .hint("add the code that reports have for it, such as `--except advisories/vulnerable`"))
        }
        _ => Ok(()),
    }
}

fn approval(
    args: &ApproveArgs,
    examined: &Examined,
    expires: Timestamp,
    out: &mut Output,
) -> Result<Approval, Failure> {
    let Some(trusted) = examined.report.trusted_manifest() else {
        return Err(Failure::new(Exit::Denied, "there is no tool manifest to approve"));
    };
    let profile = profile(args, examined, trusted)?;
    let observed = match &examined.measured.observed {
        Got::Some(observed) => observed.conditions.as_ref(),
        Got::Missing(_) => None,
    };
    if observed.is_none() {
        out.talk("note: the server was not looked at: what is approved is what its publisher signed");
    }
    Ok(Approval {
        manifest: ApprovedManifest::of(profile),
        launch: ApprovedLaunch::of(observed.map_or(&profile.launch, |conditions| &conditions.launch)),
        signer: signer(trusted)?,
        scope: args.scope.clone(),
        reason: args.reason.clone(),
        created_on: times::created_on(),
        expires,
    })
}

/// The one that was named; otherwise the one that was observed; otherwise the only one.
fn profile<'m>(
    args: &ApproveArgs,
    examined: &Examined,
    trusted: &'m TrustedManifest,
) -> Result<&'m Profile, Failure> {
    let profiles = &trusted.manifest().profiles;
    let names = || {
        profiles.iter().map(|profile| format!("`{}`", escape(&profile.name))).collect::<Vec<_>>().join(", ")
    };
    let none = |what: String| Failure::usage(what).hint(format!("name one of {} with `--profile`", names()));
    if let Some(name) = &args.profile {
        let named = profiles.iter().find(|profile| profile.name == *name);
        return named.ok_or_else(|| none(format!("the tool manifest has no profile `{}`", escape(name))));
    }
    let conditions = match &examined.measured.observed {
        Got::Some(observed) => observed.conditions.as_ref(),
        Got::Missing(_) => None,
    };
    let alike =
        profiles.iter().find(|profile| conditions.is_some_and(|conditions| conditions.equal(profile)));
    match (alike, profiles.as_slice()) {
        (Some(profile), _) | (None, [profile]) => Ok(profile),
        _ => Err(none(format!("the tool manifest has {} profiles, and one is approved", profiles.len()))),
    }
}

fn signer(trusted: &TrustedManifest) -> Result<ApprovedSigner, Failure> {
    match trusted.signer() {
        Signer::Key { spki_sha256, .. } => Ok(ApprovedSigner::Key { spki_sha256: *spki_sha256 }),
        Signer::Certificate { identity, .. } => match identity.subject_name() {
            Some(subject) => Ok(ApprovedSigner::Certificate {
                issuer: identity.issuer_name().to_owned(),
                subject: subject.to_owned(),
            }),
            None => {
                Err(Failure::new(Exit::Denied, "the tool manifest is by somebody whom no approval can name"))
            }
        },
    }
}

fn say(document: &ReportDocument, decision: &Decision, out: &mut Output) {
    let digest = document.measured.digest.get("sha256").unwrap_or("?");
    let (what, scope) = match decision {
        Decision::Approve(approval) => {
            let name = &approval.manifest.profile;
            (
                format!(
                    "approving {} as profile `{name}` shows it, started by `{}`",
                    document.reference,
                    approval.launch.argv.join(" ")
                ),
                &approval.scope,
            )
        }
        Decision::Except(exception) => {
            let ids = exception.advisories.as_ref().map(|ids| format!(" ({})", ids.join(", ")));
            let codes = exception.codes.join(", ");
            let what = format!("bearing {codes}{} of {}", ids.unwrap_or_default(), document.reference);
            (what, &exception.scope)
        }
    };
    out.talk(format_args!("{}", escape(&what)));
    out.talk(format_args!(
        "  sha256:{}, for `{}`, until {}",
        escape(digest),
        escape(scope),
        decision.expires()
    ));
}

fn exceptable(id: &str) -> Result<Code, Failure> {
    match Code::find(id) {
        Some(code) if may_be_excepted(code) => Ok(code),
        Some(_) => Err(Failure::usage(format!("findings of `{id}` are never borne"))
            .hint("signatures, identities, digests and revocations hold or do not")),
        None => Err(Failure::usage(format!("`--except {}` is no code", escape(id)))
            .hint("write one as reports show it, such as `freshness/cool-down`")),
    }
}
