//! What lies at a reference, seen with our own eyes.

use mcpsign_collect::artifact::{self, Artifact, ArtifactError, ArtifactKind};
use mcpsign_verifier::{Form, MeasuredArtifact};

use crate::reference::Reference;

/// Reads and hashes what the reference names.
///
/// # Errors
/// When it is not there, cannot be read, or is of a kind that is never signed.
pub fn measure(reference: &Reference) -> Result<MeasuredArtifact, ArtifactError> {
    let artifact = artifact::open(reference.path())?;
    Ok(measured(artifact, reference.shown()))
}

/// The measurement that an opened artifact is; `shown` is what it was asked for by.
pub fn measured(artifact: Artifact, shown: &str) -> MeasuredArtifact {
    MeasuredArtifact {
        reference: shown.to_owned(),
        name: artifact.name,
        form: match artifact.kind {
            ArtifactKind::Tree(listing) => Form::Tree(listing),
            ArtifactKind::File | ArtifactKind::NpmTarball(_) => Form::File,
        },
        digests: artifact.digests,
        identity: artifact.identity,
        // A path names no version; references by name will.
        asked: None,
    }
}
