//! What lies at a reference, seen with our own eyes.

use std::io::Read as _;
use std::path::Path;

use mcpsign_collect::artifact::{self, Artifact, ArtifactError, ArtifactKind};
use mcpsign_schemas::digest::{MeasuredDigests, Sha256Digest, Sha512Digest};
use mcpsign_verifier::{Form, MeasuredArtifact};
use sha2::{Digest as _, Sha256, Sha512};

use crate::read;
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
    match artifact::open(reference.path()) {
        Ok(artifact) => Ok(Measurement { artifact: measured(artifact, reference.shown()), unfit: None }),
        Err(unfit @ ArtifactError::Archive { .. }) => Ok(Measurement {
            artifact: MeasuredArtifact {
                reference: reference.shown().to_owned(),
                name: reference.name().to_owned(),
                form: Form::File,
                digests: digests(reference.path())?,
                identity: Vec::new(),
                asked: None,
            },
            unfit: Some(unfit),
        }),
        Err(error) => Err(error),
    }
}

/// Of the bytes alone, whatever they are.
fn digests(path: &Path) -> Result<MeasuredDigests, ArtifactError> {
    /// Read at a time; larger buffers are no faster.
    const CHUNK: usize = 64 << 10;
    let io = |source| ArtifactError::Io { path: path.to_owned(), source };
    let mut file = read::open(path).map_err(io)?;
    let (mut sha256, mut sha512) = (Sha256::new(), Sha512::new());
    let mut chunk = vec![0; CHUNK];
    loop {
        match file.read(&mut chunk).map_err(io)? {
            0 => break,
            read => {
                let bytes = chunk.get(..read).unwrap_or_default();
                sha256.update(bytes);
                sha512.update(bytes);
            }
        }
    }
    Ok(MeasuredDigests {
        sha256: Sha256Digest::from_bytes(sha256.finalize().into()),
        sha512: Some(Sha512Digest::from_bytes(sha512.finalize().into())),
    })
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

#[cfg(test)]
mod tests {
    use super::*;

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
