//! `mcpsign policy`: is a policy valid, what does it say, and does it decide as it is meant to?

mod explain;
mod init;
mod test;

use std::path::{Path, PathBuf};

use clap::Subcommand;
use mcpsign_evidence::reference::Reference;
use mcpsign_evidence::{measure, policy as files};
use mcpsign_verifier::Measured;
use mcpsign_verifier::policy::{FlagSigner, FlagsPolicy, Policy};
use serde_json::json;

use crate::args::{Format, FormatArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::output::style::{BOLD, OK};
use crate::render::json;
use crate::render::untrusted::value;

/// The commands below `policy`.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Check that a policy can be used
    Check {
        /// The policy, YAML or JSON
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        format: FormatArgs,
    },
    /// Show what a policy says once every choice is written out; without a file, the built-in policy `flags/v1`; with a
    /// report, which rule decided and why the others did not
    Explain(explain::ExplainArgs),
    /// Write a strict policy that accepts who signed a release, and what was built by the same workflow
    Init(init::InitArgs),
    /// Run the cases beside a policy: evidence, artifact, and what must come of it
    Test(test::TestArgs),
}

/// Runs one of them.
///
/// # Errors
/// When the policy is not valid.
pub(crate) fn run(command: &PolicyCommand, out: &mut Output) -> Result<Exit, Failure> {
    match command {
        PolicyCommand::Check { file, format } => {
            let policy = load(file)?;
            let digest = policy.digest();
            out.result(match format.format {
                Format::Json => {
                    json::line(&json!({ "name": policy.name(), "digest": { "sha256": digest } }))?
                }
                Format::Human => format!(
                    "{OK}valid{OK:#}: policy {BOLD}{}{BOLD:#} sha256:{digest}\n",
                    value(policy.name())
                ),
            });
        }
        PolicyCommand::Explain(args) => return explain::run(args, out),
        PolicyCommand::Init(args) => return init::run(args, out),
        PolicyCommand::Test(args) => return test::run(args, out),
    }
    Ok(Exit::Allowed)
}

/// Loads a policy file, for every command that takes one.
///
/// # Errors
/// When it cannot be read or is not valid.
pub(crate) fn load(path: &Path) -> Result<Policy, Failure> {
    files::load(path).map_err(|error| {
        let hint = error.hint().unwrap_or("`mcpsign policy explain` shows a valid policy");
        Failure::from_error(&error).hint(hint)
    })
}

/// What lies at a reference, and no observation.
fn measured(reference: &Reference) -> Result<Measured, Failure> {
    measure::measure(reference)
        .map(|measurement| Measured::of(measurement.artifact))
        .map_err(|error| Failure::from_error(&error))
}

/// The policy of the flags, with the words of the flags where a call of `verify` has its values.
fn built_in() -> Result<Policy, Failure> {
    let signer = FlagSigner::Identity { subject: "SUBJECT".into(), issuer: "URL".into() };
    Policy::flags(FlagsPolicy::of(signer))
        .map_err(|error| Failure::usage("the built-in policy cannot be shown").because(error))
}
