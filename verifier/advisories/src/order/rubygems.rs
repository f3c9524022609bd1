//! `Gem::Version`: parts of digits and parts of letters, of which the latter mark a pre-release.

use super::digits::{Digits, run};
use super::padded::{self, Padded};

/// Parts without the zeros that end the numbers before the first letters, and those that end the whole. What a
/// version lacks counts as zero.
pub(super) type Key<'t> = Padded<Part<'t>>;

/// Letters come before numbers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part<'t> {
    Letters(&'t str),
    Number(Digits<'t>),
}

const ZERO: Part<'static> = Part::Number(Digits::ZERO);

impl padded::Part for Part<'_> {
    const LACKING: Self = ZERO;
}

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
    Some(Padded(trimmed(parts).into_iter().chain(trimmed(label)).collect()))
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
