//! Reading at a position, held to digests: what was exchanged or damaged since the index was made is refused where it is
//! touched, without reading the rest.
//!
//! Blocks end where something ends that is read at once: it lies in one, which is hashed once and lent from then on.

use std::io;
use std::sync::OnceLock;

use mcpsign_schemas::advisory::snapshot::{SnapshotManifest, Span};
use mcpsign_schemas::digest::Sha256Digest;

use super::IndexError;
use super::file::{MAGIC, begins, body};
use super::part::ROW;

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
    /// The bytes of `span`, which was written at once.
    ///
    /// # Errors
    /// When they are not there or not the right ones.
    fn read(&self, span: Span) -> Result<&[u8], IndexError>;

    /// The bytes of a whole part, for whoever keeps them.
    ///
    /// # Errors
    /// As [`Self::read`].
    fn copy(&self, part: Span) -> Result<Vec<u8>, IndexError>;
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
    fn read(&self, span: Span) -> Result<&[u8], IndexError> {
        let start = usize::try_from(span.offset).ok();
        let size = usize::try_from(span.size).ok();
        let found = start.zip(size).and_then(|(start, size)| self.get(start..start.checked_add(size)?));
        found.ok_or(IndexError::Malformed)
    }

    fn copy(&self, part: Span) -> Result<Vec<u8>, IndexError> {
        self.read(part).map(<[u8]>::to_vec)
    }
}

/// A file of blocks, held to the table of their digests.
#[derive(Debug)]
pub struct Blocks<R> {
    source: R,
    /// Where each block ends, ascending.
    ends: Vec<u32>,
    table: Vec<u8>,
    /// What was read before, and held to its digest.
    kept: Vec<OnceLock<Box<[u8]>>>,
}

impl<R: ReadAt> Blocks<R> {
    /// Opens the index that `manifest` describes.
    ///
    /// # Errors
    /// When it is of another version, has another size than its parts and the table of their blocks, or another table.
    pub fn open(source: R, manifest: &SnapshotManifest) -> Result<Self, IndexError> {
        let other = IndexError::Digest("its size is none that an index has");
        let body = body(manifest).ok_or(other)?;
        Self::of(source, body, manifest.index.size, manifest.index.blocks_sha256)
    }

    /// Opens a source of `size` bytes, of which all from `body` on are the table that has the digest `table_sha256`.
    fn of(source: R, body: u64, size: u64, table_sha256: Sha256Digest) -> Result<Self, IndexError> {
        let mut magic = [0; MAGIC.len()];
        source.read_exact_at(&mut magic, 0)?;
        begins(&magic)?;
        let table = size.checked_sub(body).and_then(|size| usize::try_from(size).ok());
        let mut table = vec![0; table.ok_or(IndexError::Malformed)?];
        source.read_exact_at(&mut table, body)?;
        if Sha256Digest::of(&table) != table_sha256 {
            return Err(IndexError::Digest("the digests of its blocks are others"));
        }
        let rows = table.chunks(ROW);
        let ends: Option<Vec<u32>> = rows
            .map(|row| row.first_chunk().filter(|_| row.len() == ROW).copied().map(u32::from_le_bytes))
            .collect();
        let ends = ends.filter(|ends| ends.is_sorted_by(|one, next| one < next) && ends.first() > Some(&0));
        let ends = ends.filter(|ends| ends.last().is_some_and(|last| u64::from(*last) == body));
        let ends = ends.ok_or(IndexError::Malformed)?;
        let kept = std::iter::repeat_with(OnceLock::new).take(ends.len()).collect();
        Ok(Self { source, ends, table, kept })
    }

    /// The number of the block that has the byte at `offset`.
    fn number(&self, offset: u64) -> usize {
        self.ends.partition_point(|end| u64::from(*end) <= offset)
    }

