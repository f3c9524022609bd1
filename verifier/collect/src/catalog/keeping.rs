//! What is kept of a file while it is hashed, so that nothing is read twice.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::inventory::KnownGap;
use mcpsign_schemas::tree::TreePath;
use mcpsign_schemas::untrusted::escape;
use sha2::{Digest as _, Sha256};

use super::bundled::{Scanner, Script, is_run_as_script, is_script};
use super::nested::{self, Archive, Packed};
use super::opaque::{self, Opaque};
use super::os::COPYRIGHT;
use super::pypi::direct_url;
use super::unread::{OTHER_LOCKS, OTHER_MANIFESTS};
use super::{
    Budget, CATALOGERS, Cataloger as _, Content, Document, Role, cargo, go, is_wanted, max_bytes, program,
};

/// Bytes of all files that are kept of one artifact. A tree of 20,000 installed packages has 60 MB of package.json; the rest
/// is for programs and source maps. Where it is more none of them is kept: which would be depends on which core was faster.
const MAX_TOTAL: usize = 384 << 20;

/// Why nothing is kept of an artifact.
pub const TOO_MANY: &str = "its files that say what it is made of are too large together to be read";

/// Why nothing is kept of the archives in an artifact.
pub(crate) const TOO_MUCH_IN_ARCHIVES: &str = "the archives in it hold too much together to be read";

/// How far an artifact is looked into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// No archive and no layer in it is opened: what they inflate to is a hundred times as much.
    Surface,
    /// As far as any cataloger goes.
    Whole,
}

/// Decides which files of one artifact are kept.
pub(crate) struct Keeper {
    wants: Box<dyn Fn(&TreePath) -> bool + Send + Sync>,
    /// Of which others it is told that they are there.
    notes: fn(&TreePath) -> Option<Opaque>,
    /// Whether programs that say what they were built from are, and archives for what lies in them.
    sniffs: bool,
    /// Whether of scripts is what bundlers left in them.
    scans: bool,
    /// How many levels of archives are opened. What lies deeper is a known gap.
    levels: u8,
    /// How far it looks into what lies there.
    depth: Depth,
    /// Whether something was left closed.
    is_closed: AtomicBool,
    /// Of archives on all levels.
    budget: Arc<Budget>,
    /// Bytes of all files that were worth keeping, whichever came first.
    kept: AtomicUsize,
    limit: usize,
}

impl Keeper {
    /// For catalogers: what some of them read, programs that say what they were built from, archives.
    pub(crate) fn of_catalogers() -> Self {
        Self { notes: opaque::by_name, sniffs: true, scans: true, levels: 1, ..Self::of(is_wanted) }
    }

    /// For an artifact that is one file, whatever its name: an archive that is no package may hold others that are some.
    pub(crate) fn of_one_file() -> Self {
        Self { sniffs: true, scans: true, levels: 2, ..Self::of(|_| false) }
    }

    /// The same, and no further than `depth`.
    pub(crate) fn to(self, depth: Depth) -> Self {
        Self { depth, ..self }
    }

    /// Those that `wants` names, and what bundlers left in scripts.
    pub(crate) fn of_bundles(wants: impl Fn(&TreePath) -> bool + Send + Sync + 'static) -> Self {
        Self { scans: true, ..Self::of(wants) }
    }

    /// Those that `wants` names.
    pub(crate) fn of(wants: impl Fn(&TreePath) -> bool + Send + Sync + 'static) -> Self {
        Self {
            wants: Box::new(wants),
            notes: |_| None,
            sniffs: false,
            scans: false,
            levels: 0,
            depth: Depth::Whole,
            is_closed: AtomicBool::new(false),
            budget: Arc::new(nested::budget()),
            kept: AtomicUsize::new(0),
            limit: MAX_TOTAL,
        }
    }

    /// For what lies in an archive: lock files there pin what nobody installs by them.
    fn inside(&self) -> Self {
        let is_wanted_inside = |path: &TreePath| {
            direct_url::is_direct_url(path.as_str())
                || cargo::is_vendored_manifest(path)
                || CATALOGERS.iter().any(|cataloger| cataloger.role() != Role::Lock && cataloger.wants(path))
        };
        let levels = self.levels.saturating_sub(1);
        let budget = Arc::clone(&self.budget);
        Self { sniffs: true, scans: true, levels, budget, ..Self::of(is_wanted_inside) }
    }

    /// For catalogers, archives bounded by `budget`.
    #[cfg(test)]
    pub(super) fn with_budget(budget: Budget) -> Self {
        Self { budget: Arc::new(budget), ..Self::of_catalogers() }
    }

