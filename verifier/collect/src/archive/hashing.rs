//! A reader that hashes what passes through it: what is parsed is what is hashed.

use std::fs::File;
use std::io::{self, BufRead, Read};

use mcpsign_schemas::digest::{MeasuredDigests, Sha256Digest, Sha512Digest};
use sha2::{Digest as _, Sha256, Sha512};

use crate::tree::Buffer;

/// Bytes read at a time: large enough to make two digests side by side worth a second core.
const CHUNK: usize = 1 << 20;

/// From this many bytes on, the two digests of a chunk are computed on two cores: below, waking one takes longer.
const PARALLEL: usize = 64 << 10;

/// Reads a file and hashes every byte that it hands out, or ever will: bytes count as soon as they are buffered.
pub(crate) struct HashingReader {
    file: File,
    buffer: Buffer,
    /// What of `buffer` was not handed out yet.
    start: usize,
    end: usize,
    sha256: Sha256,
    sha512: Sha512,
    total: u64,
    /// An error of the file itself, which a decoder between here and the caller may have hidden.
    failed: Option<io::Error>,
}

impl HashingReader {
    pub(crate) fn new(file: File) -> Self {
        Self {
            file,
            buffer: Buffer::new(CHUNK),
            start: 0,
            end: 0,
            sha256: Sha256::new(),
            sha512: Sha512::new(),
            total: 0,
            failed: None,
        }
    }

    /// The file, for formats that are not read from start to end. What is read there is the file's as long as nobody
    /// writes to it, which the caller sees by its state before and after.
    pub(crate) const fn file(&self) -> &File {
        &self.file
    }

    /// Reads to the end of the file, at most to `limit` bytes more than a whole chunk, and gives the file back with
    /// the number of bytes and their digests.
    pub(crate) fn finish(mut self, limit: u64) -> io::Result<(File, u64, MeasuredDigests)> {
        while self.total <= limit {
            self.start = self.end;
            if self.fill_buf()?.is_empty() {
                break;
            }
        }
        if let Some(error) = self.failed {
            return Err(error);
        }
        let digests = MeasuredDigests {
            sha256: Sha256Digest::from_bytes(self.sha256.finalize().into()),
            sha512: Some(Sha512Digest::from_bytes(self.sha512.finalize().into())),
        };
        Ok((self.file, self.total, digests))
    }

    fn read_chunk(&mut self) -> io::Result<()> {
        let length = loop {
            match self.file.read(self.buffer.bytes_mut()) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        let chunk = &self.buffer.bytes()[..length];
        if length < PARALLEL {
            self.sha256.update(chunk);
            self.sha512.update(chunk);
        } else {
            rayon::join(|| self.sha256.update(chunk), || self.sha512.update(chunk));
        }
        (self.start, self.end) = (0, length);
        self.total += length as u64;
        Ok(())
    }
}

impl BufRead for HashingReader {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end
            && let Err(error) = self.read_chunk()
        {
            self.failed = Some(io::Error::from(error.kind()));
            return Err(error);
        }
        Ok(&self.buffer.bytes()[self.start..self.end])
    }

    fn consume(&mut self, amount: usize) {
        self.start = (self.start + amount).min(self.end);
    }
}

impl Read for HashingReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let length = available.len().min(out.len());
        out[..length].copy_from_slice(&available[..length]);
        self.consume(length);
        Ok(length)
    }
}
