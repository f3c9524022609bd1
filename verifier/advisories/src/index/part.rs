//! Writing parts of an index, cut into blocks.

use mcpsign_schemas::digest::Sha256Digest;

/// Bytes of a block at the most, unless what is read at once has more. Small, since each touched one is hashed: the entries of most
/// packages have under 200 bytes.
pub(super) const BLOCK: usize = 1024;
/// Bytes of a block of what is read whole.
const WHOLE: usize = 64 * BLOCK;
/// Bytes of a row of the table of blocks: where it ends, and its digest.
pub(super) const ROW: usize = size_of::<u32>() + 32;

/// Bytes of one kind, cut into blocks.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub(super) bytes: Vec<u8>,
    /// Where all blocks but the last end.
    cuts: Vec<usize>,
}

impl Part {
    /// What is read whole.
    pub(super) fn whole(bytes: Vec<u8>) -> Self {
        let cuts = (WHOLE..bytes.len()).step_by(WHOLE).collect();
        Self { bytes, cuts }
    }

    /// Adds what is read at once. Its place.
    pub(super) fn push(&mut self, item: &[u8]) -> u64 {
        let start = self.bytes.len();
        let block = self.cuts.last().copied().unwrap_or(0);
        if start > block && start - block + item.len() > BLOCK {
            self.cuts.push(start);
        }
        self.bytes.extend_from_slice(item);
        start as u64
    }

    /// Where its blocks end.
    pub(super) fn ends(&self) -> impl Iterator<Item = usize> {
        let last = Some(self.bytes.len()).filter(|end| *end > 0);
        self.cuts.iter().copied().chain(last)
    }
}

/// The table of the blocks that end there.
pub(super) fn table(body: &[u8], ends: &[u32]) -> Vec<u8> {
    let mut table = Vec::with_capacity(ends.len() * ROW);
    let mut start = 0;
    for end in ends {
        let block = body.get(start as usize..*end as usize).unwrap_or_default();
        table.extend(end.to_le_bytes());
        table.extend(Sha256Digest::of(block).as_bytes());
        start = *end;
    }
    table
}
