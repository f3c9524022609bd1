//! What the Sigstore crate leaves to its callers about log entries and times.

use std::sync::Arc;

use jiff::Timestamp;
use sigstore_types::{KindVersion, TransparencyLogEntry};

use super::bundle::SignedBundle;
use super::root::SigstoreRoot;
use super::{AuthenticateError, TimeSource, VerifiedTime, timestamp};

/// What makes a log entry count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogEvidence {
    /// A proof that it is in the log. The crate would take a 0.1 bundle with the log's promise alone, which is also what
    /// remains of a newer bundle when a proof is cut out and its media type changed.
    InclusionProofRequired,
    /// A proof or a promise, as Sigstore's conformance suite has it. Not for decisions.
    PromiseAccepted,
    /// None, because there is none yet: whoever is about to log it sees first whether all else holds. Not for decisions.
    NotLoggedYet,
}

/// Refuses an entry without inclusion proof.
pub(super) fn every_entry_is_proven(
    bundle: &SignedBundle,
    evidence: LogEvidence,
) -> Result<(), AuthenticateError> {
    let proven = |entry: &TransparencyLogEntry| match evidence {
        LogEvidence::InclusionProofRequired => entry.inclusion_proof.is_some(),
        LogEvidence::PromiseAccepted => entry.inclusion_proof.is_some() || entry.inclusion_promise.is_some(),
        LogEvidence::NotLoggedYet => false,
    };
    if bundle.log_entries().iter().all(proven) { Ok(()) } else { Err(AuthenticateError::NoInclusionProof) }
}

/// Says of each verified time who vouches for it, the same time by the same witness once. The crate lists times alone:
/// of the entries that have one which is [`promised`], and of the timestamps, each in the bundle's order.
pub(super) fn sources(
    bundle: &SignedBundle,
    root: &SigstoreRoot,
    logged: &[Timestamp],
    stamped: &[Timestamp],
) -> Result<Vec<VerifiedTime>, AuthenticateError> {
    let stampers = timestamp::witnesses(bundle, root.stampers())?;
    let logs: Vec<_> = promised(bundle).collect();
    if logged.len() != logs.len() || stamped.len() != stampers.len() {
        return Err(AuthenticateError::NoTimestamp);
    }
    let mut sources: Vec<VerifiedTime> = Vec::new();
    let mut add = |time: VerifiedTime| {
        if !sources.contains(&time) {
            sources.push(time);
        }
    };
    for (&time, witness) in stamped.iter().zip(stampers) {
        add(VerifiedTime { time, source: TimeSource::TimestampAuthority, witness });
    }
    for (&time, entry) in logged.iter().zip(logs) {
        let log = root.logs().iter().find(|log| log.id() == entry.log_id.key_id.as_bytes());
        let log = log.filter(|_| entry.integrated_time == Some(time));
        let witness = Arc::clone(log.ok_or(AuthenticateError::NoTimestamp)?.witness());
        add(VerifiedTime { time, source: TimeSource::Log, witness });
    }
    Ok(sources)
}

/// The entries whose time their log promised: only a promise covers it, and Rekor v2 makes none.
pub(super) fn promised(bundle: &SignedBundle) -> impl Iterator<Item = &TransparencyLogEntry> {
    bundle
        .log_entries()
        .iter()
        .filter(|entry| !is_v2(entry) && entry.inclusion_promise.is_some() && entry.integrated_time.is_some())
}

/// Holds every time against our own `now`: the crate asks the clock itself.
pub(super) fn no_time_is_late(times: &[VerifiedTime], now: Timestamp) -> Result<(), AuthenticateError> {
    match times.iter().find(|verified| verified.time > now) {
        Some(late) => Err(AuthenticateError::TimeInFuture { time: late.time, now }),
        None => Ok(()),
    }
}

/// Holds every time against the window of a key that signed each entry's checkpoint, of a bundle whose checkpoints the crate
/// verified: it accepts a key whose window is over. Where every log that a checkpoint names was valid it does not matter
/// whose key it was. Without a proof there is no checkpoint; the crate then holds the key against the promise's own time.
pub(super) fn keys_were_valid(
    bundle: &SignedBundle,
    root: &SigstoreRoot,
    times: &[VerifiedTime],
) -> Result<(), AuthenticateError> {
    let proofs = bundle.log_entries().iter().filter_map(|entry| entry.inclusion_proof.as_ref());
    let mut checkpoints = proofs.filter_map(|proof| proof.checkpoint.checkpoint());
    let was_valid = |checkpoint| {
        let named = || root.logs().iter().filter(|log| log.is_hinted_at(checkpoint));
        (named().next().is_some() && named().all(|log| log.covers(times)))
            || named().any(|log| log.covers(times) && log.signed(checkpoint))
    };
    if checkpoints.all(was_valid) { Ok(()) } else { Err(AuthenticateError::LogKeyWindow) }
}

fn is_v2(entry: &TransparencyLogEntry) -> bool {
    entry.kind_version == KindVersion::HashedRekordV002
}
