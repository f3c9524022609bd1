//! What there is to say of the sources of a snapshot: what of them was not understood, and which stand still.
//!
//! A snapshot is as old as the last look at its sources. A mirror that nobody feeds any more is looked at every day.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use mcpsign_schemas::advisory::snapshot::{Segment, SnapshotManifest};
use mcpsign_schemas::code::advisories;
use mcpsign_schemas::finding::Finding;

use crate::ecosystem;

/// Ecosystems of which something new is published every few days.
const BUSY: [&str; 14] = [
    "npm",
    "PyPI",
    "crates.io",
    "Go",
    "Maven",
    "NuGet",
    "Packagist",
    "RubyGems",
    "Debian",
    "Ubuntu",
    "Alpine",
    "Red Hat",
    "SUSE",
    "openSUSE",
];

/// Records of a source that is as busy, whatever it is called.
const MANY: u64 = 1000;

/// How long nothing new may come from such a source, and how old a list that is published every few days may be.
const STILL: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What there is to say at `now` of the sources that were `asked`, by their places in the manifest, and of the lists.
pub fn of_asked(manifest: &SnapshotManifest, asked: &BTreeSet<usize>, now: Timestamp) -> Vec<Finding> {
    let segments = manifest.segments.iter().zip(0..);
    let segments = segments.filter(|(_, place)| asked.contains(place)).map(|(segment, _)| segment);
    let mut findings = Vec::new();
    for (name, segment) in segments {
        let unparsed = segment.counts.unparsed;
        if unparsed > 0 {
            let records = if unparsed == 1 { "record" } else { "records" };
            let are = if unparsed == 1 { "was" } else { "were" };
            let message = format!("{unparsed} {records} of {name} {are} not understood");
            findings.push(Finding::new(advisories::UNPARSED, message));
        }
        findings.extend(of_segment(name, segment, now));
    }
    findings.extend(of_lists(manifest, now));
    findings
}

/// Which of all sources and lists stand still at `now`.
pub fn stale(manifest: &SnapshotManifest, now: Timestamp) -> Vec<Finding> {
    let segments = manifest.segments.iter().filter_map(|(name, segment)| of_segment(name, segment, now));
    segments.chain(of_lists(manifest, now)).collect()
}

fn of_segment(name: &str, segment: &Segment, now: Timestamp) -> Option<Finding> {
    let is_busy = BUSY.contains(&ecosystem::split(name).0) || segment.counts.records >= MANY;
    let newest = segment.newest.filter(|newest| is_busy && now.duration_since(*newest) > STILL)?;
    let message = format!("the newest advisory of {name} is of {}", newest.strftime("%Y-%m-%d"));
    Some(Finding::new(advisories::STALE_SOURCE, message))
}

fn of_lists(manifest: &SnapshotManifest, now: Timestamp) -> impl Iterator<Item = Finding> {
    manifest.enrichment.iter().filter_map(move |(name, list)| {
        let released = list.released.filter(|released| now.duration_since(*released) > STILL)?;
        let message = format!("the list {name} is of {}", released.strftime("%Y-%m-%d"));
        Some(Finding::new(advisories::STALE_SOURCE, message))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use mcpsign_schemas::advisory::snapshot::{Counts, Enrichment, IndexFile, SCHEMA, Span};
    use mcpsign_schemas::digest::Sha256Digest;

    use super::*;

    const NOWHERE: Span = Span { offset: 0, size: 0 };

    fn segment(newest: &str, counts: Counts) -> Segment {
        Segment {
            source: String::new(),
            sha256: Sha256Digest::of(b""),
            updated: None,
            etag: None,
            newest: newest.parse().ok(),
            ecosystems: Vec::new(),
            releases: Vec::new(),
            counts,
            names: NOWHERE,
            packages: NOWHERE,
            records: NOWHERE,
        }
    }

    fn list(released: &str) -> Enrichment {
        Enrichment {
            source: String::new(),
            sha256: Sha256Digest::of(b""),
            released: released.parse().ok(),
            entries: 1,
            names: NOWHERE,
        }
    }

    #[test]
    fn b63_a_source_that_stands_still_is_told_however_often_it_is_looked_at() {
        let now: Timestamp = "2026-11-22T00:00:00Z".parse().unwrap();
        let few = Counts { records: 50, ..Counts::default() };
        let many = Counts { records: MANY, unparsed: 2, ..Counts::default() };
        let manifest = SnapshotManifest {
            schema: SCHEMA.into(),
            updated: now,
            tool: String::new(),
            index: IndexFile {
                name: String::new(),
                size: 0,
                sha256: Sha256Digest::of(b""),
                blocks_sha256: Sha256Digest::of(b""),
            },
            segments: BTreeMap::from([
                ("Debian:12".to_owned(), segment("2026-10-22T23:59:59Z", few)),
                ("PyPI".to_owned(), segment("2026-10-23T00:00:00Z", few)),
                ("curated".to_owned(), segment("2019-01-01T00:00:00Z", few)),
                ("everything".to_owned(), segment("2019-01-01T00:00:00Z", many)),
                ("npm".to_owned(), segment("2019-01-01T00:00:00Z", few)),
            ]),
            enrichment: BTreeMap::from([
                ("epss".to_owned(), list("2026-11-21T00:00:00Z")),
                ("kev".to_owned(), list("2025-08-22T17:00:28Z")),
            ]),
        };
        let told = |findings: Vec<Finding>| -> Vec<String> {
            findings.into_iter().map(|finding| format!("{}: {}", finding.code, finding.message)).collect()
        };
        let kev = "advisories/stale-source: the list kev is of 2025-08-22";
        assert_eq!(
            told(stale(&manifest, now)),
            [
                "advisories/stale-source: the newest advisory of Debian:12 is of 2026-10-22",
                "advisories/stale-source: the newest advisory of everything is of 2019-01-01",
                "advisories/stale-source: the newest advisory of npm is of 2019-01-01",
                kev,
            ]
        );
        assert_eq!(
            told(of_asked(&manifest, &BTreeSet::from([1, 3]), now)),
            [
                "advisories/unparsed: 2 records of everything were not understood",
                "advisories/stale-source: the newest advisory of everything is of 2019-01-01",
                kev,
            ]
        );
    }
}
