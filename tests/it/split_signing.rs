//! Capturing and signing apart: one job runs the server and has no key, another has the key and runs nothing.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mcpsign_collect::replies;
use mcpsign_schemas::capture::CaptureFile;
use mcpsign_schemas::manifest::{ItemDigests, Profile};
use mcpsign_schemas::surface::ItemKind;
use mcpsign_tests::forge::npm_tarball;
use serde_json::Value;
use tempfile::TempDir;

use crate::recorded::{capture_file, edited, frames, replies_of};
use crate::support::{self, run};

const PASSPHRASE: (&str, &str) = ("MCPSIGN_PASSPHRASE", "two jobs, one key");
/// Some second in 2026, before this was written.
const EPOCH: (&str, &str) = ("SOURCE_DATE_EPOCH", "1767225600");
const TARBALL: &str = "acme-notes-mcp-1.4.0.tgz";

/// A folder with a release tarball and nothing else.
struct Job {
    folder: TempDir,
}

impl Job {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(TARBALL), npm_tarball("@acme/notes-mcp", "1.4.0").unwrap()).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// A capture of the project's own server by a job that has no key; the server is gone afterwards.
    fn captured(&self, lies: &[&str]) -> String {
        let (server, out) = (self.path("server"), self.path("capture.json"));
        fs::copy(support::test_server(), &server).unwrap();
        let mut args = vec!["manifest", "capture", "--out", &out, "--", &server];
        args.extend(lies.iter().flat_map(|lie| ["--lie", lie]));
        succeeded(&run(&args, &[]));
        fs::remove_file(&server).unwrap();
        out
    }

    fn key(&self, name: &str) -> String {
        let path = self.path(name);
        succeeded(&run(&["keys", "generate", "--out", &path], &[PASSPHRASE]));
        path
    }

    fn verify(&self, key: &str, more: &[&str]) -> Value {
        let (artifact, public) = (self.path(TARBALL), format!("{key}.pub"));
        let args = ["verify", &artifact, "--public-key", &public, "--format", "json"];
        let output = run(&[&args[..], more].concat(), &[]);
        serde_json::from_slice(&output.stdout).expect("a report")
    }

    fn evidence(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.path(&format!("{TARBALL}.mcpsign.jsonl"))).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

