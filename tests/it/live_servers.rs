//! Real MCP servers, pinned by lock file: captured twice, attested, verified.

use std::path::PathBuf;

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

fn npm_script(root: &std::path::Path, server: &str, entry: &str) -> String {
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
        let status = std::process::Command::new("git").current_dir(&repository).args(args).status().unwrap();
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
