//! One pass over the entries of a tarball.

use std::collections::BTreeSet;
use std::io::{self, Read};

use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::tree::{Listing, TreeEntry, TreePath};
use sha2::{Digest as _, Sha256};

use super::gzip::{Inflated, budget, is_gzip};
use super::name::{below_package, shown};
use super::pax::{self, Extended};
use super::{ArchiveError, HashingReader, NpmPackage};
use crate::catalog::npm::{PackageJson, PackageJsonError};
use crate::catalog::{Content, Document};

/// Entries of one package. The largest on npm have some 50,000.
const MAX_ENTRIES: usize = 200_000;

/// Bytes of all names together: 160 for each of [`MAX_ENTRIES`].
const MAX_NAMES: usize = 32 << 20;

/// Bytes of one name: no system unpacks a longer one (`PATH_MAX`).
const MAX_NAME: usize = 4096;

/// Bytes of one extended header. Attributes that macOS adds take a few KiB; GNU tar takes a megabyte too.
const MAX_EXTENSION: u64 = 1 << 20;

/// The entry that makes an archive an npm package.
const MANIFEST: &[u8] = b"package/package.json";

/// As [`super::read_npm`].
pub(super) fn scan(
    reader: &mut HashingReader,
    size: u64,
    keep: &dyn Fn(&TreePath) -> bool,
) -> Result<Option<(NpmPackage, Vec<Document>)>, ArchiveError> {
    if !is_gzip(reader) {
        return Ok(None);
    }
    let mut scan = Scan::new(keep);
    let result = scan.archive(reader, budget(size));
    if !scan.claims {
        // Somebody's archive, which nobody will unpack as an npm package: a file like any other.
        return Ok(None);
    }
    match scan.violation.take() {
        Some(violation) => Err(violation),
        None => result.and_then(|()| scan.finish()).map(Some),
    }
}

struct Scan<'k> {
    keep: &'k dyn Fn(&TreePath) -> bool,
    /// Whether there is an entry [`MANIFEST`], of whatever type.
    claims: bool,
    /// The first rule broken by an entry. The scan goes on: whether the archive claims to be a package decides
    /// whether that matters.
    violation: Option<ArchiveError>,
    entries: Vec<TreeEntry>,
    documents: Vec<Document>,
    manifest: Option<Content>,
    names: usize,
    extended: Option<Extended>,
    long_name: Option<Vec<u8>>,
}

impl<'k> Scan<'k> {
    fn new(keep: &'k dyn Fn(&TreePath) -> bool) -> Self {
        Self {
            keep,
            claims: false,
            violation: None,
            entries: Vec::new(),
            documents: Vec::new(),
            manifest: None,
            names: 0,
            extended: None,
            long_name: None,
        }
    }

    /// Reads the whole archive. An error ends the scan: what follows cannot be found.
    fn archive(&mut self, reader: &mut HashingReader, limit: u64) -> Result<(), ArchiveError> {
        let mut archive = tar::Archive::new(Inflated::new(reader, limit));
        let walked = self.walk(&mut archive);
        let mut inflated = archive.into_inner();
        let rest = walked.and_then(|()| only_zeros(&mut inflated));
        if inflated.is_over_budget() {
            return Err(ArchiveError::Bomb { limit });
        }
        rest?;
        match inflated.has_trailing_data() {
            Ok(false) => Ok(()),
            Ok(true) => Err(ArchiveError::TrailingData),
            Err(error) => Err(ArchiveError::Damaged(error)),
        }
    }

