//! Zip archives.

use std::io::{self, Read};

use flate2::bufread::DeflateDecoder;
use mcpsign_schemas::untrusted::escape;
use rawzip::{ZipArchive, ZipFileHeaderRecord, ZipSliceArchive};

use super::{Archive, Tops};
use crate::catalog::{Bounded, Keeper};

/// Stored, deflated.
const METHODS: [u16; 2] = [0, 8];

/// Whether there is an archive, whatever stands before it.
pub(super) fn is_archive(bytes: &[u8]) -> bool {
    ZipArchive::from_slice(bytes).is_ok()
}

/// Reads every entry that the directory lists; what it does not list no installer unpacks.
pub(super) fn read(bytes: &[u8], left: u64, inside: &Keeper, archive: &mut Archive) -> io::Result<()> {
    let budget = inside.budget();
    let mut left = left;
    let mut tops = Tops::default();
    let listed = ZipArchive::from_slice(bytes).map_err(io::Error::other)?;
    let mut records = listed.entries();
    let mut unread: Option<(String, usize)> = None;
    while let Some(record) = records.next_entry().map_err(io::Error::other)? {
        budget.take_entry()?;
        let name = record.file_path().as_bytes().to_vec();
        budget.take_name(name.len())?;
        if record.is_dir() {
            continue;
        }
        let Some(path) = tops.path(&name, inside) else { continue };
        if !METHODS.contains(&record.compression_method().as_u16()) || record.flags().is_encrypted() {
            unread.get_or_insert_with(|| (escape(path.as_str()), 0)).1 += 1;
            continue;
        }
        let mut content = Bounded::new(content(&listed, &record)?, left, budget);
        let document = inside.document(path, &mut content, &mut archive.gaps);
        left = content.left();
        archive.documents.extend(document?);
    }
    archive.is_part = tops.is_part();
    if let Some((first, count)) = unread {
        archive.gaps.push(format!(
            "{count} of its files that are encrypted or packed in another way, the first `{first}`"
        ));
    }
    Ok(())
}

/// The content of an entry, held against its stated size and checksum.
fn content<'a>(
    listed: &'a ZipSliceArchive<&'a [u8]>,
    record: &ZipFileHeaderRecord<'_>,
) -> io::Result<Box<dyn Read + 'a>> {
    let entry = listed.get_entry(record.wayfinder()).map_err(io::Error::other)?;
    let data = entry.data();
    Ok(if record.compression_method().as_u16() == 0 {
        Box::new(entry.verifying_reader(data))
    } else {
        Box::new(entry.verifying_reader(DeflateDecoder::new(data)))
    })
}
