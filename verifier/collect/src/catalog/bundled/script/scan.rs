//! Reading a script while it is hashed, so many bytes at a time that few lines are cut.

use memchr::{memchr, memchr_iter, memmem, memrchr};

use super::line::{self, is_source, module};
use super::signs::{MIN_BUNDLE, Signs};
use super::{Script, map};
use crate::catalog::MAX_PACKAGES;
use crate::catalog::bundled::package_of;

/// Bytes that are looked at together. A file that has fewer is looked at once, when it is known how large it is.
const BLOCK: usize = 128 << 10;
const _: () = assert!(BLOCK as u64 > MIN_BUNDLE);

/// Looks for what bundlers write.
#[derive(Debug, Default)]
pub(crate) struct Scanner {
    /// What was read and not yet looked at.
    buffer: Vec<u8>,
    /// How many bytes of it hold no line's end.
    searched: usize,
    /// Whether it begins within a line that was too long to be waited for.
    is_cut: bool,
    /// Lines that ended before it.
    lines: u32,
    size: u64,
    signs: Signs,
    script: Script,
}

impl Scanner {
    /// What a whole script says; `None` where that is nothing.
    pub(crate) fn all(bytes: &[u8]) -> Option<Script> {
        let mut scanner = Self::default();
        bytes.chunks(BLOCK).for_each(|chunk| scanner.push(chunk));
        scanner.finish()
    }

    /// The next bytes.
    pub(crate) fn push(&mut self, chunk: &[u8]) {
        self.size += chunk.len() as u64;
        self.buffer.extend_from_slice(chunk);
        if self.buffer.len() < BLOCK {
            return;
        }
        let new = self.buffer.get(self.searched..).unwrap_or_default();
        match memrchr(b'\n', new) {
            Some(at) => self.look(self.searched + at + 1, false),
            None if self.waits_for_map() => self.searched = self.buffer.len(),
            None => self.cut(),
        }
    }

    /// What was found, once all was read; `None` where that is nothing.
    pub(crate) fn finish(mut self) -> Option<Script> {
        self.look(self.buffer.len(), true);
        self.script.is_bundle = self.signs.is_bundle(self.size, u64::from(self.lines));
        let says = !self.script.found.is_empty() || self.script.is_silent() || self.script.unread.is_some();
        says.then_some(self.script)
    }

    /// Whether the line that has not ended is a source map, which is read as one.
    fn waits_for_map(&mut self) -> bool {
        if self.is_cut || !map::begins(&self.buffer) {
            return false;
        }
        let fits = self.buffer.len() <= map::MAX_LINE;
        if !fits {
            self.script.unread = Some(map::TOO_LARGE);
        }
        fits
    }

    /// Passes over a line that has not ended, but for signs in it.
    fn cut(&mut self) {
        self.signs.see(&self.buffer, 0);
        // A sign may have been cut in two.
        self.buffer.drain(..self.buffer.len().saturating_sub(Signs::LONGEST));
        self.searched = self.buffer.len();
        self.is_cut = true;
    }

    /// Looks at so many bytes, which are whole lines.
    fn look(&mut self, end: usize, is_last: bool) {
        let mut buffer = std::mem::take(&mut self.buffer);
        let block = buffer.get(..end).unwrap_or_default();
        let is_large = self.size >= MIN_BUNDLE;
        // Of a small file nobody asks how many it has.
        let lines = if is_large || !is_last { memchr_iter(b'\n', block).count() } else { 0 };
        if is_large {
            self.signs.see(block, lines);
        }
        // Helpers stand before the modules.
        if self.signs.has_helper() && !self.script.tells {
            self.see_sources(block);
        }
        let whole = match self.is_cut {
            true => memchr(b'\n', block).map_or(block.len(), |at| at + 1),
            false => 0,
        };
        self.each_line_with(block, whole, b"node_modules/", Self::see_module);
        self.each_line_with(block, whole, map::NEEDLE, |scanner, line, number| {
            map::read(line, number, &mut scanner.script);
        });
        self.lines = self.lines.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        buffer.drain(..end);
        (self.buffer, self.searched, self.is_cut) = (buffer, 0, false);
    }

    /// Calls `each` with the lines of `block` behind `from` that hold `needle`, and their numbers.
    fn each_line_with(&mut self, block: &[u8], from: usize, needle: &[u8], each: fn(&mut Self, &[u8], u32)) {
        let (mut from, mut counted, mut number) = (from, 0, self.lines.saturating_add(1));
        let of = |range: std::ops::Range<usize>| block.get(range).unwrap_or_default();
        while let Some(hit) = memmem::find(of(from..block.len()), needle).map(|at| from + at) {
            let begin = memrchr(b'\n', of(from..hit)).map_or(from, |at| from + at + 1);
            let end = memchr(b'\n', of(hit..block.len())).map_or(block.len(), |at| hit + at);
            let passed = memchr_iter(b'\n', of(counted..begin)).count();
            number = number.saturating_add(u32::try_from(passed).unwrap_or(u32::MAX));
            counted = begin;
            each(self, of(begin..end), number);
            from = end + 1;
        }
    }

    fn see_module(&mut self, line: &[u8], number: u32) {
        // One more than may be is enough to say that it is too many.
        if line.len() > line::MAX_LINE || self.script.found.len() > MAX_PACKAGES {
            return;
        }
        let Some(path) = str::from_utf8(line).ok().and_then(module) else { return };
        self.script.tells = true;
        if let Some((name, version)) = package_of(path) {
            self.script.found.add(name, version, Some(number));
        }
    }

    /// Whether some line names a module of its own code: of each that it puts in a bundler that names any names the path.
    fn see_sources(&mut self, block: &[u8]) {
        let names_one = |mark| {
            memmem::find_iter(block, mark).any(|at| {
                // Every mark begins with the end of the line before.
                let rest = block.get(at + 1..).unwrap_or_default();
                let rest = rest.get(..line::MAX_LINE).unwrap_or(rest);
                let line = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
                str::from_utf8(line).ok().and_then(module).is_some_and(is_source)
            })
        };
        self.script.tells =
            [&b"\n// "[..], b"\n  // ", b"\n//#region ", b"\n/***/ \"", b"\n;// "].into_iter().any(names_one);
    }
}
