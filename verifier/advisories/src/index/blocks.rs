//! Reading at a position, held to digests: what was exchanged or damaged since the index was made is refused where it is
//! touched, without reading the rest.

use std::borrow::Cow;
use std::io;
use std::sync::OnceLock;

use mcpsign_schemas::advisory::snapshot::Span;
use mcpsign_schemas::digest::Sha256Digest;

use super::IndexError;

/// Bytes of one block. Small, since each touched one is hashed: the entries of most packages have under 200 bytes.
pub(super) const BLOCK: u64 = 1024;
const DIGEST: u64 = 32;
/// Blocks of a span at the most that are kept once they were read: a package and its records have a few, a list of names
/// hundreds, and whoever reads that keeps it.
const KEPT: u64 = 16;

/// Something that can be read at any position: a file, or memory.
pub trait ReadAt {
    /// Fills `buffer` from `offset` on.
    ///
    /// # Errors
    /// When there are fewer bytes, or they cannot be read.
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;
}

/// Where an index's bytes come from.
pub trait Store {
    /// The bytes of `span`.
    ///
    /// # Errors
    /// When they are not there or not the right ones.
    fn read(&self, span: Span) -> Result<Cow<'_, [u8]>, IndexError>;
}

impl ReadAt for [u8] {
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let start = usize::try_from(offset).ok();
        let found = start.and_then(|start| self.get(start..start.checked_add(buffer.len())?));
        buffer.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}

impl ReadAt for Vec<u8> {
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.as_slice().read_exact_at(buffer, offset)
    }
}

/// Memory that nobody else writes to.
impl Store for Vec<u8> {
    fn read(&self, span: Span) -> Result<Cow<'_, [u8]>, IndexError> {
        let start = usize::try_from(span.offset).ok();
        let size = usize::try_from(span.size).ok();
        let found = start.zip(size).and_then(|(start, size)| self.get(start..start.checked_add(size)?));
        found.map(Cow::Borrowed).ok_or(IndexError::Malformed)
    }
}

/// A file of blocks, held to the table of their digests.
#[derive(Debug)]
pub struct Blocks<R> {
    source: R,
    /// Bytes before the table.
    size: u64,
    table: Vec<u8>,
    /// What was read before, and held to its digest.
    kept: Vec<OnceLock<Box<[u8]>>>,
}

impl<R: ReadAt> Blocks<R> {
    /// Opens a source of `size` bytes whose table has the digest `table_sha256`.
    ///
    /// # Errors
    /// When it has another size than its blocks and their table, or another table.
    pub fn open(source: R, size: u64, table_sha256: Sha256Digest) -> Result<Self, IndexError> {
        let blocks = blocks_of_file(size).ok_or(IndexError::Digest("its size is none that an index has"))?;
        let mut table = vec![0; usize::try_from(blocks * DIGEST).map_err(|_| IndexError::Malformed)?];
        let body = size - blocks * DIGEST;
        source.read_exact_at(&mut table, body)?;
        if Sha256Digest::of(&table) != table_sha256 {
            return Err(IndexError::Digest("the digests of its blocks are others"));
        }
        let kept = std::iter::repeat_with(OnceLock::new).take(table.len() / DIGEST as usize).collect();
        Ok(Self { source, size: body, table, kept })
    }

    /// The bytes of the blocks from `start` to `stop`, each held to its digest.
    fn verified(&self, start: u64, stop: u64) -> Result<Vec<u8>, IndexError> {
        let mut bytes = vec![0; usize::try_from(stop - start).map_err(|_| IndexError::Malformed)?];
        self.source.read_exact_at(&mut bytes, start)?;
        let first = usize::try_from(start / BLOCK).map_err(|_| IndexError::Malformed)?;
        let digests = self.table.chunks_exact(DIGEST as usize).skip(first);
        let mut blocks = bytes.chunks(BLOCK as usize).zip(digests);
        if !blocks.all(|(block, digest)| Sha256Digest::of(block).as_bytes() == digest) {
            return Err(IndexError::Digest("a block of it is another"));
        }
        Ok(bytes)
    }

    /// One block, read once.
    fn block(&self, number: u64) -> Result<&[u8], IndexError> {
        let kept = usize::try_from(number).ok().and_then(|number| self.kept.get(number));
        let kept = kept.ok_or(IndexError::Malformed)?;
        if let Some(block) = kept.get() {
            return Ok(block);
        }
        let start = number * BLOCK;
        let block = self.verified(start, (start + BLOCK).min(self.size))?;
        // Whoever else read it meanwhile read the same.
        Ok(kept.get_or_init(|| block.into()))
    }
}

