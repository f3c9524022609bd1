//! `mcpsign manifest diff`

use std::path::PathBuf;

use clap::Args;
use mcpsign_schemas::diff::{self, Class};

use super::source::Source;
use crate::args::{Format, FormatArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::render::{difference, json};

/// Arguments of `manifest diff`.
#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// The capture, evidence file or bundle before
    #[arg(value_name = "BEFORE")]
    before: PathBuf,
    /// The capture, evidence file or bundle after
    #[arg(value_name = "AFTER")]
    after: PathBuf,
    /// Exit with 1 at this class of difference or a worse one: wire-only, cosmetic, material, breaking or suspicious;
    /// e.g. `--fail-on breaking`
    #[arg(long, value_name = "CLASS", default_value_t = Class::Material)]
    fail_on: Class,
    #[command(flatten)]
    format: FormatArgs,
}

/// Compares and shows.
///
/// # Errors
/// When one of the files cannot be read as a manifest.
pub(crate) fn run(args: &DiffArgs, out: &mut Output) -> Result<Exit, Failure> {
    if args.fail_on == Class::Identical {
        return Err(Failure::usage("`--fail-on identical` would fail where nothing differs")
            .hint("use `--fail-on wire-only` to fail on any difference"));
    }
    let (before, after) = (Source::read(&args.before)?, Source::read(&args.after)?);
    let found = diff::manifests(before.side(), after.side())
        .map_err(|error| Failure::usage("the two cannot be compared").because(error))?;
    match args.format.format {
        Format::Json => out.result(json::line(&found)?),
        Format::Human => out.result(difference::manifests(&found)),
    }
    Ok(if found.class >= args.fail_on { Exit::Denied } else { Exit::Allowed })
}
