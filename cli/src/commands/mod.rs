//! One file a command: resolves its arguments, calls the crates below, hands the result to `render`.

pub(crate) mod advisories;
pub(crate) mod approve;
pub(crate) mod attest;
pub(crate) mod explain;
pub(crate) mod generate;
mod handed;
pub(crate) mod inspect;
pub(crate) mod keys;
pub(crate) mod manifest;
pub(crate) mod policy;
pub(crate) mod registry;
pub(crate) mod revoke;
pub(crate) mod sbom;
pub(crate) mod scan;
mod series;
pub(crate) mod server;
pub(crate) mod sign;
mod times;
pub(crate) mod trust;
pub(crate) mod verify;
pub(crate) mod vsa;

use crate::args::Command;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// Runs one command.
///
/// # Errors
/// When the command could not do what it was asked to; a denial is no error.
pub(crate) fn run(command: &Command, out: &mut Output) -> Result<Exit, Failure> {
    match command {
        Command::Sbom(command) => sbom::run(command, out),
        Command::Advisories(command) => advisories::run(command, out),
        Command::Attest(args) => attest::run(args, out),
        Command::Verify(args) => verify::run(args, out),
        Command::Manifest(command) => manifest::run(command, out),
        Command::Scan(args) => scan::run(args, out),
        Command::Inspect(args) => inspect::run(args, out),
        Command::Keys(command) => keys::run(command, out),
        Command::Trust(command) => trust::run(command, out),
        Command::Policy(command) => policy::run(command, out),
        Command::Approve(args) => approve::run(args, out),
        Command::Vsa(args) => vsa::run(args, out),
        Command::Revoke(args) => revoke::run(args, out),
        Command::Explain(args) => explain::run(args, out),
        Command::Generate(command) => generate::run(command, out),
    }
}
