//! `rules[].require.advisories`: what is known of `ws`, which the release's SBOM lists.

use jiff::SignedDuration;
use mcpsign_schemas::advisory::snapshot::SCHEMA;
use mcpsign_tests::forge::statement;
use mcpsign_verifier::{Got, SignedFile};
use serde_json::{Value, json};

use super::Pair;
use crate::advisories::forge::{kev, snapshot};
use crate::keyless::{RELEASE, github, now};
use crate::policy_fields::world::{REVIEWER, World, by_certificate, by_key};

const OPENVEX: &str = "https://openvex.dev/ns/v0.2.0";
const LOW: &str = "CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N";
const MEDIUM: &str = "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:L/I:N/A:N";
const HIGH: &str = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N";

pub(super) fn pairs() -> Vec<Pair> {
    vec![
        Pair::allowed("/rules/0/require/advisories/severity", json!("medium"), "advisories/vulnerable")
            .in_world(low),
        Pair::allowed("/rules/0/require/advisories/severity", json!("high"), "advisories/vulnerable")
            .in_world(medium),
        Pair::allowed("/rules/0/require/advisories/severity", json!("critical"), "advisories/vulnerable")
            .in_world(high),
        Pair::undecided("/rules/0/require/advisories/snapshot", json!("required"), "evidence/not-looked-at")
            .in_world(nothing_measured),
        Pair::undecided(
            "/rules/0/require/advisories/unevaluated",
            json!("undecided"),
            "advisories/not-covered",
        )
        .in_world(uncovered),
        Pair::undecided("/rules/0/require/advisories/maxAgeDays", json!(1), "advisories/stale")
            .in_world(clean),
        Pair::undecided("/rules/0/require/advisories/signers", json!(["ci"]), "advisories/not-signed")
            .in_world(signed),
        Pair::undecided("/rules/0/require/advisories/coverage", json!(80), "advisories/coverage")
            .in_world(uncovered),
        Pair::denied("/rules/0/require/advisories/kinds", json!(["unsound"]), "advisories/unsound")
            .in_world(|| informational("unsound")),
        Pair::denied("/rules/0/require/advisories/kinds", json!(["unmaintained"]), "advisories/unmaintained")
            .in_world(|| informational("unmaintained")),
        Pair::denied("/rules/0/require/advisories/kinds", json!(["notice"]), "advisories/notice")
            .in_world(|| informational("notice")),
        Pair::denied("/rules/0/require/advisories/exploited", json!("refuse"), "advisories/vulnerable")
            .in_world(exploited),
        Pair::allowed("/rules/0/require/advisories/unfixed", json!("accept"), "advisories/vulnerable")
            .in_world(unfixed),
        Pair::allowed(
            "/rules/0/require/advisories/vex/signers",
            json!(["reviewer"]),
            "advisories/vulnerable",
        )
        .in_world(reviewed),
        Pair::allowed(
            "/rules/0/require/advisories/vex/malicious",
            json!(["MAL-2026-1"]),
            "advisories/malicious",
        )
        .in_world(reviewed_malware),
    ]
}

/// The release with these components, and these records against them.
pub(super) fn world(components: &Value, records: &[Value], require: Value) -> World {
    let mut release = RELEASE.clone();
    release.sbom["components"] = components.clone();
    release.rebind();
    let mut world = World::honest();
    world.lines[0] = by_certificate(&release.sbom_statement(), &github());
    world.lines[1] = by_certificate(&release.manifest_statement(), &github());
    world.policy["rules"][0]["require"]["advisories"] = require;
    let updated = now() - SignedDuration::from_hours(48);
    world.measured.advisories = Got::Some(snapshot(records, Some(&kev("CVE-2026-1")), updated));
    world
}

fn with(records: &[Value], change: impl FnOnce(&mut Value)) -> World {
    let mut require = json!({
        "snapshot": "required", "severity": "critical", "unevaluated": "accept", "maxAgeDays": 7, "coverage": 10
    });
    change(&mut require);
    world(&json!([{ "type": "library", "name": "ws", "purl": "pkg:npm/ws@8.0.0" }]), records, require)
}

