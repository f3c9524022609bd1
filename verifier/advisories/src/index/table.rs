//! The versions at which something changes, of one package.
//!
//! They stand in the order of the ecosystem where that is known when the index is made, each with its rank: a version that is
//! looked up is then read once, finds its place among a few of them, and everything else is numbers.

use std::cell::OnceCell;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::Malformed;
use super::bytes::{Reader, Writer};
use crate::order::{Order, Version};

/// How a table starts whose versions have ranks.
const RANKED: u8 = 1;
/// Versions for which there is room from the start: few packages have more.
const MANY: usize = 256;

/// What [`write`] made of versions.
pub(super) struct Written<'t> {
    /// The number of each.
    pub(super) numbers: BTreeMap<&'t str, usize>,
    /// Where each lies in the order, by number, and where that ends; `None` where there is none.
    pub(super) places: Option<(Vec<u64>, u64)>,
}

/// Writes versions.
pub(super) fn write<'t>(
    writer: &mut Writer,
    versions: BTreeSet<&'t str>,
    order: Option<Order>,
) -> Written<'t> {
    let ranked = order.filter(|order| order.is_transitive()).and_then(|order| ranked(&versions, order));
    writer.byte(if ranked.is_some() { RANKED } else { 0 });
    writer.len(versions.len());
    let Some(ranked) = ranked else {
        versions.iter().for_each(|version| writer.text(version));
        return Written { numbers: versions.into_iter().zip(0..).collect(), places: None };
    };
    let mut places: Vec<u64> = Vec::with_capacity(ranked.len());
    for (version, is_as_before) in &ranked {
        writer.byte(u8::from(*is_as_before));
        writer.text(version);
        places.push(places.last().map_or(1, |last| if *is_as_before { *last } else { last + 2 }));
    }
    let end = places.last().map_or(1, |last| last + 2);
    let numbers = ranked.into_iter().map(|(version, _)| version).zip(0..).collect();
    Written { numbers, places: Some((places, end)) }
}

/// Versions, ascending, each with whether it is the same version as the one before; `None` where one of them is none.
fn ranked<'t>(versions: &BTreeSet<&'t str>, order: Order) -> Option<Vec<(&'t str, bool)>> {
    let read = versions.iter().map(|text| Some((order.parse(text)?, *text)));
    let mut read = read.collect::<Option<Vec<_>>>()?;
    read.sort();
    let mut before = None;
    let ranked = read.iter().map(|(version, text)| {
        let is_as_before = before.replace(version) == Some(version);
        (*text, is_as_before)
    });
    Some(ranked.collect())
}

/// What [`write`] wrote.
pub(super) struct Table<'b> {
    texts: Vec<&'b [u8]>,
    /// Of each of them, where they have any.
    ranks: Vec<u64>,
    is_ranked: bool,
    own: OnceCell<Parsed<'b>>,
    semver: OnceCell<Parsed<'b>>,
}

/// Each read as a version once, and only if a range needs it.
type Parsed<'b> = Vec<OnceCell<Option<Version<'b>>>>;

/// An order, and the version in it that is asked for.
pub(super) struct Line<'v> {
    pub(super) order: Order,
    /// Whether it is the ecosystem's own.
    pub(super) is_own: bool,
    pub(super) version: Version<'v>,
}

impl<'b> Table<'b> {
    pub(super) fn read(reader: &mut Reader<'b>) -> Result<Self, Malformed> {
        let is_ranked = reader.byte()? == RANKED;
        let len = reader.len()?;
        // Whoever made it may say that there are as many as there are bytes.
        let room = len.min(MANY);
        let mut texts = Vec::with_capacity(room);
        let mut ranks = Vec::with_capacity(if is_ranked { room } else { 0 });
        for _ in 0..len {
            if is_ranked {
                let is_as_before = reader.byte()? == 1;
                let next = ranks.last().map_or(0, |last| last + u64::from(!is_as_before));
                ranks.push(next);
            }
            texts.push(reader.bytes()?);
        }
        Ok(Self { texts, ranks, is_ranked, own: OnceCell::new(), semver: OnceCell::new() })
    }

    pub(super) fn len(&self) -> usize {
        self.texts.len()
    }

