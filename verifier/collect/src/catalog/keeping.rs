//! What is kept of a file while it is hashed, so that nothing is read twice.

use std::sync::atomic::{AtomicUsize, Ordering};

use mcpsign_schemas::tree::TreePath;

use super::{Content, is_wanted, program};

/// Bytes of all files that are kept of one artifact. A tree of 20,000 installed packages has 60 MB of package.json; the rest
/// is for programs and source maps. What is more is a known gap.
const MAX_TOTAL: usize = 384 << 20;

/// Decides which files of one artifact are kept.
pub(crate) struct Keeper {
    wants: Box<dyn Fn(&TreePath) -> bool + Send + Sync>,
    programs: bool,
    left: AtomicUsize,
}

impl Keeper {
    /// For catalogers: what some of them read, and programs that say what they were built from.
    pub(crate) fn of_catalogers() -> Self {
        Self { wants: Box::new(is_wanted), programs: true, left: AtomicUsize::new(MAX_TOTAL) }
    }

    /// Those that `wants` names.
    pub(crate) fn of(wants: impl Fn(&TreePath) -> bool + Send + Sync + 'static) -> Self {
        Self { wants: Box::new(wants), programs: false, left: AtomicUsize::new(MAX_TOTAL) }
    }

    /// Begins with a file.
    pub(crate) fn file(&self, path: &TreePath) -> Kept<'_> {
        let wanted = (self.wants)(path);
        Kept { keeper: self, wanted, taken: 0, content: wanted.then(Content::empty), first: true }
    }

    /// Takes `bytes` of what is left.
    fn take(&self, bytes: usize) -> bool {
        let taken =
            self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes));
        taken.is_ok()
    }
}

/// What is kept of one file.
pub(crate) struct Kept<'k> {
    keeper: &'k Keeper,
    /// Whether it is wanted by name; else as the program that it is.
    wanted: bool,
    taken: usize,
    content: Option<Content>,
    first: bool,
}

impl Kept<'_> {
    /// The next bytes of the file.
    pub(crate) fn push(&mut self, chunk: &[u8]) {
        if std::mem::take(&mut self.first)
            && !self.wanted
            && self.keeper.programs
            && program::is_program(chunk)
        {
            self.content = Some(Content::empty());
        }
        let Some(content) = &mut self.content else { return };
        if *content == Content::TooLarge {
            return;
        }
        if !self.keeper.take(chunk.len()) {
            *content = Content::TooLarge;
            return;
        }
        self.taken += chunk.len();
        content.push_within(if self.wanted { super::MAX_BYTES } else { program::MAX_BYTES }, chunk);
    }

    /// What catalogers get. Of programs those that tell something, and those that are too large to know.
    pub(crate) fn finish(mut self) -> Option<Content> {
        let content = self.content.take();
        let kept = content.filter(|content| match content {
            Content::Bytes(bytes) => self.wanted || program::tells(bytes),
            Content::TooLarge => true,
        });
        if !matches!(kept, Some(Content::Bytes(_))) {
            self.keeper.left.fetch_add(self.taken, Ordering::Relaxed);
        }
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_kept_by_name_or_as_programs() {
        let keeper = Keeper::of_catalogers();
        let kept = |path: &str, chunks: &[&[u8]]| {
            let mut kept = keeper.file(&TreePath::try_from(path).unwrap());
            chunks.iter().for_each(|chunk| kept.push(chunk));
            kept.finish()
        };
        assert_eq!(kept("package.json", &[b"{", b"}"]), Some(Content::Bytes(b"{}".to_vec())));
        assert_eq!(kept("server", &[b"\x7fELF", b"nothing"]), None);
        assert_eq!(kept("readme", &[b"x"]), None);
        assert_eq!(keeper.left.load(Ordering::Relaxed), MAX_TOTAL - 2);
        let none = Keeper::of(|_| false);
        let mut file = none.file(&TreePath::try_from("package.json").unwrap());
        file.push(b"{}");
        assert_eq!(file.finish(), None);
    }

    #[test]
    fn all_files_together_are_bounded() {
        let keeper = Keeper { wants: Box::new(|_| true), programs: false, left: AtomicUsize::new(3) };
        let path = TreePath::try_from("a").unwrap();
        let mut first = keeper.file(&path);
        first.push(b"ab");
        assert_eq!(first.finish(), Some(Content::Bytes(b"ab".to_vec())));
        let mut second = keeper.file(&path);
        second.push(b"cd");
        second.push(b"e");
        assert_eq!(second.finish(), Some(Content::TooLarge));
    }
}
