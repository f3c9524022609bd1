//! The command line of Sigstore's conformance suite (`docs/cli_protocol.md`) over our verifier, so that its cases run
//! against what decides here. Verifying offline only; `sign-bundle` and `--staging` need services.
//!
//! ```text
//! sigstore-conformance-client verify-bundle --bundle F
//!     (--certificate-identity I --certificate-oidc-issuer U | --key PEM) [--trusted-root TR] FILE_OR_DIGEST
//! ```
//!
//! An empty issuer means a certificate that names none (GitHub's releases), never any.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use jiff::Timestamp;
use mcpsign_verifier::bundle::{Artifact, Expected, LogEvidence, authenticate_artifact};
use mcpsign_verifier::{SigstoreRoot, TimePolicy, TrustedKey};

/// The flags of `verify-bundle` that take a value.
const FLAGS: [&str; 5] =
    ["--bundle", "--certificate-identity", "--certificate-oidc-issuer", "--key", "--trusted-root"];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err((code, message)) => {
            // Nowhere to complain to if stderr is closed.
            let _ = writeln!(std::io::stderr(), "error: {message}");
            ExitCode::from(code)
        }
    }
}

type Failure = (u8, String);

fn refused(error: &dyn std::fmt::Display) -> Failure {
    (1, error.to_string())
}

fn usage(message: impl Into<String>) -> Failure {
    (2, message.into())
}

fn run(arguments: &[String]) -> Result<(), Failure> {
    let rest = match arguments.split_first() {
        Some((command, rest)) if command == "verify-bundle" => rest,
        Some((command, _)) if command == "sign-bundle" => {
            return Err(usage("sign-bundle needs signing services; this client only verifies"));
        }
        _ => return Err(usage("expected verify-bundle")),
    };
    let (flags, artifact) = parse(rest)?;
    let bundle = read(flags.get("--bundle").ok_or_else(|| usage("--bundle is missing"))?)?;
    let root = match flags.get("--trusted-root") {
        Some(path) => SigstoreRoot::from_json(&read(path)?),
        None => SigstoreRoot::public_good(),
    }
    .map_err(|error| refused(&error))?;
    let key = match flags.get("--key") {
        Some(path) => Some(
            TrustedKey::from_pem(path, &read(path)?, TimePolicy::AllowUnverified)
                .map_err(|error| refused(&error))?,
        ),
        None => None,
    };
    let identity = (flags.get("--certificate-identity"), flags.get("--certificate-oidc-issuer"));
    let expected = match (&key, identity) {
        (Some(key), (None, None)) => Expected::Key(key),
        (None, (Some(subject), Some(issuer))) if !subject.is_empty() => {
            Expected::Identity { subject, issuer: Some(issuer.as_str()).filter(|issuer| !issuer.is_empty()) }
        }
        _ => return Err(usage("expected --certificate-identity and --certificate-oidc-issuer, or --key")),
    };
    let bytes;
    let artifact = match digest(&artifact) {
        Some(digest) => Artifact::Sha256(digest),
        None => {
            bytes = read(&artifact)?;
            Artifact::Bytes(&bytes)
        }
    };
    // The suite accepts old bundles that carry a log's promise and no proof; our verdicts do not.
    authenticate_artifact(&bundle, artifact, &root, expected, LogEvidence::PromiseAccepted, Timestamp::now())
        .map(drop)
        .map_err(|error| refused(&error))
}

fn parse(arguments: &[String]) -> Result<(BTreeMap<&'static str, String>, String), Failure> {
    let mut flags = BTreeMap::new();
    let mut artifact = None;
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        if let Some(flag) = FLAGS.into_iter().find(|flag| flag == argument) {
            let value = arguments.next().ok_or_else(|| usage(format!("{flag} needs a value")))?;
            if flags.insert(flag, value.clone()).is_some() {
                return Err(usage(format!("{flag} stands twice")));
            }
        } else if argument == "--staging" {
            return Err(usage("--staging needs the staging instance's services; pass --trusted-root"));
        } else if argument.starts_with("--") {
            return Err(usage(format!("unknown flag {argument}")));
        } else if artifact.replace(argument.clone()).is_some() {
            return Err(usage("more than one artifact"));
        }
    }
    Ok((flags, artifact.ok_or_else(|| usage("the artifact is missing"))?))
}

/// `sha256:HEX` is a digest, unless a file is called that.
fn digest(argument: &str) -> Option<mcpsign_schemas::digest::Sha256Digest> {
    let digest = argument.strip_prefix("sha256:")?.parse().ok()?;
    (!Path::new(argument).exists()).then_some(digest)
}

fn read(path: &str) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| usage(format!("{path}: {error}")))
}
