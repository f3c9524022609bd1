//! `mcpsign trust`, and what `verify` makes of it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use jiff::Timestamp;
use mcpsign_collect::http::{self, Options, PlainHttp};
use mcpsign_evidence::trust::{self, Store, UpdateRequest};
use mcpsign_verifier::SigstoreRoot;
use serde_json::{Value, json};

use super::served::{Mirror, fixture};
use crate::keyless::SIMULATOR;
use crate::support::{mcpsign, run, shared_data, workspace};

const BUNDLE: &str = "pypi-pypi_attestations-0.0.19.tar.gz.slsa.attestation.sigstore.json";

/// A folder that nothing but one test knows.
pub(super) struct Desk {
    pub(super) folder: tempfile::TempDir,
}

impl Desk {
    pub(super) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn write(&self, name: &str, text: &str) -> String {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name).to_str().unwrap().to_owned()
    }

    pub(super) fn mcpsign(&self, args: &[&str]) -> Output {
        run(args, &[("XDG_DATA_HOME", self.folder.path().to_str().unwrap())])
    }

    #[track_caller]
    pub(super) fn succeeds(&self, args: &[&str]) -> String {
        let output = self.mcpsign(args);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// The report on a real bundle by the public-good instance, under these flags.
    fn report(&self, test: &str, flags: &[&str]) -> Option<Value> {
        let evidence = shared_data(test, "sigstore-real-bundles")?.join(BUNDLE);
        let bundle: Value = serde_json::from_slice(&std::fs::read(evidence).unwrap()).unwrap();
        let artifact = self.write("artifact", "something else");
        let evidence = self.write("evidence.jsonl", &bundle.to_string());
        let mut args = vec!["verify", &artifact, "--evidence", &evidence, "--format", "json"];
        args.extend(["--require", "https://slsa.dev/provenance/v1"]);
        args.extend(["--issuer", "https://token.actions.githubusercontent.com", "--identity"]);
        args.push("https://github.com/trailofbits/pypi-attestations/.github/workflows/release.yml@refs/tags/v0.0.19");
        args.extend(flags);
        let output = self.mcpsign(&args);
        assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
        Some(serde_json::from_slice(&output.stdout).unwrap())
    }
}

fn holds(report: &Value) -> bool {
    report["stages"]["signature"]["state"] == "passed"
}

/// Each way to say which trust root, and what the report says of it.
#[test]
fn a_trust_root_is_named_in_every_client_s_form() {
    let test = "a_trust_root_is_named_in_every_client_s_form";
    let desk = Desk::new();
    let one_line = |text: &str| serde_json::from_str::<Value>(text).unwrap().to_string();
    let (good, github) = (one_line(SigstoreRoot::PUBLIC_GOOD), one_line(SigstoreRoot::GITHUB));
    let config = json!({
        "mediaType": "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json",
        "trustedRoot": serde_json::from_str::<Value>(&good).unwrap(),
        "signingConfig": { "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json" },
    });
    let pretty = desk.write("good.json", SigstoreRoot::PUBLIC_GOOD);
    let other = desk.write("github.json", SigstoreRoot::GITHUB);
    let both = desk.write("both.jsonl", &format!("{github}\n{good}\n"));
    let config = desk.write("config.json", &config.to_string());
    desk.succeeds(&["trust", "import", &config, "--name", "acme"]);
    desk.succeeds(&["trust", "import", &other, "--name", "other"]);
    let Some(report) = desk.report(test, &[]) else { return };
    assert!(holds(&report));
    let root = &report["trustRoots"][0];
    assert_eq!((&root["name"], &root["source"]), (&json!("public-good"), &json!("embedded")));
    assert!(root["tuf"]["rootVersion"].as_u64() >= Some(16), "{root}");
    assert!(root["tuf"]["ageDays"].is_u64() && root["tuf"]["expires"].is_string(), "{root}");

    for (flags, sources) in [
        (&["--trusted-root", &pretty][..], &["file"][..]),
        (&["--trusted-root", &both], &["file", "file"]),
        (&["--trust-config", &config], &["file"]),
        (&["--trust", "acme"], &["imported"]),
        (&["--trust", "github", "--trust", "public-good"], &["embedded", "embedded"]),
    ] {
        let report = desk.report(test, flags).unwrap();
        assert!(holds(&report), "{flags:?}: {}", report["findings"]);
        let found: Vec<&str> = report["trustRoots"]
            .as_array()
            .unwrap()
            .iter()
            .map(|root| root["source"].as_str().unwrap())
            .collect();
        assert_eq!(found, sources, "{flags:?}");
    }
    for flags in [["--trusted-root", &other], ["--trust", "github"]] {
        assert!(!holds(&desk.report(test, &flags).unwrap()), "{flags:?}");
    }
}

