//! Looking up packages.

use mcpsign_schemas::advisory::snapshot::{SnapshotManifest, Span};

use super::bytes::Reader;
use super::compile::{Compiled, unplace};
use super::entry::{self, Details, Hit};
use super::names::Names;
use super::{IndexError, Store};
use crate::ecosystem::{Query, same_release};

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
}

/// An advisory of a package, and where its details lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    segment: usize,
    details: u64,
}

/// What a look at a package gives.
#[derive(Debug, Default)]
pub(crate) struct Look {
    /// Advisories that affect its version.
    pub(crate) hits: Vec<(Place, Hit)>,
    /// Advisories in whatever version.
    pub(crate) advisories: usize,
    /// Whether a range could not be held against its version.
    pub(crate) unordered: bool,
}

impl<S: Store> Index<S> {
    /// Opens the index that `manifest` describes.
    ///
    /// # Errors
    /// When the store has other bytes, or they make no sense.
    pub fn open(manifest: &SnapshotManifest, store: S) -> Result<Self, IndexError> {
        let names = |span| Names::open(store.read(span)?);
        let mut segments = Vec::new();
        for segment in manifest.segments.values() {
            let names = names(segment.names)?;
            segments.push(Segment { names, packages: segment.packages, records: segment.records });
        }
        let enrichment = |of: &str| manifest.enrichment.get(of).map(|list| names(list.names)).transpose();
        let (kev, epss) = (enrichment("kev")?, enrichment("epss")?);
        Ok(Self { store, segments, kev, epss, is_whole: false })
    }

    /// Whether any record names a package of this ecosystem, or whoever was asked for these packages had all of them.
    pub(crate) fn covers(&self, ecosystem: &str) -> Result<bool, IndexError> {
        let start = format!("{ecosystem}\0").into_bytes();
        for segment in &self.segments {
            let first = segment.names.at_or_after(&start)?;
            if first.is_some_and(|(name, _)| name.starts_with(&start)) {
                return Ok(true);
            }
        }
        Ok(self.is_whole)
    }

    /// Looks at every advisory of the package that is asked for.
    pub(crate) fn look(&self, query: &Query) -> Result<Look, IndexError> {
        let key = query.key();
        let mut look = Look::default();
        for (number, segment) in self.segments.iter().enumerate() {
            let Some(place) = segment.names.get(&key)? else { continue };
            let (offset, size) = unplace(place);
            let bytes = self.store.read(within(segment.packages, offset, size)?)?;
            let is_release = |theirs: &str| same_release(query.release.as_deref(), theirs);
            let found = entry::find(&bytes, query.order(), is_release, query.version.as_deref())?;
            look.advisories += found.advisories;
            look.unordered |= found.unordered;
            let placed = |hit: Hit| (Place { segment: number, details: hit.details }, hit);
            look.hits.extend(found.hits.into_iter().map(placed));
        }
        Ok(look)
    }

    /// What is shown of an advisory.
    pub(crate) fn details(&self, place: Place) -> Result<Details, IndexError> {
        let segment = self.segments.get(place.segment).ok_or(IndexError::Malformed)?;
        let bytes = self.sized(segment.records, place.details)?;
        Details::read(&bytes, |group| {
            let bytes = self.sized(segment.records, group)?;
            let mut reader = Reader(&bytes);
            (0..reader.len()?).map(|_| reader.text().map(str::to_owned)).collect()
        })
    }

    /// The day from which a CVE is known to be exploited, as `YYYYMMDD`.
    pub(crate) fn exploited(&self, id: &str) -> Result<Option<u64>, IndexError> {
        self.kev.as_ref().map_or(Ok(None), |kev| kev.get(id.as_bytes()))
    }

    /// The probability that a CVE is exploited, in millionths.
    pub(crate) fn epss(&self, id: &str) -> Result<Option<u64>, IndexError> {
        self.epss.as_ref().map_or(Ok(None), |epss| epss.get(id.as_bytes()))
    }

    /// What lies at `offset` behind its size. Most of it comes with the first read.
    fn sized(&self, region: Span, offset: u64) -> Result<Vec<u8>, IndexError> {
        let head = self.store.read(within(region, offset, 4)?)?;
        let size = u32::from_le_bytes(head.try_into().map_err(|_| IndexError::Malformed)?);
        let start = offset.checked_add(4).ok_or(IndexError::Malformed)?;
        self.store.read(within(region, start, u64::from(size))?)
    }
}

impl Index<Vec<u8>> {
    /// An index of one segment, in memory.
    ///
    /// # Errors
    /// When the segment is none of ours.
    pub fn of(compiled: Compiled) -> Result<Self, IndexError> {
        let span = |offset: usize, size: usize| Span { offset: offset as u64, size: size as u64 };
        let packages = span(0, compiled.packages.len());
        let records = span(compiled.packages.len(), compiled.records.len());
        let names = Names::open(compiled.names)?;
        let store = [compiled.packages, compiled.records].concat();
        Ok(Self {
            store,
            segments: vec![Segment { names, packages, records }],
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

fn within(region: Span, offset: u64, size: u64) -> Result<Span, IndexError> {
    let end = offset.checked_add(size).filter(|end| *end <= region.size);
    let start = end.and_then(|_| region.offset.checked_add(offset));
    start.map(|offset| Span { offset, size }).ok_or(IndexError::Malformed)
}
