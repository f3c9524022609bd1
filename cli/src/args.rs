//! The command line: what can be said, and what is said back where it cannot.

use std::ffi::OsString;
use std::io::Write as _;

use clap::builder::styling::{AnsiColor, Styles};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use mcpsign_schemas::untrusted::escape;

use crate::commands::{
    advisories, approve, attest, explain, generate, inspect, keys, manifest, policy, revoke, sbom, scan,
    trust, verify, vsa,
};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Color, Output};

/// Attest MCP servers, and verify what others attested.
///
/// Exit codes: 0 allowed, 1 denied, 2 usage or configuration error, 3 undecided, 70 bug; ended by a signal, 128 and its number.
#[derive(Debug, Parser)]
#[command(name = "mcpsign", version, styles = STYLES, propagate_version = true)]
#[command(infer_long_args = false, infer_subcommands = false, disable_help_subcommand = true)]
pub(crate) struct Cli {
    /// When to use colour: auto, always or never, e.g. `--color never`; `NO_COLOR` is honoured
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    #[arg(hide_possible_values = true, hide_default_value = true)]
    pub(crate) color: Color,
    /// Say nothing on stderr but errors, and report nothing that was allowed, e.g. `mcpsign --quiet verify …`
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Describe and sign a release: tool manifest and SBOM, checked before they are written
    Attest(Box<attest::AttestArgs>),
    /// Decide whether a release may be used: allow, deny or undecided, with reasons
    Verify(Box<verify::VerifyArgs>),
    /// Capture, show, compare and lint what a server shows its clients
    #[command(subcommand)]
    Manifest(manifest::ManifestCommand),
    /// Write the SBOM of a project or artifact, and compare those of two releases
    #[command(subcommand)]
    Sbom(sbom::SbomCommand),
    /// Keep advisories on this machine, and hold SBOMs and artifacts against them
    #[command(subcommand)]
    Advisories(advisories::AdvisoriesCommand),
    /// List what MCP clients are configured to start, as references
    Scan(scan::ScanArgs),
    /// Show what an evidence file holds, believed or not; or write the listing of a directory
    Inspect(inspect::InspectArgs),
    /// Make keys and show public keys
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Show, fetch and import the Sigstore trust roots that signatures may lead to
    #[command(subcommand)]
    Trust(trust::TrustCommand),
    /// Sign that a release may be used as it was looked at, or that findings are borne
    Approve(approve::ApproveArgs),
    /// Verify, and sign what was found out as a SLSA verification summary
    Vsa(vsa::VsaArgs),
    /// Revoke artifacts, versions, signers, keys or statements in an authority's list
    Revoke(revoke::RevokeArgs),
    /// Write, check, test and sign policies, and show what is in force
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
    /// Explain a reason code: what causes it and what cures it
    Explain(explain::ExplainArgs),
    /// Write manual pages, shell completions, JSON schemas and a CI workflow
    #[command(subcommand)]
    Generate(generate::GenerateCommand),
}

/// `--format`, for commands whose result programs read too.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct FormatArgs {
    /// How results are written, e.g. `--format json`
    #[arg(long, value_enum, default_value_t = Format::Human, value_name = "FORMAT")]
    pub(crate) format: Format,
}

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Human,
    /// One JSON object a line.
    Json,
}

/// `--format`, for commands whose result is findings.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct FindingsFormatArgs {
    /// How results are written: human, json, or sarif for code-scanning dashboards; e.g. `--format sarif`
    #[arg(long, value_enum, default_value_t = FindingsFormat::Human, value_name = "FORMAT")]
    #[arg(hide_possible_values = true)]
    pub(crate) format: FindingsFormat,
}

/// How findings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FindingsFormat {
    /// For people.
    Human,
    /// One JSON object a line.
    Json,
    /// One SARIF 2.1.0 log.
    Sarif,
}

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// What came of the arguments.
#[derive(Debug)]
pub(crate) enum Parsed {
    /// A command to run.
    Command(Box<Cli>),
    /// Nothing more to do: help and version were shown, or an error.
    Ended(Exit),
}

