//! What a tarball holds, entry by entry, and the package that it makes in the end.

use std::collections::BTreeSet;
use std::io::{self, Read};

use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::tree::{Listing, TreeEntry, TreeError, TreePath};
use sha2::{Digest as _, Sha256};

use super::scan::{Broken, damaged};
use super::{ArchiveError, NpmPackage};
use crate::catalog::npm::{PackageJson, PackageJsonError};
use crate::catalog::{Content, Document};

/// The file at the root that says which package it is.
const MANIFEST: &str = "package.json";

/// Files and directories, by their paths below `package/`.
pub(super) struct Contents<'k> {
    keep: &'k dyn Fn(&TreePath) -> bool,
    /// Bytes of the names of directories that no entry lists.
    max_names: usize,
    entries: Vec<TreeEntry>,
    documents: Vec<Document>,
    manifest: Option<Content>,
}

impl<'k> Contents<'k> {
    pub(super) fn new(keep: &'k dyn Fn(&TreePath) -> bool, max_names: usize) -> Self {
        Self { keep, max_names, entries: Vec::new(), documents: Vec::new(), manifest: None }
    }

    pub(super) fn directory(&mut self, path: TreePath) {
        self.entries.push(TreeEntry::directory(path));
    }

    /// Reads a file of `size` bytes from `content`.
    pub(super) fn file(
        &mut self,
        path: TreePath,
        size: u64,
        executable: bool,
        content: &mut impl Read,
    ) -> Result<(), Broken> {
        let is_manifest = path.as_str() == MANIFEST;
        if path.as_str().eq_ignore_ascii_case(MANIFEST) && (!is_manifest || self.manifest.is_some()) {
            return Err(ArchiveError::SecondManifest.into());
        }
        let kept = (self.keep)(&path);
        let mut bytes = (kept || is_manifest).then(Content::empty);
        let mut hasher = Sha256::new();
        let mut read = 0;
        let mut buffer = [0; 16 << 10];
        loop {
            let chunk = match content.read(&mut buffer).map_err(damaged)? {
                0 => break,
                length => &buffer[..length],
            };
            hasher.update(chunk);
            read += chunk.len() as u64;
            if let Some(bytes) = &mut bytes {
                bytes.push(chunk);
            }
        }
        if read != size {
            return Err(damaged(io::ErrorKind::UnexpectedEof.into()));
        }
        let sha256 = Sha256Digest::from_bytes(hasher.finalize().into());
        if is_manifest {
            self.manifest.clone_from(&bytes);
        }
        if kept && let Some(content) = bytes {
            self.documents.push(Document { path: path.clone(), sha256, content });
        }
        self.entries.push(if executable {
            TreeEntry::executable(path, size, sha256)
        } else {
            TreeEntry::file(path, size, sha256)
        });
        Ok(())
    }

    /// The package, once every entry was read.
    pub(super) fn finish(mut self) -> Result<(NpmPackage, Vec<Document>), ArchiveError> {
        let manifest = match self.manifest.take() {
            Some(Content::Bytes(bytes)) => PackageJson::parse(&bytes),
            _ => Err(PackageJsonError::TooLarge),
        };
        let manifest = manifest.and_then(|manifest| manifest.identity().map(|_| manifest));
        let manifest = manifest.map_err(ArchiveError::Manifest)?;
        self.add_implied()?;
        let files = Listing::new(self.entries)?;
        self.documents.sort_by(|a, b| a.path.cmp(&b.path));
        let has_lockfile =
            self.documents.iter().any(|document| document.path.as_str() == "npm-shrinkwrap.json");
        Ok((NpmPackage { manifest, files, has_lockfile }, self.documents))
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
                if names > self.max_names {
                    return Err(ArchiveError::NamesTooLong { limit: self.max_names });
                }
                path = parent;
            }
        }
        let paths: Result<Vec<TreePath>, _> = implied.into_iter().map(TreePath::try_from).collect();
        self.entries.extend(paths.map_err(TreeError::from)?.into_iter().map(TreeEntry::directory));
        Ok(())
    }
}
