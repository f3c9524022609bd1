//! The second half of a run: key, signatures, check, files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use mcpsign_collect::http::TLS_HINT;
use mcpsign_collect::project;
use mcpsign_evidence::forms::Document;
use mcpsign_evidence::read::{self, ReadError};
use mcpsign_evidence::reference::Reference;
use mcpsign_schemas::canonical::{Json, Limits};
use mcpsign_schemas::code::Level;
use mcpsign_schemas::code::attest::{CHECK_FAILED, SERVICE_ANSWER, SERVICE_MISSING};
use mcpsign_schemas::evidence_file::{Line, MAX_FILE, MAX_LINE};
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::manifest::Kind;
use mcpsign_schemas::observed::ObservedServer;
use mcpsign_schemas::report::{ReportDocument, VerdictWord};
use mcpsign_schemas::statement::predicate_type;
use mcpsign_schemas::untrusted::escape;
use mcpsign_signing::bound::Bound;
use mcpsign_signing::check::{CheckError, Checked, Run, check};
use mcpsign_signing::keyless::{KeylessError, Service, ServiceError};
use mcpsign_signing::signer::{LocalSigner, SignError, Signer};
use mcpsign_signing::token::IdentityToken;
use mcpsign_verifier::policy::{FlagsPolicy, Policy};
use mcpsign_verifier::{MeasuredArtifact, SigstoreRoot, Trust};

use super::AttestArgs;
use super::keyless::Keyless;
use super::release::Plan;
use crate::commands::keys;
use crate::config::{self, Config};
use crate::describe::Described;
use crate::describe::provenance::Build;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::publish::{self, Destination, set};
use crate::render::human;
use crate::write::{self, Existing, Lock};

/// One release, ready to be signed.
#[derive(Debug)]
pub(super) struct Attested {
    /// In the order in which they are signed.
    pub(super) statements: Vec<Described>,
    /// What somebody else signed about it.
    pub(super) bound: Option<Bound>,
    /// What they are about, as measured after the last server had ended.
    pub(super) artifacts: Vec<MeasuredArtifact>,
    /// What the server showed, an entry for each profile.
    pub(super) observed: Vec<ObservedServer>,
}

/// Everything about the end of a run that can be known at its beginning: nobody waits for a capture whose result has
/// nowhere to go. No key is opened yet.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    args: &'a AttestArgs,
    with: With<'a>,
    /// Of each release: its artifacts, and where its evidence goes.
    releases: Vec<(Vec<Reference>, Destination)>,
}