impl<R: ReadAt> Store for Blocks<R> {
    fn read(&self, span: Span) -> Result<Cow<'_, [u8]>, IndexError> {
        let end = span.offset.checked_add(span.size).filter(|end| *end <= self.size);
        let end = end.ok_or(IndexError::Malformed)?;
        let (first, last) = (span.offset / BLOCK, end.div_ceil(BLOCK));
        let skipped = usize::try_from(span.offset % BLOCK).map_err(|_| IndexError::Malformed)?;
        let size = usize::try_from(span.size).map_err(|_| IndexError::Malformed)?;
        if last == first + 1 {
            let block = self.block(first)?.get(skipped..skipped + size);
            return block.map(Cow::Borrowed).ok_or(IndexError::Malformed);
        }
        if last.saturating_sub(first) > KEPT {
            let mut bytes = self.verified(first * BLOCK, (last * BLOCK).min(self.size))?;
            bytes.drain(..skipped);
            bytes.truncate(size);
            return Ok(bytes.into());
        }
        let mut bytes = Vec::with_capacity(size);
        let mut skipped = skipped;
        for number in first..last {
            let block = self.block(number)?.get(skipped..).unwrap_or_default();
            bytes.extend_from_slice(&block[..block.len().min(size - bytes.len())]);
            skipped = 0;
        }
        Ok(bytes.into())
    }
}

/// The table of `body`'s blocks.
pub(super) fn table(body: &[u8]) -> Vec<u8> {
    body.chunks(BLOCK as usize).flat_map(|block| *Sha256Digest::of(block).as_bytes()).collect()
}

/// Bytes before the table, of a file of `size` bytes.
pub(super) fn body(size: u64) -> Option<u64> {
    size.checked_sub(blocks_of_file(size)? * DIGEST)
}

/// How many blocks a file of `size` bytes has, table included: the one number that fits.
fn blocks_of_file(size: u64) -> Option<u64> {
    let blocks = size.div_ceil(BLOCK + DIGEST);
    let body = size.checked_sub(blocks * DIGEST)?;
    (body > 0 && body.div_ceil(BLOCK) == blocks).then_some(blocks)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(size: usize) -> (Vec<u8>, Sha256Digest) {
        let body: Vec<u8> = (0..size).map(|n| (n % 251) as u8).collect();
        let table = table(&body);
        let digest = Sha256Digest::of(&table);
        ([body, table].concat(), digest)
    }

    #[test]
    fn every_part_is_read_as_it_was_written() {
        for size in [1, 1023, 1024, 1025, 5000] {
            let (bytes, digest) = file(size);
            let blocks = Blocks::open(bytes.clone(), bytes.len() as u64, digest).unwrap();
            for (offset, length) in [(0, size), (size - 1, 1), (size / 2, size / 3), (0, 0), (size, 0)] {
                let span = Span { offset: offset as u64, size: length as u64 };
                assert_eq!(*blocks.read(span).unwrap(), bytes[offset..offset + length], "{size}: {span:?}");
            }
            let beyond = Span { offset: 0, size: size as u64 + 1 };
            assert_eq!(blocks.read(beyond), Err(IndexError::Malformed));
            let beyond = Span { offset: u64::MAX, size: 2 };
            assert_eq!(blocks.read(beyond), Err(IndexError::Malformed));
        }
    }

    #[test]
    fn every_flipped_bit_and_every_missing_byte_is_noticed_where_it_is_read() {
        let (bytes, digest) = file(2500);
        let all = Span { offset: 0, size: 2500 };
        for at in 0..bytes.len() {
            let mut bent = bytes.clone();
            bent[at] ^= 1;
            let read =
                Blocks::open(bent, bytes.len() as u64, digest).and_then(|blocks| blocks.read(all).map(drop));
            assert!(matches!(read, Err(IndexError::Digest(_))), "{at}");
        }
        for size in 0..bytes.len() {
            let cut = bytes[..size].to_vec();
            assert!(Blocks::open(cut.clone(), size as u64, digest).is_err(), "{size}");
            assert!(Blocks::open(cut, bytes.len() as u64, digest).is_err(), "{size}");
        }
        let longer = [bytes, vec![0]].concat();
        assert!(Blocks::open(longer, 2500 + 3 * 32 + 1, digest).is_err());
    }
}
