//! Trust roots in files, in the forms that Sigstore's clients write them.

use std::path::Path;

use mcpsign_schemas::canonical::{Json, Limits};
use mcpsign_verifier::{RootOrigin, RootSource, SigstoreRoot, TrustRootError};

use super::{Instance, TrustError};
use crate::read;

/// Bytes of a file of trust roots at the most. The public-good one has 7 KiB; each retired log or authority adds about
/// one, and GitHub's client writes several into one file.
pub(super) const MAX_FILE: usize = 4 << 20;
/// Trust roots in one file at the most. GitHub's client writes two, one an instance; a bundle may have to be tried with
/// each.
const MAX_ROOTS: usize = 8;

const CLIENT_TRUST_CONFIG: &str = "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json";

/// One private instance in one file: sigstore-python's client trust configuration.
#[derive(Debug, Clone)]
pub struct TrustConfig {
    /// Its `trustedRoot`. Digests are those of the member's canonical form.
    pub root: SigstoreRoot,
    /// Its `signingConfig` in canonical form, unread.
    pub signing_config: Option<String>,
    pub(super) document: String,
}

/// Loads `--trusted-root`: a `trusted_root.json`, or several of them, one a line, as `gh attestation trusted-root` writes
/// them. Counts at all times: whoever names a file answers for it.
///
/// # Errors
/// When it cannot be read, and when any of several roots cannot be used.
pub fn roots(path: &Path) -> Result<Vec<SigstoreRoot>, TrustError> {
    let bytes = read::file(path, MAX_FILE)?;
    let error = match SigstoreRoot::from_json(&bytes) {
        Ok(root) => return Ok(vec![root.with_origin(named(path))]),
        Err(error) => error,
    };
    let lines: Vec<(usize, &[u8])> = bytes
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .enumerate()
        .filter(|(_, line)| !line.is_empty())
        .map(|(at, line)| (at + 1, line))
        .collect();
    // One root over several lines begins with a lone brace, or little more.
    let several = lines.len() > 1 && lines.iter().all(|(_, line)| line.starts_with(b"{\""));
    if !several {
        if media_type(&bytes).is_some_and(|found| found == CLIENT_TRUST_CONFIG) {
            return Err(TrustError::Kind { path: path.into(), what: "a client trust configuration" });
        }
        return Err(TrustError::Root { path: path.into(), source: error });
    }
    if lines.len() > MAX_ROOTS {
        return Err(TrustError::Kind { path: path.into(), what: "more trust roots than are looked at, 8" });
    }
    let one = |(line, bytes): (usize, &[u8])| match SigstoreRoot::from_json(bytes) {
        Ok(root) => Ok(root.with_origin(named(path))),
        Err(source) => Err(TrustError::Line { path: path.into(), line, source }),
    };
    lines.into_iter().map(one).collect()
}

/// Loads `--trust-config`.
///
/// # Errors
/// When it cannot be read, is none, or its trust root cannot be used.
pub fn trust_config(path: &Path) -> Result<TrustConfig, TrustError> {
    let bytes = read::file(path, MAX_FILE)?;
    config_of(path, &bytes)?
        .ok_or(TrustError::Kind { path: path.into(), what: "no client trust configuration" })
}

/// The configuration in `bytes`; `None` where they are something else.
pub(super) fn config_of(path: &Path, bytes: &[u8]) -> Result<Option<TrustConfig>, TrustError> {
    let unusable = |source: TrustRootError| TrustError::Root { path: path.into(), source };
    let json =
        Json::parse(bytes, Limits::bytes(MAX_FILE)).map_err(|error| unusable(TrustRootError::Json(error)))?;
    if json.get("mediaType").and_then(Json::as_str) != Some(CLIENT_TRUST_CONFIG) {
        return Ok(None);
    }
    let canonical = |member: &Json| String::from_utf8_lossy(&member.to_canonical()).into_owned();
    let document = json.get("trustedRoot").map(canonical).ok_or(TrustError::Kind {
        path: path.into(),
        what: "a client trust configuration without trust root",
    })?;
    let root = SigstoreRoot::from_json(document.as_bytes()).map_err(unusable)?.with_origin(named(path));
    let signing_config = json.get("signingConfig").map(canonical);
    Ok(Some(TrustConfig { root, signing_config, document }))
}

pub(super) fn media_type(bytes: &[u8]) -> Option<String> {
    let json = Json::parse(bytes, Limits::bytes(MAX_FILE)).ok()?;
    Some(json.get("mediaType")?.as_str()?.to_owned())
}

/// A file has its path for a name, and never that of an instance that is built in: policies name those by it.
fn named(path: &Path) -> RootOrigin {
    let path = path.to_string_lossy();
    let name = if Instance::find(&path).is_some() { format!("./{path}") } else { path.into_owned() };
    RootOrigin { name, source: RootSource::File, tuf: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_file_is_called_like_an_instance_that_is_built_in() {
        assert_eq!(named(Path::new("public-good")).name, "./public-good");
        assert_eq!(named(Path::new("acme.json")).name, "acme.json");
    }
}
