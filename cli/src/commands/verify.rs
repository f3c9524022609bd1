//! `mcpsign verify`: may this release be used?

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;
use mcpsign_collect::artifact::ArtifactError;
use mcpsign_collect::capture::CaptureError;
use mcpsign_evidence::claims::Evidence;
use mcpsign_evidence::measure::{self, Measurement};
use mcpsign_evidence::observation::{self, Observation};
use mcpsign_evidence::reference::{Reference, ReferenceError};
use mcpsign_evidence::registry::PackageReference;
use mcpsign_schemas::canonical::{Json, Object};
use mcpsign_schemas::code;
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::observed::ObservedServer;
use mcpsign_schemas::report::{FailureReport, REPORT_VERSION, ReferenceFailure, ReportDocument, VerdictWord};
use mcpsign_verifier::policy::Policy;
use mcpsign_verifier::{
    Gap, Got, Heard, Measured, MeasuredArtifact, Report, RootOrigin, SigstoreRoot, Trust, TufOrigin,
};
use rayon::prelude::*;

use crate::args::{FindingsFormat, FindingsFormatArgs};
use crate::commands::handed::{HandedIn, Places};
use crate::commands::policy::Network;
use crate::commands::registry::{self, RegistryArgs};
use crate::commands::server::bound::{self, Bound};
use crate::commands::server::{Address, Ca, Given, NO_SERVER, Plan, ServerArgs, capture_failure};
use crate::commands::trust::TrustArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::render::untrusted::value;
use crate::render::{human, json, sarif};

/// Arguments of `verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    examine: ExamineArgs,
    #[command(flatten)]
    format: FindingsFormatArgs,
}

/// What is verified, and by what: for every command that needs a verification.
#[derive(Debug, Args)]
pub(crate) struct ExamineArgs {
    /// What to verify: files, directories, remote servers (`https://HOST/PATH`, asked only if `--url` says so), or packages by name (`npm:NAME@VERSION`, `pypi:NAME==VERSION`,
    /// `cargo:NAME@VERSION`), which are fetched; each gets a verdict of its own
    #[arg(value_name = "REFERENCE", required = true)]
    references: Vec<OsString>,
    #[command(flatten)]
    trust: TrustArgs,
    /// An evidence file in place of `<artifact>.mcpsign.jsonl` beside the artifact; repeatable, e.g.
    /// `--evidence release.jsonl`
    #[arg(long, value_name = "FILE")]
    evidence: Vec<PathBuf>,
    /// What the server shows, as a capture file or as the replies that a client received, one a line; `-` is standard
    /// input; e.g. `--observed tools-list.jsonl`
    #[arg(long, value_name = "FILE|-", conflicts_with = "command")]
    observed: Option<PathBuf>,
    /// The folder with advisories (`mcpsign advisories update --dir DIR`) to hold the components of the signed SBOM against,
    /// e.g. `--advisories /var/lib/mcpsign/advisories`
    #[arg(long, value_name = "DIR")]
    advisories: Option<PathBuf>,
    /// An authority's list of what it has revoked; repeatable; the policy says whose lists count, and without a policy file
    /// those count that the same signer signed; e.g. `--revocations revoked.mcpsign.jsonl`
    #[arg(long, value_name = "FILE")]
    revocations: Vec<PathBuf>,
    /// A folder of evidence files of earlier releases, to be compared with: signer, owner, provenance, version, tools; e.g.
    /// `--history accepted`
    #[arg(long, value_name = "DIR")]
    history: Option<PathBuf>,
    /// Evidence or a capture of another server that is used beside this one, whose tools are not to be shadowed; repeatable;
    /// nothing of it has to verify; e.g. `--alongside mail-mcp.mcpsign.jsonl`
    #[arg(long, value_name = "FILE")]
    alongside: Vec<PathBuf>,
    #[command(flatten)]
    server: ServerArgs,
    #[command(flatten)]
    registry: RegistryArgs,
    /// Open no socket, e.g. `--offline`; then packages cannot be verified by name, and a server that is started has no
    /// network
    #[arg(long)]
    offline: bool,
    /// The server to start and to compare with the signed manifest, once all else has passed
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Verifies each reference; the exit code is the worst of all.
///
/// # Errors
/// Where whom to trust, or an observation, cannot be used. What concerns one reference alone is said and counts
/// for the exit code, and the others are verified.
pub(crate) fn run(args: &VerifyArgs, out: &mut Output) -> Result<Exit, Failure> {
    let verifier = args.examine.prepare(out)?;
    let (references, alone) = (&args.examine.references, verifier.alone);
    let mut exit = Exit::Allowed;
    let mut log = sarif::Reports::new();
    let mut further = false;
    for some in references.chunks(if alone { AT_ONCE } else { 1 }) {
        let answers: Vec<Result<Examined, Failure>> = match some {
            // Worth no pool of threads.
            [only] if alone => vec![verifier.answer(only, None)],
            _ if alone => some.par_iter().map(|argument| verifier.answer(argument, None)).collect(),
            _ => some.iter().map(|argument| verifier.answer(argument, Some(&mut *out))).collect(),
        };
        for (argument, answer) in some.iter().zip(answers) {
            let one = match answer {
                Ok(examined) => {
                    let document = examined.report.document();
                    examined.said.iter().for_each(|line| out.talk(line));
                    match args.format.format {
                        FindingsFormat::Json => out.result(json::line(&document)?),
                        FindingsFormat::Human => show(&document, further, out),
                        FindingsFormat::Sarif => log.add(&document),
                    }
                    exit_of(document.verdict)
                }
                Err(failure) => {
                    out.failure(&failure);
                    log.add_failure(&failure);
                    if args.format.format == FindingsFormat::Json && references.len() > 1 {
                        out.result(json::line(&unanswered(argument, &failure, out))?);
                    }
                    failure.exit()
                }
            };
            exit = exit.worst(one);
            further = true;
        }
    }
    if args.format.format == FindingsFormat::Sarif {
        out.result(log.line(exit)?);
    }
    Ok(exit)
}

impl ExamineArgs {
    /// The artifacts and the files that were named, and the evidence beside the artifacts.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let plain = self.server.remote.plain_http();
        let references =
            self.references.iter().filter_map(|argument| Reference::parse_with(argument, plain).ok());
        let mut files: Vec<PathBuf> =
            references.flat_map(|reference| [reference.path().to_owned(), reference.sidecar()]).collect();
        files.extend(self.trust.files());
        let named =
            self.evidence.iter().chain(&self.observed).chain(&self.revocations).chain(&self.alongside);
        files.extend(named.cloned());
        files
    }

