//! Real records, evaluated by us and by others: npm's with node-semver, PyPI's with PyPA's `packaging`, crates.io's with
//! Cargo's `semver`, by the ranges that `cargo audit`'s database was exported to.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use jiff::Timestamp;
use mcpsign_advisories::check::check;
use mcpsign_advisories::components::Component;
use mcpsign_advisories::index::{Compiler, Index};
use mcpsign_schemas::purl::Purl;
use serde_json::{Value, json};

use super::forge::unzip;
use crate::support::{python, shared_data, skip, workspace};

/// Packages of which every record is looked at, and versions of each.
const PACKAGES: usize = 600;
const VERSIONS: usize = 24;

pub(super) struct Sample {
    index: Index<Vec<u8>>,
    /// Records by package, those that were not taken back.
    pub(super) records: BTreeMap<String, Vec<Value>>,
    pub(super) queries: Vec<(String, String)>,
}

/// Packages whose advisories have ranges, in versions around those that the ranges name.
pub(super) fn sample(ecosystem: &str, zip: &Path) -> Sample {
    let mut compiler = Compiler::new("2026-11-22T00:00:00Z".parse::<Timestamp>().unwrap());
    let mut records: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, bytes) in unzip(&std::fs::read(zip).unwrap()) {
        compiler.add(&name, &bytes);
        let record: Value = serde_json::from_slice(&bytes).unwrap();
        if record.get("withdrawn").is_some() {
            continue;
        }
        for affected in record["affected"].as_array().unwrap() {
            let package = affected["package"]["name"].as_str().unwrap().to_owned();
            assert_eq!(affected["package"]["ecosystem"], ecosystem);
            let mut texts: Vec<&str> = Vec::new();
            texts.extend(
                affected["versions"].as_array().into_iter().flatten().take(8).filter_map(Value::as_str),
            );
            for range in
                affected["ranges"].as_array().into_iter().flatten().filter(|range| range["type"] != "GIT")
            {
                for event in range["events"].as_array().unwrap() {
                    texts.extend(event.as_object().unwrap().values().filter_map(Value::as_str));
                }
            }
            let around = versions.entry(package.clone()).or_default();
            for text in texts {
                around.extend([
                    text.to_owned(),
                    format!("{text}-0"),
                    format!("{text}.1"),
                    format!("{text}rc1"),
                ]);
                around.insert("99999.0.0".into());
            }
            let of = records.entry(package).or_default();
            if !of.contains(&record) {
                of.push(record.clone());
            }
        }
    }
    let fixed = |records: &Vec<Value>| records.iter().any(|record| record.to_string().contains("\"fixed\""));
    // A handful of npm's oldest are no names to npm any more.
    let named = |name: &str| ecosystem != "npm" || Purl::npm(name, None).is_ok();
    let mut chosen: Vec<&String> = records
        .iter()
        .filter(|(name, records)| named(name) && fixed(records))
        .map(|(name, _)| name)
        .collect();
    // Those with the most advisories first: there is most to get wrong.
    chosen.sort_by_key(|name| std::cmp::Reverse(records[*name].len()));
    chosen.truncate(PACKAGES);
    let mut queries = Vec::new();
    for name in chosen {
        let all: Vec<&String> = versions[name].iter().collect();
        let step = all.len().div_ceil(VERSIONS).max(1);
        queries.extend(all.into_iter().step_by(step).map(|version| (name.clone(), version.clone())));
    }
    let asked: BTreeSet<&String> = queries.iter().map(|(name, _)| name).collect();
    records.retain(|name, _| asked.contains(name));
    let index = Index::of(compiler.finish().unwrap()).unwrap();
    Sample { index, records, queries }
}

impl Sample {
    /// Which records we say affect this version.
    fn ours(&self, ty: &str, name: &str, version: &str) -> Vec<String> {
        let purl = match ty {
            "npm" => Purl::npm(name, Some(version)),
            "pypi" => Purl::pypi(name, Some(version)),
            _ => Purl::cargo(name, Some(version)),
        };
        let component = Component::of(&purl.unwrap().to_string());
        let checked = check(&self.index, &[component]).unwrap();
        let records: BTreeSet<String> = checked.matches.into_iter().flat_map(|found| found.records).collect();
        records.into_iter().collect()
    }

