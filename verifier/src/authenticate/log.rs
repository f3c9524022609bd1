//! What the Sigstore crate leaves to its callers about log entries and times.

use jiff::Timestamp;
use sigstore_trust_root::TransparencyLog;
use sigstore_types::{KindVersion, TransparencyLogEntry};

use super::bundle::SignedBundle;
use super::{AuthenticateError, TimeSource, VerifiedTime, inclusion};

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

/// Holds every time against our own `now`: the crate asks the clock itself.
pub(super) fn no_time_is_late(times: &[VerifiedTime], now: Timestamp) -> Result<(), AuthenticateError> {
    match times.iter().find(|verified| verified.time > now) {
        Some(late) => Err(AuthenticateError::TimeInFuture { time: late.time, now }),
        None => Ok(()),
    }
}

/// Holds every time against the window of a key that signed each entry's checkpoint: the crate accepts a key whose window
/// is over. Without a proof there is no checkpoint; the crate then holds the key against the promise's own time.
pub(super) fn keys_were_valid(
    bundle: &SignedBundle,
    logs: &[TransparencyLog],
    times: &[VerifiedTime],
) -> Result<(), AuthenticateError> {
    let proofs = bundle.log_entries().iter().filter_map(|entry| entry.inclusion_proof.as_ref());
    let mut checkpoints = proofs.filter_map(|proof| proof.checkpoint.checkpoint());
    let was_valid = |checkpoint| {
        logs.iter().any(|log| inclusion::covers(log, times) && inclusion::signed(log, checkpoint))
    };
    if checkpoints.all(was_valid) { Ok(()) } else { Err(AuthenticateError::LogKeyWindow) }
}

fn is_v2(entry: &TransparencyLogEntry) -> bool {
    entry.kind_version == KindVersion::HashedRekordV002
}
