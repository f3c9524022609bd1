//! Which files they were that were read, beside what was in them: whoever swaps them and swaps them back is seen.

use sha2::{Digest as _, Sha256};

use super::Snapshot;

/// Stands for the identity of a file, or of every entry of a tree: numbers, sizes and times, the times that the kernel alone sets
/// among them. Equal stamps say that nobody replaced or touched anything in between, as far as the file system's clock tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp([u8; 32]);

/// The stamps of the entries of one tree.
#[derive(Debug, Default)]
pub(super) struct Stamps(Vec<[u8; 32]>);

impl Stamp {
    /// Of a single file.
    pub(crate) fn of(snapshot: &Snapshot) -> Self {
        Self(one("", snapshot))
    }
}

impl Stamps {
    /// Adds the entry at `path`.
    pub(super) fn add(&mut self, path: &str, snapshot: &Snapshot) {
        self.0.push(one(path, snapshot));
    }

    /// That of all of them, in whatever order they came.
    pub(super) fn finish(mut self) -> Stamp {
        self.0.sort_unstable();
        let mut hasher = Sha256::new();
        self.0.iter().for_each(|stamp| hasher.update(stamp));
        Stamp(hasher.finalize().into())
    }
}

fn one(path: &str, snapshot: &Snapshot) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(path.as_bytes());
    hasher.update([0]);
    snapshot.numbers().iter().for_each(|number| hasher.update(number.to_le_bytes()));
    hasher.finalize().into()
}