#[track_caller]
fn succeeded(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn payload(bundle: &Value) -> Vec<u8> {
    STANDARD.decode(bundle["dsseEnvelope"]["payload"].as_str().expect("a payload")).unwrap()
}

/// The signing job has no network, no program in its `PATH`, and the server is gone.
#[test]
fn what_one_job_captures_another_signs_without_the_server() {
    let job = Job::new();
    let capture = job.captured(&[]);
    assert_eq!(job.files(), [TARBALL, "capture.json"], "the first job leaves a capture and nothing else");
    let key = job.key("release.key");

    let mut signing = Command::new("/usr/bin/unshare");
    signing.args(["--user", "--map-root-user", "--net"]).arg(support::mcpsign());
    signing.args(["attest", &job.path(TARBALL), "--key", &key, "--capture", &capture]);
    signing.env_clear().env(PASSPHRASE.0, PASSPHRASE.1).env("PATH", "/nowhere");
    match signing.output() {
        Ok(output) if output.status.success() => {}
        Ok(output) if !stderr(&output).contains("unshare") => panic!("{}", stderr(&output)),
        _ => {
            support::skip("what_one_job_captures_another_signs", "a network namespace (unshare --net)");
            return;
        }
    }
    assert_eq!(job.verify(&key, &[])["verdict"], "allow");
    assert_eq!(job.verify(&key, &["--observed", &capture])["verdict"], "allow");
    // Nobody can say that the captured process ran the tarball's bytes.
    let manifest = job.evidence().iter().map(payload).find_map(|payload| {
        let statement: Value = serde_json::from_slice(&payload).unwrap();
        statement["predicate"].get("profiles").map(|profiles| profiles[0]["launch"]["binding"].clone())
    });
    assert_eq!(manifest, Some("command".into()));

    // What another server shows is not what was signed.
    let other = Job::new().folder.keep();
    fs::copy(support::test_server(), other.join("server")).unwrap();
    let out = other.join("other.json");
    let server = other.join("server");
    let args = ["manifest", "capture", "--out", out.to_str().unwrap(), "--", server.to_str().unwrap()];
    succeeded(&run(&[&args[..], &["--lie", "many-tools=1"]].concat(), &[]));
    assert_eq!(job.verify(&key, &["--observed", out.to_str().unwrap()])["verdict"], "deny");
    fs::remove_dir_all(other).unwrap();
}

#[test]
fn both_jobs_look_for_secrets_before_anything_is_written() {
    let job = Job::new();
    let server = job.path("server");
    fs::copy(support::test_server(), &server).unwrap();
    let out = job.path("capture.json");
    let secret = ("API_TOKEN", "correct-horse-battery");
    let args = ["manifest", "capture", "--out", &out, "--secret-env", "API_TOKEN", "--", &server];
    let capturing = run(&[&args[..], &["--lie", "env-report"]].concat(), &[secret]);
    assert_eq!(capturing.status.code(), Some(2));
    assert!(stderr(&capturing).contains("attest/secret-in-statement"), "{}", stderr(&capturing));
    fs::remove_file(&server).unwrap();
    assert_eq!(job.files(), [TARBALL]);

    // A capture that somebody made without looking: a token's shape, and the value of a variable of the signing job.
    let key = job.key("release.key");
    let token = format!("ghp_{}", "aB3dE5fG7h".repeat(4).get(..36).unwrap());
    for (text, env) in [(token.as_str(), ("UNRELATED", "x")), (secret.1, secret)] {
        let leaking = edited(&replies_of("time.raw.json"), |_, tool| {
            tool.insert("title".into(), format!("uses {text} to ask").into());
            true
        });
        fs::write(&out, capture_file(frames(&leaking)).to_bytes().unwrap()).unwrap();
        let before = job.files();
        let args = ["attest", &job.path(TARBALL), "--key", &key, "--capture", &out];
        for dry in [&[][..], &["--dry-run"]] {
            let signing = run(&[&args[..], dry].concat(), &[PASSPHRASE, env]);
            assert_eq!(signing.status.code(), Some(2), "{text}");
            let said = stderr(&signing);
            assert!(said.contains("attest/secret-in-statement") && !said.contains(text), "{said}");
            assert!(signing.stdout.is_empty(), "{text}");
            assert_eq!(job.files(), before);
        }
    }
}

/// Without two jobs, too: no key and no passphrase is read as long as the server runs.
#[test]
fn the_key_is_opened_when_the_server_has_ended() {
    let job = Job::new();
    let (server, started) = (job.path("server"), job.path("started"));
    fs::copy(support::test_server(), &server).unwrap();
    fs::write(job.path("key"), "no key at all").unwrap();
    let locked = job.key("locked.key");
    let lie = format!("marker={started}");
    for (key, env) in [(job.path("key"), PASSPHRASE), (locked, ("MCPSIGN_PASSPHRASE", "another one"))] {
        let args = ["attest", &job.path(TARBALL), "--key", &key, "--sandbox", "off", "--", &server];
        let output = run(&[&args[..], &["--lie", &lie]].concat(), &[env]);
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        assert!(stderr(&output).contains("captured profile default"), "{}", stderr(&output));
        fs::remove_file(&started).expect("the server had run when the key was found to be none");
        assert!(!Path::new(&job.path(&format!("{TARBALL}.mcpsign.jsonl"))).exists());
    }
}

/// Whoever may change a project's mcpsign.toml, or the command line of a job, must not get at what signs.
#[test]
fn what_we_sign_with_is_given_to_no_server() {
    let folder = tempfile::tempdir().unwrap();
    let server = support::test_server();
    let server = server.to_str().unwrap();
    let toml =
        format!("[server]\ncommand = [\"{server}\"]\nsecret-env = [\"ACTIONS_ID_TOKEN_REQUEST_TOKEN\"]\n");
    fs::write(folder.path().join("mcpsign.toml"), toml).unwrap();
    fs::write(folder.path().join("release.bin"), "bytes").unwrap();
    let header = "Authorization=Bearer {secret:ACTIONS_RUNTIME_TOKEN}";
    for args in [
        &["manifest", "capture"][..],
        &["attest", "--dry-run", "release.bin"],
        &["manifest", "capture", "--secret-env", "MCPSIGN_PASSPHRASE", "--", server],
        &["manifest", "capture", "--secret-env", "SIGSTORE_ID_TOKEN", "--", server],
        &["manifest", "capture", "--url", "https://acme.example/mcp", "--header", header],
    ] {
        let mut command = Command::new(support::mcpsign());
        command.current_dir(&folder).args(args).env_remove("MCPSIGN_PASSPHRASE");
        for name in [
            "MCPSIGN_PASSPHRASE",
            "SIGSTORE_ID_TOKEN",
            "ACTIONS_RUNTIME_TOKEN",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
        ] {
            command.env(name, "what-signs-4711");
        }
        let output = command.output().unwrap();
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
        assert!(said.contains("is what mcpsign signs with") && !said.contains("what-signs-4711"), "{said}");
        assert!(output.stdout.is_empty(), "{args:?}");
    }
}

#[test]
fn a_dry_run_writes_nothing_needs_no_key_and_says_the_same_twice() {
    let job = Job::new();
    let capture = job.captured(&[]);
    let before = job.files();
    let dry = || {
        let args = ["attest", &job.path(TARBALL), "--capture", &capture, "--dry-run"];
        let output = run(&args, &[EPOCH]);
        succeeded(&output);
        output.stdout
    };
    let first = dry();
    assert!(first == dry(), "two dry runs of the same input");
    assert!(first.ends_with(b"\n"), "a statement a line");
    assert_eq!(job.files(), before);

    // What is signed is what was shown, byte for byte, in both of two runs.
    let key = job.key("release.key");
    let sign = || {
        let args = ["attest", &job.path(TARBALL), "--capture", &capture, "--key", &key, "--force"];
        succeeded(&run(&args, &[PASSPHRASE, EPOCH]));
        job.evidence().iter().map(payload).collect::<Vec<_>>()
    };
    let payloads = sign();
    assert!(payloads == sign(), "two signed runs of the same input have the same payloads");
    let shown = String::from_utf8(first.clone()).unwrap();
    let mut expected: Vec<&str> = shown.lines().collect();
    let mut signed: Vec<&str> =
        payloads.iter().map(|payload| std::str::from_utf8(payload).unwrap()).collect();
    expected.sort_unstable();
    signed.sort_unstable();
    assert_eq!(signed, expected);
    // So is the capture, of a server that shows the same.
    let capture_again = || {
        let output = run(&["manifest", "capture", "--", support::test_server().to_str().unwrap()], &[EPOCH]);
        succeeded(&output);
        output.stdout
    };
    assert!(capture_again() == capture_again(), "two captures of the same server");
    // Without the variable the time is now.
    let now = run(&["attest", &job.path(TARBALL), "--capture", &capture, "--dry-run"], &[]);
    assert!(now.stdout != first);
}

#[test]
fn an_observer_adds_lines_to_the_publishers_file_and_both_verify() {
    let job = Job::new();
    let capture = job.captured(&[]);
    let (publisher, observer) = (job.key("publisher.key"), job.key("observer.key"));
    let attest = |key: &str, more: &[&str]| {
        let args = ["attest", &job.path(TARBALL), "--capture", &capture, "--key", key];
        run(&[&args[..], more].concat(), &[PASSPHRASE])
    };
    succeeded(&attest(&publisher, &[]));
    let published = job.evidence();
    // The file is not replaced by accident.
    assert_eq!(attest(&observer, &[]).status.code(), Some(2));
    assert_eq!(job.evidence(), published);
    assert_ne!(job.verify(&observer, &[])["verdict"], "allow");

    succeeded(&attest(&observer, &["--append"]));
    let both = job.evidence();
    assert_eq!(both.len(), 2 * published.len());
    assert!(published.iter().all(|line| both.contains(line)), "the publisher's lines are as they were");
    for key in [&publisher, &observer] {
        let report = job.verify(key, &["--observed", &capture]);
        assert_eq!(report["verdict"], "allow", "{key}: {}", report["findings"]);
    }
}

/// What a capture says of the server's items, whoever reads it.
fn shown(capture: &CaptureFile) -> Vec<BTreeMap<(ItemKind, String), ItemDigests>> {
    let one = |profile: &Profile| {
        profile.items().map(|(kind, key, digests)| ((kind, key.to_owned()), digests)).collect()
    };
    capture.profiles.iter().map(one).collect()
}

/// Items, frames and digests hold each other: no byte of them can be changed so that the capture is still read and
/// shows something else. (How the server was started, and when, only the job that captured can say.)
#[test]
fn a_capture_of_which_one_byte_was_changed_is_refused_or_shows_the_same() {
    let few = edited(&replies_of("time.raw.json"), |_, _| true);
    let bytes = capture_file(frames(&few)).to_bytes().unwrap();
    let honest = shown(&replies::capture_file(&bytes).unwrap());
    let (mut refused, mut same) = (0, 0);
    // Every byte, each with one of the changes in turn: a bit, a letter, a digit.
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] = match at % 3 {
            0 => changed[at] ^ 1,
            1 => b'x',
            _ => b'7',
        };
        if changed == bytes {
            continue;
        }
        match replies::capture_file(&changed) {
            Err(_) => refused += 1,
            Ok(capture) => {
                same += 1;
                assert_eq!(shown(&capture), honest, "byte {at}");
            }
        }
    }
    assert!(refused > 20 * same, "{refused} refused, {same} read");

    // By the command line: a word of an item, of a frame, a digit of a digest.
    let job = Job::new();
    let key = job.key("release.key");
    let text = String::from_utf8(bytes).unwrap();
    let digest = text.find("surfaceDigest").unwrap() + "surfaceDigest\":{\"sha256\":\"".len();
    let frame = text.find("Get current time").unwrap();
    let item = text.rfind("Get current time").unwrap();
    assert_ne!(frame, item);
    for at in [digest, frame, item] {
        let mut changed = text.clone().into_bytes();
        changed[at] = if changed[at] == b'0' { b'1' } else { b'0' };
        let path = job.path("changed.json");
        fs::write(&path, changed).unwrap();
        let output = run(&["attest", &job.path(TARBALL), "--capture", &path, "--key", &key], &[PASSPHRASE]);
        assert_eq!(output.status.code(), Some(2), "byte {at}: {}", stderr(&output));
        assert!(!Path::new(&job.path(&format!("{TARBALL}.mcpsign.jsonl"))).exists());
    }
}
