//! `tests/vectors/verify_*`: one folder is one case, run against the binary.

use std::collections::BTreeSet;
use std::path::Path;

use mcpsign_schemas::code::Code;
use serde::Deserialize;
use serde_json::Value;

use crate::support::{self, mcpsign};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    artifact: String,
    verdict: String,
    codes: Vec<String>,
    require: Option<String>,
}

#[test]
fn every_case_gives_its_verdict_and_codes() {
    let root = support::workspace().join("tests/vectors");
    let mut run = 0;
    let mut wrong = Vec::new();
    for entry in std::fs::read_dir(&root).unwrap() {
        let folder = entry.unwrap().path();
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with("verify_") {
            run += 1;
            if let Err(what) = check(&folder, &name) {
                wrong.push(format!("{name}: {what}"));
            }
        }
    }
    assert!(run > 70, "only {run} cases were found");
    assert!(wrong.is_empty(), "{} of {run} cases:\n{}", wrong.len(), wrong.join("\n"));
}

/// Stages of a verdict and what becomes of it. Codes of captures, of `attest` and of lint have vectors of their own.
const OF_VERDICTS: [&str; 10] = [
    "signature",
    "identity",
    "provenance",
    "subject",
    "manifest",
    "sbom",
    "advisories",
    "freshness",
    "evidence",
    "policy",
];

/// Codes that no folder can show by itself; each is asserted by a test in Rust.
const NOT_IN_A_FOLDER: [&str; 47] = [
    // Of this machine: its clock, its files, its trust roots, other artifacts than a file, its running server.
    "signature/time-in-future",
    "signature/no-trust-root",
    "signature/key-missing",
    "signature/predicate-not-bound",
    "subject/unfit",
    "subject/mode-unobservable",
    "evidence/over-budget",
    "evidence/observation-awaited",
    "evidence/unreadable",
    "evidence/history-unusable",
    "evidence/trust-root-expired",
    // Seen of a server that introduces itself, or under equal conditions.
    "manifest/ui-changed",
    "manifest/ui-missing",
    "manifest/server-info-changed",
    "manifest/capabilities-changed",
    // Of a snapshot of advisories, and of what answers for one.
    "sbom/not-compared",
    "advisories/version-unordered",
    "advisories/unidentified",
    "advisories/not-read",
    "advisories/no-sbom",
    "advisories/too-many",
    "advisories/unparsed",
    "advisories/missing",
    "advisories/damaged",
    "advisories/stale",
    "advisories/stale-source",
    "advisories/future",
    "advisories/not-signed",
    "advisories/api",
    "advisories/api-differs",
    // Of times that a file cannot keep: approvals count for a year at the most, signed policies too.
    "freshness/approval-other-signer",
    "freshness/approval-other-surface",
    "freshness/approval-other-launch",
    "freshness/excepted",
    "policy/not-yet-valid",
    "policy/rolled-back",
    // Of earlier releases by other certificates.
    "freshness/signer-revoked",
    "freshness/not-comparable",
    "freshness/owner-changed",
    // Of a registry that answers.
    "evidence/registry-unreachable",
    "evidence/registry-not-found",
    "evidence/registry-malformed",
    "evidence/registry-other-package",
    "evidence/registry-digest-missing",
    "evidence/registry-digest-mismatch",
    "evidence/registry-yanked",
    "evidence/registry-host",
];

#[test]
fn every_code_of_a_verdict_has_a_case() {
    let cases = support::workspace().join("tests/vectors");
    let mut shown = BTreeSet::new();
    for entry in std::fs::read_dir(&cases).unwrap() {
        let folder = entry.unwrap().path();
        if folder.file_name().unwrap().to_string_lossy().starts_with("verify_") {
            let case: Case =
                serde_json::from_slice(&std::fs::read(folder.join("case.json")).unwrap()).unwrap();
            shown.extend(case.codes);
        }
    }
    let of_verdicts = Code::all()
        .map(|code| code.id)
        .filter(|code| code.split_once('/').is_some_and(|(stage, _)| OF_VERDICTS.contains(&stage)));
    let without: Vec<&str> = of_verdicts.filter(|code| !shown.contains(*code)).collect();
    let (mut expected, mut found) = (NOT_IN_A_FOLDER.to_vec(), without);
    expected.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, expected, "codes without a folder, and those of which that is known");
}

fn check(folder: &Path, name: &str) -> Result<(), String> {
    let text = std::fs::read(folder.join("case.json")).map_err(|error| error.to_string())?;
    let case: Case = serde_json::from_slice(&text).map_err(|error| error.to_string())?;
    for verdict in ["deny", "undecided"] {
        if name.ends_with(&format!("_{verdict}")) != (case.verdict == verdict) {
            return Err("its name does not say its verdict".into());
        }
    }

    let mut command = std::process::Command::new(mcpsign());
    command.current_dir(folder).args(["verify", &case.artifact, "--format", "json"]);
    if folder.join("policy.yaml").exists() {
        command.args(["--policy", "policy.yaml"]);
    } else {
        command.args(["--public-key", "key.pub"]);
    }
    if folder.join("observed.jsonl").exists() {
        command.args(["--observed", "observed.jsonl"]);
    }
    for (file, flag) in [
        ("history", "--history"),
        ("revocations.jsonl", "--revocations"),
        ("alongside.jsonl", "--alongside"),
        ("trusted_root.json", "--trusted-root"),
    ] {
        if folder.join(file).exists() {
            command.args([flag, file]);
        }
    }
    if let Some(require) = &case.require {
        command.args(["--require", require]);
    }
    let compiled = tempfile::tempdir().map_err(|error| error.to_string())?;
    if folder.join("osv").exists() {
        let mut update = std::process::Command::new(mcpsign());
        update
            .current_dir(folder)
            .args(["advisories", "update", "--from", "osv", "--dir"])
            .arg(compiled.path());
        let output = update.output().map_err(|error| error.to_string())?;
        if !output.status.success() {
            return Err(format!("its advisories: {}", String::from_utf8_lossy(&output.stderr)));
        }
        command.arg("--advisories").arg(compiled.path());
    }
    let output = command.output().map_err(|error| error.to_string())?;
    let report: Value = serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("{error}; stderr: {}", String::from_utf8_lossy(&output.stderr)))?;

    let exit = output.status.code();
    let expected = match case.verdict.as_str() {
        "allow" => Some(0),
        "undecided" => Some(3),
        _ => Some(1),
    };
    let findings = report["findings"].as_array().into_iter().flatten().map(|finding| &finding["code"]);
    // What a stage could not look at.
    let stages = report["stages"].as_object().into_iter().flat_map(serde_json::Map::values);
    let gaps = stages.map(|stage| &stage["cause"]["gap"]["code"]);
    let found: Vec<&str> = findings.chain(gaps).filter_map(Value::as_str).collect();
    if report["verdict"] != case.verdict.as_str() || exit != expected {
        return Err(format!("{} (exit {exit:?}) with {found:?}", report["verdict"]));
    }
    match case.codes.iter().find(|code| !found.contains(&code.as_str())) {
        Some(code) => Err(format!("{code} is not among {found:?}")),
        None => Ok(()),
    }
}
