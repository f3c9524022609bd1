//! `tests/vectors/verify_*`: one folder is one case, run against the binary.

use std::path::Path;

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
    let output = command.output().map_err(|error| error.to_string())?;
    let report: Value = serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("{error}; stderr: {}", String::from_utf8_lossy(&output.stderr)))?;

    let exit = output.status.code();
    let expected = match case.verdict.as_str() {
        "allow" => Some(0),
        "undecided" => Some(3),
        _ => Some(1),
    };
    let found: Vec<&str> =
        report["findings"].as_array().into_iter().flatten().filter_map(|f| f["code"].as_str()).collect();
    if report["verdict"] != case.verdict.as_str() || exit != expected {
        return Err(format!("{} (exit {exit:?}) with {found:?}", report["verdict"]));
    }
    match case.codes.iter().find(|code| !found.contains(&code.as_str())) {
        Some(code) => Err(format!("{code} is not among {found:?}")),
        None => Ok(()),
    }
}