/// What a run is signed with.
#[derive(Debug)]
enum With<'a> {
    /// A key of one's own.
    Key(&'a Path),
    /// A certificate, once there is a token.
    Keyless { keyless: Box<Keyless<'a>>, identity: Option<Box<Identity>> },
}

/// Who signs, and what else the token says.
#[derive(Debug)]
struct Identity {
    token: IdentityToken,
    build: Option<Build>,
}

fn is_keyless(args: &AttestArgs, config: &Config) -> bool {
    args.keyless.keyless || (args.key.is_none() && config.keyless)
}

fn named_key<'a>(args: &'a AttestArgs, config: &'a Config) -> Option<&'a Path> {
    args.key.as_deref().or(config.key.as_deref())
}

/// The files that hold what is signed with, which no server gets to see.
pub(super) fn private_files(args: &AttestArgs, config: &Config) -> Vec<PathBuf> {
    let named = named_key(args, config).into_iter().chain(args.passphrase.file());
    let named = named.chain(args.keyless.token.identity_token.as_deref());
    // One that is not there is refused where it is read.
    named.filter_map(|path| path.canonicalize().ok()).collect()
}

/// Refuses what belongs to another way of signing than the one that is chosen, where nothing is signed, too: the same
/// arguments without `--dry-run` would be refused.
///
/// # Errors
/// The first such flag.
pub(super) fn fits(args: &AttestArgs, config: &Config) -> Result<(), Failure> {
    let is_keyless = is_keyless(args, config);
    args.passphrase.fits(!is_keyless && named_key(args, config).is_some())?;
    match args.keyless.given(args.provenance.is_some()) {
        Some(flag) if !is_keyless => Err(Failure::usage(format!("`{flag}` is for signing with `--keyless`"))
            .hint("add `--keyless`, or leave it out")),
        _ => Ok(()),
    }
}

impl<'a> With<'a> {
    /// The command line wins over mcpsign.toml.
    fn choose(args: &'a AttestArgs, config: &'a Config) -> Result<Self, Failure> {
        if is_keyless(args, config) {
            let keyless = Box::new(Keyless::prepare(&args.keyless)?);
            return Ok(Self::Keyless { keyless, identity: None });
        }
        let key = key(named_key(args, config))?;
        args.passphrase.check()?;
        Ok(Self::Key(key))
    }

    /// The file that must not be written over, whatever it holds.
    fn file(&self) -> Option<&Path> {
        match self {
            Self::Key(path) => Some(path),
            Self::Keyless { keyless, .. } => keyless.file(),
        }
    }
}

impl<'a> Writer<'a> {
    /// Looks at where the evidence will go and whether there is a key to sign it with.
    ///
    /// # Errors
    /// Usage errors: no key, no passphrase to be had, files in the way.
    pub(super) fn prepare(args: &'a AttestArgs, config: &'a Config, plans: &[Plan]) -> Result<Self, Failure> {
        let folders = plans.iter().filter_map(|plan| plan.project.as_ref());
        let folders = folders.flat_map(|project| [project.root.as_path(), &project.locked_in]);
        let read: Vec<PathBuf> = folders.flat_map(project::deciding_files).collect();
        let writer = Self::of(args, config, plans.iter().map(|plan| plan.references.clone()).collect())?;
        for path in writer.releases.iter().flat_map(|(_, destination)| destination.paths()) {
            write::spares(path, read.iter().map(PathBuf::as_path))?;
        }
        Ok(writer)
    }

    /// The same for the references of each release.
    ///
    /// # Errors
    /// Likewise.
    pub(super) fn of(
        args: &'a AttestArgs,
        config: &'a Config,
        plans: Vec<Vec<Reference>>,
    ) -> Result<Self, Failure> {
        let with = With::choose(args, config)?;
        let together = args.evidence_out.as_ref().or(config.evidence.as_ref());
        if let (Some(path), true) = (together, plans.len() > 1) {
            return Err(Failure::usage(format!(
                "`{}` would hold the evidence of {} releases",
                escape(&path.to_string_lossy()),
                plans.len()
            ))
            .hint("leave `--evidence-out` out: each artifact gets a file of its own"));
        }
        let references: Vec<Reference> = plans.iter().flatten().cloned().collect();
        let mut releases = Vec::new();
        for plan in plans {
            let destination = match together {
                Some(path) => Destination::Together(path.clone()),
                None => Destination::Beside(plan.iter().map(Reference::sidecar).collect()),
            };
            for path in destination.paths() {
                free(path, args, &references, with.file())?;
                let read = args.capture.iter().chain(&args.provenance).map(PathBuf::as_path);
                let read = read.chain([Path::new(config::FILE)]);
                write::spares(path, read.chain(args.sboms.file()).chain(args.passphrase.file()))?;
            }
            releases.push((plan, destination));
        }
        Ok(Self { args, with, releases })
    }

    /// Takes the token, if one is signed with: whatever was started has ended, and what it says of its holder becomes a
    /// part of what is signed. Who speaks as an observer built nothing, whatever the token says of the job.
    ///
    /// # Errors
    /// When there is none, it is not to be used, or it lacks what its platform's provenance needs.
    pub(super) fn identify(&mut self, kind: Kind, out: &mut Output) -> Result<(), Failure> {
        let With::Keyless { keyless, identity } = &mut self.with else { return Ok(()) };
        let token = keyless.token(out)?;
        let builds = kind == Kind::Publisher && self.args.provenance.is_none();
        let build = if builds { Build::of_token(token.claims()) } else { Ok(None) };
        let build = build.map_err(|error| {
            Failure::from_error(&error)
                .hint("pass the provenance that the platform made with `--provenance FILE`")
        })?;
        *identity = Some(Box::new(Identity { token, build }));
        Ok(())
    }

    /// How the release was built, as the token says it.
    pub(super) fn build(&self) -> Option<&Build> {
        match &self.with {
            With::Keyless { identity: Some(identity), .. } => identity.build.as_ref(),
            _ => None,
        }
    }

    /// Signs, checks and writes.
    ///
    /// # Errors
    /// When the key cannot be opened, a service does not answer or lies, what was signed does not verify, or a file
    /// cannot be written. No file is left behind then, of no release; what is logged already is told.
    pub(super) fn write(self, releases: Vec<Attested>, out: &mut Output) -> Result<(), Failure> {
        let _locks = self.lock(out)?;
        let (keyless, identity) = match &self.with {
            With::Key(path) => {
                let signer = LocalSigner::new(keys::open(path, &self.args.passphrase, out)?);
                let roots =
                    if self.args.provenance.is_some() { self.args.keyless.roots()? } else { Vec::new() };
                let checked = self.sign_and_check(&signer, &trust(roots), &releases, out)?;
                return self.publish(&checked, &releases, out);
            }
            With::Keyless { keyless, identity: Some(identity) } => (keyless, identity),
            With::Keyless { identity: None, .. } => {
                return Err(Failure::new(Exit::Bug, "nobody took the token"));
            }
        };
        let trust = trust(vec![keyless.instance().root().clone()]);
        // What a log has it keeps: whatever can be refused is refused before anything is logged.
        let rehearsal = LocalSigner::rehearsal().map_err(|error| unsigned(&error, out))?;
        self.sign_and_check(&rehearsal, &trust, &releases, out)?;
        let signer = keyless.signer(&identity.token).map_err(|error| unsigned(&error.into(), out))?;
        if let Some(build) = identity.build.as_ref().filter(|build| build.builder() != signer.subject()) {
            return Err(other_builder(build, signer.subject(), out));
        }
        out.talk(format_args!("signing as {} ({})", escape(signer.subject()), escape(signer.issuer())));
        let written = self
            .sign_and_check(&signer, &trust, &releases, out)
            .and_then(|checked| self.publish(&checked, &releases, out));
        written.inspect_err(|_| tell_what_is_logged(&signer, out))
    }

    /// Whoever else appends to one of the files waits, so that no line is lost. Everybody takes them in one order.
    fn lock(&self, out: &mut Output) -> Result<Vec<Lock>, Failure> {
        if !self.args.append {
            return Ok(Vec::new());
        }
        let paths = self.releases.iter().flat_map(|(_, destination)| destination.paths());
        let by_place: BTreeMap<PathBuf, &PathBuf> = paths.map(|path| (write::place(path), path)).collect();
        let take = |path: &PathBuf| {
            Lock::take(path, || {
                let shown = escape(&path.to_string_lossy());
                out.talk(format_args!("waiting for whoever appends to `{shown}`"));
            })
        };
        by_place.into_values().map(take).collect()
    }

    /// Signs every statement and holds it against what was measured, with the lines that stay.
    fn sign_and_check(
        &self,
        signer: &dyn Signer,
        trust: &Trust,
        releases: &[Attested],
        out: &mut Output,
    ) -> Result<Vec<Checked>, Failure> {
        let statements = || releases.iter().flat_map(|release| &release.statements);
        let made = |kind: &&str| statements().any(|statement| statement.predicate_type == *kind);
        let require = Some(predicate_type::SLSA_PROVENANCE).filter(made).map(str::to_owned);
        let policy = signer.identity().map_err(|error| Failure::from_error(&error)).and_then(|signer| {
            Policy::flags(FlagsPolicy { require: require.into_iter().collect(), ..FlagsPolicy::of(signer) })
                .map_err(|error| Failure::from_error(&error))
        })?;
        let payloads = statements().map(|statement| statement.payload.clone()).collect();
        let mut signed = signer.sign_all(payloads).map_err(|error| unsigned(&error, out))?.into_iter();
        let mut checked = Vec::new();
        for (release, (_, destination)) in releases.iter().zip(&self.releases) {
            let files = self.existing_lines(destination)?;
            let run = Run {
                signed: signed.by_ref().take(release.statements.len()).collect(),
                bound: release.bound.as_ref(),
                artifacts: &release.artifacts,
                observed: &release.observed,
                existing: &of_artifacts(&files, destination, release.artifacts.len()),
                together: matches!(destination, Destination::Together(_)),
            };
            checked.push(check(&run, trust, &policy, Timestamp::now()).map_err(|error| refused(error, out))?);
        }
        Ok(checked)
    }

    /// Writes every file, and says so.
    fn publish(&self, checked: &[Checked], releases: &[Attested], out: &mut Output) -> Result<(), Failure> {
        let dropped: usize = checked.iter().map(Checked::dropped).sum();
        if dropped > 0 {
            let lines = counted(dropped, "existing line");
            out.talk(format_args!("note: left out {lines} that no longer held"));
        }
        let destinations = self.releases.iter().map(|(_, destination)| destination);
        let evidence: Vec<(&Checked, &Destination)> = checked.iter().zip(destinations).collect();
        publish::write(&evidence, mode(self.args))?;
        for bound in releases.iter().filter_map(|release| release.bound.as_ref()) {
            out.talk(format_args!("bound the provenance signed by {}", escape(bound.signer())));
        }
        let statements = releases.iter().map(|release| release.statements.len()).sum();
        let artifacts = self.releases.iter().map(|(references, _)| references.len()).sum();
        out.talk(format_args!(
            "signed and verified {} over {}",
            counted(statements, "statement"),
            counted(artifacts, "artifact"),
        ));
        for path in self.releases.iter().flat_map(|(_, destination)| destination.paths()) {
            out.result(format_args!("{}\n", escape(&path.to_string_lossy())));
        }
        Ok(())
    }

    /// Lines of each file that is appended to, in whatever form other tools wrote it; none where there is no file.
    fn existing_lines(&self, destination: &Destination) -> Result<Vec<Vec<Vec<u8>>>, Failure> {
        if !self.args.append {
            return Ok(Vec::new());
        }
        destination.paths().iter().map(|path| existing_lines(path)).collect()
    }
}

/// One line for each bundle: what stands over several lines is written on one, canonically.
fn existing_lines(path: &Path) -> Result<Vec<Vec<u8>>, Failure> {
    let file = match read::file(path, MAX_FILE) {
        Err(ReadError::NotFound { .. }) => return Ok(Vec::new()),
        read => {
            read.map_err(|error| Failure::from_error(&error).hint("pass `--force` to replace the file"))?
        }
    };
    let document = Document::read(file);
    let lines = document.lines().map_err(|error| {
        let name = escape(&path.to_string_lossy());
        Failure::usage(format!("`{name}` cannot be appended to"))
            .because(error)
            .hint("pass `--force` to replace it")
    })?;
    let one_line = |line: Line<'_>| match Json::parse(line.bytes, Limits::bytes(MAX_LINE)) {
        Ok(json) if line.bytes.contains(&b'\n') => json.to_canonical(),
        _ => line.bytes.to_vec(),
    };
    Ok(lines.into_iter().map(one_line).collect())
}

