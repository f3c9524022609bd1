//! The content of an entry, inflated and held against its stated size and checksum.

use std::io::{self, BufReader, Read};

use flate2::bufread::DeflateDecoder;
use rawzip::{ZipArchive, ZipArchiveEntryWayfinder, ZipEntry, ZipReader, ZipVerifier};

use super::damaged;
use super::raw::Positioned;
use crate::archive::ArchiveError;

/// Compressed bytes of an entry.
type Compressed<'a, 'f> = BufReader<ZipReader<&'a Positioned<'f>>>;

/// Reads one entry. Reading fails where size or checksum are not the stated ones.
pub(super) enum Inflated<'a, 'f> {
    Stored(ZipVerifier<Compressed<'a, 'f>>),
    Deflated(ZipVerifier<DeflateDecoder<Compressed<'a, 'f>>>),
}

impl<'a, 'f> Inflated<'a, 'f> {
    pub(super) fn new(
        archive: &'a ZipArchive<Positioned<'f>>,
        wayfinder: ZipArchiveEntryWayfinder,
        method: u16,
    ) -> Result<Self, ArchiveError> {
        let entry: ZipEntry<'a, Positioned<'f>> = archive.get_entry(wayfinder).map_err(damaged)?;
        let compressed = BufReader::with_capacity(32 << 10, entry.reader());
        Ok(if method == 0 {
            Self::Stored(entry.verifying_reader(compressed))
        } else {
            Self::Deflated(entry.verifying_reader(DeflateDecoder::new(compressed)))
        })
    }

    /// Checks, once everything was read, that the deflated stream took up all of its `compressed` bytes: what follows
    /// it is read by nobody, or by those who go by its end.
    pub(super) fn finish(self, compressed: u64) -> io::Result<()> {
        let taken = match self {
            Self::Stored(_) => compressed,
            Self::Deflated(reader) => reader.into_inner().total_in(),
        };
        if taken == compressed {
            return Ok(());
        }
        Err(io::Error::new(io::ErrorKind::InvalidData, "data follows the deflated content"))
    }
}

impl Read for Inflated<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Stored(reader) => reader.read(out),
            Self::Deflated(reader) => reader.read(out),
        }
    }
}
