//! The attack catalogue, played through the command line: attest honestly, attack, verify, read the code.
//!
//! Attacks that a folder of files can hold are vectors (`tests/vectors/verify_*`); those on the library's inside
//! stand beside it. Here are the ones that need a file system, a process or a second signature.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{run, test_server};

const PASSPHRASE: (&str, &str) = ("MCPSIGN_PASSPHRASE", "correct horse battery staple");

/// A desk with a key and, after [`Desk::attest`], a release.
struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let desk = Self { folder };
        let output = run(&["keys", "generate", "--out", &desk.path("key")], &[PASSPHRASE]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        desk
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// The honest server as a single file.
    fn server(&self) -> String {
        let path = self.path("notes-mcp");
        fs::copy(test_server(), &path).unwrap();
        path
    }

    /// An unpacked release: the honest server and what else a folder may hold.
    fn tree(&self) -> PathBuf {
        let root = self.folder.path().join("release");
        for dir in ["bin", "lib", "empty", ".git", ".github"] {
            fs::create_dir_all(root.join(dir)).unwrap();
        }
        fs::copy(test_server(), root.join("bin/server")).unwrap();
        fs::write(root.join("lib/a.txt"), "one\n").unwrap();
        fs::write(root.join("lib/b.txt"), "two\n").unwrap();
        fs::write(root.join(".git/config"), "[core]\n").unwrap();
        symlink("../lib/a.txt", root.join("bin/a")).unwrap();
        root
    }

    fn attest(&self, artifact: &str, command: &[&str]) {
        let key = self.path("key");
        let mut args = vec!["attest", artifact, "--key", &key, "--"];
        args.extend(command);
        let output = run(&args, &[PASSPHRASE]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// The report and the exit code of `verify ARTIFACT`, with more arguments.
    fn verify(&self, artifact: &str, more: &[&str]) -> (Value, i32) {
        let public = self.path("key.pub");
        let mut args = vec!["verify", artifact, "--public-key", &public, "--format", "json"];
        args.extend(more);
        let output = run(&args, &[]);
        let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
            panic!("{error}: {}", String::from_utf8_lossy(&output.stderr));
        });
        (report, output.status.code().unwrap())
    }

    #[track_caller]
    fn denied(&self, artifact: &str, more: &[&str], code: &str) {
        let (report, exit) = self.verify(artifact, more);
        assert_eq!((report["verdict"].as_str(), exit), (Some("deny"), 1), "{:?}", codes(&report));
        assert!(codes(&report).contains(&code.to_owned()), "{code} is not among {:?}", codes(&report));
    }

    #[track_caller]
    fn allowed(&self, artifact: &str, more: &[&str]) -> Value {
        let (report, exit) = self.verify(artifact, more);
        assert_eq!((report["verdict"].as_str(), exit), (Some("allow"), 0), "{:?}", codes(&report));
        report
    }
}

fn codes(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().into_iter().flatten();
    findings.filter_map(|finding| finding["code"].as_str().map(str::to_owned)).collect()
}

#[test]
fn an_honest_release_passes_with_and_without_observation() {
    let desk = Desk::new();
    let server = desk.server();
    desk.attest(&server, &[&server]);
    desk.allowed(&server, &[]);
    let report = desk.allowed(&server, &["--", &server]);
    for stage in ["signature", "identity", "subject", "manifest", "sbom", "freshness"] {
        assert_eq!(report["stages"][stage]["state"], "passed", "{stage}");
    }
    // Started as it was when it was signed: compared as equal, not as a subset.
    assert!(!codes(&report).contains(&"manifest/subset".to_owned()), "{:?}", codes(&report));
}

