//! Advisories: versions, records and SBOMs that others wrote.

use std::cmp::Ordering;

use jiff::Timestamp;
use mcpsign_advisories::check::check;
use mcpsign_advisories::components::{Component, of_sbom};
use mcpsign_advisories::index::{Compiler, Index};
use mcpsign_advisories::order::Order;
use serde_json::Value;

/// A first byte says what the rest is.
pub(super) fn run(input: &[u8]) {
    match input.split_first() {
        Some((b'v', rest)) => versions(rest),
        Some((b'r', rest)) => record(rest),
        Some((b's', rest)) => sbom(rest),
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
    let components: Vec<Component> = purls.into_iter().map(|purl| Component { purl: Some(purl) }).collect();
    let checked = check(&index, &components).expect("what we make we read");
    for found in &checked.matches {
        assert_eq!(counts.records, 1, "only what is in force is found");
        assert_eq!(Some(found.records[0].as_str()), record["id"].as_str());
    }
}

/// An SBOM: what it describes is among what is looked up.
fn sbom(input: &[u8]) {
    let Ok(components) = of_sbom(input) else { return };
    let Ok(document) = serde_json::from_slice::<Value>(input) else { return };
    let described = document["metadata"]["component"]["purl"].as_str();
    let is_there = |purl: &str| components.iter().any(|component| component.purl.as_deref() == Some(purl));
    if document["bomFormat"] == "CycloneDX"
        && let Some(purl) = described.filter(|_| document["metadata"]["component"]["version"].is_null())
    {
        assert!(is_there(purl), "the root is not looked up");
    }
}
