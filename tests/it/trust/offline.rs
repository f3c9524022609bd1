//! `--offline` opens no socket.

use std::process::Command;

use super::commands::Desk;
use super::served::{Mirror, fixture};
use crate::support::{mcpsign, skip, workspace};

/// Whatever a verification could want of a network is there, and wanted: a repository that was fetched, a certificate's
/// issuer, a mirror that would gladly answer.
struct Offline {
    desk: Desk,
    mirror: Mirror,
}

impl Offline {
    fn new() -> Self {
        let (desk, mirror) = (Desk::new(), Mirror::of("first"));
        let (url, root) = (mirror.url(), fixture("first/1.root.json"));
        let root = root.to_str().unwrap();
        let update = ["trust", "update", "--instance", "acme", "--mirror", &url, "--root", root];
        desk.succeeds(&[&update[..], &["--insecure-loopback"]].concat());
        Self { desk, mirror }
    }

    /// Runs `arguments` by way of `wrapper`, which is the first of its own arguments, where an honest release lies.
    fn run(&self, wrapper: &[&str], arguments: &[&str]) -> std::process::Output {
        let proxy = self.mirror.url();
        let mut command = Command::new(wrapper[0]);
        command.args(&wrapper[1..]).arg(mcpsign()).args(arguments);
        command.current_dir(workspace().join("tests/vectors/verify_honest"));
        command.env("XDG_DATA_HOME", self.desk.folder.path());
        for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
            command.env(name, &proxy);
        }
        command.output().unwrap()
    }

    /// `verify --offline`.
    fn verify(&self, wrapper: &[&str]) -> std::process::Output {
        self.run(wrapper, &[&["verify", "--offline", "--trust", "acme"], &RELEASE[..]].concat())
    }
}

/// What is verified, and held to a root that is built in, too.
const RELEASE: [&str; 5] = ["--trust", "public-good", "acme-notes-mcp-1.4.0.tgz", "--public-key", "key.pub"];

#[track_caller]
fn allowed(output: &std::process::Output) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("offline: whether the keys of `acme` were replaced since"), "{said}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("acme (cache)"));
}

#[test]
fn offline_needs_no_network() {
    let probe = Command::new("unshare").args(["-rn", "true"]).output();
    if !probe.is_ok_and(|output| output.status.success()) {
        return skip("offline_needs_no_network", "`unshare -rn`");
    }
    let offline = Offline::new();
    let asked = offline.mirror.asked();
    allowed(&offline.verify(&["unshare", "-rn"]));
    allowed(&offline.verify(&["env"]));
    assert_eq!(offline.mirror.asked(), asked);
}

/// What a namespace does not show: that it is not even tried.
#[test]
fn offline_opens_no_socket() {
    let probe = Command::new("strace").args(["-f", "-e", "trace=network", "true"]).output();
    if !probe.is_ok_and(|output| output.status.success()) {
        return skip("offline_opens_no_socket", "strace");
    }
    let offline = Offline::new();
    let trace = offline.desk.path("trace");
    let wrapper = ["strace", "-f", "-o", trace.to_str().unwrap(), "-e", "trace=network,execve"];
    let sockets = || {
        let trace = std::fs::read_to_string(&trace).unwrap();
        assert!(trace.contains("execve("), "{trace}");
        trace.matches("socket").count()
    };
    allowed(&offline.verify(&wrapper));
    assert_eq!(sockets(), 0);
    // Every other command that has the flag; and some that ask nobody without it.
    let kept = offline.desk.path("advisories");
    let kept = ["--dir", kept.to_str().unwrap()];
    let sample = workspace().join("tests/advisories/sample");
    let decide = ["--offline", "--dry-run"];
    let approve = ["approve", "--scope", "team:payments", "--reason", "read", "--expires", "90"];
    let vsa = ["vsa", "--verifier-id", "https://acme.example/verifier"];
    let update = ["advisories", "update", "--offline", "--from", sample.to_str().unwrap()];
    for arguments in [
        &[&approve[..], &decide, &RELEASE].concat()[..],
        &[&vsa[..], &decide, &RELEASE].concat(),
        &[&update[..], &kept].concat(),
        &[&["advisories", "check", "--offline", "acme-notes-mcp-1.4.0.tgz"], &kept[..]].concat(),
        &["trust", "show"],
        &["inspect", "acme-notes-mcp-1.4.0.tgz.mcpsign.jsonl"],
        &["sbom", "generate", "acme-notes-mcp-1.4.0.tgz", "--format", "cyclonedx-1.6"],
    ] {
        let output = offline.run(&wrapper, arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(sockets(), 0, "{arguments:?}");
    }
    // What could only be had by one is refused.
    for reference in ["npm:acme-notes-mcp@1.4.0", "pypi:acme==1.0", "cargo:acme@1.0.0"] {
        let verify = ["verify", "--offline", reference, "--public-key", "key.pub"];
        let check = [&["advisories", "check", "--offline", reference], &kept[..]].concat();
        for arguments in [&verify[..], &check] {
            let output = offline.run(&wrapper, arguments);
            assert_eq!(output.status.code(), Some(2), "{arguments:?}");
            assert_eq!(sockets(), 0, "{arguments:?}");
        }
    }
    // The instrument shows what there is to see.
    let url = offline.mirror.url();
    let loud = ["trust", "update", "--instance", "acme", "--mirror", &url, "--insecure-loopback"];
    let mut command = Command::new(wrapper[0]);
    command.args(&wrapper[1..]).arg(mcpsign()).args(loud).env("XDG_DATA_HOME", offline.desk.folder.path());
    assert!(command.output().unwrap().status.success());
    assert!(sockets() > 0);
}

/// Nor does a server that is started reach further than whoever starts it.
#[test]
fn offline_starts_no_server_that_has_the_network() {
    let offline = Offline::new();
    let verify = ["verify", "--offline", "acme-notes-mcp-1.4.0.tgz", "--public-key", "key.pub"];
    for open in
        [&["--network", "host"][..], &["--sandbox", "off"], &["--sandbox", "off", "--network", "host"]]
    {
        let output = offline.run(&["env"], &[&verify, open, &["--", "/bin/false"]].concat());
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{open:?}: {said}");
        assert!(said.contains("`--offline` forbids it") && !said.contains("starting"), "{open:?}: {said}");
    }
    let output = offline.run(&["env"], &[&verify[..], &["--", "/bin/false"]].concat());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("offline: the server that is started has no network"), "{said}");
}
