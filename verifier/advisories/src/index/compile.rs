//! From OSV records to a segment.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use mcpsign_schemas::advisory::osv::{self, Affected, Package, Record};
use mcpsign_schemas::advisory::snapshot::Counts;
use mcpsign_schemas::advisory::unread::Names;
use mcpsign_schemas::purl::Purl;

use super::entry::{self, Entry, Events};
use super::groups::Groups;
use super::part::Part;
use super::records::Records;
use super::unread::Unread;
use super::{IndexError, names};
use crate::ecosystem::{self, Query};
use crate::evaluate::{Bound, Change};
use crate::order::Order;
use crate::severity::{kind, rate};

/// Characters of a summary that are kept: one line of a terminal, and half of another.
const SUMMARY: usize = 120;

/// Collects the records of one source.
#[derive(Debug)]
pub struct Compiler {
    now: Timestamp,
    only: Ecosystems,
    records: Vec<Kept>,
    counts: Counts,
    newest: Option<Timestamp>,
    unparsed: Vec<String>,
    /// By the keys of the packages.
    unread: BTreeMap<Vec<u8>, Unread>,
    releases: Releases,
}

/// Names of records that were not understood, kept to be shown.
const SHOWN: usize = 5;

/// Ecosystems to which a source is narrowed; none for all that it has.
#[derive(Debug, Default)]
struct Ecosystems {
    names: BTreeSet<String>,
    met: BTreeSet<String>,
}

/// Vulnerabilities that a distribution's record is about at the most: updates of kernels mend some hundred at once.
const MAX_UPSTREAM: usize = 1000;
/// Characters of a CVE's id at the most.
const MAX_CVE: usize = 32;

#[derive(Debug)]
struct Kept {
    id: String,
    aliases: Vec<String>,
    /// CVEs.
    upstream: Vec<String>,
    summary: String,
    affected: Vec<Named>,
}

/// What a record says of one package.
#[derive(Debug)]
struct Named {
    key: Vec<u8>,
    entry: Entry,
    score: Option<u8>,
    vector: String,
}

/// A segment, not yet anywhere in a file.
#[derive(Debug)]
pub struct Compiled {
    /// From the key of a package to offset and size of its entry.
    pub(super) names: Part,
    pub(super) packages: Part,
    pub(super) records: Part,
    /// How its records fared.
    pub counts: Counts,
    /// The newest `modified` of its records.
    pub newest: Option<Timestamp>,
    /// Some of the records that were not understood, with the reason.
    pub unparsed: Vec<String>,
    /// Those of the ecosystems that were asked for of which there are packages.
    pub ecosystems: BTreeSet<String>,
    /// Distributions' releases that its records name, as a manifest has them.
    pub releases: Vec<String>,
}

impl Compiler {
    /// Starts a segment that is made at `now`.
    pub fn new(now: Timestamp) -> Self {
        Self {
            now,
            only: Ecosystems::default(),
            records: Vec::new(),
            counts: Counts::default(),
            newest: None,
            unparsed: Vec::new(),
            unread: BTreeMap::new(),
            releases: Releases::default(),
        }
    }

    /// The same for packages of these `ecosystems` alone, each as records name it, with its release (`Debian:12`) or without
    /// (`Debian`); for all where there are none.
    #[must_use]
    pub fn of(mut self, ecosystems: &[String]) -> Self {
        self.only.names = ecosystems.iter().cloned().collect();
        self
    }

    /// Takes in one record, which came as `name`. One that is not understood is counted, said when all is done, and told to whoever
    /// looks up what it names.
    pub fn add(&mut self, name: &str, bytes: &[u8]) {
        match Record::parse(bytes) {
            Ok(record) => self.keep(record),
            Err(error) => self.leave(name, &error.to_string(), Names::of(bytes)),
        }
    }

    fn leave(&mut self, name: &str, why: &str, mut names: Names) {
        if names.packages.is_empty() {
            // Of a distribution no release is told, so that each counts.
            let purls = names.purls.iter().filter_map(|purl| Purl::parse(purl).ok());
            let asked = purls.flat_map(|purl| Query::of(&purl));
            names.packages = asked
                .map(|query| Package { ecosystem: query.ecosystem.to_owned(), name: query.name })
                .collect();
        }
        let is_nameless = names.packages.is_empty();
        names.packages.retain(|package| self.only.takes(&package.ecosystem));
        if names.packages.is_empty() && !is_nameless {
            return;
        }
        self.counts.unparsed += 1;
        if self.unparsed.len() < SHOWN {
            self.unparsed.push(format!("{name}: {why}"));
        }
        if names.withdrawn.is_some_and(|withdrawn| withdrawn <= self.now) {
            return;
        }
        let id = names.id.as_deref().filter(|id| !id.is_empty()).unwrap_or(name);
        for package in names.packages {
            let (ecosystem, release) = ecosystem::split(&package.ecosystem);
            self.unread.entry(ecosystem::key(ecosystem, &package.name)).or_default().add(release, id);
        }
    }

