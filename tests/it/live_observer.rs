//! Published packages by name, from the registries that this machine's own clients are configured for: fetched, installed
//! in the sandbox, observed, attested and verified by whoever did not make them.

use std::process::{Command, Output};

use serde_json::Value;

use crate::support;

/// A package, what asks for it, and what it is known to show.
struct Published {
    reference: &'static str,
    /// Program of the system without which it cannot be installed.
    client: &'static str,
    purl: &'static str,
    tools: usize,
    runtime: &'static str,
    lock: &'static str,
    /// What depends on what else the registry serves: one component at least.
    component: &'static str,
}

const PUBLISHED: [Published; 2] = [
    Published {
        reference: "npm:@modelcontextprotocol/server-memory@2026.8.31",
        client: "npm",
        purl: "pkg:npm/%40modelcontextprotocol/server-memory@2026.8.31",
        tools: 9,
        runtime: "node",
        lock: "package-lock.json",
        component: "pkg:npm/%40modelcontextprotocol/sdk@",
    },
    Published {
        reference: "pypi:mcp-server-time==2026.10.19",
        client: "python3",
        purl: "pkg:pypi/mcp-server-time@2026.10.19",
        tools: 2,
        runtime: "python",
        lock: "pylock.toml",
        component: "pkg:pypi/mcp@",
    },
];

/// A run in a folder of its own, with this machine's configuration.
fn mcpsign(folder: &tempfile::TempDir, args: &[&str]) -> Output {
    let mut command = Command::new(support::mcpsign());
    command.current_dir(folder).args(args).env("MCPSIGN_PASSPHRASE", "of an observer").output().unwrap()
}

#[test]
fn published_packages_are_attested_by_name_through_this_machines_clients() {
    let test = "published_packages_are_attested_by_name_through_this_machines_clients";
    for published in &PUBLISHED {
        let Published { reference, client, .. } = published;
        let folder = tempfile::tempdir().unwrap();
        assert!(mcpsign(&folder, &["keys", "generate", "--out", "key"]).status.success());
        let output = mcpsign(&folder, &["attest", reference, "--key", "key"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let cannot = ["evidence/registry-unreachable", "is found in no folder of the system"];
        if cannot.iter().any(|why| said.contains(why)) {
            support::skip(test, &format!("{reference}: {client} and a registry that it reaches"));
            continue;
        }
        assert!(output.status.success(), "{reference}: {said}");
        assert!(said.contains("in the sandbox"), "{reference}: {said}");
        hold(published, &folder);

        // What the registry serves now is what was attested.
        let evidence = evidence(&folder);
        let verify =
            ["verify", reference, "--public-key", "key.pub", "--format", "json", "--evidence", &evidence];
        let output = mcpsign(&folder, &verify);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((&report["verdict"], output.status.code()), (&"allow".into(), Some(0)), "{report}");
    }
}

/// The name of the only evidence file.
fn evidence(folder: &tempfile::TempDir) -> String {
    let names =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let found: Vec<String> = names.filter(|name| name.ends_with(".mcpsign.jsonl")).collect();
    let [only] = found.as_slice() else { panic!("{found:?}") };
    only.clone()
}

/// What was signed is what is known of the package.
fn hold(published: &Published, folder: &tempfile::TempDir) {
    use base64::Engine as _;
    let reference = published.reference;
    let lines = std::fs::read_to_string(folder.path().join(evidence(folder))).unwrap();
    let payloads = lines.lines().map(|line| {
        let bundle: Value = serde_json::from_str(line).unwrap();
        let payload = bundle["dsseEnvelope"]["payload"].as_str().unwrap();
        base64::engine::general_purpose::STANDARD.decode(payload).unwrap()
    });
    let statements: Vec<Value> = payloads.map(|bytes| serde_json::from_slice(&bytes).unwrap()).collect();
    let of = |ty: &str| &statements.iter().find(|one| one["predicateType"] == ty).unwrap()["predicate"];
    let manifest = of("https://mcpsign.dev/tool-manifest/v1");
    assert_eq!(manifest["kind"], "observer", "{reference}");
    assert_eq!(manifest["packages"][0]["purl"], published.purl);
    let profile = &manifest["profiles"][0];
    assert_eq!(profile["tools"].as_object().unwrap().len(), published.tools, "{reference}");
    let launch = &profile["launch"];
    assert_eq!(launch["binding"], "installed", "{reference}: {launch}");
    assert_eq!(launch["network"], "none", "{reference}");
    assert_eq!(launch["runtime"]["name"], published.runtime, "{reference}: {launch}");
    let locks = manifest["bindings"]["lockfiles"].as_array().unwrap();
    assert!(
        locks.iter().any(|lock| lock["path"] == published.lock && lock["origin"] == "resolved"),
        "{reference}: {locks:?}"
    );
    let components = of("https://cyclonedx.org/bom")["components"].as_array().unwrap();
    let has = |component: &Value| {
        component["purl"].as_str().is_some_and(|purl| purl.starts_with(published.component))
    };
    assert!(components.iter().any(has), "{reference}: {} is not among its components", published.component);
}
