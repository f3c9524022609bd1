//! What an ecosystem's own client would ask, read from its own configuration.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::base::Base;
use super::client::{NpmClient, PythonClient};
use super::credential::Credentials;
use super::reference::{Ecosystem, PackageReference};
use super::surroundings::Surroundings;
use super::{RegistryError, cargo, npm, pypi};

/// What the caller says beside the configuration.
#[derive(Debug, Clone, Copy, Default)]
pub struct Overrides<'a> {
    /// `--registry`.
    pub registry: Option<&'a str>,
    /// `--installer`: npm, a Python interpreter, or cargo.
    pub installer: Option<&'a Path>,
    /// `--ca`: further roots.
    pub ca: &'a [PathBuf],
}

/// One registry, and everything that is needed to ask it.
pub struct Config {
    /// Where it answers.
    pub base: Base,
    /// Each held to its place.
    pub credentials: Credentials,
    /// Roots beside the system's.
    pub ca: Vec<PathBuf>,
    /// What tells the ecosystem's client the same.
    pub variables: Variables,
}

/// Variables for a client.
#[derive(Default)]
pub struct Variables {
    /// Those that may be shown.
    pub plain: Vec<(String, String)>,
    /// Those that hold secrets.
    pub secret: Vec<(String, Zeroizing<String>)>,
}

impl Config {
    /// Reads the configuration of `reference`'s ecosystem. Where nothing is configured, the client is asked for its own
    /// default, if it has a way to say it.
    ///
    /// # Errors
    /// What cannot be read or must not be asked, or when nothing says which registry is meant.
    pub fn read(
        reference: &PackageReference,
        around: &Surroundings,
        overrides: Overrides<'_>,
    ) -> Result<Self, RegistryError> {
        // Whoever is handed them stands elsewhere.
        let absolute = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
        let ca: Vec<PathBuf> = overrides.ca.iter().map(absolute).collect();
        let overrides = Overrides { ca: &ca, ..overrides };
        match reference.ecosystem() {
            Ecosystem::Npm => npm(reference, around, overrides),
            Ecosystem::Pypi => pypi(around, overrides),
            Ecosystem::Cargo => cargo(around, overrides),
        }
    }
}

const FLAG: &str = "`--registry`";

fn npm(
    reference: &PackageReference,
    around: &Surroundings,
    overrides: Overrides<'_>,
) -> Result<Config, RegistryError> {
    let client = NpmClient::find(overrides.installer);
    let mut config = npm::config::read(around, client.as_ref().ok())?;
    if let Some(text) = overrides.registry {
        // The flag is about this package, whatever its scope.
        config.scopes.clear();
        config.registry = Some(Base::parse(text, FLAG, &mut config.credentials)?);
    }
    if config.registry_of(reference.name()).is_none() {
        let default = client?.default_registry()?;
        config.registry = Some(Base::parse(&default, "npm", &mut config.credentials)?);
    }
    let base = config.registry_of(reference.name()).cloned();
    let base = base.ok_or(RegistryError::Unconfigured { ecosystem: Ecosystem::Npm })?;
    let variables = config.variables();
    let ca = config.ca.into_iter().chain(overrides.ca.iter().cloned()).collect();
    Ok(Config { base, credentials: config.credentials, ca, variables })
}

fn pypi(around: &Surroundings, overrides: Overrides<'_>) -> Result<Config, RegistryError> {
    let mut config = match overrides.registry {
        None => pypi::config::read(around)?,
        Some(text) => pypi::config::read_for(around, text)?,
    };
    let base = match config.index.take() {
        Some(base) => base,
        None => {
            let default = PythonClient::find(overrides.installer)?.default_index()?;
            Base::parse(&default, "pip", &mut config.credentials)?
        }
    };
    let index = ("PIP_INDEX_URL".to_owned(), config.index_variable(&base));
    let secret = config.credentials.for_url(base.url()).is_some();
    let mut variables = Variables::default();
    match secret {
        true => variables.secret.push(index),
        false => variables.plain.push((index.0, index.1.as_str().to_owned())),
    }
    variables
        .plain
        .extend(config.ca.iter().map(|path| ("PIP_CERT".into(), path.to_string_lossy().into_owned())));
    let ca = config.ca.into_iter().chain(overrides.ca.iter().cloned()).collect();
    Ok(Config { base, credentials: config.credentials, ca, variables })
}

fn cargo(around: &Surroundings, overrides: Overrides<'_>) -> Result<Config, RegistryError> {
    let config = cargo::config::read(around, overrides.registry)?;
    let base = config.index.ok_or(RegistryError::Unconfigured { ecosystem: Ecosystem::Cargo })?;
    let mut variables = Variables::default();
    variables.plain.push(("CARGO_REGISTRIES_MCPSIGN_INDEX".into(), format!("sparse+{}", base.url())));
    let ca_variable = |path: &PathBuf| ("CARGO_HTTP_CAINFO".into(), path.to_string_lossy().into_owned());
    variables.plain.extend(config.ca.iter().map(ca_variable));
    let token = config.credentials.for_url(base.url()).map(super::credential::Credential::header);
    variables.secret.extend(token.map(|token| ("CARGO_REGISTRIES_MCPSIGN_TOKEN".into(), token)));
    let ca = config.ca.into_iter().chain(overrides.ca.iter().cloned()).collect();
    Ok(Config { base, credentials: config.credentials, ca, variables })
}