    /// Compares with what others say; a version that is none to them says nothing.
    pub(super) fn compare(&self, ty: &str, theirs: &[Option<Vec<String>>]) {
        assert_eq!(theirs.len(), self.queries.len());
        let (mut compared, mut affected, mut wrong) = (0, 0, Vec::new());
        for ((name, version), theirs) in self.queries.iter().zip(theirs) {
            let Some(theirs) = theirs else { continue };
            compared += 1;
            affected += usize::from(!theirs.is_empty());
            let ours = self.ours(ty, name, version);
            if ours != *theirs {
                wrong.push(format!("{name} {version}: {ours:?}, they say {theirs:?}"));
            }
        }
        assert!(wrong.is_empty(), "{} of {compared}:\n{}", wrong.len(), wrong.join("\n"));
        assert!(compared > 1000 && affected > 200, "{compared} compared, {affected} affected: too few");
    }

    fn asked(&self) -> Value {
        json!({ "records": self.records, "queries": self.queries })
    }
}

/// Runs a program on what is asked; `None` where it is not there.
fn answer(test: &str, command: &mut Command, asked: &Value) -> Option<Vec<Option<Vec<String>>>> {
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let Ok(mut child) = child else {
        skip(test, &format!("{:?}", command.get_program()));
        return None;
    };
    let mut stdin = child.stdin.take().unwrap();
    let bytes = asked.to_string().into_bytes();
    let writer = std::thread::spawn(move || {
        // One that ends early says why on stderr.
        let _ = stdin.write_all(&bytes);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    if stderr.contains("No module named 'packaging'") {
        skip(test, "Python's packaging");
        return None;
    }
    assert!(output.status.success(), "{stderr}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn npm_is_evaluated_as_node_semver_does() {
    let test = "npm_is_evaluated_as_node_semver_does";
    let Some(folder) = shared_data(test, "osv") else { return };
    // npm brings it along.
    let npm = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
        .filter_map(|dir| dir.join("npm").canonicalize().ok())
        .find_map(|npm| npm.ancestors().map(|dir| dir.join("node_modules/semver")).find(|dir| dir.is_dir()));
    let Some(semver) = npm else { return skip(test, "npm's semver") };
    let sample = sample("npm", &folder.join("npm/all.zip"));
    let script = workspace().join("tests/advisories/npm.cjs");
    let mut node = Command::new("node");
    if let Some(theirs) = answer(test, node.arg(script).arg(semver), &sample.asked()) {
        sample.compare("npm", &theirs);
    }
}

#[test]
fn pypi_is_evaluated_as_packaging_does() {
    let test = "pypi_is_evaluated_as_packaging_does";
    let Some(folder) = shared_data(test, "osv") else { return };
    let sample = sample("PyPI", &folder.join("PyPI/all.zip"));
    let script = workspace().join("tests/advisories/pypi.py");
    let mut python = Command::new(python());
    if let Some(theirs) = answer(test, python.arg(script), &sample.asked()) {
        sample.compare("pypi", &theirs);
    }
}

/// By the ranges of the records, with Cargo's own comparison; sorted and folded as the specification has it.
#[test]
fn crates_are_evaluated_as_cargos_semver_does() {
    let test = "crates_are_evaluated_as_cargos_semver_does";
    let Some(folder) = shared_data(test, "osv") else { return };
    let sample = sample("crates.io", &folder.join("crates.io/all.zip"));
    let inside = |version: &semver::Version, events: &Value| {
        let at = |text: &str| semver::Version::parse(if text == "0" { "0.0.0-0" } else { text }).unwrap();
        let mut events: Vec<(semver::Version, &str)> = events
            .as_array()
            .unwrap()
            .iter()
            .map(|event| event.as_object().unwrap().iter().next().unwrap())
            .map(|(kind, text)| (at(text.as_str().unwrap()), kind.as_str()))
            .collect();
        // `introduced` after `fixed` by name; at one version it must come first.
        events
            .sort_by(|(one, kind), (other, other_kind)| one.cmp_precedence(other).then(other_kind.cmp(kind)));
        events.iter().fold(false, |affected, (at, kind)| match *kind {
            "introduced" if version.cmp_precedence(at).is_ge() => true,
            "fixed" if version.cmp_precedence(at).is_ge() => false,
            "last_affected" if version.cmp_precedence(at).is_gt() => false,
            _ => affected,
        })
    };
    let affects = |record: &Value, name: &str, version: &semver::Version| {
        record["affected"].as_array().unwrap().iter().any(|affected| {
            affected["package"]["name"] == name
                && affected["ranges"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .any(|range| inside(version, &range["events"]))
        })
    };
    let theirs: Vec<Option<Vec<String>>> = sample
        .queries
        .iter()
        .map(|(name, text)| {
            let version = semver::Version::parse(text).ok()?;
            let records = sample.records[name].iter().filter(|record| affects(record, name, &version));
            let mut ids: Vec<String> =
                records.map(|record| record["id"].as_str().unwrap().to_owned()).collect();
            ids.sort();
            Some(ids)
        })
        .collect();
    sample.compare("cargo", &theirs);
}
