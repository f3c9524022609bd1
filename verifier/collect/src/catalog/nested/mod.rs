//! Archives that lie in an artifact: wheels, tarballs, Java's archives.
//!
//! An archive is covered by the artifact's digest whatever is in it, so nothing in one is refused: what cannot be read is a known
//! gap. How many levels are opened its [`Keeper`] says.

mod tar;
mod zip;

use std::io::{self, Read as _};

use mcpsign_schemas::digest::Sha512Digest;
use mcpsign_schemas::tree::TreePath;
use mcpsign_schemas::untrusted::escape;

use super::{Budget, Content, Document, Keeper, entry_path, program};
use crate::image;

/// First bytes of a file that tell whether it is an archive: a header of tar.
pub(super) const HEAD: usize = 512;

/// Entries of all archives in an artifact, bytes of their names, and bytes that they inflate to: of a bundle with two hundred
/// wheels 40,000 entries and 2 GB.
const MAX_ENTRIES: u64 = 1_000_000;
const MAX_NAMES: u64 = 128 << 20;
const MAX_INFLATED: u64 = 8 << 30;

/// Bytes that one archive may inflate to whatever its size, and how many times its size beyond that. Wheels and Java's archives
/// stay below 10.
const FLOOR: u64 = 64 << 20;
const MAX_RATIO: u64 = 100;

/// What lies in an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archive {
    /// Of all of its bytes; `None` of one that was not looked into.
    pub(super) sha512: Option<Sha512Digest>,
    /// Files that a cataloger reads, by their paths in it, or below its one folder.
    pub(super) documents: Vec<Document>,
    /// What of it was not read.
    pub(super) gaps: Vec<String>,
    /// Whether a file counts by its path below a folder although that is not the only one: what it says is then said of a part.
    pub(super) is_part: bool,
}

/// How files are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packed {
    Zip,
    /// Perhaps a zip archive behind a line that says what runs it, or behind the mark of one that was split.
    Prefixed,
    /// A tarball, or a file of another kind that gzip compressed.
    Gzip,
    Tar,
    /// In a form that is not read.
    Unread(&'static str),
}

/// What all archives of an artifact may take together.
pub(super) fn budget() -> Budget {
    Budget::new(MAX_ENTRIES, MAX_NAMES, MAX_INFLATED)
}

/// Opens an archive. `inside` says what of it is kept.
pub(super) fn open(packed: Packed, bytes: &[u8], inside: &Keeper) -> Archive {
    let mut archive = Archive {
        sha512: Some(Sha512Digest::of(bytes)),
        documents: Vec::new(),
        gaps: Vec::new(),
        is_part: false,
    };
    let left = (bytes.len() as u64).saturating_mul(MAX_RATIO).max(FLOOR);
    let read = match packed {
        Packed::Zip | Packed::Prefixed => zip::read(bytes, left, inside, &mut archive),
        Packed::Gzip => gzip(bytes, left, inside, &mut archive),
        Packed::Tar => match images(bytes, left, inside, &mut archive) {
            Some(read) => read,
            None => tar::read(bytes, left, inside, &mut archive, None).map(drop),
        },
        Packed::Unread(why) => {
            archive.gaps.push(why.to_owned());
            Ok(())
        }
    };
    if let Err(error) = read {
        archive.gaps.push(format!("the archive cannot be read to its end: {}", escape(&error.to_string())));
    }
    archive
}

/// Reads a tarball as it is inflated; one of an image once more, as a whole: its layers lie over each other.
fn gzip(bytes: &[u8], left: u64, inside: &Keeper, archive: &mut Archive) -> io::Result<()> {
    let is_image = tar::read(tar::inflated(bytes), left, inside, archive, None)?;
    let limit = left.min(program::MAX_BYTES as u64);
    if is_image && let Ok(whole) = tar::whole(bytes, limit, inside) {
        let mut again =
            Archive { sha512: archive.sha512, documents: Vec::new(), gaps: Vec::new(), is_part: false };
        if let Some(read) = images(&whole, left, inside, &mut again) {
            *archive = again;
            return read;
        }
    }
    Ok(())
}

/// Reads a tar archive of images, if it is one.
fn images(bytes: &[u8], left: u64, inside: &Keeper, archive: &mut Archive) -> Option<io::Result<()>> {
    let images = image::packed(bytes, inside)?;
    let read = tar::read(bytes, left, inside, archive, Some(&images.layers)).map(drop);
    archive.documents.extend(images.documents);
    archive.gaps.extend(images.gaps);
    Some(read)
}

impl Archive {
    /// One of which nothing is known but why.
    pub(super) fn unread(why: String) -> Content {
        Content::Archive(Box::new(Self {
            sha512: None,
            documents: Vec::new(),
            gaps: vec![why],
            is_part: false,
        }))
    }
}

impl Packed {
    /// By the first bytes of a file.
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        const UNREAD: [(&[u8], &str); 7] = [
            (b"7z\xbc\xaf\x27\x1c", "an archive of 7-Zip: not looked into"),
            (b"Rar!\x1a\x07", "an archive of RAR: not looked into"),
            (b"\xfd7zXZ\0", "compressed by xz: not looked into"),
            (b"BZh91AY&SY", "compressed by bzip2: not looked into"),
            (b"\x28\xb5\x2f\xfd", "compressed by zstd: not looked into"),
            (b"\xed\xab\xee\xdb", "a package of rpm: not looked into"),
            (b"!<arch>\ndebian-binary", "a package of dpkg: not looked into"),
        ];
        if head.starts_with(b"PK\x03\x04") {
            Some(Self::Zip)
        } else if head.starts_with(b"#!") || head.starts_with(b"PK\x07\x08") {
            Some(Self::Prefixed)
        } else if head.starts_with(b"\x1f\x8b\x08") {
            Some(Self::Gzip)
        } else if tar::is_header(head) {
            Some(Self::Tar)
        } else {
            UNREAD.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, why)| Self::Unread(why))
        }
    }

    /// Whether there are files in it: gzip compresses one alone, which may be a tarball, and most scripts are only that.
    pub(super) fn is_archive(self, bytes: &[u8]) -> bool {
        match self {
            Self::Gzip => {}
            Self::Prefixed => return zip::is_archive(bytes),
            Self::Zip | Self::Tar | Self::Unread(_) => return true,
        }
        let mut head = Vec::new();
        // What cannot be inflated is no tarball that anybody unpacks.
        let read = tar::inflated(bytes).take(HEAD as u64).read_to_end(&mut head);
        read.is_ok() && tar::is_header(&head)
    }
}

/// The folders at the root of an archive, as far as it matters.
#[derive(Default)]
struct Tops {
    first: Option<String>,
    has_several: bool,
    /// Whether a file counted by its path below one.
    has_below: bool,
}

impl Tops {
    /// By which path a file counts: its own, or that below the one folder in which npm, Python and Cargo pack.
    fn path(&mut self, name: &[u8], inside: &Keeper) -> Option<TreePath> {
        let path = entry_path(name)?;
        let split = path.as_str().split_once('/');
        let top = split.map_or("", |(top, _)| top);
        self.has_several |= top != self.first.get_or_insert_with(|| top.to_owned());
        if inside.wants(&path) {
            return Some(path);
        }
        let below = split.and_then(|(_, below)| TreePath::try_from(below).ok());
        match below.filter(|below| inside.wants(below)) {
            Some(below) => {
                self.has_below = true;
                Some(below)
            }
            None => Some(path),
        }
    }

    /// Whether a file counted by its path below one of several.
    fn is_part(&self) -> bool {
        self.has_below && self.has_several
    }
}

#[cfg(test)]
mod tests;