#[test]
fn what_is_imported_is_shown_and_replaced_only_by_force() {
    let desk = Desk::new();
    let good = desk.write("acme.json", SigstoreRoot::PUBLIC_GOOD);
    assert!(desk.succeeds(&["trust", "import", &good]).starts_with("imported acme  sha256:"));
    let shown = desk.succeeds(&["trust", "show", "--format", "json"]);
    let shown: Vec<Value> = shown.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let names: Vec<_> = shown.iter().map(|root| (&root["name"], &root["source"])).collect();
    assert_eq!(
        names,
        [
            (&json!("public-good"), &json!("embedded")),
            (&json!("github"), &json!("embedded")),
            (&json!("acme"), &json!("imported"))
        ]
    );
    assert!(shown[2].get("tuf").is_none());
    assert_eq!(shown[0]["services"], shown[2]["services"]);

    let other = desk.write("other.json", SigstoreRoot::GITHUB);
    let again = ["trust", "import", &other, "--name", "acme"];
    assert_eq!(desk.mcpsign(&again).status.code(), Some(2));
    assert!(desk.succeeds(&["trust", "show", "acme"]).contains("rekor"));
    desk.succeeds(&[&again[..], &["--force"]].concat());
    assert!(!desk.succeeds(&["trust", "show", "acme"]).contains("rekor"));
}

#[test]
fn a_repository_is_imported_fetched_and_shown() {
    let desk = Desk::new();
    let mirror = Mirror::of("first");
    let (url, root) = (mirror.url(), fixture("first/1.root.json"));
    let root = root.to_str().unwrap();
    desk.succeeds(&["trust", "import", root, "--name", "acme", "--mirror", &url]);
    assert_eq!(mirror.asked(), 0, "importing asks nobody");
    let early = desk.mcpsign(&["trust", "show", "acme"]);
    assert_eq!(early.status.code(), Some(2));
    let update = ["trust", "update", "--instance", "acme", "--mirror", &url, "--insecure-loopback"];
    assert!(desk.succeeds(&update).starts_with("updated  acme  sha256:7173"));
    assert!(desk.succeeds(&update).starts_with("unchanged  acme"));
    let shown: Value =
        serde_json::from_str(&desk.succeeds(&["trust", "show", "acme", "--format", "json"])).unwrap();
    assert_eq!((&shown["source"], &shown["tuf"]["rootVersion"]), (&json!("cache"), &json!(2)));
    assert_eq!((&shown["tuf"]["mirror"], &shown["signingConfig"]), (&json!(url), &json!(true)));

    mirror.overlay("frozen");
    let refused = desk.mcpsign(&update);
    assert_eq!(refused.status.code(), Some(3), "what could not be had is undecided");
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("what was known before stays") && said.contains("hint: "), "{said}");
    desk.succeeds(&["trust", "show", "acme"]);

    // In one step.
    let desk = Desk::new();
    mirror.serve("second");
    desk.succeeds(&[&update[..], &["--root", root]].concat());
    // Without TLS only where that is asked for.
    let plain = ["trust", "update", "--instance", "acme"];
    assert_eq!(desk.mcpsign(&plain).status.code(), Some(3));
}

/// The honest release of the vectors, its evidence with timestamps that have to be held against some authority.
fn timestamped(desk: &Desk) -> (String, String) {
    let vector = workspace().join("tests/vectors/verify_honest");
    let artifact = "acme-notes-mcp-1.4.0.tgz";
    let copy = |name: &str| std::fs::copy(vector.join(name), desk.path(name)).unwrap();
    copy(artifact);
    copy("key.pub");
    let lines = std::fs::read_to_string(vector.join(format!("{artifact}.mcpsign.jsonl"))).unwrap();
    let stamped = lines.replace(
        "\"publicKey\":",
        "\"timestampVerificationData\":{\"rfc3161Timestamps\":[{\"signedTimestamp\":\"AAAA\"}]},\"publicKey\":",
    );
    assert_ne!(lines, stamped);
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    (path(&desk.path(artifact)), desk.write("stamped.jsonl", &stamped))
}

