//! `mcpsign scan` as it is called.

use serde_json::{Value, json};

use crate::support::run;

fn scan(args: &[&str]) -> (i32, String, String) {
    let args: Vec<&str> = std::iter::once("scan").chain(args.iter().copied()).collect();
    let output = run(&args, &[]);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

const CONFIGURATION: &str = r#"{"mcpServers":{
    "pinned":{"command":"npx","args":["-y","@acme/files@1.4.1","--token","secret-value"],"env":{"KEY":"secret-value"}},
    "moving":{"command":"uvx","args":["acme-mail"]},
    "bridge":{"command":"sh","args":["-c","npx -y mcp-remote@0.1.15 https://mcp.example/sse"]},
    "remote":{"url":"https://user:secret-value@mcp.example/sse?key=secret-value"},
    "local":{"command":"node","args":["server.js"]}}}"#;

#[test]
fn i03_what_a_client_is_configured_to_start_is_listed_with_what_is_open() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("client.json");
    std::fs::write(&file, CONFIGURATION).unwrap();
    let file = file.to_str().unwrap();
    let (code, stdout, stderr) = scan(&[file, "--format", "json"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    let scanned: Value = serde_json::from_str(&stdout).unwrap();
    let servers = scanned["servers"].as_array().unwrap();
    let of = |name: &str| servers.iter().find(|server| server["name"] == name).unwrap();
    assert_eq!(of("pinned")["reference"], "pkg:npm/%40acme/files@1.4.1");
    assert_eq!(of("pinned")["open"], json!(["dependencies"]));
    assert_eq!(of("moving")["reference"], "pkg:pypi/acme-mail");
    assert_eq!(of("moving")["open"], json!(["version", "dependencies"]));
    assert_eq!(of("bridge")["reference"], "pkg:npm/mcp-remote@0.1.15");
    assert_eq!(of("bridge")["behind"]["reference"], "https://mcp.example/sse");
    assert_eq!(of("remote")["reference"], "https://mcp.example/sse");
    assert_eq!(of("local")["problem"], "it starts what lies on this machine: `node`");
    assert!(servers.iter().all(|server| server["source"] == file));
    let (code, human, _) = scan(&[file]);
    assert_eq!(code, 0);
    assert!(
        human.contains("5 servers: 1 in a version that the command leaves open, 1 without reference"),
        "{human}"
    );
    assert!(human.contains("behind it") && human.contains("https://mcp.example/sse"), "{human}");
    assert!(!human.contains("secret-value") && !stdout.contains("secret-value"));
    let schema = run(&["generate", "schema", "scan"], &[]).stdout;
    let validator = jsonschema::validator_for(&serde_json::from_slice(&schema).unwrap()).unwrap();
    let errors: Vec<String> = validator.iter_errors(&scanned).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
    assert!(!validator.is_valid(&json!({ "reportVersion": 1, "servers": [{ "name": "a" }] })));
}

/// Editors keep their settings with comments and with commas behind the last of a list.
#[test]
fn settings_of_editors_are_read_as_they_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("mcp.json");
    let settings = "{\n  // what the team uses\n  \"servers\": {\n    \"files\": { \"command\": \"npx\", \"args\": [\"-y\", \"@acme/files@1.4.1\",], },\n  },\n  \"inputs\": [],\n}\n";
    std::fs::write(&file, settings).unwrap();
    let (code, stdout, stderr) = scan(&[file.to_str().unwrap(), "--format", "json"]);
    assert_eq!(code, 0, "{stderr}");
    let scanned: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(scanned["servers"][0]["reference"], "pkg:npm/%40acme/files@1.4.1");
}

#[test]
fn one_command_is_read_and_not_started() {
    let dir = tempfile::tempdir().unwrap();
    let marker = dir.path().join("started");
    let touch = format!("touch {}", marker.display());
    for (command, expected) in [
        (
            &["npx", "-y", "x@1"][..],
            json!({ "reference": "pkg:npm/x", "asked": "1", "open": ["version", "dependencies"], "with": [] }),
        ),
        (
            &["sh", "-c", &touch],
            json!({ "open": [], "with": [], "problem": "it starts what lies on this machine: `touch`" }),
        ),
        (
            &["npx", "a\u{202e}b"],
            json!({ "open": [], "with": [], "problem": "it names no package or image" }),
        ),
    ] {
        let args: Vec<&str> = ["--format", "json", "--"].iter().chain(command).copied().collect();
        let (code, stdout, stderr) = scan(&args);
        let scanned: Value = serde_json::from_str(&stdout).unwrap_or_else(|_| panic!("{stdout}{stderr}"));
        assert_eq!((code, &scanned["servers"]), (0, &json!([expected])), "{command:?}");
    }
    assert!(!marker.exists());
}

#[test]
fn what_is_neither_a_configuration_nor_a_list_is_a_usage_error() {
    let dir = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let nowhere = dir.path().join("nowhere").to_str().unwrap().to_owned();
    let files = [
        nowhere,
        put("other.json", b"{}"),
        put("broken.json", b"{\"mcpServers\":"),
        put("twice.json", b"{\"mcpServers\":{},\"mcpServers\":{}}"),
        put("elsewhere.json", b"{\"mcpServers\":\"servers.json\"}"),
        put("image", b"\x7fELF\xff\xfe"),
    ];
    for file in &files {
        let (code, stdout, stderr) = scan(&[file]);
        assert_eq!((code, stdout.as_str()), (2, ""), "{file}");
        assert!(stderr.contains("hint: "), "{file}: {stderr}");
    }
    // One server that is none hides no other.
    let odd = put("odd.json", br#"{"mcpServers":{"a":{},"b":{"command":"npx","args":["x"]}}}"#);
    let (code, stdout, _) = scan(&[&odd, "--format", "json"]);
    let scanned: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((code, scanned["servers"][1]["reference"].as_str()), (0, Some("pkg:npm/x")));
    let problem = scanned["servers"][0]["problem"].as_str().unwrap();
    assert_eq!(problem, "it has neither a command nor an address that could be read");
    assert_eq!(scan(&[]).0, 2);
    assert_eq!(scan(&["--"]).0, 2);
    let list = put("commands.txt", b"npx -y x@1.0.0\nuvx y\ndocker run z\n");
    let (code, stdout, _) = scan(&[&list, "--format", "json"]);
    let scanned: Value = serde_json::from_str(&stdout).unwrap();
    let references: Vec<&str> = scanned["servers"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|server| server["reference"].as_str())
        .collect();
    assert_eq!((code, references), (0, vec!["pkg:npm/x@1.0.0", "pkg:pypi/y", "pkg:oci/z"]));
}
