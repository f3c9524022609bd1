//! The entry of one package: every advisory that names it, with versions and ranges.
//!
//! Versions stand once in a table at its head; what is affected refers to them by number. Popular packages have hundreds of
//! advisories that enumerate the same hundreds of versions.

use std::collections::{BTreeMap, BTreeSet};

use mcpsign_schemas::advisory::{Kind, Severity};

use super::IndexError;
use super::bytes::{Reader, Writer};
use crate::evaluate::{self, Change, Event};
use crate::order::{Order, Version};

/// What one advisory says of one package.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    /// Where its details lie among the records.
    pub(crate) details: u64,
    /// Of the distribution; empty for all.
    pub(crate) release: String,
    pub(crate) kind: Kind,
    pub(crate) severity: Severity,
    /// By name, as they are compared.
    pub(crate) versions: BTreeSet<String>,
    pub(crate) ranges: Vec<Range>,
}

/// Versions by order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Range {
    /// Whether the order is SemVer's, whatever the ecosystem's is.
    pub(crate) semver: bool,
    pub(crate) events: Vec<(Change, String)>,
}

/// What is only shown.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Details {
    /// The record's own id.
    pub(crate) id: String,
    /// All ids of the problem, the best known first.
    pub(crate) ids: Vec<String>,
    pub(crate) summary: String,
    /// Tenths.
    pub(crate) score: Option<u8>,
    pub(crate) vector: String,
}

/// An advisory that affects a version.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Hit {
    pub(crate) details: u64,
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

/// Writes the entries of one package.
pub(super) fn write(entries: &[Entry]) -> Vec<u8> {
    let mut table = BTreeMap::new();
    for entry in entries {
        let events = entry.ranges.iter().flat_map(|range| range.events.iter().map(|(_, version)| version));
        table.extend(entry.versions.iter().chain(events).map(|version| (version.as_str(), 0)));
    }
    let mut writer = Writer::default();
    writer.len(table.len());
    for (place, (version, number)) in table.iter_mut().enumerate() {
        *number = place as u64;
        writer.text(version);
    }
    let number = |version: &str| table.get(version).copied().unwrap_or_default();
    writer.len(entries.len());
    for entry in entries {
        writer.number(entry.details);
        writer.text(&entry.release);
        writer.byte(entry.kind as u8);
        writer.byte(entry.severity as u8);
        writer.len(entry.versions.len());
        let mut before = 0;
        for version in &entry.versions {
            // Ascending, as the table is.
            writer.number(number(version) - before);
            before = number(version);
        }
        writer.len(entry.ranges.len());
        for range in &entry.ranges {
            writer.byte(u8::from(range.semver));
            writer.len(range.events.len());
            for (change, version) in &range.events {
                writer.byte(*change as u8);
                writer.number(number(version));
            }
        }
    }
    writer.0
}

