//! Signing with an instance by its name: what was imported or fetched, and nothing in its place.

use jiff::Timestamp;
use mcpsign_collect::http::{self, Options, PlainHttp};
use mcpsign_evidence::trust::{self, Store, UpdateRequest};
use mcpsign_simulator::Simulator;
use mcpsign_simulator::serve::{Running, Service};
use serde_json::{Value, json};

use super::commands::Desk;
use super::served::{Mirror, fixture};

const SUBJECT: &str = "release@acme.example";
const ISSUER: &str = "https://login.acme.example";

/// A desk with a file, a token and the configuration of an instance on loopback.
fn desk(running: &Running) -> Desk {
    let desk = Desk::new();
    let claims = json!({ "iss": ISSUER, "sub": "4711", "email": SUBJECT, "email_verified": true });
    desk.write("token", &running.simulator().token(&claims));
    desk.write("acme.json", &running.client_trust_config_json().to_string());
    desk.write("root.json", &running.trusted_root_json().to_string());
    desk.write("a.bin", "what is released");
    desk
}

fn path(desk: &Desk, name: &str) -> String {
    desk.path(name).to_str().unwrap().to_owned()
}

fn attest(desk: &Desk, flags: &[&str]) -> std::process::Output {
    let (file, token, out) = (path(desk, "a.bin"), path(desk, "token"), path(desk, "out.jsonl"));
    let all = ["attest", &file, "--no-manifest", "--keyless", "--identity-token", &token];
    desk.mcpsign(&[&all[..], &["--evidence-out", &out], flags].concat())
}

#[test]
fn what_was_imported_signs_and_verifies_by_its_name() {
    let running = Simulator::new().serve();
    let desk = desk(&running);
    desk.succeeds(&["trust", "import", &path(&desk, "acme.json")]);
    let signed = attest(&desk, &["--trust", "acme"]);
    assert!(signed.status.success(), "{}", String::from_utf8_lossy(&signed.stderr));
    assert_eq!(running.asked(Service::Fulcio), 1);

    let (file, evidence) = (path(&desk, "a.bin"), path(&desk, "out.jsonl"));
    let verify = ["verify", &file, "--evidence", &evidence, "--identity", SUBJECT, "--issuer", ISSUER];
    let report = |flags: &[&str]| -> Value {
        let output = desk.mcpsign(&[&verify[..], &["--format", "json"], flags].concat());
        serde_json::from_slice(&output.stdout).unwrap()
    };
    // There is no manifest, so nothing more.
    let report = report(&["--trust", "acme"]);
    assert_eq!(report["stages"]["signature"]["state"], "passed", "{report:#}");
    assert_eq!(report["findings"][0]["code"], "manifest/missing");
    assert_eq!(report["trustRoots"][0]["name"], "acme");
}

/// Each says why, nobody is asked, nothing is written.
#[test]
fn b36_what_a_name_does_not_have_is_taken_from_nowhere_else() {
    let running = Simulator::new().serve();
    let desk = desk(&running);
    desk.succeeds(&["trust", "import", &path(&desk, "root.json"), "--name", "bare"]);
    // Fetched, with a signing configuration that names nothing.
    let mirror = Mirror::of("first");
    let (url, root) = (mirror.url(), fixture("first/1.root.json"));
    let update = ["trust", "update", "--instance", "fetched", "--insecure-loopback", "--mirror", &url];
    desk.succeeds(&[&update[..], &["--root", root.to_str().unwrap()]].concat());
    let mirror = Mirror::of("aged");
    let client = http::client(&Options { plain_http: PlainHttp::Loopback, ..Options::default() }).unwrap();
    let (url, root) = (mirror.url().parse().unwrap(), fixture("aged/1.root.json"));
    let request = UpdateRequest { name: "aged", mirror: Some(&url), root: Some(&root) };
    let then: Timestamp = "2025-12-01T00:00:00Z".parse().unwrap();
    trust::update(&Store::at(&desk.path("mcpsign/trust")), &request, &client, then).unwrap();
    desk.write("mcpsign/trust/public-good.json", "{}");

    for (flags, said) in [
        (&["--trust", "nobody"][..], "no trust root is known by the name `nobody`"),
        (&["--trust", "../acme"], "is no name of a trust root"),
        (&["--trust", "github"], "nothing says which services of `github` sign"),
        (&["--trust", "bare"], "nothing says which services of `bare` sign"),
        (&["--trust", "fetched"], "no certificate authority that counts"),
        (&["--trust", "aged"], "the trust root `aged` has expired"),
        (&[], "the stored trust root `public-good` cannot be used"),
    ] {
        let refused = attest(&desk, flags);
        let stderr = String::from_utf8_lossy(&refused.stderr);
        assert_eq!(refused.status.code(), Some(2), "{flags:?}: {stderr}");
        assert!(stderr.contains(said) && stderr.contains("hint: "), "{flags:?}: {stderr}");
        assert!(!desk.path("out.jsonl").exists(), "{flags:?}");
    }
    let both = attest(&desk, &["--trust", "bare", "--trust-config", &path(&desk, "acme.json")]);
    assert_eq!(both.status.code(), Some(2));
    assert_eq!(running.asked(Service::Fulcio), 0);
}
