//! Whether a version lies in a range, as the OSV specification evaluates it.

use crate::order::{Order, Version};

/// One event of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event<'t> {
    /// What changes.
    pub change: Change,
    /// From which version on.
    pub version: &'t str,
}

/// What an event changes. At one version an introduction comes before a fix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Affected from here on; `0` is before every version.
    Introduced,
    /// Not affected from here on.
    Fixed,
    /// Not affected after this.
    LastAffected,
    /// Nothing is said from here on; `*` is after every version.
    Limit,
}

impl Change {
    /// Every change, in the order of their numbers.
    pub(crate) const ALL: [Self; 4] = [Self::Introduced, Self::Fixed, Self::LastAffected, Self::Limit];
}

/// A range whose versions have been read, for one version after the other.
#[derive(Debug, Clone)]
pub struct Range<'t>(Vec<(Change, Bound<'t>)>);

/// Where an event stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Bound<'t> {
    BeforeAll,
    At(Version<'t>),
    AfterAll,
}

impl<'t> Range<'t> {
    /// Reads events, which may stand in any order; `None` where one of them is no version in this order, so that nobody can
    /// tell what lies in the range.
    pub fn read(order: Order, events: impl Iterator<Item = Event<'t>>) -> Option<Self> {
        let events = events.map(|event| {
            let bound = match (event.change, event.version) {
                (Change::Introduced, "0") => Bound::BeforeAll,
                (Change::Limit, "*") => Bound::AfterAll,
                (_, text) => Bound::At(order.parse(text)?),
            };
            Some((event.change, bound))
        });
        events.collect::<Option<_>>().map(Self)
    }

    /// Whether `version`, of the same order, lies in it.
    ///
    /// The specification sorts the events and lets each change the state in turn. The last one that applies decides, and that
    /// is the greatest: no sorting is needed.
    pub fn has(&self, version: &Version<'_>) -> bool {
        let mut last = None;
        let mut limits = Limits::None;
        for (change, bound) in &self.0 {
            let reached = match bound {
                Bound::BeforeAll => true,
                Bound::At(at) if *change == Change::LastAffected => version > at,
                Bound::At(at) => version >= at,
                Bound::AfterAll => false,
            };
            if *change == Change::Limit {
                limits = if reached { limits.or(Limits::Reached) } else { Limits::Below };
                continue;
            }
            let applies = (bound, *change);
            if reached && last.as_ref().is_none_or(|last| applies >= *last) {
                last = Some(applies);
            }
        }
        let introduced = matches!(last, Some((_, Change::Introduced)));
        introduced && limits != Limits::Reached
    }
}

/// Without a limit there is none; with several, one that was not reached is enough.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Limits {
    None,
    Reached,
    Below,
}

impl Limits {
    fn or(self, other: Self) -> Self {
        if self == Self::Below { self } else { other }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn events(text: &str) -> Vec<Event<'_>> {
        text.split_whitespace()
            .map(|event| {
                let (change, version) = event.split_at(1);
                let change = match change {
                    "i" => Change::Introduced,
                    "f" => Change::Fixed,
                    "a" => Change::LastAffected,
                    "l" => Change::Limit,
                    _ => panic!("{event}"),
                };
                Event { change, version }
            })
            .collect()
    }

    fn affected(version: &str, text: &str) -> bool {
        let version = Order::SemVer.parse(version).unwrap();
        Range::read(Order::SemVer, events(text).into_iter()).unwrap().has(&version)
    }

    #[test]
    fn ranges_are_evaluated_as_the_specification_says() {
        let cases = [
            ("i0", "0.0.0-0", true),
            ("i0 f1.0.0", "0.9.9", true),
            ("i0 f1.0.0", "1.0.0", false),
            ("i0 f1.0.0", "1.0.0-rc.1", true),
            ("i1.0.0 f2.0.0", "0.9.0", false),
            ("i1.0.0 a2.0.0", "2.0.0", true),
            ("i1.0.0 a2.0.0", "2.0.1", false),
            // Not in order, and twice.
            ("f1.0.0 i2.0.0 f3.0.0 i0", "0.5.0", true),
            ("f1.0.0 i2.0.0 f3.0.0 i0", "1.5.0", false),
            ("f1.0.0 i2.0.0 f3.0.0 i0", "2.5.0", true),
            ("f1.0.0 i2.0.0 f3.0.0 i0", "3.0.0", false),
            // Nothing is said from a limit on, unless another one lies further away.
            ("i0 l1.0.0", "0.9.0", true),
            ("i0 l1.0.0", "1.0.0", false),
            ("i0 l1.0.0 l2.0.0", "1.0.0", true),
            ("i0 l2.0.0 l1.0.0", "1.5.0", true),
            ("i0 l1.0.0 l*", "9.0.0", true),
            ("i0 l*", "9.0.0", true),
            // Introduced and fixed at once is nothing; introduced and last affected at once is that version.
            ("i1.0.0 f1.0.0", "1.0.0", false),
            ("f1.0.0 i1.0.0", "1.0.0", false),
            ("i1.0.0 a1.0.0", "1.0.0", true),
            ("i1.0.0 a1.0.0", "1.0.1", false),
            // The trick with which RustSec says "from the first pre-release on".
            ("i0.8.7-0 f0.8.8", "0.8.7-alpha", true),
            ("i0.8.7-0 f0.8.8", "0.8.6", false),
            ("f1.0.0", "0.5.0", false),
        ];
        for (range, version, expected) in cases {
            assert_eq!(affected(version, range), expected, "{version} in {range}");
        }
        assert!(Range::read(Order::SemVer, events("i0 fnever").into_iter()).is_none());
    }

    /// The specification's own words: sort, then fold.
    fn folded(version: u32, events: &[(Change, u32)]) -> bool {
        let limits: Vec<u32> =
            events.iter().filter(|(change, _)| *change == Change::Limit).map(|(_, at)| *at).collect();
        if !limits.is_empty() && !limits.iter().any(|limit| version < *limit) {
            return false;
        }
        let mut sorted: Vec<(u32, Change)> = events.iter().map(|(change, at)| (*at, *change)).collect();
        sorted.sort_unstable();
        let mut vulnerable = false;
        for (at, change) in sorted {
            match change {
                Change::Introduced if version >= at => vulnerable = true,
                Change::Fixed if version >= at => vulnerable = false,
                Change::LastAffected if version > at => vulnerable = false,
                _ => {}
            }
        }
        vulnerable
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_greatest_event_decides_as_sorting_and_folding_does(
            version in 1..9u32,
            events in prop::collection::vec((prop::sample::select(vec![
                Change::Introduced, Change::Fixed, Change::LastAffected, Change::Limit,
            ]), 0..9u32), 0..8)
        ) {
            let texts: Vec<String> = events.iter().map(|(_, at)| at.to_string()).collect();
            let written = events.iter().zip(&texts).map(|((change, _), version)| Event { change: *change, version });
            let key = version.to_string();
            let ours = Range::read(Order::SemVer, written).unwrap().has(&Order::SemVer.parse(&key).unwrap());
            prop_assert_eq!(ours, folded(version, &events));
        }
    }
}
