//! Sigstore's conformance cases (`sigstore-conformance/test/assets/bundle-verify`), each by path and by digest, through
//! the client binary. What we refuse or accept on purpose stands in `conformance-divergences.json`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use mcpsign_schemas::digest::Sha256Digest;
use serde::Deserialize;

use crate::support::{shared_data, workspace};

/// Cases of the suite at a73de49.
const CASES: usize = 70;

/// What the suite takes where a case brings none of its own.
const IDENTITY: &str = "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";
const ISSUER: &str = "https://token.actions.githubusercontent.com";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Divergences {
    #[allow(dead_code)] // For whoever reads the file.
    comment: String,
    client: Vec<Divergence>,
    pub(crate) verdicts: Vec<Stricter>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Divergence {
    case: String,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stricter {
    pub(crate) bundle: String,
    pub(crate) code: String,
    #[allow(dead_code)] // For whoever reads the file.
    reason: String,
}

pub(crate) fn divergences() -> Divergences {
    let bytes = std::fs::read(workspace().join("tests/conformance-divergences.json")).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

pub(crate) fn client() -> Command {
    Command::new(env!("CARGO_BIN_EXE_sigstore-conformance-client"))
}

#[test]
fn b64_every_case_gives_the_expected_answer() {
    let Some(root) =
        shared_data("b64_every_case_gives_the_expected_answer", "sigstore-conformance-bundle-verify")
    else {
        return;
    };
    let cases = cases(&root);
    assert_eq!(cases.len(), CASES);
    let known: BTreeMap<String, String> =
        divergences().client.into_iter().map(|d| (d.case, d.reason)).collect();
    for case in known.keys() {
        assert!(cases.iter().any(|dir| name(dir) == case.as_str()), "{case} is no case");
    }

    let mut wrong = Vec::new();
    for dir in &cases {
        let artifact = if dir.join("artifact").exists() { dir.join("artifact") } else { root.join("a.txt") };
        let digest = format!("sha256:{}", Sha256Digest::of(&std::fs::read(&artifact).unwrap()));
        for (how, artifact) in [("path", artifact.to_str().unwrap()), ("digest", &digest)] {
            let (accepted, stderr) = run(dir, artifact);
            let expected = !name(dir).ends_with("_fail");
            match (accepted == expected, known.get(name(dir))) {
                (true, None) | (false, Some(_)) => {}
                (true, Some(reason)) => {
                    wrong.push(format!("{} by {how} agrees, though: {reason}", name(dir)))
                }
                (false, None) => wrong.push(format!("{} by {how}: accepted {accepted}; {stderr}", name(dir))),
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), 2 * CASES, wrong.join("\n"));
}

/// The suite has what holds and what does not of both kinds of content in both kinds of log.
#[test]
fn b64_the_cases_are_of_every_cell() {
    let Some(root) = shared_data("b64_the_cases_are_of_every_cell", "sigstore-conformance-bundle-verify")
    else {
        return;
    };
    let mut cells: BTreeMap<(&str, &str), [usize; 2]> = BTreeMap::new();
    for dir in cases(&root) {
        let bytes = std::fs::read(dir.join("bundle.sigstore.json")).unwrap();
        // One case is that it is no JSON.
        let Ok(bundle) = serde_json::from_slice::<serde_json::Value>(&bytes) else { continue };
        let content = if bundle.get("dsseEnvelope").is_some() { "statement" } else { "message" };
        let entry = &bundle["verificationMaterial"]["tlogEntries"][0]["kindVersion"];
        let log = match (entry["kind"].as_str(), entry["version"].as_str()) {
            (Some("hashedrekord"), Some("0.0.2")) => "v2",
            _ => "v1",
        };
        cells.entry((log, content)).or_default()[usize::from(name(&dir).ends_with("_fail"))] += 1;
    }
    assert_eq!(cells.len(), 4, "{cells:?}");
    assert!(cells.values().flatten().all(|cases| *cases > 0), "{cells:?}");
}

#[test]
fn what_the_client_cannot_do_it_says() {
    let expired = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwczovL2EuZXhhbXBsZSIsInN1YiI6ImEiLCJhdWQiOiJzaWdzdG9yZSIsImV4cCI6MX0.eA";
    for (arguments, exit, says) in [
        (&["sign-bundle", "--bundle", "b", "f"][..], 2, "--identity-token is missing"),
        (&["sign-bundle", "--identity-token", "x", "--bundle", "b", "f"], 1, "that is no identity token"),
        (
            &["sign-bundle", "--staging", "--identity-token", expired, "--bundle", "b", "f"],
            1,
            "the identity token ends at",
        ),
        (&["sign-bundle", "--in-toto", "--in-toto", "f"], 2, "stands twice"),
        (&["verify-bundle", "--bundle", "b", "--unknown", "f"], 2, "unknown flag"),
        (&["verify-bundle", "--in-toto", "--bundle", "b", "f"], 2, "unknown flag"),
        (&["verify-bundle", "--bundle", "b"], 2, "artifact is missing"),
        (&[], 2, "verify-bundle"),
    ] {
        let output = client().args(arguments).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(exit), "{arguments:?}: {stderr}");
        assert!(stderr.contains(says), "{arguments:?}: {stderr}");
    }
}

fn cases(root: &Path) -> Vec<PathBuf> {
    let mut cases: Vec<PathBuf> = std::fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("bundle.sigstore.json").exists())
        .collect();
    cases.sort();
    cases
}

fn name(dir: &Path) -> &str {
    dir.file_name().unwrap().to_str().unwrap()
}

fn run(dir: &Path, artifact: &str) -> (bool, String) {
    let text = |file: &str, otherwise: &str| match std::fs::read_to_string(dir.join(file)) {
        Ok(text) => text.trim().to_owned(),
        Err(_) => otherwise.to_owned(),
    };
    let mut client = client();
    client.arg("verify-bundle").arg("--bundle").arg(dir.join("bundle.sigstore.json"));
    if dir.join("key.pub").exists() {
        client.arg("--key").arg(dir.join("key.pub"));
    } else {
        client.args(["--certificate-identity", &text("identity", IDENTITY)]);
        client.args(["--certificate-oidc-issuer", &text("issuer", ISSUER)]);
    }
    if dir.join("trusted_root.json").exists() {
        client.arg("--trusted-root").arg(dir.join("trusted_root.json"));
    }
    let output = client.arg(artifact).output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stderr).trim().to_owned())
}
