//! OSV's archives: one record a file, read whole or refused.
//!
//! An archive that was cut or bent must not become one with fewer advisories. So every byte before its directory belongs to
//! an entry, directory and headers agree, and each entry inflates to its checksum.

use std::collections::HashSet;
use std::io::Read;

use flate2::bufread::DeflateDecoder;
use mcpsign_schemas::untrusted::escape;
use rawzip::{CompressionMethod, ZipArchive};

/// Records in one archive at the most: some eight times what npm has.
const MAX_RECORDS: u64 = 2_000_000;
/// Bytes of one record at the most. The largest of OSV are lists of a distribution's packages, of a few MiB.
const MAX_RECORD: u64 = 16 << 20;
/// Bytes of all records at the most, and times the archive's own size: text of this kind shrinks to a fifth.
const MAX_INFLATED: u64 = 16 << 30;
const MAX_RATIO: u64 = 100;
/// Bytes between an entry and the next at the most: a data descriptor, with four-byte or eight-byte sizes.
const DESCRIPTORS: [u64; 5] = [0, 12, 16, 20, 24];

/// Calls `record` with the name and the bytes of each.
///
/// # Errors
/// What is wrong with the archive.
pub(super) fn read(bytes: &[u8], mut record: impl FnMut(&str, &[u8])) -> Result<(), String> {
    let archive = ZipArchive::from_slice(bytes).map_err(|error| format!("no zip archive: {error}"))?;
    if archive.end_offset() != bytes.len() as u64 {
        return Err("data follows the archive".into());
    }
    let damaged = |error: rawzip::Error| format!("the archive is damaged: {error}");
    let mut spans = Vec::new();
    let mut names = HashSet::new();
    let mut left = MAX_INFLATED.min((bytes.len() as u64).saturating_mul(MAX_RATIO).max(MAX_RECORD));
    let mut content = Vec::new();
    let mut entries = archive.entries();
    while let Some(header) = entries.next_entry().map_err(damaged)? {
        let name = String::from_utf8_lossy(header.file_path().as_bytes()).into_owned();
        let refused = |why: &str| format!("`{}` {why}", escape(&name));
        if spans.len() as u64 == MAX_RECORDS {
            return Err(format!("more than {MAX_RECORDS} entries"));
        }
        let entry = archive.get_entry(header.wayfinder()).map_err(damaged)?;
        let local = entry.local_header();
        if local.file_path().as_bytes() != header.file_path().as_bytes() {
            return Err(refused("is called otherwise in its header"));
        }
        let (start, end) = entry.compressed_data_range();
        spans.push((header.local_header_offset(), start, end));
        if !names.insert(name.clone()) {
            return Err(refused("stands twice in the archive"));
        }
        if header.is_dir() {
            continue;
        }
        content.clear();
        let read = match header.compression_method() {
            CompressionMethod::STORE => {
                entry.verifying_reader(entry.data()).take(MAX_RECORD + 1).read_to_end(&mut content)
            }
            CompressionMethod::DEFLATE => {
                let inflated = DeflateDecoder::new(entry.data());
                entry.verifying_reader(inflated).take(MAX_RECORD + 1).read_to_end(&mut content)
            }
            _ => return Err(refused("is compressed by a method that is not read")),
        };
        let size = content.len() as u64;
        if size > MAX_RECORD {
            return Err(refused("is larger than any record"));
        }
        left = left.checked_sub(size).ok_or("its records are larger than an archive of that size has")?;
        read.map_err(|error| refused(&format!("is damaged: {error}")))?;
        record(&name, &content);
    }
    if spans.len() as u64 != archive.entries_hint() {
        return Err("it has another number of entries than it says".into());
    }
    tiled(spans, archive.directory_offset())
}

/// Whether the entries follow each other from the first byte to the directory.
fn tiled(mut spans: Vec<(u64, u64, u64)>, directory: u64) -> Result<(), String> {
    spans.sort_unstable();
    let nexts = spans.iter().skip(1).map(|(header, ..)| *header).chain([directory]);
    let mut at = 0;
    for ((header, _, end), next) in spans.iter().zip(nexts) {
        let gap = next.checked_sub(*end).filter(|gap| DESCRIPTORS.contains(gap));
        if *header != at || gap.is_none() {
            return Err(format!("its entries do not follow each other at byte {}", (*header).max(at)));
        }
        at = next;
    }
    if at == directory { Ok(()) } else { Err("data precedes its directory".into()) }
}