#[test]
fn b26_links_are_recorded_and_never_followed() {
    let desk = Desk::new();
    let root = desk.tree();
    let name = root.to_str().unwrap();
    desk.attest(name, &[test_server().to_str().unwrap()]);
    desk.allowed(name, &[]);

    // The same content behind another link is another tree.
    fs::remove_file(root.join("bin/a")).unwrap();
    symlink("../lib/b.txt", root.join("bin/a")).unwrap();
    desk.denied(name, &[], "subject/digest-mismatch");

    // A link out of the tree, to the parent, in a circle, to nothing out there: no listing at all.
    for target in ["/etc/passwd", "../..", "../../outside", "a/../../x"] {
        fs::remove_file(root.join("bin/a")).unwrap();
        symlink(target, root.join("bin/a")).unwrap();
        desk.denied(name, &[], "subject/unfit");
        let output = run(&["inspect", "--tree", name], &[]);
        assert_eq!(output.status.code(), Some(2), "{target}");
        assert!(output.stdout.is_empty(), "{target}");
    }

    // A FIFO neither hangs nor passes.
    fs::remove_file(root.join("bin/a")).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        root.join("bin/a"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR,
        0,
    )
    .unwrap();
    assert_eq!(run(&["inspect", "--tree", name], &[]).status.code(), Some(2));
    desk.denied(name, &[], "subject/unfit");
    let (report, _) = desk.verify(name, &[]);
    assert_eq!(report["measured"]["digest"], serde_json::json!({}), "it has no digest");
    assert_eq!(report["stages"]["subject"]["state"], "failed");
    // Nor is its server started, whatever else is signed.
    let marker = desk.path("started");
    let lie = format!("marker={marker}");
    let server = test_server();
    desk.denied(name, &["--sandbox", "off", "--", server.to_str().unwrap(), "--lie", &lie], "subject/unfit");
    assert!(!Path::new(&marker).exists(), "a denied server was started");
}

#[test]
fn b27_helpers_are_not_taken_from_the_path() {
    let desk = Desk::new();
    let server = desk.server();
    let trap = desk.folder.path().join("trap");
    fs::create_dir(&trap).unwrap();
    let sprung = desk.folder.path().join("sprung");
    for program in ["git", "npm", "node", "sh", "openssl", "cargo", "unshare", "ps", "kill", "python3"] {
        let path = trap.join(program);
        fs::write(&path, format!("#!/bin/sh\n: > {}\n", sprung.display())).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = format!("{}:{}", trap.display(), std::env::var("PATH").unwrap());
    let key = desk.path("key");
    let output = run(&["attest", &server, "--key", &key, "--", &server], &[PASSPHRASE, ("PATH", &path)]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!sprung.exists());
}

#[test]
fn b29_no_change_of_a_tree_goes_unseen() {
    let desk = Desk::new();
    let root = desk.tree();
    let name = root.to_str().unwrap();
    desk.attest(name, &[test_server().to_str().unwrap()]);
    desk.allowed(name, &[]);

    let swap = || {
        fs::rename(root.join("lib/a.txt"), root.join("lib/c.txt")).unwrap();
        fs::rename(root.join("lib/b.txt"), root.join("lib/a.txt")).unwrap();
        fs::rename(root.join("lib/c.txt"), root.join("lib/b.txt")).unwrap();
    };
    let mode = |mode| {
        fs::set_permissions(root.join("lib/a.txt"), fs::Permissions::from_mode(mode)).unwrap();
    };
    type Change<'a> = (&'a str, Box<dyn Fn() + 'a>, Box<dyn Fn() + 'a>);
    let changes: Vec<Change<'_>> = vec![
        ("two files swapped", Box::new(swap), Box::new(swap)),
        (
            "a file renamed",
            Box::new(|| fs::rename(root.join("lib/a.txt"), root.join("lib/A1.txt")).unwrap()),
            Box::new(|| fs::rename(root.join("lib/A1.txt"), root.join("lib/a.txt")).unwrap()),
        ),
        ("chmod +x", Box::new(|| mode(0o755)), Box::new(|| mode(0o644))),
        (
            "a file under .git",
            Box::new(|| fs::write(root.join(".git/hook"), "x").unwrap()),
            Box::new(|| fs::remove_file(root.join(".git/hook")).unwrap()),
        ),
        (
            "a file under .github",
            Box::new(|| fs::write(root.join(".github/x.yml"), "x").unwrap()),
            Box::new(|| fs::remove_file(root.join(".github/x.yml")).unwrap()),
        ),
        (
            "an ignored folder",
            Box::new(|| fs::create_dir(root.join("node_modules")).unwrap()),
            Box::new(|| fs::remove_dir(root.join("node_modules")).unwrap()),
        ),
        (
            "an empty folder gone",
            Box::new(|| fs::remove_dir(root.join("empty")).unwrap()),
            Box::new(|| fs::create_dir(root.join("empty")).unwrap()),
        ),
    ];
    for (what, change, undo) in changes {
        change();
        let (report, exit) = desk.verify(name, &[]);
        assert_eq!((report["verdict"].as_str(), exit), (Some("deny"), 1), "{what}");
        assert!(codes(&report).contains(&"subject/digest-mismatch".to_owned()), "{what}");
        undo();
        desk.allowed(name, &[]);
    }
}

