//! The listing itself: checks that span entries, and the bytes.

use std::collections::HashMap;

use super::error::Malformed;
use super::{EntryKind, NO_CONTENT, TreeEntry, TreeError, TreePath};
use crate::digest::Sha256Digest;

const MAGIC: &[u8; 16] = b"mcpsign-tree-v1\n";

/// All entries of one tree, in the order of their paths' bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    entries: Vec<TreeEntry>,
}

impl Listing {
    /// Sorts the entries of one tree, the root itself not among them, and checks what spans them.
    ///
    /// # Errors
    /// Two entries with one path or with paths that differ in case only, an entry without its directory, a
    /// directory with content.
    pub fn new(mut entries: Vec<TreeEntry>) -> Result<Self, TreeError> {
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        if let Some([_, second]) = entries.windows(2).find(|pair| matches!(pair, [a, b] if a.path == b.path))
        {
            return Err(TreeError::Duplicate { path: second.path.clone() });
        }
        Self::check(entries)
    }

    /// Reads the bytes of a listing. What its links point to is not in them: their targets were checked where
    /// the directory was read, and are again wherever a directory is compared with the listing.
    ///
    /// # Errors
    /// Bytes other than those that [`Self::to_bytes`] writes for some tree.
    pub fn parse(bytes: &[u8]) -> Result<Self, TreeError> {
        let mut reader = Reader { bytes, at: 0 };
        if reader.take() != Ok(MAGIC) {
            return Err(malformed(0, Malformed::Magic));
        }
        let count = u64::from_be_bytes(*reader.take()?);
        let mut entries: Vec<TreeEntry> = Vec::new(); // not sized by a count that is only claimed
        for _ in 0..count {
            let start = reader.at;
            let entry = reader.entry()?;
            if entries.last().is_some_and(|last| last.path >= entry.path) {
                return Err(malformed(start, Malformed::Order));
            }
            entries.push(entry);
        }
        if reader.at < bytes.len() {
            return Err(malformed(reader.at, Malformed::Trailing));
        }
        Self::check(entries)
    }

    /// The entries, in the order of their paths' bytes.
    pub fn entries(&self) -> &[TreeEntry] {
        &self.entries
    }

    /// The listing as a document: magic, number of entries, entries.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&(self.entries.len() as u64).to_be_bytes());
        for entry in &self.entries {
            let path = entry.path.as_str().as_bytes();
            out.push(entry.kind.as_byte());
            // A `TreePath` is shorter than 2^32 bytes.
            out.extend_from_slice(&(path.len() as u32).to_be_bytes());
            out.extend_from_slice(path);
            out.extend_from_slice(&entry.size.to_be_bytes());
            out.extend_from_slice(entry.sha256.as_bytes());
        }
        out
    }

    /// SHA-256 of the listing: the digest of a subject that is a tree.
    pub fn digest(&self) -> Sha256Digest {
        Sha256Digest::of(&self.to_bytes())
    }

    /// `entries` are in order and without duplicates.
    fn check(entries: Vec<TreeEntry>) -> Result<Self, TreeError> {
        let mut seen = HashMap::with_capacity(entries.len());
        for entry in &entries {
            let path = || entry.path.clone();
            let fits = match entry.kind {
                EntryKind::Directory => entry.size == 0 && entry.sha256 == NO_CONTENT,
                EntryKind::Symlink => entry.size > 0,
                EntryKind::File | EntryKind::Executable => true,
            };
            if !fits {
                return Err(TreeError::Content { path: path() });
            }
            if let Some(parent) = entry.path.parent() {
                let parent = entries.binary_search_by(|other| other.path.as_str().cmp(parent));
                match parent.ok().and_then(|at| entries.get(at)) {
                    None => return Err(TreeError::ParentMissing { path: path() }),
                    Some(parent) if parent.kind != EntryKind::Directory => {
                        return Err(TreeError::ParentNotDirectory { path: path() });
                    }
                    Some(_) => {}
                }
            }
            let first: Option<&TreePath> = seen.insert(entry.path.collision_key(), &entry.path);
            if let Some(first) = first {
                return Err(TreeError::Collision { first: first.clone(), second: path() });
            }
        }
        drop(seen);
        Ok(Self { entries })
    }
}

