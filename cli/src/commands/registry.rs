//! Packages by name: shared by every command that takes `npm:…`, `pypi:…`, `cargo:…`.

use std::path::{Path, PathBuf};

use clap::Args;
use mcpsign_collect::launch::KeptFolder;
use mcpsign_evidence::registry::{
    self, Config, Fetched, Outcome, Overrides, PackageReference, RegistryError, Sources, Surroundings, Yanked,
};
use mcpsign_schemas::code::evidence;
use mcpsign_schemas::untrusted::escape;

use crate::commands::server;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::render::human;
use crate::render::untrusted::value;

/// What is wrong where nothing is fetched by name.
pub(crate) const NO_PACKAGE: &str =
    "`--registry`, `--installer` and `--allow-yanked` are for packages by name, and none is given";

/// How packages by name are fetched.
#[derive(Debug, Args)]
pub(crate) struct RegistryArgs {
    /// The registry to ask for packages by name, in place of the one that npm, pip or cargo is configured for, e.g.
    /// `--registry https://registry.example`
    #[arg(long, value_name = "URL")]
    registry: Option<String>,
    /// The npm, Python interpreter or cargo to use, in place of the one in a folder of the system, e.g.
    /// `--installer /opt/node/bin/npm`
    #[arg(long, value_name = "FILE")]
    pub(crate) installer: Option<PathBuf>,
    /// Fetch a version that its publisher took back, e.g. `--allow-yanked`
    #[arg(long)]
    allow_yanked: bool,
}

impl RegistryArgs {
    /// Whether nothing was said about registries.
    pub(crate) const fn is_empty(&self) -> bool {
        self.registry.is_none() && self.installer.is_none() && !self.allow_yanked
    }

    /// Whether a version that was taken back will do.
    pub(crate) const fn takes_yanked(&self) -> bool {
        self.allow_yanked
    }

    /// Where the ecosystem's packages come from, as its own client is configured.
    ///
    /// # Errors
    /// When that cannot be said (exit 2).
    pub(crate) fn config(
        &self,
        reference: &PackageReference,
        ca: &[PathBuf],
        out: &mut Output,
    ) -> Result<Config, Failure> {
        let overrides =
            Overrides { registry: self.registry.as_deref(), installer: self.installer.as_deref(), ca };
        Config::read(reference, &Surroundings::of_process(), overrides).map_err(|error| failure(&error, out))
    }

    /// Fetches the file of a package into the folder `into`, and says from where.
    ///
    /// # Errors
    /// Usage errors (exit 2), what the registry does not have or contradicts itself in (1), no answer (3).
    pub(crate) fn fetch(
        &self,
        reference: &PackageReference,
        ca: &[PathBuf],
        sources: Sources,
        into: &Path,
        out: &mut Output,
    ) -> Result<(Fetched, Config), Failure> {
        let config = self.config(reference, ca, out)?;
        let yanked = if self.allow_yanked { Yanked::Take } else { Yanked::Refuse };
        let fetched = registry::fetch(reference, &config, sources, yanked, self.installer.as_deref(), into)
            .map_err(|error| failure(&error, out))?;
        out.talk(format_args!("fetched {} from {}", reference.purl(), escape(&fetched.from)));
        if let Some(reason) = &fetched.yanked {
            let reason = reason.as_ref().map(|reason| format!(": {}", escape(reason))).unwrap_or_default();
            out.talk(format_args!("note[{}]: this version was yanked{reason}", evidence::REGISTRY_YANKED.id));
        }
        Ok((fetched, config))
    }

    /// Fetches the file of a package to a private place, which goes with the folder that is returned. Nothing is built of it,
    /// so that a source distribution is as good as a wheel.
    ///
    /// # Errors
    /// As [`Self::fetch`].
    pub(crate) fn fetch_aside(
        &self,
        reference: &PackageReference,
        ca: &[PathBuf],
        out: &mut Output,
    ) -> Result<(KeptFolder, Fetched), Failure> {
        let folder = KeptFolder::new(&server::stage()?).map_err(|error| {
            Failure::from_error(&error).hint("set TMPDIR to a folder that can be written to")
        })?;
        let (fetched, _) = self.fetch(reference, ca, Sources::Any, folder.path(), out)?;
        Ok((folder, fetched))
    }
}

/// Refuses to fetch a package where no socket may be opened.
///
/// # Errors
/// There (exit 2).
pub(crate) fn may_fetch(package: &PackageReference, offline: bool) -> Result<(), Failure> {
    if !offline {
        return Ok(());
    }
    Err(Failure::usage(format!("`{}` cannot be fetched offline", value(package.shown())))
        .hint("name a file that was fetched before, or leave `--offline` out"))
}

/// `argument` as a package by name, if it is spelled like one.
///
/// # Errors
/// When it is spelled so and names none (exit 2).
pub(crate) fn reference(argument: &std::ffi::OsStr) -> Result<Option<PackageReference>, Failure> {
    let parsed = argument.to_str().and_then(PackageReference::parse).transpose();
    parsed.map_err(|error| {
        let hint = error.hint();
        Failure::from_error(&error).hint(hint)
    })
}

/// Says the finding, if it is the registry that is at fault, and what the process ends with.
fn failure(error: &RegistryError, out: &mut Output) -> Failure {
    let failure = match error.finding() {
        None => Failure::from_error(error),
        Some(finding) => {
            out.aside(human::findings(std::slice::from_ref(&finding)));
            let exit = match error.outcome() {
                Outcome::Usage => Exit::Usage,
                Outcome::Denied => Exit::Denied,
                Outcome::Undecided => Exit::Undecided,
            };
            Failure::new(exit, "the package was not fetched; nothing was written")
        }
    };
    failure.hint(error.hint())
}