/// Holds `version` against every entry of a package.
pub(super) fn find(
    bytes: &[u8],
    order: Option<Order>,
    is_release: impl Fn(&str) -> bool,
    version: Option<&str>,
) -> Result<Found, IndexError> {
    let mut reader = Reader(bytes);
    let table = (0..reader.len()?).map(|_| reader.text()).collect::<Result<Vec<_>, _>>()?;
    let at = |number: u64| {
        let version = usize::try_from(number).ok().and_then(|number| table.get(number).copied());
        version.ok_or(IndexError::Malformed)
    };
    let exact = version.map(|version| comparable(order, version));
    let exact = exact.and_then(|version| table.binary_search(&version.as_str()).ok());
    let own = version.zip(order).and_then(|(version, order)| order.parse(version));
    let semver = version.filter(|_| order != Some(Order::SemVer)).and_then(|v| Order::SemVer.parse(v));
    let mut found = Found::default();
    for _ in 0..reader.len()? {
        let details = reader.number()?;
        let counts = is_release(reader.text()?);
        let kind = Kind::ALL.get(usize::from(reader.byte()?)).copied().ok_or(IndexError::Malformed)?;
        let severity =
            Severity::ALL.get(usize::from(reader.byte()?)).copied().ok_or(IndexError::Malformed)?;
        let mut is_affected = false;
        let mut number = 0_u64;
        for _ in 0..reader.len()? {
            number = number.checked_add(reader.number()?).ok_or(IndexError::Malformed)?;
            is_affected |= exact.is_some_and(|exact| exact as u64 == number);
        }
        let mut ranges = Vec::new();
        for _ in 0..reader.len()? {
            let is_semver = reader.byte()? == 1;
            let mut events = Vec::new();
            for _ in 0..reader.len()? {
                let change = Change::ALL.get(usize::from(reader.byte()?)).copied();
                let change = change.ok_or(IndexError::Malformed)?;
                events.push(Event { change, version: at(reader.number()?)? });
            }
            if !counts || version.is_none() {
                continue;
            }
            let (order, version) = match (is_semver, order) {
                (true, order) if order != Some(Order::SemVer) => (Some(Order::SemVer), &semver),
                (_, order) => (order, &own),
            };
            let (Some(order), Some(version)) = (order, version) else {
                // Whatever the version is, it lies in a range that has all.
                let all = |event: &Event<'_>| event.change == Change::Introduced && event.version == "0";
                is_affected |= events.iter().all(all);
                found.unordered = true;
                continue;
            };
            let range = evaluate::Range::read(order, events.iter().copied());
            match &range {
                None => found.unordered = true,
                Some(range) => is_affected |= range.has(version),
            }
            ranges.push(Held { order, version, events, range });
        }
        if !counts {
            continue;
        }
        found.advisories += 1;
        if is_affected {
            let fixed = mended(&ranges);
            found.hits.push(Hit { details, kind, severity, fixed });
        }
    }
    reader.end()?;
    Ok(found)
}

/// Fixes of one record that are looked at: real ones have a few for each branch that is maintained, and each is held against
/// every range.
const MAX_FIXES: usize = 256;

/// A range and the version that was held against it.
struct Held<'t> {
    order: Order,
    version: &'t Version<'t>,
    events: Vec<Event<'t>>,
    /// `None` where one of its events has no place in the order.
    range: Option<evaluate::Range<'t>>,
}

/// Versions above that a range calls fixed, and that no range has again.
fn mended(ranges: &[Held<'_>]) -> Vec<String> {
    let is_affected = |order: Order, version: &Version<'_>| {
        let same = ranges.iter().filter(|held| held.order == order);
        same.filter_map(|held| held.range.as_ref()).any(|range| range.has(version))
    };
    let fixes = ranges.iter().flat_map(|held| {
        let fixes = held.events.iter().filter(|event| event.change == Change::Fixed);
        fixes.filter_map(|fix| {
            let key = held.order.parse(fix.version).filter(|key| key > held.version)?;
            Some((held.order, key, fix.version))
        })
    });
    let fixes = fixes.take(MAX_FIXES).filter(|(order, fix, _)| !is_affected(*order, fix));
    fixes.map(|(_, _, text)| text.to_owned()).collect()
}

/// The form in which enumerated versions are compared: as they are written, but where one version has several spellings.
pub(super) fn comparable(order: Option<Order>, version: &str) -> String {
    match order {
        Some(Order::PyPi) => crate::order::pypi_normal(version),
        Some(Order::SemVer) => version.strip_prefix('v').unwrap_or(version).to_owned(),
        _ => version.to_owned(),
    }
}

impl Details {
    pub(super) fn write(&self, group: u64) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.text(&self.id);
        writer.number(group);
        writer.text(&self.summary);
        writer.byte(self.score.unwrap_or(u8::MAX));
        writer.text(&self.vector);
        writer.0
    }

    /// Reads what [`Self::write`] wrote; `ids` reads the group.
    pub(super) fn read(
        bytes: &[u8],
        ids: impl FnOnce(u64) -> Result<Vec<String>, IndexError>,
    ) -> Result<Self, IndexError> {
        let mut reader = Reader(bytes);
        let id = reader.text()?.to_owned();
        let ids = ids(reader.number()?)?;
        let summary = reader.text()?.to_owned();
        let score = Some(reader.byte()?).filter(|score| *score != u8::MAX);
        Ok(Self { id, ids, summary, score, vector: reader.text()?.to_owned() })
    }
}
