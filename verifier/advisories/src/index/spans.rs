//! What ranges come to where versions have an order among themselves: stretches of places in it, and the versions that mend.
//!
//! A place is odd for a version of the table, and even between two of them. What is asked then of a version that is looked up is
//! whether its place lies in one of the stretches.

use super::Malformed;
use super::bytes::{Reader, Writer};
use crate::evaluate::{Bound, Change};

/// What is affected from one place on, up to another.
type Span = (u64, u64);

/// Fixes of one record that are told: real ones have a few for each branch that is maintained.
pub(super) const MAX_FIXES: usize = 256;

/// What ranges affect, and what mends it.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Spans {
    /// Ascending, and apart from each other.
    affected: Vec<Span>,
    /// Numbers of versions of the table that a range calls fixed and none affects, ascending.
    fixes: Vec<usize>,
}

impl Spans {
    /// Of these ranges, whose events are at versions of the table by number. `place` gives the place of each; from `end` on there is
    /// none.
    pub(super) fn of(ranges: &[Vec<(Change, Bound<usize>)>], place: impl Fn(usize) -> u64, end: u64) -> Self {
        let mut all: Vec<Span> = ranges.iter().flat_map(|events| of_range(events, &place, end)).collect();
        all.sort_unstable();
        let mut affected: Vec<Span> = Vec::with_capacity(all.len());
        for (start, end) in all {
            match affected.last_mut() {
                Some((_, last)) if start <= *last => *last = end.max(*last),
                _ => affected.push((start, end)),
            }
        }
        let fixed = ranges.iter().flatten().filter_map(|event| match event {
            (Change::Fixed, Bound::At(number)) => Some(*number),
            _ => None,
        });
        let is_affected = |at: u64| {
            let next = affected.partition_point(|(start, _)| *start <= at);
            next.checked_sub(1).and_then(|last| affected.get(last)).is_some_and(|(_, end)| at < *end)
        };
        let mut fixes: Vec<usize> = fixed.filter(|number| !is_affected(place(*number))).collect();
        fixes.sort_unstable();
        fixes.dedup();
        fixes.truncate(MAX_FIXES);
        Self { affected, fixes }
    }

    /// Writes them, each number by its distance from the one before.
    pub(super) fn write(&self, writer: &mut Writer) {
        writer.len(self.affected.len());
        let mut before = 0;
        for (start, end) in &self.affected {
            writer.number(start - before);
            writer.number(end - start);
            before = *end;
        }
        writer.len(self.fixes.len());
        let mut before = 0;
        for fix in &self.fixes {
            writer.len(fix - before);
            before = *fix;
        }
    }
}

/// Whether the place `at` lies in what [`Spans::write`] wrote. Calls `mends` with the number of each version that mends.
pub(super) fn has(
    reader: &mut Reader<'_>,
    at: Option<u64>,
    mut mends: impl FnMut(usize),
) -> Result<bool, Malformed> {
    let mut has = false;
    let mut before = 0_u64;
    let mut next = |reader: &mut Reader<'_>| {
        before = before.checked_add(reader.number()?).ok_or(Malformed)?;
        Ok::<u64, Malformed>(before)
    };
    for _ in 0..reader.len()? {
        let span = next(reader)?..next(reader)?;
        has |= at.is_some_and(|at| span.contains(&at));
    }
    let mut before = 0_usize;
    for _ in 0..reader.len()? {
        let step = usize::try_from(reader.number()?).map_err(|_| Malformed)?;
        before = before.checked_add(step).ok_or(Malformed)?;
        mends(before);
    }
    Ok(has)
}

/// What one range affects. Events change what counts from the place where they are reached: the last one does, and at one place in
/// the order of the changes.
fn of_range(events: &[(Change, Bound<usize>)], place: impl Fn(usize) -> u64, end: u64) -> Vec<Span> {
    let at = |bound: &Bound<usize>| match bound {
        Bound::BeforeAll => 0,
        Bound::At(number) => place(*number),
        Bound::AfterAll => end,
    };
    let limits = events.iter().filter(|(change, _)| *change == Change::Limit);
    // Of several limits one that was not reached is enough.
    let limit = limits.map(|(_, bound)| at(bound)).max().unwrap_or(end);
    let reached = |(change, bound): &(Change, Bound<usize>)| match change {
        Change::Limit => None,
        Change::LastAffected => Some((at(bound) + 1, *change)),
        Change::Introduced | Change::Fixed => Some((at(bound), *change)),
    };
    let mut changes: Vec<(u64, Change)> = events.iter().filter_map(reached).collect();
    changes.sort_unstable();
    let mut spans = Vec::new();
    let mut since = None;
    for (at, change) in changes {
        since = match (since, change) {
            (None, Change::Introduced) => Some(at),
            (Some(_), Change::Introduced) => since,
            (Some(start), _) => {
                spans.push((start, at.min(limit)));
                None
            }
            (None, _) => None,
        };
    }
    spans.extend(since.map(|start| (start, limit)));
    spans.retain(|(start, end)| start < end);
    spans
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::evaluate::affected;

    /// Versions of the table; two of them are the same.
    const RANKS: [u64; 6] = [0, 1, 2, 2, 3, 4];
    const END: u64 = 2 * 5 + 1;

    fn place(number: usize) -> u64 {
        2 * RANKS[number] + 1
    }

    fn event() -> impl Strategy<Value = (Change, Bound<usize>)> {
        let number = 0..RANKS.len();
        prop_oneof![
            Just((Change::Introduced, Bound::BeforeAll)),
            Just((Change::Limit, Bound::AfterAll)),
            (prop::sample::select(Change::ALL.to_vec()), number)
                .prop_map(|(change, at)| (change, Bound::At(at))),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn stretches_have_what_evaluation_finds_at_every_place(
            ranges in prop::collection::vec(prop::collection::vec(event(), 0..6), 0..4)
        ) {
            let mut writer = Writer::default();
            Spans::of(&ranges, place, END).write(&mut writer);
            let evaluated = |at: u64| ranges.iter().any(|events| {
                let placed = events.iter().map(|(change, bound)| Some((*change, match bound {
                    Bound::BeforeAll => Bound::BeforeAll,
                    Bound::At(number) => Bound::At(place(*number)),
                    Bound::AfterAll => Bound::AfterAll,
                })));
                affected(placed, &at) == Some(true)
            });
            let mut fixes: Vec<usize> = ranges.iter().flatten().filter_map(|event| match event {
                (Change::Fixed, Bound::At(number)) if !evaluated(place(*number)) => Some(*number),
                _ => None,
            }).collect();
            fixes.sort_unstable();
            fixes.dedup();
            for at in 0..END {
                let (mut reader, mut mends) = (Reader(&writer.0), Vec::new());
                prop_assert_eq!(has(&mut reader, Some(at), |fix| mends.push(fix)), Ok(evaluated(at)), "{}", at);
                prop_assert_eq!(&mends, &fixes);
                prop_assert!(reader.end().is_ok());
            }
        }

        #[test]
        fn no_bytes_panic(bytes in any::<Vec<u8>>(), at in any::<u64>()) {
            let _ = has(&mut Reader(&bytes), Some(at), |_| {});
        }
    }
}
