//! A snapshot: advisories, and the dated manifest that says what they were made of.

use jiff::{SignedDuration, Timestamp};
use mcpsign_schemas::advisory::snapshot::SnapshotManifest;
use mcpsign_schemas::code::{Code, advisories};
use mcpsign_schemas::digest::Sha256Digest;

use crate::index::{Index, IndexError, begins, table};

/// What clocks may differ.
const SKEW: SignedDuration = SignedDuration::from_mins(5);
const HOURS_OF_A_DAY: i64 = 24;

/// Advisories, open for look-ups.
#[derive(Debug)]
pub struct Snapshot<S> {
    /// The manifest.
    pub manifest: SnapshotManifest,
    /// SHA-256 of the manifest's bytes.
    pub digest: Sha256Digest,
    /// The advisories.
    pub index: Index<S>,
    /// Whether a signature was verified.
    pub signed: bool,
}

/// A snapshot that is wholly in memory.
pub type WholeSnapshot = Snapshot<Vec<u8>>;

/// A snapshot that does not count now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DateError {
    /// Made after now.
    #[error("the advisories say to be of {updated}, and it is {now}")]
    Future {
        /// As the manifest says.
        updated: Timestamp,
        /// Our clock.
        now: Timestamp,
    },
    /// Too old.
    #[error("the advisories are of {updated}, {days} days old, and {most} are allowed")]
    Stale {
        /// As the manifest says.
        updated: Timestamp,
        /// How old they are.
        days: i64,
        /// How old they may be.
        most: u32,
    },
}

impl DateError {
    /// The stable code.
    pub const fn code(&self) -> Code {
        match self {
            Self::Future { .. } => advisories::FUTURE,
            Self::Stale { .. } => advisories::STALE,
        }
    }
}

/// Whether advisories that were updated at `updated` count at `now`, where they may be `max_age` days old.
///
/// # Errors
/// When they are of the future, or older.
pub fn dated(updated: Timestamp, max_age: Option<u32>, now: Timestamp) -> Result<(), DateError> {
    let age = now.duration_since(updated);
    if age < -SKEW {
        return Err(DateError::Future { updated, now });
    }
    match max_age {
        Some(most) if age > SignedDuration::from_hours(i64::from(most) * HOURS_OF_A_DAY) => {
            Err(DateError::Stale { updated, days: age.as_hours() / HOURS_OF_A_DAY, most })
        }
        _ => Ok(()),
    }
}

impl WholeSnapshot {
    /// Opens the index `bytes`, which `manifest` names whole.
    ///
    /// # Errors
    /// When they are other bytes than those, or make no sense.
    pub fn open(
        manifest: SnapshotManifest,
        digest: Sha256Digest,
        bytes: Vec<u8>,
        signed: bool,
    ) -> Result<Self, IndexError> {
        begins(&bytes)?;
        if Sha256Digest::of(&bytes) != manifest.index.sha256 {
            return Err(IndexError::Digest("it has another digest"));
        }
        // What the manifest does not name would be taken for a part of the table.
        if Sha256Digest::of(table(&manifest, &bytes)?) != manifest.index.blocks_sha256 {
            return Err(IndexError::Digest("the digests of its blocks are others"));
        }
        let index = Index::open(&manifest, bytes)?;
        Ok(Self { manifest, digest, index, signed })
    }
}

impl<S> Snapshot<S> {
    /// How many advisories there are.
    pub fn records(&self) -> u64 {
        self.manifest.segments.values().map(|segment| segment.counts.records).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b63_a_date_counts_up_to_its_last_second() {
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        let ago = |seconds| now - SignedDuration::from_secs(seconds);
        assert_eq!(dated(ago(7 * 86_400), Some(7), now), Ok(()));
        let stale = DateError::Stale { updated: ago(7 * 86_400 + 1), days: 7, most: 7 };
        assert_eq!(dated(ago(7 * 86_400 + 1), Some(7), now), Err(stale));
        assert_eq!(dated(ago(100 * 86_400), None, now), Ok(()));
        assert!(dated(ago(1), Some(0), now).is_err());
        assert_eq!(dated(ago(-300), None, now), Ok(()));
        assert_eq!(dated(ago(-301), None, now), Err(DateError::Future { updated: ago(-301), now }));
        assert!(dated(Timestamp::MIN, Some(u32::MAX), Timestamp::MAX).is_ok());
    }
}
