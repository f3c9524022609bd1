//! Signing one statement by itself: with a key, or keyless. `attest` signs releases; this is for decisions about them.

use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;
use mcpsign_schemas::canonical::Json;
use mcpsign_schemas::code::attest::CHECK_FAILED;
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::statement::Statement;
use mcpsign_schemas::untrusted::escape;
use mcpsign_signing::alone::{self, AloneError};
use mcpsign_signing::keyless::KeylessSigner;
use mcpsign_signing::signer::{LocalSigner, Signer};
use mcpsign_verifier::policy::Policy;
use mcpsign_verifier::{BelieveError, RawLine, Trust, Trusted};

use crate::commands::attest::evidence::{tell_what_is_logged, unsigned};
use crate::commands::attest::keyless::{Keyless, KeylessArgs, TokenArgs};
use crate::commands::keys::{self, PassphraseArgs};
use crate::commands::verify::ExamineArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::render::human;
use crate::write::{self, Existing};

/// Who signs.
#[derive(Debug, Args)]
pub(crate) struct SignArgs {
    /// The private key to sign with, as `mcpsign keys generate` makes it, e.g. `--key security.key`
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    #[command(flatten)]
    keyless: KeylessArgs,
}

/// Who signs a decision about what was verified, and where it goes. The Sigstore instance is the one that is verified with.
#[derive(Debug, Args)]
pub(crate) struct DecideArgs {
    /// The private key to sign with, as `mcpsign keys generate` makes it, e.g. `--key security.key`
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// Sign with a certificate for who you are: a CI job's own token, or a login; e.g. `--keyless`
    #[arg(long, conflicts_with = "key")]
    keyless: bool,
    #[command(flatten)]
    token: TokenArgs,
    /// The services of the instance, together with `--trusted-root`, e.g. `--signing-config signing_config.json`
    #[arg(long, value_name = "FILE", requires = "trusted_root", conflicts_with = "trust_config")]
    signing_config: Option<PathBuf>,
    /// The file for what is signed, one bundle a line; `mcpsign verify --evidence FILE` reads it; e.g.
    /// `--out approval.mcpsign.jsonl`
    #[arg(long, value_name = "FILE", required_unless_present = "dry_run")]
    out: Option<PathBuf>,
    /// Replace the file if it exists, e.g. `--force`
    #[arg(long, requires = "out")]
    force: bool,
    /// Print the statements in place of signing them, one a line, e.g. `--dry-run`
    #[arg(long)]
    dry_run: bool,
}

/// Statements that are to be signed, and everything about that which can be known before.
pub(crate) struct Lines<'a> {
    args: &'a DecideArgs,
    keyless: KeylessArgs,
}

/// What there is to sign with, not opened yet.
#[derive(Debug)]
pub(crate) enum With<'a> {
    /// A key of one's own.
    Key(&'a Path, &'a PassphraseArgs),
    /// A certificate, once there is a token.
    Keyless(Box<Keyless<'a>>),
}

/// Somebody who signs.
pub(crate) enum Hand<'w> {
    /// The holder of a key.
    Key(LocalSigner),
    /// The holder of a certificate, and what its signatures must lead to.
    Keyless(Box<KeylessSigner<'w>>, Trust),
}

impl SignArgs {
    /// Looks at what there is to sign with. No key is opened and no token taken yet.
    ///
    /// # Errors
    /// Usage errors: neither `--key` nor `--keyless`, files that cannot be used.
    pub(crate) fn with(&self) -> Result<With<'_>, Failure> {
        With::choose(self.key.as_deref(), &self.passphrase, &self.keyless, self.keyless.given(false))
    }
}

