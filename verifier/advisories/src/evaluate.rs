//! Whether a version lies in a range, as the OSV specification evaluates it.

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

/// Where an event stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bound<V> {
    /// Before every version.
    BeforeAll,
    /// At this one.
    At(V),
    /// After every version.
    AfterAll,
}

impl<V> Bound<V> {
    /// Where a change stands whose version is written as `text`: at what `version` makes of it, unless it is before or after
    /// all of them. `None` where that is none.
    pub fn read(change: Change, text: &str, version: impl FnOnce() -> Option<V>) -> Option<Self> {
        match (change, text) {
            (Change::Introduced, "0") => Some(Self::BeforeAll),
            (Change::Limit, "*") => Some(Self::AfterAll),
            _ => version().map(Self::At),
        }
    }
}

/// Whether `version` lies in the range that has these events, which may stand in any order; `None` where one of them is
/// `None`, so that nobody can tell.
///
/// The specification sorts the events and lets each change the state in turn. The last one that applies decides, and that is
/// the greatest: no sorting is needed.
pub fn affected<V: Ord>(
    events: impl Iterator<Item = Option<(Change, Bound<V>)>>,
    version: &V,
) -> Option<bool> {
    let mut last = None;
    let mut limits = Limits::None;
    for event in events {
        let (change, bound) = event?;
        let reached = match &bound {
            Bound::BeforeAll => true,
            Bound::At(at) if change == Change::LastAffected => version > at,
            Bound::At(at) => version >= at,
            Bound::AfterAll => false,
        };
        if change == Change::Limit {
            limits = if reached { limits.or(Limits::Reached) } else { Limits::Below };
            continue;
        }
        let applies = (bound, change);
        if reached && last.as_ref().is_none_or(|last| applies >= *last) {
            last = Some(applies);
        }
    }
    let introduced = matches!(last, Some((_, Change::Introduced)));
    Some(introduced && limits != Limits::Reached)
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
    use crate::order::Order;

    fn events(text: &str) -> Vec<(Change, &str)> {
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
                (change, version)
            })
            .collect()
    }

    fn evaluated(version: &str, events: &[(Change, &str)]) -> Option<bool> {
        let parse = |text| Order::SemVer.parse(text);
        let read =
            events.iter().map(|(change, text)| Some((*change, Bound::read(*change, text, || parse(text))?)));
        affected(read, &parse(version).unwrap())
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
            assert_eq!(evaluated(version, &events(range)), Some(expected), "{version} in {range}");
        }
        assert_eq!(evaluated("1.0.0", &events("i0 fnever")), None);
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
            let written: Vec<_> =
                events.iter().zip(&texts).map(|((change, _), version)| (*change, version.as_str())).collect();
            let ours = evaluated(&version.to_string(), &written);
            prop_assert_eq!(ours, Some(folded(version, &events)));
        }
    }
}