    /// Where a block starts.
    fn start(&self, number: usize) -> u64 {
        number.checked_sub(1).and_then(|before| self.ends.get(before)).copied().map_or(0, u64::from)
    }

    /// The bytes of a block, held to its digest.
    fn verified(&self, number: usize) -> Result<Vec<u8>, IndexError> {
        let start = self.start(number);
        let end = self.ends.get(number).copied().map(u64::from).ok_or(IndexError::Malformed)?;
        let mut bytes = vec![0; usize::try_from(end - start).map_err(|_| IndexError::Malformed)?];
        self.source.read_exact_at(&mut bytes, start)?;
        let row = self.table.chunks(ROW).nth(number).and_then(|row| row.get(size_of::<u32>()..));
        if row != Some(Sha256Digest::of(&bytes).as_bytes()) {
            return Err(IndexError::Digest("a block of it is another"));
        }
        Ok(bytes)
    }

    /// The numbers of the blocks of a whole part.
    fn numbers(&self, part: Span) -> Result<std::ops::Range<usize>, IndexError> {
        let end = part.offset.checked_add(part.size).ok_or(IndexError::Malformed)?;
        let numbers = self.number(part.offset)..self.number(end);
        let is_whole = self.start(numbers.start) == part.offset && self.start(numbers.end) == end;
        if is_whole { Ok(numbers) } else { Err(IndexError::Malformed) }
    }

    /// Where the blocks of a whole part end, from its start on.
    pub(super) fn ends(&self, part: Span) -> Result<Vec<usize>, IndexError> {
        let ends = self.ends.get(self.numbers(part)?).unwrap_or_default();
        let ends = ends.iter().map(|end| usize::try_from(u64::from(*end) - part.offset).ok());
        ends.collect::<Option<_>>().ok_or(IndexError::Malformed)
    }
}

impl<R: ReadAt> Store for Blocks<R> {
    fn read(&self, span: Span) -> Result<&[u8], IndexError> {
        let number = self.number(span.offset);
        let kept = self.kept.get(number).ok_or(IndexError::Malformed)?;
        let block = match kept.get() {
            Some(block) => block,
            None => {
                let block = self.verified(number)?;
                // Whoever else read it meanwhile read the same.
                kept.get_or_init(|| block.into())
            }
        };
        let skipped = usize::try_from(span.offset - self.start(number)).ok();
        let size = usize::try_from(span.size).ok();
        let found =
            skipped.zip(size).and_then(|(skipped, size)| block.get(skipped..skipped.checked_add(size)?));
        found.ok_or(IndexError::Malformed)
    }

