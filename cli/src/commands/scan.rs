//! `mcpsign scan`: what an MCP client is configured to start, as references.

use std::ffi::OsString;
use std::path::Path;

use clap::Args;
use mcpsign_collect::commands::{self, MAX_CONFIGURATION, Server, Started};
use mcpsign_evidence::read;
use serde::Serialize;

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

/// What was looked at.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Scanned {
    report_version: u32,
    pub(crate) servers: Vec<Shown>,
}

/// One server.
#[derive(Debug, Serialize)]
pub(crate) struct Shown {
    /// The file that names it, as given; absent for a command of the command line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source: Option<String>,
    /// As the configuration calls it; of a list the number of the line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// What is started: a package URL, or the address of a remote server. Absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reference: Option<String>,
    /// The version, range, tag or digest as asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) asked: Option<String>,
    /// What the command does not pin: `version`, `dependencies`.
    pub(crate) open: Vec<&'static str>,
    /// Packages that are fetched beside it.
    pub(crate) with: Vec<String>,
    /// Why there is no reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) problem: Option<String>,
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
            servers.push(Shown::of(Some(source.clone()), Some(server.name), server.started));
        }
    }
    if !args.command.is_empty() {
        let words: Option<Vec<&str>> = args.command.iter().map(|word| word.to_str()).collect();
        let words = words.ok_or_else(|| {
            Failure::usage("the command is no text").hint("write it in UTF-8, as clients' configurations are")
        })?;
        servers.push(Shown::of(None, None, commands::started(&words)));
    }
    let scanned = Scanned { report_version: 1, servers };
    match args.format.format {
        Format::Json => out.result(json::line(&scanned)?),
        Format::Human => out.result(render::scan::human(&scanned)),
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

impl Shown {
    fn of(
        source: Option<String>,
        name: Option<String>,
        started: Result<Started, commands::CommandError>,
    ) -> Self {
        let mut shown = Self {
            source,
            name,
            reference: None,
            asked: None,
            open: Vec::new(),
            with: Vec::new(),
            problem: None,
        };
        match started {
            Ok(Started::Launched(launched)) => {
                shown.reference = Some(launched.purl.to_string());
                shown.asked = launched.asked;
                shown.open = launched.open.iter().map(|open| open.as_str()).collect();
                shown.with = launched.with.iter().map(ToString::to_string).collect();
            }
            Ok(Started::Remote(address)) => shown.reference = Some(address),
            Err(error) => shown.problem = Some(error.to_string()),
        }
        shown
    }
}