const fn malformed(offset: usize, what: Malformed) -> TreeError {
    TreeError::Malformed { offset, what }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn entry(&mut self) -> Result<TreeEntry, TreeError> {
        let start = self.at;
        let [kind] = *self.take()?;
        let kind = EntryKind::from_byte(kind).ok_or(malformed(start, Malformed::Kind))?;
        let length = u32::from_be_bytes(*self.take()?);
        let path = self.slice(length as usize)?;
        let size = u64::from_be_bytes(*self.take()?);
        let sha256 = Sha256Digest::from_bytes(*self.take()?);
        Ok(TreeEntry { kind, path: TreePath::try_from(path)?, size, sha256 })
    }

    fn take<const N: usize>(&mut self) -> Result<&'a [u8; N], TreeError> {
        let rest = &self.bytes[self.at..];
        let (array, _) = rest.split_first_chunk().ok_or(malformed(self.at, Malformed::Truncated))?;
        self.at += N;
        Ok(array)
    }

    fn slice(&mut self, length: usize) -> Result<&'a [u8], TreeError> {
        let rest = &self.bytes[self.at..];
        let slice = rest.get(..length).ok_or(malformed(self.at, Malformed::Truncated))?;
        self.at += length;
        Ok(slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(path: &str) -> TreePath {
        TreePath::try_from(path).unwrap()
    }

    fn file(at: &str, content: &[u8]) -> TreeEntry {
        TreeEntry::file(path(at), content.len() as u64, Sha256Digest::of(content))
    }

    fn sample() -> Vec<TreeEntry> {
        let run = b"#!/bin/sh\n";
        vec![
            TreeEntry::executable(path("bin/run"), run.len() as u64, Sha256Digest::of(run)),
            TreeEntry::symlink(path("bin/x"), b"../a/x.txt").unwrap(),
            file("a/x.txt", b"hello\n"),
            file("a.txt", b""),
            TreeEntry::directory(path("a")),
            TreeEntry::directory(path("a/empty")),
            TreeEntry::directory(path("bin")),
        ]
    }

    #[test]
    fn sample_of_the_specification() {
        let listing = Listing::new(sample()).unwrap();
        assert_eq!(listing.to_bytes().len(), 374);
        let expected = "e08dce28fb8e8cd9d08a533be79672a3fd833128d71817a7d462fb695efa2ec6";
        assert_eq!(listing.digest().to_string(), expected);
        let order: Vec<&str> = listing.entries().iter().map(|entry| entry.path.as_str()).collect();
        assert_eq!(order, ["a", "a.txt", "a/empty", "a/x.txt", "bin", "bin/run", "bin/x"]);
        assert_eq!(Listing::parse(&listing.to_bytes()), Ok(listing));
    }

    #[test]
    fn entries_need_their_directory() {
        let missing = Listing::new(vec![file("a/b", b"")]);
        assert_eq!(missing, Err(TreeError::ParentMissing { path: path("a/b") }));
        let link = TreeEntry::symlink(path("a"), b"c").unwrap();
        for parent in [file("a", b""), link] {
            let result = Listing::new(vec![parent, file("a/b", b"")]);
            assert_eq!(result, Err(TreeError::ParentNotDirectory { path: path("a/b") }));
        }
    }

    #[test]
    fn paths_that_some_system_cannot_tell_apart() {
        for (first, second) in [("README", "readme"), ("STRASSE", "straße"), ("S", "ſ"), ("ÉA", "éa")] {
            let expected = TreeError::Collision { first: path(first), second: path(second) };
            let listing = Listing::new(vec![file(second, b""), file(first, b"")]);
            assert_eq!(listing, Err(expected));
        }
        assert!(Listing::new(vec![file("ı", b""), file("i", b"")]).is_ok());
        let twice = Listing::new(vec![file("a", b""), file("a", b"x")]);
        assert_eq!(twice, Err(TreeError::Duplicate { path: path("a") }));
    }

    #[test]
    fn every_truncation_and_every_extra_byte_is_refused() {
        let bytes = Listing::new(sample()).unwrap().to_bytes();
        for length in 0..bytes.len() {
            let what = if length < 16 { Malformed::Magic } else { Malformed::Truncated };
            assert!(
                matches!(Listing::parse(&bytes[..length]), Err(TreeError::Malformed { what: w, .. }) if w == what)
            );
        }
        let extra = [bytes.as_slice(), b"\0"].concat();
        assert_eq!(Listing::parse(&extra), Err(malformed(bytes.len(), Malformed::Trailing)));
    }

    #[test]
    fn a_claimed_count_costs_nothing() {
        let bytes = [MAGIC.as_slice(), &[0xff; 8]].concat();
        assert_eq!(Listing::parse(&bytes), Err(malformed(24, Malformed::Truncated)));
        let bytes = [MAGIC.as_slice(), &[0xff; 8], b"f\xff\xff\xff\xff"].concat();
        assert_eq!(Listing::parse(&bytes), Err(malformed(29, Malformed::Truncated)));
    }
}
