//! The entry of one package: every advisory that names it, with versions and ranges.
//!
//! Versions stand once in two tables at its head, those of events ([`table`]) and those that are enumerated; what is affected
//! refers to them by number. Popular packages have hundreds of advisories that enumerate the same hundreds of versions: of those
//! an advisory has a bit for each version of the table.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops;

use mcpsign_schemas::advisory::{Kind, Severity};

use super::Malformed;
use super::bytes::{Reader, Writer};
use super::records::Place;
use super::table::{self, Line, Table};
use crate::evaluate::{Bound, Change, affected};
use crate::order::Order;

/// What one advisory says of one package.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    /// Of the distribution; empty for all.
    pub(super) release: String,
    pub(super) kind: Kind,
    pub(super) severity: Severity,
    /// By name, as they are compared.
    pub(super) versions: BTreeSet<String>,
    pub(super) ranges: Vec<Events>,
}

/// Versions by order.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Events {
    /// Whether the order is SemVer's, whatever the ecosystem's is.
    pub(super) semver: bool,
    pub(super) events: Vec<(Change, String)>,
}

/// An advisory that affects a version.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Affecting {
    pub(super) details: Place,
    pub(super) kind: Kind,
    pub(super) severity: Severity,
    /// Which of the versions that were found mend it.
    pub(super) fixed: ops::Range<usize>,
}

/// A version that mends something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fix<'b> {
    /// Its place among those of the package in one segment, where that is known.
    pub(crate) rank: Option<u64>,
    pub(crate) version: &'b str,
}

/// What a look at a package gives.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Found {
    pub(super) hits: Vec<Affecting>,
    /// Advisories of the right release, whatever their versions.
    pub(super) advisories: usize,
    /// Whether the version, or a range's, has no place in the order: only enumerated versions could match.
    pub(super) unordered: bool,
}

/// Bits of the number of an event's version that say what changes there.
const CHANGE_BITS: u32 = 2;

/// Numbers of versions at which nothing changes but at the ends of all: what is before every version, and after.
const BEFORE_ALL: u64 = 0;
const AFTER_ALL: u64 = 1;
const FIRST: u64 = 2;

/// Writes the entries of one package, each with the place of its details among the records.
pub(super) fn write(entries: &[(Place, &Entry)], order: Option<Order>) -> Vec<u8> {
    let ranges = entries.iter().flat_map(|(_, entry)| &entry.ranges);
    let events = ranges.flat_map(|range| &range.events).filter_map(|(change, version)| {
        match Bound::read(*change, version, || Some(version.as_str())) {
            Some(Bound::At(version)) => Some(version),
            _ => None,
        }
    });
    let mut writer = Writer::default();
    let events = table::write(&mut writer, events.collect(), order);
    let versions: BTreeSet<&str> =
        entries.iter().flat_map(|(_, entry)| &entry.versions).map(String::as_str).collect();
    let versions: BTreeMap<&str, usize> = versions.into_iter().zip(0..).collect();
    writer.len(versions.len());
    versions.keys().for_each(|version| writer.text(version));
    writer.len(entries.len());
    for (details, entry) in entries {
        writer.number(details.offset);
        writer.number(details.size);
        writer.text(&entry.release);
        writer.byte(entry.kind as u8);
        writer.byte(entry.severity as u8);
        let enumerated = entry.versions.iter().filter_map(|version| versions.get(version.as_str()).copied());
        write_versions(&mut writer, &enumerated.collect::<Vec<_>>(), versions.len());
        writer.len(entry.ranges.len());
        for range in &entry.ranges {
            writer.byte(u8::from(range.semver));
            writer.len(range.events.len());
            for (change, version) in &range.events {
                let number = match Bound::read(*change, version, || events.get(version.as_str())) {
                    Some(Bound::At(number)) => FIRST + *number as u64,
                    Some(Bound::AfterAll) => AFTER_ALL,
                    _ => BEFORE_ALL,
                };
                writer.number(number << CHANGE_BITS | *change as u64);
            }
        }
    }
    writer.0
}

/// Numbers of a table of `all` versions, ascending: each by its distance from the one before, or a bit for each of the table
/// where that is shorter.
fn write_versions(writer: &mut Writer, versions: &[usize], all: usize) {
    let is_dense = versions.len() > all.div_ceil(8);
    writer.number((versions.len() as u64) << 1 | u64::from(is_dense));
    if is_dense {
        let mut bits = vec![0_u8; all.div_ceil(8)];
        for version in versions {
            if let Some(byte) = bits.get_mut(version / 8) {
                *byte |= 1 << (version % 8);
            }
        }
        return bits.into_iter().for_each(|byte| writer.byte(byte));
    }
    let mut before = 0;
    for version in versions {
        writer.len(version - before);
        before = *version;
    }
}

