//! The signature over a snapshot's manifest: one statement in one bundle, beside it.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use mcpsign_schemas::advisory::snapshot::SCHEMA;
use mcpsign_schemas::digest::{MeasuredDigests, Sha256Digest};
use mcpsign_schemas::evidence_file::{self, MAX_FILE};
use mcpsign_verifier::policy::{FlagSigner, Policy};
use mcpsign_verifier::{
    Anchors, Form, Got, MeasuredArtifact, RawLine, SignedFile, Trust, TrustedKey, Unverified,
};

use super::AdvisoriesError;
use super::store::MANIFEST;
use crate::read::{self, ReadError};

/// Where the signature of a manifest with these bytes lies. Another manifest has another name, so that neither is ever seen
/// with the other's.
pub(super) fn path(dir: &Path, manifest: &[u8]) -> PathBuf {
    path_of(dir, Sha256Digest::of(manifest))
}

fn path_of(dir: &Path, manifest: Sha256Digest) -> PathBuf {
    let digest = manifest.to_string();
    dir.join(format!("manifest-{}{}", digest.get(..16).unwrap_or_default(), evidence_file::EXTENSION))
}

/// The lines of the signature of the manifest with this digest; none where there is none.
///
/// # Errors
/// When there is one, and it cannot be read.
pub(super) fn lines(dir: &Path, manifest: Sha256Digest) -> Result<Option<SignedFile>, AdvisoriesError> {
    let path = path_of(dir, manifest);
    let bytes = match read::file(&path, MAX_FILE) {
        Ok(bytes) => bytes,
        Err(ReadError::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let refused =
        |error: evidence_file::EvidenceFileError| AdvisoriesError::Signature { reason: error.to_string() };
    let lines = evidence_file::split(&bytes).map_err(refused)?;
    let lines = lines.into_iter().map(|line| (line.number, line.bytes.to_vec())).collect();
    Ok(Some(SignedFile { source: path.display().to_string(), lines }))
}

/// The manifest as something that is signed.
fn artifact(manifest: &[u8]) -> MeasuredArtifact {
    MeasuredArtifact {
        reference: MANIFEST.into(),
        name: MANIFEST.into(),
        form: Form::File,
        digests: MeasuredDigests { sha256: Sha256Digest::of(manifest), sha512: None },
        identity: Vec::new(),
        asked: None,
        contents: Got::not_asked(),
    }
}

/// Whether `key` signed that these bytes are a manifest of advisories.
pub(super) fn verify(
    dir: &Path,
    manifest: &[u8],
    key: &TrustedKey,
    now: Timestamp,
) -> Result<(), AdvisoriesError> {
    let path = path(dir, manifest);
    let refused = |reason: String| AdvisoriesError::Signature { reason };
    let bytes = read::file(&path, MAX_FILE).map_err(|error| refused(error.to_string()))?;
    verify_bytes(&bytes, manifest, key, now).map_err(refused)
}

/// Likewise, of the bytes of the signature's file.
pub(super) fn verify_bytes(
    bytes: &[u8],
    manifest: &[u8],
    key: &TrustedKey,
    now: Timestamp,
) -> Result<(), String> {
    let signer = FlagSigner::Key(key.clone());
    let policy = Policy::only(signer, SCHEMA).map_err(|error| error.to_string())?;
    let trust = Trust { sigstore: Vec::new(), keys: Vec::new() };
    let anchors = Anchors::new(&trust, &policy);
    let artifact = artifact(manifest);
    let lines = evidence_file::split(bytes).map_err(|error| error.to_string())?;
    let [line] = lines.as_slice() else { return Err(format!("{} signatures, not one", lines.len())) };
    let line = RawLine { source: "the signature".into(), line: line.number, bytes: line.bytes };
    let unverified = Unverified::parse(&line).map_err(|error| error.to_string())?;
    let authenticated =
        unverified.authenticate(&artifact, &anchors, now).map_err(|error| error.to_string())?;
    let trusted = authenticated.attribute(&policy, &trust, now).map_err(|error| error.to_string())?;
    let statement = trusted.statement();
    if statement.predicate_type != SCHEMA {
        return Err(format!("a statement of type `{}`", statement.predicate_type));
    }
    let sha256 = artifact.digests.sha256.to_string();
    match statement.subject.as_slice() {
        [subject] if subject.digest.get("sha256") == Some(&sha256) => Ok(()),
        _ => Err("it is over another manifest".into()),
    }
}

/// Whether a file in the folder is a signature of ours.
pub(super) fn is_name(name: &str) -> bool {
    let hex = name.strip_prefix("manifest-").and_then(|rest| rest.strip_suffix(evidence_file::EXTENSION));
    hex.is_some_and(|hex| hex.len() == 16 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}