/// The lines that each artifact's file may keep.
fn of_artifacts<'l>(
    files: &'l [Vec<Vec<u8>>],
    destination: &Destination,
    artifacts: usize,
) -> Vec<Vec<&'l [u8]>> {
    let lines: Vec<Vec<&[u8]>> =
        files.iter().map(|lines| lines.iter().map(Vec::as_slice).collect()).collect();
    match (destination, lines.as_slice()) {
        (Destination::Together(_), [all]) => vec![all.clone(); artifacts],
        _ => lines,
    }
}

/// `--append` replaces the file too, by one that holds the lines that stay.
const fn mode(args: &AttestArgs) -> Existing {
    if args.force || args.append { Existing::Replace } else { Existing::Keep }
}

/// Whether there will be a key to sign with: asked before anything is fetched.
///
/// # Errors
/// As [`Writer::prepare`].
pub(super) fn ready(args: &AttestArgs, config: &Config) -> Result<(), Failure> {
    With::choose(args, config).map(drop)
}

fn key(named: Option<&Path>) -> Result<&Path, Failure> {
    let hint = "`--key FILE` names it, or `key` in mcpsign.toml; `mcpsign keys generate --out FILE` makes one; `--keyless` signs without, `--dry-run` shows the statements without";
    let Some(path) = named else {
        return Err(
            Failure::usage("nothing to sign with was given, and no key is ever made silently").hint(hint)
        );
    };
    keys::by_path(path).map_err(|failure| failure.hint(hint))?;
    let text = path.to_string_lossy();
    // Looked at, not opened: the server has not run yet.
    match path.metadata() {
        Ok(metadata) if metadata.is_file() => Ok(path),
        Ok(_) => Err(Failure::usage(format!("the key `{text}` is not a file")).hint(hint)),
        Err(error) => Err(Failure::usage(format!("cannot read the key `{text}`")).because(error).hint(hint)),
    }
}

