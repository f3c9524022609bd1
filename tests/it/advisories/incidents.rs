//! Incidents of the catalogue from start to end: a release is attested with its SBOM, somebody publishes an advisory, and
//! whoever verifies the release afterwards learns of it.

use std::fs;

use mcpsign_schemas::json_schema::published;
use serde_json::{Value, json};

use crate::projects::Desk;
use crate::support::{run, test_server, workspace};

/// An unpacked release of an npm package with these dependencies, as its lock file pins them.
pub(super) fn npm_release(name: &str, version: &str, dependencies: &[(&str, &str)]) -> Desk {
    let asked: Value =
        dependencies.iter().map(|(name, version)| ((*name).to_owned(), json!(version))).collect();
    let root = json!({ "name": name, "version": version, "dependencies": asked });
    let mut packages = json!({ "": root });
    for (name, version) in dependencies {
        packages[format!("node_modules/{name}")] = json!({ "version": version });
    }
    let lock = json!({ "name": name, "version": version, "lockfileVersion": 3, "packages": packages });
    let desk = Desk::new();
    desk.write("release/package.json", &root.to_string());
    desk.write("release/package-lock.json", &lock.to_string());
    desk
}

/// Attests the release, and puts the repository's own sample of advisories beside it.
pub(super) fn attest(desk: &Desk) {
    attest_with(desk, &[]);
}

/// Likewise, with these options.
pub(super) fn attest_with(desk: &Desk, options: &[&str]) {
    fs::create_dir_all(desk.at("release/bin")).unwrap();
    fs::copy(test_server(), desk.at("release/bin/server")).unwrap();
    let (key, release, kept) = (desk.text("key"), desk.text("release"), desk.text("advisories"));
    let server = desk.text("release/bin/server");
    let sample = workspace().join("tests/advisories/sample");
    for args in [
        &["keys", "generate", "--out", &key][..],
        &[&["attest", &release, "--key", &key], options, &["--", &server]].concat(),
        &["advisories", "update", "--from", sample.to_str().unwrap(), "--dir", &kept],
    ] {
        let output = run(args, &[("MCPSIGN_PASSPHRASE", "of a test")]);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// Verifies it, with the advisories or without.
pub(super) fn verify(desk: &Desk, advisories: bool) -> (Value, i32) {
    let (release, public, kept) = (desk.text("release"), desk.text("key.pub"), desk.text("advisories"));
    let mut args = vec!["verify", &release, "--public-key", &public, "--format", "json"];
    if advisories {
        args.extend(["--advisories", &kept]);
    }
    let output = run(&args, &[]);
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{error}: {}", String::from_utf8_lossy(&output.stderr));
    });
    (report, output.status.code().unwrap())
}

/// Denied for these advisories and nothing else.
#[track_caller]
fn denied(desk: &Desk, ids: &[&str]) -> Value {
    attest(desk);
    assert_eq!(verify(desk, false).1, 0, "before anybody asks what is known of it");
    let (report, exit) = verify(desk, true);
    assert_eq!((report["verdict"].as_str(), exit), (Some("deny"), 1), "{report:#}");
    assert_eq!(report["stages"]["advisories"]["state"], "failed");
    let (_, schema) =
        published().into_iter().find(|(name, _)| *name == "report.schema.json").expect("published");
    assert!(jsonschema::is_valid(&schema, &report));
    let errors = report["findings"].as_array().unwrap().iter().filter(|finding| finding["level"] == "error");
    let codes: Vec<&str> = errors.map(|finding| finding["code"].as_str().unwrap()).collect();
    assert_eq!(codes, vec!["advisories/vulnerable"; ids.len()], "{report:#}");
    let matches = report["advisories"]["matches"].as_array().unwrap();
    let found: Vec<&str> = matches.iter().map(|found| found["id"].as_str().unwrap()).collect();
    assert_eq!(found, ids);
    report
}

#[track_caller]
fn allowed(desk: &Desk) {
    attest(desk);
    let (report, exit) = verify(desk, true);
    assert_eq!((report["verdict"].as_str(), exit), (Some("allow"), 0), "{report:#}");
    assert_eq!(report["stages"]["advisories"]["state"], "passed");
    assert_eq!(report["advisories"]["matches"], json!([]));
}

#[test]
fn i03_mcp_remote_deep_in_the_lock_file() {
    let report = denied(
        &npm_release("acme-files", "1.0.0", &[("mcp-remote", "0.1.15"), ("zod", "4.4.3")]),
        &["CVE-2025-6514"],
    );
    let found = &report["advisories"]["matches"][0];
    assert_eq!(
        (found["purl"].as_str(), found["severity"].as_str()),
        (Some("pkg:npm/mcp-remote@0.1.15"), Some("critical"))
    );
    assert_eq!(
        (report["advisories"]["ageDays"].as_u64(), report["advisories"]["records"].as_u64()),
        (Some(0), Some(6))
    );
    assert_eq!(report["advisories"]["components"]["checked"], 3);
    allowed(&npm_release("acme-files", "1.0.0", &[("mcp-remote", "0.1.16"), ("zod", "4.4.3")]));
    allowed(&npm_release("acme-files", "1.0.0", &[("mcp-remote", "0.0.4")]));
}

#[test]
fn i04_the_inspector_itself() {
    denied(
        &npm_release("@modelcontextprotocol/inspector", "0.14.0", &[("zod", "4.4.3")]),
        &["CVE-2025-49596"],
    );
    allowed(&npm_release("@modelcontextprotocol/inspector", "0.14.1", &[("zod", "4.4.3")]));
}

#[test]
fn i08_figma_developer_mcp_itself() {
    denied(&npm_release("figma-developer-mcp", "0.6.2", &[("zod", "4.4.3")]), &["CVE-2025-53967"]);
    allowed(&npm_release("figma-developer-mcp", "0.6.3", &[("zod", "4.4.3")]));
}

/// Whoever builds on the server has its bugs.
#[test]
fn i09_mcp_server_git_under_another_server() {
    let with = |version: &str| {
        let desk = Desk::new();
        let lock = format!(
            "lock-version = \"1.0\"\ncreated-by = \"uv\"\n[[packages]]\nname = \"MCP_Server.Git\"\nversion = \"{version}\"\n[[packages]]\nname = \"click\"\nversion = \"8.3.0\"\n"
        );
        desk.write("release/pylock.toml", &lock);
        desk
    };
    denied(&with("2025.11.25"), &["CVE-2025-68144", "CVE-2025-68145"]);
    denied(&with("2025.7.1"), &["CVE-2025-68143", "CVE-2025-68144", "CVE-2025-68145"]);
    allowed(&with("2025.12.18"));
}
