//! Evidence in the documents of npm, PyPI and GitHub, through the binary: the bundles in them count, what stands beside them
//! does not.

use std::path::{Path, PathBuf};
use std::process::Output;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mcpsign_verifier::SigstoreRoot;
use serde_json::{Value, json};

use crate::support::{run, shared_data};

const PROVENANCE: &str = "https://slsa.dev/provenance/v1";
const NPM_PUBLISH: &str = "https://github.com/npm/attestation/tree/main/specs/publish/v0.1";
const PYPI_PUBLISH: &str = "https://docs.pypi.org/attestations/publish/v1";
const GITHUB_ACTIONS: &str = "https://token.actions.githubusercontent.com";
const NPM_WORKFLOW: &str =
    "https://github.com/ramonpetgrave64/gundam-visor/.github/workflows/npm-publish.yml@refs/tags/v1.0.1";
const PYPI_WORKFLOW: &str =
    "https://github.com/trailofbits/pypi-attestations/.github/workflows/release.yml@refs/tags/v0.0.19";

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn objects(output: &Output) -> Vec<Value> {
    let lines = std::str::from_utf8(&output.stdout).unwrap().lines();
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What `inspect` says of each attestation: digest of the payload and predicate type.
fn inspected(file: &Path) -> Vec<(String, String)> {
    let output = run(&["inspect", text(file), "--format", "json"], &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let member =
        |object: &Value, pointer: &str| object.pointer(pointer).unwrap().as_str().unwrap().to_owned();
    objects(&output)
        .iter()
        .map(|object| {
            assert_eq!(object["verified"], false);
            (member(object, "/payload/sha256"), member(object, "/predicateType"))
        })
        .collect()
}

/// The report of `verify`; none of these releases has a tool manifest, so what holds is seen by the stages.
fn verify(artifact: &Path, evidence: &Path, rest: &[&str]) -> Value {
    let args = [&["verify", text(artifact), "--evidence", text(evidence), "--format", "json"], rest].concat();
    let output = run(&args, &[]);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    objects(&output).remove(0)
}

#[track_caller]
fn holds_but_for_a_manifest(report: &Value) {
    assert_eq!(report["findings"][0]["code"], "manifest/missing", "{report:#}");
    for stage in ["signature", "identity", "subject"] {
        assert_eq!(report["stages"][stage]["state"], "passed", "{stage}: {report:#}");
    }
}

struct Real {
    dir: PathBuf,
    scratch: tempfile::TempDir,
}

impl Real {
    fn new(test: &str) -> Option<Self> {
        let dir = shared_data(test, "sigstore-real-bundles")?;
        Some(Self { dir, scratch: tempfile::tempdir().unwrap() })
    }

    fn path(&self, file: &str) -> PathBuf {
        self.dir.join(file)
    }

    /// Keys by themselves need no root; what is logged does.
    fn public_good(&self) -> PathBuf {
        let path = self.scratch.path().join("trusted_root.json");
        std::fs::write(&path, SigstoreRoot::PUBLIC_GOOD).unwrap();
        path
    }

    fn json(&self, file: &str) -> Value {
        serde_json::from_slice(&std::fs::read(self.path(file)).unwrap()).unwrap()
    }

    fn write(&self, name: &str, document: &Value) -> PathBuf {
        let path = self.scratch.path().join(name);
        std::fs::write(&path, document.to_string()).unwrap();
        path
    }
}

/// Each document holds exactly the payloads of the bundles that were made of it by others.
#[test]
fn conversions_lose_nothing_that_is_signed() {
    let Some(real) = Real::new("conversions_lose_nothing_that_is_signed") else { return };
    let single = |file: &str| inspected(&real.path(file)).remove(0);
    let npm = "npm-gundam-visor-cli-v1-tag";
    assert_eq!(
        inspected(&real.path(&format!("{npm}.attestations.json"))),
        [single(&format!("{npm}.publish.sigstore.json")), single(&format!("{npm}.provenance.sigstore.json"))]
    );
    let pypi = "pypi-pypi_attestations-0.0.19.tar.gz";
    let publish = single(&format!("{pypi}.publish.attestation.sigstore.json"));
    assert_eq!(
        inspected(&real.path(&format!("{pypi}.publish.attestation.json"))),
        std::slice::from_ref(&publish)
    );
    assert_eq!(inspected(&real.path(&format!("{pypi}.provenance.json"))), [publish]);

    // Split, they are bundles that other clients read.
    let folder = real.scratch.path().join("split");
    let document = real.path(&format!("{npm}.attestations.json"));
    assert!(run(&["inspect", text(&document), "--split", text(&folder)], &[]).status.success());
    let split: Value =
        serde_json::from_slice(&std::fs::read(folder.join("02-provenance.sigstore.json")).unwrap()).unwrap();
    assert_eq!(split, real.json(&format!("{npm}.provenance.sigstore.json")));
}

#[test]
fn npms_list_is_verified_by_key_and_by_certificate() {
    let Some(real) = Real::new("npms_list_is_verified_by_key_and_by_certificate") else { return };
    let npm = "npm-gundam-visor-cli-v1-tag";
    let (artifact, list) = (real.path(&format!("{npm}.tgz")), real.path(&format!("{npm}.attestations.json")));
    let key = real.path("npmkey-SHA256_jl3bwswu80PjjokCgh0o2w5c2U4LhQAE57gj9cz1kzA.pub");
    let root = real.public_good();
    let by_key = verify(
        &artifact,
        &list,
        &["--public-key", text(&key), "--trusted-root", text(&root), "--require", NPM_PUBLISH],
    );
    holds_but_for_a_manifest(&by_key);
    let by_identity = ["--identity", NPM_WORKFLOW, "--issuer", GITHUB_ACTIONS, "--require", PROVENANCE];
    let report = verify(&artifact, &list, &by_identity);
    holds_but_for_a_manifest(&report);
    assert_eq!(report["stages"]["provenance"]["state"], "passed");
    let provenance = &report["provenance"][0];
    assert_eq!(provenance["builderId"], "https://github.com/actions/runner/github-hosted");
    assert_eq!(provenance["source"]["repository"], "https://github.com/ramonpetgrave64/gundam-visor");
    assert_eq!(provenance["source"]["commit"], "599500821344b070902a7a5666064bfdaba715df");
    assert_eq!(provenance["workflow"]["path"], ".github/workflows/npm-publish.yml");

    // About other bytes.
    let other = verify(&real.path("npm-provenance-npm-test-ossf.tgz"), &list, &by_identity);
    assert_eq!(other["findings"][0]["code"], "subject/digest-mismatch");
    assert_eq!(other["provenance"], Value::Null);
    assert_eq!(
        other["stages"]["provenance"]["state"], "not-run",
        "it is asked for, and nothing was found of it"
    );
}

/// M04: the predicate type and the publisher beside a bundle are nobody's word.
#[test]
fn m04_what_stands_beside_a_bundle_decides_nothing() {
    let Some(real) = Real::new("m04_what_stands_beside_a_bundle_decides_nothing") else { return };
    let npm = "npm-gundam-visor-cli-v1-tag";
    let artifact = real.path(&format!("{npm}.tgz"));
    let mut list = real.json(&format!("{npm}.attestations.json"));
    let entries = list["attestations"].as_array_mut().unwrap();
    // Only the publish attestation, said to be the provenance.
    entries.truncate(1);
    entries[0]["predicateType"] = PROVENANCE.into();
    let document = real.write("list.json", &list);
    let key = real.path("npmkey-SHA256_jl3bwswu80PjjokCgh0o2w5c2U4LhQAE57gj9cz1kzA.pub");
    let root = real.public_good();
    let by_key = ["--public-key", text(&key), "--trusted-root", text(&root), "--require", PROVENANCE];
    let report = verify(&artifact, &document, &by_key);
    assert_eq!(report["findings"][0]["code"], "identity/predicate-not-allowed", "{report:#}");
    assert_eq!(inspected(&document)[0].1, NPM_PUBLISH);

    let pypi = "pypi-pypi_attestations-0.0.19.tar.gz";
    let artifact = real.path(pypi);
    let mut provenance = real.json(&format!("{pypi}.provenance.json"));
    let publisher = &mut provenance["attestation_bundles"][0]["publisher"];
    assert_eq!(publisher["repository"], "trailofbits/pypi-attestations");
    publisher["repository"] = "evil-org/evil".into();
    let document = real.write("provenance.json", &provenance);
    let signer = ["--issuer", GITHUB_ACTIONS, "--require", PYPI_PUBLISH];
    let report = verify(&artifact, &document, &[&["--identity", PYPI_WORKFLOW], &signer[..]].concat());
    holds_but_for_a_manifest(&report);
    assert!(!report.to_string().contains("evil-org"));
    let evil = "https://github.com/evil-org/evil/.github/workflows/release.yml@refs/tags/v0.0.19";
    let report = verify(&artifact, &document, &[&["--identity", evil], &signer[..]].concat());
    assert_eq!(report["findings"][0]["code"], "identity/subject-mismatch");
}

#[test]
fn githubs_list_holds_bundles_or_their_addresses() {
    let Some(real) = Real::new("githubs_list_holds_bundles_or_their_addresses") else { return };
    let pypi = "pypi-pypi_attestations-0.0.19.tar.gz";
    let bundle = real.json(&format!("{pypi}.slsa.attestation.sigstore.json"));
    let address = "https://blobs.example/attestation";
    let signer = ["--identity", PYPI_WORKFLOW, "--issuer", GITHUB_ACTIONS, "--require", PROVENANCE];
    let list = |bundle: Value| {
        let entry = json!({ "bundle": bundle, "bundle_url": address, "repository_id": 772_247_423 });
        real.write("github.json", &json!({ "attestations": [entry] }))
    };
    let report = verify(&real.path(pypi), &list(bundle), &signer);
    holds_but_for_a_manifest(&report);
    assert_eq!(report["provenance"][0]["builderId"], PYPI_WORKFLOW);
    let report = verify(&real.path(pypi), &list(Value::Null), &signer);
    assert_eq!(report["findings"][0]["code"], "signature/unreadable-line");
    let none = real.write("none.json", &json!({ "attestations": [] }));
    let report = verify(&real.path(pypi), &none, &signer);
    assert_eq!(report["findings"][0]["code"], "signature/no-attestation");
}

/// One byte of what is signed, in the form that an index serves.
#[test]
fn b03_a_changed_attestation_is_refused_in_every_form() {
    let Some(real) = Real::new("b03_a_changed_attestation_is_refused_in_every_form") else { return };
    let pypi = "pypi-pypi_attestations-0.0.19.tar.gz";
    let honest = real.json(&format!("{pypi}.publish.attestation.json"));
    let signer = ["--identity", PYPI_WORKFLOW, "--issuer", GITHUB_ACTIONS, "--require", PYPI_PUBLISH];
    for (pointer, code) in [
        ("/envelope/statement", "signature/invalid"),
        ("/envelope/signature", "signature/invalid"),
        ("/verification_material/certificate", "signature/certificate"),
        ("/verification_material/transparency_entries/0/canonicalizedBody", "signature/log-entry"),
    ] {
        let mut bent = honest.clone();
        let member = bent.pointer_mut(pointer).unwrap();
        let mut bytes = STANDARD.decode(member.as_str().unwrap()).unwrap();
        // A digit of a digest, so that text stays what it is.
        let digest = bytes.windows(64).position(|hex| hex.iter().all(u8::is_ascii_hexdigit));
        let at = digest.unwrap_or(bytes.len() - 12);
        bytes[at] ^= 1;
        *member = STANDARD.encode(bytes).into();
        let report = verify(&real.path(pypi), &real.write("bent.json", &bent), &signer);
        assert_eq!(report["stages"]["signature"]["state"], "failed", "{pointer}");
        assert_eq!(report["findings"][0]["code"], code, "{pointer}: {report:#}");
    }
}

#[test]
fn cosigns_old_bundles_and_bare_envelopes_are_called_by_their_names() {
    let scratch = tempfile::tempdir().unwrap();
    for (document, code) in [
        (
            json!({ "base64Signature": "AAAA", "cert": "LS0t", "rekorBundle": { "SignedEntryTimestamp": "AA==" } }),
            "signature/legacy-bundle",
        ),
        (
            json!({ "payloadType": "application/vnd.in-toto+json", "payload": "e30=", "signatures": [{ "sig": "AA==" }] }),
            "signature/bare-envelope",
        ),
    ] {
        let file = scratch.path().join("a.json");
        for text in [format!("{document}\n"), format!("{document:#}\n")] {
            std::fs::write(&file, text).unwrap();
            let output = run(&["inspect", file.to_str().unwrap(), "--format", "json"], &[]);
            assert_eq!(output.status.code(), Some(1));
            assert_eq!(objects(&output)[0]["finding"]["code"], code);
        }
    }
}
