//! What texts of attacks say, found however it is spaced and dressed.

use std::cell::Cell;
use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

use regex::{Regex, RegexSet};

use super::issue::Found;
use super::languages::{LANGUAGES, Language, Said};
use super::plain::{Plain, look};
use super::server::{Item, Server, Text};
use crate::code::Level;

/// What a negation in front of a wording means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Negation {
    /// Nothing: the wording has its own, or none fits.
    Same,
    /// The opposite: no finding.
    Harmless,
    /// The opposite, and so is a condition: "only if the user has approved it", "whether to send the whole history".
    Conditional,
}

/// Wordings that are searched for together. To compile is what costs: most texts need none but the set of all.
pub(super) struct Phrases {
    wordings: Vec<Wording>,
    words: RegexSet,
    /// The same without spaces, for texts whose letters are spaced out.
    squeezed: OnceLock<RegexSet>,
    /// Of the languages for which ASCII does not do: searched for in texts that are not ASCII alone.
    beyond: Option<Box<Phrases>>,
}

struct Wording {
    level: Level,
    pattern: String,
    /// Of the pattern, for the place of what the set has found.
    compiled: OnceLock<Regex>,
    /// What makes it one about something else, where it comes next in the same clause; each a pattern.
    others: Vec<String>,
    continued: OnceLock<Regex>,
    negation: Negation,
}

/// Bytes of texts that are gone through for the wordings of one kind, to see whether they are denied.
const LOOKED_THROUGH: usize = 1 << 20;

impl Phrases {
    /// Of wordings: what each weighs, a regular expression over words (lower case, one space between them, at the start
    /// and at the end; letters outside of ASCII are folded as those of texts), and what "not" in front of it means. Where
    /// the expression ends in `(?!…)`, a wording that goes on so in the same clause is a warning at the most: `(?!.)` is
    /// one that does not go on at all.
    pub(super) fn new(wordings: &[(Level, impl AsRef<str>, Negation)]) -> Self {
        let all = wordings.iter().map(|(level, pattern, negation)| (*level, pattern.as_ref(), *negation));
        Self::of(all.map(Wording::new).collect())
    }

    fn of(wordings: Vec<Wording>) -> Self {
        let words = set(wordings.iter().map(|wording| wording.pattern.clone()));
        Self { wordings, words, squeezed: OnceLock::new(), beyond: None }
    }

    /// The same wordings, which mean something else where one of these words is the next.
    pub(super) fn unless_followed_by(mut self, others: &[&str]) -> Self {
        for wording in &mut self.wordings {
            wording.others.extend(others.iter().map(ToString::to_string));
        }
        self
    }

