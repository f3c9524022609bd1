//! A package by name, or a package file: fetched and held to what its registry says, installed without running its scripts,
//! and then attested like any other release, by somebody who did not make it.

mod built;
mod cargo;
mod npm;
mod pypi;
mod step;
mod target;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use mcpsign_collect::archive::PackageForm;
use mcpsign_collect::artifact::{self, Artifact};
use mcpsign_collect::launch::SandboxMode;
use mcpsign_evidence::reference::Reference;
use mcpsign_evidence::registry::client::{CargoClient, NpmClient, PythonClient};
use mcpsign_evidence::registry::{Config, Ecosystem, PackageReference, RegistryError, Sources};
use mcpsign_schemas::code::{evidence, subject};
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::manifest::Network;
use mcpsign_schemas::untrusted::escape;

use self::step::Stage;
pub(super) use self::target::Target;
use super::AttestArgs;
use super::release::Plan;
use crate::config::Settings;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::render::human;

/// How a package by name is installed.
#[derive(Debug, Args)]
pub(crate) struct ObserverArgs {
    /// Keep the fetched package, and the evidence beside it, in this folder and not in the current one, e.g.
    /// `--download-dir evidence`
    #[arg(long, value_name = "DIR")]
    download_dir: Option<PathBuf>,
    /// Let the package's own install and build scripts run, in the sandbox, e.g. `--allow-scripts`; crates need it
    #[arg(long)]
    allow_scripts: bool,
    /// Which of the package's commands is the server, where it has several, e.g. `--bin files-mcp`
    #[arg(long, value_name = "NAME")]
    bin: Option<String>,
    /// Install the package file and start its own command, as with a package by name, e.g. `mcpsign attest --install
    /// files-1.4.0.tgz`; what follows `--` are that command's arguments. An observer need not say it
    #[arg(long, conflicts_with_all = ["no_manifest", "capture", "url"])]
    install: bool,
}

/// Whether what a package brings may run before its server does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scripts {
    Never,
    Run,
}

/// What is chosen of a package, and what its scripts may do.
struct Choice<'a> {
    bin: Option<&'a str>,
    scripts: Scripts,
    /// For scripts and builds.
    network: Network,
}

/// A package that is installed and can be started. What was made for it goes when this is dropped.
pub(super) struct Observed {
    /// The package file, to be attested.
    reference: Reference,
    /// Where its dependencies' lock file lies and how it is started; `None` where nothing is to be started.
    installed: Option<Installed>,
    /// What was fetched is removed again unless the run comes to its end.
    fetched: Kept,
    _stage: Option<Stage>,
}

/// An installation.
#[derive(Debug, Clone)]
pub(super) struct Installed {
    /// Program and arguments.
    pub(super) argv: Vec<OsString>,
    /// The package's own files: what `{artifact}` stands for.
    pub(super) folder: PathBuf,
    /// The folder with the lock file of what was resolved.
    pub(super) lock: PathBuf,
    /// How it is known that this is the package.
    pub(super) proof: Proof,
}

/// How an installation is related to its package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proof {
    /// Its files are compared with the package's.
    Compare,
    /// We built it ourselves, from the package's own bytes.
    Built,
}

/// Fetches what is named, checks and installs.
///
/// # Errors
/// What cannot be fetched, is not what its registry says, is not the package that was asked for, or cannot be
/// installed. Nothing is left behind then.
pub(super) fn prepare(args: &AttestArgs, target: Target, out: &mut Output) -> Result<Observed, Failure> {
    match target {
        Target::Named(package) => named(args, &package, out),
        Target::File(file) => {
            may_be_built(args, file.artifact.package().map(|package| package.form))?;
            let config = args.registry.config(&file.package, &args.server.remote.ca, out)?;
            let (stage, installed) = install(args, &config, &file.artifact, &file.package, out)?;
            // It was there before, and stays.
            let fetched = Kept { path: file.artifact.path, created: false };
            Ok(Observed {
                reference: file.reference,
                installed: Some(installed),
                fetched,
                _stage: Some(stage),
            })
        }
    }
}

