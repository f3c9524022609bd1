//! Numbers between separators, and nothing else: Hackage and CRAN. The longer of two is the greater one where the
//! shorter one is its start, so that `1.0` comes before `1.0.0`.

use super::digits::Digits;

pub(super) type Key<'t> = Vec<Digits<'t>>;

pub(super) fn parse<'t>(text: &'t str, separators: &[char]) -> Option<Key<'t>> {
    text.split(separators).map(Digits::parse).collect()
}
