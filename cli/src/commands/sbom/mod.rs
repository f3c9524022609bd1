//! `mcpsign sbom`: what something is made of, without signing it.

pub(crate) mod args;
mod cargo;
mod diff;
mod generate;
mod python;

use clap::Subcommand;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// The commands below `sbom`.
#[derive(Debug, Subcommand)]
pub(crate) enum SbomCommand {
    /// Write the SBOM of a project, an artifact or a lock file
    Generate(Box<generate::GenerateArgs>),
    /// Compare the SBOMs of two releases, or the releases themselves
    Diff(diff::DiffArgs),
}

/// Runs one of them.
///
/// # Errors
/// See the commands.
pub(crate) fn run(command: &SbomCommand, out: &mut Output) -> Result<Exit, Failure> {
    match command {
        SbomCommand::Generate(args) => generate::run(args, out),
        SbomCommand::Diff(args) => diff::run(args, out),
    }
}
