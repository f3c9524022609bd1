//! `mcpsign manifest capture`

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Args;
use mcpsign_collect::artifact::Artifact;
use mcpsign_collect::capture::{self, Captured};
use mcpsign_evidence::read;
use mcpsign_schemas::canonical::{Json, Limits, Object};
use mcpsign_schemas::capture::CaptureFile;

use crate::commands::attest::program;
use crate::commands::server::bound::{self, Bound};
use crate::commands::server::{Given, Plan, ServerArgs, capture_failure, producer, refuse_secrets, summary};
use crate::commands::times::Times;
use crate::config;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::render::untrusted::value;
use crate::write::{self, Existing};

/// Bytes of declared client capabilities at the most; real clients declare a few hundred.
const MAX_CAPABILITIES: usize = 64 << 10;

/// Arguments of `manifest capture`.
#[derive(Debug, Args)]
pub(crate) struct CaptureArgs {
    /// Name of the profile under which the server is captured; without a command, one of mcpsign.toml, repeatable, or
    /// `all` of them; e.g. `--profile with-caps`
    #[arg(long, value_name = "NAME", default_value = "default")]
    profile: Vec<String>,
    /// The artifact that the server is of: recorded with what relates them, so that `attest --capture` keeps it, e.g.
    /// `--artifact files-mcp-1.4.0.tgz`
    #[arg(long, value_name = "PATH", conflicts_with = "url")]
    artifact: Option<PathBuf>,
    /// Write the capture to this file in place of standard output, e.g. `--out files-mcp.capture.json`
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace the file if it is there, e.g. `--out files-mcp.capture.json --force`
    #[arg(long, requires = "out")]
    force: bool,
    #[command(flatten)]
    server: ServerArgs,
    /// The client capabilities to declare, a JSON object or `@FILE`, e.g. `--client-capabilities '{"roots":{}}'`
    #[arg(long, value_name = "JSON|@FILE")]
    client_capabilities: Option<String>,
    /// Record this finding in the capture instead of refusing it, e.g. `--allow-finding capture/unknown-reply`
    #[arg(long, value_name = "CODE")]
    allow_finding: Vec<String>,
    /// The server and its arguments, unless `--url` names one or mcpsign.toml does
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Captures and writes.
///
/// # Errors
/// Usage errors; a refused capture (exit 1); a server that could not be observed (exit 3).
pub(crate) fn run(args: &CaptureArgs, out: &mut Output) -> Result<Exit, Failure> {
    let existing = if args.force { Existing::Replace } else { Existing::Keep };
    if let Some(path) = &args.out {
        write::check(path, existing)?;
        let capabilities = args.client_capabilities.as_deref().and_then(|given| given.strip_prefix('@'));
        let read = [args.artifact.as_deref(), capabilities.map(Path::new), Some(Path::new(config::FILE))];
        write::spares(path, read.into_iter().flatten())?;
    }
    let times = Times::new(None)?;
    let mut captured = Vec::new();
    let mut secrets = Vec::new();
    let artifact = args.artifact.as_deref().map(bound::open).transpose()?;
    for one in wanted(args, artifact.as_ref(), out)? {
        secrets.extend(one.given.secret_env.clone());
        captured.push(capture_one(args, artifact.clone(), one, out)?);
    }
    let file = capture::into_file(captured, producer(), times.created_on);
    summary(&file.profiles, out);
    let json =
        file.into_json().map_err(|error| Failure::usage("the capture cannot be written").because(error))?;
    refuse_secrets(&args.server, &secrets, std::iter::once(("the capture", &json)), out)?;
    let bytes = CaptureFile::bytes_of(&json);
    match &args.out {
        Some(path) => {
            write::atomically(path, &bytes, existing)?;
            out.talk(format_args!("wrote {}", value(&path.to_string_lossy())));
        }
        None => out.result_bytes(&bytes),
    }
    Ok(Exit::Allowed)
}

/// Captures one profile, of the artifact if there is one.
fn capture_one(
    args: &CaptureArgs,
    artifact: Option<Artifact>,
    one: Wanted,
    out: &mut Output,
) -> Result<Captured, Failure> {
    let bound = artifact
        .map(|artifact| Bound::new(artifact, &one.command, &one.args, (&args.server, &one.given), out));
    let bound = bound.transpose()?;
    let alone: Vec<OsString> = one.command.into_iter().chain(one.args).collect();
    let plan = Plan {
        profile: &one.name,
        command: bound.as_ref().map_or(&alone, Bound::argv),
        server: &args.server,
        client_capabilities: one.client_capabilities,
        allow: args.allow_finding.iter().cloned().collect(),
        artifact: bound.as_ref().map(Bound::place),
        given: match &bound {
            Some(bound) => bound.given(one.given),
            None => one.given,
        },
    };
    let mut seen = plan.capture(out)?.map_err(|error| capture_failure(error, out))?;
    if let Some(bound) = bound {
        bound.record(&mut seen, out)?;
    }
    Ok(seen)
}

/// One capture to be made.
struct Wanted {
    name: String,
    /// Empty where the artifact says it itself.
    command: Vec<OsString>,
    /// More arguments.
    args: Vec<OsString>,
    given: Given,
    client_capabilities: Json,
}

/// The captures that are asked for: the command under one name, or profiles of mcpsign.toml; where those have no command, a
/// bundle has one.
fn wanted(args: &CaptureArgs, artifact: Option<&Artifact>, out: &mut Output) -> Result<Vec<Wanted>, Failure> {
    let capabilities = |declared: Option<&Json>| match (&args.client_capabilities, declared) {
        (None, Some(declared)) => Ok(declared.clone()),
        (given, _) => capabilities(given.as_deref()),
    };
    if !args.command.is_empty() || args.server.remote.address()?.is_some() {
        let [name] = args.profile.as_slice() else {
            return Err(Failure::usage("one command is captured under one name").hint(
                "give `--profile` once, or list the profiles in mcpsign.toml and leave the command out",
            ));
        };
        return Ok(vec![Wanted {
            name: profile(name)?.to_owned(),
            command: args.command.clone(),
            args: Vec::new(),
            given: Given::default(),
            client_capabilities: capabilities(None)?,
        }]);
    }
    let settings = config::load(Path::new("."))?.settings;
    let all = args.profile.iter().any(|name| name == "all");
    let mut wanted = Vec::new();
    for listed in settings.profiles.iter().filter(|listed| all || args.profile.contains(&listed.name)) {
        if listed.command.is_none() && !artifact.is_some_and(bound::is_bundle) {
            continue;
        }
        let mut command: Vec<OsString> = listed.command.iter().flatten().map(OsString::from).collect();
        program::resolve(&mut command, &[Path::new(".")], out)?;
        wanted.push(Wanted {
            name: listed.name.clone(),
            command,
            args: listed.args.iter().map(OsString::from).collect(),
            given: settings.given(listed),
            client_capabilities: capabilities(Some(&listed.client_capabilities))?,
        });
    }
    let missing =
        args.profile.iter().find(|name| *name != "all" && !wanted.iter().any(|one| one.name == **name));
    let startable = settings.profiles.iter().filter(|listed| listed.command.is_some());
    let startable: Vec<String> = startable.map(|listed| format!("`{}`", value(&listed.name))).collect();
    match missing {
        None if !wanted.is_empty() => Ok(wanted),
        Some(_) if !startable.is_empty() => {
            Err(Failure::usage("nothing says how the server is started under that profile").hint(format!(
                "mcpsign.toml says it of {}; or add `-- COMMAND ARG…` or `--url URL`",
                startable.join(", ")
            )))
        }
        _ => Err(Failure::usage("nothing says how the server is started under that profile")
            .hint("add `-- COMMAND ARG…`, `--url URL`, or a `command` in the mcpsign.toml of this folder")),
    }
}

/// Names end up in file names and reports.
fn profile(name: &str) -> Result<&str, Failure> {
    /// As long as a name in a table may be.
    const MAX: usize = 64;
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+');
    if (1..=MAX).contains(&name.len()) && name.chars().all(fine) {
        return Ok(name);
    }
    Err(Failure::usage(format!("`--profile {name}` is no name"))
        .hint("use up to 64 letters, digits, `-`, `_`, `.` and `+`"))
}

fn capabilities(argument: Option<&str>) -> Result<Json, Failure> {
    let hint = "give a JSON object, such as `{\"roots\":{}}`, or `@FILE`";
    let bytes = match argument {
        None => return Ok(Json::Object(Object::new())),
        Some(text) => match text.strip_prefix('@') {
            Some(path) => read::file(path.as_ref(), MAX_CAPABILITIES)
                .map_err(|error| Failure::from_error(&error).hint(hint))?,
            None => text.as_bytes().to_vec(),
        },
    };
    let json = Json::parse(&bytes, Limits::bytes(MAX_CAPABILITIES)).map_err(|error| {
        Failure::usage("`--client-capabilities` is no strict JSON").because(error).hint(hint)
    })?;
    match json {
        Json::Object(_) => Ok(json),
        _ => Err(Failure::usage("`--client-capabilities` is no JSON object").hint(hint)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capabilities_are_one_strict_json_object() {
        assert!(capabilities(None).is_ok());
        assert!(capabilities(Some("{\"roots\":{}}")).is_ok());
        for bad in ["", "[]", "{\"a\":1,\"a\":2}", "nonsense", "@/missing"] {
            assert!(capabilities(Some(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn profile_names_are_plain() {
        assert!(profile("with-caps_1.0").is_ok());
        for bad in ["", "a b", "a/b", "\u{202e}", &"a".repeat(65)] {
            assert!(profile(bad).is_err(), "{bad:?}");
        }
    }
}