fn named(args: &AttestArgs, reference: &PackageReference, out: &mut Output) -> Result<Observed, Failure> {
    if args.capture.is_some() {
        return Err(Failure::usage("a capture file does not say which package it was made from")
            .hint("leave `--capture` out: the package is installed and asked"));
    }
    if args.server.remote.address()?.is_some() {
        return Err(Failure::usage("a package is installed and started, and `--url` asks another server")
            .hint("leave `--url` out, or attest the remote server in a run of its own"));
    }
    let starts = !args.no_manifest;
    if !starts && args.observer.bin.is_some() {
        return Err(Failure::usage("`--bin` says which command is the server, and none is started")
            .hint("leave it out, or `--no-manifest`"));
    }
    if starts && reference.ecosystem() == Ecosystem::Cargo {
        may_be_built(args, Some(PackageForm::Crate))?;
    }
    let sources = if args.observer.allow_scripts || !starts { Sources::Any } else { Sources::BinaryOnly };
    let folder = args.observer.download_dir.clone().unwrap_or_else(|| PathBuf::from("."));
    fs::create_dir_all(&folder).map_err(|error| {
        Failure::usage(format!("cannot use `{}`", escape(&folder.to_string_lossy())))
            .because(error)
            .hint("name a folder that can be written to with `--download-dir DIR`")
    })?;
    let (fetched, config) = args.registry.fetch(reference, &args.server.remote.ca, sources, &folder, out)?;
    let kept = Kept { path: fetched.path.clone(), created: fetched.created };
    let artifact = open(&fetched.path)?;
    if artifact.digests.sha256 != fetched.digests.sha256 {
        return Err(denied(
            Finding::new(evidence::REGISTRY_DIGEST_MISMATCH, "the fetched file changed before it was read")
                .expected(format!("sha256:{}", fetched.digests.sha256))
                .found(format!("sha256:{}", artifact.digests.sha256)),
            out,
        ));
    }
    same_package(&artifact, reference, out)?;

    let (stage, installed) = if starts {
        let (stage, installed) = install(args, &config, &artifact, reference, out)?;
        (Some(stage), Some(installed))
    } else {
        (None, None)
    };
    let reference = Reference::fetched(reference.shown(), &fetched.path, reference.purl());
    Ok(Observed { reference, installed, fetched: kept, _stage: stage })
}

/// Checks that what must be built to be installed may be.
fn may_be_built(args: &AttestArgs, form: Option<PackageForm>) -> Result<(), Failure> {
    let what = match form {
        Some(PackageForm::Crate) => "a crate",
        Some(PackageForm::Sdist) => "a source distribution",
        _ => return Ok(()),
    };
    if args.observer.allow_scripts {
        return Ok(());
    }
    Err(Failure::usage(format!("to install {what} is to build it, and that runs build scripts")).hint(
        "`--allow-scripts` lets them run, in the sandbox; `--no-manifest` attests what it is made of alone",
    ))
}

impl Observed {
    /// What is to be attested.
    pub(super) fn plan(&mut self) -> Plan {
        Plan {
            references: vec![self.reference.clone()],
            project: None,
            named: true,
            // A file in the current folder is about what lies there, and this does not.
            settings: Settings::default(),
            installed: self.installed.take(),
        }
    }

    /// Lets the fetched file stay: its evidence lies beside it now.
    pub(super) fn keep(mut self) {
        self.fetched.created = false;
    }
}

