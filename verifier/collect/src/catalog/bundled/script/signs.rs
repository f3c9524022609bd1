//! By what a bundle is told from a file that somebody wrote.

use memchr::memmem;

/// Bytes of a file that is looked at so: smaller ones are most files of most packages, and hold little that is not their own.
pub(super) const MIN_BUNDLE: u64 = 100 << 10;

/// What stands behind two underscores where a bundler's helper is defined, or used as a bundler alone writes it: by their names alone
/// they stand in the sources of bundlers too.
const HELPERS: [&[u8]; 15] = [
    // webpack and rspack, ncc.
    b"webpack_require__(moduleId)",
    b"webpack_modules__ = (",
    b"nccwpck_require__(moduleId)",
    // esbuild and what is built on it, rolldown, Bun.
    b"commonJS({",
    b"commonJS = (",
    b"commonJSMin((",
    b"commonJSMin = (",
    b"toESM(require",
    b"toESM = (",
    b"export = (",
    b"exportAll = (",
    b"esm({",
    b"esm = (",
    b"esmMin((",
    // Turbopack.
    b"turbopack_context__",
];

/// Functions by which one module gets another, and tells it what it exports.
const REQUIRES: [&[u8]; 2] = [b"webpack_require__", b"nccwpck_require__"];

/// Whether this, behind two underscores, is of a bundler.
fn is_helper(name: &[u8]) -> bool {
    let calls = |rest: &[u8]| {
        matches!(rest, [b'(', b'0'..=b'9' | b'"' | b'\'' | b'/', ..])
            || matches!(rest, [b'.', b'd' | b'e' | b'n' | b'o' | b'r' | b't', b'(', ..])
    };
    // esbuild's list of what a module exports; TypeScript of old had a helper of that name.
    let lists = |rest: &[u8]| {
        let first = rest.get(..128).unwrap_or(rest).split(|byte| *byte == b',').next();
        first.is_some_and(|first| first.ends_with(b"_exports"))
    };
    HELPERS.iter().any(|helper| name.starts_with(helper))
        || REQUIRES.iter().any(|require| name.strip_prefix(*require).is_some_and(calls))
        || name.strip_prefix(b"export(").is_some_and(lists)
}

/// What others put before them.
const OTHERS: [&[u8]; 2] = [b"getDefaultExportFromCjs", b"parcelRequire"];

/// What is left of helpers where names are shortened: the object that a module in CommonJS fills, the function that lists what a
/// module exports, what is said where a module cannot be had.
const SHORTENED: [&[u8]; 3] = [b"{exports:{}}", b"enumerable:!0", b"Dynamic require of "];

/// Bytes of a line on average from which on nobody wrote it. Of what people write it is 40.
const MINIFIED: u64 = 500;

/// The same of some lines, beside which there may be others: banners, texts.
const LONG: usize = 150;

/// Functions in a file that is made of more than data.
const MANY: usize = 200;

/// What was seen so far.
#[derive(Debug, Default)]
pub(super) struct Signs {
    has_helper: bool,
    functions: usize,
}

impl Signs {
    /// The longest of what is looked for.
    pub(super) const LONGEST: usize = 32;

    /// The next bytes of a file in which so many lines end, and which may be the last ones of before once more.
    pub(super) fn see(&mut self, bytes: &[u8], lines: usize) {
        let holds = |needles: &[&[u8]]| needles.iter().any(|needle| memmem::find(bytes, needle).is_some());
        let is_long = bytes.len() / (lines + 1) >= LONG;
        self.has_helper = self.has_helper
            || memmem::find_iter(bytes, b"__").any(|at| is_helper(bytes.get(at + 2..).unwrap_or_default()))
            || holds(&OTHERS)
            || (is_long && holds(&SHORTENED));
        for needle in [&b"=>"[..], b"function"] {
            let more = memmem::find_iter(bytes, needle).take(MANY.saturating_sub(self.functions)).count();
            self.functions += more;
        }
    }

    /// Whether a bundler's helper was seen.
    pub(super) const fn has_helper(&self) -> bool {
        self.has_helper
    }

    /// Whether a file of `size` bytes in `lines` lines was made of several modules, or at least not by hand.
    pub(super) fn is_bundle(&self, size: u64, lines: u64) -> bool {
        let is_minified = size / (lines + 1) >= MINIFIED && self.functions >= MANY;
        size >= MIN_BUNDLE && (self.has_helper || is_minified)
    }
}
