//! One bundle for one artifact and one signer: Sigstore's own question, as its conformance suite puts it. Not a way to
//! a verdict: it looks at no predicate.

use jiff::Timestamp;
use mcpsign_schemas::digest::{MeasuredDigests, Sha256Digest, Sha512Digest};
use mcpsign_schemas::statement::Statement;

use super::bundle::Material;
use super::input::{Blob, Input};
use super::memory::Memory;
use super::{Anchors, AuthenticateError, LogEvidence, Signer, root::SigstoreRoot};
use crate::claims::RawLine;
use crate::compare::subject::{self, SubjectError};
use crate::parse::{Content, ParseError, Unverified};
use crate::statement;
use crate::trust::TrustedKey;

/// The artifact in question.
#[derive(Debug, Clone, Copy)]
pub enum Artifact<'a> {
    /// Its bytes.
    Bytes(&'a [u8]),
    /// Its digest, which is all that some schemes need.
    Sha256(Sha256Digest),
}

/// Who must have signed.
#[derive(Debug, Clone, Copy)]
pub enum Expected<'a> {
    /// The holder of a certificate for exactly this subject, vouched for by exactly this issuer.
    Identity {
        /// Subject alternative name.
        subject: &'a str,
        /// Issuer; `None` means a certificate that names none, never any.
        issuer: Option<&'a str>,
    },
    /// The holder of this key, whatever its window.
    Key(&'a TrustedKey),
}

/// Why a bundle is not that signer's for that artifact.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactError {
    /// No well-formed bundle.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// It does not authenticate.
    #[error(transparent)]
    Authenticate(#[from] AuthenticateError),
    /// A certificate where a key is expected, or the other way round.
    #[error("the bundle is not signed by the kind of signer expected")]
    Material,
    /// Another subject or issuer.
    #[error("signed by {found}, not by {expected}")]
    Identity {
        /// Issuer and subject expected.
        expected: String,
        /// Issuer and subject of the certificate.
        found: String,
    },
    /// The statement is about something else.
    #[error(transparent)]
    Subject(#[from] SubjectError),
}

/// Verifies a bundle in full, then that it is `expected`'s for `artifact`.
///
/// # Errors
/// See [`ArtifactError`].
pub fn authenticate_artifact(
    bundle: &[u8],
    artifact: Artifact<'_>,
    root: &SigstoreRoot,
    expected: Expected<'_>,
    log_evidence: LogEvidence,
    now: Timestamp,
) -> Result<Signer, ArtifactError> {
    let (signer, statement) = authenticated(bundle, artifact, root, expected, log_evidence, now)?;
    if let Some(statement) = statement {
        subject::matching(&statement, &measured(artifact), None)?;
    }
    Ok(signer)
}

/// Verifies a bundle in full, then that it is `expected`'s: a signature over `artifact`, or a statement about anything.
///
/// # Errors
/// See [`ArtifactError`].
pub fn authenticate_signer(
    bundle: &[u8],
    artifact: Artifact<'_>,
    root: &SigstoreRoot,
    expected: Expected<'_>,
    log_evidence: LogEvidence,
    now: Timestamp,
) -> Result<Signer, ArtifactError> {
    authenticated(bundle, artifact, root, expected, log_evidence, now).map(|(signer, _)| signer)
}

fn authenticated(
    bundle: &[u8],
    artifact: Artifact<'_>,
    root: &SigstoreRoot,
    expected: Expected<'_>,
    log_evidence: LogEvidence,
    now: Timestamp,
) -> Result<(Signer, Option<Statement>), ArtifactError> {
    let Unverified { bundle, content, .. } =
        Unverified::parse(&RawLine { source: "bundle".into(), line: 1, bytes: bundle })?;
    let keys = match (expected, bundle.material()) {
        (Expected::Identity { .. }, Material::Certificate) => Vec::new(),
        (Expected::Key(key), Material::Key { .. }) => vec![key],
        _ => return Err(ArtifactError::Material),
    };
    let blob = match artifact {
        Artifact::Bytes(bytes) => Blob::Bytes(bytes),
        Artifact::Sha256(digest) => Blob::Sha256(digest),
    };
    let anchors = Anchors { roots: std::slice::from_ref(root), keys };
    let input = Input { content: &content, blob };
    let super::Verified { signer, .. } =
        super::verified(&bundle, input, &anchors, log_evidence, now, &mut Memory::default())?;

    if let (Expected::Identity { subject, issuer }, Signer::Certificate { identity, .. }) =
        (expected, &signer)
    {
        let same = identity.subject_name() == Some(subject) && identity.issuer.as_deref() == issuer;
        if !same {
            return Err(ArtifactError::Identity {
                expected: format!("{} {subject}", issuer.unwrap_or("(no issuer)")),
                found: identity.to_string(),
            });
        }
    }
    let statement = match content {
        Content::Statement { json, length, .. } => {
            Some(statement::read(json, length, bundle.version()).map_err(AuthenticateError::from)?)
        }
        Content::Blob => None,
    };
    Ok((signer, statement))
}

fn measured(artifact: Artifact<'_>) -> MeasuredDigests {
    match artifact {
        Artifact::Bytes(bytes) => {
            MeasuredDigests { sha256: Sha256Digest::of(bytes), sha512: Some(Sha512Digest::of(bytes)) }
        }
        Artifact::Sha256(sha256) => MeasuredDigests { sha256, sha512: None },
    }
}
