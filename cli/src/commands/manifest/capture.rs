//! `mcpsign manifest capture`

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;
use mcpsign_collect::capture;
use mcpsign_evidence::read;
use mcpsign_schemas::canonical::{Json, Limits, Object};

use crate::commands::server::{Given, Plan, ServerArgs, capture_failure, producer, refuse_secrets, summary};
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
    /// Name of the profile under which the server is captured, e.g. `--profile with-caps`
    #[arg(long, value_name = "NAME", default_value = "default")]
    profile: String,
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
    /// The server and its arguments, unless `--url` names one
    #[arg(last = true, required_unless_present = "url", value_name = "COMMAND")]
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
    }
    let plan = Plan {
        profile: profile(&args.profile)?,
        command: &args.command,
        server: &args.server,
        client_capabilities: capabilities(args.client_capabilities.as_deref())?,
        allow: args.allow_finding.iter().cloned().collect(),
        artifact: None,
        given: Given::default(),
    };
    let captured = plan.capture(out)?.map_err(|error| capture_failure(error, out))?;
    let file = capture::into_file(vec![captured], producer(), Timestamp::now());
    let bytes =
        file.to_bytes().map_err(|error| Failure::usage("the capture cannot be written").because(error))?;
    summary(&file.profiles, out);
    let json = Json::from_serialize(&file)
        .map_err(|error| Failure::usage("the capture cannot be written").because(error))?;
    refuse_secrets(&args.server, &[], std::iter::once(("the capture", &json)), out)?;
    match &args.out {
        Some(path) => {
            write::atomically(path, &bytes, existing)?;
            out.talk(format_args!("wrote {}", value(&path.to_string_lossy())));
        }
        None => out.result_bytes(&bytes),
    }
    Ok(Exit::Allowed)
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
