//! Provenance that the platform made itself, to go along and to be bound: `--provenance FILE`.

use std::path::Path;

use mcpsign_evidence::read;
use mcpsign_schemas::evidence_file::MAX_LINE;
use mcpsign_schemas::untrusted::escape;
use mcpsign_signing::bound::Bound;

use super::release::Collected;
use crate::failure::Failure;

/// Reads it. Whether it verifies is found out together with what is signed.
///
/// # Errors
/// When it is no Sigstore bundle of SLSA provenance.
pub(super) fn read(path: &Path) -> Result<Bound, Failure> {
    let hint = "name a Sigstore bundle of SLSA provenance, as `actions/attest-build-provenance` writes it";
    let bytes = read::file(path, MAX_LINE).map_err(|error| Failure::from_error(&error).hint(hint))?;
    Bound::read(&bytes).map_err(|error| {
        Failure::usage(format!("`{}` cannot be bound", escape(&path.to_string_lossy())))
            .because(error)
            .hint(hint)
    })
}

/// Whether it is about one of the artifacts at least.
pub(super) fn is_about(bound: &Bound, collected: &Collected) -> bool {
    let digests = |digests: &mcpsign_schemas::digest::MeasuredDigests| {
        (digests.sha256.to_string(), digests.sha512.map(|digest| digest.to_string()))
    };
    collected.forms.iter().any(|(artifact, _)| {
        let (sha256, sha512) = digests(&artifact.digests);
        bound.is_about(&sha256, sha512.as_deref())
    })
}
