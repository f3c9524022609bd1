//! The entry of one package: every advisory that names it, with versions and ranges.
//!
//! Versions stand once in a table at its head; what is affected refers to them by number. Popular packages have hundreds of
//! advisories that enumerate the same hundreds of versions: of those an advisory has a bit for each version of the table.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops;

use mcpsign_schemas::advisory::{Kind, Severity};

use super::IndexError;
use super::bytes::{Reader, Writer};
use super::records::Place;
use crate::evaluate::{Bound, Change, affected};
use crate::order::{Order, Version};

/// What one advisory says of one package.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    /// Where its details lie among the records.
    pub(super) details: Place,
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
pub(crate) struct Hit {
    pub(crate) details: Place,
    pub(crate) kind: Kind,
    pub(crate) severity: Severity,
    /// Versions that mend it and lie above, in any order.
    pub(crate) fixed: Vec<String>,
}

/// What a look at a package gives.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Found {
    pub(crate) hits: Vec<Hit>,
    /// Advisories of the right release, whatever their versions.
    pub(crate) advisories: usize,
    /// Whether the version, or a range's, has no place in the order: only enumerated versions could match.
    pub(crate) unordered: bool,
}

/// Bits of the number of an event's version that say what changes there.
const CHANGE_BITS: u32 = 2;

