//! The second half of a run: key, signatures, check, files.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use mcpsign_evidence::read::{self, ReadError};
use mcpsign_evidence::reference::Reference;
use mcpsign_schemas::code::Level;
use mcpsign_schemas::code::attest::{CHECK_FAILED, SERVICE_ANSWER, SERVICE_MISSING};
use mcpsign_schemas::evidence_file::{self, MAX_FILE};
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::observed::ObservedServer;
use mcpsign_schemas::report::{ReportDocument, VerdictWord};
use mcpsign_schemas::untrusted::escape;
use mcpsign_signing::check::{CheckError, Checked, Run, check};
use mcpsign_signing::keyless::{KeylessError, Service, ServiceError};
use mcpsign_signing::signer::{LocalSigner, SignError, Signed, Signer};
use mcpsign_signing::token::IdentityToken;
use mcpsign_verifier::policy::{FlagsPolicy, Policy};
use mcpsign_verifier::{MeasuredArtifact, Trust};

use super::AttestArgs;
use super::keyless::Keyless;
use super::release::Plan;
use crate::commands::keys;
use crate::config::Config;
use crate::describe::Described;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::publish::{self, Destination, set};
use crate::render::human;
use crate::write::Existing;

/// One release, ready to be signed.
#[derive(Debug)]
pub(super) struct Attested {
    /// In the order in which they are signed.
    pub(super) statements: Vec<Described>,
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
    Keyless { keyless: Box<Keyless<'a>>, token: Option<IdentityToken> },
}

impl<'a> With<'a> {
    /// The command line wins over mcpsign.toml.
    fn choose(args: &'a AttestArgs, config: &'a Config) -> Result<Self, Failure> {
        let keyless = args.keyless.keyless || (args.key.is_none() && config.keyless);
        if keyless {
            let keyless = Box::new(Keyless::prepare(&args.keyless)?);
            return Ok(Self::Keyless { keyless, token: None });
        }
        if let Some(flag) = args.keyless.given() {
            return Err(Failure::usage(format!("`{flag}` is for signing with `--keyless`"))
                .hint("add `--keyless`, or leave it out"));
        }
        let key = key(args.key.as_deref().or(config.key.as_deref()))?;
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
        Self::of(args, config, plans.iter().map(|plan| plan.references.clone()).collect())
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
            }
            releases.push((plan, destination));
        }
        Ok(Self { args, with, releases })
    }

    /// Takes the token, if one is signed with: whatever was started has ended, and what it says of its holder becomes a
    /// part of what is signed.
    ///
    /// # Errors
    /// When there is none, or it is not to be used.
    pub(super) fn identify(&mut self, out: &mut Output) -> Result<(), Failure> {
        if let With::Keyless { keyless, token } = &mut self.with {
            *token = Some(keyless.token(out)?);
        }
        Ok(())
    }

    /// Signs, checks and writes.
    ///
    /// # Errors
    /// When the key cannot be opened, a service does not answer or lies, what was signed does not verify, or a file
    /// cannot be written. No file is left behind then, of no release; what is logged already is told.
    pub(super) fn write(self, releases: Vec<Attested>, out: &mut Output) -> Result<(), Failure> {
        if let With::Key(path) = self.with {
            let signer = LocalSigner::new(keys::open(path, &self.args.passphrase, out)?);
            return self.write_with(&signer, &Trust::default(), releases, out);
        }
        let With::Keyless { keyless, token: Some(token) } = &self.with else {
            return Err(Failure::new(Exit::Bug, "nobody took the token"));
        };
        let signer = keyless.signer(token).map_err(|error| unsigned(error.into(), out))?;
        out.talk(format_args!("signing as {} ({})", escape(signer.subject()), escape(signer.issuer())));
        let trust = Trust { sigstore: vec![keyless.instance().root().clone()], keys: Vec::new() };
        self.write_with(&signer, &trust, releases, out).inspect_err(|_| {
            let logged = signer.logged();
            if !logged.is_empty() {
                out.aside("note: no file was written, and what was logged stays in the log:\n");
            }
            for entry in logged {
                out.aside(format_args!("  {entry}\n"));
            }
        })
    }

    fn write_with(
        &self,
        signer: &dyn Signer,
        trust: &Trust,
        releases: Vec<Attested>,
        out: &mut Output,
    ) -> Result<(), Failure> {
        let policy = signer.identity().map_err(|error| Failure::from_error(&error)).and_then(|signer| {
            Policy::flags(FlagsPolicy { signer, require: Vec::new() })
                .map_err(|error| Failure::from_error(&error))
        })?;
        let payloads = releases.iter().flat_map(|release| &release.statements);
        let payloads: Vec<Vec<u8>> = payloads.map(|statement| statement.payload.clone()).collect();
        let statements = payloads.len();
        let mut signed = signer.sign_all(payloads).map_err(|error| unsigned(error, out))?.into_iter();
        let (mut artifacts, mut dropped) = (0, 0);
        let mut checked = Vec::new();
        for (release, (references, destination)) in releases.into_iter().zip(&self.releases) {
            artifacts += references.len();
            let signed = signed.by_ref().take(release.statements.len()).collect();
            let one = self.check(release, signed, destination, trust, &policy, out)?;
            dropped += one.dropped();
            checked.push((one, destination));
        }
        if dropped > 0 {
            let lines = counted(dropped, "existing line");
            out.talk(format_args!("note: left out {lines} that no longer held"));
        }

        publish::write(&checked, mode(self.args))?;
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

    /// Holds the signed statements of one release against what was measured.
    fn check(
        &self,
        release: Attested,
        signed: Vec<Signed>,
        destination: &Destination,
        trust: &Trust,
        policy: &Policy,
        out: &mut Output,
    ) -> Result<Checked, Failure> {
        let Attested { artifacts, observed, .. } = release;
        let files = self.existing_files(destination)?;
        let existing = existing_lines(&files, destination, artifacts.len())?;
        let run = Run { signed, artifacts: &artifacts, observed: &observed, existing: &existing };
        check(&run, trust, policy, Timestamp::now()).map_err(|error| refused(error, out))
    }

    /// Bytes of each file that is appended to; empty where there is none.
    fn existing_files(&self, destination: &Destination) -> Result<Vec<Vec<u8>>, Failure> {
        if !self.args.append {
            return Ok(Vec::new());
        }
        let bytes = |path: &PathBuf| match read::file(path, MAX_FILE) {
            Err(ReadError::NotFound { .. }) => Ok(Vec::new()),
            read => {
                read.map_err(|error| Failure::from_error(&error).hint("pass `--force` to replace the file"))
            }
        };
        destination.paths().iter().map(bytes).collect()
    }
}

