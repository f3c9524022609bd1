//! `mcpsign scan`: what an MCP client is configured to start, as references.

use std::ffi::OsString;
use std::path::Path;

use clap::Args;
use mcpsign_collect::commands::{self, Behind, MAX_CONFIGURATION, Server, Started};
use mcpsign_evidence::read;
use mcpsign_schemas::purl::Purl;
use mcpsign_schemas::scan::{ScanReport, Scanned, ScannedServer};

use crate::args::{Format, FormatArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::render::{self, json};

/// Arguments of `scan`.
#[derive(Debug, Args)]
pub(crate) struct ScanArgs {
    /// An MCP client's configuration (JSON or TOML), or a list of commands, one a line; `-` for standard input
    #[arg(value_name = "FILE", required_unless_present = "command", conflicts_with = "command")]
    files: Vec<OsString>,
    #[command(flatten)]
    format: FormatArgs,
    /// One command, which is read and not started
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Reads and shows.
///
/// # Errors
/// A file that cannot be read, or is neither a configuration nor a list of commands (exit 2).
pub(crate) fn run(args: &ScanArgs, out: &mut Output) -> Result<Exit, Failure> {
    let mut servers = Vec::new();
    for file in &args.files {
        let source = file.to_string_lossy().into_owned();
        for server in of_file(file)? {
            let (name, source) = (Some(server.name), Some(source.clone()));
            servers.push(ScannedServer { source, name, scanned: scanned(server.started) });
        }
    }
    if !args.command.is_empty() {
        let words: Option<Vec<&str>> = args.command.iter().map(|word| word.to_str()).collect();
        let words = words.ok_or_else(|| {
            Failure::usage("the command is no text").hint("write it in UTF-8, as clients' configurations are")
        })?;
        servers.push(ScannedServer { source: None, name: None, scanned: scanned(commands::started(&words)) });
    }
    let report = ScanReport { report_version: ScanReport::VERSION, servers };
    match args.format.format {
        Format::Json => out.result(json::line(&report)?),
        Format::Human => out.result(render::scan::human(&report)),
    }
    Ok(Exit::Allowed)
}

fn of_file(file: &OsString) -> Result<Vec<Server>, Failure> {
    let unread = |error: &dyn std::error::Error| {
        Failure::from_error(error)
            .hint("name a client's configuration with a table of servers (`mcpServers`), or a file with one command a line")
    };
    let bytes = match file == "-" {
        true => read::stdin(MAX_CONFIGURATION),
        false => read::file(Path::new(file), MAX_CONFIGURATION),
    };
    let bytes = bytes.map_err(|error| unread(&error))?;
    commands::servers(&bytes).map_err(|error| unread(&error))
}

/// What was read of a command, as it is shown.
fn scanned(started: Behind) -> Scanned {
    let purls = |all: Vec<Purl>| all.iter().map(ToString::to_string).collect();
    let behind = |behind: Option<Box<Behind>>| behind.map(|behind| Box::new(scanned(*behind)));
    match started {
        Ok(Started::Launched(launched)) => Scanned {
            reference: Some(launched.purl.to_string()),
            asked: launched.asked,
            open: launched.open,
            with: purls(launched.with),
            behind: behind(launched.behind),
            problem: None,
        },
        Ok(Started::Remote(address)) => Scanned { reference: Some(address), ..Scanned::default() },
        Err(error) => {
            let problem = Some(error.to_string());
            let local = error.into_local().unwrap_or_default();
            Scanned { with: purls(local.with), behind: behind(local.behind), problem, ..Scanned::default() }
        }
    }
}
