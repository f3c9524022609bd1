//! rpm-version(7), by the crate that the RPM tools in Rust share.

use std::cmp::Ordering;

use rpm_version::Evr;

/// The parts, compared by `rpm_version`.
#[derive(Debug, Clone)]
pub(super) struct Key<'t>(Evr<'t>);

pub(super) fn parse(text: &str) -> Option<Key<'_>> {
    (!text.is_empty()).then(|| Key(Evr::parse(text)))
}

impl Ord for Key<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
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
