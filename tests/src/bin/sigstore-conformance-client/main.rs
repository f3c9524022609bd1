//! The command line of Sigstore's conformance suite (`docs/cli_protocol.md`) over our signer and our verifier, so that
//! its cases run against what signs and decides here.
//!
//! ```text
//! sigstore-conformance-client sign-bundle [--staging] [--in-toto] --identity-token TOKEN --bundle F
//!     [--trusted-root TR] [--signing-config SC] FILE
//! sigstore-conformance-client verify-bundle [--staging] --bundle F
//!     (--certificate-identity I --certificate-oidc-issuer U | --key PEM) [--trusted-root TR] FILE_OR_DIGEST
//! ```
//!
//! An empty issuer means a certificate that names none (GitHub's releases), never any.

mod arguments;
mod sign;
mod verify;

use std::io::Write as _;
use std::process::ExitCode;

use arguments::{Arguments, Failure, read, usage};
use mcpsign_verifier::SigstoreRoot;
use sigstore_trust_root::SIGSTORE_STAGING_TRUSTED_ROOT;

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

fn run(arguments: &[String]) -> Result<(), Failure> {
    match arguments.split_first() {
        Some((command, rest)) if command == "sign-bundle" => {
            sign::run(&Arguments::parse(rest, &sign::FLAGS, &sign::SWITCHES)?)
        }
        Some((command, rest)) if command == "verify-bundle" => {
            verify::run(&Arguments::parse(rest, &verify::FLAGS, &verify::SWITCHES)?)
        }
        _ => Err(usage("expected sign-bundle or verify-bundle")),
    }
}

/// The trust root's JSON: the one that is named, or that of the public or the staging instance.
fn trusted_root(arguments: &Arguments) -> Result<Vec<u8>, Failure> {
    match arguments.value("--trusted-root") {
        Some(path) => read(path),
        None if arguments.has("--staging") => Ok(SIGSTORE_STAGING_TRUSTED_ROOT.into()),
        None => Ok(SigstoreRoot::PUBLIC_GOOD.into()),
    }
}