/// Parses the arguments, the program's name first. Help and version go to stdout, errors to stderr.
pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> Parsed {
    let args: Vec<OsString> = args.into_iter().collect();
    // An unset shell variable must not turn "and look at the server" into "and do not".
    if args.last().is_some_and(|last| last == "--") {
        let failure = Failure::usage("nothing follows `--`")
            .hint("name the command that starts the server after it, or leave `--` out");
        let _ = write!(anstream::stderr(), "{failure}");
        return Parsed::Ended(Exit::Usage);
    }
    let error = match Cli::try_parse_from(args) {
        Ok(cli) => return Parsed::Command(Box::new(cli)),
        Err(error) => error,
    };
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let mut out = Output::standard(Color::Auto, false);
            out.result(error.render().ansi());
            Parsed::Ended(match out.finish() {
                Ok(()) => Exit::Allowed,
                Err(failure) => {
                    out.failure(&failure);
                    failure.exit()
                }
            })
        }
        _ => {
            let _ = write!(anstream::stderr(), "{}", usage_failure(&error));
            Parsed::Ended(Exit::Usage)
        }
    }
}

/// clap's error in our shape: what is wrong, then one hint.
fn usage_failure(error: &clap::Error) -> Failure {
    let rendered = error.render().to_string();
    // The first paragraph says what is wrong; usage and tips follow, set apart by empty lines.
    let mut paragraphs = rendered.split("\n\n");
    let message = paragraphs.next().unwrap_or_default();
    let message = message.strip_prefix("error: ").unwrap_or(message).trim_end();
    let message = match error.kind() {
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand => {
            "a command is missing"
        }
        _ => message,
    };
    let command = paragraphs
        .find_map(|paragraph| paragraph.strip_prefix("Usage: "))
        .map_or("mcpsign".to_owned(), command);
    let help = format!("`{command} --help` explains it, with examples");
    let hint = match suggestion(error) {
        Some(suggestion) => format!("did you mean `{suggestion}`? {help}"),
        None => help,
    };
    Failure::usage(message).hint(hint)
}

/// Of a usage line the words before flags and values: the command that was meant.
fn command(usage: &str) -> String {
    let words: Vec<&str> =
        usage.split_whitespace().take_while(|word| !word.starts_with(['-', '<', '['])).collect();
    words.join(" ")
}

fn suggestion(error: &clap::Error) -> Option<String> {
    [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue]
        .into_iter()
        .find_map(|kind| match error.get(kind)? {
            ContextValue::String(one) => Some(escape(one)),
            ContextValue::Strings(several) => several.first().map(|one| escape(one)),
            _ => None,
        })
}

/// The command line as data, for manual pages and completions.
pub(crate) fn definition() -> clap::Command {
    Cli::command()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn each(command: &clap::Command, path: &str, check: &mut impl FnMut(&str, &clap::Command)) {
        check(path, command);
        for sub in command.get_subcommands() {
            each(sub, &format!("{path} {}", sub.get_name()), check);
        }
    }

    #[test]
    fn the_definition_is_consistent() {
        definition().debug_assert();
    }

    #[test]
    fn every_command_and_flag_has_help_and_every_flag_an_example() {
        each(&definition(), "mcpsign", &mut |path, command| {
            assert!(command.get_about().is_some(), "{path} has no help");
            for arg in command.get_arguments() {
                let name = arg.get_id();
                if ["help", "version"].contains(&name.as_str()) {
                    continue;
                }
                let help = arg.get_long_help().or(arg.get_help()).map(ToString::to_string);
                let help = help.unwrap_or_default();
                assert!(!help.is_empty(), "{path}: {name} has no help");
                if arg.get_long().is_some() {
                    assert!(help.contains("e.g."), "{path}: --{name} has no example");
                }
            }
        });
    }

    #[test]
    fn unknown_flags_and_abbreviations_are_errors_with_a_hint() {
        for bad in [&["verify", "--frobnicate", "a"][..], &["verify", "--publ", "k", "a"], &["frob"], &[]] {
            let args = std::iter::once("mcpsign").chain(bad.iter().copied());
            let failure = usage_failure(&Cli::try_parse_from(args).unwrap_err());
            assert_eq!(failure.exit(), Exit::Usage, "{bad:?}");
            let shown = failure.to_string();
            assert!(shown.contains("hint"), "{shown}");
            let command =
                if bad.first() == Some(&"verify") { "`mcpsign verify --help`" } else { "`mcpsign --help`" };
            assert!(shown.contains(command), "{shown}");
        }
    }
}
