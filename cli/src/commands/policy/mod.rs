//! `mcpsign policy`: is a policy valid, what does it say, and does it decide as it is meant to?

mod check;
mod explain;
mod init;
mod sign;
mod signer;
mod test;

use clap::Subcommand;
use mcpsign_collect::artifact::ArtifactError;
use mcpsign_evidence::measure::{self, Measurement};
use mcpsign_evidence::reference::Reference;
use mcpsign_verifier::MeasuredArtifact;
use mcpsign_verifier::policy::{FlagSigner, FlagsPolicy, Policy};

pub(crate) use self::signer::{Network, PolicySignerArgs};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// The commands below `policy`.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Check that a policy can be used
    Check(check::CheckArgs),
    /// Show what a policy says once every choice is written out; without a file, the built-in policy `flags/v1`; with a
    /// report, which rule decided and why the others did not
    Explain(explain::ExplainArgs),
    /// Write a strict policy that accepts who signed a release, and what was built by the same workflow
    Init(init::InitArgs),
    /// Run the cases beside a policy: evidence, artifact, and what must come of it
    Test(test::TestArgs),
    /// Sign a policy, for some time; what was signed before it is then an older version
    Sign(sign::SignPolicyArgs),
}

/// Runs one of them.
///
/// # Errors
/// As each of them says.
pub(crate) fn run(command: &PolicyCommand, out: &mut Output) -> Result<Exit, Failure> {
    match command {
        PolicyCommand::Check(args) => check::run(args, out),
        PolicyCommand::Explain(args) => explain::run(args, out),
        PolicyCommand::Init(args) => init::run(args, out),
        PolicyCommand::Test(args) => test::run(args, out),
        PolicyCommand::Sign(args) => sign::run(args, out),
    }
}

/// What lies at a reference, and what it is made of.
fn artifact(reference: &Reference) -> Result<MeasuredArtifact, Failure> {
    let failed = |error: ArtifactError| Failure::from_error(&error);
    let Measurement { artifact, unseen, .. } = measure::measure(reference).map_err(failed)?;
    Ok(MeasuredArtifact { contents: unseen.contents().map_err(failed)?, ..artifact })
}

/// The policy of the flags, with the words of the flags where a call of `verify` has its values.
fn built_in() -> Result<Policy, Failure> {
    let signer = FlagSigner::Identity { subject: "SUBJECT".into(), issuer: "URL".into(), repository: None };
    Policy::flags(FlagsPolicy::of(signer))
        .map_err(|error| Failure::usage("the built-in policy cannot be shown").because(error))
}
