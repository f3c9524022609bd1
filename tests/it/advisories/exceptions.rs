//! An advisory is borne by whoever may, by its name and for a while: through the command line.

use std::fs;
use std::process::Output;

use serde_json::{Value, json};

use super::incidents::{attest, npm_release};
use crate::projects::Desk;
use crate::support::run;

const PASSPHRASE: (&str, &str) = ("MCPSIGN_PASSPHRASE", "of a test");

/// Lets the security team bear vulnerabilities, and malware that it names.
fn policy(desk: &Desk) -> String {
    let pem = |key: &str| fs::read_to_string(desk.at(&format!("{key}.pub"))).unwrap();
    let key = |name: &str| json!({ "name": name, "publicKey": pem(name), "time": "allow-unverified" });
    let manifest = "https://mcpsign.dev/tool-manifest/v1";
    let document = json!({
        "schema": "mcpsign.dev/policy/v1", "name": "acme", "keys": [key("key"), key("security")],
        "signers": [
            { "name": "publisher", "key": "key", "kinds": ["publisher"], "predicates": [manifest, "https://cyclonedx.org/bom"] },
            { "name": "security", "key": "security", "predicates": ["https://mcpsign.dev/approval/v1"] }
        ],
        "rules": [{
            "name": "all", "match": "any-server", "signers": ["publisher", "security"],
            "require": {
                "predicates": [manifest], "sbom": "bound",
                "manifest": { "comparison": "subset", "observation": "if-given", "binding": "command", "capture": "any-form", "resources": "ignore" },
                "advisories": { "snapshot": "required", "severity": "low", "unevaluated": "accept" },
                "exceptions": { "by": ["security"], "scope": "all", "codes": ["advisories/vulnerable"] }
            }
        }]
    });
    desk.write("policy.json", &document.to_string());
    desk.text("policy.json")
}

#[test]
fn b45_an_advisory_is_borne_by_its_name_and_no_other_with_it() {
    let desk = npm_release("acme-files", "1.0.0", &[("mcp-remote", "0.1.15"), ("zod", "4.4.3")]);
    attest(&desk);
    let (release, kept, security) = (desk.text("release"), desk.text("advisories"), desk.text("security"));
    assert!(run(&["keys", "generate", "--out", &security], &[PASSPHRASE]).status.success());
    let (policy, evidence, out) =
        (policy(&desk), desk.text("release.mcpsign.jsonl"), desk.text("except.jsonl"));
    let verify = |more: &[&str]| -> Value {
        let args = ["verify", &release, "--policy", &policy, "--advisories", &kept, "--format", "json"];
        let output = run(&[&args[..], more].concat(), &[]);
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
    };
    let except = |more: &[&str]| -> Output {
        let args = [
            "approve",
            &release,
            "--policy",
            &policy,
            "--advisories",
            &kept,
            "--key",
            &security,
            "--out",
            &out,
            "--scope",
            "all",
            "--reason",
            "not reachable",
            "--expires",
            "7",
            "--except",
            "advisories/vulnerable",
        ];
        run(&[&args[..], more].concat(), &[PASSPHRASE])
    };
    let denied = verify(&[]);
    assert_eq!(
        (denied["verdict"].as_str(), denied["findings"][0]["code"].as_str()),
        (Some("deny"), Some("advisories/vulnerable")),
        "{denied:#}"
    );
    let ids: Vec<&str> = denied["advisories"]["matches"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one["id"].as_str())
        .collect();
    assert_eq!(ids, ["CVE-2025-6514"]);
    // What is wrong besides the advisory that is named leaves nothing behind.
    let other = except(&["--advisory", "CVE-2025-0000"]);
    assert_eq!(other.status.code(), Some(1), "{other:?}");
    assert!(!fs::exists(&out).unwrap());
    let made = except(&["--advisory", "CVE-2025-6514"]);
    assert!(made.status.success(), "{made:?}");

    let allowed = verify(&["--evidence", &evidence, "--evidence", &out]);
    assert_eq!(allowed["verdict"], "allow", "{allowed:#}");
    let codes: Vec<&str> =
        allowed["findings"].as_array().unwrap().iter().filter_map(|one| one["code"].as_str()).collect();
    assert!(codes.contains(&"freshness/excepted") && codes.contains(&"advisories/vulnerable"), "{codes:?}");
    assert!(allowed["signers"].as_array().unwrap().iter().any(|signer| signer["rule"] == "security"));
}
