//! `attest` and `revoke`, keyless, against services of which one lies: nothing is written, and what was logged is told.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Duration;

use mcpsign_simulator::serve::{Fault, Running, Service};
use mcpsign_simulator::{Lie, RootLie, Simulator};
use serde_json::Value;

use super::github_token;
use crate::support;

/// A folder with two files to sign, and an instance that signs.
struct Desk {
    folder: tempfile::TempDir,
    running: Running,
}

impl Desk {
    fn new(root_lies: &[RootLie]) -> Self {
        let desk = Self { folder: tempfile::tempdir().unwrap(), running: Simulator::new().serve() };
        let mut config = desk.running.client_trust_config_json();
        config["trustedRoot"] = desk.running.simulator().trusted_root_with(root_lies);
        desk.write("config.json", &config.to_string());
        desk.write("token", &desk.running.simulator().token(&github_token()));
        desk.write("a.bin", "one");
        desk.write("b.bin", "another");
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(support::mcpsign());
        command.args(arguments).args(["--keyless", "--identity-token", "token"]);
        command.args(["--trust-config", "config.json"]).current_dir(self.folder.path()).output().unwrap()
    }

    fn attest(&self, more: &[&str]) -> Output {
        let attest = ["attest", "a.bin", "b.bin", "--no-manifest", "--evidence-out", "out.jsonl"];
        self.run(&[&attest[..], more].concat())
    }

    /// Statements in the order of the file: of which type each is, and about what.
    fn statements(&self) -> Vec<(Value, Value)> {
        let text = std::fs::read_to_string(self.path("out.jsonl")).unwrap();
        text.lines()
            .map(|line| {
                let bundle: Value = serde_json::from_str(line).unwrap();
                let payload = bundle["dsseEnvelope"]["payload"].as_str().unwrap();
                let payload = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, payload);
                let statement: Value = serde_json::from_slice(&payload.unwrap()).unwrap();
                (statement["predicateType"].clone(), statement["subject"].clone())
            })
            .collect()
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What the Sigstore library takes, and our own verifier does not: a log whose key had ended, a certificate that says two
/// things of one.
#[test]
fn what_our_own_verifier_refuses_is_not_written() {
    for (root_lies, fault, why) in [
        (&[RootLie::LogsEnded][..], None, "signature/log-entry"),
        (&[], Some(Fault::Lie(Lie::ClaimTwice(15))), "signature/certificate"),
    ] {
        let desk = Desk::new(root_lies);
        for revoke in [false, true] {
            if let Some(fault) = &fault {
                desk.running.next(Service::Fulcio, fault.clone());
            }
            desk.write("out.jsonl", "as it was\n");
            let output = if revoke {
                let list = ["revoke", "--list", "list.jsonl", "--authority", "https://acme.example/mcpsign"];
                let what = ["--statement", &format!("sha256:{}", "00".repeat(32))];
                desk.run(&[&list[..], &what].concat())
            } else {
                desk.attest(&["--force"])
            };
            let said = said(&output);
            assert_eq!(output.status.code(), Some(1), "{said}");
            assert!(output.stdout.is_empty());
            for part in [why, "attest/check-failed", "nothing was written", "/ has entry ", "hint: "] {
                assert!(said.contains(part), "{why} {revoke}: {part} is not in: {said}");
            }
            assert_eq!(std::fs::read_to_string(desk.path("out.jsonl")).unwrap(), "as it was\n");
            assert!(!desk.path("list.jsonl").exists());
        }
    }
}

/// Three statements at once: one is refused at once, another logged a moment later.
#[test]
fn what_was_logged_is_told_where_its_neighbour_failed() {
    let desk = Desk::new(&[]);
    desk.running.next(Service::RekorV2, Fault::Slow(Duration::from_millis(500)));
    desk.running.next(Service::RekorV2, Fault::Status(400));
    let output = desk.attest(&[]);
    let said = said(&output);
    assert_eq!((output.status.code(), desk.path("out.jsonl").exists()), (Some(2), false), "{said}");
    let log = desk.running.url(Service::RekorV2);
    for (what, times) in [("has entry", 2), ("may have an entry of", 1)] {
        assert_eq!(said.matches(&format!("{log}/ {what} ")).count(), times, "{what}: {said}");
    }
}

#[test]
fn lines_stand_in_the_order_of_the_statements_whichever_log_entry_came_first() {
    let desk = Desk::new(&[]);
    assert!(desk.attest(&[]).status.success());
    let honest = desk.statements();
    assert_eq!(honest.len(), 3);
    for (first, second) in [(600, 0), (0, 600)] {
        for delay in [first, second] {
            desk.running.next(Service::RekorV2, Fault::Slow(Duration::from_millis(delay)));
        }
        let output = desk.attest(&["--force"]);
        assert!(output.status.success(), "{}", said(&output));
        assert_eq!(desk.statements(), honest);
    }
}