impl<'a> With<'a> {
    /// `stray`: a flag that means something with `--keyless` alone.
    fn choose(
        key: Option<&'a Path>,
        passphrase: &'a PassphraseArgs,
        keyless: &'a KeylessArgs,
        stray: Option<&str>,
    ) -> Result<Self, Failure> {
        passphrase.fits(key.is_some())?;
        if keyless.keyless {
            return Ok(Self::Keyless(Box::new(Keyless::prepare(keyless)?)));
        }
        if let Some(flag) = stray {
            return Err(Failure::usage(format!("`{flag}` is for signing with `--keyless`"))
                .hint("add `--keyless`, or leave it out"));
        }
        let Some(key) = key else {
            return Err(Failure::usage("nothing to sign with was given, and no key is ever made silently").hint(
                "`--key FILE` names a key; `mcpsign keys generate --out FILE` makes one; `--keyless` signs without",
            ));
        };
        passphrase.check()?;
        Ok(Self::Key(key, passphrase))
    }
}

impl<'a> Lines<'a> {
    /// Looks at where they will go and at what there is to sign with: nobody waits for a verification whose result has
    /// nowhere to go.
    ///
    /// # Errors
    /// Usage errors: nothing to sign with, a file in the way.
    pub(crate) fn prepare(args: &'a DecideArgs, examine: &ExamineArgs) -> Result<Self, Failure> {
        let trust = examine.trust();
        if args.keyless && trust.trust.len() > 1 {
            return Err(Failure::usage("`--trust` names several instances, and one signs")
                .hint("verify with one of them, or name the instance that signs with `--trust-config`"));
        }
        let keyless =
            KeylessArgs::of_instance(args.keyless, &args.token, trust, args.signing_config.as_ref());
        let lines = Self { args, keyless };
        if !args.dry_run {
            lines.with()?;
        }
        if let Some(path) = &args.out {
            write::check(path, lines.existing())?;
            let read = examine.files();
            let signed_with = args.key.iter().chain(&args.signing_config).chain(&args.token.identity_token);
            let read = read.iter().chain(signed_with).map(PathBuf::as_path);
            write::spares(path, read.chain(args.passphrase.file()))?;
        }
        Ok(lines)
    }

    fn with(&self) -> Result<With<'_>, Failure> {
        With::choose(self.args.key.as_deref(), &self.args.passphrase, &self.keyless, self.keyless.given(true))
    }

    const fn existing(&self) -> Existing {
        if self.args.force { Existing::Replace } else { Existing::Keep }
    }

    /// Signs all of them and writes them, or prints them.
    ///
    /// # Errors
    /// When one of them is not signed or does not verify, or the file cannot be written.
    pub(crate) fn write(&self, statements: &[Statement], out: &mut Output) -> Result<Exit, Failure> {
        let path = match &self.args.out {
            Some(path) if !self.args.dry_run => path,
            _ => {
                for statement in statements {
                    let json =
                        Json::from_serialize(statement).map_err(|error| Failure::from_error(&error))?;
                    out.result(format_args!("{}\n", String::from_utf8_lossy(&json.to_canonical())));
                }
                return Ok(Exit::Allowed);
            }
        };
        let with = self.with()?;
        let hand = with.open(out)?;
        hand.sign(statements, out, |lines, _| {
            let mut file = Vec::new();
            for line in lines {
                file.extend(line);
                file.push(b'\n');
            }
            write::atomically(path, &file, self.existing())
        })?;
        out.result(format_args!("{}\n", escape(&path.to_string_lossy())));
        Ok(Exit::Allowed)
    }
}

impl With<'_> {
    /// Opens the key, or takes the token and gets the certificate.
    ///
    /// # Errors
    /// When there is none, or it cannot be used.
    pub(crate) fn open(&self, out: &mut Output) -> Result<Hand<'_>, Failure> {
        match self {
            Self::Key(path, passphrase) => {
                Ok(Hand::Key(LocalSigner::new(keys::open(path, passphrase, out)?)))
            }
            Self::Keyless(keyless) => {
                let token = keyless.token(out)?;
                let signer = keyless.signer(&token).map_err(|error| unsigned(&error.into(), out))?;
                out.talk(format_args!(
                    "signing as {} ({})",
                    escape(signer.subject()),
                    escape(signer.issuer())
                ));
                let trust = Trust { sigstore: vec![keyless.instance().root().clone()], keys: Vec::new() };
                Ok(Hand::Keyless(Box::new(signer), trust))
            }
        }
    }
}

