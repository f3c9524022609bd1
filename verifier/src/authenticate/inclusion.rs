//! That log entries are in their logs. The Sigstore crate does the same, and on the way verifies the promise of each a second
//! time: what it has verified already, because a time of signing depends on it, is not verified again here.

use sigstore_crypto::Checkpoint;
use sigstore_types::bundle::InclusionProof;
use sigstore_types::{KindVersion, TransparencyLogEntry};
use sigstore_verify::bundle::{ValidationOptions, validate_bundle_with_options};

use super::bundle::SignedBundle;
use super::memory::{Memory, PartOf};
use super::root::SigstoreRoot;
use super::{AuthenticateError, VerifiedTime};

/// Whether the promise of every entry that has one covers a time: the crate verifies those whatever it is asked to skip.
pub(super) fn promises_cover_times(bundle: &SignedBundle) -> bool {
    bundle.log_entries().iter().all(|entry| {
        let is_v1 = matches!(
            entry.kind_version,
            KindVersion::HashedRekordV001 | KindVersion::DsseV001 | KindVersion::IntotoV002
        );
        entry.inclusion_promise.is_none() || (is_v1 && entry.integrated_time.is_some())
    })
}

/// Whether a bundle has what its version asks for when its log entries count.
pub(super) fn is_of_its_version(bundle: &SignedBundle) -> Result<(), sigstore_verify::Error> {
    let options = ValidationOptions::new().with_require_inclusion_proof(true).with_require_timestamp(false);
    validate_bundle_with_options(bundle.inner(), &options).map_err(sigstore_verify::Error::Bundle)
}

/// Refuses an entry whose proof does not lead to a checkpoint that a log of the root signed, with a key that was valid at
/// every time. An entry without a proof is left to its promise.
pub(super) fn holds(
    bundle: &SignedBundle,
    root: &SigstoreRoot,
    times: &[VerifiedTime],
    memory: &mut Memory,
) -> Result<(), AuthenticateError> {
    let proven =
        bundle.log_entries().iter().filter_map(|entry| Some((entry, entry.inclusion_proof.as_ref()?)));
    for (entry, proof) in proven {
        let refused = |detail: &str| AuthenticateError::LogEntry { detail: detail.into() };
        let checkpoint =
            proof.checkpoint.checkpoint().ok_or_else(|| refused("its inclusion proof has no checkpoint"))?;
        leads_to(entry, proof, checkpoint).map_err(|detail| AuthenticateError::LogEntry { detail })?;
        let part = PartOf::checkpoint(proof.checkpoint.envelope(), root);
        let signers = memory.signers(part, || {
            let logs = root.logs().iter().enumerate();
            logs.filter(|(_, log)| log.signed(checkpoint)).map(|(at, _)| at).collect()
        });
        let mut signers = signers.iter().filter_map(|&at| root.logs().get(at)).peekable();
        if signers.peek().is_none() {
            return Err(refused("no log that the trust root names signed its checkpoint"));
        }
        if !signers.any(|log| log.covers(times)) {
            return Err(AuthenticateError::LogKeyWindow);
        }
    }
    Ok(())
}

/// Merkle's proof (RFC 6962, section 2.1.1). Rekor v1 repeats the root in the proof; what Rekor v2 repeats there is covered by
/// no signature and not looked at.
fn leads_to(
    entry: &TransparencyLogEntry,
    proof: &InclusionProof,
    checkpoint: &Checkpoint,
) -> Result<(), String> {
    let root = checkpoint.root_hash();
    let (index, size) = if entry.kind_version == KindVersion::HashedRekordV002 {
        (entry.log_index.get(), checkpoint.tree_size())
    } else {
        if proof.root_hash != *root {
            return Err("its proof and its checkpoint have different roots".into());
        }
        (proof.log_index.get(), proof.tree_size)
    };
    let leaf = sigstore_merkle::hash_leaf(entry.canonicalized_body.as_bytes());
    sigstore_merkle::verify_inclusion_proof(&leaf, index, size, &proof.hashes, root)
        .map_err(|error| format!("its inclusion proof does not hold: {error}"))
}
