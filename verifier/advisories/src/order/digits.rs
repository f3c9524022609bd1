//! Whole numbers of any length.

use std::cmp::Ordering;

/// Decimal digits, compared as the number that they are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Digits<'t>(&'t str);

impl<'t> Digits<'t> {
    pub(super) const ZERO: Digits<'static> = Digits("");

    /// `text` as a number, if it is digits and nothing else.
    pub(super) fn parse(text: &'t str) -> Option<Self> {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| Self(text.trim_start_matches('0')))
    }

    /// The digits that `text` starts with, and the rest.
    pub(super) fn split(text: &'t str) -> (Option<Self>, &'t str) {
        let (digits, rest) = run(text, |b| b.is_ascii_digit());
        (Self::parse(digits), rest)
    }

    pub(super) const fn is_zero(self) -> bool {
        self.0.is_empty()
    }
}

/// The longest start of `text` whose bytes are all such, and the rest. `of` must not take bytes beyond ASCII.
pub(super) fn run(text: &str, of: impl Fn(u8) -> bool) -> (&str, &str) {
    let end = text.bytes().position(|b| !(b.is_ascii() && of(b))).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

impl Ord for Digits<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        // Without leading zeros the longer one is the greater one.
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.cmp(other.0))
    }
}

impl PartialOrd for Digits<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Digits<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for Digits<'_> {}
