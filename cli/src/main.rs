//! `mcpsign`: attest MCP servers, and verify what others attested.
//!
//! Arguments → command → render → exit code. No trust decision is made in this crate.

mod args;
mod commands;
mod config;
mod describe;
mod exit;
mod failure;
mod output;
mod publish;
mod render;
mod write;

use std::io::Write as _;
use std::panic::{self, PanicHookInfo, UnwindSafe};
use std::process::ExitCode;

use mcpsign_collect::launch;
use mcpsign_schemas::untrusted::escape;

use crate::args::Parsed;
use crate::exit::Exit;
use crate::output::Output;

fn main() -> ExitCode {
    // The second stage of starting a server is this binary again. It comes first: whatever is done before it
    // happens once more for each server, between its limits being set and its first instruction.
    let mut args = std::env::args_os().skip(1);
    if args.next().is_some_and(|first| first == launch::STAGE) {
        return launch_failed(&launch::exec_stage(args));
    }
    panic::set_hook(Box::new(report_bug));
    guarded(run).into()
}

/// A panic is our bug, and no answer to whatever was asked.
fn guarded(run: impl FnOnce() -> Exit + UnwindSafe) -> Exit {
    panic::catch_unwind(run).unwrap_or(Exit::Bug)
}

fn run() -> Exit {
    let cli = match args::parse(std::env::args_os()) {
        Parsed::Command(cli) => cli,
        Parsed::Ended(exit) => return exit,
    };
    let mut out = Output::standard(cli.color, cli.quiet);
    let mut exit = commands::run(&cli.command, &mut out).unwrap_or_else(|failure| {
        out.failure(&failure);
        failure.exit()
    });
    if let Err(failure) = out.finish() {
        out.failure(&failure);
        exit = exit.worst(failure.exit());
    }
    exit
}

fn report_bug(bug: &PanicHookInfo<'_>) {
    let what = bug.payload_as_str().map_or_else(|| "no message".into(), escape);
    let place = bug.location().map(ToString::to_string).unwrap_or_default();
    let _ = writeln!(
        anstream::stderr(),
        "error: this is a bug in mcpsign {}: {what} ({place})\nhint: please report it, with the command that you ran, at {}/issues",
        env!("CARGO_PKG_VERSION"),
        env!("CARGO_PKG_REPOSITORY"),
    );
}

/// Only the parent of this stage reads it; it takes the process's exit code for "could not be started".
fn launch_failed(error: &dyn std::error::Error) -> ExitCode {
    let _ = writeln!(anstream::stderr(), "error: {}", escape(&error.to_string()));
    ExitCode::from(launch::NOT_STARTED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b53_a_panic_ends_as_a_bug_and_never_as_an_answer() {
        assert_eq!(guarded(|| panic!("no")), Exit::Bug);
        assert_eq!(guarded(|| Exit::Allowed), Exit::Allowed);
    }
}
