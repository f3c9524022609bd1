//! `mcpsign trust import`.

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;
use mcpsign_evidence::trust::{self, ImportRequest, Store};
use url::Url;

use super::failure;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::output::style::BOLD;
use crate::render::untrusted::value;

/// Arguments of `trust import`.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// The file: a `trusted_root.json`, a client trust configuration, or a TUF `root.json`
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// What to call it, e.g. `--name acme`; by default as the file is called
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Where the repository is that a TUF `root.json` belongs to, e.g. `--mirror https://tuf.acme.example`
    #[arg(long, value_name = "URL")]
    mirror: Option<Url>,
    /// Replace the one of that name, e.g. `mcpsign trust import --force --name acme trusted_root.json`
    #[arg(long)]
    force: bool,
}

/// # Errors
/// When the file is of no use, or the name taken.
pub(super) fn run(args: &ImportArgs, out: &mut Output) -> Result<Exit, Failure> {
    let request = ImportRequest {
        file: &args.file,
        name: args.name.as_deref(),
        mirror: args.mirror.as_ref(),
        force: args.force,
    };
    let imported =
        trust::import(&Store::of_process(), &request, Timestamp::now()).map_err(|error| failure(&error))?;
    let name = value(&imported.name);
    out.result(match &imported.root {
        Some(root) => format!("imported {BOLD}{name}{BOLD:#}  sha256:{}\n", root.digest()),
        None => format!("imported {BOLD}{name}{BOLD:#}, of which nothing has been fetched yet\n"),
    });
    out.talk(match imported.root {
        Some(_) => format!("note: `mcpsign verify --trust {name}` uses it"),
        None => format!("note: `mcpsign trust update --instance {name}` fetches it"),
    });
    Ok(Exit::Allowed)
}