fn existing_lines<'f>(
    files: &'f [Vec<u8>],
    destination: &Destination,
    artifacts: usize,
) -> Result<Vec<Vec<&'f [u8]>>, Failure> {
    let mut lines: Vec<Vec<&[u8]>> = Vec::new();
    for (file, path) in files.iter().zip(destination.paths()) {
        let split = evidence_file::split(file).map_err(|error| {
            let name = escape(&path.to_string_lossy());
            Failure::usage(format!("`{name}` cannot be appended to"))
                .because(error)
                .hint("pass `--force` to replace it")
        })?;
        lines.push(split.into_iter().map(|line| line.bytes).collect());
    }
    if let (Destination::Together(_), [all]) = (destination, lines.as_slice()) {
        return Ok(vec![all.clone(); artifacts]);
    }
    Ok(lines)
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
    let text = path.to_string_lossy();
    if text.contains("://") || text.starts_with("pkcs11:") {
        return Err(
            Failure::usage(format!("`--key {text}`: keys by URI are not served by this version")).hint(hint)
        );
    }
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
    // The file may not be there yet, its folder is.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let real = folder.canonicalize().map(|folder| folder.join(path.file_name().unwrap_or_default()));
    let within = |other: &Path| {
        let other = other.canonicalize();
        real.as_ref().is_ok_and(|real| other.is_ok_and(|other| real.starts_with(other)))
    };
    if secret.is_some_and(within) {
        return Err(Failure::usage(format!("`{}` is what is signed with", shown()))
            .hint("name another file for the evidence"));
    }
    match references.iter().find(|reference| within(reference.path())) {
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
fn unsigned(error: SignError, out: &mut Output) -> Failure {
    let SignError::Keyless(keyless) = &error else { return Failure::from_error(&error) };
    let (exit, code) = match keyless {
        error if error.is_gap() => (Exit::Undecided, SERVICE_MISSING),
        KeylessError::Certificate { .. } | KeylessError::Unverified { .. } => (Exit::Denied, SERVICE_ANSWER),
        KeylessError::Service(ServiceError::Answer { .. }) => (Exit::Denied, SERVICE_ANSWER),
        KeylessError::Service(ServiceError::Status { service: Service::CertificateAuthority, .. }) => {
            return Failure::from_error(&error).hint(
                "it does not take this token: look at its issuer and audience, or take another instance",
            );
        }
        _ => return Failure::from_error(&error).hint("look at the address in the signing configuration"),
    };
    let finding = Finding::new(code, keyless.to_string());
    out.aside(human::findings(std::slice::from_ref(&finding)));
    let failure =
        Failure::new(exit, "the statements could not be signed; nothing was written").hint(code.cure);
    match std::error::Error::source(keyless) {
        Some(source) => failure.because(source.to_string()),
        None => failure,
    }
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
