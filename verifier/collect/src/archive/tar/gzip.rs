//! Inflating within bounds.

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;

use crate::archive::HashingReader;

/// Bytes that any archive may inflate to, whatever its size.
const FLOOR: u64 = 64 << 20;

/// Inflated size over size from which an archive is a bomb: PyPI's rule, with [`FLOOR`]. Release tarballs stay
/// below 10.
const MAX_RATIO: u64 = 50;

/// Bytes that no archive may inflate to. npm's registry takes no package near this size; reading it at inflate's
/// speed takes some ten seconds.
const CEILING: u64 = 4 << 30;

/// What an archive of `size` bytes may inflate to.
pub(in crate::archive) fn budget(size: u64) -> u64 {
    size.saturating_mul(MAX_RATIO).clamp(FLOOR, CEILING)
}

/// Whether the stream starts like gzip with deflate.
pub(in crate::archive) fn is_gzip(reader: &mut HashingReader) -> bool {
    reader.fill_buf().is_ok_and(|start| start.starts_with(&[0x1f, 0x8b, 8]))
}

/// The first gzip member, up to a budget.
pub(super) struct Inflated<'r> {
    decoder: GzDecoder<&'r mut HashingReader>,
    left: u64,
    over: bool,
    broken: bool,
}

impl<'r> Inflated<'r> {
    pub(super) fn new(reader: &'r mut HashingReader, budget: u64) -> Self {
        Self { decoder: GzDecoder::new(reader), left: budget, over: false, broken: false }
    }

    /// Whether reading stopped because of the budget.
    pub(super) const fn is_over_budget(&self) -> bool {
        self.over
    }

    /// Whether reading stopped because the stream is damaged or cut off.
    pub(super) const fn is_broken(&self) -> bool {
        self.broken
    }

    /// Whether bytes follow the member. To be asked at its end.
    pub(super) fn has_trailing_data(self) -> io::Result<bool> {
        Ok(!self.decoder.into_inner().fill_buf()?.is_empty())
    }
}

impl Read for Inflated<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let length = self.decoder.read(out).inspect_err(|_| self.broken = true)?;
        match self.left.checked_sub(length as u64) {
            Some(left) => self.left = left,
            None => {
                self.over = true;
                return Err(io::Error::other("over budget"));
            }
        }
        Ok(length)
    }
}
