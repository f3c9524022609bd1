//! Tarballs.

use std::collections::BTreeSet;
use std::io::{self, BufReader, Read};

use flate2::bufread::MultiGzDecoder;

use super::{Archive, Tops};
use crate::archive::is_tar_header;
use crate::catalog::{Bounded, Keeper, each_entry};
use crate::image::Marks;

/// Whether a file that begins so is a tar archive.
pub(super) fn is_header(head: &[u8]) -> bool {
    head.first_chunk().is_some_and(is_tar_header)
}

/// What gzip compressed to `bytes`.
pub(super) fn inflated(bytes: &[u8]) -> impl Read {
    BufReader::new(MultiGzDecoder::new(bytes))
}

/// All that gzip compressed to `bytes`, where that is no more than `limit`.
pub(super) fn whole(bytes: &[u8], limit: u64, inside: &Keeper) -> io::Result<Vec<u8>> {
    let mut whole = Vec::new();
    Bounded::new(inflated(bytes), limit, inside.budget()).read_to_end(&mut whole)?;
    Ok(whole)
}

/// Reads every entry, also behind blocks of zeros: npm does. Of an image not those that are its `layers`; whether there is one of
/// which nobody said which these are.
pub(super) fn read(
    bytes: impl Read,
    left: u64,
    inside: &Keeper,
    archive: &mut Archive,
    layers: Option<&BTreeSet<String>>,
) -> io::Result<bool> {
    let budget = inside.budget();
    let mut marks = Marks::default();
    let mut tops = Tops::default();
    let read = each_entry(Bounded::new(bytes, left, budget), true, |entry| {
        budget.take_entry()?;
        let name = entry.path_bytes().into_owned();
        budget.take_name(name.len())?;
        marks.see(&name);
        if let Some(layers) = layers {
            let name = str::from_utf8(name.strip_prefix(b"./").unwrap_or(&name)).unwrap_or_default();
            if layers.contains(name) {
                return Ok(());
            }
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
    let is_image = layers.is_none() && marks.are_there();
    if is_image {
        archive.gaps.push("an image: what one of its layers takes away is listed as well".to_owned());
    }
    read.map(|()| is_image)
}
