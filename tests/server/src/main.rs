//! A small honest MCP server on stdio or HTTP, and every way in which one can lie.
//!
//! Without arguments it keeps notes, in both protocol eras. Each `--lie NAME[=VALUE]` makes it
//! deviate in one known way; `--list-lies` names them all. `--http` serves on a free port of 127.0.0.1, printed first, until
//! stdin ends; each `--knob NAME[=VALUE]` turns HTTP itself in one known way, `--list-knobs` names those.

mod answer;
mod args;
mod hostile;
mod http;
mod items;
mod lies;
mod mind;
mod notebook;
mod protocol;
mod request;
mod seen;
mod serve;

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use args::Command;

fn main() -> ExitCode {
    match args::parse(std::env::args().skip(1)) {
        Ok(Command::Serve(told, attacks)) => {
            let tried: Result<Vec<String>, String> =
                attacks.iter().map(|attack| hostile::attack(attack)).collect();
            match tried {
                Ok(report) => serve::serve(&told, &report).unwrap_or_else(|error| fail(1, &error)),
                Err(message) => fail(2, &message),
            }
        }
        Ok(Command::Http { told, knobs }) => http::serve(told, knobs).unwrap_or_else(|error| fail(1, &error)),
        Ok(Command::ListLies) => list_lies().map_or_else(|e| fail(1, &e), |()| ExitCode::SUCCESS),
        Ok(Command::ListKnobs) => list_knobs().map_or_else(|e| fail(1, &e), |()| ExitCode::SUCCESS),
        Ok(Command::Sleep(seconds)) => {
            std::thread::sleep(Duration::from_secs(seconds));
            ExitCode::SUCCESS
        }
        Err(message) => fail(2, &message),
    }
}

fn list_knobs() -> io::Result<()> {
    let mut out = io::stdout().lock();
    for knob in http::knobs::KNOBS {
        writeln!(out, "{:<24} {}", knob.name, knob.says)?;
    }
    Ok(())
}

fn list_lies() -> io::Result<()> {
    let mut out = io::stdout().lock();
    for lie in lies::table::LIES {
        writeln!(out, "{:<32} {}", lie.example(), lie.says)?;
    }
    Ok(())
}

fn fail(code: u8, message: &dyn std::fmt::Display) -> ExitCode {
    // Nothing is left to be done about a stderr that cannot be written.
    let _ = writeln!(io::stderr().lock(), "mcpsign-test-server: {message}");
    ExitCode::from(code)
}
