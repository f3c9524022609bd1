//! The command line with remote servers: capture, attest, verify.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use super::served::Served;
use crate::support;

const PASSPHRASE: (&str, &str) = ("MCPSIGN_PASSPHRASE", "correct horse battery staple");
const LOOPBACK: &str = "--insecure-loopback";

/// A folder with a key, in which commands run.
struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        let desk = Self { folder: tempfile::tempdir().unwrap() };
        desk.ok(&["keys", "generate", "--out", "key"]);
        desk
    }

    fn run(&self, args: &[&str], env: &[(&str, &str)]) -> Output {
        let mut command = Command::new(support::mcpsign());
        command.current_dir(self.folder.path()).args(args).envs([PASSPHRASE]).envs(env.iter().copied());
        command.output().unwrap()
    }

    fn ok(&self, args: &[&str]) -> Output {
        let output = self.run(args, &[]);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        output
    }

    /// Exit code and codes of all findings.
    fn verify(&self, args: &[&str]) -> (i32, Vec<String>) {
        let all = [&["verify", "--public-key", "key.pub", "--format", "json"], args].concat();
        let output = self.run(&all, &[]);
        let report: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
        let findings = report["findings"].as_array().unwrap();
        let codes = findings.iter().map(|finding| finding["code"].as_str().unwrap().to_owned()).collect();
        (output.status.code().unwrap(), codes)
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }
}

fn has(codes: &[String], code: &str) -> bool {
    codes.iter().any(|found| found == code)
}

#[test]
fn an_endpoint_is_attested_and_verified_by_its_address() {
    let (desk, served) = (Desk::new(), Served::start(&[], &[]));
    let url = served.url();
    desk.ok(&["attest", &url, LOOPBACK, "--key", "key"]);
    let evidence = format!("127.0.0.1_{}_mcp.mcpsign.jsonl", served.port);
    assert!(desk.path(&evidence).is_file(), "{evidence}");

    // It is not asked unless that is said.
    let (exit, codes) = desk.verify(&[&url, LOOPBACK]);
    assert_eq!(exit, 0, "{codes:?}");
    assert!(has(&codes, "manifest/not-observed"));
    let (exit, codes) = desk.verify(&[&url, LOOPBACK, "--url", &url]);
    assert_eq!(exit, 0, "{codes:?}");
    assert!(!has(&codes, "manifest/not-observed"), "{codes:?}");
    // Another spelling is the same endpoint; another path is another.
    assert_eq!(desk.verify(&[&format!("{url}/../mcp"), LOOPBACK]).0, 0);
    let (exit, codes) = desk.verify(&[&format!("{url}2"), LOOPBACK, "--evidence", &evidence]);
    assert_eq!(exit, 1);
    assert!(has(&codes, "subject/digest-mismatch"), "{codes:?}");
    // Nor is the evidence about a file of those bytes.
    std::fs::write(desk.path("address"), &url).unwrap();
    let (exit, codes) = desk.verify(&["address", "--evidence", &evidence]);
    assert_eq!(exit, 1);
    assert!(has(&codes, "subject/form-mismatch"), "{codes:?}");
    // Without TLS it is no address at all.
    assert_eq!(desk.run(&["verify", &url, "--public-key", "key.pub"], &[]).status.code(), Some(2));
}

#[test]
fn m24_a_server_that_shows_others_more_is_denied() {
    let (desk, served) = (Desk::new(), Served::start(&[], &["lists-by-agent=mcpsign/"]));
    let url = served.url();
    desk.ok(&["attest", &url, LOOPBACK, "--key", "key", "--kind", "observer"]);
    assert_eq!(desk.verify(&[&url, LOOPBACK, "--url", &url]).0, 0);
    let (exit, codes) = desk.verify(&[&url, LOOPBACK, "--url", &url, "--header", "User-Agent=curl/8"]);
    assert_eq!(exit, 1, "{codes:?}");
    assert!(has(&codes, "manifest/tool-unknown"), "{codes:?}");
}

#[test]
fn m23_a_list_that_changed_since_it_was_signed_is_denied() {
    let (desk, served) = (Desk::new(), Served::start(&["legacy-only"], &["lists-by-session"]));
    let url = served.url();
    desk.ok(&["attest", &url, LOOPBACK, "--key", "key"]);
    let (exit, codes) = desk.verify(&[&url, LOOPBACK, "--url", &url]);
    assert_eq!(exit, 1, "{codes:?}");
    assert!(has(&codes, "manifest/tool-unknown"), "{codes:?}");
}

#[test]
fn a_file_is_compared_with_a_server_that_runs_elsewhere() {
    let (desk, served, other) =
        (Desk::new(), Served::start(&[], &[]), Served::start(&["changed-description"], &[]));
    std::fs::write(desk.path("release.bin"), "bytes").unwrap();
    desk.ok(&["attest", "release.bin", "--key", "key", "--url", &served.url(), LOOPBACK]);
    let (exit, codes) = desk.verify(&["release.bin", "--url", &served.url(), LOOPBACK]);
    assert_eq!(exit, 0, "{codes:?}");
    assert!(has(&codes, "manifest/binding-unproven"), "nothing proves what the address runs: {codes:?}");
    let (exit, codes) = desk.verify(&["release.bin", "--url", &other.url(), LOOPBACK]);
    assert_eq!(exit, 1);
    assert!(has(&codes, "manifest/tool-changed"), "{codes:?}");
    // Whoever cannot be asked leaves the question open.
    let gone = Served::start(&[], &[]).url();
    let args =
        ["verify", "release.bin", "--public-key", "key.pub", "--format", "json", "--url", &gone, LOOPBACK];
    let output = desk.run(&args, &[]);
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stdout).contains("capture/server-failed"));
}