    /// Reads everything that is the same for all references.
    ///
    /// # Errors
    /// Usage errors, and files that cannot be used.
    pub(crate) fn prepare(&self, out: &mut Output) -> Result<Verifier<'_>, Failure> {
        let address = self.server.remote.address()?;
        let (starts, asks) = (!self.command.is_empty(), address.is_some());
        // Without either, only how an address may be spelled is for us.
        let by_name =
            |argument: &OsString| registry::reference(argument).is_ok_and(|package| package.is_some());
        let fetches = self.references.iter().any(by_name);
        let ca = if fetches { Ca::OfRegistry } else { Ca::OfServer };
        let only_spelling = self.server.is_only_spelling(ca) && self.references.iter().any(is_address);
        if !starts && !asks && !self.server.is_empty(ca) && !only_spelling {
            return Err(Failure::usage(NO_SERVER).hint("add `-- COMMAND` or `--url URL`, or leave them out"));
        }
        if asks && self.offline {
            return Err(Failure::usage("`--url` asks a server, and `--offline` forbids to")
                .hint("leave one of them out; `--observed FILE` compares what a client has received"));
        }
        if starts && self.offline && self.server.reaches_the_network() {
            return Err(Failure::usage(
                "the server would have the network of this machine, and `--offline` forbids it",
            )
            .hint("leave `--network host` and `--sandbox off` out; only Linux can do without a network"));
        }
        if asks && self.observed.is_some() {
            return Err(Failure::usage("`--observed` and `--url` both say what the server shows")
                .hint("leave one of them out"));
        }
        if !self.registry.is_empty() && !fetches {
            return Err(Failure::usage(registry::NO_PACKAGE)
                .hint("leave them out, or name a package: `npm:NAME@VERSION`"));
        }
        let places = Places {
            revocations: &self.revocations,
            history: self.history.as_deref(),
            alongside: &self.alongside,
            advisories: self.advisories.as_deref(),
        };
        let handed = HandedIn::read(&places, Timestamp::now())?;
        let network = if self.offline { Network::Offline } else { Network::Allowed };
        let policy = self.trust.policy(
            handed.authorities(),
            handed.history_given(),
            handed.others_given(),
            network,
        )?;
        let trust = self.trust.anchors(&policy)?;
        let observed = self.observed.as_deref().map(observation::load).transpose().map_err(|error| {
            Failure::from_error(&error).hint(
                "`--observed` takes a file of `mcpsign manifest capture`, or JSON-RPC replies, one a line",
            )
        })?;
        let evidence = match self.evidence.as_slice() {
            [] => None,
            named => Some(Evidence::named(named).map_err(|error| {
                Failure::from_error(&error)
                    .hint("leave `--evidence` out to look for `<artifact>.mcpsign.jsonl` beside the artifact")
            })?),
        };
        if self.offline {
            let opened =
                if starts { "the server that is started has no network" } else { "no socket is opened" };
            out.talk(format_args!("note: offline: {opened}; nothing was learned from any network"));
            for (name, tuf) in
                trust.sigstore.iter().filter_map(SigstoreRoot::origin).filter_map(of_repository)
            {
                out.talk(format_args!(
                    "note: offline: whether the keys of `{}` were replaced since {} was not asked",
                    value(name),
                    tuf.as_of
                ));
            }
        }
        // What starts no server, asks none and fetches nothing says nothing before its answer: as many at once as there are cores.
        let alone = !starts && !asks && !fetches;
        let may_observe = Report::ready_to_observe;
        Ok(Verifier {
            args: self,
            policy,
            trust,
            evidence,
            observed,
            address,
            ca,
            handed,
            alone,
            may_observe,
        })
    }

    /// As given.
    pub(crate) fn references(&self) -> &[OsString] {
        &self.references
    }

    /// Whom to trust.
    pub(crate) const fn trust(&self) -> &TrustArgs {
        &self.trust
    }
}

