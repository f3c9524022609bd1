//! The central directory: every entry as it states it, judged by itself.

use std::collections::BTreeMap;
use std::fs::File;

use mcpsign_schemas::tree::{TreeError, TreePath};
use rawzip::{ZipArchive, ZipArchiveEntryWayfinder, ZipFileHeaderRecord};

use super::extra::{self, Sizes, Zip64};
use super::raw::{Positioned, Record};
use super::{ZipError, damaged, shown};
use crate::archive::ArchiveError;
use crate::archive::contents::{MAX_ENTRIES, MAX_NAME, MAX_NAMES};

/// Stored, deflated.
const METHODS: [u16; 2] = [0, 8];

/// Encryption: of content, strong, of the directory.
const ENCRYPTED: u16 = 1 | 1 << 6 | 1 << 13;
/// Sizes and checksum follow the content.
pub(super) const DESCRIPTOR: u16 = 1 << 3;
/// The name is UTF-8.
const UTF8: u16 = 1 << 11;
/// What may be set: the above, and how hard deflate tried.
const KNOWN: u16 = DESCRIPTOR | UTF8 | 1 << 1 | 1 << 2;

/// The types of a Unix mode.
const TYPE: u16 = 0o170_000;
const REGULAR: u16 = 0o100_000;
const FOLDER: u16 = 0o040_000;

/// An entry as the directory states it.
#[derive(Debug)]
pub(super) struct Entry {
    /// As it stands there.
    pub(super) name: Vec<u8>,
    pub(super) path: TreePath,
    pub(super) is_dir: bool,
    /// Its Unix mode; 0 where it has none.
    pub(super) mode: u16,
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) crc: u32,
    pub(super) compressed: u64,
    pub(super) inflated: u64,
    /// Where its local header starts.
    pub(super) header: u64,
    pub(super) wayfinder: ZipArchiveEntryWayfinder,
}

impl Entry {
    /// Whether pip and uv make it executable: a regular file with any execute bit.
    pub(super) const fn is_installed_executable(&self) -> bool {
        self.mode & TYPE == REGULAR && self.mode & 0o111 != 0
    }

    /// Whether `mcpb unpack` makes it executable for its owner: it sets the mode's bits, and packs no type.
    pub(super) const fn is_unpacked_executable(&self) -> bool {
        self.mode & 0o100 != 0
    }
}

/// The directory as far as it could be read.
#[derive(Debug, Default)]
pub(super) struct Directory {
    /// Those that break no rule.
    pub(super) entries: Vec<Entry>,
    /// Number of all of them.
    pub(super) count: u64,
    /// Where the last of them ends.
    pub(super) end: u64,
    /// The first rule broken. Reading goes on: whether the archive claims to be a package decides whether it matters.
    pub(super) violation: Option<ArchiveError>,
    /// Folders at the top called `….dist-info`, in whatever case, and the files that make a wheel among theirs.
    pub(super) dist_infos: BTreeMap<Vec<u8>, usize>,
    /// The entry `manifest.json`.
    pub(super) manifest: Option<(ZipArchiveEntryWayfinder, u16)>,
}

/// Reads the directory that `archive` found.
pub(super) fn read(file: &File, archive: &ZipArchive<Positioned<'_>>) -> Directory {
    let mut directory = Directory { end: archive.directory_offset(), ..Directory::default() };
    if let Err(error) = directory.walk(file, archive) {
        directory.violation.get_or_insert(error);
    }
    directory
}

impl Directory {
    fn walk(&mut self, file: &File, archive: &ZipArchive<Positioned<'_>>) -> Result<(), ArchiveError> {
        let mut buffer = vec![0; rawzip::MAX_CENTRAL_DIRECTORY_RECORD_SIZE];
        let mut records = archive.entries(&mut buffer);
        let mut names = 0;
        while let Some(record) = records.next_entry().map_err(damaged)? {
            if self.count == MAX_ENTRIES as u64 {
                return Err(ArchiveError::TooMany { limit: MAX_ENTRIES });
            }
            self.count += 1;
            names += record.file_path().len();
            if names > MAX_NAMES {
                return Err(ArchiveError::NamesTooLong { limit: MAX_NAMES });
            }
            self.claims(&record);
            let raw = Record::at(file, record.central_directory_offset()).map_err(ArchiveError::Damaged)?;
            self.end = record.central_directory_offset()
                + 46
                + u64::from(raw.u16(28))
                + u64::from(raw.u16(30))
                + u64::from(raw.u16(32));
            match judge(&record, &raw) {
                Ok(entry) => self.entries.push(entry),
                Err(violation) => {
                    self.violation.get_or_insert(violation);
                }
            }
        }
        Ok(())
    }

