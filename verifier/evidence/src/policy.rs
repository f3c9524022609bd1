//! Policy files.

use std::path::Path;

use mcpsign_schemas::policy::MAX_BYTES;
use mcpsign_verifier::policy::{Policy, PolicyError};

use crate::read::{self, ReadError};

/// A policy that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PolicyFileError {
    /// The file was not read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The file is no valid policy; the message names it.
    #[error(transparent)]
    Policy(#[from] PolicyError),
}

/// Loads and validates a policy file, YAML or JSON by its name, or by its first character where the name says neither.
///
/// # Errors
/// See [`PolicyFileError`].
pub fn load(path: &Path) -> Result<Policy, PolicyFileError> {
    let bytes = read::file(path, MAX_BYTES)?;
    Ok(Policy::load(&bytes, &path.to_string_lossy())?)
}

impl PolicyFileError {
    /// What to do about it, where that is not plain from the message.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Read(_) => None,
            Self::Policy(error) => error.hint(),
        }
    }
}