fn of_repository(origin: &RootOrigin) -> Option<(&str, TufOrigin)> {
    origin.tuf.map(|tuf| (origin.name.as_str(), tuf))
}

/// One object a line in the order of the references, whatever came of each.
fn unanswered(argument: &OsString, failure: &Failure, out: &Output) -> ReferenceFailure {
    let FailureReport { message, causes, hint } = failure.report();
    let plain = |text: String| out.without_secrets(&[text]).concat();
    ReferenceFailure {
        report_version: REPORT_VERSION,
        reference: argument.to_string_lossy().into_owned(),
        exit_code: failure.exit().code(),
        error: FailureReport {
            message: plain(message),
            causes: out.without_secrets(&causes),
            hint: hint.map(plain),
        },
    }
}

fn is_address(argument: &OsString) -> bool {
    argument.to_string_lossy().contains("://")
}

const fn exit_of(verdict: VerdictWord) -> Exit {
    match verdict {
        VerdictWord::Allow => Exit::Allowed,
        VerdictWord::Deny => Exit::Denied,
        VerdictWord::Undecided => Exit::Undecided,
    }
}

fn show(document: &ReportDocument, further: bool, out: &mut Output) {
    if out.quiet() && document.verdict == VerdictWord::Allow {
        return;
    }
    if further {
        out.result("\n");
    }
    out.result(human::report(document));
}

/// References whose reports are held back until all of them are there, so that they come in the order asked for.
const AT_ONCE: usize = 64;

/// A reference, verified.
pub(crate) struct Examined {
    pub(crate) report: Report,
    /// What the report is about.
    pub(crate) measured: Measured,
    /// What is to be said of it on stderr.
    said: Vec<String>,
}

/// What all references of one call are held to.
pub(crate) struct Verifier<'a> {
    args: &'a ExamineArgs,
    policy: Policy,
    trust: Trust,
    /// Of the files named; without any, each reference has its own.
    evidence: Option<Evidence>,
    observed: Option<Observation>,
    /// Of the server to ask.
    address: Option<Address>,
    /// What `--ca` is for.
    ca: Ca,
    handed: HandedIn,
    /// Whether no reference has anything to say before its answer.
    alone: bool,
    /// Whether the server may be started, or asked, once this was found out without it.
    pub(crate) may_observe: fn(&Report) -> bool,
}

