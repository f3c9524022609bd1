//! Provenance that the platform made itself, to go along and to be bound: `--provenance FILE`.

use std::path::Path;

use mcpsign_evidence::forms::Document;
use mcpsign_evidence::read;
use mcpsign_schemas::evidence_file::MAX_FILE;
use mcpsign_schemas::untrusted::escape;
use mcpsign_signing::bound::Bound;

use super::release::Collected;
use crate::failure::Failure;

/// Reads it: a bundle, or the one provenance among what another tool wrote into a file. Whether it verifies is found out
/// together with what is signed.
///
/// # Errors
/// When there is no Sigstore bundle of SLSA provenance in it, or more than one.
pub(super) fn read(path: &Path) -> Result<Bound, Failure> {
    let hint = "name a Sigstore bundle of SLSA provenance, as `actions/attest-build-provenance` writes it";
    let unfit = || Failure::usage(format!("`{}` cannot be bound", escape(&path.to_string_lossy())));
    let bytes = read::file(path, MAX_FILE).map_err(|error| Failure::from_error(&error).hint(hint))?;
    let document = Document::read(bytes);
    let lines = document.lines().map_err(|error| unfit().because(error).hint(hint))?;
    if let [only] = lines.as_slice() {
        return Bound::read(only.bytes).map_err(|error| unfit().because(error).hint(hint));
    }
    let mut found = lines.iter().filter_map(|line| Bound::read(line.bytes).ok());
    match (found.next(), found.count()) {
        (Some(bound), 0) => Ok(bound),
        (None, _) => Err(unfit().because("nothing in it is a bundle of SLSA provenance").hint(hint)),
        (Some(_), others) => {
            Err(unfit().because(format!("it holds {} provenances, and one is bound", others + 1)).hint(
                "write each into a file of its own with `mcpsign inspect FILE --split DIR`, and name the one",
            ))
        }
    }
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
