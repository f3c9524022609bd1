//! `mcpsign manifest diff`

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;
use mcpsign_collect::capture::ALLOWABLE;
use mcpsign_schemas::canonical::Json;
use mcpsign_schemas::diff::{self, Cause, Class, ManifestDiff, Side};
use serde::Serialize;

use super::source::Source;
use crate::args::{FindingsFormat, FindingsFormatArgs};
use crate::commands::server::{Ca, Given, NO_SERVER, Plan, ServerArgs, capture_failure, refuse_secrets};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::render::{difference, json, sarif};

/// Arguments of `manifest diff`.
#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// The capture, evidence file or bundle before
    #[arg(value_name = "BEFORE")]
    before: PathBuf,
    /// The capture, evidence file or bundle after; a server that is started after `--`, or that of `--url`, takes its place
    #[arg(value_name = "AFTER", required_unless_present_any = ["command", "url"])]
    #[arg(conflicts_with_all = ["command", "url"])]
    after: Option<PathBuf>,
    /// Exit with 1 at this class of difference or a worse one: wire-only, cosmetic, material, breaking or suspicious;
    /// e.g. `--fail-on breaking`
    #[arg(long, value_name = "CLASS", default_value_t = Class::Material)]
    fail_on: Class,
    /// Compare this profile alone, e.g. `--profile with-caps`
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    #[command(flatten)]
    server: ServerArgs,
    #[command(flatten)]
    format: FindingsFormatArgs,
    /// The server to start and to compare with BEFORE
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// The JSON form.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    #[serde(flatten)]
    diff: &'a ManifestDiff,
    /// In what else the releases differ; always empty where a side is no signed manifest.
    likely_causes: &'a [Cause],
}

/// Compares and shows.
///
/// # Errors
/// When a file cannot be read as a manifest; a refused capture (exit 1); a server that could not be observed (exit 3).
pub(crate) fn run(args: &DiffArgs, out: &mut Output) -> Result<Exit, Failure> {
    if args.fail_on == Class::Identical {
        return Err(Failure::usage("`--fail-on identical` would fail where nothing differs")
            .hint("use `--fail-on wire-only` to fail on any difference"));
    }
    if args.after.is_some() && !args.server.is_empty(Ca::OfServer) {
        return Err(Failure::usage(NO_SERVER)
            .hint("put `-- COMMAND` or `--url URL` in place of AFTER, or leave them out"));
    }
    let before = Source::read(&args.before)?;
    let after = match &args.after {
        Some(path) => Source::read(path)?,
        None => live(&before, args, out)?,
    };
    let found = diff::manifests(side(&before, args, &after)?, side(&after, args, &before)?)
        .map_err(|error| Failure::usage("the two cannot be compared").because(error))?;
    let causes = match (before.parts(), after.parts()) {
        (Some(before), Some(after)) => diff::causes(&before, &after),
        _ => Vec::new(),
    };
    let exit = if found.class >= args.fail_on { Exit::Denied } else { Exit::Allowed };
    match args.format.format {
        FindingsFormat::Json => out.result(json::line(&Shown { diff: &found, likely_causes: &causes })?),
        FindingsFormat::Human => out.result(difference::manifests(&found, &causes)),
        FindingsFormat::Sarif => {
            let after = args.after.as_ref().map(|path| path.to_string_lossy().into_owned());
            let after = after.or(args.server.remote.shown()?).unwrap_or_else(|| sarif::SERVER.to_owned());
            out.result(sarif::difference(&found, &after).line(exit)?);
        }
    }
    Ok(exit)
}

/// What the server shows now, asked as for the profile that it is compared with.
fn live(before: &Source, args: &DiffArgs, out: &mut Output) -> Result<Source, Failure> {
    let with = before.profile(args.profile.as_deref())?;
    // What was put up with then cannot be what stops a look at the difference; nothing is signed here.
    let allow = with.findings.iter().filter(|finding| finding.allowed).map(|finding| finding.code.clone());
    let plan = Plan {
        profile: &with.name,
        command: &args.command,
        server: &args.server,
        client_capabilities: with.client_capabilities.clone(),
        allow: allow.filter(|code| ALLOWABLE.iter().any(|known| known.id == code)).collect(),
        artifact: None,
        given: Given::default(),
    };
    out.talk("asking the server what it shows");
    let after = Source::live(plan.capture(out)?.map_err(|error| capture_failure(error, out))?);
    let texts = after.items.values().map(|item| ("what the server shows", item));
    let launches: Vec<Json> = after
        .profiles
        .iter()
        .map(|profile| Json::from_serialize(&profile.launch))
        .collect::<Result<_, _>>()
        .map_err(|error| Failure::usage("the server's launch cannot be shown").because(error))?;
    let launches = launches.iter().map(|launch| ("the launch of the server", launch));
    refuse_secrets(&args.server, &[], texts.chain(launches), out)?;
    Ok(after)
}

/// One side: with `--profile` that profile, and next to a running server the one that it is compared with.
fn side<'a>(source: &'a Source, args: &DiffArgs, other: &Source) -> Result<Side<'a>, Failure> {
    let alone = match (&args.profile, args.after.is_none()) {
        (Some(name), _) => Some(source.profile(Some(name))?),
        (None, true) => Some(source.profile(other.profiles.first().map(|profile| profile.name.as_str()))?),
        (None, false) => None,
    };
    Ok(match alone {
        Some(profile) => Side { profiles: std::slice::from_ref(profile), ..source.side() },
        None => source.side(),
    })
}