#[test]
fn b28_path_forms_are_refused_when_signing_and_when_verifying() {
    let desk = Desk::new();
    for bad in ["with space ", "dot.", "a\\b", "a:b", "bidi\u{202e}", "tab\t", "e\u{301}"] {
        let root = desk.folder.path().join("forms");
        fs::create_dir_all(&root).unwrap();
        fs::write(root.join(bad), "x").unwrap();
        let output = run(&["inspect", "--tree", root.to_str().unwrap()], &[]);
        assert_eq!(output.status.code(), Some(2), "{bad:?}");
        fs::remove_dir_all(root).unwrap();
    }
    let root = desk.folder.path().join("forms");
    fs::create_dir_all(&root).unwrap();
    fs::write(root.join("README"), "x").unwrap();
    fs::write(root.join("readme"), "x").unwrap();
    assert_eq!(run(&["inspect", "--tree", root.to_str().unwrap()], &[]).status.code(), Some(2));
}

#[test]
fn a_server_that_is_denied_already_is_never_started() {
    let desk = Desk::new();
    let server = desk.server();
    desk.attest(&server, &[&server]);
    let marker = desk.path("started");
    let lie = format!("marker={marker}");

    // Another key: denied before anything runs.
    let other = Desk::new();
    let public = other.path("key.pub");
    // Behind the walls the marker would lie where nobody sees it.
    let verify = ["verify", &server, "--sandbox", "off", "--public-key"];
    let started = ["--", &server, "--lie", &lie];
    let output = run(&[&verify[..], &[&public], &started].concat(), &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(!Path::new(&marker).exists(), "a denied server was started");

    // The right key: it is started, which shows that the marker works.
    run(&[&verify[..], &[&desk.path("key.pub")], &started].concat(), &[]);
    assert!(Path::new(&marker).exists());
}

#[test]
fn m22_to_m24_a_server_that_shows_others_something_else_is_told() {
    let desk = Desk::new();
    let server = desk.server();
    desk.attest(&server, &[&server]);
    for (lie, code) in [
        ("extra-tool", "manifest/tool-unknown"),
        ("changed-description", "manifest/tool-changed"),
        ("renamed-tool", "manifest/tool-unknown"),
        ("flipped-hint", "manifest/tool-changed"),
        ("no-tools", "manifest/nothing-observed"),
        ("hidden-fields", "manifest/tool-changed"),
        ("hidden-unicode", "manifest/tool-changed"),
        ("passes-differ", "capture/passes-disagree"),
        ("duplicate-tool", "capture/duplicate-item"),
    ] {
        desk.denied(&server, &["--", &server, "--lie", lie], code);
    }
    // Only inert members differ: said, and no more.
    let report = desk.allowed(&server, &["--", &server, "--lie", "wire-only"]);
    assert!(codes(&report).contains(&"manifest/wire-only".to_owned()), "{:?}", codes(&report));
    // Other order: nothing to say at all.
    desk.allowed(&server, &["--", &server, "--lie", "reordered-tools"]);
    // What cannot be observed leaves the question open.
    for lie in ["crash-midway", "hang-list"] {
        let (report, exit) = desk.verify(&server, &["--", &server, "--lie", lie]);
        assert_eq!((report["verdict"].as_str(), exit), (Some("undecided"), 3), "{lie}");
    }
}

#[test]
fn m21_reserved_keys_at_depth_are_seen_like_any_other() {
    let desk = Desk::new();
    let server = desk.server();
    desk.attest(&server, &[&server]);
    desk.denied(&server, &["--", &server, "--lie", "reserved-keys"], "manifest/tool-changed");
    // Signed so, they are what is expected, and their absence is a change.
    let other = Desk::new();
    let server = other.server();
    other.attest(&server, &[&server, "--lie", "reserved-keys"]);
    other.allowed(&server, &["--", &server, "--lie", "reserved-keys"]);
    other.denied(&server, &["--", &server], "manifest/tool-changed");
}

#[test]
fn m02_no_identity_is_not_any_identity() {
    let desk = Desk::new();
    let server = desk.server();
    for args in [
        &["verify", &server][..],
        &["verify", &server, "--identity", "x"],
        &["verify", &server, "--issuer", "https://issuer.example"],
        &["verify", &server, "--identity", "", "--issuer", "https://issuer.example"],
        &["verify", &server, "--identity", "*", "--issuer", "https://issuer.example"],
        &["verify", &server, "--identity", " ", "--issuer", "https://issuer.example"],
        &["verify", &server, "--identity", "x", "--issuer", ""],
    ] {
        let output = run(args, &[]);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("hint:"), "{args:?}");
    }
}

