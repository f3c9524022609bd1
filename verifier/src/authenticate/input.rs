//! What the Sigstore crate is told to hold a bundle against.

use mcpsign_schemas::canonical::Json;
use mcpsign_schemas::digest::{Sha256Digest, Sha512Digest};
use sigstore_types::{Artifact, ArtifactDigest, HashAlgorithm, Sha256Hash};

use super::AuthenticateError;
use super::bundle::SignedBundle;
use crate::parse::Content;
use crate::statement::StatementError;

/// What a bundle signs, and the blob in question should it be one.
#[derive(Clone, Copy)]
pub(crate) struct Input<'a> {
    pub(crate) content: &'a Content,
    pub(crate) blob: Blob<'a>,
}

/// A signed blob, of which its digest may be all that is known.
#[derive(Clone, Copy)]
pub(crate) enum Blob<'a> {
    Bytes(&'a [u8]),
    Sha256(Sha256Digest),
}

impl<'a> Input<'a> {
    /// The input of the crate. Of a statement it is a digest that the statement itself names, because the crate accepts
    /// any subject that matches and would call everything else a bad bundle; whether the statement is about our bytes
    /// is judged afterwards, by stricter rules.
    pub(super) fn for_backend(self, bundle: &SignedBundle) -> Result<Artifact<'a>, AuthenticateError> {
        match (self.content, self.blob) {
            (Content::Statement { json: Ok(json), .. }, _) => own_digest(json).map(Artifact::from_digest),
            (Content::Statement { json: Err(error), .. }, _) => {
                // Not strict JSON. Whoever signed that is still worth knowing, if the crate can read it.
                let statement = bundle
                    .payload()
                    .and_then(|payload| serde_json::from_slice::<sigstore_types::Statement>(payload).ok());
                let digests = statement.into_iter().flat_map(|statement| statement.subject).map(|s| s.digest);
                digests
                    .filter_map(|digest| digest.sha256.map(ArtifactDigest::sha256))
                    .next()
                    .map(Artifact::from_digest)
                    .ok_or_else(|| AuthenticateError::Statement(StatementError::Json(error.clone())))
            }
            (Content::Blob, Blob::Bytes(bytes)) => Ok(Artifact::from_blob(bytes)),
            (Content::Blob, Blob::Sha256(digest)) => Ok(Artifact::from_digest(sha256(digest))),
        }
    }
}

/// The first digest among the statement's subjects that the crate can compare.
fn own_digest(statement: &Json) -> Result<ArtifactDigest, AuthenticateError> {
    let subjects = statement.get("subject").and_then(Json::as_array).unwrap_or_default();
    if subjects.is_empty() {
        return Err(AuthenticateError::NoSubject);
    }
    let hex = |subject: &Json, algorithm| Some(subject.get("digest")?.get(algorithm)?.as_str()?.to_owned());
    subjects
        .iter()
        .find_map(|subject| {
            if let Some(digest) = hex(subject, "sha256").and_then(|hex| hex.parse::<Sha256Digest>().ok()) {
                return Some(sha256(digest));
            }
            let digest = hex(subject, "sha512")?.parse::<Sha512Digest>().ok()?;
            ArtifactDigest::new(HashAlgorithm::Sha2512, digest.as_bytes().as_slice()).ok()
        })
        .ok_or(AuthenticateError::NoUsableDigest)
}

fn sha256(digest: Sha256Digest) -> ArtifactDigest {
    ArtifactDigest::sha256(Sha256Hash::new(*digest.as_bytes()))
}