    fn keep(&mut self, mut record: Record) {
        if record.modified <= self.now {
            self.newest = self.newest.max(Some(record.modified));
        }
        // One that names none of them still says which ids are aliases.
        let counts = u64::from(self.only.narrow(&mut record.affected));
        if record.modified > self.now {
            self.counts.from_the_future += counts;
        }
        // One that is to be taken back later still holds.
        if record.withdrawn.is_some_and(|withdrawn| withdrawn <= self.now) {
            self.counts.withdrawn += counts;
            return;
        }
        self.counts.records += counts;
        let affected = record.affected.iter().filter_map(|affected| self.named(&record, affected)).collect();
        let summary = record.summary.unwrap_or_default();
        let summary = summary.lines().next().unwrap_or_default().chars().take(SUMMARY).collect();
        let mut upstream = record.upstream;
        upstream.retain(|id| id.starts_with("CVE-") && id.len() <= MAX_CVE);
        upstream.truncate(MAX_UPSTREAM);
        self.records.push(Kept { id: record.id, aliases: record.aliases, upstream, summary, affected });
    }

    fn named(&mut self, record: &Record, affected: &Affected) -> Option<Named> {
        let package = affected.package.as_ref()?;
        let (ecosystem, release) = ecosystem::split(&package.ecosystem);
        self.releases.meet(&package.ecosystem);
        let order = ecosystem::order(ecosystem);
        let specific = [&affected.database_specific, &record.database_specific];
        let rated = rate(&[&affected.severity, &record.severity], &specific);
        let versions = affected.versions.iter().map(|version| {
            // A gem's platform is none of its version, and is not asked for.
            let bare = version.split('-').next().filter(|_| order == Some(Order::RubyGems));
            entry::comparable(order, bare.unwrap_or(version)).into_owned()
        });
        let ranges = affected.ranges.iter().filter_map(|range| self.range(range, order)).collect();
        let entry = Entry {
            release: release.to_owned(),
            kind: kind(std::iter::once(&record.id).chain(&record.aliases), &specific),
            severity: rated.severity,
            versions: versions.collect(),
            ranges,
        };
        let key = ecosystem::key(ecosystem, &package.name);
        Some(Named { key, entry, score: rated.score, vector: rated.vector.unwrap_or_default() })
    }

    fn range(&mut self, range: &osv::Range, order: Option<Order>) -> Option<Events> {
        let semver = match range.type_.as_str() {
            "SEMVER" => true,
            "GIT" => {
                self.counts.git_ranges += 1;
                return None;
            }
            _ => false,
        };
        let events: Vec<(Change, String)> = range
            .events
            .iter()
            .map(|event| match event {
                osv::Event::Introduced(version) => (Change::Introduced, version.clone()),
                osv::Event::Fixed(version) => (Change::Fixed, version.clone()),
                osv::Event::LastAffected(version) => (Change::LastAffected, version.clone()),
                osv::Event::Limit(version) => (Change::Limit, version.clone()),
            })
            .collect();
        let order = if semver { Some(Order::SemVer) } else { order };
        let ordered = order.is_some_and(|order| {
            let bound = |change, version| Bound::read(change, version, || order.parse(version));
            events.iter().all(|(change, version)| bound(*change, version).is_some())
        });
        self.counts.unordered_ranges += u64::from(!ordered);
        Some(Events { semver, events })
    }

