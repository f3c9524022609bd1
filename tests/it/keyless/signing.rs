//! `attest` and `revoke`, keyless, against services of which one lies: nothing is written, and what was logged is told.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use mcpsign_simulator::serve::{Fault, Running, Service};
use mcpsign_simulator::{Issuer, Lie, RootLie, Simulator};
use serde_json::{Value, json};

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

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(support::mcpsign());
        command.args(arguments).args(["--keyless", "--identity-token", "token"]);
        command.args(["--trust-config", "config.json"]).current_dir(self.folder.path());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
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

    /// Signs nothing by `attest` and nothing by `revoke`, each with `lie` in the answer of `service`; what both say.
    #[track_caller]
    fn refused(&self, lie: Option<(Service, Lie)>, code: i32) -> String {
        self.write("out.jsonl", "as it was\n");
        let mut all = String::new();
        for revoke in [false, true] {
            if let Some((service, lie)) = lie {
                self.running.next(service, Fault::Lie(lie));
            }
            let output = if revoke {
                let list = ["revoke", "--list", "list.jsonl", "--authority", "https://acme.example/mcpsign"];
                let what = ["--statement", &format!("sha256:{}", "00".repeat(32))];
                self.run(&[&list[..], &what].concat())
            } else {
                self.attest(&["--force"])
            };
            let said = said(&output);
            assert_eq!((output.status.code(), output.stdout.len()), (Some(code), 0), "{lie:?}: {said}");
            assert!(said.contains("hint: "), "{lie:?}: {said}");
            assert_eq!(std::fs::read_to_string(self.path("out.jsonl")).unwrap(), "as it was\n");
            assert!(!self.path("list.jsonl").exists());
            all.push_str(&said);
        }
        all
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn tells_of_an_entry(said: &str) -> bool {
    said.contains(" has entry ") || said.contains(" may have an entry ")
}

/// What the Sigstore library takes, and our own verifier does not: a log keeps what it has, so it is found out before.
#[test]
fn what_our_own_verifier_refuses_is_not_logged() {
    let desk = Desk::new(&[]);
    let (certificate, timestamp) =
        ("what the certificate authority gave", "what the timestamp authority gave");
    for (service, lie, whose) in [
        (Service::Fulcio, Lie::ClaimTwice(15), "a certificate that cannot be read"),
        (Service::Fulcio, Lie::ClaimMalformed(15), "a certificate that cannot be read"),
        (Service::Fulcio, Lie::TwoSubjects, "a certificate that cannot be read"),
        (Service::Fulcio, Lie::IssuedBy(Issuer::Expired), certificate),
        (Service::Fulcio, Lie::ReceiptMissing, certificate),
        (Service::Tsa, Lie::SecondSignerInfo, timestamp),
        (Service::Tsa, Lie::OtherSigningCertificate, timestamp),
        (Service::Tsa, Lie::StampedAt(120), "it was signed in the future, at "),
    ] {
        let said = desk.refused(Some((service, lie)), 1);
        for part in ["attest/service-answer", "nothing was written", whose] {
            assert_eq!(said.matches(part).count(), 2, "{lie:?}: {part} is not in both: {said}");
        }
        assert!(!tells_of_an_entry(&said), "{lie:?}: {said}");
    }
    assert_eq!(desk.running.asked(Service::RekorV2), 0);
}

/// The key of the log that signs has ended, that of another has not.
#[test]
fn what_is_logged_where_it_proves_nothing_is_told_and_not_written() {
    let desk = Desk::new(&[]);
    let mut config = desk.running.client_trust_config_json();
    let logs = config["trustedRoot"]["tlogs"].as_array_mut().unwrap();
    assert!(logs[0]["publicKey"]["validFor"]["end"].is_string());
    let ended = (Timestamp::now() - SignedDuration::from_hours(24)).to_string();
    for log in &mut logs[1..] {
        log["publicKey"]["validFor"]["end"] = ended.clone().into();
    }
    desk.write("config.json", &config.to_string());
    let said = desk.refused(None, 1);
    for part in ["attest/service-answer", "what the log gave does not verify", "/ has entry "] {
        assert!(said.contains(part), "{part} is not in: {said}");
    }
}

/// Where nothing that is signed now could lead to the trust root, nobody is asked.
#[test]
fn a_root_whose_services_are_over_signs_nothing() {
    for (lie, what) in [
        (RootLie::LogsEnded, "log"),
        (RootLie::LogsNotStarted, "log"),
        (RootLie::NoLogs, "log"),
        (RootLie::TsasEnded, "timestamp authority"),
        (RootLie::NoTsas, "timestamp authority"),
        (RootLie::IssuersEnded, "certificate authority"),
    ] {
        let desk = Desk::new(&[lie]);
        let said = desk.refused(None, 2);
        let message = format!("the trust root names no {what} that counts at ");
        assert_eq!(said.matches(&message).count(), 2, "{lie:?}: {said}");
        assert_eq!(desk.running.asked(Service::Fulcio), 0, "{lie:?}");
    }
    // Without certificate logs there are no receipts to ask for.
    assert!(Desk::new(&[RootLie::NoCtLogs]).attest(&[]).status.success());
}

/// Nobody takes a time of the future: an authority whose clock is a little ahead of ours is waited for.
#[test]
fn a_service_whose_clock_is_a_little_ahead_is_waited_for() {
    let desk = Desk::new(&[]);
    let began = Timestamp::now();
    desk.running.next(Service::Tsa, Fault::Lie(Lie::StampedAt(4)));
    let output = desk.attest(&[]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(began.duration_until(Timestamp::now()) >= SignedDuration::from_secs(3));
    assert_eq!(desk.statements().len(), 3);
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

/// The log has the entry, and where the file was to go somebody else has put one meanwhile.
#[test]
fn what_was_logged_is_told_where_it_has_no_place_any_more() {
    let statement = format!("sha256:{}", "00".repeat(32));
    let attest = ["attest", "a.bin", "--no-manifest", "--evidence-out", "out.jsonl"];
    let list = ["revoke", "--list", "out.jsonl", "--authority", "https://acme.example/mcpsign"];
    let revoke = [&list[..], &["--statement", &statement]].concat();
    let policy = ["policy", "sign", "policy.json", "--out", "out.jsonl", "--expires", "30"];
    for (arguments, entries) in [(&attest[..], 2), (&revoke, 1), (&policy, 1)] {
        let desk = Desk::new(&[]);
        desk.write("policy.json", &policy_of_somebody().to_string());
        desk.running.always(Service::RekorV2, Fault::Slow(Duration::from_secs(1)));
        let run = desk.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let until = Instant::now() + Duration::from_secs(60);
        while desk.running.asked(Service::RekorV2) == 0 {
            assert!(Instant::now() < until, "{arguments:?}: the log was not asked");
            std::thread::sleep(Duration::from_millis(10));
        }
        desk.write("out.jsonl", "somebody else's\n");
        let output = run.wait_with_output().unwrap();
        let said = said(&output);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{said}");
        assert_eq!(std::fs::read_to_string(desk.path("out.jsonl")).unwrap(), "somebody else's\n");
        let entry = format!("{}/ has entry ", desk.running.url(Service::RekorV2));
        assert_eq!(said.matches(&entry).count(), entries, "{arguments:?}: {said}");
    }
}

fn policy_of_somebody() -> Value {
    let predicates = ["https://mcpsign.dev/tool-manifest/v1", "https://cyclonedx.org/bom"];
    let identity = json!({ "subject": "release@acme.example", "issuer": "https://login.acme.example" });
    let manifest = json!({
        "comparison": "subset", "observation": "if-given", "binding": "command", "capture": "any-form", "resources": "ignore",
    });
    json!({
        "schema": "mcpsign.dev/policy/v1", "name": "acme",
        "signers": [{ "name": "release", "identity": identity, "kinds": ["publisher"], "predicates": predicates }],
        "rules": [{
            "name": "all", "match": "any-server", "signers": ["release"],
            "require": { "predicates": predicates, "manifest": manifest, "sbom": "bound" },
        }],
    })
}

/// Three statements at once, of which two are logged, and then somebody ends the run: that is a failure like any other.
#[test]
fn what_was_logged_is_told_where_the_run_was_ended() {
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let desk = Desk::new(&[]);
        desk.running.next(Service::RekorV2, Fault::Slow(Duration::from_secs(60)));
        let attest =
            ["attest", "a.bin", "b.bin", "--no-manifest", "--evidence-out", "out.jsonl", "--keyless"];
        let run = Command::new("/usr/bin/env")
            // Whoever runs us in the background may ignore interrupts, and so would what we start.
            .args(["--default-signal=INT", "--default-signal=HUP"])
            .arg(support::mcpsign())
            .args(attest)
            .args(["--identity-token", "token", "--trust-config", "config.json"])
            .current_dir(desk.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let until = Instant::now() + Duration::from_secs(60);
        while desk.running.asked(Service::RekorV2) < 3 {
            assert!(Instant::now() < until, "{signal}: the log was not asked");
            std::thread::sleep(Duration::from_millis(10));
        }
        // Two answers are on their way.
        std::thread::sleep(Duration::from_millis(500));
        let kill = Command::new("kill").args([&format!("-{signal}"), &run.id().to_string()]).status();
        assert!(kill.unwrap().success());
        let output = run.wait_with_output().unwrap();
        assert!(Instant::now() < until, "{signal}: the answer was waited for");
        let said = said(&output);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(code), 0), "{said}");
        assert!(!desk.path("out.jsonl").exists(), "{said}");
        let log = desk.running.url(Service::RekorV2);
        for (what, times) in [("has entry", 2), ("may have an entry of", 1)] {
            assert_eq!(said.matches(&format!("{log}/ {what} ")).count(), times, "{what}: {said}");
        }
        for part in [&format!("error: SIG{signal} ended the run; nothing was written"), "hint: "] {
            assert!(said.contains(part), "{part} is not in: {said}");
        }
    }
}

/// What whoever started us had us ignore stays ignored: `nohup`, jobs in the background.
#[test]
#[cfg(target_os = "linux")]
fn a_signal_that_is_to_be_ignored_ends_nothing() {
    let desk = Desk::new(&[]);
    desk.running.next(Service::RekorV2, Fault::Slow(Duration::from_secs(2)));
    let attest = ["attest", "a.bin", "--no-manifest", "--evidence-out", "out.jsonl", "--keyless"];
    let run = Command::new("/usr/bin/env")
        .args(["--ignore-signal=INT", "--ignore-signal=HUP"])
        .arg(support::mcpsign())
        .args(attest)
        .args(["--identity-token", "token", "--trust-config", "config.json"])
        .current_dir(desk.folder.path())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while desk.running.asked(Service::RekorV2) == 0 {
        std::thread::sleep(Duration::from_millis(10));
    }
    for signal in ["-INT", "-HUP"] {
        assert!(Command::new("kill").args([signal, &run.id().to_string()]).status().unwrap().success());
    }
    let output = run.wait_with_output().unwrap();
    assert!(output.status.success() && desk.path("out.jsonl").exists(), "{}", said(&output));
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

/// As many timestamps as the configuration asks for, each by another operator's authority; one that is missing is missed.
#[test]
fn every_authority_that_is_asked_for_stamps() {
    let desk = Desk::new(&[]);
    let mut config = desk.running.client_trust_config_json();
    let authorities = config["signingConfig"]["tsaUrls"].as_array_mut().unwrap();
    let mut second = authorities[0].clone();
    second["url"] = format!("{}/api/v1/timestamp", desk.running.url(Service::SecondTsa)).into();
    second["operator"] = "other.example".into();
    authorities.push(second);
    config["signingConfig"]["tsaConfig"] = json!({ "selector": "EXACT", "count": 2 });
    desk.write("config.json", &config.to_string());
    assert!(desk.attest(&[]).status.success());
    let text = std::fs::read_to_string(desk.path("out.jsonl")).unwrap();
    assert_eq!(text.lines().count(), 3);
    for line in text.lines() {
        let bundle: Value = serde_json::from_str(line).unwrap();
        let data = &bundle["verificationMaterial"]["timestampVerificationData"];
        assert_eq!(data["rfc3161Timestamps"].as_array().unwrap().len(), 2);
    }
    let logged = desk.running.asked(Service::RekorV2);
    desk.running.always(Service::SecondTsa, Fault::Status(400));
    let refused = desk.attest(&["--force"]);
    assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
    assert_eq!(desk.running.asked(Service::RekorV2), logged);
    assert_eq!(std::fs::read_to_string(desk.path("out.jsonl")).unwrap(), text);
}

/// What a job may not sign is known by its certificate, before it stands in a log for good.
#[test]
fn b58_a_job_that_strangers_start_signs_nothing() {
    let desk = Desk::new(&[]);
    for event in ["pull_request_target", "workflow_run", "issue_comment"] {
        let mut claims = github_token();
        claims["event_name"] = event.into();
        desk.write("token", &desk.running.simulator().token(&claims));
        let said = desk.refused(None, 1);
        for part in ["identity/trigger-not-allowed", "what is signed as this identity does not count", event]
        {
            assert!(said.matches(part).count() >= 2, "{event}: {part} is not in both: {said}");
        }
        assert!(!tells_of_an_entry(&said), "{event}: {said}");
    }
    assert_eq!((desk.running.asked(Service::Tsa), desk.running.asked(Service::RekorV2)), (0, 0));
}
