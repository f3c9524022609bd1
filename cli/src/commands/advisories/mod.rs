//! `mcpsign advisories`: what is known of the packages that something is made of.

mod check;
mod status;
mod subject;
mod update;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use mcpsign_evidence::advisories::store::{self, Demands};
use mcpsign_evidence::advisories::{AdvisoriesError, Outcome};
use mcpsign_evidence::trust;
use mcpsign_verifier::TrustedKey;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::render::human;

/// The commands below `advisories`.
#[derive(Debug, Subcommand)]
pub(crate) enum AdvisoriesCommand {
    /// Make or renew the advisories on this machine from OSV's files
    Update(update::UpdateArgs),
    /// Hold an SBOM, what an artifact is made of, or one package against advisories
    Check(check::CheckArgs),
    /// Say which advisories are on this machine, and how old they are
    Status(status::StatusArgs),
}

/// Runs one of them.
///
/// # Errors
/// See the commands.
pub(crate) fn run(command: &AdvisoriesCommand, out: &mut Output) -> Result<Exit, Failure> {
    match command {
        AdvisoriesCommand::Update(args) => update::run(args, out),
        AdvisoriesCommand::Check(args) => check::run(args, out),
        AdvisoriesCommand::Status(args) => status::run(args, out),
    }
}

/// Where the advisories are.
#[derive(Debug, Args)]
struct DirArgs {
    /// The folder with the advisories, e.g. `--dir /var/lib/mcpsign/advisories`; by default
    /// `mcpsign/advisories` in the user's data folder
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl DirArgs {
    fn path(&self) -> Result<PathBuf, Failure> {
        self.dir.clone().or_else(store::default_dir).ok_or_else(|| {
            Failure::usage("nothing says where the advisories are").hint("pass `--dir DIR`, or set `HOME`")
        })
    }
}

/// What the advisories must be like.
#[derive(Debug, Args)]
struct DemandArgs {
    /// How many days ago a source of the advisories may have been looked at last, e.g. `--max-age 7`; without it any number. That a
    /// source has nothing new is a warning of its own
    #[arg(long, value_name = "DAYS")]
    max_age: Option<u32>,
    /// The key that must have signed the advisories (`advisories update --key`), e.g. `--public-key team.key.pub`
    #[arg(long, value_name = "FILE")]
    public_key: Option<PathBuf>,
}

impl DemandArgs {
    fn key(&self) -> Result<Option<TrustedKey>, Failure> {
        self.public_key.as_deref().map(trust::public_key).transpose().map_err(|error| {
            Failure::from_error(&error)
                .hint("name a public key, a PEM file; `mcpsign keys public KEY` prints it")
        })
    }

    fn demands<'k>(&self, key: Option<&'k TrustedKey>) -> Demands<'k> {
        Demands { max_age: self.max_age, key }
    }
}

/// Says the finding, if the advisories of this machine are at fault, and what the process ends with.
fn failure(error: &AdvisoriesError, dir: &Path, out: &mut Output) -> Failure {
    let exit = match error.outcome() {
        Outcome::Usage => Exit::Usage,
        Outcome::Undecided => Exit::Undecided,
    };
    let Some(finding) = error.finding() else {
        let failure = Failure::new(exit, error.to_string()).hint(error.hint());
        return match std::error::Error::source(error) {
            Some(source) => failure.because(source.to_string()),
            None => failure,
        };
    };
    out.aside(human::findings(std::slice::from_ref(&finding)));
    let message = match error {
        AdvisoriesError::Api { .. } => "nothing was checked".to_owned(),
        _ => format!("the advisories in `{}` were not used", dir.display()),
    };
    Failure::new(exit, message).hint(error.hint())
}
