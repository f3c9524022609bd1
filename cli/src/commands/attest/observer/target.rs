//! What is installed before it is attested: a package of a registry, or a package file that lies here already.

use mcpsign_collect::archive::PackageForm;
use mcpsign_collect::artifact::Artifact;
use mcpsign_evidence::reference::Reference;
use mcpsign_evidence::registry::PackageReference;
use mcpsign_schemas::manifest::Kind;
use mcpsign_schemas::untrusted::escape;

use super::super::{AttestArgs, release};
use crate::commands::registry;
use crate::config::Config;
use crate::failure::Failure;

/// A package to be installed.
pub(in crate::commands::attest) enum Target {
    /// By its name.
    Named(Box<PackageReference>),
    /// As a file.
    File(Box<PackageFile>),
}

/// A package file.
pub(in crate::commands::attest) struct PackageFile {
    pub(super) reference: Reference,
    pub(super) artifact: Artifact,
    /// What it says it is.
    pub(super) package: PackageReference,
}

impl Target {
    /// The package that is to be installed, if one is: alone, for it is a release of its own.
    ///
    /// # Errors
    /// Several packages, or one beside paths (exit 2); a file that no installer takes; flags that only make sense with one.
    pub(in crate::commands::attest) fn choose(
        args: &AttestArgs,
        config: &Config,
    ) -> Result<Option<Self>, Failure> {
        let references: Vec<Option<PackageReference>> =
            args.paths.iter().map(|path| registry::reference(path)).collect::<Result<_, _>>()?;
        match (references.iter().flatten().next(), references.len()) {
            (None, _) => file(args, config),
            (Some(_), 1) => {
                Ok(references.into_iter().flatten().next().map(|package| Self::Named(Box::new(package))))
            }
            (Some(_), _) => Err(Failure::usage("a package by name is attested in a run of its own")
                .hint("run `mcpsign attest` once for each")),
        }
    }

    /// As whom is spoken where nobody says so.
    pub(in crate::commands::attest) const fn kind(&self) -> Kind {
        match self {
            Self::Named(_) => Kind::Observer,
            Self::File(_) => Kind::Publisher,
        }
    }
}

/// The package file that is to be installed: where that is asked for, or where an observer says no other way to start it.
fn file(args: &AttestArgs, config: &Config) -> Result<Option<Target>, Failure> {
    let observer = &args.observer;
    let asked = observer.install;
    let found = if asked || is_left_to_us(args, config)? { package(args)? } else { None };
    if let Some(file) = found {
        if observer.download_dir.is_some() || args.registry.takes_yanked() {
            return Err(Failure::usage(
                "`--download-dir` and `--allow-yanked` are for a package by name, and a file is given",
            )
            .hint("leave them out: the file stays where it lies"));
        }
        return Ok(Some(Target::File(Box::new(file))));
    }
    if asked {
        return Err(Failure::usage("`--install` is for one package that npm, pip or cargo installs")
            .hint("name one file alone (an npm tarball, a wheel, a source distribution or a `.crate`), or leave `--install` out"));
    }
    let unused = !args.registry.is_empty()
        || observer.download_dir.is_some()
        || observer.allow_scripts
        || observer.bin.is_some();
    if unused {
        return Err(Failure::usage(
            "`--registry`, `--installer`, `--allow-yanked`, `--download-dir`, `--allow-scripts` and `--bin` are for a package that is installed, and none is",
        )
        .hint("leave them out, name a package (`mcpsign attest npm:NAME@VERSION`), or add `--install` to a package file"));
    }
    Ok(None)
}

/// Whether an observer says nothing of how the server is started.
fn is_left_to_us(args: &AttestArgs, config: &Config) -> Result<bool, Failure> {
    let is_said = !args.command.is_empty()
        || args.capture.is_some()
        || args.no_manifest
        || args.server.remote.address()?.is_some()
        || !config.packages.is_empty()
        || config.settings.profiles.iter().any(|profile| profile.command.is_some());
    Ok(args.kind.map(Kind::from) == Some(Kind::Observer) && !is_said)
}

/// The one path, if it is a package that an installer takes.
fn package(args: &AttestArgs) -> Result<Option<PackageFile>, Failure> {
    let [path] = args.paths.as_slice() else { return Ok(None) };
    let Ok(reference) = Reference::parse(path) else { return Ok(None) };
    release::is_there(&reference)?;
    if !reference.path().is_file() {
        return Ok(None);
    }
    let artifact = release::open(&reference)?;
    let scheme = match artifact.package().map(|package| package.form) {
        Some(PackageForm::Npm) => ("npm", "@"),
        Some(PackageForm::Wheel | PackageForm::Sdist) => ("pypi", "=="),
        Some(PackageForm::Crate) => ("cargo", "@"),
        Some(PackageForm::Mcpb) | None => return Ok(None),
    };
    let Some(identity) = artifact.identity.first() else { return Ok(None) };
    let version = identity.version.as_deref().unwrap_or_default();
    let spelled = format!("{}:{}{}{version}", scheme.0, identity.name, scheme.1);
    let package = registry::reference(spelled.as_ref())?.ok_or_else(|| {
        Failure::usage(format!("`{}` says no name to install it by", escape(&artifact.name)))
            .hint("start its server yourself: `-- COMMAND ARG…`")
    })?;
    Ok(Some(PackageFile { reference, artifact, package }))
}
