//! Looking up packages.

use std::ops::Range;

use mcpsign_schemas::advisory::snapshot::{SnapshotManifest, Span};
use mcpsign_schemas::advisory::{Kind, Severity};

use super::compile::{Compiled, unplace};
use super::entry::{self, Fix};
use super::names::Names;
use super::records::{Details, Place};
use super::{IndexError, Store};
use crate::ecosystem::{self, Query, same_release};

/// An index, open for look-ups.
#[derive(Debug)]
pub struct Index<S> {
    store: S,
    segments: Vec<Segment>,
    kev: Option<Names>,
    epss: Option<Names>,
    is_whole: bool,
}

#[derive(Debug)]
struct Segment {
    names: Names,
    packages: Span,
    records: Span,
    /// Of distributions, those that its records name.
    releases: Vec<String>,
}

/// What a look at a package gives.
#[derive(Debug, Default)]
pub(crate) struct Look<'s> {
    /// Advisories that affect its version.
    pub(crate) hits: Vec<Hit<'s>>,
    /// Versions that mend them and lie above, those of each in any order.
    pub(crate) fixes: Vec<Fix<'s>>,
    /// Advisories in whatever version.
    pub(crate) advisories: usize,
    /// Whether a range could not be held against its version.
    pub(crate) unordered: bool,
    /// Ids of records that name it and were not understood.
    pub(crate) unread: Vec<&'s str>,
    /// What it is looked up by, kept for its room.
    key: Vec<u8>,
}

/// An advisory that affects a package.
#[derive(Debug)]
pub(crate) struct Hit<'s> {
    /// The number of the segment that has it.
    pub(crate) segment: usize,
    pub(crate) kind: Kind,
    pub(crate) severity: Severity,
    /// Which of the versions that were found mend it.
    pub(crate) fixed: Range<usize>,
    /// What is shown of it.
    pub(crate) details: Details<'s>,
}

impl Look<'_> {
    /// As if nothing had been looked at, for the next package.
    pub(crate) fn clear(&mut self) {
        self.hits.clear();
        self.fixes.clear();
        self.unread.clear();
        (self.advisories, self.unordered) = (0, false);
    }
}

impl<S: Store> Index<S> {
    /// Opens the index that `manifest` describes.
    ///
    /// # Errors
    /// When the store has other bytes, or they make no sense.
    pub fn open(manifest: &SnapshotManifest, store: S) -> Result<Self, IndexError> {
        let names = |span| Ok::<_, IndexError>(Names::open(store.copy(span)?)?);
        let mut segments = Vec::new();
        for segment in manifest.segments.values() {
            let names = names(segment.names)?;
            let (packages, records) = (segment.packages, segment.records);
            segments.push(Segment { names, packages, records, releases: segment.releases.clone() });
        }
        let enrichment = |of: &str| manifest.enrichment.get(of).map(|list| names(list.names)).transpose();
        let (kev, epss) = (enrichment("kev")?, enrichment("epss")?);
        Ok(Self { store, segments, kev, epss, is_whole: false })
    }

    /// Whether whoever was asked for these packages had all of them.
    pub(crate) const fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// The segments that name packages of this ecosystem.
    pub(crate) fn segments(&self, ecosystem: &str) -> Result<Vec<usize>, IndexError> {
        let start = format!("{ecosystem}\0").into_bytes();
        let mut covering = Vec::new();
        for (number, segment) in self.segments.iter().enumerate() {
            if segment.names.at_or_after(&start)?.is_some_and(|first| first.starts_with(&start)) {
                covering.push(number);
            }
        }
        Ok(covering)
    }

    /// Whether one of these `segments` has records of a distribution's release; of what has no releases, or where it is not known
    /// which it is, any has.
    pub(crate) fn covers(&self, segments: &[usize], ecosystem: &str, release: Option<&str>) -> bool {
        let Some(release) = release else { return !segments.is_empty() };
        segments.iter().filter_map(|at| self.segments.get(*at)).any(|segment| {
            let named = segment.releases.iter().map(|named| ecosystem::split(named));
            let mut theirs = named.filter(|(of, _)| *of == ecosystem).map(|(_, theirs)| theirs).peekable();
            theirs.peek().is_none() || theirs.any(|theirs| same_release(ecosystem, Some(release), theirs))
        })
    }

    /// Looks at every advisory of the package that is asked for, in those `segments` that have its ecosystem; adds what there
    /// is to `look`.
    pub(crate) fn look<'s>(
        &'s self,
        query: &Query,
        segments: &[usize],
        look: &mut Look<'s>,
    ) -> Result<(), IndexError> {
        query.write_key(&mut look.key);
        for (number, segment) in segments.iter().filter_map(|at| Some((*at, self.segments.get(*at)?))) {
            let Some(place) = segment.names.get(&look.key)? else { continue };
            let (offset, size) = unplace(place);
            let bytes = self.within(segment.packages, Place { offset, size })?;
            let is_release = |theirs: &str| same_release(query.ecosystem, query.release.as_deref(), theirs);
            let version = query.version.as_deref();
            let found = entry::find(bytes, Some(query.order()), is_release, version, &mut look.fixes)?;
            look.advisories += found.advisories;
            look.unordered |= found.unordered;
            look.unread.extend(found.unread);
            look.hits.reserve(found.hits.len());
            for hit in found.hits {
                let read = |place| self.within(segment.records, place);
                let details = Details::read(read(hit.details)?, read)?;
                let (kind, severity, fixed) = (hit.kind, hit.severity, hit.fixed);
                look.hits.push(Hit { segment: number, kind, severity, fixed, details });
            }
        }
        Ok(())
    }

    /// The day from which a CVE is known to be exploited, as `YYYYMMDD`.
    pub(crate) fn exploited(&self, id: &str) -> Result<Option<u64>, IndexError> {
        self.kev.as_ref().map_or(Ok(None), |kev| Ok(kev.get(id.as_bytes())?))
    }

    /// The probability that a CVE is exploited, in millionths.
    pub(crate) fn epss(&self, id: &str) -> Result<Option<u64>, IndexError> {
        self.epss.as_ref().map_or(Ok(None), |epss| Ok(epss.get(id.as_bytes())?))
    }

    /// What lies at a place of a region.
    fn within(&self, region: Span, place: Place) -> Result<&[u8], IndexError> {
        let end = place.offset.checked_add(place.size).filter(|end| *end <= region.size);
        let start = end.and_then(|_| region.offset.checked_add(place.offset));
        self.store.read(Span { offset: start.ok_or(IndexError::Malformed)?, size: place.size })
    }
}

impl Index<Vec<u8>> {
    /// An index of one segment, in memory.
    ///
    /// # Errors
    /// When the segment is none of ours.
    pub fn of(compiled: Compiled) -> Result<Self, IndexError> {
        let span = |offset: usize, size: usize| Span { offset: offset as u64, size: size as u64 };
        let (packages, records) = (compiled.packages.bytes, compiled.records.bytes);
        let spans = (span(0, packages.len()), span(packages.len(), records.len()));
        let names = Names::open(compiled.names.bytes)?;
        let store = [packages, records].concat();
        let (packages, records) = spans;
        Ok(Self {
            store,
            segments: vec![Segment { names, packages, records, releases: compiled.releases }],
            kev: None,
            epss: None,
            is_whole: false,
        })
    }

    /// The same, of a source that was asked for each package: what it has nothing of is not affected.
    #[must_use]
    pub fn whole(mut self) -> Self {
        self.is_whole = true;
        self
    }
}
