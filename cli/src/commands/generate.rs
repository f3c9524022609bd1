//! `mcpsign generate`: files that are made from the program itself.

use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueEnum};
use clap_complete::Shell;
use clap_mangen::Man;

use crate::args;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::render::untrusted::value;
use crate::write::{self, Existing};

/// What to generate.
#[derive(Debug, Subcommand)]
pub(crate) enum GenerateCommand {
    /// The manual page, in roff; with `--out`, one for each command
    Man {
        /// A folder for the pages of all commands, e.g. `--out /usr/local/share/man/man1`
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Completions for a shell, to be sourced or put where the shell looks for them
    Completions {
        /// The shell
        #[arg(value_enum, value_name = "SHELL")]
        shell: Shell,
    },
    /// The JSON Schema of a format
    Schema {
        /// The format
        #[arg(value_enum, value_name = "NAME")]
        name: Schema,
    },
    /// A workflow for GitHub Actions that releases, captures and attests in three jobs
    GithubAction {
        /// The commit of mcpsign's actions to use; a tag can be moved by others; e.g.
        /// `--commit 0123456789abcdef0123456789abcdef01234567`
        #[arg(long, value_name = "HASH", value_parser = commit)]
        commit: Option<String>,
    },
}

/// The example that the actions' own documentation shows.
const WORKFLOW: &str = include_str!("../../../.github/actions/example.yml");

fn commit(text: &str) -> Result<String, &'static str> {
    let hexadecimal = text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    if text.len() == 40 && hexadecimal {
        Ok(text.to_owned())
    } else {
        Err("a commit is 40 hexadecimal digits")
    }
}

/// The formats that have a published JSON Schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Schema {
    /// What `verify --format json` prints.
    Report,
    /// The predicate `https://mcpsign.dev/tool-manifest/v1`.
    ToolManifest,
    /// What `manifest capture` writes.
    Capture,
    /// Policies, `mcpsign.dev/policy/v1`.
    Policy,
    /// The predicate `https://mcpsign.dev/policy/v1`: a policy that somebody signed.
    SignedPolicy,
    /// The predicate `https://mcpsign.dev/approval/v1`.
    Approval,
    /// The predicate `https://mcpsign.dev/revocation/v1`.
    Revocation,
    /// What `advisories check --format json` prints.
    AdvisoryCheck,
    /// The manifest of what `advisories update` writes.
    AdvisorySnapshot,
    /// What `scan --format json` prints.
    Scan,
    /// What conditions of policies speak about.
    Facts,
}

impl Schema {
    const fn text(self) -> &'static str {
        match self {
            Self::Report => include_str!("../../../schemas/json/report.schema.json"),
            Self::ToolManifest => include_str!("../../../schemas/json/tool-manifest.schema.json"),
            Self::Capture => include_str!("../../../schemas/json/capture.schema.json"),
            Self::Policy => include_str!("../../../schemas/json/policy.schema.json"),
            Self::SignedPolicy => include_str!("../../../schemas/json/signed-policy.schema.json"),
            Self::Approval => include_str!("../../../schemas/json/approval.schema.json"),
            Self::Revocation => include_str!("../../../schemas/json/revocation.schema.json"),
            Self::AdvisoryCheck => include_str!("../../../schemas/json/advisory-check.schema.json"),
            Self::AdvisorySnapshot => include_str!("../../../schemas/json/advisory-snapshot.schema.json"),
            Self::Scan => include_str!("../../../schemas/json/scan.schema.json"),
            Self::Facts => include_str!("../../../schemas/json/facts.schema.json"),
        }
    }
}

/// Writes what was asked for, to stdout unless a folder is named.
///
/// # Errors
/// When a page cannot be written.
pub(crate) fn run(command: &GenerateCommand, out: &mut Output) -> Result<Exit, Failure> {
    match command {
        GenerateCommand::Man { out: None } => out.result_bytes(&page(Man::new(built()))?),
        GenerateCommand::Man { out: Some(folder) } => pages(folder, &built(), out)?,
        GenerateCommand::Completions { shell } => {
            let mut bytes = Vec::new();
            clap_complete::generate(*shell, &mut args::definition(), "mcpsign", &mut bytes);
            out.result_bytes(&bytes);
        }
        GenerateCommand::Schema { name } => out.result_bytes(name.text().as_bytes()),
        GenerateCommand::GithubAction { commit } => {
            if commit.is_none() {
                out.talk("note: the actions are named by a tag; `--commit` names what nobody can move");
            }
            let version = commit.as_deref().unwrap_or(concat!("v", env!("CARGO_PKG_VERSION")));
            out.result_bytes(WORKFLOW.replace("<commit>", version).as_bytes());
        }
    }
    Ok(Exit::Allowed)
}

/// One page for a command and one for each below it, named as `man` looks for them: `mcpsign-keys-generate.1`.
fn pages(folder: &Path, command: &clap::Command, out: &mut Output) -> Result<(), Failure> {
    let man = Man::new(command.clone());
    let path = folder.join(man.get_filename());
    write::atomically(&path, &page(man)?, Existing::Replace)?;
    out.talk(format_args!("wrote {}", value(&path.to_string_lossy())));
    command.get_subcommands().try_for_each(|sub| pages(folder, sub, out))
}

/// The definition with the names that its commands have below each other.
fn built() -> clap::Command {
    let mut command = args::definition();
    command.build();
    command
}

fn page(man: Man) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    man.render(&mut bytes)
        .map_err(|error| Failure::usage("the manual page cannot be made").because(error))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_published_schema_is_json_with_an_id() {
        for schema in Schema::value_variants() {
            let json: serde_json::Value = serde_json::from_str(schema.text()).unwrap();
            assert!(json["$schema"].is_string(), "{schema:?}");
        }
    }

    #[test]
    fn a_commit_is_a_whole_one() {
        let whole = "0123456789abcdef0123456789abcdef01234567";
        assert_eq!(commit(whole).as_deref(), Ok(whole));
        for part in ["0123456", "v1.0.0", &whole.to_uppercase(), &format!("{whole}0"), ""] {
            assert!(commit(part).is_err(), "{part}");
        }
        assert!(WORKFLOW.matches("@<commit>").count() == 2);
    }

    #[test]
    fn every_command_has_a_page() {
        let folder = tempfile::tempdir().unwrap();
        let mut out = Output::standard(crate::output::Color::Never, true);
        pages(folder.path(), &built(), &mut out).unwrap();
        for name in ["mcpsign.1", "mcpsign-verify.1", "mcpsign-keys-generate.1"] {
            assert!(folder.path().join(name).is_file(), "{name}");
        }
    }
}