    /// Notes what makes an archive a package.
    fn claims(&mut self, record: &ZipFileHeaderRecord<'_>) {
        let name = record.file_path().as_bytes();
        if name == b"manifest.json" {
            self.manifest = Some((record.wayfinder(), record.compression_method().as_u16()));
        }
        let mut parts = name.splitn(2, |&b| b == b'/');
        let (Some(top), Some(below)) = (parts.next(), parts.next()) else { return };
        if top.to_ascii_lowercase().ends_with(b".dist-info") {
            let found = self.dist_infos.entry(top.to_vec()).or_default();
            *found += usize::from(matches!(below, b"METADATA" | b"WHEEL" | b"RECORD"));
        }
    }
}

fn judge(record: &ZipFileHeaderRecord<'_>, raw: &Record<46>) -> Result<Entry, ArchiveError> {
    let name = record.file_path().as_bytes();
    if name.len() > MAX_NAME {
        return Err(ArchiveError::NameTooLong { limit: MAX_NAME });
    }
    let flags = raw.u16(8);
    let method = raw.u16(10);
    if flags & ENCRYPTED != 0 {
        return Err(ZipError::Encrypted { name: shown(name) }.into());
    }
    if flags & !KNOWN != 0 {
        return Err(ZipError::Flags { name: shown(name), flags }.into());
    }
    if !METHODS.contains(&method) {
        return Err(ZipError::Method { name: shown(name), method }.into());
    }
    if raw.u16(34) != 0 {
        return Err(ZipError::MultiDisk.into());
    }
    if raw.u16(32) != 0 {
        return Err(ZipError::Comment.into());
    }
    if !name.is_ascii() && flags & UTF8 == 0 {
        return Err(ZipError::NameEncoding { name: shown(name) }.into());
    }
    let sizes = Sizes {
        inflated: u64::from(raw.u32(24)),
        compressed: u64::from(raw.u32(20)),
        offset: Some(u64::from(raw.u32(42))),
        zip64: Zip64::Absent,
    };
    let extra = record.extra_fields();
    let refused = |what| ArchiveError::from(ZipError::Extra { name: shown(name), what });
    let sizes = extra::judge(extra.remaining_bytes(), name, sizes).map_err(refused)?;
    // The parser resolves them too; it is what reads the content.
    let (inflated, compressed) = (record.uncompressed_size_hint(), record.compressed_size_hint());
    let header = sizes.offset.unwrap_or(0);
    if (sizes.inflated, sizes.compressed) != (inflated, compressed) || record.local_header_offset() != header
    {
        return Err(ZipError::LeadingData.into());
    }
    let bare = name.strip_suffix(b"/");
    let is_dir = bare.is_some();
    let path = TreePath::try_from(bare.unwrap_or(name)).map_err(TreeError::from)?;
    if (is_dir && inflated != 0) || (method == 0 && inflated != compressed) {
        return Err(ArchiveError::Inconsistent { name: shown(name) });
    }
    // The upper half; the lower has the attributes of MS-DOS. It counts whatever system the archive says to come from:
    // installers do not ask.
    let mode = (record.external_attributes() >> 16) as u16;
    let expected = if is_dir { FOLDER } else { REGULAR };
    if mode & TYPE != 0 && mode & TYPE != expected {
        return Err(ZipError::EntryType { name: shown(name), mode }.into());
    }
    if mode & 0o6000 != 0 {
        return Err(ArchiveError::SetId { name: shown(name) });
    }
    Ok(Entry {
        name: name.to_vec(),
        path,
        is_dir,
        mode,
        flags,
        method,
        crc: raw.u32(16),
        compressed,
        inflated,
        header,
        wayfinder: record.wayfinder(),
    })
}
