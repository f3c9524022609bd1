//! `mcpsign.toml`: what a project says once about how it is attested. Read by `attest` and `manifest capture` from the
//! current folder; nothing that verifies ever looks at it. The command line wins over it.

mod error;
mod file;
mod given;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use mcpsign_evidence::read::{self, ReadError};
use mcpsign_schemas::canonical::{Json, Object};
use mcpsign_schemas::image::ImageReference;

pub(crate) use self::file::{NetworkChoice, ProtocolChoice, SandboxChoice};

use crate::failure::Failure;

/// The file's name.
pub(crate) const FILE: &str = "mcpsign.toml";
/// Bytes of it at the most: it is written by hand.
const MAX_BYTES: usize = 1 << 20;
/// Name of the profile where the file lists none.
pub(crate) const DEFAULT_PROFILE: &str = "default";

/// What the file says.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Config {
    /// The private key to sign with.
    pub(crate) key: Option<PathBuf>,
    /// Whether to sign keyless. Which services are asked is never said here: a project must not choose who gets a token.
    pub(crate) keyless: bool,
    /// One file for all evidence.
    pub(crate) evidence: Option<PathBuf>,
    /// Days for which a manifest counts.
    pub(crate) valid_for: Option<u32>,
    /// How the server is started, and under which profiles.
    pub(crate) settings: Settings,
    /// The releases of a monorepo.
    pub(crate) packages: Vec<Package>,
}

/// How one release's server is started.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Settings {
    /// How far it is confined.
    pub(crate) sandbox: Option<SandboxChoice>,
    /// The network that it has.
    pub(crate) network: Option<NetworkChoice>,
    /// As which image its layout is pulled.
    pub(crate) image: Option<ImageReference>,
    /// At least one; [`DEFAULT_PROFILE`] alone where the file lists none.
    pub(crate) profiles: Vec<Profile>,
}

/// One way of starting and asking it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Profile {
    /// Its name in the manifest.
    pub(crate) name: String,
    /// Program and arguments; where there is none, the one that is found in the project.
    pub(crate) command: Option<Vec<String>>,
    /// More arguments.
    pub(crate) args: Vec<String>,
    /// Variables with values that are recorded.
    pub(crate) env: BTreeMap<String, String>,
    /// Variables whose values are taken from the environment and not recorded.
    pub(crate) secret_env: Vec<String>,
    /// A JSON object.
    pub(crate) client_capabilities: Json,
    /// Which era of the protocol to ask in.
    pub(crate) protocol: Option<ProtocolChoice>,
}

/// One release of a monorepo.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Package {
    /// Its folder, relative to the file's.
    pub(crate) path: PathBuf,
    /// How its server is started.
    pub(crate) settings: Settings,
}

impl Profile {
    /// The only profile of a release about which nothing is said.
    pub(crate) fn default_one() -> Self {
        Self {
            name: DEFAULT_PROFILE.to_owned(),
            command: None,
            args: Vec::new(),
            env: BTreeMap::new(),
            secret_env: Vec::new(),
            client_capabilities: Json::Object(Object::new()),
            protocol: None,
        }
    }
}

/// Reads the file in `folder`; what is said by none is said by nobody.
///
/// # Errors
/// A file that cannot be read, is not TOML, has a key that this version does not know or a value that makes no sense:
/// each with its line and column.
pub(crate) fn load(folder: &Path) -> Result<Config, Failure> {
    let path = folder.join(FILE);
    let bytes = match read::file(&path, MAX_BYTES) {
        Err(ReadError::NotFound { .. }) => return Ok(Config::nothing_said()),
        read => read.map_err(|error| Failure::from_error(&error).hint("mend it, or move it away"))?,
    };
    parse(&bytes).map_err(|error| {
        Failure::from_error(&error)
            .hint("every key of the file is described in `schemas/spec/configuration.md`")
    })
}

fn parse(bytes: &[u8]) -> Result<Config, error::ConfigError> {
    let text = str::from_utf8(bytes).map_err(|_| error::ConfigError::NotUtf8)?;
    file::File::parse(text)?.resolve(text)
}

impl Config {
    fn nothing_said() -> Self {
        let settings = Settings { profiles: vec![Profile::default_one()], ..Settings::default() };
        Self { settings, ..Self::default() }
    }
}

#[cfg(test)]
mod tests;