    /// These wordings and those of one kind in other languages.
    pub(super) fn and_in_other_languages(self, kind: fn(&Language) -> &'static [Said]) -> Self {
        let of = |latin: bool| {
            let spoken = LANGUAGES.iter().filter(move |language| language.latin == latin);
            spoken.flat_map(move |language| kind(language).iter().copied().map(Wording::new))
        };
        let all = self.wordings.into_iter().chain(of(true)).collect();
        Self { beyond: Some(Box::new(Self::of(of(false).collect()))), ..Self::of(all) }
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
    pub(super) fn find(&self, text: &Text<'_>) -> Option<(Level, Range<usize>)> {
        let plain = &text.plain;
        let mut worst = self.find_words(&plain.words, &|range| plain.in_words(&text.raw, range), &text.raw);
        // What stands in the open may be there to keep a reader from what is disguised.
        let mut take = |seen: Option<(Level, Range<usize>)>| {
            if let Some(seen) = seen
                && worst.as_ref().is_none_or(|(level, _)| seen.0 > *level)
            {
                worst = Some(seen);
            }
        };
        for reading in text.readings() {
            take(self.find_words(&reading.words, &|range| reading.in_words(&text.raw, range), &text.raw));
        }
        take(self.find_run_together(text));
        worst
    }

    /// In words, each range of which `place` finds in `raw`.
    fn find_words(
        &self,
        words: &str,
        place: &dyn Fn(Range<usize>) -> Range<usize>,
        raw: &str,
    ) -> Option<(Level, Range<usize>)> {
        let beyond = self.beyond.as_ref().filter(|_| !words.is_ascii());
        let mut worst = beyond.and_then(|beyond| beyond.find_words(words, place, raw));
        // Each look at what stands around a wording goes through the text: who writes so many denials that this takes long means none.
        let looks = Cell::new((LOOKED_THROUGH / words.len().max(1)).max(8));
        let looks_on = || {
            looks.set(looks.get().saturating_sub(1));
            looks.get() > 0
        };
        for at in self.words.matches(words) {
            let Some(wording) = self.wordings.get(at) else { continue };
            if worst.as_ref().is_some_and(|(seen, _)| *seen >= wording.level) {
                continue;
            }
            let denied = |start: usize| {
                looks_on()
                    && (is_negated(words, start, place, raw)
                        || (wording.negation == Negation::Conditional && is_conditional(words, start)))
            };
            let seen = wording
                .regex()
                .find_iter(words)
                .map(|seen| seen.range())
                .filter(|range| wording.negation == Negation::Same || !denied(range.start));
            for seen in seen {
                // Words of two sentences happen to stand so. The first of the range stands for what is before the wording.
                let (range, inner) = (place(seen.clone()), place(seen.start + 1..seen.end));
                let is_other = looks_on()
                    && (raw.get(inner).is_some_and(is_two_sentences)
                        || wording.is_continued(words, seen.end, place, raw)
                        || is_example(raw, &range));
                let level = if is_other { wording.level.min(Level::Warning) } else { wording.level };
                if worst.as_ref().is_none_or(|(seen, _)| level > *seen) {
                    worst = Some((level, range));
                }
                if !is_other {
                    break;
                }
            }
        }
        worst
    }

    /// Words without spaces: all of a text whose letters are spaced out, or a single one that is longer than words are. A name
    /// with humps is none, it is read as its words.
    fn find_run_together(&self, text: &Text<'_>) -> Option<(Level, Range<usize>)> {
        /// Letters: longer than words of English.
        const LONG: usize = 20;
        let has_long = text.plain.words.split(' ').any(|word| word.len() >= LONG);
        let divided = if has_long { Plain::words_of(&text.raw, true) } else { String::new() };
        let long = divided.split(' ').filter(|word| word.len() >= LONG);
        let runs = text.plain.squeezed.as_deref().into_iter().chain(long);
        let seen = runs.flat_map(|run| self.squeezed().matches(run));
        let level = seen.filter_map(|at| self.wordings.get(at)).map(|one| one.level).max()?;
        Some((level, 0..0))
    }

    fn squeezed(&self) -> &RegexSet {
        let patterns = self.wordings.iter().map(|wording| wording.pattern.replace(' ', ""));
        self.squeezed.get_or_init(|| set(patterns))
    }
}

impl Wording {
    fn new((level, pattern, negation): (Level, &str, Negation)) -> Self {
        let (pattern, other) = match pattern.strip_suffix(')').and_then(|rest| rest.rsplit_once("(?!")) {
            Some((pattern, other)) => (pattern, Some(fold_pattern(other))),
            None => (pattern, None),
        };
        Self {
            level,
            pattern: fold_pattern(pattern),
            compiled: OnceLock::new(),
            others: other.into_iter().collect(),
            continued: OnceLock::new(),
            negation,
        }
    }

    /// Whether the words behind byte `end`, in the same clause, make it a wording about something else.
    fn is_continued(
        &self,
        words: &str,
        end: usize,
        place: &dyn Fn(Range<usize>) -> Range<usize>,
        raw: &str,
    ) -> bool {
        let rest = words.get(end..).unwrap_or_default().trim_start();
        let others = || fixed(&format!("^(?:{})", self.others.join("|")));
        if self.others.is_empty() || rest.is_empty() || !self.continued.get_or_init(others).is_match(rest) {
            return false;
        }
        let last = words.get(..end).unwrap_or_default().trim_end().len();
        let at_byte = |at: usize| place(at..at + 1).start;
        let gap = raw.get(at_byte(last)..at_byte(words.len() - rest.len())).unwrap_or_default();
        !gap.contains(CLAUSE_ENDS)
    }

