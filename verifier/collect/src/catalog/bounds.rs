//! What archives may take of which nothing is refused: layers of images, archives in an artifact.

use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use mcpsign_schemas::tree::TreePath;

/// Bytes of files in archives that are kept.
const MAX_KEPT: u64 = 256 << 20;

/// What all archives of one kind in an artifact have together. They are read side by side: whether they go beyond it does not
/// depend on which is read first.
#[derive(Debug)]
pub(crate) struct Budget {
    entries: AtomicU64,
    names: AtomicU64,
    inflated: AtomicU64,
    kept: AtomicU64,
    exhausted: AtomicBool,
}

impl Budget {
    /// Entries, bytes of their names, and bytes that they inflate to.
    pub(crate) const fn new(entries: u64, names: u64, inflated: u64) -> Self {
        Self {
            entries: AtomicU64::new(entries),
            names: AtomicU64::new(names),
            inflated: AtomicU64::new(inflated),
            kept: AtomicU64::new(MAX_KEPT),
            exhausted: AtomicBool::new(false),
        }
    }

    /// The same with so many bytes that are kept.
    #[cfg(test)]
    pub(crate) fn keeping(self, bytes: u64) -> Self {
        Self { kept: AtomicU64::new(bytes), ..self }
    }

    /// Whether something asked for more than is left.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.exhausted.load(Ordering::Relaxed)
    }

    /// One entry.
    pub(crate) fn take_entry(&self) -> io::Result<()> {
        self.take(&self.entries, 1)
    }

    /// A name of so many bytes.
    pub(crate) fn take_name(&self, bytes: usize) -> io::Result<()> {
        self.take(&self.names, bytes as u64)
    }

    /// So many bytes that are kept.
    pub(crate) fn take_kept(&self, bytes: usize) -> io::Result<()> {
        self.take(&self.kept, bytes as u64)
    }

    /// Leaves nothing to anybody.
    pub(crate) fn exhaust(&self) {
        self.exhausted.store(true, Ordering::Relaxed);
    }

    fn take(&self, left: &AtomicU64, amount: u64) -> io::Result<()> {
        let taken = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(amount));
        if taken.is_err() {
            self.exhaust();
        }
        if self.is_exhausted() { Err(io::Error::other("more than is read")) } else { Ok(()) }
    }
}

/// Stops an archive that inflates to more than any real one does.
pub(crate) struct Bounded<'b, R> {
    inner: R,
    left: u64,
    budget: &'b Budget,
}

impl<'b, R> Bounded<'b, R> {
    /// `left` bytes at the most, and none that `budget` does not have.
    pub(crate) const fn new(inner: R, left: u64, budget: &'b Budget) -> Self {
        Self { inner, left, budget }
    }

    /// How many bytes are left to it.
    pub(crate) const fn left(&self) -> u64 {
        self.left
    }
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(out)?;
        self.left = self
            .left
            .checked_sub(length as u64)
            .ok_or_else(|| io::Error::other("it inflates to too much"))?;
        self.budget.take(&self.budget.inflated, length as u64)?;
        Ok(length)
    }
}

/// The path of an entry; `None` for what no tree may have, which no cataloger reads.
pub(crate) fn entry_path(name: &[u8]) -> Option<TreePath> {
    let name = name.strip_prefix(b"./").unwrap_or(name);
    let name = name.strip_prefix(b"/").unwrap_or(name);
    TreePath::try_from(name.strip_suffix(b"/").unwrap_or(name)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_inflates_to_too_much_is_stopped() {
        let budget = Budget::new(1, 3, 4);
        let mut bounded = Bounded::new(&b"abc"[..], 2, &budget);
        let error = bounded.read_to_end(&mut Vec::new()).unwrap_err();
        assert_eq!((error.to_string().as_str(), budget.is_exhausted()), ("it inflates to too much", false));
        assert!(budget.take_entry().is_ok() && budget.take_name(3).is_ok() && !budget.is_exhausted());
        let mut bounded = Bounded::new(&b"abcde"[..], 9, &budget);
        let error = bounded.read_to_end(&mut Vec::new()).unwrap_err();
        assert_eq!((error.to_string().as_str(), budget.is_exhausted()), ("more than is read", true));
        // Then for everybody.
        assert!(budget.take_name(0).is_err());
    }
}
