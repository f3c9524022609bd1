//! `mcpsign keys`: make a key, show its public half.

mod passphrase;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use mcpsign_evidence::read;
use mcpsign_schemas::untrusted::escape;
use mcpsign_signing::keys::{self, EncryptedKey, KeyError, MAX_FILE, SigningKey};

pub(crate) use passphrase::PassphraseArgs;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::publish::set::{self, NewFile};
use crate::write::Existing;

/// What can be done with keys.
#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Make a P-256 key: FILE is its encrypted private half, FILE.pub the public one
    Generate(GenerateArgs),
    /// Print the public half of a private key, e.g. `mcpsign keys public release.key > release.pub`
    Public(PublicArgs),
}

/// Arguments of `keys generate`.
#[derive(Debug, Args)]
pub(crate) struct GenerateArgs {
    /// Where the private key goes (mode 0600), encrypted with the passphrase; the public key goes to FILE.pub beside
    /// it; neither may exist; e.g. `--out release.key`
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

/// Arguments of `keys public`.
#[derive(Debug, Args)]
pub(crate) struct PublicArgs {
    /// The private key, as `keys generate` wrote it
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

/// Runs the command.
///
/// # Errors
/// When a file is in the way or cannot be read or written, or the passphrase is missing or wrong.
pub(crate) fn run(command: &KeysCommand, out: &mut Output) -> Result<Exit, Failure> {
    match command {
        KeysCommand::Generate(args) => generate(args, out),
        KeysCommand::Public(args) => {
            // A `.pub` beside it would be quicker and may be anybody's.
            let key = open(&args.file, &args.passphrase, out)?;
            out.result(key.public_pem().map_err(|error| unusable(&args.file, &error))?);
            Ok(Exit::Allowed)
        }
    }
}

fn generate(args: &GenerateArgs, out: &mut Output) -> Result<Exit, Failure> {
    let private = &args.out;
    let mut public = private.clone().into_os_string();
    public.push(".pub");
    let public = PathBuf::from(public);
    // Before anybody types a passphrase twice.
    for path in [private, &public] {
        set::check(path, Existing::Keep).map_err(keep_keys)?;
    }
    let passphrase = args.passphrase.for_new_key(out)?;
    let key = keys::generate(&passphrase).map_err(|error| Failure::from_error(&error))?;
    let files = [
        NewFile { path: private, bytes: key.private_pem.as_bytes(), mode: 0o600, existing: Existing::Keep },
        NewFile { path: &public, bytes: key.public_pem.as_bytes(), mode: 0o644, existing: Existing::Keep },
    ];
    set::write(&files).map_err(keep_keys)?;
    out.talk(format_args!(
        "wrote the private key to {} and the public key to {}",
        escape(&private.to_string_lossy()),
        escape(&public.to_string_lossy()),
    ));
    out.talk("note: there is no way back to the key without its passphrase; give the public key to those who verify");
    Ok(Exit::Allowed)
}

/// A key is never replaced: what it signed could no longer be told from what it did not.
fn keep_keys(failure: Failure) -> Failure {
    failure.hint(
        "name a file that does not exist yet, in a folder that can be written to; keys are not replaced",
    )
}

/// Reads a key file and opens it. Asks for the passphrase only once the file is known to be a key that it can open.
///
/// # Errors
/// When the file cannot be read or is no such key, or the passphrase is missing or wrong.
pub(crate) fn open(
    path: &Path,
    passphrase: &PassphraseArgs,
    out: &mut Output,
) -> Result<SigningKey, Failure> {
    by_path(path)?;
    let file = read::file(path, MAX_FILE).map_err(|error| {
        Failure::from_error(&error)
            .hint("`mcpsign keys generate --out FILE` makes a key; nothing makes one by itself")
    })?;
    let key = EncryptedKey::parse(&file).map_err(|error| unusable(path, &error))?;
    let passphrase = passphrase.for_key(path, out)?;
    key.decrypt(&passphrase).map_err(|error| unusable(path, &error))
}

/// Whether a key is named by its file: keys in devices and services are named by URI.
///
/// # Errors
/// When it is named by URI.
pub(crate) fn by_path(path: &Path) -> Result<(), Failure> {
    let text = path.to_string_lossy();
    if text.contains("://") || text.starts_with("pkcs11:") {
        let message = format!("`{}`: keys by URI are not served by this version", escape(&text));
        return Err(
            Failure::usage(message).hint("name the key's file; `mcpsign keys generate --out FILE` makes one")
        );
    }
    Ok(())
}

fn unusable(path: &Path, error: &KeyError) -> Failure {
    let message = format!("`{}`: {error}", escape(&path.to_string_lossy()));
    let mut failure = Failure::usage(message);
    if let Some(source) = std::error::Error::source(error) {
        failure = failure.because(source.to_string());
    }
    failure.hint(error.hint().unwrap_or("make a key with `mcpsign keys generate --out FILE`"))
}
