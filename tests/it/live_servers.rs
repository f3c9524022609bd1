//! Real MCP servers, pinned by lock file: captured twice, attested, verified.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::{self, run};

/// A server from npm: its package and the arguments that it cannot do without.
const NPM: [(&str, &str, &[&str]); 4] = [
    ("server-everything", "dist/index.js", &[]),
    ("server-filesystem", "dist/index.js", &["{work}"]),
    ("server-memory", "dist/index.js", &[]),
    ("server-sequential-thinking", "dist/index.js", &[]),
];
const PYPI: [&str; 3] = ["mcp-server-git", "mcp-server-time", "mcp-server-fetch"];

fn capture(options: &[&str], command: &[&str]) -> Value {
    let mut args = vec!["manifest", "capture"];
    args.extend(options);
    args.push("--");
    args.extend(command);
    let output = run(&args, &[]);
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("a capture file")
}

/// Twice, and the profile digests are equal; gives the first back.
fn captured_twice(options: &[&str], command: &[&str]) -> Value {
    let (first, second) = (capture(options, command), capture(options, command));
    for digest in ["wireDigest", "surfaceDigest"] {
        assert_eq!(first["profiles"][0][digest], second["profiles"][0][digest], "{command:?}: {digest}");
    }
    first
}

/// The tools of a reference capture, as digests computed by our library from the recorded reply.
fn reference_tools(file: &str) -> std::collections::BTreeMap<String, String> {
    use mcpsign_schemas::canonical::{Json, Limits};
    let path = support::workspace().join("tests/captures").join(file);
    let json = Json::parse(&std::fs::read(path).unwrap(), Limits::bytes(1 << 20)).unwrap();
    let pages = json.get("tools/list").and_then(Json::as_array).unwrap();
    pages
        .iter()
        .flat_map(|page| page.get("result").and_then(|r| r.get("tools")).and_then(Json::as_array).unwrap())
        .map(|tool| (tool.get("name").and_then(Json::as_str).unwrap().to_owned(), tool.sha256().to_string()))
        .collect()
}

fn tools(capture: &Value) -> std::collections::BTreeMap<String, String> {
    capture["profiles"][0]["tools"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, digests)| (name.clone(), digests["wire"].as_str().unwrap().to_owned()))
        .collect()
}

fn npm_script(root: &Path, server: &str, entry: &str) -> String {
    let path: PathBuf = root.join("node_modules/@modelcontextprotocol").join(server).join(entry);
    path.to_str().unwrap().to_owned()
}

#[test]
fn npm_servers_capture_alike_in_two_runs() {
    let Some(root) = support::real_servers("npm_servers_capture_alike_in_two_runs", "npm") else { return };
    for (server, entry, args) in NPM {
        let script = npm_script(&root, server, entry);
        let mut command = vec!["node", script.as_str()];
        command.extend(args);
        let capture = captured_twice(&[], &command);
        let profile = &capture["profiles"][0];
        assert_eq!(profile["protocolVersion"], "2025-11-25", "{server}");
        assert_eq!(profile["launch"]["argv"][0], "{runtime:node}", "{server}");
        let file = format!("{}.raw.json", server.trim_start_matches("server-"));
        assert_eq!(tools(&capture), reference_tools(&file), "{server}");
    }
}