fn install(
    args: &AttestArgs,
    config: &Config,
    artifact: &Artifact,
    reference: &PackageReference,
    out: &mut Output,
) -> Result<(Stage, Installed), Failure> {
    let scripts = if args.observer.allow_scripts { Scripts::Run } else { Scripts::Never };
    let choice = Choice {
        bin: args.observer.bin.as_deref(),
        scripts,
        network: args.server.network().unwrap_or(Network::None),
    };
    let named = args.registry.installer.as_deref();
    let missing = |error: RegistryError| {
        let hint = error.hint();
        Failure::from_error(&error).hint(hint)
    };
    let mut readable = config.ca.clone();
    readable.push(artifact.path.canonicalize().unwrap_or_else(|_| artifact.path.clone()));
    let stage = |readable| Stage::new(args.server.sandbox().unwrap_or(SandboxMode::Auto), readable);
    let mut installed = match reference.ecosystem() {
        Ecosystem::Npm => {
            let client = NpmClient::find(named).map_err(missing)?;
            readable.extend([client.folder().to_owned(), client.node.clone()]);
            let stage = stage(readable)?;
            let installed = npm::install(&stage, &client, config, artifact, reference, &choice, out)?;
            (stage, installed)
        }
        Ecosystem::Pypi => {
            let client = PythonClient::find(named).map_err(missing)?;
            let stage = stage(readable)?;
            let installed = pypi::install(&stage, &client, config, artifact, reference, &choice, out)?;
            (stage, installed)
        }
        Ecosystem::Cargo => {
            let client = CargoClient::find(named).map_err(missing)?;
            readable.extend(client.toolchain());
            let stage = stage(readable)?;
            let installed = cargo::install(&stage, &client, config, artifact, reference, &choice, out)?;
            (stage, installed)
        }
    };
    installed.1.argv.extend(args.command.iter().cloned());
    Ok(installed)
}

/// Opens the fetched file: every rule for archives holds.
fn open(path: &Path) -> Result<Artifact, Failure> {
    artifact::open(path).map_err(|error| {
        let hint = error.hint().unwrap_or("what the registry serves is not fit to be attested");
        Failure::from_error(&error).ending(Exit::Denied).hint(hint)
    })
}

/// Name and version inside are those that were asked for.
fn same_package(artifact: &Artifact, reference: &PackageReference, out: &mut Output) -> Result<(), Failure> {
    let asked = reference.purl();
    let inside: Vec<_> = artifact.identity.iter().filter_map(|identity| identity.parsed().ok()).collect();
    if inside.iter().any(|purl| purl == asked) {
        return Ok(());
    }
    let (code, found) = match inside.iter().find(|purl| purl.same_package(asked)) {
        Some(other) => (subject::VERSION_MISMATCH, other.to_string()),
        None => (
            subject::NAME_MISMATCH,
            inside.first().map_or_else(|| "a file that says no name".to_owned(), ToString::to_string),
        ),
    };
    let finding = Finding::new(code, "the package inside is not the one that was asked for");
    Err(denied(finding.expected(asked.to_string()).found(found), out))
}

fn denied(finding: Finding, out: &mut Output) -> Failure {
    let cure = finding.code.cure;
    out.aside(human::findings(std::slice::from_ref(&finding)));
    Failure::new(Exit::Denied, "the package is not what it should be; nothing was written").hint(cure)
}

/// Of a package's commands the one that was named, else the only one, else the one that is called like the package.
fn choose<'c>(
    commands: &'c BTreeMap<String, String>,
    package: &str,
    named: Option<&str>,
) -> Result<&'c str, Failure> {
    let names = || commands.keys().map(|name| escape(name)).collect::<Vec<_>>().join(", ");
    let found = match (named, commands.len()) {
        (_, 0) => {
            return Err(Failure::usage(
                "the package has no command, so nothing says how its server is started",
            )
            .hint("`--no-manifest` attests what it is made of alone"));
        }
        (Some(name), _) => commands.get(name),
        (None, 1) => commands.values().next(),
        (None, _) => commands.get(package),
    };
    found.map(String::as_str).ok_or_else(|| {
        Failure::usage("it is open which of the package's commands is the server")
            .hint(format!("name one with `--bin NAME`: {}", names()))
    })
}

/// A file that goes again unless the run comes to its end.
struct Kept {
    path: PathBuf,
    created: bool,
}

impl Drop for Kept {
    fn drop(&mut self) {
        if self.created {
            // It may be gone already.
            let _ = fs::remove_file(&self.path);
        }
    }
}
