//! `mcpsign trust`: the trust roots that are known, where they come from, and how they are replaced. And what the flags of
//! other commands say about whom to trust.

mod args;
mod import;
mod show;
mod update;

use clap::Subcommand;
use mcpsign_evidence::trust::TrustError;

pub(crate) use self::args::{TrustArgs, exact, passed_over};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// What can be done with trust roots.
#[derive(Debug, Subcommand)]
pub(crate) enum TrustCommand {
    /// Show the trust roots that are known: where they come from, until when they count, what they name
    Show(show::ShowArgs),
    /// Fetch current trust roots by TUF; only this opens a connection for them
    Update(update::UpdateArgs),
    /// Keep a trust root under a name: a `trusted_root.json`, a client trust configuration, or a TUF `root.json`
    Import(import::ImportArgs),
}

/// Runs one of them.
///
/// # Errors
/// When a trust root cannot be used, fetched or kept.
pub(crate) fn run(command: &TrustCommand, out: &mut Output) -> Result<Exit, Failure> {
    match command {
        TrustCommand::Show(args) => show::run(args, out),
        TrustCommand::Update(args) => update::run(args, out),
        TrustCommand::Import(args) => import::run(args, out),
    }
}

pub(super) fn failure(error: &TrustError) -> Failure {
    Failure::from_error(error).hint(error.hint())
}