#[test]
fn pypi_servers_capture_alike_in_two_runs_and_speak_both_eras() {
    let Some(root) = support::real_servers("pypi_servers_capture_alike_in_two_runs", "pypi") else { return };
    let repository = tempfile::tempdir().unwrap();
    let git = |args: &[&str]| {
        let status = Command::new("git").current_dir(&repository).args(args).status().unwrap();
        assert!(status.success());
    };
    git(&["init", "--quiet"]);
    for server in PYPI {
        let program = root.join("bin").join(server);
        let program = program.to_str().unwrap();
        let mut command = vec![program];
        if server == "mcp-server-git" {
            command.extend(["--repository", repository.path().to_str().unwrap()]);
        }
        // The zone stands in a description, and the reference was captured under this one.
        let zone = ["--env", "TZ=Etc/UTC"];
        let modern = captured_twice(&zone, &command);
        assert_eq!(modern["profiles"][0]["protocolVersion"], "2026-07-28", "{server}");
        let legacy = captured_twice(&[&zone[..], &["--protocol", "legacy"]].concat(), &command);
        assert_eq!(legacy["profiles"][0]["protocolVersion"], "2025-11-25", "{server}");
        for kind in ["tools", "prompts", "resources", "resourceTemplates"] {
            assert_eq!(modern["profiles"][0][kind], legacy["profiles"][0][kind], "{server}: {kind}");
        }
        if let Some(reference) = server.strip_prefix("mcp-server-").filter(|name| *name != "fetch") {
            assert_eq!(tools(&modern), reference_tools(&format!("{reference}.modern.raw.json")), "{server}");
            assert_eq!(tools(&legacy), reference_tools(&format!("{reference}.raw.json")), "{server}");
        }
    }
}

/// The README's five minutes: a project folder, `npm pack`, `attest` without an argument, `verify` elsewhere.
#[test]
fn a_release_is_found_attested_and_verified_without_an_argument() {
    let test = "a_release_is_found_attested_and_verified_without_an_argument";
    let Some(root) = support::real_servers(test, "npm") else { return };
    let desk = tempfile::tempdir().unwrap();
    let project = desk.path().join("project");
    let package = root.join("node_modules/@modelcontextprotocol/server-filesystem");
    let copied = Command::new("cp").arg("-r").arg(&package).arg(&project).status().unwrap();
    assert!(copied.success());
    std::os::unix::fs::symlink(root.join("node_modules"), project.join("node_modules")).unwrap();
    // A tarball of an older version lies beside it and is not mixed in.
    std::fs::write(project.join("modelcontextprotocol-server-filesystem-2020.1.1.tgz"), "stale").unwrap();
    let packed = Command::new("npm")
        .current_dir(&project)
        .args(["pack", "--ignore-scripts", "--silent"])
        .output()
        .unwrap();
    assert!(packed.status.success(), "{}", String::from_utf8_lossy(&packed.stderr));
    let tarball = String::from_utf8(packed.stdout).unwrap().trim().to_owned();

    let mcpsign = |folder: &Path, args: &[&str]| {
        let mut command = Command::new(support::mcpsign());
        command.current_dir(folder).args(args).env("MCPSIGN_PASSPHRASE", "five minutes").output().unwrap()
    };
    assert!(mcpsign(&project, &["keys", "generate", "--out", "release.key"]).status.success());
    let attested = mcpsign(&project, &["attest", "--key", "release.key"]);
    let said = String::from_utf8_lossy(&attested.stderr);
    assert!(attested.status.success(), "{said}");
    for found in [
        "package.json: @modelcontextprotocol/server-filesystem",
        &tarball,
        "launch command: node",
        "no lock file",
    ] {
        assert!(said.contains(found), "{found} is not in {said}");
    }
    assert!(!project.join("modelcontextprotocol-server-filesystem-2020.1.1.tgz.mcpsign.jsonl").exists());

    let elsewhere = desk.path().join("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    for file in [&tarball, &format!("{tarball}.mcpsign.jsonl"), "release.key.pub"] {
        std::fs::rename(project.join(file), elsewhere.join(file)).unwrap();
    }
    let script = package.join("dist/index.js");
    let script = script.to_str().unwrap();
    let verify = |more: &[&str]| {
        let args = ["verify", &tarball, "--public-key", "release.key.pub", "--format", "json"];
        let output = mcpsign(&elsewhere, &[&args[..], more].concat());
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    assert_eq!(verify(&[])["verdict"], "allow");
    assert_eq!(verify(&["--", "node", script, desk.path().to_str().unwrap()])["verdict"], "allow");
    // Another server is another server.
    let memory = npm_script(&root, "server-memory", "dist/index.js");
    assert_eq!(verify(&["--", "node", &memory])["verdict"], "deny");
}
