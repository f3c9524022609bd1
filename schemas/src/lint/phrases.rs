//! What texts of attacks say, found however it is spaced and dressed.

use std::sync::OnceLock;

use regex::{Regex, RegexSet};

use super::issue::Found;
use super::server::{Item, Server, Text};
use crate::code::Level;

/// What a negation in front of a wording means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Negation {
    /// Nothing: the wording has its own, or none fits.
    Same,
    /// The opposite: no finding.
    Harmless,
}

/// Wordings that are searched for together. To compile is what costs: most texts need none but the set of all.
pub(super) struct Phrases {
    wordings: Vec<Wording>,
    words: RegexSet,
    /// The same without spaces, for texts whose letters are spaced out.
    squeezed: OnceLock<RegexSet>,
}

struct Wording {
    level: Level,
    pattern: String,
    /// Of the pattern, for the place of what the set has found.
    compiled: OnceLock<Regex>,
    negation: Negation,
}

impl Phrases {
    /// Of wordings: what each weighs, a regular expression over words (lower case, one space between them, at the start
    /// and at the end), and what "not" in front of it means.
    pub(super) fn new(wordings: &[(Level, impl AsRef<str>, Negation)]) -> Self {
        let wordings: Vec<Wording> = wordings
            .iter()
            .map(|(level, pattern, negation)| Wording {
                level: *level,
                pattern: pattern.as_ref().to_owned(),
                compiled: OnceLock::new(),
                negation: *negation,
            })
            .collect();
        let words = set(wordings.iter().map(|wording| wording.pattern.clone()));
        Self { wordings, words, squeezed: OnceLock::new() }
    }

    /// Adds the worst wording of each text to what is found.
    pub(super) fn report(&self, server: &Server<'_>, found: &mut Found, message: &str) {
        for (item, text) in server.texts() {
            self.report_text(item, text, found, message);
        }
    }

    pub(super) fn report_text(&self, item: &Item<'_>, text: &Text<'_>, found: &mut Found, message: &str) {
        if let Some((level, range)) = self.find(text) {
            found.text(level, (item, text), range, message);
        }
    }

    /// The worst wording in a text, and the bytes of it as received.
    pub(super) fn find(&self, text: &Text<'_>) -> Option<(Level, std::ops::Range<usize>)> {
        let words = &text.plain.words;
        let mut worst: Option<(Level, std::ops::Range<usize>)> = None;
        for at in self.words.matches(words) {
            let Some(wording) = self.wordings.get(at) else { continue };
            let seen = wording
                .regex()
                .find_iter(words)
                .map(|seen| seen.range())
                .find(|range| wording.negation == Negation::Same || !is_negated(text, range.start));
            if let Some(range) = seen
                && worst.as_ref().is_none_or(|(seen, _)| wording.level > *seen)
            {
                worst = Some((wording.level, range));
            }
        }
        let worst = worst.map(|(level, range)| (level, text.plain.in_words(&text.raw, range)));
        worst.or_else(|| {
            let squeezed = text.plain.squeezed.as_ref()?;
            let matches = self.squeezed().matches(squeezed);
            let level = matches.iter().filter_map(|at| self.wordings.get(at)).map(|one| one.level).max()?;
            Some((level, 0..0))
        })
    }

    fn squeezed(&self) -> &RegexSet {
        let patterns = self.wordings.iter().map(|wording| wording.pattern.replace(' ', ""));
        self.squeezed.get_or_init(|| set(patterns))
    }
}

impl Wording {
    fn regex(&self) -> &Regex {
        self.compiled.get_or_init(|| fixed(&self.pattern))
    }
}

/// Whether the last words before byte `at` of the words deny what stands there: "do not", in the same clause, but not
/// "do not forget to".
fn is_negated(text: &Text<'_>, at: usize) -> bool {
    /// Words between the negation and what it denies.
    const REACH: usize = 5;
    let mut end = text.plain.words.get(..at).unwrap_or_default().trim_end().len();
    for _ in 0..REACH {
        let before = text.plain.words.get(..end).unwrap_or_default();
        let start = before.rfind(' ').map_or(0, |space| space + 1);
        match before.get(start..).unwrap_or_default() {
            "forget" | "fail" | "hesitate" | "omit" | "skip" | "neglect" => return false,
            "not" | "never" | "dont" | "doesnt" | "cannot" | "cant" | "avoid" | "wont" | "shouldnt"
            | "mustnt" => {
                // The wording begins with the space that stands for what parts the two.
                let place = |at: usize| text.plain.in_words(&text.raw, at..at + 1).start;
                let clause = text.raw.get(place(start)..place(at + 1)).unwrap_or_default();
                return !clause.contains(['.', '!', '?', ';', ':', ',', '\n']);
            }
            _ => end = start.saturating_sub(1),
        }
    }
    false
}

/// Compiles one of our own patterns.
#[expect(clippy::expect_used, reason = "patterns are fixed, and a test compiles each")]
pub(super) fn fixed(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern of ours")
}

#[expect(clippy::expect_used, reason = "patterns are fixed, and a test compiles each")]
fn set(patterns: impl Iterator<Item = String>) -> RegexSet {
    RegexSet::new(patterns).expect("patterns of ours")
}
