//! What was verified before, for callers who meet the same evidence again: a gate that is asked about one release by many.

use std::collections::BTreeMap;

use jiff::Timestamp;
use mcpsign_schemas::digest::Sha256Digest;

use super::{Anchors, Verified};
use crate::measured::MeasuredArtifact;
use crate::parse::Content;

/// Lines kept at the most, some 2 KB each. When there are as many all are forgotten: that costs time and changes nothing.
const MAX_LINES: usize = 4096;

/// Lines whose signature, certificate, log entries and timestamps were found to hold, each under everything that this was
/// found by. Refusals are not kept. A verification with it comes out as one without.
#[derive(Debug, Default)]
pub struct Seen(BTreeMap<Key, Verified>);

/// All that the outcome depends on but the time: equal keys, equal outcomes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    /// SHA-256 of the line's bytes.
    line: Sha256Digest,
    /// What a blob's signature was held against.
    blob: Option<Sha256Digest>,
    /// The roots in the order in which they are tried, and whether each still counts.
    roots: Vec<(Sha256Digest, bool)>,
    /// The keys, by their SHA-256.
    keys: Vec<Sha256Digest>,
}

impl Key {
    pub(super) fn of(
        line: &[u8],
        content: &Content,
        subject: &MeasuredArtifact,
        anchors: &Anchors<'_>,
        now: Timestamp,
    ) -> Self {
        Self {
            line: Sha256Digest::of(line),
            blob: matches!(content, Content::Blob).then_some(subject.digests.sha256),
            roots: anchors.roots.iter().map(|root| (root.digest(), root.expired(now).is_none())).collect(),
            keys: anchors.keys.iter().map(|key| key.spki_sha256()).collect(),
        }
    }
}

impl Seen {
    /// What was found, if it also holds at `now`: no verified time may lie after it. All else that depends on `now` is in
    /// the key.
    pub(super) fn get(&self, key: &Key, now: Timestamp) -> Option<Verified> {
        let verified = self.0.get(key)?;
        verified.signer.times().iter().all(|time| time.time <= now).then(|| verified.clone())
    }

    pub(super) fn remember(&mut self, key: Key, verified: &Verified) {
        if self.0.len() >= MAX_LINES {
            self.0.clear();
        }
        self.0.insert(key, verified.clone());
    }
}