/// Checks that a result may be written to `path`.
fn free(
    path: &Path,
    args: &AttestArgs,
    references: &[Reference],
    secret: Option<&Path>,
) -> Result<(), Failure> {
    let shown = || escape(&path.to_string_lossy());
    if mode(args) == Existing::Keep && path.symlink_metadata().is_ok_and(|metadata| metadata.is_file()) {
        return Err(Failure::usage(format!("`{}` exists already", shown()))
            .hint("`--append` keeps its lines that still hold, `--force` replaces it"));
    }
    set::check(path, mode(args))?;
    if write::touched(path, secret).is_some() {
        return Err(Failure::usage(format!("`{}` is what is signed with", shown()))
            .hint("name another file for the evidence"));
    }
    match references.iter().find(|reference| write::touched(path, [reference.path()]).is_some()) {
        None => Ok(()),
        Some(reference) => Err(Failure::usage(format!(
            "to write `{}` would change `{}`, which is attested",
            shown(),
            escape(reference.shown()),
        ))
        .hint("name a file outside of the release with `--evidence-out FILE`")),
    }
}

/// Nothing was signed, or not all of it.
pub(crate) fn unsigned(error: &SignError, out: &mut Output) -> Failure {
    let keyless = match error {
        SignError::Keyless(keyless) => keyless,
        SignError::Refused(findings) => {
            out.aside(human::findings(findings));
            return Failure::new(Exit::Denied, format!("{error}; nothing was written"))
                .hint("sign in another job: whoever verifies would refuse what this one says of itself");
        }
        error => return Failure::from_error(error),
    };
    let (exit, code) = match keyless {
        KeylessError::Interrupted { how } => {
            return Failure::new(Exit::Interrupted(how.signal()), format!("{keyless}; nothing was written"))
                .hint("run it again: statements that are logged twice do no harm");
        }
        error if error.is_gap() => (Exit::Undecided, SERVICE_MISSING),
        KeylessError::Certificate { .. } | KeylessError::Unverified { .. } => (Exit::Denied, SERVICE_ANSWER),
        KeylessError::Service(ServiceError::Answer { .. }) | KeylessError::LoggedBefore { .. } => {
            (Exit::Denied, SERVICE_ANSWER)
        }
        KeylessError::Service(ServiceError::Status {
            service: Service::CertificateAuthority,
            status: 400 | 401 | 403,
            ..
        }) => {
            return Failure::from_error(error).hint(
                "it does not take this token: look at its issuer and audience, or take another instance",
            );
        }
        _ => return Failure::from_error(error).hint("look at the address in the signing configuration"),
    };
    let finding = Finding::new(code, keyless.to_string());
    out.aside(human::findings(std::slice::from_ref(&finding)));
    let hint = match keyless {
        KeylessError::Service(service) if service.is_tls() => TLS_HINT,
        _ => code.cure,
    };
    let failure = Failure::new(exit, "the statements could not be signed; nothing was written").hint(hint);
    match std::error::Error::source(keyless) {
        Some(source) => failure.because(source.to_string()),
        None => failure,
    }
}

