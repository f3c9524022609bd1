//! PHP's `version_compare`, as Composer calls it: without a leading `v`, and with `-`, `_`, `+` and each change between
//! digits and letters as separators.

use std::cmp::Ordering;

use super::digits::Digits;

/// What a version lacks counts as [`Part::End`].
#[derive(Debug, Clone)]
pub(super) struct Key<'t>(Vec<Part<'t>>);

/// In PHP's order. A word counts by its start: `pl1`, `patch` and `p` are one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Part<'t> {
    Unknown,
    Dev,
    Alpha,
    Beta,
    Candidate,
    End,
    Number(Digits<'t>),
    Patch,
}

pub(super) fn parse(text: &str) -> Option<Key<'_>> {
    let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
    if text.is_empty() {
        return None;
    }
    let mut parts = Vec::new();
    for mut piece in text.split(['.', '-', '_', '+']) {
        if piece.is_empty() {
            parts.push(Part::Unknown);
        }
        while !piece.is_empty() {
            let end = match piece.find(|c: char| !c.is_ascii_digit()) {
                Some(0) => piece.find(|c: char| c.is_ascii_digit()).unwrap_or(piece.len()),
                Some(end) => end,
                None => piece.len(),
            };
            let (part, rest) = piece.split_at_checked(end).unwrap_or((piece, ""));
            parts.push(Digits::parse(part).map_or_else(|| word(part), Part::Number));
            piece = rest;
        }
    }
    Some(Key(parts))
}

fn word(text: &str) -> Part<'_> {
    const WORDS: [(&str, Part<'static>); 7] = [
        ("dev", Part::Dev),
        ("a", Part::Alpha),
        ("b", Part::Beta),
        ("RC", Part::Candidate),
        ("rc", Part::Candidate),
        ("#", Part::End),
        ("p", Part::Patch),
    ];
    WORDS.into_iter().find(|(start, _)| text.starts_with(start)).map_or(Part::Unknown, |(_, part)| part)
}

impl Ord for Key<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let at = |key: &Self, n: usize| key.0.get(n).cloned().unwrap_or(Part::End);
        (0..self.0.len().max(other.0.len()))
            .map(|n| at(self, n).cmp(&at(other, n)))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }
}

impl PartialOrd for Key<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Key<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Key<'_> {}
