//! What a client's configuration is read from: the caller's variables, home, and the system's folders. Never the current
//! folder, and never the artifact.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::RegistryError;
use crate::read::{self, ReadError};

/// Bytes of one configuration file at the most; real ones have a few hundred.
const MAX_CONFIG: usize = 1 << 20;

/// Where configuration is looked for.
pub struct Surroundings {
    variables: BTreeMap<String, String>,
    home: Option<PathBuf>,
    root: PathBuf,
}

impl Surroundings {
    /// The caller's own.
    pub fn of_process() -> Self {
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self { variables, home: std::env::home_dir(), root: "/".into() }
    }

    /// Others, for tests: nothing of this machine is seen.
    #[cfg(test)]
    pub(crate) fn of_test(root: &Path, variables: &[(&str, &str)]) -> Self {
        Self {
            variables: variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
            home: Some(root.join("home")),
            root: root.to_owned(),
        }
    }

    /// A variable that is set and not empty.
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Every variable.
    pub(super) fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// A file or folder below the caller's home.
    pub(super) fn home(&self, path: &str) -> Option<PathBuf> {
        self.home.as_deref().filter(|home| home.is_absolute()).map(|home| home.join(path))
    }

    /// `$XDG_CONFIG_HOME`, or `~/.config`.
    pub(super) fn config_home(&self, path: &str) -> Option<PathBuf> {
        match self.variable("XDG_CONFIG_HOME").map(Path::new).filter(|folder| folder.is_absolute()) {
            Some(folder) => Some(folder.join(path)),
            None => self.home(".config").map(|folder| folder.join(path)),
        }
    }

    /// A file of the system.
    pub(super) fn system(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// The file that a variable names. One that depends on the current folder is refused.
    pub(super) fn named_file(&self, variable: &str) -> Result<Option<PathBuf>, RegistryError> {
        match self.variable(variable) {
            None => Ok(None),
            Some(path) if Path::new(path).is_absolute() => Ok(Some(path.into())),
            Some(_) => Err(RegistryError::Config {
                what: format!("the variable `{variable}`"),
                reason: "it names a file relative to the current folder, which configures nothing here"
                    .into(),
            }),
        }
    }

    /// The text of a configuration file; `None` where there is none.
    pub(super) fn file(&self, path: &Path) -> Result<Option<String>, RegistryError> {
        let unusable =
            |reason: String| RegistryError::Config { what: format!("`{}`", path.display()), reason };
        match read::file(path, MAX_CONFIG) {
            Ok(bytes) => String::from_utf8(bytes).map(Some).map_err(|_| unusable("it is not UTF-8".into())),
            Err(ReadError::NotFound { .. }) => Ok(None),
            // `/dev/null` is how both npm and pip are told to read nothing.
            Err(ReadError::NotAFile { .. }) if path == Path::new("/dev/null") => Ok(None),
            Err(error) => Err(unusable(error.to_string())),
        }
    }
}

/// Puts a configuration file where [`Surroundings::of_test`] finds it.
#[cfg(test)]
pub(crate) fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}
