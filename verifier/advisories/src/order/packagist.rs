//! PHP's `version_compare`, as Composer calls it: without a leading `v`, and with `-`, `_`, `+` and each change between
//! digits and letters as separators.

use super::digits::Digits;
use super::padded::{self, Padded};

/// What a version lacks counts as [`Part::End`].
pub(super) type Key<'t> = Padded<Part<'t>>;

/// In PHP's order. A word counts by its start: `pl1`, `patch` and `p` are one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part<'t> {
    Unknown,
    Dev,
    Alpha,
    Beta,
    Candidate,
    End,
    Number(Digits<'t>),
    Patch,
}

impl padded::Part for Part<'_> {
    const LACKING: Self = Part::End;
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
    Some(Padded(parts))
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
