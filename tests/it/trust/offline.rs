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

    /// `verify --offline` by way of `wrapper`, which is the first of its own arguments.
    fn verify(&self, wrapper: &[&str]) -> std::process::Output {
        let proxy = self.mirror.url();
        let mut command = Command::new(wrapper[0]);
        command.args(&wrapper[1..]).arg(mcpsign());
        command.args(["verify", "--offline", "--trust", "acme", "--trust", "public-good"]);
        command.args(["acme-notes-mcp-1.4.0.tgz", "--public-key", "key.pub"]);
        command.current_dir(workspace().join("tests/vectors/verify_honest"));
        command.env("XDG_DATA_HOME", self.desk.folder.path());
        for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
            command.env(name, &proxy);
        }
        command.output().unwrap()
    }
}

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
    // The instrument shows what there is to see.
    let url = offline.mirror.url();
    let loud = ["trust", "update", "--instance", "acme", "--mirror", &url, "--insecure-loopback"];
    let mut command = Command::new(wrapper[0]);
    command.args(&wrapper[1..]).arg(mcpsign()).args(loud).env("XDG_DATA_HOME", offline.desk.folder.path());
    assert!(command.output().unwrap().status.success());
    assert!(sockets() > 0);
}
