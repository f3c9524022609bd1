//! `mcpsign manifest`: what a server shows its clients.

mod capture;
mod diff;
pub(crate) mod lint;
mod show;
mod source;

use clap::Subcommand;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// The commands below `manifest`.
#[derive(Debug, Subcommand)]
pub(crate) enum ManifestCommand {
    /// Start a server, ask it for everything it shows, twice, and write that down
    Capture(capture::CaptureArgs),
    /// Show what a capture or an evidence file says a server shows; nothing of it is verified
    Show(show::ShowArgs),
    /// Compare two captures or signed manifests; nothing of them is verified
    Diff(diff::DiffArgs),
    /// Look for what attacks look like, and for what breaks clients; finding nothing proves nothing
    Lint(lint::LintArgs),
}

/// Runs one of them.
///
/// # Errors
/// See the commands.
pub(crate) fn run(command: &ManifestCommand, out: &mut Output) -> Result<Exit, Failure> {
    match command {
        ManifestCommand::Capture(args) => capture::run(args, out),
        ManifestCommand::Show(args) => show::run(args, out),
        ManifestCommand::Diff(args) => diff::run(args, out),
        ManifestCommand::Lint(args) => lint::run(args, out),
    }
}
