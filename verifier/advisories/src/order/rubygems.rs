//! `Gem::Version`: parts of digits and parts of letters, of which the latter mark a pre-release.

use std::cmp::Ordering;

use super::digits::{Digits, run};

/// Parts without the zeros that end the numbers before the first letters, and those that end the whole. What a
/// version lacks counts as zero.
#[derive(Debug, Clone)]
pub(super) struct Key<'t>(Vec<Part<'t>>);

/// Letters come before numbers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Part<'t> {
    Letters(&'t str),
    Number(Digits<'t>),
}

const ZERO: Part<'static> = Part::Number(Digits::ZERO);

pub(super) fn parse(text: &str) -> Option<Key<'_>> {
    let text = text.trim();
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let mut parts = Vec::new();
    let mut rest = text;
    for piece in text.split(['.', '-']) {
        parts_of(piece, &mut parts);
        rest = rest.get(piece.len()..).unwrap_or_default();
        if rest.starts_with('-') {
            // `1-2` is written `1.pre.2` inside.
            parts.push(Part::Letters("pre"));
        }
        rest = rest.get(1..).unwrap_or_default();
    }
    let numbers = parts.iter().position(|part| matches!(part, Part::Letters(_))).unwrap_or(parts.len());
    let label = parts.split_off(numbers);
    Some(Key(trimmed(parts).into_iter().chain(trimmed(label)).collect()))
}

fn parts_of<'t>(mut piece: &'t str, parts: &mut Vec<Part<'t>>) {
    while !piece.is_empty() {
        let (number, rest) = Digits::split(piece);
        piece = rest;
        if let Some(number) = number {
            parts.push(Part::Number(number));
            continue;
        }
        let (letters, rest) = letters(piece);
        parts.push(Part::Letters(letters));
        piece = rest;
    }
}

fn letters(text: &str) -> (&str, &str) {
    let (ascii, _) = run(text, |b| !b.is_ascii_digit());
    // Beyond ASCII everything up to the next digit is of one part as well.
    let end = text.find(|c: char| c.is_ascii_digit()).unwrap_or(text.len()).max(ascii.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

fn trimmed(mut parts: Vec<Part<'_>>) -> Vec<Part<'_>> {
    while parts.last() == Some(&ZERO) {
        parts.pop();
    }
    parts
}

impl Ord for Key<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let at = |key: &Self, n: usize| key.0.get(n).cloned().unwrap_or(ZERO);
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