    /// The segment.
    ///
    /// # Errors
    /// When it would be larger than an index may be.
    pub fn finish(mut self) -> Result<Compiled, IndexError> {
        let said: Vec<Vec<Named>> =
            self.records.iter_mut().map(|record| std::mem::take(&mut record.affected)).collect();
        let mut groups = Groups::default();
        for record in &self.records {
            groups.join(std::iter::once(record.id.as_str()).chain(record.aliases.iter().map(String::as_str)));
        }
        let groups = groups.finish();
        let mut packages: BTreeMap<&[u8], Vec<(usize, &Named)>> = BTreeMap::new();
        for (number, said) in said.iter().enumerate() {
            for named in said {
                packages.entry(&named.key).or_default().push((number, named));
            }
        }
        for key in self.unread.keys() {
            packages.entry(key).or_default();
        }
        self.counts.packages = packages.len() as u64;
        let mut records = Records::default();
        let mut places = Vec::with_capacity(packages.len());
        let mut part = Part::default();
        let none = Unread::default();
        for (key, said) in &packages {
            let entries = said.iter().filter_map(|(number, named)| {
                let kept = self.records.get(*number)?;
                let group = groups.number(&kept.id).map(|number| groups.ids(number)).unwrap_or_default();
                let shown = (kept.summary.as_str(), named.score, named.vector.as_str());
                let details = records.add((*number, &kept.id), (group, &kept.upstream), shown);
                Some((details, &named.entry))
            });
            let entries: Vec<_> = entries.collect();
            let unread = self.unread.get(*key).unwrap_or(&none);
            let entry = entry::write(&entries, unread, ecosystem::order_of_key(key));
            places.push(place(part.push(&entry), entry.len())?);
        }
        Ok(Compiled {
            names: Part::whole(names::write(packages.keys().copied().zip(places))?),
            packages: part,
            records: records.part,
            counts: self.counts,
            newest: self.newest,
            unparsed: self.unparsed,
            ecosystems: self.only.met,
            releases: self.releases.of_distributions(),
        })
    }
}

impl Ecosystems {
    /// Leaves of what a record names the packages of these ecosystems; whether that is anything.
    fn narrow(&mut self, affected: &mut Vec<Affected>) -> bool {
        if self.names.is_empty() {
            return true;
        }
        affected.retain(|affected| {
            let package = affected.package.as_ref();
            package.is_some_and(|package| self.has(&package.ecosystem))
        });
        !affected.is_empty()
    }

    /// Whether packages of an ecosystem are taken.
    fn takes(&mut self, ecosystem: &str) -> bool {
        self.names.is_empty() || self.has(ecosystem)
    }

    fn has(&mut self, ecosystem: &str) -> bool {
        let (name, release) = ecosystem::split(ecosystem);
        // What names no release is about each.
        if release.is_empty() && self.names.iter().any(|asked| ecosystem::split(asked).0 == name) {
            self.met.extend(self.names.get(name).cloned());
            return true;
        }
        let named = [ecosystem, name];
        let asked: Vec<&str> = named.into_iter().filter(|name| self.names.contains(*name)).collect();
        for name in &asked {
            if !self.met.contains(*name) {
                self.met.insert((*name).to_owned());
            }
        }
        !asked.is_empty()
    }
}

/// Ecosystems that records name, with their releases.
#[derive(Debug, Default)]
struct Releases(BTreeSet<String>);

impl Releases {
    /// Those that are kept. All of OSV's have some hundred, most of them products of SUSE and Red Hat.
    const MAX: usize = 10_000;

    fn meet(&mut self, ecosystem: &str) {
        if self.0.len() <= Self::MAX && !self.0.contains(ecosystem) {
            self.0.insert(ecosystem.to_owned());
        }
    }

    /// Those of ecosystems that have releases; none where there are more than anybody has, so that each counts as met.
    fn of_distributions(self) -> Vec<String> {
        if self.0.len() > Self::MAX {
            return Vec::new();
        }
        let split = |met: &String| ecosystem::split(met).0.to_owned();
        let with: BTreeSet<String> = self.0.iter().filter(|met| met.contains(':')).map(split).collect();
        self.0.into_iter().filter(|met| with.contains(ecosystem::split(met).0)).collect()
    }
}

/// Offset and size in one number: 2³⁶ bytes of entries, each of at most 2²⁸.
const SIZE_BITS: u32 = 28;

fn place(offset: u64, size: usize) -> Result<u64, IndexError> {
    let size = size as u64;
    if size >= 1 << SIZE_BITS || offset >= 1 << (64 - SIZE_BITS) {
        return Err(IndexError::TooLarge { limit: 1 << SIZE_BITS });
    }
    Ok(offset << SIZE_BITS | size)
}

/// Offset and size of an entry.
pub(super) const fn unplace(place: u64) -> (u64, u64) {
    (place >> SIZE_BITS, place & ((1 << SIZE_BITS) - 1))
}
