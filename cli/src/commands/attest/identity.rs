//! Where an identity token comes from.

use std::path::Path;

use mcpsign_evidence::read;
use mcpsign_schemas::untrusted::escape;
use mcpsign_signing::token::{IdentityToken, MAX_TOKEN};
use zeroize::Zeroizing;

use super::keyless::unusable;
use crate::failure::Failure;
use crate::output::Output;

/// The variable that Sigstore's clients take a token from.
const VARIABLE: &str = "SIGSTORE_ID_TOKEN";
const HINT: &str = "pass `--identity-token FILE` or set SIGSTORE_ID_TOKEN";

/// Where it is, before it is taken.
#[derive(Debug)]
pub(super) enum Source<'a> {
    /// In a file that somebody named.
    File(&'a Path),
    /// In [`VARIABLE`].
    Variable,
}

impl<'a> Source<'a> {
    /// The first of: the file named; the variable.
    ///
    /// # Errors
    /// When there is none.
    pub(super) fn find(file: Option<&'a Path>) -> Result<Self, Failure> {
        if let Some(path) = file {
            // Looked at, not opened: the server has not run yet.
            return match path.metadata() {
                Ok(metadata) if metadata.is_file() => Ok(Self::File(path)),
                Ok(_) => Err(Failure::usage(format!("`{}` is not a file", shown(path))).hint(HINT)),
                Err(error) => {
                    Err(Failure::usage(format!("cannot read `{}`", shown(path))).because(error).hint(HINT))
                }
            };
        }
        if std::env::var_os(VARIABLE).is_some_and(|value| !value.is_empty()) {
            return Ok(Self::Variable);
        }
        Err(Failure::usage("there is no identity token to be had here").hint(HINT))
    }

    /// Takes it.
    ///
    /// # Errors
    /// When it cannot be had, or is none.
    pub(super) fn take(&self, out: &mut Output) -> Result<IdentityToken, Failure> {
        let raw = match self {
            Self::File(path) => from_file(path, out)?,
            Self::Variable => {
                let value = std::env::var(VARIABLE)
                    .map_err(|_| Failure::usage(format!("{VARIABLE} is no text")).hint(HINT))?;
                Zeroizing::new(value)
            }
        };
        // Line ends around it are the shell's.
        let raw = Zeroizing::new(raw.trim().to_owned());
        IdentityToken::parse(raw).map_err(|error| unusable(&error))
    }
}

fn from_file(path: &Path, out: &mut Output) -> Result<Zeroizing<String>, Failure> {
    let bytes = Zeroizing::new(
        read::file(path, MAX_TOKEN + 2).map_err(|error| Failure::from_error(&error).hint(HINT))?,
    );
    #[cfg(unix)]
    if path
        .metadata()
        .is_ok_and(|file| std::os::unix::fs::PermissionsExt::mode(&file.permissions()) & 0o077 != 0)
    {
        let path = shown(path);
        out.talk(format_args!(
            "warning: {path} can be read by others: whoever has the token signs as you while it counts"
        ));
    }
    let text = str::from_utf8(&bytes).map_err(|_| {
        Failure::usage(format!("`{}` holds no identity token: it is no text", shown(path))).hint(HINT)
    })?;
    Ok(Zeroizing::new(text.to_owned()))
}

fn shown(path: &Path) -> String {
    escape(&path.to_string_lossy())
}
