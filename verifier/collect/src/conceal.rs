//! Secrets that somebody was given, taken out of what he says: before it is cut, for half a secret is known by nobody.

use std::cmp::Reverse;
use std::fmt;
use std::ops::Range;

use zeroize::Zeroizing;

/// Characters of a secret that is looked for: shorter ones stand in many a word.
const SHORTEST: usize = 4;
/// What is shown in its place.
const INSTEAD: &str = "***";

/// Values that are not to be repeated.
#[derive(Clone, Default)]
pub struct Secrets(Vec<Zeroizing<String>>);

impl Secrets {
    /// Adds a value, and of several lines each: what is said is looked at line by line.
    pub fn add(&mut self, value: &str) {
        for part in std::iter::once(value).chain(value.lines()).map(str::trim) {
            if part.chars().count() >= SHORTEST && !self.0.iter().any(|known| known.as_str() == part) {
                self.0.push(Zeroizing::new(part.to_owned()));
            }
        }
        self.0.sort_by_key(|secret| Reverse(secret.len()));
    }

    /// `text` without them.
    pub fn out_of(&self, text: &str) -> String {
        self.out_of_end(text, text.len())
    }

    /// At most the last `length` bytes of `text`, and nothing of a secret that begins before them.
    pub(crate) fn out_of_end(&self, text: &str, length: usize) -> String {
        let mut at = text.len().saturating_sub(length);
        while !text.is_char_boundary(at) {
            at += 1;
        }
        let mut found: Vec<Range<usize>> = self.0.iter().flat_map(|secret| places(text, secret)).collect();
        found.retain(|place| place.end > at);
        found.sort_by_key(|place| (place.start, Reverse(place.end)));
        let (mut shown, mut hidden) = (String::with_capacity(text.len() - at), 0);
        for place in found {
            // What two secrets share is hidden once.
            if place.start >= hidden {
                shown.push_str(text.get(at..place.start).unwrap_or_default());
                shown.push_str(INSTEAD);
            }
            hidden = hidden.max(place.end);
            at = at.max(hidden);
        }
        shown.push_str(text.get(at..).unwrap_or_default());
        shown
    }

    /// Bytes of the longest.
    pub(crate) fn longest(&self) -> usize {
        self.0.first().map_or(0, |secret| secret.len())
    }
}

impl<'s> FromIterator<&'s str> for Secrets {
    fn from_iter<I: IntoIterator<Item = &'s str>>(values: I) -> Self {
        let mut secrets = Self::default();
        values.into_iter().for_each(|value| secrets.add(value));
        secrets
    }
}

/// Says how many there are, never which.
impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({})", self.0.len())
    }
}

fn places<'t>(text: &'t str, secret: &'t str) -> impl Iterator<Item = Range<usize>> + 't {
    text.match_indices(secret).map(|(at, found)| at..at + found.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(values: &[&str]) -> Secrets {
        values.iter().copied().collect()
    }

    #[test]
    fn a_secret_is_taken_out_whole_wherever_it_stands() {
        let secrets = secrets(&["hunter22", "hunter22-and-more", "abc"]);
        for (text, shown) in [
            ("", ""),
            ("nothing abc", "nothing abc"),
            ("hunter22", "***"),
            ("<hunter22> <hunter22-and-more>", "<***> <***>"),
            ("hunter22hunter22", "******"),
            ("hunter2", "hunter2"),
        ] {
            assert_eq!(secrets.out_of(text), shown);
        }
        assert_eq!(format!("{secrets:?}"), "Secrets(2)");
    }

    #[test]
    fn of_two_that_overlap_nothing_is_left() {
        assert_eq!(secrets(&["left-middle", "middle-right"]).out_of("a left-middle-right b"), "a *** b");
    }

    #[test]
    fn each_line_of_a_secret_is_one() {
        let key = secrets(&["-----BEGIN KEY-----\r\nMIGHAgEAMBMG\nCCqGSM49\n-----END KEY-----\n"]);
        assert_eq!(key.out_of("\tCCqGSM49"), "\t***");
        assert_eq!(key.out_of("MIGHAgEAMBMG, then"), "***, then");
    }

    #[test]
    fn what_is_cut_off_takes_the_rest_of_a_secret_along() {
        let secrets = secrets(&["0123456789"]);
        let text = "before 0123456789 after";
        for (length, shown) in [
            (6, " after"),
            (7, "*** after"),
            (15, "*** after"),
            (16, "*** after"),
            (17, " *** after"),
            (99, "before *** after"),
        ] {
            assert_eq!(secrets.out_of_end(text, length), shown, "{length}");
        }
        assert_eq!(secrets.out_of_end("\u{e9}\u{e9}", 3), "\u{e9}");
    }
}
