//! apk-package(5): `number{.number}…{letter}{_suffix{number}}…{~hash}{-r#}`.

use super::digits::{Digits, run};

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key<'t> {
    /// Nothing, for what has no number at all.
    first: Option<Digits<'t>>,
    numbers: Vec<Number<'t>>,
    letter: &'t str,
    /// Ended by [`Suffix::None`], so that `_alpha` comes before the end and `_p` after it.
    suffixes: Vec<(Suffix, Digits<'t>)>,
    revision: Digits<'t>,
    rest: Rest<'t>,
}

/// After the first dot a number with a leading zero is a fraction: compared as text, before all that have none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Number<'t> {
    Fraction(&'t str),
    Whole(Digits<'t>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Suffix {
    Alpha,
    Beta,
    Pre,
    Rc,
    None,
    Cvs,
    Svn,
    Git,
    Hg,
    P,
}

/// What apk would refuse comes before what it takes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Rest<'t> {
    /// Where a suffix or a revision should be.
    Invalid(&'t str),
    /// Behind the revision.
    Surplus,
    None,
}

/// Longer names first where one is the start of another.
const SUFFIXES: [(&str, Suffix); 9] = [
    ("alpha", Suffix::Alpha),
    ("beta", Suffix::Beta),
    ("pre", Suffix::Pre),
    ("rc", Suffix::Rc),
    ("cvs", Suffix::Cvs),
    ("svn", Suffix::Svn),
    ("git", Suffix::Git),
    ("hg", Suffix::Hg),
    ("p", Suffix::P),
];

pub(super) fn parse(text: &str) -> Option<Key<'_>> {
    if text.is_empty() {
        return None;
    }
    let (first, mut rest) = Digits::split(text);
    let mut numbers = Vec::new();
    while let Some(after) = rest.strip_prefix('.').filter(|_| first.is_some()) {
        let (digits, beyond) = run(after, |b| b.is_ascii_digit());
        let Some(number) = Digits::parse(digits) else {
            // apk puts up with a dot at the end.
            rest = if after.is_empty() { after } else { rest };
            break;
        };
        rest = beyond;
        numbers.push(if digits.starts_with('0') { Number::Fraction(digits) } else { Number::Whole(number) });
    }
    let letter = rest.get(..1).filter(|letter| letter.bytes().all(|b| b.is_ascii_lowercase())).unwrap_or("");
    rest = rest.strip_prefix(letter).unwrap_or(rest);
    let mut suffixes = Vec::new();
    while let Some((suffix, after)) = suffix(rest) {
        let (number, beyond) = Digits::split(after);
        suffixes.push((suffix, number.unwrap_or(Digits::ZERO)));
        rest = beyond;
    }
    suffixes.push((Suffix::None, Digits::ZERO));
    if let Some(after) = rest.strip_prefix('~') {
        // Two commits have no order.
        rest = run(after, |b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)).1;
    }
    let mut revision = Digits::ZERO;
    let after = rest.strip_prefix("-r");
    let mut rest = if rest.is_empty() { Rest::None } else { Rest::Invalid(rest) };
    if let Some(after) = after {
        let (number, beyond) = Digits::split(after);
        revision = number.unwrap_or(Digits::ZERO);
        rest = if beyond.is_empty() { Rest::None } else { Rest::Surplus };
    }
    Some(Key { first, numbers, letter, suffixes, revision, rest })
}

fn suffix(text: &str) -> Option<(Suffix, &str)> {
    let text = text.strip_prefix('_')?;
    SUFFIXES.into_iter().find_map(|(name, suffix)| Some((suffix, text.strip_prefix(name)?)))
}
