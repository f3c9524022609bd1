//! Fixed records of a zip archive as they stand in the file: what the parser resolves or leaves out, and readers differ
//! in.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

/// One fixed record of `N` bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record<const N: usize>([u8; N]);

impl<const N: usize> Record<N> {
    /// Reads the record at `offset`.
    pub(super) fn at(file: &File, offset: u64) -> io::Result<Self> {
        let mut bytes = [0; N];
        file.read_exact_at(&mut bytes, offset)?;
        Ok(Self(bytes))
    }

    pub(super) fn starts_with(&self, signature: &[u8]) -> bool {
        self.0.starts_with(signature)
    }

    pub(super) fn u16(&self, at: usize) -> u16 {
        u16::from_le_bytes(self.bytes(at))
    }

    pub(super) fn u32(&self, at: usize) -> u32 {
        u32::from_le_bytes(self.bytes(at))
    }

    pub(super) fn u64(&self, at: usize) -> u64 {
        u64::from_le_bytes(self.bytes(at))
    }

    /// `at` is a constant of the format: what lies outside reads as zeros in no record that there is.
    fn bytes<const M: usize>(&self, at: usize) -> [u8; M] {
        let mut out = [0; M];
        if let Some(bytes) = self.0.get(at..at + M) {
            out.copy_from_slice(bytes);
        }
        out
    }
}

/// Positioned reads on the handle that is hashed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Positioned<'f>(pub(super) &'f File);

impl rawzip::ReaderAt for Positioned<'_> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        loop {
            match self.0.read_at(buffer, offset) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => return other,
            }
        }
    }
}
