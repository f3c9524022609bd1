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
use super::spans::{self, MAX_FIXES, Spans};
use super::table::{self, Line, Table, Written};
use super::unread::{self, Unread};
use crate::evaluate::{Bound, Change, affected};
use crate::order::{Order, Version};

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
pub(super) struct Found<'b> {
    pub(super) hits: Vec<Affecting>,
    /// Advisories of the right release, whatever their versions.
    pub(super) advisories: usize,
    /// Whether the version, or a range's, has no place in the order: only enumerated versions could match.
    pub(super) unordered: bool,
    /// Ids of records that name the package and were not understood.
    pub(super) unread: Vec<&'b str>,
}

/// Bits of the number of an event's version that say what changes there.
const CHANGE_BITS: u32 = 2;

/// What is said of the ranges of an entry: that one has every version, and that some came to stretches of places.
const HAS_ALL: u8 = 1;
const HAS_PLACES: u8 = 2;

/// Numbers of versions at which nothing changes but at the ends of all: what is before every version, and after.
const BEFORE_ALL: u64 = 0;
const AFTER_ALL: u64 = 1;
const FIRST: u64 = 2;

/// Writes the entries of one package, each with the place of its details among the records, and which records were not understood.
pub(super) fn write(entries: &[(Place, &Entry)], unread: &Unread, order: Option<Order>) -> Vec<u8> {
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
        write_ranges(&mut writer, &entry.ranges, order, &events);
    }
    unread.write(&mut writer);
    writer.0
}

/// Writes ranges: whether one of them has every version; what those come to whose events have places among themselves; and the others
/// as they are.
fn write_ranges(writer: &mut Writer, ranges: &[Events], order: Option<Order>, written: &Written<'_>) {
    let number = |version: &str| written.numbers.get(version).copied();
    let numbered = |range: &Events| -> Vec<(Change, Bound<usize>)> {
        let events = range.events.iter().map(|(change, version)| {
            (*change, Bound::read(*change, version, || number(version)).unwrap_or(Bound::BeforeAll))
        });
        events.collect()
    };
    let is_of_all = |events: &[(Change, Bound<usize>)]| {
        events.iter().all(|event| *event == (Change::Introduced, Bound::BeforeAll))
    };
    let (mut placed, mut others, mut has_all) = (Vec::new(), Vec::new(), false);
    for range in ranges {
        let events = numbered(range);
        let is_own = !range.semver || order == Some(Order::SemVer);
        match &written.places {
            // Whatever a version is, it lies in a range that has all.
            _ if is_of_all(&events) => has_all = true,
            Some(_) if is_own => placed.push(events),
            _ => others.push((range.semver, events)),
        }
    }
    let flags = if has_all { HAS_ALL } else { 0 } | if placed.is_empty() { 0 } else { HAS_PLACES };
    writer.byte(flags);
    if let (Some((places, end)), false) = (&written.places, placed.is_empty()) {
        Spans::of(&placed, |number| places.get(number).copied().unwrap_or_default(), *end).write(writer);
    }
    writer.len(others.len());
    for (semver, events) in others {
        writer.byte(u8::from(semver));
        writer.len(events.len());
        for (change, bound) in events {
            let number = match bound {
                Bound::At(number) => FIRST + number as u64,
                Bound::AfterAll => AFTER_ALL,
                Bound::BeforeAll => BEFORE_ALL,
            };
            writer.number(number << CHANGE_BITS | change as u64);
        }
    }
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
) -> Result<Found<'b>, Malformed> {
    let mut reader = Reader(bytes);
    let table = Table::read(&mut reader)?;
    let (enumerated, exact) = position(&mut reader, order, version)?;
    let place = OnceCell::new();
    let (own, semver) = (OnceCell::new(), OnceCell::new());
    let mut found = Found::default();
    let mut ranges = Ranges::default();
    for _ in 0..reader.len()? {
        let details = Place { offset: reader.number()?, size: reader.number()? };
        let counts = is_release(reader.text()?);
        let kind = Kind::ALL.get(usize::from(reader.byte()?)).copied().ok_or(Malformed)?;
        let severity = Severity::ALL.get(usize::from(reader.byte()?)).copied().ok_or(Malformed)?;
        let mut is_affected = has_version(&mut reader, exact, enumerated)?;
        let asked = version.filter(|_| counts);
        let flags = reader.byte()?;
        let has_all = flags & HAS_ALL != 0;
        let start = fixes.len();
        if flags & HAS_PLACES != 0 {
            let place = asked.and_then(|version| *place.get_or_init(|| table.place_of(order, version)));
            found.unordered |= asked.is_some() && place.is_none();
            is_affected |= spans::has(&mut reader, place, |number| {
                let rank = table.place(number).filter(|_| !has_all);
                if let (true, Some(version)) = (rank > place && place.is_some(), table.text(number)) {
                    fixes.push(Fix { rank, version });
                }
            })?;
        }
        // Whatever the version is, known or not.
        is_affected |= has_all;
        ranges.clear();
        for _ in 0..reader.len()? {
            let is_semver = reader.byte()? == 1;
            let events = ranges.read(&mut reader, &table)?;
            let Some(version) = asked else { continue };
            let line = if is_semver && order != Some(Order::SemVer) {
                semver.get_or_init(|| Table::semver(version))
            } else {
                own.get_or_init(|| Table::own(order, version))
            };
            let affected = line.as_ref().and_then(|line| {
                let affected = ranges.has(&events, &table, line, &line.version);
                ranges.held.push((line, events));
                affected
            });
            match affected {
                Some(affected) => is_affected |= affected,
                None => found.unordered = true,
            }
        }
        found.advisories += usize::from(counts && !is_affected);
        if is_affected && counts {
            if !has_all {
                ranges.mended(&table, fixes);
            }
            found.hits.push(Affecting { details, kind, severity, fixed: start..fixes.len() });
        } else {
            fixes.truncate(start);
        }
    }
    unread::read(&mut reader, is_release, &mut found.unread)?;
    reader.end()?;
    Ok(found)
}