/// A repository that nobody could ask for too long: its root has expired.
#[test]
fn an_expired_root_leaves_it_undecided() {
    let desk = Desk::new();
    let mirror = Mirror::of("aged");
    let client = http::client(&Options { plain_http: PlainHttp::Loopback, ..Options::default() }).unwrap();
    let (url, root) = (mirror.url().parse().unwrap(), fixture("aged/1.root.json"));
    let request = UpdateRequest { name: "aged", mirror: Some(&url), root: Some(&root) };
    let then: Timestamp = "2025-12-01T00:00:00Z".parse().unwrap();
    trust::update(&Store::at(&desk.path("mcpsign/trust")), &request, &client, then).unwrap();

    let (artifact, stamped) = timestamped(&desk);
    let key = desk.path("key.pub");
    let verify = ["verify", &artifact, "--public-key", key.to_str().unwrap(), "--trust", "aged"];
    // Keys alone ask no root.
    let vector = workspace().join("tests/vectors/verify_honest/acme-notes-mcp-1.4.0.tgz.mcpsign.jsonl");
    desk.succeeds(&[&verify[..], &["--evidence", vector.to_str().unwrap()]].concat());

    let output = desk.mcpsign(&[&verify[..], &["--evidence", &stamped, "--format", "json"]].concat());
    assert_eq!(output.status.code(), Some(3));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["verdict"], "undecided");
    assert_eq!(report["stages"]["signature"]["cause"]["gap"]["code"], "evidence/trust-root-expired");
    let tuf = &report["trustRoots"][0]["tuf"];
    assert_eq!(
        (&tuf["expires"], &tuf["asOf"]),
        (&json!("2026-01-01T00:00:00Z"), &json!("2025-12-01T00:00:00Z"))
    );
    assert!(tuf["ageDays"].as_u64() > Some(300), "{tuf}");
    let human = desk.mcpsign(&[&verify[..], &["--evidence", &stamped]].concat());
    let human = String::from_utf8(human.stdout).unwrap();
    for part in
        ["missing[evidence/trust-root-expired]", "aged (cache)", "TUF root 1, counts until", "days old"]
    {
        assert!(human.contains(part), "{part}: {human}");
    }
    // Another that counts makes the same evidence a false one.
    let other = ["--trust", "github", "--evidence", &stamped];
    let output = desk.mcpsign(&[&verify[..4], &other].concat());
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What one fetches takes the place of what it had read, and never of what another has fetched or imported since.
#[test]
fn what_another_has_written_meanwhile_is_not_replaced() {
    let (desk, mirror) = (Desk::new(), Mirror::of("first"));
    let (url, root) = (mirror.url(), fixture("first/1.root.json"));
    let update = ["trust", "update", "--instance", "acme", "--mirror", &url, "--insecure-loopback"];
    let begin = [&update[..], &["--root", root.to_str().unwrap()]].concat();
    let kept = desk.path("mcpsign/trust/acme.json");
    // The update has read what is there, and waits for the mirror; meanwhile `other` does its work.
    let beside = |arguments: &[&str], other: &dyn Fn()| {
        let (held, asked) = (mirror.hold(), mirror.asked());
        let mut command = Command::new(mcpsign());
        command.args(arguments).env("XDG_DATA_HOME", desk.folder.path());
        let slow = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        while mirror.asked() == asked {
            std::thread::sleep(Duration::from_millis(5));
        }
        other();
        let asked = mirror.asked();
        drop(held);
        let output = slow.wait_with_output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned(), mirror.asked() - asked)
    };
    let (code, said, once) = beside(&begin, &|| {});
    assert_eq!(code, Some(0), "{said}");
    let fetched = std::fs::read(&kept).unwrap();
    // The same again: nothing is in its way.
    let (code, said, same) = beside(&update, &|| std::fs::write(&kept, &fetched).unwrap());
    assert_eq!(code, Some(0), "{said}");
    // Gone, as if another had begun anew: fetched anew, from that on, which knows no mirror.
    let (code, said, twice) = beside(&begin, &|| std::fs::remove_file(&kept).unwrap());
    assert_eq!(code, Some(0), "{said}");
    assert!(twice > same && once > 0, "{once}, {same}, {twice}");
    // Imported: what has no repository is not replaced by one.
    let other = desk.write("other.json", &SIMULATOR.trusted_root_json().to_string());
    let import = || {
        desk.succeeds(&["trust", "import", "--name", "acme", "--force", &other]);
    };
    let (code, said, _) = beside(&update, &import);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("was imported from a file"), "{said}");
    assert!(desk.succeeds(&["trust", "show", "acme"]).contains("(imported)"));
    assert_eq!(std::fs::read_dir(desk.path("mcpsign/trust")).unwrap().count(), 1, "nothing else is left");
}

/// A cause is said once, however deep it lies.
#[test]
fn a_mirror_that_is_not_there_is_said_once() {
    let desk = Desk::new();
    // A port that nobody listens at.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (mirror, root) = (format!("http://127.0.0.1:{port}/"), fixture("first/1.root.json"));
    let update = ["trust", "update", "--instance", "acme", "--insecure-loopback", "--mirror", &mirror];
    let output = desk.mcpsign(&[&update[..], &["--root", root.to_str().unwrap()]].concat());
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert_eq!(said.matches("the mirror gave no answer").count(), 1, "{said}");
    assert_eq!(said.matches("Connection refused").count(), 1, "{said}");
}