impl Verifier<'_> {
    /// Decides without the running server first: one that is denied in any case is never started.
    ///
    /// # Errors
    /// When there is nothing to verify, or it cannot be read.
    pub(crate) fn examine(&self, argument: &OsString, out: &mut Output) -> Result<Examined, Failure> {
        let examined = self.answer(argument, Some(&mut *out))?;
        examined.said.iter().for_each(|line| out.talk(line));
        Ok(examined)
    }

    /// `out` is there for whatever has something to say meanwhile: packages by name, and servers.
    fn answer(&self, argument: &OsString, out: Option<&mut Output>) -> Result<Examined, Failure> {
        match (registry::reference(argument)?, out) {
            (Some(package), Some(out)) => self.verify_package(&package, out),
            (Some(package), None) => {
                Err(Failure::new(Exit::Bug, format!("`{}` was not fetched", value(package.shown()))))
            }
            (None, out) => self.verify_at(&self.path(argument)?, out),
        }
    }

    /// What another address shows says nothing of a remote server, neither for nor against it.
    fn same_address(&self, reference: &Reference) -> Result<(), Failure> {
        let Some(endpoint) = reference.endpoint() else { return Ok(()) };
        let handed_in = match &self.observed {
            Some(Observation::Seen(observed)) => observed.conditions.as_ref().map(|seen| &seen.launch),
            Some(Observation::Refused(_)) | None => None,
        };
        let asked = self.address.as_ref().map(|address| address.endpoint.as_str());
        let seen = handed_in.map(|launch| launch.url.as_deref().unwrap_or("a server that was started"));
        let other = asked.into_iter().chain(seen).find(|other| *other != endpoint.as_str());
        match other {
            None if self.args.command.is_empty() => Ok(()),
            None => Err(Failure::usage("a remote server is not started").hint("ask it: `--url URL`")),
            Some(other) => Err(Failure::usage(format!(
                "`{}` was to be compared with `{}`, which is another server",
                value(endpoint.as_str()),
                value(other)
            ))
            .hint("`--url` and `--observed` have to be about the address that is verified")),
        }
    }

    fn path(&self, argument: &OsString) -> Result<Reference, Failure> {
        Reference::parse_with(argument, self.args.server.remote.plain_http()).map_err(|error| {
            Failure::from_error(&error).hint(match error {
                ReferenceError::Endpoint { .. } => "write it as `https://HOST/PATH`; `--insecure-loopback` allows http with this machine",
                _ => "name a file or a directory; write `./` before a path that looks like another kind of reference",
            })
        })
    }

    /// What its registry serves now is fetched to a private place, and is what the verdict is about.
    fn verify_package(&self, package: &PackageReference, out: &mut Output) -> Result<Examined, Failure> {
        registry::may_fetch(package, self.args.offline)?;
        if self.evidence.is_none() {
            return Err(Failure::usage(format!("no evidence is named for `{}`", value(package.shown())))
                .hint("name the file that `mcpsign attest` wrote: `--evidence FILE`"));
        }
        let (_folder, fetched) = self.args.registry.fetch_aside(package, &self.args.server.remote.ca, out)?;
        let reference = Reference::fetched(package.shown(), &fetched.path, package.purl());
        self.verify_at(&reference, Some(out))
    }

    fn verify_at(&self, reference: &Reference, out: Option<&mut Output>) -> Result<Examined, Failure> {
        self.same_address(reference)?;
        let failed = |error: ArtifactError| {
            let hint = error
                .hint()
                .unwrap_or("name a readable file, or a directory of an installed or unpacked release");
            Failure::from_error(&error).hint(hint)
        };
        let Measurement { artifact, unfit, unseen } = measure::measure(reference).map_err(failed)?;
        let beside;
        let claims = match &self.evidence {
            Some(named) => named.claims(),
            None => {
                beside = Evidence::beside(reference);
                beside.claims()
            }
        };

        let observes = !self.args.command.is_empty() || self.address.is_some();
        let observed = if observes { Got::awaited() } else { self.observed_by_others() };
        let mut measured = self.handed.measured(artifact, observed);
        let mut heard = Heard::of(&claims, &mut measured, &self.trust, &self.policy, Timestamp::now());
        // Whatever nobody speaks of who counts is not looked into: it may be made to take long.
        if heard.needs_contents() {
            heard.look(unseen.contents().map_err(failed)?);
        }
        let report = heard.report();
        if let Some(unfit) = unfit {
            return Ok(Examined { report, measured, said: explained(&unfit) });
        }
        let report = match out {
            Some(out) if observes && (self.may_observe)(&report) => {
                measured.observed = self.observe(reference, &measured.subject, out)?;
                mcpsign_verifier::verify(&claims, &measured, &self.trust, &self.policy, Timestamp::now())
            }
            _ => report,
        };
        Ok(Examined { report, measured, said: Vec::new() })
    }
}

