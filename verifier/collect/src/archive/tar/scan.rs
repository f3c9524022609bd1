//! One pass over the entries of a tarball.

use std::io::{self, Read};

use super::gzip::{Inflated, budget, is_gzip};
use super::name::{below_package, shown};
use super::npm::Npm;
use super::pax::{self, Extended};
use crate::archive::contents::{MAX_ENTRIES, MAX_NAME, MAX_NAMES};
use crate::archive::{ArchiveError, Contents, FileEntry, Found, HashingReader};

/// Bytes of one extended header. Attributes that macOS adds take a few KiB; GNU tar takes a megabyte too.
const MAX_EXTENSION: u64 = 1 << 20;

/// The entry that makes an archive an npm package.
const MANIFEST: &[u8] = b"package/package.json";

/// As [`super::read`].
pub(super) fn scan(
    reader: &mut HashingReader,
    size: u64,
    contents: Contents<'_>,
) -> Result<Option<Found>, ArchiveError> {
    if !is_gzip(reader) {
        return Ok(None);
    }
    let mut scan = Scan::new(contents);
    let result = scan.archive(reader, budget(size));
    if !scan.claims {
        // Somebody's archive, which nobody will unpack as an npm package: a file like any other.
        return Ok(None);
    }
    match scan.violation.take() {
        Some(violation) => Err(violation),
        None => result.and_then(|()| scan.npm.finish(scan.contents)).map(Some),
    }
}

struct Scan<'k> {
    contents: Contents<'k>,
    npm: Npm,
    /// Whether there is an entry [`MANIFEST`], of whatever type.
    claims: bool,
    /// The first rule broken by an entry. The scan goes on: whether the archive claims to be a package decides
    /// whether that matters.
    violation: Option<ArchiveError>,
    /// Bytes of all names so far.
    names: usize,
    /// What extended headers said of the entry that follows.
    extended: Option<Extended>,
    long_name: Option<Vec<u8>>,
}

impl<'k> Scan<'k> {
    fn new(contents: Contents<'k>) -> Self {
        Self {
            contents,
            npm: Npm::default(),
            claims: false,
            violation: None,
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
            let [flag] = entry.header().as_old().linkflag;
            let judged = match flag {
                b'x' | b'g' | b'L' => self.extension(flag, &name, &mut entry),
                _ => self.entry(flag, name, &mut entry),
            };
            if self.names > MAX_NAMES {
                return Err(ArchiveError::NamesTooLong { limit: MAX_NAMES });
            }
            match judged {
                Ok(()) => {}
                Err(Broken::Rule(violation)) => {
                    self.violation.get_or_insert(violation);
                }
                Err(Broken::Stream(error)) => return Err(error),
            }
        }
        if self.extended.is_some() || self.long_name.is_some() {
            return Err(ArchiveError::Extension { name: String::new(), what: "no entry follows" });
        }
        Ok(())
    }

    fn extension<R: Read>(
        &mut self,
        flag: u8,
        name: &[u8],
        entry: &mut tar::Entry<'_, R>,
    ) -> Result<(), Broken> {
        let refused = |what| ArchiveError::Extension { name: shown(name), what };
        if entry.header().entry_size().map_err(damaged)? > MAX_EXTENSION {
            return Err(refused("too long").into());
        }
        let mut data = Vec::new();
        entry.read_to_end(&mut data).map_err(damaged)?;
        self.names += data.len();
        let twice = match flag {
            b'L' => self.long_name.replace(data.strip_suffix(b"\0").unwrap_or(&data).to_vec()).is_some(),
            b'g' => {
                if pax::parse(&data).map_err(refused)? != Extended::default() {
                    return Err(refused("one name or size for all entries").into());
                }
                false
            }
            _ => self.extended.replace(pax::parse(&data).map_err(refused)?).is_some(),
        };
        if twice { Err(refused("it stands twice").into()) } else { Ok(()) }
    }

    /// Judges one entry, and reads it if it is a file.
    fn entry<R: Read>(
        &mut self,
        flag: u8,
        header_name: Vec<u8>,
        entry: &mut tar::Entry<'_, R>,
    ) -> Result<(), Broken> {
        let extended = self.extended.take().unwrap_or_default();
        let long_name = self.long_name.take();
        let two_names = extended.path.is_some() && long_name.is_some();
        let name = extended.path.or(long_name).unwrap_or(header_name);
        self.claims |= name == MANIFEST;
        if name.len() > MAX_NAME {
            return Err(ArchiveError::NameTooLong { limit: MAX_NAME }.into());
        }
        let refused = |what| ArchiveError::Extension { name: shown(&name), what };
        if two_names {
            return Err(refused("two names for one entry").into());
        }
        let size = entry.header().entry_size().map_err(damaged)?;
        if extended.size.is_some_and(|stated| stated != size) {
            return Err(refused("another size than the header's").into());
        }
        let is_dir = match flag {
            b'5' => true,
            b'0' | b'\0' => false,
            other => {
                let type_flag = char::from(other);
                return Err(ArchiveError::EntryType { name: shown(&name), type_flag }.into());
            }
        };
        if is_dir && size != 0 {
            return Err(ArchiveError::Inconsistent { name: shown(&name) }.into());
        }
        let Some(path) = below_package(&name, is_dir)? else { return Ok(()) };
        if is_dir {
            return self.contents.directory(path).map_err(damaged);
        }
        let mode = entry.header().mode().map_err(damaged)?;
        if mode & 0o6000 != 0 {
            return Err(ArchiveError::SetId { name: shown(&name) }.into());
        }
        let needed = self.npm.is_manifest(&path)?;
        let file = FileEntry { path, size, executable: mode & 0o100 != 0, needed };
        let (_, manifest) = self.contents.file(file, entry).map_err(damaged)?;
        if needed {
            self.npm.manifest = manifest;
        }
        Ok(())
    }
}

/// What ends the judging of an entry.
enum Broken {
    /// A rule: the next entry can still be found.
    Rule(ArchiveError),
    /// The archive itself: nothing more can be found.
    Stream(ArchiveError),
}

impl From<ArchiveError> for Broken {
    fn from(rule: ArchiveError) -> Self {
        Self::Rule(rule)
    }
}

/// An error of the bytes.
fn damaged(error: io::Error) -> Broken {
    Broken::Stream(ArchiveError::Damaged(error))
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
