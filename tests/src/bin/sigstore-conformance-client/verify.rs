//! `verify-bundle`.

use std::path::Path;

use jiff::Timestamp;
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_verifier::bundle::{Artifact, Expected, LogEvidence, authenticate_artifact};
use mcpsign_verifier::{SigstoreRoot, TimePolicy, TrustedKey};

use super::arguments::{Arguments, Failure, read, refused, usage};
use super::trusted_root;

pub(crate) const FLAGS: [&str; 5] =
    ["--bundle", "--certificate-identity", "--certificate-oidc-issuer", "--key", "--trusted-root"];
pub(crate) const SWITCHES: [&str; 1] = ["--staging"];

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let bundle = read(arguments.needed("--bundle")?)?;
    let root = SigstoreRoot::from_json(&trusted_root(arguments)?).map_err(|error| refused(&error))?;
    let key = match arguments.value("--key") {
        Some(path) => Some(
            TrustedKey::from_pem(path, &read(path)?, TimePolicy::AllowUnverified)
                .map_err(|error| refused(&error))?,
        ),
        None => None,
    };
    let identity = (arguments.value("--certificate-identity"), arguments.value("--certificate-oidc-issuer"));
    let expected = match (&key, identity) {
        (Some(key), (None, None)) => Expected::Key(key),
        (None, (Some(subject), Some(issuer))) if !subject.is_empty() => {
            Expected::Identity { subject, issuer: Some(issuer).filter(|issuer| !issuer.is_empty()) }
        }
        _ => return Err(usage("expected --certificate-identity and --certificate-oidc-issuer, or --key")),
    };
    let bytes;
    let artifact = match digest(&arguments.artifact) {
        Some(digest) => Artifact::Sha256(digest),
        None => {
            bytes = read(&arguments.artifact)?;
            Artifact::Bytes(&bytes)
        }
    };
    // The suite accepts old bundles that carry a log's promise and no proof; our verdicts do not.
    authenticate_artifact(&bundle, artifact, &root, expected, LogEvidence::PromiseAccepted, Timestamp::now())
        .map(drop)
        .map_err(|error| refused(&error))
}

/// `sha256:HEX` is a digest, unless a file is called that.
fn digest(argument: &str) -> Option<Sha256Digest> {
    let digest = argument.strip_prefix("sha256:")?.parse().ok()?;
    (!Path::new(argument).exists()).then_some(digest)
}