/// Writes the entries of one package.
pub(super) fn write(entries: &[Entry]) -> Vec<u8> {
    let mut table = BTreeMap::new();
    for entry in entries {
        let events = entry.ranges.iter().flat_map(|range| range.events.iter().map(|(_, version)| version));
        table.extend(entry.versions.iter().chain(events).map(|version| (version.as_str(), 0_usize)));
    }
    let mut writer = Writer::default();
    writer.len(table.len());
    for (place, (version, number)) in table.iter_mut().enumerate() {
        *number = place;
        writer.text(version);
    }
    let number = |version: &String| table.get(version.as_str()).copied().unwrap_or_default();
    writer.len(entries.len());
    for entry in entries {
        writer.number(entry.details.offset);
        writer.number(entry.details.size);
        writer.text(&entry.release);
        writer.byte(entry.kind as u8);
        writer.byte(entry.severity as u8);
        let versions: Vec<usize> = entry.versions.iter().map(number).collect();
        write_versions(&mut writer, &versions, table.len());
        writer.len(entry.ranges.len());
        for range in &entry.ranges {
            writer.byte(u8::from(range.semver));
            writer.len(range.events.len());
            for (change, version) in &range.events {
                writer.number((number(version) as u64) << CHANGE_BITS | *change as u64);
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
fn has_version(reader: &mut Reader<'_>, wanted: Option<usize>, all: usize) -> Result<bool, IndexError> {
    let head = reader.number()?;
    if head & 1 == 1 {
        let bits = reader.take(all.div_ceil(8))?;
        let byte = wanted.and_then(|wanted| Some((bits.get(wanted / 8)?, wanted % 8)));
        return Ok(byte.is_some_and(|(byte, bit)| byte >> bit & 1 == 1));
    }
    let wanted = wanted.map(|wanted| wanted as u64);
    let (mut number, mut has) = (0_u64, false);
    for _ in 0..head >> 1 {
        number = number.checked_add(reader.number()?).ok_or(IndexError::Malformed)?;
        has |= wanted == Some(number);
    }
    Ok(has)
}

/// Versions of a table, each read as a version once, and only if a range needs it.
struct Table<'b> {
    texts: Vec<&'b str>,
    own: Parsed<'b>,
    semver: Parsed<'b>,
}

type Parsed<'b> = Vec<OnceCell<Option<Version<'b>>>>;

impl<'b> Table<'b> {
    /// Reads it, and makes room for versions in `order`, and in SemVer's where that is another one.
    fn read(reader: &mut Reader<'b>, order: Option<Order>) -> Result<Self, IndexError> {
        let texts = (0..reader.len()?).map(|_| reader.text()).collect::<Result<Vec<_>, _>>()?;
        let room = |is_needed| {
            let room = std::iter::repeat_with(OnceCell::new);
            room.take(if is_needed { texts.len() } else { 0 }).collect()
        };
        let (own, semver) = (room(order.is_some()), room(order != Some(Order::SemVer)));
        Ok(Self { texts, own, semver })
    }

    /// A version in the order of `line`; `None` where it has no place there.
    fn version(&self, number: usize, line: &Line<'_>) -> Option<&Version<'b>> {
        let parsed = if line.is_own { &self.own } else { &self.semver };
        let text = self.texts.get(number)?;
        parsed.get(number)?.get_or_init(|| line.order.parse(text)).as_ref()
    }
}

/// An order, and the place in it of the version that is asked for.
struct Line<'v> {
    order: Order,
    /// Whether it is the ecosystem's.
    is_own: bool,
    version: Version<'v>,
}

/// Holds `version` against every entry of a package.
pub(super) fn find(
    bytes: &[u8],
    order: Option<Order>,
    is_release: impl Fn(&str) -> bool,
    version: Option<&str>,
) -> Result<Found, IndexError> {
    let mut reader = Reader(bytes);
    let table = Table::read(&mut reader, order)?;
    let exact = version.map(|version| comparable(order, version));
    let exact = exact.and_then(|version| table.texts.binary_search(&&*version).ok());
    let line = |order: Order, is_own| Some(Line { order, is_own, version: order.parse(version?)? });
    let own = order.and_then(|order| line(order, true));
    let semver = if order == Some(Order::SemVer) { None } else { line(Order::SemVer, false) };
    let mut found = Found::default();
    let mut ranges = Ranges::default();
    for _ in 0..reader.len()? {
        let details = Place { offset: reader.number()?, size: reader.number()? };
        let counts = is_release(reader.text()?);
        let kind = Kind::ALL.get(usize::from(reader.byte()?)).copied().ok_or(IndexError::Malformed)?;
        let severity =
            Severity::ALL.get(usize::from(reader.byte()?)).copied().ok_or(IndexError::Malformed)?;
        let mut is_affected = has_version(&mut reader, exact, table.texts.len())?;
        ranges.clear();
        for _ in 0..reader.len()? {
            let is_semver = reader.byte()? == 1;
            let line = if is_semver && order != Some(Order::SemVer) { &semver } else { &own };
            let events = ranges.read(&mut reader, &table)?;
            if !counts || version.is_none() {
                continue;
            }
            let Some(line) = line else {
                // Whatever the version is, it lies in a range that has all.
                is_affected |= ranges.of(&events).iter().all(|event| event.is_of_all(&table));
                found.unordered = true;
                continue;
            };
            match ranges.affect(&events, &table, line, &line.version) {
                Some(affected) => is_affected |= affected,
                None => found.unordered = true,
            }
            ranges.held.push((line, events));
        }
        if !counts {
            continue;
        }
        found.advisories += 1;
        if is_affected {
            found.hits.push(Hit { details, kind, severity, fixed: ranges.mended(&table) });
        }
    }
    reader.end()?;
    Ok(found)
}

/// Fixes of one record that are looked at: real ones have a few for each branch that is maintained, and each is held against
/// every range.
const MAX_FIXES: usize = 256;

/// A change, and the number of the version from which on it counts.
#[derive(Clone, Copy)]
struct Numbered {
    change: Change,
    version: usize,
}

impl Numbered {
    fn is_of_all(self, table: &Table<'_>) -> bool {
        self.change == Change::Introduced && table.texts.get(self.version) == Some(&"0")
    }

    fn bound<'t>(self, table: &'t Table<'_>, line: &Line<'_>) -> Option<Bound<&'t Version<'t>>> {
        let text = table.texts.get(self.version)?;
        Bound::read(self.change, text, || table.version(self.version, line))
    }
}

/// The ranges of one advisory.
#[derive(Default)]
struct Ranges<'l> {
    events: Vec<Numbered>,
    /// Those that were held against the version: in which order, and which of the events they have.
    held: Vec<(&'l Line<'l>, ops::Range<usize>)>,
}

impl Ranges<'_> {
    fn clear(&mut self) {
        self.events.clear();
        self.held.clear();
    }

    fn read(&mut self, reader: &mut Reader<'_>, table: &Table<'_>) -> Result<ops::Range<usize>, IndexError> {
        let start = self.events.len();
        for _ in 0..reader.len()? {
            let number = reader.number()?;
            let change = usize::try_from(number & ((1 << CHANGE_BITS) - 1)).ok();
            let change = change.and_then(|change| Change::ALL.get(change).copied());
            let version = usize::try_from(number >> CHANGE_BITS).ok();
            let version = version.filter(|version| *version < table.texts.len());
            let (change, version) = change.zip(version).ok_or(IndexError::Malformed)?;
            self.events.push(Numbered { change, version });
        }
        Ok(start..self.events.len())
    }

    fn of(&self, events: &ops::Range<usize>) -> &[Numbered] {
        self.events.get(events.clone()).unwrap_or_default()
    }

    /// Whether `version` lies in a range; `None` where one of its events has no place in the order.
    fn affect(
        &self,
        events: &ops::Range<usize>,
        table: &Table<'_>,
        line: &Line<'_>,
        version: &Version<'_>,
    ) -> Option<bool> {
        let events = self.of(events).iter();
        affected(events.map(|event| Some((event.change, event.bound(table, line)?))), &version)
    }

    /// Versions above that a range calls fixed, and that no range has again.
    fn mended(&self, table: &Table<'_>) -> Vec<String> {
        let is_affected = |line: &Line<'_>, version: &Version<'_>| {
            let same = self.held.iter().filter(|(other, _)| other.is_own == line.is_own);
            same.into_iter().any(|(_, events)| self.affect(events, table, line, version) == Some(true))
        };
        let fixes = self.held.iter().flat_map(|(line, events)| {
            let fixes = self.of(events).iter().filter(|event| event.change == Change::Fixed);
            fixes.filter_map(move |fix| {
                let key = table.version(fix.version, line).filter(|key| **key > line.version)?;
                Some((line, key, table.texts.get(fix.version)?))
            })
        });
        let fixes = fixes.take(MAX_FIXES).filter(|(line, fix, _)| !is_affected(line, fix));
        fixes.map(|(_, _, text)| (*text).to_owned()).collect()
    }
}

/// The form in which enumerated versions are compared: as they are written, but where one version has several spellings.
pub(super) fn comparable(order: Option<Order>, version: &str) -> Cow<'_, str> {
    match order {
        Some(Order::PyPi) => crate::order::pypi_normal(version).into(),
        Some(Order::SemVer) => version.strip_prefix('v').unwrap_or(version).into(),
        _ => version.into(),
    }
}
