//! A transparency log of a trust root.

use std::sync::Arc;

use sigstore_crypto::{Checkpoint, VerificationKey};
use sigstore_trust_root::TransparencyLog;
use sigstore_types::TimeRange;

use super::VerifiedTime;
use super::witness::Witness;

/// A log whose key was read.
pub(super) struct TrustedLog {
    id: Vec<u8>,
    key: VerificationKey,
    window: Option<TimeRange>,
    witness: Arc<Witness>,
}

impl TrustedLog {
    /// A log of a root.
    ///
    /// # Errors
    /// When its key cannot be used.
    pub(super) fn of(log: &TransparencyLog) -> Result<Self, sigstore_crypto::Error> {
        Ok(Self {
            id: log.log_id.key_id.as_bytes().to_vec(),
            key: VerificationKey::from_spki(&log.public_key.raw_bytes)?,
            window: log.public_key.valid_for,
            witness: Witness::of_log(log),
        })
    }

    pub(super) fn id(&self) -> &[u8] {
        &self.id
    }

    pub(super) const fn witness(&self) -> &Arc<Witness> {
        &self.witness
    }

    /// Whether one of the signatures names this log, by the beginning of its id. Such hints may collide.
    pub(super) fn is_hinted_at(&self, checkpoint: &Checkpoint) -> bool {
        checkpoint.signatures().iter().any(|line| self.id.starts_with(line.key_id.as_bytes()))
    }

    /// Whether one of the signatures that name this log is by its key.
    pub(super) fn signed(&self, checkpoint: &Checkpoint) -> bool {
        checkpoint
            .signatures()
            .iter()
            .filter(|line| self.id.starts_with(line.key_id.as_bytes()))
            .any(|line| self.key.verify(checkpoint.signed_data(), &line.signature).is_ok())
    }

    /// Whether its key was valid at every time.
    pub(super) fn covers(&self, times: &[VerifiedTime]) -> bool {
        self.window.is_none_or(|window| times.iter().all(|verified| window.contains(verified.time)))
    }
}
