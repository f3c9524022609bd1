//! Signing a snapshot of advisories: one statement over its manifest.

use mcpsign_schemas::advisory::snapshot::SCHEMA;
use mcpsign_schemas::canonical::{Json, Limits};
use mcpsign_schemas::digest::{DigestSet, Sha256Digest};
use mcpsign_schemas::statement::{Statement, Subject};
use mcpsign_verifier::{TimePolicy, TrustedKey};

use crate::signer::LocalSigner;

/// Signs that `manifest` is the manifest of a snapshot; gives the bundle, one line with its end, and the key that it
/// verifies with. Whoever writes it verifies it first.
///
/// # Errors
/// When the manifest is no JSON, or the key does not sign. In words.
pub fn sign(signer: &LocalSigner, manifest: &[u8]) -> Result<(Vec<u8>, TrustedKey), String> {
    let predicate =
        Json::parse(manifest, Limits::bytes(manifest.len())).map_err(|error| error.to_string())?;
    let subject = Subject {
        name: "manifest.json".into(),
        digest: DigestSet::sha256(Sha256Digest::of(manifest)),
        media_type: None,
    };
    let statement = Statement::new(vec![subject], SCHEMA, predicate);
    let payload = Json::from_serialize(&statement).map_err(|error| error.to_string())?.to_canonical();
    let pem = signer.key().public_pem().map_err(|error| error.to_string())?;
    let trusted = TrustedKey::from_pem("the signing key", pem.as_bytes(), TimePolicy::AllowUnverified)
        .map_err(|error| error.to_string())?;
    let signed = signer.sign(payload).map_err(|error| error.to_string())?;
    let mut line = signed.line().as_bytes().to_vec();
    line.push(b'\n');
    Ok((line, trusted))
}
