//! What lies at a reference, seen with our own eyes.

use mcpsign_collect::artifact::{self, Artifact, ArtifactError, ArtifactKind};
use mcpsign_schemas::digest::MeasuredDigests;
use mcpsign_schemas::endpoint::Endpoint;
use mcpsign_verifier::{Form, MeasuredArtifact};

use crate::reference::Reference;

/// What was measured at a reference.
#[derive(Debug)]
pub struct Measurement {
    /// To be held against what was signed.
    pub artifact: MeasuredArtifact,
    /// Why it must not be allowed whatever was signed: readers could take it differently. Of such a file only the
    /// bytes were measured, so that one which was tampered with is told from one that was signed so.
    pub unfit: Option<ArtifactError>,
}

/// Reads and hashes what the reference names.
///
/// # Errors
/// When it is not there, cannot be read, or is of a kind that is never signed.
pub fn measure(reference: &Reference) -> Result<Measurement, ArtifactError> {
    if let Some(endpoint) = reference.endpoint() {
        return Ok(Measurement { artifact: remote(endpoint), unfit: None });
    }
    match artifact::open(reference.path()) {
        Ok(artifact) => {
            let mut artifact = measured(artifact, reference.shown());
            artifact.asked = reference.asked().map(str::to_owned);
            Ok(Measurement { artifact, unfit: None })
        }
        Err(error) => match &error {
            ArtifactError::Archive { digests, .. } | ArtifactError::Image { digests, .. } => {
                Ok(Measurement {
                    artifact: MeasuredArtifact {
                        reference: reference.shown().to_owned(),
                        name: reference.name().to_owned(),
                        form: Form::File,
                        digests: **digests,
                        identity: Vec::new(),
                        asked: reference.asked().map(str::to_owned),
                    },
                    unfit: Some(error),
                })
            }
            _ => Err(error),
        },
    }
}

/// The measurement that a remote server is: its address, and nothing that it shows.
pub fn remote(endpoint: &Endpoint) -> MeasuredArtifact {
    MeasuredArtifact {
        reference: endpoint.as_str().to_owned(),
        name: endpoint.as_str().to_owned(),
        form: Form::Endpoint,
        digests: MeasuredDigests { sha256: endpoint.digest(), sha512: None },
        identity: Vec::new(),
        asked: None,
    }
}

/// The measurement that an opened artifact is; `shown` is what it was asked for by.
pub fn measured(artifact: Artifact, shown: &str) -> MeasuredArtifact {
    MeasuredArtifact {
        reference: shown.to_owned(),
        name: artifact.name,
        form: match artifact.kind {
            ArtifactKind::Tree(listing) => Form::Tree(listing),
            ArtifactKind::File | ArtifactKind::Package(_) | ArtifactKind::Image(_) => Form::File,
        },
        digests: artifact.digests,
        identity: artifact.identity,
        // A path names no version; references by name do, and say so afterwards.
        asked: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mcpsign_schemas::digest::{Sha256Digest, Sha512Digest};

    fn measure_bytes(bytes: &[u8]) -> Measurement {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.tgz");
        std::fs::write(&path, bytes).unwrap();
        measure(&Reference::parse(path.as_os_str()).unwrap()).unwrap()
    }

    #[test]
    fn m09_a_damaged_package_is_measured_and_still_unfit() {
        let package = br#"{"name":"a","version":"1.0.0"}"#;
        let mut header = tar::Header::new_ustar();
        header.set_size(package.len() as u64);
        header.set_mode(0o644);
        let mut tar =
            tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
        tar.append_data(&mut header, "package/package.json", &package[..]).unwrap();
        let mut bytes = tar.into_inner().unwrap().finish().unwrap();
        assert!(measure_bytes(&bytes).unfit.is_none());

        *bytes.last_mut().unwrap() ^= 1;
        let found = measure_bytes(&bytes);
        assert!(matches!(found.unfit, Some(ArtifactError::Archive { .. })));
        assert_eq!(found.artifact.digests.sha256, Sha256Digest::of(&bytes));
        assert_eq!(found.artifact.digests.sha512, Some(Sha512Digest::of(&bytes)));
        assert!(found.artifact.identity.is_empty());
    }

    #[test]
    fn any_other_file_is_fit() {
        let found = measure_bytes(b"hello");
        assert!(found.unfit.is_none());
        assert_eq!(found.artifact.digests.sha256, Sha256Digest::of(b"hello"));
        assert_eq!(found.artifact.name, "a.tgz");
    }
}