    fn walk(&mut self, archive: &mut tar::Archive<Inflated<'_>>) -> Result<(), ArchiveError> {
        // Raw: extended headers come as entries, and nothing is interpreted behind our back.
        let entries = archive.entries().map_err(ArchiveError::Damaged)?.raw(true);
        for (count, entry) in entries.enumerate() {
            let mut entry = entry.map_err(ArchiveError::Damaged)?;
            if count == MAX_ENTRIES {
                return Err(ArchiveError::TooMany { limit: MAX_ENTRIES });
            }
            let name = entry.header().path_bytes().into_owned();
            self.names += name.len();
            let judged = match entry.header().as_old().linkflag {
                [flag @ (b'x' | b'g' | b'L')] => {
                    let data = read_extension(&mut entry, &name)?;
                    self.names += data.len();
                    self.extension(flag, &name, &data)
                }
                [flag] => self.entry(&mut entry, flag, name)?,
            };
            if self.names > MAX_NAMES {
                return Err(ArchiveError::NamesTooLong { limit: MAX_NAMES });
            }
            if let Err(violation) = judged {
                self.violation.get_or_insert(violation);
            }
        }
        if self.extended.is_some() || self.long_name.is_some() {
            return Err(ArchiveError::Extension { name: String::new(), what: "no entry follows" });
        }
        Ok(())
    }

    fn extension(&mut self, flag: u8, name: &[u8], data: &[u8]) -> Result<(), ArchiveError> {
        let refused = |what| ArchiveError::Extension { name: shown(name), what };
        match flag {
            b'L' => {
                let path = data.strip_suffix(b"\0").unwrap_or(data);
                if self.long_name.replace(path.to_vec()).is_some() {
                    return Err(refused("a long name stands twice"));
                }
            }
            b'g' => {
                let global = pax::parse(data).map_err(refused)?;
                if global != Extended::default() {
                    return Err(refused("one name or size for all entries"));
                }
            }
            _ => {
                let local = pax::parse(data).map_err(refused)?;
                if self.extended.replace(local).is_some() {
                    return Err(refused("it stands twice"));
                }
            }
        }
        Ok(())
    }

    /// Judges and reads one file or directory. The outer error ends the scan.
    fn entry(
        &mut self,
        entry: &mut impl EntryData,
        flag: u8,
        header_name: Vec<u8>,
    ) -> Result<Result<(), ArchiveError>, ArchiveError> {
        let extended = self.extended.take().unwrap_or_default();
        let long_name = self.long_name.take();
        let ambiguous = extended.path.is_some() && long_name.is_some();
        let name = extended.path.or(long_name).unwrap_or(header_name);
        self.claims |= name == MANIFEST;
        if name.len() > MAX_NAME {
            return Ok(Err(ArchiveError::NameTooLong { limit: MAX_NAME }));
        }
        let refused = |what| ArchiveError::Extension { name: shown(&name), what };
        if ambiguous {
            return Ok(Err(refused("two names for one entry")));
        }
        let size = entry.size().map_err(ArchiveError::Damaged)?;
        if extended.size.is_some_and(|stated| stated != size) {
            return Ok(Err(refused("another size than the header's")));
        }
        let is_dir = match flag {
            b'5' => true,
            b'0' | b'\0' => false,
            other => {
                return Ok(Err(ArchiveError::EntryType { name: shown(&name), type_flag: char::from(other) }));
            }
        };
        if is_dir && size != 0 {
            return Ok(Err(ArchiveError::Inconsistent { name: shown(&name) }));
        }
        let path = match below_package(&name, is_dir) {
            Ok(Some(path)) => path,
            Ok(None) => return Ok(Ok(())),
            Err(violation) => return Ok(Err(violation)),
        };
        if is_dir {
            self.entries.push(TreeEntry::directory(path));
            return Ok(Ok(()));
        }
        let mode = entry.mode().map_err(ArchiveError::Damaged)?;
        if mode & 0o6000 != 0 {
            return Ok(Err(ArchiveError::SetId { name: shown(&name) }));
        }
        self.file(entry, path, size, mode & 0o100 != 0)
    }