    fn copy(&self, part: Span) -> Result<Vec<u8>, IndexError> {
        let numbers = self.numbers(part)?;
        let mut bytes = Vec::with_capacity(usize::try_from(part.size).map_err(|_| IndexError::Malformed)?);
        for number in numbers {
            bytes.extend(self.verified(number)?);
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::super::part::{self, BLOCK, Part};
    use super::*;

    /// A file with a part of items of these sizes, and where each lies.
    fn file(sizes: &[usize]) -> (Vec<u8>, u64, Sha256Digest, Vec<Span>) {
        let mut part = Part::default();
        let mut spans = Vec::new();
        for (at, size) in sizes.iter().enumerate() {
            let item: Vec<u8> = (0..*size).map(|n| ((n + 7 * at) % 251) as u8).collect();
            let offset = part.push(&item) + MAGIC.len() as u64;
            spans.push(Span { offset, size: *size as u64 });
        }
        let body = [MAGIC.as_slice(), &part.bytes].concat();
        let ends = part.ends().map(|end| MAGIC.len() + end);
        let ends: Vec<u32> = std::iter::once(MAGIC.len()).chain(ends).map(|end| end as u32).collect();
        let table = part::table(&body, &ends);
        let digest = Sha256Digest::of(&table);
        let size = body.len() as u64;
        ([body, table].concat(), size, digest, spans)
    }

    fn open(bytes: &[u8], body: u64, digest: Sha256Digest) -> Result<Blocks<Vec<u8>>, IndexError> {
        Blocks::of(bytes.to_vec(), body, bytes.len() as u64, digest)
    }

    #[test]
    fn what_was_written_at_once_lies_in_one_block_and_is_read_as_it_was_written() {
        let sizes = [1, BLOCK - 2, 1, 1, 3 * BLOCK, 5, BLOCK, 700, 700];
        let (bytes, body, digest, spans) = file(&sizes);
        let blocks = open(&bytes, body, digest).unwrap();
        // The magic, and the rest by what fits.
        assert_eq!(blocks.ends.len(), 1 + 7);
        for span in &spans {
            let (start, size) = (span.offset as usize, span.size as usize);
            for _ in 0..2 {
                assert_eq!(blocks.read(*span).unwrap(), &bytes[start..start + size], "{span:?}");
            }
        }
        let whole = Span { offset: MAGIC.len() as u64, size: body - MAGIC.len() as u64 };
        assert_eq!(blocks.copy(whole).unwrap(), &bytes[MAGIC.len()..body as usize]);
        assert_eq!(blocks.ends(whole).unwrap().last(), Some(&(whole.size as usize)));
        for beyond in [
            Span { offset: 0, size: 9 },
            Span { offset: body - 1, size: 2 },
            Span { offset: body, size: 1 },
            Span { offset: u64::MAX, size: 2 },
            Span { offset: 8, size: u64::MAX },
        ] {
            assert_eq!(blocks.read(beyond), Err(IndexError::Malformed), "{beyond:?}");
            assert_eq!(blocks.copy(beyond), Err(IndexError::Malformed), "{beyond:?}");
        }
    }

    #[test]
    fn every_flipped_bit_and_every_missing_byte_is_noticed_where_it_is_read() {
        let (bytes, body, digest, spans) = file(&[100, 1000, 1200, 30, 20]);
        let read = |bytes: &[u8]| {
            let blocks = open(bytes, body, digest)?;
            blocks.copy(Span { offset: 0, size: MAGIC.len() as u64 })?;
            spans.iter().try_for_each(|span| blocks.read(*span).map(drop))
        };
        read(&bytes).unwrap();
        for at in 0..bytes.len() {
            let mut bent = bytes.clone();
            bent[at] ^= 1;
            let expected = |error: &IndexError| match error {
                IndexError::Version => at == MAGIC.len() - 1,
                IndexError::Digest(_) => true,
                _ => false,
            };
            assert!(read(&bent).is_err_and(|error| expected(&error)), "{at}");
        }
        for size in 0..bytes.len() {
            assert!(read(&bytes[..size]).is_err(), "{size}");
        }
        assert!(read(&[bytes, vec![0]].concat()).is_err());
    }

    #[test]
    fn tables_that_nobody_would_write_are_malformed() {
        let row = |end: u32, of: &[u8]| [&end.to_le_bytes()[..], Sha256Digest::of(of).as_bytes()].concat();
        let body = [MAGIC.as_slice(), b"abc"].concat();
        for table in [
            [row(8, MAGIC), row(10, b"ab")].concat(),
            [row(8, MAGIC), row(8, b""), row(11, b"abc")].concat(),
            [row(8, MAGIC), row(12, b"abc")].concat(),
            [row(0, b""), row(11, &body)].concat(),
            row(11, &body)[..35].to_vec(),
            [row(11, &body), vec![0; 5]].concat(),
            Vec::new(),
        ] {
            let opened = open(&[body.clone(), table.clone()].concat(), 11, Sha256Digest::of(&table));
            assert_eq!(opened.map(drop), Err(IndexError::Malformed), "{table:?}");
        }
        let table = row(11, &body);
        assert!(open(&[body, table.clone()].concat(), 11, Sha256Digest::of(&table)).is_ok());
    }
}