    /// Begins with a file.
    pub(crate) fn file(&self, path: &TreePath) -> Kept<'_> {
        let wanted = self.wants(path);
        let is_script = self.scans && is_script(path);
        let may_be_other = wanted && self.sniffs && !is_read(path);
        let state = match (wanted && !may_be_other, self.sniffs || is_script) {
            (true, _) => State::Kept(Content::empty()),
            (false, true) => State::Begun(Vec::new()),
            (false, false) => State::PassedOver,
        };
        let limit = if wanted { max_bytes(path) } else { program::MAX_BYTES };
        let note = if wanted { None } else { (self.notes)(path) };
        let is_copied = program::is_copied(path);
        Kept { keeper: self, wanted, note, may_be_other, limit, is_script, is_copied, state }
    }

    /// What is kept of one file, which is not read further than that takes. What is too large is told among `gaps`.
    pub(crate) fn document(
        &self,
        path: TreePath,
        content: &mut impl Read,
        gaps: &mut Vec<String>,
    ) -> io::Result<Option<Document>> {
        let mut kept = self.file(&path);
        let mut hasher = Sha256::new();
        let mut buffer = [0; 16 << 10];
        while !kept.is_passed_over() {
            let length = content.read(&mut buffer)?;
            if length == 0 {
                break;
            }
            let chunk = buffer.get(..length).unwrap_or_default();
            kept.push(chunk);
            hasher.update(chunk);
        }
        Ok(match kept.finish() {
            None => None,
            // What lists packages and is not read has failed; of anything else it is open whether it says something.
            Some(Content::TooLarge) if is_read(&path) => {
                let sha256 = Sha256Digest::from_bytes(hasher.finalize().into());
                Some(Document { path, sha256, content: Content::TooLarge })
            }
            Some(Content::TooLarge) => {
                gaps.push(format!("`{}`: too large to be read", escape(path.as_str())));
                None
            }
            Some(content) => {
                let sha256 = Sha256Digest::from_bytes(hasher.finalize().into());
                Some(Document { path, sha256, content })
            }
        })
    }

    /// Whether an archive or a layer is not opened, of which it is remembered that there is one.
    pub(crate) fn stays_closed(&self) -> bool {
        let stays_closed = self.depth == Depth::Surface;
        self.is_closed.fetch_or(stays_closed, Ordering::Relaxed);
        stays_closed
    }

    /// Whether nothing was left closed for the sake of the depth.
    pub(crate) fn is_whole(&self) -> bool {
        !self.is_closed.load(Ordering::Relaxed)
    }

    /// Whether a file is kept whatever is in it.
    pub(crate) fn wants(&self, path: &TreePath) -> bool {
        (self.wants)(path)
    }

    /// What archives may take.
    pub(crate) fn budget(&self) -> &Budget {
        &self.budget
    }

    /// Whether there was more to keep than is kept, so that nothing may be.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.kept.load(Ordering::Relaxed) > self.limit
    }

    /// The same of what lies in archives.
    pub(crate) fn has_too_much_in_archives(&self) -> bool {
        self.budget.is_exhausted()
    }

    /// Why some of `documents` are left out, once every file was read.
    pub(crate) fn settle(&self, documents: &mut Vec<Document>) -> Option<KnownGap> {
        let gap = |reason: &str| Some(KnownGap::unread(None, reason));
        if self.is_exhausted() {
            documents.clear();
            return gap(TOO_MANY);
        }
        if self.has_too_much_in_archives() {
            documents.retain(|document| !matches!(document.content, Content::Archive(_)));
            return gap(TOO_MUCH_IN_ARCHIVES);
        }
        None
    }

    /// Whether a file that begins so is kept though nobody wants it by name.
    fn judged(&self, head: Vec<u8>, is_script: bool) -> State {
        let packed = if self.sniffs { Packed::of(&head) } else { None };
        match packed {
            Some(Packed::Unread(why)) => State::Unread(why),
            Some(_) => State::Kept(Content::Bytes(head)),
            None if self.sniffs && program::is_program(&head) => State::Kept(Content::Bytes(head)),
            None if is_script => {
                let mut scanner = Box::<Scanner>::default();
                scanner.push(&head);
                State::Script(scanner)
            }
            None => State::PassedOver,
        }
    }

    /// What is kept of a script.
    fn script(&self, script: Script) -> Option<Content> {
        let is_kept = self.keep(script.bytes());
        Some(if is_kept { Content::Script(Box::new(script)) } else { Content::empty() })
    }

    fn keep(&self, bytes: usize) -> bool {
        self.kept.fetch_add(bytes, Ordering::Relaxed) + bytes <= self.limit
    }

    /// What lies in the archive that `bytes` are, if they are one.
    fn open(&self, packed: Packed, bytes: &[u8]) -> Option<Content> {
        if !packed.is_archive(bytes) {
            return None;
        }
        if self.stays_closed() {
            return Some(Archive::unread("not looked into yet".to_owned()));
        }
        if self.levels == 0 {
            return Some(Archive::unread("an archive in an archive: not looked into".to_owned()));
        }
        let inside = self.inside();
        let archive = nested::open(packed, bytes, &inside);
        // What archives hold takes nothing from the artifact's own files. Behind the limit all archives are forgotten.
        let is_within = !inside.is_exhausted() && self.budget.take_kept(inside.kept.into_inner()).is_ok();
        if !is_within {
            self.budget.exhaust();
        }
        Some(if is_within {
            Content::Archive(Box::new(archive))
        } else {
            Archive::unread(TOO_MUCH_IN_ARCHIVES.to_owned())
        })
    }
}

