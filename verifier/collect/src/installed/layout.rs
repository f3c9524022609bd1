//! The files of an installed package, where they have to be, and nothing beside them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::untrusted::escape;
use rustix::fs::OFlags;
use sha2::{Digest as _, Sha256};

use super::Unproven;

/// What Python calls the folders of its compiled files.
const CACHE: &str = "__pycache__";
/// Bytes of a generated script at the most; real ones have some hundred.
const MAX_SCRIPT: u64 = 16 << 10;

/// What an installation has to look like.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// Where the package is installed.
    pub(super) place: PathBuf,
    /// Folders that its code lies in, its dependencies' too.
    pub(super) needs: Vec<PathBuf>,
    files: BTreeMap<PathBuf, Wanted>,
    /// Files that the installer writes beside them, with whatever it has to say.
    pub(super) generated: BTreeSet<PathBuf>,
    /// Folders in which nothing else may lie.
    pub(super) own: BTreeSet<PathBuf>,
    /// Folders in those that are other packages'.
    pub(super) others: BTreeSet<PathBuf>,
}

/// What a file has to be.
#[derive(Debug)]
enum Wanted {
    Bytes {
        size: u64,
        sha256: Sha256Digest,
    },
    /// A script of which the installer writes the first line and one of these texts.
    Script {
        interpreters: BTreeSet<PathBuf>,
        texts: Vec<String>,
    },
}

/// Which file lies at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Identity {
    pub(super) fn of(path: &Path) -> Option<Self> {
        path.metadata().ok().map(|metadata| Self::from(&metadata))
    }

    /// Which it is, whatever is made in it.
    pub(super) fn without_times(self) -> Self {
        Self { size: 0, modified: (0, 0), changed: (0, 0), ..self }
    }
}

impl From<&fs::Metadata> for Identity {
    fn from(metadata: &fs::Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

/// An installation that is as it has to be.
#[derive(Debug)]
pub(super) struct Found {
    /// Folders of compiled files that lie in the way.
    pub(super) caches: Vec<PathBuf>,
    pub(super) identities: Identities,
}

/// Which files and folders were looked at.
#[derive(Debug, Default)]
pub(super) struct Identities(BTreeMap<PathBuf, Identity>);

impl Identities {
    /// Of every file and folder in `folder`, and of itself: links are looked at and not followed.
    pub(super) fn below(folder: &Path) -> io::Result<Self> {
        let (mut found, mut open) = (Self::default(), vec![folder.to_owned()]);
        while let Some(path) = open.pop() {
            let metadata = path.symlink_metadata()?;
            if metadata.is_dir() {
                for entry in path.read_dir()? {
                    open.push(entry?.path());
                }
            }
            found.0.insert(path, Identity::from(&metadata));
        }
        Ok(found)
    }

    /// Where they were looked at.
    pub(super) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.0.keys().map(PathBuf::as_path)
    }

    /// The first path at which something else was looked at.
    pub(super) fn other_than(&self, now: &Self) -> Option<&Path> {
        let other = |(path, identity): &(&PathBuf, &Identity)| now.0.get(*path) != Some(*identity);
        self.0.iter().find(other).map(|(path, _)| path.as_path())
    }
}

impl FromIterator<(PathBuf, Identity)> for Identities {
    fn from_iter<I: IntoIterator<Item = (PathBuf, Identity)>>(found: I) -> Self {
        Self(found.into_iter().collect())
    }
}

impl Layout {
    /// One without files, of a package at `place`.
    pub(super) fn at(place: PathBuf, needs: Vec<PathBuf>) -> Self {
        Self { place, needs, ..Self::default() }
    }

    /// Adds a file with its content.
    pub(super) fn file(&mut self, path: PathBuf, size: u64, sha256: Sha256Digest) {
        self.files.insert(path, Wanted::Bytes { size, sha256 });
    }

    /// Adds a script that an installer wrote: run by one of `interpreters`, one of `texts` after the first line.
    pub(super) fn script(&mut self, path: PathBuf, interpreters: BTreeSet<PathBuf>, texts: Vec<String>) {
        self.files.insert(path, Wanted::Script { interpreters, texts });
    }

    /// The files.
    pub(super) fn files(&self) -> impl Iterator<Item = &Path> {
        self.files.keys().map(PathBuf::as_path)
    }

    /// Whether `path` is one of the files.
    pub(super) fn has(&self, path: &Path) -> bool {
        self.files.contains_key(path)
    }

    /// Holds the installation against it.
    ///
    /// # Errors
    /// The first file that is missing, other, or one too many; a link on the way to one.
    pub(super) fn check(&self) -> Result<Found, Unproven> {
        let (mut straight, mut identities) = (BTreeSet::new(), Identities::default());
        for (path, wanted) in &self.files {
            let folder = path.parent().unwrap_or(path);
            if !straight.contains(folder) {
                if folder.canonicalize().ok().as_deref() != Some(folder) {
                    return Err(said(path, "is not there, or a link leads to it"));
                }
                straight.insert(folder.to_owned());
            }
            identities.0.insert(path.clone(), wanted.check(path)?);
        }
        let mut caches = Vec::new();
        for own in &self.own {
            self.nothing_else(own, &mut caches, &mut identities)?;
        }
        // Of the package's files in folders that it shares with others, the compiled ones lie among the others'.
        caches.extend(
            straight
                .iter()
                .map(|folder| folder.join(CACHE))
                .filter(|cache| cache.is_dir() && !self.leads_somewhere(cache)),
        );
        caches.sort();
        caches.dedup();
        Ok(Found { caches, identities })
    }

