//! deb-version(7): an epoch, an upstream version, a revision; in both of the latter, what is no digit and what is one
//! take turns, and `~` comes before everything, even the end.

use std::cmp::Ordering;

use super::digits::Digits;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key<'t> {
    epoch: Digits<'t>,
    upstream: Part<'t>,
    revision: Part<'t>,
}

#[derive(Debug, Clone)]
struct Part<'t>(&'t str);

pub(super) fn parse(text: &str) -> Option<Key<'_>> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let (epoch, rest) = match text.split_once(':') {
        Some((epoch, rest)) => (Digits::parse(epoch)?, rest),
        None => (Digits::ZERO, text),
    };
    let (upstream, revision) = rest.rsplit_once('-').unwrap_or((rest, "0"));
    Some(Key { epoch, upstream: Part(upstream), revision: Part(revision) })
}

impl Ord for Part<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let (mut one, mut other) = (self.0, other.0);
        while !one.is_empty() || !other.is_empty() {
            let (words, rests) = (words(one), words(other));
            let order = weights(words.0).cmp(weights(rests.0));
            if order.is_ne() {
                return order;
            }
            let (left, right) = (Digits::split(words.1), Digits::split(rests.1));
            let order = left.0.unwrap_or(Digits::ZERO).cmp(&right.0.unwrap_or(Digits::ZERO));
            if order.is_ne() {
                return order;
            }
            (one, other) = (left.1, right.1);
        }
        Ordering::Equal
    }
}

/// What comes before the first digit, and the rest.
fn words(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| c.is_ascii_digit()).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// `~`, the end, letters, everything else.
fn weights(text: &str) -> impl Iterator<Item = u16> {
    let each = text.bytes().map(|b| match b {
        b'~' => 0,
        b if b.is_ascii_alphabetic() => 2 + u16::from(b),
        b => 2 + 256 + u16::from(b),
    });
    each.chain(std::iter::once(1))
}

impl PartialOrd for Part<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Part<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Part<'_> {}
