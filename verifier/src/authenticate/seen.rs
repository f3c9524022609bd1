//! What was verified before, for callers who meet the same evidence again: a gate that is asked about one release by many.

use std::collections::BTreeMap;

use jiff::Timestamp;
use mcpsign_schemas::digest::Sha256Digest;

use super::memory::Memory;
use super::{Anchors, Verified};
use crate::measured::MeasuredArtifact;
use crate::parse::Content;

/// Lines kept at the most, some 2 KB each. When there are as many all are forgotten: that costs time and changes nothing.
const MAX_LINES: usize = 4096;

/// Lines whose signature, certificate, log entries and timestamps were found to hold, each under everything that this was
/// found by; and of lines, certificates and checkpoints, which other lines may have, too. Refusals are not kept. A
/// verification with it comes out as one without.
#[derive(Debug)]
pub struct Seen {
    lines: Option<BTreeMap<Key, Verified>>,
    parts: Memory,
}

impl Default for Seen {
    fn default() -> Self {
        Self { lines: Some(BTreeMap::new()), parts: Memory::default() }
    }
}

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
    fn of(
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
    /// For one verification, which meets no line twice.
    pub(crate) fn within_one_verification() -> Self {
        Self { lines: None, parts: Memory::default() }
    }

    /// What stands for a line, if lines are kept.
    pub(super) fn key_of(
        &self,
        line: &[u8],
        content: &Content,
        subject: &MeasuredArtifact,
        anchors: &Anchors<'_>,
        now: Timestamp,
    ) -> Option<Key> {
        self.lines.as_ref().map(|_| Key::of(line, content, subject, anchors, now))
    }

    /// What was found, if it also holds at `now`: no verified time may lie after it. All else that depends on `now` is in
    /// the key.
    pub(super) fn get(&self, key: &Key, now: Timestamp) -> Option<Verified> {
        let verified = self.lines.as_ref()?.get(key)?;
        verified.signer.times().iter().all(|time| time.time <= now).then(|| verified.clone())
    }

    pub(super) fn remember(&mut self, key: Key, verified: &Verified) {
        let Some(lines) = &mut self.lines else { return };
        if lines.len() >= MAX_LINES {
            lines.clear();
        }
        lines.insert(key, verified.clone());
    }

    pub(super) const fn parts(&mut self) -> &mut Memory {
        &mut self.parts
    }
}