    fn file(
        &mut self,
        entry: &mut impl EntryData,
        path: TreePath,
        size: u64,
        executable: bool,
    ) -> Result<Result<(), ArchiveError>, ArchiveError> {
        let is_manifest = path.as_str() == "package.json";
        if path.as_str().eq_ignore_ascii_case("package.json") && (!is_manifest || self.manifest.is_some()) {
            return Ok(Err(ArchiveError::SecondManifest));
        }
        let kept = (self.keep)(&path);
        let mut content = (kept || is_manifest).then(Content::empty);
        let mut hasher = Sha256::new();
        let mut read = 0;
        let mut buffer = [0; 16 << 10];
        loop {
            let chunk = match entry.read(&mut buffer).map_err(ArchiveError::Damaged)? {
                0 => break,
                length => &buffer[..length],
            };
            hasher.update(chunk);
            read += chunk.len() as u64;
            if let Some(content) = &mut content {
                content.push(chunk);
            }
        }
        if read != size {
            return Err(ArchiveError::Damaged(io::ErrorKind::UnexpectedEof.into()));
        }
        let sha256 = Sha256Digest::from_bytes(hasher.finalize().into());
        if is_manifest {
            self.manifest = content.clone();
        }
        if kept && let Some(content) = content {
            self.documents.push(Document { path: path.clone(), sha256, content });
        }
        self.entries.push(if executable {
            TreeEntry::executable(path, size, sha256)
        } else {
            TreeEntry::file(path, size, sha256)
        });
        Ok(Ok(()))
    }

    fn finish(mut self) -> Result<(NpmPackage, Vec<Document>), ArchiveError> {
        let manifest = match self.manifest {
            Some(Content::Bytes(bytes)) => PackageJson::parse(&bytes).map_err(ArchiveError::Manifest)?,
            _ => return Err(ArchiveError::Manifest(PackageJsonError::TooLarge)),
        };
        manifest.identity().map_err(ArchiveError::Manifest)?;
        // Most archives list files alone; unpacking makes the directories.
        let listed: BTreeSet<String> = self.entries.iter().map(|entry| entry.path.to_string()).collect();
        let mut implied = BTreeSet::new();
        for path in &listed {
            let mut path = path.as_str();
            while let Some((parent, _)) = path.rsplit_once('/') {
                if listed.contains(parent) || !implied.insert(parent) {
                    break;
                }
                path = parent;
            }
        }
        for parent in implied {
            let parent = TreePath::try_from(parent).map_err(mcpsign_schemas::tree::TreeError::from)?;
            self.entries.push(TreeEntry::directory(parent));
        }
        let files = Listing::new(self.entries)?;
        self.documents.sort_by(|a, b| a.path.cmp(&b.path));
        let has_lockfile =
            self.documents.iter().any(|document| document.path.as_str() == "npm-shrinkwrap.json");
        Ok((NpmPackage { manifest, files, has_lockfile }, self.documents))
    }
}

/// What is asked of a tar entry, so that the judging does not know the reader underneath.
trait EntryData: Read {
    fn size(&self) -> io::Result<u64>;
    fn mode(&self) -> io::Result<u32>;
}

impl<R: Read> EntryData for tar::Entry<'_, R> {
    fn size(&self) -> io::Result<u64> {
        self.header().entry_size()
    }

    fn mode(&self) -> io::Result<u32> {
        self.header().mode()
    }
}

fn read_extension(entry: &mut impl EntryData, name: &[u8]) -> Result<Vec<u8>, ArchiveError> {
    if entry.size().map_err(ArchiveError::Damaged)? > MAX_EXTENSION {
        return Err(ArchiveError::Extension { name: shown(name), what: "too long" });
    }
    let mut data = Vec::new();
    entry.read_to_end(&mut data).map_err(ArchiveError::Damaged)?;
    Ok(data)
}

/// Reads on to the end: after the first zero block there is nothing but zeros, or some readers find more entries.
fn only_zeros(inflated: &mut Inflated<'_>) -> Result<(), ArchiveError> {
    let mut buffer = [0; 8 << 10];
    loop {
        match inflated.read(&mut buffer).map_err(ArchiveError::Damaged)? {
            0 => return Ok(()),
            length if buffer[..length].iter().any(|&b| b != 0) => return Err(ArchiveError::DataAfterEnd),
            _ => {}
        }
    }
}