/// Whether `wanted` is among what [`write_versions`] wrote.
fn has_version(reader: &mut Reader<'_>, wanted: Option<usize>, all: usize) -> Result<bool, Malformed> {
    let head = reader.number()?;
    if head & 1 == 1 {
        let bits = reader.take(all.div_ceil(8))?;
        let byte = wanted.and_then(|wanted| Some((bits.get(wanted / 8)?, wanted % 8)));
        return Ok(byte.is_some_and(|(byte, bit)| byte >> bit & 1 == 1));
    }
    let wanted = wanted.map(|wanted| wanted as u64);
    let (mut number, mut has) = (0_u64, false);
    for _ in 0..head >> 1 {
        number = number.checked_add(reader.number()?).ok_or(Malformed)?;
        has |= wanted == Some(number);
    }
    Ok(has)
}

/// How many versions are enumerated, and the number of that which is asked for.
fn position(
    reader: &mut Reader<'_>,
    order: Option<Order>,
    version: Option<&str>,
) -> Result<(usize, Option<usize>), Malformed> {
    let all = reader.len()?;
    let wanted = version.filter(|_| all > 0).map(|version| comparable(order, version));
    let wanted = wanted.as_deref().map(str::as_bytes);
    let mut found = None;
    for number in 0..all {
        if wanted == Some(reader.bytes()?) {
            found = Some(number);
        }
    }
    Ok((all, found))
}

/// Holds `version` against every entry of a package. Versions above that mend what affects it go to `fixes`, in any order.
pub(super) fn find<'b>(
    bytes: &'b [u8],
    order: Option<Order>,
    is_release: impl Fn(&str) -> bool,
    version: Option<&str>,
    fixes: &mut Vec<Fix<'b>>,
) -> Result<Found, Malformed> {
    let mut reader = Reader(bytes);
    let table = Table::read(&mut reader)?;
    let (enumerated, exact) = position(&mut reader, order, version)?;
    let (own, semver) = (OnceCell::new(), OnceCell::new());
    let mut found = Found::default();
    let mut ranges = Ranges::default();
    for _ in 0..reader.len()? {
        let details = Place { offset: reader.number()?, size: reader.number()? };
        let counts = is_release(reader.text()?);
        let kind = Kind::ALL.get(usize::from(reader.byte()?)).copied().ok_or(Malformed)?;
        let severity = Severity::ALL.get(usize::from(reader.byte()?)).copied().ok_or(Malformed)?;
        let mut is_affected = has_version(&mut reader, exact, enumerated)?;
        ranges.clear();
        for _ in 0..reader.len()? {
            let is_semver = reader.byte()? == 1;
            let events = ranges.read(&mut reader, &table)?;
            if !counts {
                continue;
            }
            // Whatever the version is, known or not, it lies in a range that has all.
            if ranges.of(&events).iter().all(Event::is_of_all) {
                (is_affected, ranges.has_all) = (true, true);
                continue;
            }
            if version.is_none() {
                continue;
            }
            let line = if is_semver && order != Some(Order::SemVer) {
                semver.get_or_init(|| Table::semver(version.filter(|text| Order::SemVer.is_version(text))?))
            } else {
                let is_version = |text: &&str| order.is_some_and(|order| order.is_version(text));
                own.get_or_init(|| table.own(order, version.filter(is_version)?))
            };
            let affected = line.as_ref().and_then(|line| {
                let affected = ranges.affect(&events, &table, line);
                ranges.held.push((line, events));
                affected
            });
            match affected {
                Some(affected) => is_affected |= affected,
                None => found.unordered = true,
            }
        }
        if !counts {
            continue;
        }
        found.advisories += usize::from(!is_affected);
        if is_affected {
            let start = fixes.len();
            ranges.mended(&table, fixes);
            found.hits.push(Affecting { details, kind, severity, fixed: start..fixes.len() });
        }
    }
    reader.end()?;
    Ok(found)
}

/// Fixes of one record that are looked at: real ones have a few for each branch that is maintained, and each is held against
/// every range.
const MAX_FIXES: usize = 256;

/// A change, and the number of the version from which on it counts.
struct Event {
    change: Change,
    at: Bound<usize>,
}

impl Event {
    fn is_of_all(&self) -> bool {
        self.change == Change::Introduced && self.at == Bound::BeforeAll
    }

    /// What changes, and where in the order of `place`; `None` where that is nowhere.
    fn bound<V>(&self, place: impl Fn(usize) -> Option<V>) -> Option<(Change, Bound<V>)> {
        let bound = match self.at {
            Bound::BeforeAll => Bound::BeforeAll,
            Bound::At(number) => Bound::At(place(number)?),
            Bound::AfterAll => Bound::AfterAll,
        };
        Some((self.change, bound))
    }
}

