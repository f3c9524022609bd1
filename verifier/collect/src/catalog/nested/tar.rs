//! Tarballs.

use std::io::{self, BufReader, Read};

use flate2::bufread::MultiGzDecoder;

use super::{Archive, path};
use crate::archive::is_tar_header;
use crate::catalog::{Bounded, Keeper, each_entry};

/// Whether a file that begins so is a tar archive.
pub(super) fn is_header(head: &[u8]) -> bool {
    head.first_chunk().is_some_and(is_tar_header)
}

/// What gzip compressed to `bytes`.
pub(super) fn inflated(bytes: &[u8]) -> impl Read {
    BufReader::new(MultiGzDecoder::new(bytes))
}

/// Reads every entry, also behind blocks of zeros: npm does.
pub(super) fn read(bytes: impl Read, left: u64, inside: &Keeper, archive: &mut Archive) -> io::Result<()> {
    let budget = inside.budget();
    each_entry(Bounded::new(bytes, left, budget), true, |entry| {
        budget.take_entry()?;
        let name = entry.path_bytes().into_owned();
        budget.take_name(name.len())?;
        let kind = entry.header().entry_type();
        // Links say again what stands elsewhere.
        if let Some(path) = path(&name, inside).filter(|_| kind.is_file()) {
            archive.documents.extend(inside.document(path, entry, &mut archive.gaps)?);
        }
        Ok(())
    })
}
