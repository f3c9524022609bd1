//! What an archive holds, entry by entry, and the tree that it makes in the end.

use std::collections::{BTreeSet, HashMap};
use std::io::{self, Read};

use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::tree::{Listing, TreeEntry, TreeError, TreePath};
use sha2::{Digest as _, Sha256};

use super::ArchiveError;
use super::unpack::Unpacker;
use crate::catalog::{Content, Document, Keeper};

/// Entries of one package. The largest on npm have some 50,000.
pub(super) const MAX_ENTRIES: usize = 200_000;

/// Bytes of all names together: 160 for each of [`MAX_ENTRIES`].
pub(super) const MAX_NAMES: usize = 32 << 20;

/// Bytes of one name: no system unpacks a longer one (`PATH_MAX`).
pub(super) const MAX_NAME: usize = 4096;

/// Files, directories and links, by their paths in the tree that unpacking makes.
pub(super) struct Contents<'k> {
    keep: &'k Keeper,
    unpacker: Option<&'k mut Unpacker>,
    entries: Vec<TreeEntry>,
    /// Where in `entries` each path stands.
    places: HashMap<TreePath, usize>,
    documents: Vec<Document>,
}

/// A regular file of an archive, before its content.
#[derive(Debug)]
pub(super) struct FileEntry {
    pub(super) path: TreePath,
    /// Bytes that it must turn out to have.
    pub(super) size: u64,
    pub(super) executable: bool,
    /// Whether whoever reads the archive needs the content, though no cataloger does.
    pub(super) needed: bool,
}

impl<'k> Contents<'k> {
    pub(super) fn new(keep: &'k Keeper, unpacker: Option<&'k mut Unpacker>) -> Self {
        Self { keep, unpacker, entries: Vec::new(), places: HashMap::new(), documents: Vec::new() }
    }

    /// What stands under a path already.
    pub(super) fn known(&self, path: &TreePath) -> Option<&TreeEntry> {
        self.entries.get(*self.places.get(path)?)
    }

    fn push(&mut self, entry: TreeEntry) {
        self.places.insert(entry.path.clone(), self.entries.len());
        self.entries.push(entry);
    }

    pub(super) fn directory(&mut self, path: TreePath) -> io::Result<()> {
        if let Some(unpacker) = &mut self.unpacker {
            unpacker.directory(&path)?;
        }
        self.push(TreeEntry::directory(path));
        Ok(())
    }

    /// A symbolic link.
    pub(super) fn symlink(&mut self, path: TreePath, target: &[u8]) -> Result<(), TreeError> {
        let entry = TreeEntry::symlink(path.clone(), target)?;
        if let Some(unpacker) = &mut self.unpacker {
            unpacker.symlink(&path, target);
        }
        self.push(entry);
        Ok(())
    }

    /// Reads a file from `content`, and returns its SHA-256 and what was needed of it.
    ///
    /// # Errors
    /// Those of reading and unpacking, and another size than stated.
    pub(super) fn file(
        &mut self,
        file: FileEntry,
        content: &mut impl Read,
    ) -> io::Result<(Sha256Digest, Option<Content>)> {
        let FileEntry { path, size, executable, needed } = file;
        let mut kept = self.keep.file(&path);
        let mut wanted = needed.then(Content::empty);
        let mut unpacked = match &mut self.unpacker {
            Some(unpacker) => Some(unpacker.file(&path, executable)?),
            None => None,
        };
        let mut hasher = Sha256::new();
        each_chunk(content, size, |chunk| {
            hasher.update(chunk);
            kept.push(chunk);
            if let Some(wanted) = &mut wanted {
                wanted.push(chunk);
            }
            if let (Some(unpacker), Some(file)) = (&mut self.unpacker, &mut unpacked) {
                unpacker.write(file, chunk)?;
            }
            Ok(())
        })?;
        let sha256 = Sha256Digest::from_bytes(hasher.finalize().into());
        if let Some(content) = kept.finish() {
            self.documents.push(Document { path: path.clone(), sha256, content });
        }
        self.push(entry(path, executable, size, sha256));
        Ok((sha256, wanted))
    }

    /// Reads a file whose path stands here already: whether it is the same once more.
    ///
    /// # Errors
    /// Those of reading, and another size than stated.
    pub(super) fn is_again(&self, file: FileEntry, content: &mut impl Read) -> io::Result<bool> {
        let mut hasher = Sha256::new();
        each_chunk(content, file.size, |chunk| {
            hasher.update(chunk);
            Ok(())
        })?;
        let sha256 = Sha256Digest::from_bytes(hasher.finalize().into());
        let known = self.known(&file.path);
        Ok(known == Some(&entry(file.path.clone(), file.executable, file.size, sha256)))
    }

    /// The tree and the documents, once every entry was read.
    pub(super) fn finish(mut self) -> Result<(Listing, Vec<Document>), ArchiveError> {
        self.add_implied()?;
        let files = Listing::new(self.entries)?;
        self.documents.sort_by(|a, b| a.path.cmp(&b.path));
        Ok((files, self.documents))
    }

    /// Adds the directories that no entry lists: most archives list files alone, and unpacking makes them.
    fn add_implied(&mut self) -> Result<(), ArchiveError> {
        let listed: BTreeSet<&str> = self.entries.iter().map(|entry| entry.path.as_str()).collect();
        let mut implied = BTreeSet::new();
        let mut names = 0;
        for path in &listed {
            let mut path = *path;
            while let Some((parent, _)) = path.rsplit_once('/') {
                if listed.contains(parent) || !implied.insert(parent) {
                    break;
                }
                // A path of a thousand components implies a thousand paths.
                names += parent.len();
                if names > MAX_NAMES {
                    return Err(ArchiveError::NamesTooLong { limit: MAX_NAMES });
                }
                path = parent;
            }
        }
        let paths: Result<Vec<TreePath>, _> = implied.into_iter().map(TreePath::try_from).collect();
        self.entries.extend(paths.map_err(TreeError::from)?.into_iter().map(TreeEntry::directory));
        Ok(())
    }
}

/// Reads `content` to its end, which must come after `size` bytes.
fn each_chunk(
    content: &mut impl Read,
    size: u64,
    mut each: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let mut read = 0;
    let mut buffer = [0; 16 << 10];
    loop {
        let chunk = match content.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => &buffer[..length],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        read += chunk.len() as u64;
        each(chunk)?;
    }
    if read == size { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

fn entry(path: TreePath, executable: bool, size: u64, sha256: Sha256Digest) -> TreeEntry {
    if executable { TreeEntry::executable(path, size, sha256) } else { TreeEntry::file(path, size, sha256) }
}
