//! What `cargo audit` says of a lock file, and what we say: as it was stored, and asked anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::independent::sample;
use crate::support::{run, sbom_checker, shared_data, skip, workspace};

/// Advisory, crate, version, kind.
type Reported = (String, String, String, String);

fn fixture() -> PathBuf {
    workspace().join("tests/advisories/cargo-audit")
}

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}

/// What a report of cargo-audit names.
fn theirs(report: &Value) -> BTreeSet<Reported> {
    let one = |found: &Value, kind: &str| {
        let package = &found["package"];
        (text(&found["advisory"]["id"]), text(&package["name"]), text(&package["version"]), kind.to_owned())
    };
    let list = report["vulnerabilities"]["list"].as_array().expect("a list").iter();
    let mut all: BTreeSet<Reported> = list.map(|found| one(found, "vulnerability")).collect();
    for (kind, list) in report["warnings"].as_object().expect("an object") {
        all.extend(list.as_array().expect("a list").iter().map(|found| one(found, kind)));
    }
    all
}

/// Runs cargo-audit on a lock file, by the records of a folder or archive. It needs no network and reads no index.
fn audit(program: &Path, records: &Path, lock: &Path) -> Value {
    let scratch = tempfile::tempdir().expect("a folder");
    let database = scratch.path().join("db");
    let script = workspace().join("tests/advisories/rustsec.py");
    let made = Command::new("python3").arg(script).arg(records).arg(&database).output().expect("python3");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let mut command = Command::new(program);
    command.args(["audit", "--no-fetch", "--no-yanked", "--stale", "--json", "--db"]).arg(&database);
    let output = command.arg("--file").arg(lock).output().expect("cargo-audit starts");
    // It ends with 1 where it found something.
    assert!(matches!(output.status.code(), Some(0 | 1)), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn cargo_audit(test: &str) -> Option<PathBuf> {
    let program = sbom_checker(test)?.join("checker/bin/cargo-audit");
    if program.is_file() {
        return Some(program);
    }
    skip(test, "cargo-audit");
    None
}

/// A problem by several names is one match of ours, and several of theirs.
#[test]
fn a_lock_file_has_the_advisories_that_cargo_audit_reports() {
    let dir = tempfile::tempdir().expect("a folder");
    let at = |name: &str| dir.path().join(name).to_str().expect("UTF-8").to_owned();
    let (kept, bom) = (at("kept"), at("bom.json"));
    let [lock, records] = ["Cargo.lock", "records"].map(|name| fixture().join(name));
    let [lock_text, records_text] = [&lock, &records].map(|path| path.to_str().expect("UTF-8"));
    for args in [
        &["advisories", "update", "--from", records_text, "--dir", &kept][..],
        &["sbom", "generate", lock_text, "--out", &bom],
    ] {
        let output = run(args, &[]);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    let output = run(&["advisories", "check", &bom, "--dir", &kept, "--format", "json"], &[]);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let mut ours = BTreeSet::new();
    for found in report["matches"].as_array().expect("a list") {
        let purl = text(&found["purl"]);
        let (name, version) =
            purl.strip_prefix("pkg:cargo/").and_then(|rest| rest.split_once('@')).expect("a crate");
        for record in found["records"].as_array().expect("a list") {
            ours.insert((text(record), name.to_owned(), version.to_owned(), text(&found["kind"])));
        }
    }
    let stored = std::fs::read(fixture().join("report.json")).expect("stored");
    let stored: Value = serde_json::from_slice(&stored).expect("JSON");
    assert_eq!(ours, theirs(&stored));
    assert_eq!(ours.len(), 13);
    if let Some(program) = cargo_audit("a_lock_file_has_the_advisories_that_cargo_audit_reports") {
        assert_eq!(theirs(&audit(&program, &records, &lock)), ours, "asked anew");
    }
}

/// Every crate of the sample with a mended advisory, in versions around those that its advisories name.
#[test]
fn crates_are_evaluated_as_cargo_audit_does() {
    let test = "crates_are_evaluated_as_cargo_audit_does";
    let (Some(folder), Some(program)) = (shared_data(test, "osv"), cargo_audit(test)) else { return };
    let zip = folder.join("crates.io/all.zip");
    let sample = sample("crates.io", &zip);
    let asked = |(name, version): &(String, String)| {
        let is_rustsec = |record: &Value| text(&record["id"]).starts_with("RUSTSEC-");
        semver::Version::parse(version).is_ok() && sample.records[name].iter().all(is_rustsec)
    };
    let mut lock = "version = 4\n".to_owned();
    for (name, version) in sample.queries.iter().filter(|query| asked(query)) {
        let source = "registry+https://github.com/rust-lang/crates.io-index";
        let _ = write!(
            lock,
            "\n[[package]]\nname = \"{name}\"\nversion = \"{version}\"\nsource = \"{source}\"\n"
        );
    }
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("Cargo.lock");
    std::fs::write(&path, lock).expect("written");
    let mut found: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for (id, name, version, _) in theirs(&audit(&program, &zip, &path)) {
        found.entry((name, version)).or_default().insert(id);
    }
    let theirs: Vec<Option<Vec<String>>> = sample
        .queries
        .iter()
        .map(|query| {
            let ids = || found.get(query).cloned().unwrap_or_default().into_iter().collect();
            asked(query).then(ids)
        })
        .collect();
    sample.compare("cargo", &theirs);
}
