//! Maven's version order (<https://maven.apache.org/pom.html#version-order-specification>), with what its
//! implementation adds: case does not count, and `release` is as `final` and `ga`.

use std::cmp::Ordering;

use super::digits::Digits;

#[derive(Debug, Clone)]
pub(super) struct Key(Vec<Token>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Token {
    prefix: Prefix,
    value: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Prefix {
    None,
    Dot,
    Dash,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    Number(String),
    Word(String),
}

/// Words with a place of their own, in their order; the empty one is a release.
const WORDS: [&str; 7] = ["alpha", "beta", "milestone", "rc", "snapshot", "", "sp"];

pub(super) fn parse(text: &str) -> Option<Key> {
    if text.is_empty() {
        return None;
    }
    let mut tokens = Vec::new();
    let mut prefix = Prefix::None;
    let mut rest = text;
    loop {
        let end = rest.find(['.', '-']).unwrap_or(rest.len());
        let (piece, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        tokens_of(piece, prefix, &mut tokens);
        prefix = if after.starts_with('.') { Prefix::Dot } else { Prefix::Dash };
        match after.get(1..) {
            Some(next) => rest = next,
            None => break,
        }
    }
    trim(&mut tokens);
    Some(Key(tokens))
}

/// Splits where digits meet what is none; from the second token on that counts as a dash.
fn tokens_of(mut piece: &str, mut prefix: Prefix, tokens: &mut Vec<Token>) {
    loop {
        let digits = piece.starts_with(|c: char| c.is_ascii_digit());
        let end = piece.find(|c: char| c.is_ascii_digit() != digits).unwrap_or(piece.len());
        let (part, rest) = piece.split_at_checked(end).unwrap_or((piece, ""));
        tokens.push(Token { prefix, value: Value::new(part, !rest.is_empty()) });
        if rest.is_empty() {
            return;
        }
        (piece, prefix) = (rest, Prefix::Dash);
    }
}

impl Value {
    fn new(part: &str, before_digits: bool) -> Self {
        if part.is_empty() {
            return Self::Number(String::new());
        }
        if part.bytes().all(|b| b.is_ascii_digit()) {
            return Self::Number(part.trim_start_matches('0').to_owned());
        }
        let lower = part.to_lowercase();
        Self::Word(match (lower.as_str(), before_digits) {
            ("cr", _) => "rc".into(),
            ("ga" | "final" | "release", _) => String::new(),
            ("a", true) => "alpha".into(),
            ("b", true) => "beta".into(),
            ("m", true) => "milestone".into(),
            _ => lower,
        })
    }

    fn is_null(&self) -> bool {
        matches!(self, Self::Number(text) | Self::Word(text) if text.is_empty())
    }
}

/// Removes null values from the end, and again before each dash.
fn trim(tokens: &mut Vec<Token>) {
    let mut at = tokens.len();
    while at > 1 {
        let last = at - 1;
        if tokens.get(last).is_some_and(|token| token.value.is_null()) {
            tokens.remove(last);
            at = last;
            continue;
        }
        // To the token before the nearest dash.
        at = tokens.iter().take(at).rposition(|token| token.prefix == Prefix::Dash).unwrap_or(0);
    }
}

/// What stands for a missing token beside `other`: zero after a dot, a release after a dash.
fn null(other: &Token) -> Token {
    let value = match (&other.prefix, &other.value) {
        (Prefix::Dot, Value::Number(_)) => Value::Number(String::new()),
        _ => Value::Word(String::new()),
    };
    Token { prefix: other.prefix, value }
}

impl Token {
    fn order(&self, other: &Self) -> Ordering {
        if self.prefix != other.prefix {
            return self.rank().cmp(&other.rank());
        }
        match (&self.value, &other.value) {
            (Value::Number(one), Value::Number(other)) => number(one).cmp(&number(other)),
            (Value::Number(_), Value::Word(_)) => Ordering::Greater,
            (Value::Word(_), Value::Number(_)) => Ordering::Less,
            (Value::Word(one), Value::Word(other)) => word(one).cmp(&word(other)),
        }
    }

    /// `.word` < `-word` < `-number` < `.number`.
    fn rank(&self) -> u8 {
        match (&self.value, self.prefix) {
            (Value::Word(_), Prefix::Dot | Prefix::None) => 0,
            (Value::Word(_), Prefix::Dash) => 1,
            (Value::Number(_), Prefix::Dash) => 2,
            (Value::Number(_), Prefix::Dot | Prefix::None) => 3,
        }
    }
}

fn number(text: &str) -> Digits<'_> {
    Digits::parse(text).unwrap_or(Digits::ZERO)
}

/// Unknown words come after the known ones, by alphabet.
fn word(text: &str) -> (usize, &str) {
    match WORDS.iter().position(|known| *known == text) {
        Some(place) => (place, ""),
        None => (WORDS.len(), text),
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        for n in 0..self.0.len().max(other.0.len()) {
            let order = match (self.0.get(n), other.0.get(n)) {
                (Some(one), Some(other)) => one.order(other),
                (Some(one), None) => one.order(&null(one)),
                (None, Some(other)) => null(other).order(other),
                (None, None) => Ordering::Equal,
            };
            if order.is_ne() {
                return order;
            }
        }
        Ordering::Equal
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Key {}