    fn regex(&self) -> &Regex {
        self.compiled.get_or_init(|| fixed(&self.pattern))
    }
}

/// What parts clauses.
const CLAUSE_ENDS: [char; 12] = ['.', '!', '?', ';', ':', ',', '\n', '。', '，', '！', '？', '；'];

/// Whether what stands at `range` is a quotation of what a tool looks for: "detects texts such as 'ignore all rules'".
pub(super) fn is_example(raw: &str, range: &Range<usize>) -> bool {
    /// Bytes before a quotation in which it is said what is done with it, and behind its end in which it is closed.
    const NEAR: usize = 96;
    const QUOTES: [char; 9] = ['\'', '"', '`', '“', '”', '‘', '’', '«', '»'];
    static LOOKS_FOR: LazyLock<Regex> = LazyLock::new(|| {
        fixed(
            r"(?i)\b(?:detect|flag|block|filter|reject|recogni[sz]e|refuse|prevent|catch(?:es)?|guard|sanitize|classif(?:y|ies)|scan|test)(?:s|ed|ing|ion)?\b(?:e\.g\.|i\.e\.|[^.!?\n])*$",
        )
    });
    // The range may have what parts its words from those before and behind.
    let mark = |c: char| !c.is_alphanumeric();
    let words = raw.get(range.clone()).unwrap_or_default();
    let first = range.start + words.len() - words.trim_start_matches(mark).len();
    let last = range.start + words.trim_end_matches(mark).len();
    let start = raw.floor_char_boundary(first.saturating_sub(NEAR));
    let end = raw.ceil_char_boundary(raw.len().min(last + NEAR));
    let before = raw.get(start..first).unwrap_or_default();
    let said = before.trim_end_matches(mark);
    before.get(said.len()..).is_some_and(|opening| opening.contains(QUOTES))
        && raw.get(last..end).is_some_and(|rest| rest.contains(QUOTES))
        && LOOKS_FOR.is_match(said)
}

/// Whether the last words before byte `at` of `words` deny what stands there: "do not", in the same clause, but not
/// "do not forget to". `place` finds a range of the words in `raw`.
fn is_negated(words: &str, at: usize, place: &dyn Fn(Range<usize>) -> Range<usize>, raw: &str) -> bool {
    /// Words between the negation and what it denies.
    const REACH: usize = 5;
    const CLOSED: [&str; 3] = ["donot", "doesnot", "neverdont"];
    let mut end = words.get(..at).unwrap_or_default().trim_end().len();
    for _ in 0..REACH {
        let before = words.get(..end).unwrap_or_default();
        let start = before.rfind(' ').map_or(0, |space| space + 1);
        match before.get(start..).unwrap_or_default() {
            // Readings close up what stood apart.
            closed if CLOSED.iter().any(|no| closed.ends_with(no)) => return true,
            "forget" | "fail" | "hesitate" | "omit" | "skip" | "neglect" => return false,
            word @ ("not" | "never" | "dont" | "doesnt" | "cannot" | "cant" | "avoid" | "wont"
            | "shouldnt" | "mustnt" | "nie" | "niemals" | "nicht" | "nunca" | "jamais" | "nao"
            | "mai") => {
                // The wording begins with the space that stands for what parts the two.
                let at_byte = |at: usize| place(at..at + 1).start;
                let clause = raw.get(at_byte(start)..at_byte(at + 1)).unwrap_or_default();
                // German has commas within what others have in one piece.
                let commas = matches!(word, "nie" | "niemals" | "nicht");
                return !clause.contains(|c| CLAUSE_ENDS.contains(&c) && !(commas && c == ','));
            }
            _ => end = start.saturating_sub(1),
        }
    }
    false
}

/// Whether what stands at byte `at` of `words` is what somebody asks for, and not what is so: "if", "only if", "whether to",
/// "those that".
fn is_conditional(words: &str, at: usize) -> bool {
    /// Words between a condition and its subject: "if", "whether to".
    const REACH: usize = 2;
    let before = words.get(..at).unwrap_or_default();
    before.split(' ').rev().filter(|word| !word.is_empty()).take(REACH).any(|word| {
        matches!(word, "if" | "whether" | "unless" | "until" | "once" | "those" | "ones" | "which" | "who")
    })
}

/// Whether a text ends one sentence, or item of a list, and begins another; more ends than that are a disguise.
fn is_two_sentences(text: &str) -> bool {
    static END: LazyLock<Regex> = LazyLock::new(|| {
        fixed(r#"[.!?]["'`)\]*_]*\s+(?:[-*•]\s+|[0-9]+[.)]\s+)?\p{Lu}|\n\s*(?:[-*•]|[0-9]+[.)])\s"#)
    });
    END.find_iter(text).count() == 1
}

/// A pattern, its letters outside of ASCII folded as those of texts are.
pub(super) fn fold_pattern(pattern: &str) -> String {
    pattern.chars().flat_map(|c| if c.is_ascii() { vec![c] } else { look(c) }).collect()
}

/// Compiles one of our own patterns. Where words end is said by letters and digits of ASCII: so one automaton goes through any
/// text, and what stands in a language without spaces is a word as well.
#[expect(clippy::expect_used, reason = "patterns are fixed, and a test compiles each")]
pub(super) fn fixed(pattern: &str) -> Regex {
    Regex::new(&pattern.replace(r"\b", r"(?-u:\b)")).expect("a pattern of ours")
}

#[expect(clippy::expect_used, reason = "patterns are fixed, and a test compiles each")]
fn set(patterns: impl Iterator<Item = String>) -> RegexSet {
    RegexSet::new(patterns).expect("patterns of ours")
}
