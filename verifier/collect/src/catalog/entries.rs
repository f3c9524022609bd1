//! Entries of tarballs of which nothing is refused, whatever stands between them.

use std::cell::Cell;
use std::io::{self, Read};

/// Bytes between the content of one entry and that of the next: its header, extended headers before it, zeros. GNU tar takes a
/// megabyte for each of these too. The `tar` crate holds them in memory.
const MAX_BETWEEN: u64 = 4 << 20;

/// Calls `each` with every entry of the tarball that `reader` gives. Whether what follows a block of zeros counts `beyond_zeros`
/// says: npm reads on, container engines do not.
pub(crate) fn each_entry<R: Read>(
    reader: R,
    beyond_zeros: bool,
    mut each: impl FnMut(&mut tar::Entry<'_, Leashed<'_, R>>) -> io::Result<()>,
) -> io::Result<()> {
    let left = Cell::new(Some(MAX_BETWEEN));
    let mut archive = tar::Archive::new(Leashed { inner: reader, left: &left });
    archive.set_ignore_zeros(beyond_zeros);
    for entry in archive.entries()? {
        let mut entry = entry?;
        left.set(None);
        each(&mut entry)?;
        left.set(Some(to_next(&mut entry)?));
    }
    Ok(())
}

/// Passes over what is left of an entry; how many bytes may then be read until the next one begins.
fn to_next(entry: &mut tar::Entry<'_, impl Read>) -> io::Result<u64> {
    if !entry.header().entry_type().is_gnu_sparse() {
        io::copy(entry, &mut io::sink())?;
        return Ok(MAX_BETWEEN);
    }
    // It reads as so many zeros that nobody waits for them, so the next step passes over its bytes.
    if entry.pax_extensions()?.is_some() {
        return Err(io::Error::other("a sparse file in two forms"));
    }
    Ok(entry.header().entry_size()?.saturating_add(MAX_BETWEEN))
}

/// A reader that stops where too much stands between two entries.
pub(crate) struct Leashed<'l, R> {
    inner: R,
    /// Bytes until the next entry must begin; within one `None`.
    left: &'l Cell<Option<u64>>,
}

impl<R: Read> Read for Leashed<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(out)?;
        if let Some(left) = self.left.get() {
            let left = left.checked_sub(length as u64);
            self.left.set(Some(left.ok_or_else(|| io::Error::other("a name too long to be read"))?));
        }
        Ok(length)
    }
}