/// Whether a cataloger reads packages from files of this name, wherever an archive so called would be a fault of the artifact's.
/// Names that stand in any folder, or whose format nobody reads, hide nothing.
fn is_read(path: &TreePath) -> bool {
    let hides_nothing = [
        COPYRIGHT.id(),
        OTHER_LOCKS.id(),
        OTHER_MANIFESTS.id(),
        go::GO_VENDORED.id(),
        cargo::CARGO_VENDORED.id(),
    ];
    CATALOGERS.iter().any(|one| !hides_nothing.contains(&one.id()) && one.wants(path))
}

/// What is kept of one file.
pub(crate) struct Kept<'k> {
    keeper: &'k Keeper,
    /// Whether it is wanted by name; else for what it is.
    wanted: bool,
    /// What it is by its name, where it turns out to be nothing else.
    note: Option<Opaque>,
    /// Bytes that are kept.
    limit: usize,
    /// Whether nobody reads packages from what has its name, so that it may be an archive or a program as any other file.
    may_be_other: bool,
    /// Whether its name is that of a script, and what is in scripts counts.
    is_script: bool,
    /// Whether it lies where packers put what they copy from other projects.
    is_copied: bool,
    state: State,
}

enum State {
    /// The first bytes, too few yet to tell what it is.
    Begun(Vec<u8>),
    Kept(Content),
    /// Looked through, and not kept.
    Script(Box<Scanner>),
    /// Why it is not looked into.
    Unread(&'static str),
    PassedOver,
}

impl Kept<'_> {
    /// The next bytes of the file.
    pub(crate) fn push(&mut self, chunk: &[u8]) {
        let mut rest = chunk;
        if let State::Begun(head) = &mut self.state {
            let missing = nested::HEAD.saturating_sub(head.len());
            let (first, after) = rest.split_at(missing.min(rest.len()));
            head.extend_from_slice(first);
            if head.len() < nested::HEAD {
                return;
            }
            rest = after;
            let head = std::mem::take(head);
            self.judge(head);
        }
        match &mut self.state {
            State::Kept(content) => content.push_within(self.limit, rest),
            State::Script(scanner) => scanner.push(rest),
            State::Begun(_) | State::Unread(_) | State::PassedOver => {}
        }
    }

    /// Decides by its first bytes what is kept of it.
    fn judge(&mut self, head: Vec<u8>) {
        if !self.may_be_other {
            self.state = self.keeper.judged(head, self.is_script);
            return;
        }
        if Packed::of(&head).is_some() || program::is_program(&head) {
            self.limit = program::MAX_BYTES;
        }
        self.state = State::Kept(Content::Bytes(head));
    }

    /// Whether nothing is kept of it, whatever follows.
    pub(crate) const fn is_passed_over(&self) -> bool {
        matches!(self.state, State::PassedOver) && self.note.is_none()
    }

    /// What catalogers get. Of programs and scripts those that tell something, or should and do not, and those that are too large
    /// to know.
    pub(crate) fn finish(self) -> Option<Content> {
        let note = self.note;
        self.content().or(note.map(Content::Opaque))
    }

    fn content(mut self) -> Option<Content> {
        if let State::Begun(head) = &mut self.state {
            let head = std::mem::take(head);
            self.judge(head);
        }
        let bytes = match self.state {
            State::Kept(Content::Bytes(bytes)) => bytes,
            State::Kept(_) => return Some(Content::TooLarge),
            State::Script(scanner) => return self.keeper.script(scanner.finish()?),
            State::Unread(why) => return Some(Archive::unread(why.to_owned())),
            State::Begun(_) | State::PassedOver => return None,
        };
        if self.may_be_other || !self.wanted {
            let packed = Packed::of(&bytes);
            if let Some(Packed::Unread(why)) = packed {
                return Some(Archive::unread(why.to_owned()));
            }
            if let Some(opened) = packed.and_then(|packed| self.keeper.open(packed, &bytes)) {
                return Some(opened);
            }
            let is_program = packed.is_none() && program::is_program(&bytes);
            let silent = is_program && !program::tells(&bytes);
            if let Some(opaque) = silent.then(|| program::silent(bytes.len(), self.is_copied)).flatten() {
                return Some(Content::Opaque(opaque));
            }
            if !self.wanted && packed.is_some() {
                let is_script = self.is_script || (self.keeper.scans && is_run_as_script(&bytes));
                return self.keeper.script(is_script.then(|| Scanner::all(&bytes)).flatten()?);
            }
            if !self.wanted && silent {
                return None;
            }
        }
        // Behind the limit all are forgotten; until then only their number counts.
        Some(Content::Bytes(if self.keeper.keep(bytes.len()) { bytes } else { Vec::new() }))
    }
}

#[cfg(test)]
mod tests;
