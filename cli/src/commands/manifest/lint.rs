//! `mcpsign manifest lint`

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use mcpsign_collect::capture::ALLOWABLE;
use mcpsign_collect::replies;
use mcpsign_evidence::read;
use mcpsign_schemas::canonical::{Json, Object};
use mcpsign_schemas::code::Level;
use mcpsign_schemas::code::capture::{BAD_MESSAGE, NOTHING_OBSERVED, OVER_BUDGET};
use mcpsign_schemas::evidence_file;
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::lint::{self, Issue, RULES};
use mcpsign_schemas::untrusted::escape;
use serde::Serialize;

use super::source::Source;
use crate::args::{FindingsFormat, FindingsFormatArgs};
use crate::commands::server::{Ca, Given, NO_SERVER, Plan, ServerArgs, capture_failure};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::render::sarif::{self, SERVER};
use crate::render::{self, human, json};

/// Arguments of `manifest lint`.
#[derive(Debug, Args)]
pub(crate) struct LintArgs {
    /// A capture, an evidence file or bundle with a tool manifest, or a server's replies, one a line; a server that is
    /// started after `--`, or that of `--url`, takes its place
    #[arg(value_name = "FILE", required_unless_present_any = ["command", "url"])]
    #[arg(conflicts_with_all = ["command", "url"])]
    file: Option<PathBuf>,
    /// Exit with 1 at this level of finding or a worse one: note, warning or error; e.g. `--fail-on warning`
    #[arg(long, value_name = "LEVEL", value_enum, default_value_t = FailOn::Error, hide_possible_values = true)]
    fail_on: FailOn,
    #[command(flatten)]
    server: ServerArgs,
    #[command(flatten)]
    format: FindingsFormatArgs,
    /// The server to start and to look at
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// `--fail-on`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// Whatever is found.
    Note,
    /// What deserves a look.
    Warning,
    /// What looks like an attack.
    Error,
}

/// What was looked at and what was found.
#[derive(Debug, Serialize)]
pub(crate) struct Linted {
    /// `capture`, `manifest` or `replies`.
    pub(crate) source: &'static str,
    /// Always false: `verify` is another command.
    verified: bool,
    /// How many rules were applied.
    pub(crate) rules: usize,
    /// How many items were looked at; an item of several profiles counts once.
    pub(crate) items: usize,
    /// How many findings of each level.
    pub(crate) counts: Counts,
    /// Worst first.
    pub(crate) findings: Vec<Shown>,
}

/// How many findings of each level.
#[derive(Debug, Default, Clone, Copy, Serialize)]
pub(crate) struct Counts {
    pub(crate) error: usize,
    pub(crate) warning: usize,
    pub(crate) note: usize,
}

/// One finding, once for all profiles.
#[derive(Debug, Serialize)]
pub(crate) struct Shown {
    #[serde(flatten)]
    pub(crate) issue: Issue,
    /// Names of the profiles that have it; replies have none.
    pub(crate) profiles: Vec<String>,
    /// What the rule serves.
    tags: &'static [&'static str],
}

/// Looks and shows.
///
/// # Errors
/// When a file cannot be read as a manifest; a refused capture (exit 1); a server that could not be observed (exit 3).
pub(crate) fn run(args: &LintArgs, out: &mut Output) -> Result<Exit, Failure> {
    let linted = match &args.file {
        Some(_) if !args.server.is_empty(Ca::OfServer) => {
            return Err(Failure::usage(NO_SERVER)
                .hint("put `-- COMMAND` or `--url URL` in place of FILE, or leave them out"));
        }
        Some(path) => of_file(path, out)?,
        None => of_source(&live(args, out)?),
    };
    let Counts { error, warning, note } = linted.counts;
    let failed = match args.fail_on {
        FailOn::Note => error + warning + note,
        FailOn::Warning => error + warning,
        FailOn::Error => error,
    };
    let exit = if failed > 0 { Exit::Denied } else { Exit::Allowed };
    let shown = match args.format.format {
        FindingsFormat::Json => json::line(&linted)?,
        FindingsFormat::Human => render::lint::human(&linted),
        FindingsFormat::Sarif => {
            let file = args.file.as_ref().map(|path| path.to_string_lossy().into_owned());
            let artifact = file.or(args.server.remote.shown()?).unwrap_or_else(|| SERVER.to_owned());
            sarif::lint(&linted, &artifact).line(exit)?
        }
    };
    // A server that was given a secret may show it.
    out.result(out.concealing(shown));
    Ok(exit)
}

fn of_file(path: &Path, out: &mut Output) -> Result<Linted, Failure> {
    Source::read(path).map(|source| of_source(&source)).or_else(|failure| {
        // As a client has received them.
        let Ok(bytes) = read::file(path, evidence_file::MAX_FILE) else { return Err(failure) };
        let observed = match replies::observe(&bytes) {
            Ok(observed) => observed,
            Err(findings) if findings.iter().any(says_what_replies_hold) => {
                out.aside(human::findings(&findings));
                let shown = escape(&path.to_string_lossy());
                return Err(Failure::usage(format!(
                    "the replies in `{shown}` do not say what a client was shown"
                ))
                .hint("hand in what one server sent, as it sent it, one message a line"));
            }
            Err(_) => return Err(failure),
        };
        let issues = lint::server(&observed).into_iter().map(|issue| (issue, Vec::new()));
        Ok(linted("replies", observed.items.len(), issues.collect()))
    })
}

/// Whether a finding is about replies that could be read: not that a file holds none.
fn says_what_replies_hold(finding: &Finding) -> bool {
    ![BAD_MESSAGE, NOTHING_OBSERVED, OVER_BUDGET].contains(&finding.code)
}

fn of_source(source: &Source) -> Linted {
    let what = if source.release.is_some() { "manifest" } else { "capture" };
    let items: BTreeMap<_, _> = source
        .profiles
        .iter()
        .flat_map(|profile| {
            profile.items().map(|(kind, key, digests)| ((kind, key.to_owned(), digests.wire), ()))
        })
        .collect();
    linted(what, items.len(), lint::profiles(&source.profiles, &source.items))
}

fn linted(source: &'static str, items: usize, issues: Vec<(Issue, Vec<String>)>) -> Linted {
    let mut counts = Counts::default();
    for (issue, _) in &issues {
        *match issue.level {
            Level::Error => &mut counts.error,
            Level::Warning => &mut counts.warning,
            Level::Note => &mut counts.note,
        } += 1;
    }
    let findings = issues
        .into_iter()
        .map(|(issue, profiles)| Shown { tags: issue.code.tags, issue, profiles })
        .collect();
    Linted { source, verified: false, rules: RULES.len(), items, counts, findings }
}

/// What the server shows now. Nothing is signed here, so that what a capture may be allowed to have does not stop it.
fn live(args: &LintArgs, out: &mut Output) -> Result<Source, Failure> {
    let plan = Plan {
        profile: "default",
        command: &args.command,
        server: &args.server,
        client_capabilities: Json::Object(Object::new()),
        allow: ALLOWABLE.iter().map(|code| code.id.to_owned()).collect(),
        artifact: None,
        given: Given::default(),
    };
    out.talk("asking the server what it shows");
    Ok(Source::live(plan.capture(out)?.map_err(|error| capture_failure(error, out))?))
}