/// What is known of `ws`, mended in this version.
fn known(id: &str, vector: &str, fixed: Option<&str>) -> Value {
    let mut events = vec![json!({ "introduced": "0" })];
    events.extend(fixed.map(|fixed| json!({ "fixed": fixed })));
    json!({
        "id": id, "modified": "2026-01-01T00:00:00Z", "severity": [{ "type": "CVSS_V3", "score": vector }],
        "affected": [{
            "package": { "ecosystem": "npm", "name": "ws" },
            "ranges": [{ "type": "SEMVER", "events": events }]
        }]
    })
}

fn refusing(severity: &str, vector: &str) -> World {
    with(&[known("GHSA-1", vector, Some("8.0.1"))], |require| require["severity"] = json!(severity))
}

fn low() -> World {
    refusing("low", LOW)
}

fn medium() -> World {
    refusing("medium", MEDIUM)
}

fn high() -> World {
    refusing("high", HIGH)
}

fn clean() -> World {
    with(&[known("GHSA-1", HIGH, Some("7.0.0"))], |_| {})
}

/// The reviewer signs snapshots, and the workflow may, but did not sign this one.
fn signed() -> World {
    let mut world = with(&[known("GHSA-1", HIGH, Some("7.0.0"))], |require| {
        require["signers"] = json!(["reviewer"]);
    });
    let Got::Some(snapshot) = &world.measured.advisories else { panic!("a snapshot") };
    let subjects = json!([{ "name": "manifest.json", "digest": { "sha256": snapshot.digest.to_string() } }]);
    let line = by_key(&REVIEWER, &statement(&subjects, SCHEMA, &json!({ "schema": SCHEMA })));
    let file = SignedFile { source: "the signature".into(), lines: vec![(1, line)] };
    world.measured.advisories_signed = Got::Some([file].into());
    for signer in 0..2 {
        let may = &mut world.policy["signers"][signer]["predicates"];
        may.as_array_mut().unwrap().push(json!(SCHEMA));
    }
    world
}

fn nothing_measured() -> World {
    let mut world = with(&[known("GHSA-1", HIGH, None)], |require| require["snapshot"] = json!("if-given"));
    world.measured.advisories = Got::not_asked();
    world
}

/// Of the root, `ws` and two packages of PyPI the snapshot has something of two.
fn uncovered() -> World {
    let components = json!([
        { "type": "library", "name": "ws", "purl": "pkg:npm/ws@8.0.0" },
        { "type": "library", "name": "a", "purl": "pkg:pypi/a@1" },
        { "type": "library", "name": "b", "purl": "pkg:pypi/b@1" }
    ]);
    let require =
        json!({ "snapshot": "required", "severity": "low", "unevaluated": "accept", "coverage": 50 });
    world(&components, &[known("GHSA-1", HIGH, Some("7.0.0"))], require)
}

fn informational(kind: &str) -> World {
    let mut record = known("RUSTSEC-1", HIGH, None);
    record["affected"][0]["database_specific"] = json!({ "informational": kind });
    with(&[record], |_| {})
}

fn exploited() -> World {
    with(&[known("CVE-2026-1", LOW, Some("8.0.1"))], |_| {})
}

fn unfixed() -> World {
    with(&[known("GHSA-1", HIGH, None)], |require| require["severity"] = json!("low"))
}

/// The reviewer says that it does not matter, and the workflow alone is believed.
fn reviewed() -> World {
    vex("GHSA-1", json!({ "signers": ["ci"] }))
}

fn reviewed_malware() -> World {
    vex("MAL-2026-1", json!({ "signers": ["reviewer"], "malicious": ["MAL-2026-2"] }))
}

fn vex(id: &str, vex: Value) -> World {
    let mut world = with(&[known(id, HIGH, None)], |require| {
        require["severity"] = json!("low");
        require["vex"] = vex;
    });
    let document = json!({
        "@context": OPENVEX, "@id": "https://acme.example/vex", "author": "reviewer", "version": 1,
        "timestamp": "2026-06-01T00:00:00Z",
        "statements": [{
            "vulnerability": { "name": id }, "status": "not_affected",
            "justification": "vulnerable_code_not_in_execute_path"
        }]
    });
    world.lines.push(by_key(&REVIEWER, &statement(&RELEASE.subjects, OPENVEX, &document)));
    let may = &mut world.policy["signers"][1]["predicates"];
    may.as_array_mut().unwrap().push(json!(OPENVEX));
    world
}