#[test]
fn m08_each_failure_has_a_code_of_its_own() {
    let desk = Desk::new();
    let server = desk.server();
    desk.attest(&server, &[&server]);
    let sidecar = format!("{server}.mcpsign.jsonl");
    let evidence = fs::read_to_string(&sidecar).unwrap();
    let lines: Vec<&str> = evidence.lines().collect();
    assert_eq!(lines.len(), 2, "an SBOM and a tool manifest");

    let mut seen = std::collections::BTreeSet::new();
    let mut denied = |evidence: String, code: &'static str| {
        fs::write(&sidecar, evidence).unwrap();
        desk.denied(&server, &[], code);
        seen.insert(code);
    };
    denied(String::new(), "signature/no-attestation");
    denied("{}\n".into(), "signature/unreadable-line");
    denied(format!("{}\n", lines[0]), "manifest/missing");
    denied(format!("{}\n", lines[1]), "sbom/missing");
    denied(evidence.replace("\"sig\":\"", "\"sig\":\"AAAA"), "signature/invalid");
    denied(evidence.replace("application/vnd.in-toto+json", "text/plain"), "signature/payload-type");
    fs::write(&sidecar, &evidence).unwrap();
    let mut bytes = fs::read(&server).unwrap();
    bytes.push(0);
    fs::write(&server, bytes).unwrap();
    desk.denied(&server, &[], "subject/digest-mismatch");
    seen.insert("subject/digest-mismatch");
    assert_eq!(seen.len(), 7);
}

#[test]
fn b30_a_failure_prints_no_word_of_success() {
    let desk = Desk::new();
    let server = desk.server();
    for format in ["human", "json"] {
        let output =
            run(&["verify", &server, "--public-key", &desk.path("key.pub"), "--format", format], &[]);
        assert_eq!(output.status.code(), Some(1));
        let stdout = String::from_utf8(output.stdout).unwrap().to_lowercase();
        for word in ["allowed", "\"allow\"", "verified ok", "success", "safe"] {
            assert!(!stdout.contains(word), "{word} in {stdout}");
        }
    }
}

#[test]
fn a_secret_that_the_server_shows_is_not_written_down() {
    let desk = Desk::new();
    let server = desk.server();
    let out = desk.path("capture.json");
    let args = ["manifest", "capture", "--secret-env", "API_TOKEN", "--out", &out, "--", &server, "--lie"];
    let secret = ("API_TOKEN", "correct-horse-battery");
    let output = run(&[&args[..], &["env-report"]].concat(), &[secret]);
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("attest/secret-in-statement") && !stderr.contains(secret.1), "{stderr}");
    assert!(!Path::new(&out).exists());

    // A server that keeps it to itself is captured.
    let output = run(&[&args[..], &["cosmetic"]].concat(), &[secret]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!fs::read_to_string(&out).unwrap().contains(secret.1));
}

