//! Services behind TLS that nobody trusts: they were not reached, and waiting is no help.

use std::process::{Command, Output};

use mcpsign_simulator::serve::{Running, Service};

use super::{github_token, instance};
use crate::http::tls::Front;
use crate::support;
use crate::trust::served::Mirror;

/// Attests a file with `service` behind TLS.
fn attest(
    (folder, running): &(tempfile::TempDir, Running),
    service: (&str, Service),
    names: &[&str],
    trusts: bool,
) -> Output {
    let front = Front::before(port(running.url(service.1)), names);
    let mut config = running.client_trust_config_json();
    let url = &mut config["signingConfig"][service.0][0]["url"];
    let rest = url.as_str().unwrap().strip_prefix(running.url(service.1)).unwrap().to_owned();
    *url = format!("https://localhost:{}{rest}", front.port).into();
    std::fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
    std::fs::write(folder.path().join("token"), running.simulator().token(&github_token())).unwrap();
    std::fs::write(folder.path().join("a.bin"), "one").unwrap();
    let mut command = Command::new(support::mcpsign());
    command.args(["attest", "a.bin", "--no-manifest", "--keyless", "--identity-token", "token", "--force"]);
    command.args(["--trust-config", "config.json"]).current_dir(folder.path());
    if trusts {
        command.env("SSL_CERT_FILE", front.ca());
    }
    command.output().unwrap()
}

fn port(url: &str) -> u16 {
    url.rsplit(':').next().unwrap().parse().unwrap()
}

#[test]
fn a_service_whose_certificate_nobody_trusts_was_not_reached() {
    let desk = instance();
    for (list, service) in
        [("caUrls", Service::Fulcio), ("tsaUrls", Service::Tsa), ("rekorTlogUrls", Service::RekorV2)]
    {
        let trusted = attest(&desk, (list, service), &["localhost"], true);
        assert!(trusted.status.success(), "{}", String::from_utf8_lossy(&trusted.stderr));
        std::fs::remove_file(desk.0.path().join("a.bin.mcpsign.jsonl")).unwrap();
        let asked = desk.1.asked(service);
        for (names, trusts) in [(["localhost"], false), (["other.example"], true)] {
            let refused = attest(&desk, (list, service), &names, trusts);
            let said = String::from_utf8_lossy(&refused.stderr);
            assert_eq!(refused.status.code(), Some(3), "{service:?}: {said}");
            for part in ["attest/service-missing", "asked once", "because of its TLS: ", "`SSL_CERT_FILE`"] {
                assert!(said.contains(part), "{service:?}: {part} is not in: {said}");
            }
            assert!(!desk.0.path().join("a.bin.mcpsign.jsonl").exists());
        }
        assert_eq!(desk.1.asked(service), asked, "{service:?}");
    }
}

#[test]
fn a_mirror_whose_certificate_nobody_trusts_was_not_reached() {
    let mirror = Mirror::of("first");
    let front = Front::before(port(mirror.url().strip_suffix("/tuf").unwrap()), &["localhost"]);
    let folder = tempfile::tempdir().unwrap();
    let url = format!("https://localhost:{}/tuf", front.port);
    let root = crate::trust::served::fixture("first/1.root.json");
    let update = |ca: &[&str]| {
        let arguments = ["trust", "update", "--instance", "acme", "--mirror", &url, "--root"];
        Command::new(support::mcpsign())
            .args(arguments)
            .arg(&root)
            .args(ca)
            .env("XDG_DATA_HOME", folder.path())
            .output()
            .unwrap()
    };
    let refused = update(&[]);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(3), "{said}");
    assert!(said.contains("because of its TLS: ") && said.contains("`--ca FILE`"), "{said}");
    let trusted = update(&["--ca", front.ca().to_str().unwrap()]);
    assert!(trusted.status.success(), "{}", String::from_utf8_lossy(&trusted.stderr));
}