/// The ranges of one advisory.
#[derive(Default)]
struct Ranges<'l> {
    events: Vec<Event>,
    /// Those that were held against the version: in which order, and which of the events they have.
    held: Vec<(&'l Line<'l>, ops::Range<usize>)>,
    /// Whether one of them has every version.
    has_all: bool,
}

impl Ranges<'_> {
    fn clear(&mut self) {
        self.events.clear();
        self.held.clear();
        self.has_all = false;
    }

    fn read(&mut self, reader: &mut Reader<'_>, table: &Table<'_>) -> Result<ops::Range<usize>, Malformed> {
        let start = self.events.len();
        for _ in 0..reader.len()? {
            let number = reader.number()?;
            let change = usize::try_from(number & ((1 << CHANGE_BITS) - 1)).ok();
            let change = change.and_then(|change| Change::ALL.get(change).copied());
            let at = match number >> CHANGE_BITS {
                BEFORE_ALL => Some(Bound::BeforeAll),
                AFTER_ALL => Some(Bound::AfterAll),
                number => {
                    let number = usize::try_from(number - FIRST).ok();
                    number.filter(|number| *number < table.len()).map(Bound::At)
                }
            };
            let (change, at) = change.zip(at).ok_or(Malformed)?;
            self.events.push(Event { change, at });
        }
        Ok(start..self.events.len())
    }

    fn of(&self, events: &ops::Range<usize>) -> &[Event] {
        self.events.get(events.clone()).unwrap_or_default()
    }

    /// Whether the version of `line` lies in a range; `None` where one of its events has no place in the order.
    fn affect(&self, events: &ops::Range<usize>, table: &Table<'_>, line: &Line<'_>) -> Option<bool> {
        match line {
            Line::Ranked(spot) => self.has(events, |number| table.rank(number), spot),
            Line::Read { order, is_own, version } => {
                self.has(events, |number| table.version(number, *order, *is_own), &version)
            }
        }
    }

    /// Whether `version` lies in a range, by the places that its events have.
    fn has<V: Ord>(
        &self,
        events: &ops::Range<usize>,
        place: impl Fn(usize) -> Option<V>,
        version: &V,
    ) -> Option<bool> {
        affected(self.of(events).iter().map(|event| event.bound(&place)), version)
    }

    /// Versions above that a range calls fixed, and that no range has again.
    fn mended<'b>(&self, table: &Table<'b>, fixes: &mut Vec<Fix<'b>>) {
        if self.has_all {
            return;
        }
        let most = fixes.len() + MAX_FIXES;
        for (line, events) in &self.held {
            let fixed = self.of(events).iter().filter(|event| event.change == Change::Fixed);
            let numbers = fixed.filter_map(|event| match event.at {
                Bound::At(number) => Some(number),
                _ => None,
            });
            // Each is held against every range.
            for number in numbers.take(most.saturating_sub(fixes.len())) {
                let is_mended = match line {
                    Line::Ranked(spot) => self.mends(number, |number| table.rank(number), spot, line),
                    Line::Read { order, is_own, version } => {
                        self.mends(number, |number| table.version(number, *order, *is_own), &version, line)
                    }
                };
                if let Some(version) = table.text(number).filter(|_| is_mended) {
                    let rank = if matches!(line, Line::Ranked(_)) { table.rank(number) } else { None };
                    fixes.push(Fix { rank, version });
                }
            }
        }
    }

    /// Whether a version of the table comes after that of `line`, and lies in no range of the same line.
    fn mends<V: Ord>(
        &self,
        number: usize,
        place: impl Fn(usize) -> Option<V>,
        version: &V,
        line: &Line<'_>,
    ) -> bool {
        let Some(fix) = place(number).filter(|fix| fix > version) else { return false };
        let mut same = self.held.iter().filter(|(other, _)| other.is_own() == line.is_own());
        !same.any(|(_, events)| self.has(events, &place, &fix) == Some(true))
    }
}

/// The form in which enumerated versions are compared: as they are written, but where one version has several spellings.
pub(crate) fn comparable(order: Option<Order>, version: &str) -> Cow<'_, str> {
    match order {
        Some(Order::PyPi) => crate::order::pypi_normal(version).into(),
        // What was built of a version is not told apart by registries, and is not by the order.
        Some(Order::SemVer) => unbuilt(version.strip_prefix('v').unwrap_or(version)).into(),
        Some(Order::NuGet) => crate::order::nuget_normal(unbuilt(version)).into(),
        Some(Order::Packagist) => version.strip_prefix('v').unwrap_or(version).into(),
        _ => version.into(),
    }
}

/// A version without build metadata.
fn unbuilt(version: &str) -> &str {
    version.split_once('+').map_or(version, |(version, _)| version)
}
