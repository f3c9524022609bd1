//! `verify --advisories`: a snapshot that cannot be used leaves it undecided, whatever else holds.

use std::fs;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use mcpsign_schemas::advisory::snapshot::SCHEMA;
use serde_json::{Value, json};

use super::forge::{put, record};
use super::incidents::{self, attest, npm_release};
use crate::support::{run, workspace};

/// The vector of an honest release, whose SBOM has no components and does not say that there are none.
fn vector() -> std::path::PathBuf {
    workspace().join("tests/vectors/verify_honest")
}

fn verify(kept: &Path) -> (Value, i32) {
    let folder = vector();
    let artifact = folder.join("acme-notes-mcp-1.4.0.tgz");
    let key = folder.join("key.pub");
    let [artifact, key] = [&artifact, &key].map(|path| path.to_str().unwrap());
    let args = ["verify", artifact, "--public-key", key, "--advisories", kept.to_str().unwrap()];
    let output = run(&[&args[..], &["--format", "json"]].concat(), &[]);
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{error}: {}", String::from_utf8_lossy(&output.stderr));
    });
    (report, output.status.code().unwrap())
}

fn snapshot(dir: &Path) -> std::path::PathBuf {
    put(dir, "records/a.json", record("A-1", "left-pad", "2.0.0"));
    let (from, kept) = (dir.join("records"), dir.join("kept"));
    let args = ["advisories", "update", "--from", from.to_str().unwrap(), "--dir", kept.to_str().unwrap()];
    let output = run(&args, &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    kept
}

/// Undecided, for want of this.
#[track_caller]
fn undecided(kept: &Path, code: &str) {
    let (report, exit) = verify(kept);
    assert_eq!((report["verdict"].as_str(), exit), (Some("undecided"), 3), "{report:#}");
    let stage = &report["stages"]["advisories"];
    assert_eq!(
        (stage["state"].as_str(), stage["cause"]["gap"]["code"].as_str()),
        (Some("not-run"), Some(code))
    );
    assert!(report["advisories"].is_null());
}

#[test]
fn b63_advisories_that_cannot_be_used_are_no_pass() {
    let dir = tempfile::tempdir().unwrap();
    undecided(&dir.path().join("nowhere"), "advisories/missing");
    let kept = snapshot(dir.path());
    let manifest = kept.join("manifest.json");
    let good: Value = serde_json::from_slice(&fs::read(&manifest).unwrap()).unwrap();
    let with = |change: fn(&mut Value)| {
        let mut bent = good.clone();
        change(&mut bent);
        fs::write(&manifest, bent.to_string()).unwrap();
    };
    with(|manifest| manifest["updated"] = json!("2099-01-01T00:00:00Z"));
    undecided(&kept, "advisories/future");
    with(|manifest| manifest["schema"] = json!("https://other.example/v1"));
    undecided(&kept, "advisories/damaged");
    fs::write(&manifest, "{}").unwrap();
    undecided(&kept, "advisories/damaged");
    with(|_| {});
    let index = kept.join(good["index"]["name"].as_str().unwrap());
    let bytes = fs::read(&index).unwrap();
    for at in (0..bytes.len()).step_by(29) {
        let mut bent = bytes.clone();
        bent[at] ^= 1;
        fs::write(&index, bent).unwrap();
        undecided(&kept, "advisories/damaged");
    }
    fs::write(&index, &bytes[..bytes.len() - 1]).unwrap();
    undecided(&kept, "advisories/damaged");
    fs::remove_file(&index).unwrap();
    undecided(&kept, "advisories/damaged");
}

/// By flags a week is allowed.
#[test]
fn b63_old_advisories_are_no_pass() {
    let desk = npm_release("acme-files", "1.0.0", &[("zod", "4.4.3")]);
    attest(&desk);
    let manifest = desk.at("advisories/manifest.json");
    let dated = |days: i64| {
        let mut old: Value = serde_json::from_slice(&fs::read(&manifest).unwrap()).unwrap();
        let then = Timestamp::now() - SignedDuration::from_hours(24 * days) + SignedDuration::from_mins(5);
        old["updated"] = json!(then.to_string());
        fs::write(&manifest, old.to_string()).unwrap();
        incidents::verify(&desk, true)
    };
    let (report, exit) = dated(7);
    assert_eq!((exit, report["advisories"]["ageDays"].as_u64()), (0, Some(6)), "{report:#}");
    let (report, exit) = dated(8);
    assert_eq!((report["verdict"].as_str(), exit), (Some("undecided"), 3));
    assert_eq!(report["stages"]["advisories"]["cause"]["gap"]["code"], "advisories/stale");
    assert_eq!(report["advisories"]["ageDays"], 7);
}

/// An SBOM that lists nothing, and does not say that there is nothing, is no pass.
#[test]
fn b63_an_empty_sbom_is_no_pass() {
    let dir = tempfile::tempdir().unwrap();
    let (report, exit) = verify(&snapshot(dir.path()));
    assert_eq!((report["verdict"].as_str(), exit), (Some("deny"), 1));
    assert_eq!(report["findings"][0]["code"], "advisories/nothing-catalogued");
}

/// By a policy that says who signs advisories, those of nobody and those of others are no pass.
#[test]
fn b63_advisories_are_signed_by_whom_the_policy_names() {
    let desk = npm_release("acme-files", "1.0.0", &[("zod", "4.4.3")]);
    attest(&desk);
    let pem = fs::read_to_string(desk.at("key.pub")).unwrap();
    let policy = json!({
        "schema": "mcpsign.dev/policy/v1",
        "name": "signed-advisories",
        "keys": [{ "name": "acme", "publicKey": pem, "time": "allow-unverified" }],
        "signers": [{ "name": "acme", "key": "acme", "kinds": ["publisher"], "predicates": [
            "https://mcpsign.dev/tool-manifest/v1", "https://cyclonedx.org/bom", SCHEMA
        ] }],
        "rules": [{ "name": "all", "match": "any-server", "signers": ["acme"], "require": {
            "predicates": ["https://mcpsign.dev/tool-manifest/v1"], "sbom": "bound",
            "manifest": { "comparison": "subset", "observation": "if-given", "binding": "command",
                "capture": "any-form", "resources": "ignore" },
            "advisories": { "snapshot": "required", "severity": "low", "unevaluated": "accept", "signers": ["acme"] }
        } }]
    });
    desk.write("policy.json", &policy.to_string());
    let [release, policy, kept, other] =
        ["release", "policy.json", "advisories", "other"].map(|at| desk.text(at));
    let run = |args: &[&str]| run(args, &[("MCPSIGN_PASSPHRASE", "of a test")]);
    let verified = || {
        let args = ["verify", &release, "--policy", &policy, "--advisories", &kept, "--format", "json"];
        let output = run(&args);
        let report: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        let gap = report["stages"]["advisories"]["cause"]["gap"]["code"].as_str().map(str::to_owned);
        (output.status.code(), gap, report["advisories"]["signed"].as_bool())
    };
    let sample = workspace().join("tests/advisories/sample");
    let signed_by = |key: &str| {
        let args = ["advisories", "update", "--from", sample.to_str().unwrap(), "--dir", &kept, "--key", key];
        let output = run(&args);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let not_signed = (Some(3), Some("advisories/not-signed".to_owned()), Some(false));
    assert_eq!(verified(), not_signed, "by nobody");
    signed_by(&desk.text("key"));
    assert_eq!(verified(), (Some(0), None, Some(true)));
    // Another manifest has the signature of this one no more.
    let manifest = desk.at("advisories/manifest.json");
    let good = fs::read(&manifest).unwrap();
    fs::write(&manifest, [&good[..], b"\n"].concat()).unwrap();
    assert_eq!(verified(), not_signed, "of another manifest");
    fs::write(&manifest, good).unwrap();
    assert_eq!(verified().0, Some(0));
    assert!(run(&["keys", "generate", "--out", &other]).status.success());
    signed_by(&other);
    assert_eq!(verified(), not_signed, "by another");
}

/// What lies in the release and not in the SBOM that somebody else's tool wrote is looked up all the same.
#[test]
fn b24_malware_in_the_release_is_refused_though_the_sbom_hides_it() {
    let desk = npm_release("acme-files", "1.0.0", &[("zod", "4.4.3")]);
    desk.write("release/node_modules/zod/package.json", r#"{"name":"zod","version":"4.4.3"}"#);
    desk.write("release/node_modules/evil/package.json", r#"{"name":"evil","version":"1.0.0"}"#);
    let zod = json!({ "type": "library", "name": "zod", "version": "4.4.3", "purl": "pkg:npm/zod@4.4.3" });
    let root = json!({ "type": "application", "name": "acme-files", "version": "1.0.0", "purl": "pkg:npm/acme-files@1.0.0" });
    let given = json!({ "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "metadata": { "component": root }, "components": [zod] });
    desk.write("given.json", &given.to_string());
    incidents::attest_with(&desk, &["--sbom", &desk.text("given.json")]);
    assert_eq!(incidents::verify(&desk, false).1, 0, "before anybody asks what is known of it");
    let (report, exit) = incidents::verify(&desk, true);
    assert_eq!(exit, 0, "the sample has nothing of it: {report:#}");
    put(&desk.at("more"), "records/m.json", record("MAL-2026-1", "evil", "9.0.0"));
    let args =
        ["advisories", "update", "--from", &desk.text("more/records"), "--dir", &desk.text("advisories")];
    assert!(run(&args, &[]).status.success());
    let (report, exit) = incidents::verify(&desk, true);
    assert_eq!((report["verdict"].as_str(), exit), (Some("deny"), 1), "{report:#}");
    assert_eq!(report["stages"]["advisories"]["state"], "failed");
    assert_eq!(report["findings"][0]["code"], "advisories/malicious");
    assert_eq!(report["findings"][0]["found"], "in the artifact alone: node_modules/evil/package.json");
    assert_eq!(report["advisories"]["matches"][0]["purl"], "pkg:npm/evil@1.0.0");
    // It can be borne as what an SBOM lists can: by its own id.
    let (release, public, key) = (desk.text("release"), desk.text("key.pub"), desk.text("key"));
    let (kept, out) = (desk.text("advisories"), desk.text("except.jsonl"));
    let borne = |id: &str| {
        let args = ["approve", &release, "--public-key", &public, "--advisories", &kept, "--key", &key];
        let terms = ["--scope", "all", "--reason", "a fixture", "--expires", "7", "--out", &out];
        let what = ["--except", "advisories/malicious", "--advisory", id];
        run(&[&args[..], &terms, &what].concat(), &[("MCPSIGN_PASSPHRASE", "of a test")])
    };
    assert_eq!(borne("MAL-2026-2").status.code(), Some(1));
    assert!(!desk.at("except.jsonl").exists());
    let done = borne("MAL-2026-1");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}