/// No file was written, and logs keep what they have.
pub(crate) fn tell_what_is_logged(signer: &dyn Signer, out: &mut Output) {
    let logged = signer.logged();
    if !logged.is_empty() {
        out.aside("note: no file was written; what was logged stays in the log:\n");
    }
    for entry in logged {
        out.aside(format_args!("  {entry}\n"));
    }
}

/// The provenance would say that somebody else built it than whom the certificate names.
fn other_builder(build: &Build, subject: &str, out: &mut Output) -> Failure {
    let finding = Finding::new(SERVICE_ANSWER, "the certificate names another workflow than the token")
        .expected(build.builder().to_owned())
        .found(subject.to_owned());
    out.aside(human::findings(std::slice::from_ref(&finding)));
    Failure::new(Exit::Denied, "the statements could not be signed; nothing was written")
        .hint("pass the provenance that the platform made with `--provenance FILE`")
}

/// Keys stand in the policy.
const fn trust(sigstore: Vec<SigstoreRoot>) -> Trust {
    Trust { sigstore, keys: Vec::new() }
}

/// What was signed does not verify: every reason is shown, under the code for all of them.
fn refused(error: CheckError, out: &mut Output) -> Failure {
    let exit = match &error {
        CheckError::Refused(report) => {
            out.aside(human::findings(&reasons(report)));
            if report.verdict == VerdictWord::Undecided { Exit::Undecided } else { Exit::Denied }
        }
        CheckError::OverBudget { .. } => {
            return Failure::from_error(&error)
                .hint("pass `--force` in place of `--append` to begin a new file");
        }
        _ => Exit::Denied,
    };
    let finding = Finding::new(CHECK_FAILED, error.to_string());
    out.aside(human::findings(std::slice::from_ref(&finding)));
    let failure =
        Failure::new(exit, "what was signed does not verify; nothing was written").hint(CHECK_FAILED.cure);
    match std::error::Error::source(&error) {
        Some(source) => failure.because(source.to_string()),
        None => failure,
    }
}

fn reasons(report: &ReportDocument) -> Vec<Finding> {
    report.findings.iter().filter(|finding| finding.level == Level::Error).cloned().collect()
}

fn counted(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}