impl Verifier<'_> {
    fn observed_by_others(&self) -> Got<ObservedServer> {
        match &self.observed {
            None => Got::not_asked(),
            Some(Observation::Seen(observed)) => Got::Some(observed.as_ref().clone()),
            Some(Observation::Refused(findings)) => refused(findings),
        }
    }

    /// The artifact and the command line that is to start it, where something is started: of the bytes that were measured.
    fn bound(
        &self,
        reference: &Reference,
        measured: &MeasuredArtifact,
        out: &mut Output,
    ) -> Result<Option<Bound>, Failure> {
        if self.args.command.is_empty() {
            return Ok(None);
        }
        let artifact = bound::open(reference.path())?;
        if artifact.digests != measured.digests {
            let changed = format!("`{}` changed while it was verified", value(reference.shown()));
            return Err(Failure::new(Exit::Denied, changed).hint(code::attest::ARTIFACT_CHANGED.cure));
        }
        Bound::new(artifact, &self.args.command, &[], (&self.args.server, &Given::default()), out).map(Some)
    }

    /// Starts the server for a reference whose evidence holds so far.
    fn observe(
        &self,
        reference: &Reference,
        measured: &MeasuredArtifact,
        out: &mut Output,
    ) -> Result<Got<ObservedServer>, Failure> {
        let how = if self.address.is_some() { "asking" } else { "starting" };
        out.talk(format_args!(
            "{how} the server to compare it with the signed manifest of {}",
            value(reference.shown())
        ));
        let bound = self.bound(reference, measured, out)?;
        let plan = Plan {
            profile: "observed",
            command: bound.as_ref().map_or(&[], Bound::argv),
            server: &self.args.server,
            client_capabilities: Json::Object(Object::new()),
            allow: BTreeSet::new(),
            artifact: bound.as_ref().map(Bound::place),
            given: {
                let given = Given { ca: self.ca, ..Given::default() };
                match &bound {
                    Some(bound) => bound.given(given),
                    None => given,
                }
            },
        };
        Ok(match plan.capture(out)? {
            Ok(mut captured) => {
                if let Some(bound) = bound {
                    bound.record(&mut captured, out)?;
                }
                Got::Some(ObservedServer::from_profile(&captured.profile, &captured.items))
            }
            Err(CaptureError::Refused { findings, stderr, .. }) => {
                human::server_stderr(&out.without_secrets(&stderr)).lines().for_each(|line| out.talk(line));
                refused(&findings)
            }
            Err(CaptureError::NotObserved { finding, stderr, .. }) => {
                human::server_stderr(&out.without_secrets(&stderr)).lines().for_each(|line| out.talk(line));
                Got::Missing(Gap { code: finding.code, message: finding.message })
            }
            Err(error) => return Err(capture_failure(error, out)),
        })
    }
}

/// What is wrong with an artifact that is denied whatever was signed.
fn explained(unfit: &ArtifactError) -> Vec<String> {
    let mut said = vec![format!("note: {}", value(&unfit.to_string()))];
    let causes = std::iter::successors(std::error::Error::source(unfit), |error| error.source());
    said.extend(causes.map(|cause| format!("  caused by: {}", value(&cause.to_string()))));
    said.extend(unfit.hint().map(|hint| format!("hint: {hint}")));
    said
}

/// What was shown, and cannot be an observation: the first reason stands for all.
fn refused(findings: &[Finding]) -> Got<ObservedServer> {
    let (code, message) = match findings.first() {
        Some(finding) => (finding.code, finding.message.clone()),
        None => (code::capture::NOTHING_OBSERVED, code::capture::NOTHING_OBSERVED.title.to_owned()),
    };
    Got::Missing(Gap { code, message })
}
