//! What is kept of a file while it is hashed, so that nothing is read twice.

use std::sync::atomic::{AtomicUsize, Ordering};

use mcpsign_schemas::inventory::KnownGap;
use mcpsign_schemas::tree::TreePath;

use super::{Content, Document, is_wanted, program};

/// Bytes of all files that are kept of one artifact. A tree of 20,000 installed packages has 60 MB of package.json; the rest
/// is for programs and source maps. Where it is more none of them is kept: which would be depends on which core was faster.
const MAX_TOTAL: usize = 384 << 20;

/// Why nothing is kept of an artifact.
pub(crate) const TOO_MANY: &str = "its files that say what it is made of are too large together to be read";

/// Decides which files of one artifact are kept.
pub(crate) struct Keeper {
    wants: Box<dyn Fn(&TreePath) -> bool + Send + Sync>,
    programs: bool,
    /// Bytes of all files that were worth keeping, whichever came first.
    kept: AtomicUsize,
    limit: usize,
}

impl Keeper {
    /// For catalogers: what some of them read, and programs that say what they were built from.
    pub(crate) fn of_catalogers() -> Self {
        Self { wants: Box::new(is_wanted), programs: true, kept: AtomicUsize::new(0), limit: MAX_TOTAL }
    }

    /// Those that `wants` names.
    pub(crate) fn of(wants: impl Fn(&TreePath) -> bool + Send + Sync + 'static) -> Self {
        Self { wants: Box::new(wants), programs: false, kept: AtomicUsize::new(0), limit: MAX_TOTAL }
    }

    /// Begins with a file.
    pub(crate) fn file(&self, path: &TreePath) -> Kept<'_> {
        let wanted = self.wants(path);
        Kept { keeper: self, wanted, content: wanted.then(Content::empty), first: true }
    }

    /// Whether a file is kept whatever is in it.
    pub(crate) fn wants(&self, path: &TreePath) -> bool {
        (self.wants)(path)
    }

    /// Whether there was more to keep than is kept, so that nothing may be.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.kept.load(Ordering::Relaxed) > self.limit
    }

    /// Why none of `documents` is left, once every file was read.
    pub(crate) fn settle(&self, documents: &mut Vec<Document>) -> Option<KnownGap> {
        self.is_exhausted().then(|| {
            documents.clear();
            KnownGap { path: None, reason: TOO_MANY.to_owned() }
        })
    }
}

/// What is kept of one file.
pub(crate) struct Kept<'k> {
    keeper: &'k Keeper,
    /// Whether it is wanted by name; else as the program that it is.
    wanted: bool,
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
        content.push_within(if self.wanted { super::MAX_BYTES } else { program::MAX_BYTES }, chunk);
    }

    /// What catalogers get. Of programs those that tell something, and those that are too large to know.
    pub(crate) fn finish(self) -> Option<Content> {
        let Content::Bytes(bytes) = self.content? else { return Some(Content::TooLarge) };
        if !self.wanted && !program::tells(&bytes) {
            return None;
        }
        let before = self.keeper.kept.fetch_add(bytes.len(), Ordering::Relaxed);
        // Behind the limit all are forgotten; until then only their number counts.
        Some(Content::Bytes(if before + bytes.len() > self.keeper.limit { Vec::new() } else { bytes }))
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
        let program = [b"\x7fELF\x02\x01\x01".as_slice(), &[0; 9], &[2, 0, 62, 0, 1], &[0; 43]].concat();
        assert_eq!(kept("server", &[&program]), None);
        assert_eq!(kept("readme", &[b"x"]), None);
        assert_eq!(keeper.kept.load(Ordering::Relaxed), 2);
        let none = Keeper::of(|_| false);
        let mut file = none.file(&TreePath::try_from("package.json").unwrap());
        file.push(b"{}");
        assert_eq!(file.finish(), None);
    }

    #[test]
    fn all_files_together_are_bounded() {
        let keeper =
            Keeper { wants: Box::new(|_| true), programs: false, kept: AtomicUsize::new(0), limit: 3 };
        let path = TreePath::try_from("a").unwrap();
        let keep = |bytes: &[u8]| {
            let mut kept = keeper.file(&path);
            kept.push(bytes);
            let content = kept.finish().unwrap();
            Document { path: path.clone(), sha256: mcpsign_schemas::digest::Sha256Digest::of(bytes), content }
        };
        // One that is too large alone takes nothing from the others.
        assert_eq!(keep(&vec![0; super::super::MAX_BYTES + 1]).content, Content::TooLarge);
        let mut documents = vec![keep(b"ab")];
        assert_eq!((keeper.settle(&mut documents), documents.len()), (None, 1));
        documents.push(keep(b"cd"));
        assert!(keeper.settle(&mut documents).is_some() && documents.is_empty());
    }
}