impl Hand<'_> {
    fn signer(&self) -> &dyn Signer {
        match self {
            Self::Key(signer) => signer,
            Self::Keyless(signer, _) => &**signer,
        }
    }

    fn trust(&self) -> Trust {
        match self {
            Self::Key(_) => Trust::default(),
            Self::Keyless(_, trust) => trust.clone(),
        }
    }

    /// What the same somebody signed before.
    ///
    /// # Errors
    /// When it was somebody else, or something else.
    pub(crate) fn read(
        &self,
        line: &[u8],
        source: &str,
        predicate_type: &str,
    ) -> Result<Trusted, AloneError> {
        let identity = self.signer().identity()?;
        alone::read(line, source, identity, predicate_type, &self.trust(), Timestamp::now())
    }

    /// The policy that the same somebody signed in this line.
    ///
    /// # Errors
    /// When it is none.
    pub(crate) fn policy(&self, line: &[u8]) -> Result<Policy, Failure> {
        let refused = |error: &dyn std::error::Error| {
            Failure::new(Exit::Denied, "what was signed does not verify; nothing was written")
                .because(error.to_string())
                .hint(CHECK_FAILED.cure)
        };
        let identity = self.signer().identity().map_err(|error| refused(&error))?;
        let line = RawLine { source: "this run".into(), line: 1, bytes: line };
        Policy::signed(&line, identity, &self.trust(), Timestamp::now()).map_err(|error| refused(&error))
    }

    /// Signs every statement, and has `keep` put the bundles, each without a line end, where they belong.
    ///
    /// # Errors
    /// When there is no signature, one does not verify, or they are not kept. What is logged already is told.
    pub(crate) fn sign<T>(
        &self,
        statements: &[Statement],
        out: &mut Output,
        keep: impl FnOnce(Vec<Vec<u8>>, &mut Output) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let signed: Result<Vec<_>, _> =
            statements.iter().map(|statement| self.sign_one(statement, out)).collect();
        let kept = signed.and_then(|lines| keep(lines, out));
        kept.inspect_err(|_| tell_what_is_logged(self.signer(), out))
    }

    fn sign_one(&self, statement: &Statement, out: &mut Output) -> Result<Vec<u8>, Failure> {
        let sign = |signer: &dyn Signer| alone::sign(signer, statement, &self.trust(), Timestamp::now);
        if matches!(self, Self::Keyless(..)) {
            // What a log has it keeps: whatever can be refused is refused before anything is logged.
            let rehearsal = LocalSigner::rehearsal().map_err(|error| unsigned(&error, out))?;
            sign(&rehearsal).map_err(|error| refused(error, out))?;
        }
        sign(self.signer()).map_err(|error| refused(error, out))
    }
}

fn refused(error: AloneError, out: &mut Output) -> Failure {
    match error {
        AloneError::Sign(error) => unsigned(&error, out),
        AloneError::Refused(BelieveError::Refused(_)) | AloneError::OtherPayload => {
            let finding = Finding::new(CHECK_FAILED, error.to_string());
            let reasons = match error {
                AloneError::Refused(BelieveError::Refused(findings)) => findings.into_vec(),
                _ => Vec::new(),
            };
            out.aside(human::findings(&reasons));
            out.aside(human::findings(std::slice::from_ref(&finding)));
            Failure::new(Exit::Denied, "what was signed does not verify; nothing was written")
                .hint(CHECK_FAILED.cure)
        }
        error => Failure::from_error(&error),
    }
}
