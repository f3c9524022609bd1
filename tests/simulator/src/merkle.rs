//! Merkle trees of RFC 6962, grown leaf by leaf.

use sha2::{Digest as _, Sha256};

/// A hash in the tree.
pub(crate) type Hash = [u8; 32];

/// A tree that remembers every complete subtree, so that roots and proofs cost logarithmically many hashes.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    /// `levels[k][i]` is the root of leaves `i·2^k` to `(i+1)·2^k`.
    levels: Vec<Vec<Hash>>,
}

impl Tree {
    /// Number of leaves.
    pub(crate) fn size(&self) -> u64 {
        self.levels.first().map_or(0, |leaves| leaves.len() as u64)
    }

    /// Adds a leaf; its index.
    pub(crate) fn append(&mut self, data: &[u8]) -> u64 {
        let index = self.size();
        let mut hash = leaf(data);
        let mut level = 0;
        loop {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            self.levels[level].push(hash);
            let row = &self.levels[level];
            if row.len() % 2 == 1 {
                return index;
            }
            hash = node(&row[row.len() - 2], &row[row.len() - 1]);
            level += 1;
        }
    }

    /// Root of the first `size` leaves.
    pub(crate) fn root(&self, size: u64) -> Hash {
        if size == 0 { Sha256::digest([]).into() } else { self.range(0, size) }
    }

    /// Audit path of leaf `index` in the tree of the first `size` leaves.
    pub(crate) fn proof(&self, index: u64, size: u64) -> Vec<Hash> {
        let mut path = Vec::new();
        let (mut start, mut end) = (0, size);
        while end - start > 1 {
            let split = start + largest_power_below(end - start);
            if index < split {
                path.push(self.range(split, end));
                end = split;
            } else {
                path.push(self.range(start, split));
                start = split;
            }
        }
        path.reverse();
        path
    }

    fn range(&self, start: u64, end: u64) -> Hash {
        let length = end - start;
        if length.is_power_of_two() {
            let level = length.trailing_zeros() as usize;
            return self.levels[level][usize::try_from(start / length).expect("a small tree")];
        }
        let split = start + largest_power_below(length);
        node(&self.range(start, split), &self.range(split, end))
    }
}

/// Hash of a leaf.
pub(crate) fn leaf(data: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(data).finalize().into()
}

fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

const fn largest_power_below(length: u64) -> u64 {
    1 << (63 - (length - 1).leading_zeros())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9162 §2.1.3.2, as it stands there.
    fn verifies(data: &[u8], index: u64, size: u64, path: &[Hash], root: &Hash) -> bool {
        let (mut f, mut s, mut r) = (index, size - 1, leaf(data));
        for p in path {
            if s == 0 {
                return false;
            }
            if f % 2 == 1 || f == s {
                r = node(p, &r);
                while f % 2 == 0 && f != 0 {
                    f >>= 1;
                    s >>= 1;
                }
            } else {
                r = node(&r, p);
            }
            f >>= 1;
            s >>= 1;
        }
        s == 0 && r == *root
    }

    #[test]
    fn every_leaf_of_every_size_is_proven() {
        let mut tree = Tree::default();
        for size in 1..=70_u64 {
            assert_eq!(tree.append(&(size - 1).to_be_bytes()), size - 1);
            for at in 1..=size {
                let root = tree.root(at);
                for index in 0..at {
                    let path = tree.proof(index, at);
                    assert!(verifies(&index.to_be_bytes(), index, at, &path, &root), "{index} of {at}");
                    assert!(!verifies(b"other", index, at, &path, &root));
                }
            }
        }
    }
}