#[test]
fn a_capture_that_its_own_frames_belie_is_not_signed() {
    let desk = Desk::new();
    let server = desk.server();
    let out = desk.path("capture.json");
    let output = run(&["manifest", "capture", "--out", &out, "--", &server], &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let honest = fs::read_to_string(&out).unwrap();
    let attest = |capture: &str| {
        fs::write(&out, capture).unwrap();
        run(&["attest", &server, "--key", &desk.path("key"), "--capture", &out], &[PASSPHRASE])
    };
    let frames = honest.find("\"frames\"").unwrap();
    let (before, after) = honest.split_at(frames);
    for edited in [
        format!("{before}{}", after.replacen("list-notes", "lost-notes", 1)),
        format!("{before}\"frames\":{{}},{}", &honest[honest.find("\"items\"").unwrap()..]),
    ] {
        let output = attest(&edited);
        assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(!Path::new(&format!("{server}.mcpsign.jsonl")).exists());
    }
    assert!(attest(&honest).status.success());
}

/// How a server was started only the job that captured can say; what cannot be true together is refused all the same.
#[test]
fn a_capture_whose_launch_contradicts_itself_is_not_signed() {
    let desk = Desk::new();
    let server = desk.server();
    let out = desk.path("capture.json");
    let output = run(&["manifest", "capture", "--artifact", &server, "--out", &out, "--", &server], &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let honest: Value = serde_json::from_slice(&fs::read(&out).unwrap()).unwrap();
    let attest = |change: &dyn Fn(&mut Value)| {
        let mut capture = honest.clone();
        change(&mut capture["profiles"][0]);
        fs::write(&out, capture.to_string()).unwrap();
        let output = run(&["attest", &server, "--dry-run", "--capture", &out], &[]);
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (exit, said) = attest(&|_| {});
    assert_eq!(exit, Some(0), "{said}");
    assert!(said.contains("is the word of") && said.contains("is of notes-mcp: unpacked"), "{said}");
    let url = "https://acme.example/mcp";
    type Change<'c> = (&'c str, &'c dyn Fn(&mut Value));
    let changes: [Change<'_>; 9] = [
        ("no network", &|p| {
            p["launch"]["sandbox"] = "none".into();
            p["launch"]["network"] = "none".into();
        }),
        ("without a command line", &|p| drop(p["launch"].as_object_mut().unwrap().remove("argv"))),
        ("with an address or headers", &|p| p["launch"]["headers"] = serde_json::json!(["x-tenant"])),
        ("with an address or headers", &|p| p["launch"]["url"] = url.into()),
        ("that is an endpoint", &|p| p["launch"]["binding"] = "endpoint".into()),
        ("and to none", &|p| drop(p.as_object_mut().unwrap().remove("subject"))),
        ("with a command line", &|p| p["launch"]["transport"] = "streamable-http".into()),
        ("in a sandbox", &|p| {
            p["launch"] = serde_json::json!({ "binding": "command", "transport": "streamable-http", "url": url,
                "env": {}, "secretEnv": [], "network": "host", "sandbox": "linux-namespaces" });
        }),
        ("that there is not", &|p| {
            p["launch"] = serde_json::json!({ "binding": "command", "transport": "streamable-http", "url": url,
                "headers": ["x-b", "X-A: secret"], "env": {}, "secretEnv": [], "network": "host", "sandbox": "none" });
        }),
    ];
    for (why, change) in changes {
        let (exit, said) = attest(change);
        assert_eq!(exit, Some(2), "{why}: {said}");
        assert!(said.contains("contradicts itself") && said.contains(why), "{why}: {said}");
    }
    // What is told of variables is held against what it proves.
    let (exit, said) = attest(&|p| p["launch"]["env"]["LD_PRELOAD"] = "/tmp/x.so".into());
    assert_eq!(exit, Some(0), "{said}");
    assert!(said.contains("LD_PRELOAD can make it run other code") && said.contains("`command`"), "{said}");
}

/// A file system of 64 KiB in a namespace of its own: room for the release and not for its evidence.
#[test]
fn a_full_disk_leaves_nothing_behind() {
    let test = "a_full_disk_leaves_nothing_behind";
    let desk = Desk::new();
    let disk = desk.folder.path().join("disk");
    fs::create_dir(&disk).unwrap();
    let capture = desk.path("capture.json");
    let server = desk.server();
    let output = run(&["manifest", "capture", "--out", &capture, "--", &server], &[]);
    assert!(output.status.success());

    let script = format!(
        "mount -t tmpfs -o size=64k none '{disk}' || exit 99
         cd '{disk}' && echo release > release && head -c 100000 /dev/zero > ballast
         '{mcpsign}' attest release --key '{key}' --capture '{capture}'
         echo \"exit $?\"; rm ballast; ls -A",
        disk = disk.display(),
        mcpsign = crate::support::mcpsign().display(),
        key = desk.path("key"),
    );
    let output = std::process::Command::new("/usr/bin/unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", &script])
        .env(PASSPHRASE.0, PASSPHRASE.1)
        .output();
    let Some(output) = output.ok().filter(|output| !matches!(output.status.code(), Some(99 | 1))) else {
        crate::support::skip(test, "a mount namespace (unshare --user --mount)");
        return;
    };
    let stdout = String::from_utf8(output.stdout).unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(stdout, "exit 2\nrelease\n", "{stderr}");
    assert!(stderr.contains("No space left on device") && stderr.contains("hint:"), "{stderr}");
}
