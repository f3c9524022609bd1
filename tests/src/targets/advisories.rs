//! Advisories: versions, records, SBOMs and VEX that others wrote, and an index that somebody bent.

use std::cmp::Ordering;

use jiff::Timestamp;
use mcpsign_advisories::check::check;
use mcpsign_advisories::components::{Component, of_sbom};
use mcpsign_advisories::index::{Compiler, Index, IndexWriter};
use mcpsign_advisories::order::Order;
use mcpsign_schemas::advisory::snapshot::{
    Counts, Enrichment, IndexFile, SCHEMA, Segment, SnapshotManifest, Span,
};
use mcpsign_schemas::canonical::{Json, Limits};
use mcpsign_schemas::digest::{MeasuredDigests, Sha256Digest};
use mcpsign_schemas::purl::Purl;
use mcpsign_schemas::vex::{self, Product, Status};
use serde_json::Value;

/// A first byte says what the rest is.
pub(super) fn run(input: &[u8]) {
    match input.split_first() {
        Some((b'v', rest)) => versions(rest),
        Some((b'r', rest)) => record(rest),
        Some((b's', rest)) => sbom(rest),
        Some((b'i', rest)) => index(rest),
        Some((b'o', rest)) => vex("https://openvex.dev/ns/v0.2.0", rest),
        Some((b'c', rest)) => vex("https://cyclonedx.org/bom", rest),
        Some((b'a', rest)) => {
            vex("https://docs.oasis-open.org/csaf/csaf/v2.0/csaf_json_schema.json", rest);
        }
        _ => {}
    }
}

/// Two versions, one a line: compared alike from both sides, and each equal to itself.
fn versions(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (one, other) = text.split_once('\n').unwrap_or((&text, ""));
    for order in Order::ALL {
        let forth = order.compare(one, other);
        assert_eq!(forth, order.compare(other, one).map(Ordering::reverse), "{order:?}");
        assert_eq!(order.parse(one).is_some(), order.compare(one, one) == Some(Ordering::Equal), "{order:?}");
    }
}

/// A record: counted in one place, and what it names is found.
fn record(input: &[u8]) {
    let now = Timestamp::from_second(1_795_000_000).expect("a time");
    let mut compiler = Compiler::new(now);
    compiler.add("input", input);
    let compiled = compiler.finish().expect("one record is not too large");
    let counts = compiled.counts;
    assert_eq!(counts.records + counts.withdrawn + counts.unparsed, 1);
    assert_eq!(compiled.unparsed.len() as u64, counts.unparsed);
    let index = Index::of(compiled).expect("what we make we read");
    let Ok(record) = serde_json::from_slice::<Value>(input) else { return };
    let affected = record["affected"].as_array().into_iter().flatten();
    let mut purls = Vec::new();
    for affected in affected.filter(|affected| affected["package"]["ecosystem"] == "npm") {
        let Some(name) = affected["package"]["name"].as_str() else { continue };
        let listed = affected["versions"].as_array().into_iter().flatten().filter_map(Value::as_str);
        purls.extend(listed.chain(["1.0.0"]).map(|version| format!("pkg:npm/{name}@{version}")));
    }
    let components: Vec<Component> = purls.iter().map(|purl| Component::of(purl)).collect();
    let checked = check(&index, &components).expect("what we make we read");
    for found in &checked.matches {
        assert_eq!(counts.records, 1, "only what is in force is found");
        assert_eq!(Some(found.records[0].as_str()), record["id"].as_str());
    }
}

/// What tells an index's parts apart in front of its bytes: three times offset and size, of four bytes each.
const SPANS: usize = 3 * 2 * 4;

/// An index and where its parts lie, as a seed.
pub(super) fn index_seed(record: &[u8]) -> Vec<u8> {
    let mut compiler = Compiler::new(Timestamp::from_second(1_795_000_000).expect("a time"));
    compiler.add("record", record);
    let compiled = compiler.finish().expect("one record is not too large");
    let mut writer = IndexWriter::default();
    let placed = writer.add(&compiled).expect("one segment is not too large");
    let spans = [placed.names, placed.packages, placed.records];
    let numbers = spans.into_iter().flat_map(|span| [span.offset, span.size]);
    let numbers = numbers.flat_map(|number| u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes());
    std::iter::once(b'i').chain(numbers).chain(writer.finish().bytes).collect()
}

/// An index whose manifest is made for it, whatever it is: refused, or it answers.
fn index(input: &[u8]) {
    let Some((spans, bytes)) = input.split_at_checked(SPANS) else { return };
    let number =
        |at: usize| u64::from(u32::from_le_bytes(spans[4 * at..4 * at + 4].try_into().expect("four")));
    let span = |at: usize| Span { offset: number(2 * at), size: number(2 * at + 1) };
    let digest = Sha256Digest::of(bytes);
    let segment = Segment {
        source: "input".into(),
        sha256: digest,
        updated: None,
        etag: None,
        newest: None,
        ecosystems: Vec::new(),
        releases: Vec::new(),
        counts: Counts::default(),
        names: span(0),
        packages: span(1),
        records: span(2),
    };
    let size = bytes.len() as u64;
    let manifest = SnapshotManifest {
        schema: SCHEMA.into(),
        updated: Timestamp::UNIX_EPOCH,
        tool: "input".into(),
        index: IndexFile { name: "index".into(), size, sha256: digest, blocks_sha256: digest },
        segments: [("input".to_owned(), segment)].into(),
        enrichment: [("kev", span(0)), ("epss", span(1))]
            .map(|(name, names)| {
                let (source, sha256) = ("input".into(), digest);
                let list = Enrichment { source, sha256, released: None, entries: 0, names };
                (name.to_owned(), list)
            })
            .into(),
    };
    let Ok(index) = Index::open(&manifest, bytes.to_vec()) else { return };
    let components = ["pkg:npm/a@1.0.0", "pkg:npm/a", "pkg:pypi/b@1", "pkg:deb/debian/a@1?distro=debian-12"];
    let components = components.map(Component::of);
    let _ = check(&index, &components);
}

/// VEX: what is said not to matter is said why, and nothing that is said is nameless.
fn vex(predicate_type: &str, input: &[u8]) {
    let Ok(json) = Json::parse(input, Limits::bytes(1 << 20)) else { return };
    let digests = MeasuredDigests { sha256: Sha256Digest::of(b"a"), sha512: None };
    let packages = [Purl::parse("pkg:npm/r@1").expect("a package URL")];
    let product = Product { packages: &packages, digests: &digests, name: "r.tgz", sboms: &[&json] };
    let Ok(words) = vex::read(&json, predicate_type, &product) else { return };
    for word in words {
        assert!(!word.ids.is_empty(), "of nothing");
        assert!(word.status != Status::NotAffected || word.reason.is_some(), "without a reason");
    }
}

/// An SBOM: what it describes is among what is looked up, however it is spelled.
fn sbom(input: &[u8]) {
    let Ok(components) = of_sbom(input) else { return };
    let Ok(mut document) = serde_json::from_slice::<Value>(input) else { return };
    if document["bomFormat"] == "CycloneDX" && document["metadata"]["component"].is_object() {
        document["components"] = Value::Array(Vec::new());
        let alone =
            of_sbom(document.to_string().as_bytes()).expect("what is read is read without components");
        assert!(!alone.is_empty(), "the root is nothing");
        let is_there = |root: &Component| components.iter().any(|component| component.purl() == root.purl());
        assert!(alone.iter().all(is_there), "the root is not looked up");
    }
}