    /// Looks for what does not belong in a folder of the package. As deep as the package's own files lie, and with as
    /// many entries: the first one too many ends it.
    fn nothing_else(
        &self,
        folder: &Path,
        caches: &mut Vec<PathBuf>,
        identities: &mut Identities,
    ) -> Result<(), Unproven> {
        let unreadable = |_: io::Error| said(folder, "cannot be read");
        let identity = folder.symlink_metadata().map_err(unreadable)?;
        identities.0.insert(folder.to_owned(), Identity::from(&identity));
        for entry in folder.read_dir().map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            let kind = path.symlink_metadata().map_err(unreadable)?.file_type();
            if kind.is_dir() {
                if path.file_name().is_some_and(|name| name == CACHE) && !self.leads_somewhere(&path) {
                    caches.push(path);
                } else if self.leads_somewhere(&path) {
                    // A folder of another package may lie in between and hold files of this one.
                    if !self.others.contains(&path) {
                        self.nothing_else(&path, caches, identities)?;
                    }
                } else if !self.others.contains(&path) {
                    return Err(said(&path, "is not in the artifact"));
                }
            } else if kind.is_symlink() {
                return Err(said(&path, "is a link, which no package holds"));
            } else if !self.has(&path) && !self.generated.contains(&path) {
                return Err(said(&path, "is not in the artifact"));
            }
        }
        Ok(())
    }

    /// Whether a file has to lie below `folder`.
    pub(super) fn leads_somewhere(&self, folder: &Path) -> bool {
        self.files.range(folder.to_owned()..).next().is_some_and(|(path, _)| path.starts_with(folder))
    }
}

impl Wanted {
    /// Which file it was that is as it has to be.
    fn check(&self, path: &Path) -> Result<Identity, Unproven> {
        let (file, identity) = open(path).map_err(|_| said(path, "is missing, or no plain file"))?;
        match self {
            Self::Bytes { size, sha256 } => {
                let same = identity.size == *size && digest(&file, *size).is_ok_and(|found| found == *sha256);
                if !same {
                    return Err(said(path, "is not the artifact's"));
                }
            }
            Self::Script { interpreters, texts } => {
                let mut text = String::new();
                let read = (&file).take(MAX_SCRIPT).read_to_string(&mut text);
                if read.is_err() || !generated(&text, interpreters, texts) {
                    return Err(said(path, "is not the script that an installer writes for it"));
                }
            }
        }
        let same = file.metadata().is_ok_and(|now| Identity::from(&now) == identity);
        if same { Ok(identity) } else { Err(said(path, "changed while it was read")) }
    }
}

/// Whether a script is one of `texts` below a first line that names one of `interpreters`: plainly, or by way of the
/// shell where the line would be too long for the system.
fn generated(script: &str, interpreters: &BTreeSet<PathBuf>, texts: &[String]) -> bool {
    interpreters.iter().filter_map(|interpreter| interpreter.to_str()).any(|interpreter| {
        let heads = [
            format!("#!{interpreter}\n"),
            format!("#!/bin/sh\n'''exec' {interpreter} \"$0\" \"$@\"\n' '''\n"),
            format!("#!/bin/sh\n'''exec' \"{interpreter}\" \"$0\" \"$@\"\n' '''\n"),
            format!("#!/bin/sh\n'''exec' '{interpreter}' \"$0\" \"$@\"\n' '''\n"),
        ];
        heads.iter().any(|head| {
            script.strip_prefix(head.as_str()).is_some_and(|rest| texts.iter().any(|text| text == rest))
        })
    })
}

fn open(path: &Path) -> io::Result<(File, Identity)> {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY).bits();
    let file = OpenOptions::new().read(true).custom_flags(flags.cast_signed()).open(path)?;
    let metadata = file.metadata()?;
    let identity = Identity::from(&metadata);
    if metadata.is_file() { Ok((file, identity)) } else { Err(io::ErrorKind::InvalidInput.into()) }
}

/// SHA-256 of the first `size` bytes and of what there is beyond: a file that grows is another.
fn digest(file: &File, size: u64) -> io::Result<Sha256Digest> {
    let mut hasher = Sha256::new();
    let mut file = file.take(size + 1);
    let mut buffer = vec![0; 64 << 10];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            length => hasher.update(&buffer[..length]),
        }
    }
    Ok(Sha256Digest::from_bytes(hasher.finalize().into()))
}

fn said(path: &Path, what: &str) -> Unproven {
    Unproven(format!("{} {what}", escape(&path.to_string_lossy())))
}