#[test]
fn what_is_denied_is_never_asked() {
    let (desk, served) = (Desk::new(), Served::start(&[], &[]));
    // No evidence at all: were it asked, it would be seen on stderr.
    let url = served.url();
    let output = desk.run(&["verify", &url, LOOPBACK, "--public-key", "key.pub", "--url", &url], &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(!String::from_utf8_lossy(&output.stderr).contains("asking"));
}

#[test]
fn a_bearer_token_is_sent_and_written_nowhere() {
    let secret = "tok-3f9a77c1e05b4d";
    let (desk, served) = (Desk::new(), Served::start(&[], &[&format!("unauthorized=Bearer {secret}")]));
    let url = served.url();
    let header = "Authorization=Bearer {secret:NOTES_TOKEN}";
    let capture = ["manifest", "capture", "--url", &url, LOOPBACK, "--out", "c.json"];
    let refused = desk.run(&capture, &[]);
    assert_eq!(refused.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("capture/needs-authorization"));

    let with = [&capture[..], &["--header", header]].concat();
    let unset = desk.run(&with, &[]);
    assert_eq!(unset.status.code(), Some(2), "the variable is not set");
    let wrong = desk.run(&with, &[("NOTES_TOKEN", "wr0ng-t0ken-value")]);
    assert_eq!(wrong.status.code(), Some(3));
    let right = desk.run(&with, &[("NOTES_TOKEN", secret)]);
    assert!(right.status.success(), "{}", String::from_utf8_lossy(&right.stderr));
    for output in [&refused, &unset, &wrong, &right] {
        let said = [output.stdout.as_slice(), &output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(!said.contains(secret) && !said.contains("wr0ng-t0ken-value"), "{said}");
    }
    let file = std::fs::read_to_string(desk.path("c.json")).unwrap();
    assert!(!file.contains(secret) && file.contains("\"headers\":[\"authorization\"]"), "{file}");

    // A capture of that very server is signed without asking it again.
    drop(served);
    desk.ok(&["attest", &url, LOOPBACK, "--key", "key", "--capture", "c.json"]);
    assert_eq!(desk.verify(&[&url, LOOPBACK]).0, 0);
    let other = desk.run(&["attest", "https://acme.example/", "--key", "key", "--capture", "c.json"], &[]);
    assert_eq!(other.status.code(), Some(2), "a capture of another server");
}

/// What one address shows says nothing of another, neither for nor against it.
#[test]
fn an_observation_of_another_address_is_none() {
    let (desk, served, other) = (Desk::new(), Served::start(&[], &[]), Served::start(&[], &[]));
    let (url, elsewhere) = (served.url(), other.url());
    desk.ok(&["attest", &url, LOOPBACK, "--key", "key"]);
    for (address, out) in [(&url, "own.json"), (&elsewhere, "other.json")] {
        desk.ok(&["manifest", "capture", "--url", address, LOOPBACK, "--out", out]);
    }
    let server = support::test_server();
    desk.ok(&["manifest", "capture", "--out", "started.json", "--", server.to_str().unwrap()]);
    assert_eq!(desk.verify(&[&url, LOOPBACK, "--observed", "own.json"]).0, 0);
    for observed in [
        &["--observed", "other.json"][..],
        &["--observed", "started.json"],
        &["--url", &elsewhere],
        &["--", server.to_str().unwrap()],
    ] {
        let args = [&["verify", &url, LOOPBACK, "--public-key", "key.pub"], observed].concat();
        let output = desk.run(&args, &[]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{observed:?}: {said}");
        assert!(said.contains("which is another server") || said.contains("is not started"), "{said}");
    }
}

#[test]
fn what_makes_no_sense_is_a_usage_error() {
    let desk = Desk::new();
    let usage = |args: &[&str]| {
        let output = desk.run(args, &[]);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {stderr}");
        assert!(stderr.contains("hint:") || stderr.contains("Usage"), "{args:?}: {stderr}");
        assert!(!stderr.contains("correct-horse"), "{args:?}: a password is repeated: {stderr}");
    };
    let url = "http://127.0.0.1:9/mcp";
    let capture = |args: &[&str]| usage(&[&["manifest", "capture"], args].concat());
    capture(&["--url", url]);
    capture(&["--url", "http://acme.example/", LOOPBACK]);
    capture(&["--url", "https://user:correct-horse@acme.example/"]);
    usage(&["attest", "https://user:correct-horse@acme.example/", "--key", "key"]);
    capture(&["--url", url, LOOPBACK, "--", "server"]);
    capture(&["--url", url, LOOPBACK, "--env", "A=B"]);
    capture(&["--url", url, LOOPBACK, "--header", "novalue"]);
    capture(&["--url", url, LOOPBACK, "--header", "Host=evil.example"]);
    capture(&["--url", url, LOOPBACK, "--header", "Mcp-Session-Id=1"]);
    capture(&["--url", url, LOOPBACK, "--ca", "missing.pem"]);
    usage(&["attest", "https://acme.example/", "release.bin", "--key", "key"]);
    usage(&["attest", "https://acme.example/", "--key", "key", "--no-manifest"]);
    usage(&["attest", "https://acme.example/?tenant=1", "--key", "key"]);
    usage(&[
        "verify",
        "https://acme.example/",
        "--public-key",
        "key.pub",
        "--offline",
        "--url",
        "https://acme.example/",
    ]);
    usage(&["verify", "https://acme.example/#x", "--public-key", "key.pub"]);
    usage(&["verify", "key.pub", "--public-key", "key.pub", "--header", "A=B"]);
    assert!(!Path::new("acme.example.mcpsign.jsonl").exists());
}