/// Events against which fixes are held of one record: versions that have no order among themselves cost time to compare.
const MAX_COMPARED: usize = 100_000;

/// A change, and the number of the version from which on it counts.
struct Event {
    change: Change,
    at: Bound<usize>,
}

impl Event {
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

/// The ranges of one advisory whose events have no places among themselves.
#[derive(Default)]
struct Ranges<'l> {
    events: Vec<Event>,
    /// In which order each was held against the version, and which of the events it has.
    held: Vec<(&'l Line<'l>, ops::Range<usize>)>,
}

impl Ranges<'_> {
    fn clear(&mut self) {
        self.events.clear();
        self.held.clear();
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

    /// Whether `version` lies in a range, in the order of `line`; `None` where one of its events has no place there.
    fn has(
        &self,
        events: &ops::Range<usize>,
        table: &Table<'_>,
        line: &Line<'_>,
        version: &Version<'_>,
    ) -> Option<bool> {
        let place = |number| table.version(number, line.order, line.is_own);
        affected(self.of(events).iter().map(|event| event.bound(place)), &version)
    }

    /// Versions above that a range calls fixed, and that no range has again.
    fn mended<'b>(&self, table: &Table<'b>, fixes: &mut Vec<Fix<'b>>) {
        let most = fixes.len() + MAX_FIXES.min(MAX_COMPARED / self.events.len().max(1));
        for (line, events) in &self.held {
            let fixed = self.of(events).iter().filter(|event| event.change == Change::Fixed);
            let numbers = fixed.filter_map(|event| match event.at {
                Bound::At(number) => Some(number),
                _ => None,
            });
            // Each is held against every range.
            for number in numbers.take(most.saturating_sub(fixes.len())) {
                let is_mended = self.mends(number, table, line);
                if let Some(version) = table.text(number).filter(|_| is_mended) {
                    fixes.push(Fix { rank: None, version });
                }
            }
        }
    }

    /// Whether a version of the table comes after that of `line`, and lies in no range of the same line.
    fn mends(&self, number: usize, table: &Table<'_>, line: &Line<'_>) -> bool {
        let fix = table.version(number, line.order, line.is_own);
        let Some(fix) = fix.filter(|fix| **fix > line.version) else { return false };
        let mut same = self.held.iter().filter(|(other, _)| other.is_own == line.is_own);
        !same.any(|(_, events)| self.has(events, table, line, fix) == Some(true))
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
