//! SemVer 2.0 (§11) for versions as they are really written: a leading `v`, fewer or more than three parts, parts that
//! fit no machine word. NuGet and Pub differ in what else counts.

use std::cmp::Ordering;

use super::digits::Digits;

/// What an ecosystem makes of SemVer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    /// Whether labels are compared without case.
    fold: bool,
    /// Whether build metadata counts.
    build: bool,
}

impl Rules {
    pub(super) const SEMVER: Self = Self { fold: false, build: false };
    pub(super) const NUGET: Self = Self { fold: true, build: false };
    pub(super) const PUB: Self = Self { fold: false, build: true };
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key<'t> {
    /// Without zeros at the end: `1`, `1.0` and `1.0.0` are one version.
    numbers: Vec<Digits<'t>>,
    label: Label<'t>,
    /// Parts between dots, of which numbers count as such; none come first.
    build: Vec<Identifier<'t>>,
}

/// In the order of precedence: a version with a label comes before the one without.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Label<'t> {
    PreRelease(Vec<Identifier<'t>>),
    Release,
}

#[derive(Debug, Clone)]
enum Identifier<'t> {
    Number(Digits<'t>),
    Text { text: &'t str, fold: bool },
}

pub(super) fn parse<'t>(text: &'t str, rules: Rules) -> Option<Key<'t>> {
    let text = text.strip_prefix('v').or_else(|| text.strip_prefix('V')).unwrap_or(text);
    let (first, mut rest) = Digits::split(text);
    let mut numbers = vec![first?];
    while let Some(after) = rest.strip_prefix('.') {
        let (number, beyond) = Digits::split(after);
        // What follows the dot is no number: a label that lacks its dash.
        rest = beyond;
        let Some(number) = number else { break };
        numbers.push(number);
    }
    while numbers.last().is_some_and(|number| number.is_zero()) {
        numbers.pop();
    }
    let (label, build) = rest.split_once('+').unwrap_or((rest, ""));
    let label = label.strip_prefix('-').unwrap_or(label);
    let parts = |text: &'t str| text.split('.').map(|part| Identifier::new(part, rules.fold)).collect();
    let label = if label.is_empty() { Label::Release } else { Label::PreRelease(parts(label)) };
    let build = if rules.build && !build.is_empty() { parts(build) } else { Vec::new() };
    Some(Key { numbers, label, build })
}

impl<'t> Identifier<'t> {
    fn new(text: &'t str, fold: bool) -> Self {
        Digits::parse(text).map_or(Self::Text { text, fold }, Self::Number)
    }
}

impl Ord for Identifier<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(one), Self::Number(other)) => one.cmp(other),
            (Self::Number(_), Self::Text { .. }) => Ordering::Less,
            (Self::Text { .. }, Self::Number(_)) => Ordering::Greater,
            (Self::Text { text: one, fold: true }, Self::Text { text: other, .. }) => {
                let lower = |text: &str| text.bytes().map(|b| b.to_ascii_lowercase()).collect::<Vec<u8>>();
                lower(one).cmp(&lower(other))
            }
            (Self::Text { text: one, .. }, Self::Text { text: other, .. }) => one.cmp(other),
        }
    }
}

impl PartialOrd for Identifier<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Identifier<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Identifier<'_> {}