    /// A version as it is written.
    pub(super) fn text(&self, number: usize) -> Option<&'b str> {
        str::from_utf8(self.texts.get(number)?).ok()
    }

    /// The ecosystem's own line; `None` where it has no place for `version`.
    pub(super) fn own(order: Option<Order>, version: &str) -> Option<Line<'_>> {
        let order = order.filter(|order| order.is_version(version))?;
        Some(Line { order, is_own: true, version: order.parse(version)? })
    }

    /// The line of SemVer, where that is not the ecosystem's own.
    pub(super) fn semver(version: &str) -> Option<Line<'_>> {
        let order = Some(Order::SemVer).filter(|order| order.is_version(version))?;
        Some(Line { order, is_own: false, version: order.parse(version)? })
    }

    /// The place of a version among those of the table: odd for what is in it, and even between. `None` where they have no order, or
    /// it has no place there.
    pub(super) fn place_of(&self, order: Option<Order>, version: &str) -> Option<u64> {
        let order = order.filter(|order| self.is_ranked && order.is_version(version))?;
        self.located(order, &order.parse(version)?)
    }

    /// The place of a version among those that have ranks.
    fn located(&self, order: Order, version: &Version<'_>) -> Option<u64> {
        let (mut low, mut high) = (0, self.texts.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match order.parse(self.text(middle)?)?.cmp(version) {
                Ordering::Less => low = middle + 1,
                Ordering::Greater => high = middle,
                Ordering::Equal => return self.place(middle),
            }
        }
        // Before the first that is greater, or after all.
        let all = self.ranks.last().map_or(0, |last| last + 1);
        Some(2 * self.ranks.get(low).copied().unwrap_or(all))
    }

    /// The place of a version of the table, by its number.
    pub(super) fn place(&self, number: usize) -> Option<u64> {
        self.ranks.get(number).map(|rank| 2 * rank + 1)
    }

    /// A version of the table in another order; `None` where it has no place there.
    pub(super) fn version(&self, number: usize, order: Order, is_own: bool) -> Option<&Version<'b>> {
        let parsed = if is_own { &self.own } else { &self.semver };
        let room = || std::iter::repeat_with(OnceCell::new).take(self.texts.len()).collect();
        let text = self.text(number)?;
        parsed.get_or_init(room).get(number)?.get_or_init(|| order.parse(text)).as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The places of `versions` in a table of `table`, and whether it has ranks.
    fn places(order: Order, table: &[&str], versions: &[&str]) -> (bool, Vec<Option<u64>>) {
        let mut writer = Writer::default();
        let Written { numbers, places } = write(&mut writer, table.iter().copied().collect(), Some(order));
        let read = Table::read(&mut Reader(&writer.0)).unwrap();
        assert!(table.iter().all(|text| read.text(numbers[text]) == Some(*text)));
        for (number, place) in places.iter().flat_map(|(places, _)| places.iter().enumerate()) {
            assert_eq!(read.place(number), Some(*place));
        }
        (read.is_ranked, versions.iter().map(|version| read.place_of(Some(order), version)).collect())
    }

    #[test]
    fn a_version_stands_at_or_between_those_of_the_table() {
        let versions = ["0.9", "1.0", "v1", "1.0.0-rc.1", "1.5.0", "2.0.0", "10.0.0", "next"];
        let (is_ranked, found) = places(Order::SemVer, &["2.0.0", "1.0.0", "1.0", "10.0.0-0"], &versions);
        // 1.0 = 1.0.0 < 2.0.0 < 10.0.0-0
        let expected = [0, 1, 1, 0, 2, 3, 6];
        assert!(is_ranked);
        assert_eq!(found, expected.map(Some).into_iter().chain([None]).collect::<Vec<_>>());
        assert_eq!(places(Order::SemVer, &[], &["1.0.0"]), (true, vec![Some(0)]));
        assert_eq!(places(Order::SemVer, &["1.0.0", "never"], &["1.0.0"]), (false, vec![None]));
        // Of which nobody can say that one after another follows a third.
        assert_eq!(places(Order::Maven, &["1", "2"], &["1"]), (false, vec![None]));
    }
}
