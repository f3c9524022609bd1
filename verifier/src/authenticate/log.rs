//! What the Sigstore crate leaves to its callers about log entries and times.

use jiff::Timestamp;
use sigstore_crypto::VerificationKey;
use sigstore_trust_root::TransparencyLog;
use sigstore_types::{KindVersion, TransparencyLogEntry};

use super::bundle::SignedBundle;
use super::root::SigstoreRoot;
use super::{AuthenticateError, TimeSource, VerifiedTime};

/// What makes a log entry count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogEvidence {
    /// A proof that it is in the log. The crate would take a 0.1 bundle with the log's promise alone, which is also what
    /// remains of a newer bundle when a proof is cut out and its media type changed.
    InclusionProofRequired,
    /// A proof or a promise, as Sigstore's conformance suite has it. Not for decisions.
    PromiseAccepted,
}

/// Refuses an entry without inclusion proof.
pub(super) fn every_entry_is_proven(
    bundle: &SignedBundle,
    evidence: LogEvidence,
) -> Result<(), AuthenticateError> {
    let proven = |entry: &TransparencyLogEntry| match evidence {
        LogEvidence::InclusionProofRequired => entry.inclusion_proof.is_some(),
        LogEvidence::PromiseAccepted => entry.inclusion_proof.is_some() || entry.inclusion_promise.is_some(),
    };
    if bundle.log_entries().iter().all(proven) { Ok(()) } else { Err(AuthenticateError::NoInclusionProof) }
}

/// Says of each verified time who vouches for it, the same time by the same kind of witness once. The crate gives one
/// list: a log's times are those of entries with a promise, since only that covers them; all others are timestamps.
pub(super) fn sources(bundle: &SignedBundle, verified: &[Timestamp]) -> Vec<VerifiedTime> {
    let mut logged: Vec<Timestamp> = bundle
        .log_entries()
        .iter()
        .filter(|entry| !is_v2(entry) && entry.inclusion_promise.is_some())
        .filter_map(|entry| entry.integrated_time)
        .collect();
    let mut sources = Vec::new();
    for &time in verified {
        let source = match logged.iter().position(|&log| log == time) {
            Some(at) => {
                logged.swap_remove(at);
                TimeSource::Log
            }
            None => TimeSource::TimestampAuthority,
        };
        let verified = VerifiedTime { time, source };
        if !sources.contains(&verified) {
            sources.push(verified);
        }
    }
    sources
}

/// Holds every time against our own `now` (the crate asks the clock itself), and against the window of the key that
/// signed each entry's checkpoint (the crate accepts a key whose window is over).
pub(super) fn times_hold(
    bundle: &SignedBundle,
    root: &SigstoreRoot,
    times: &[VerifiedTime],
    now: Timestamp,
) -> Result<(), AuthenticateError> {
    if let Some(late) = times.iter().find(|verified| verified.time > now) {
        return Err(AuthenticateError::TimeInFuture { time: late.time, now });
    }
    bundle.log_entries().iter().try_for_each(|entry| log_key_was_valid(entry, root.logs(), times))
}

fn log_key_was_valid(
    entry: &TransparencyLogEntry,
    logs: &[TransparencyLog],
    times: &[VerifiedTime],
) -> Result<(), AuthenticateError> {
    // Without a proof there is no checkpoint; the crate then holds the key against the promise's own time.
    let Some(checkpoint) = entry.inclusion_proof.as_ref().and_then(|proof| proof.checkpoint.checkpoint())
    else {
        return Ok(());
    };
    // Hints have four bytes and may collide: several logs may be meant.
    let hinted = |log: &&TransparencyLog| {
        checkpoint
            .signatures()
            .iter()
            .any(|signature| log.log_id.key_id.as_bytes().starts_with(signature.key_id.as_slice()))
    };
    let covers = |log: &&TransparencyLog| {
        log.public_key
            .valid_for
            .is_none_or(|window| times.iter().all(|verified| window.contains(verified.time)))
    };
    let signed = |log: &&TransparencyLog| {
        VerificationKey::from_spki(&log.public_key.raw_bytes).is_ok_and(|key| {
            checkpoint.signatures().iter().any(|s| key.verify(checkpoint.signed_data(), &s.signature).is_ok())
        })
    };
    let candidates: Vec<_> = logs.iter().filter(hinted).collect();
    // The crate found a signature by one of them. If all were valid it does not matter which; else it does.
    let valid = !candidates.is_empty()
        && (candidates.iter().all(covers) || candidates.iter().any(|log| covers(log) && signed(log)));
    if valid { Ok(()) } else { Err(AuthenticateError::LogKeyWindow) }
}

fn is_v2(entry: &TransparencyLogEntry) -> bool {
    entry.kind_version == KindVersion::HashedRekordV002
}
