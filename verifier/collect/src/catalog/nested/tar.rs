//! Tarballs.

use std::collections::BTreeSet;
use std::io::{self, BufReader, Read};

use flate2::bufread::MultiGzDecoder;

use super::{Archive, Tops};
use crate::archive::is_tar_header;
use crate::catalog::{Bounded, Keeper, each_entry};

/// What lies in an image that was packed.
const IMAGE: [&[u8]; 2] = [b"oci-layout", b"index.json"];

/// Whether a file that begins so is a tar archive.
pub(super) fn is_header(head: &[u8]) -> bool {
    head.first_chunk().is_some_and(is_tar_header)
}

/// What gzip compressed to `bytes`.
pub(super) fn inflated(bytes: &[u8]) -> impl Read {
    BufReader::new(MultiGzDecoder::new(bytes))
}

/// Reads every entry, also behind blocks of zeros: npm does. Of an image not those that are its `layers`.
pub(super) fn read(
    bytes: impl Read,
    left: u64,
    inside: &Keeper,
    archive: &mut Archive,
    layers: Option<&BTreeSet<String>>,
) -> io::Result<()> {
    let budget = inside.budget();
    let mut is_image = [false; 2];
    let mut tops = Tops::default();
    let read = each_entry(Bounded::new(bytes, left, budget), true, |entry| {
        budget.take_entry()?;
        let name = entry.path_bytes().into_owned();
        budget.take_name(name.len())?;
        for (found, mark) in is_image.iter_mut().zip(IMAGE) {
            *found |= name.strip_prefix(b"./").unwrap_or(&name) == mark;
        }
        if let Some(layers) = layers {
            let name = str::from_utf8(name.strip_prefix(b"./").unwrap_or(&name)).unwrap_or_default();
            if layers.contains(name) {
                return Ok(());
            }
        } else if is_image == [true; 2] {
            is_image = [false; 2];
            archive.gaps.push("an image: what one of its layers takes away is listed as well".to_owned());
        }
        let kind = entry.header().entry_type();
        // Links say again what stands elsewhere, and folders nothing.
        if kind.is_dir() {
            return Ok(());
        }
        if let Some(path) = tops.path(&name, inside).filter(|_| kind.is_file()) {
            archive.documents.extend(inside.document(path, entry, &mut archive.gaps)?);
        }
        Ok(())
    });
    archive.is_part = tops.is_part();
    read
}
