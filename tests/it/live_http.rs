//! Real servers over Streamable HTTP: the same items as over pipes.

use std::collections::BTreeMap;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{self, run};

/// A real server that ends with its owner.
struct Live {
    child: Child,
    port: u16,
}

impl Live {
    /// Starts `command` on a free port, which `tell` tells it.
    fn start(tell: impl Fn(u16) -> Command) -> Self {
        // Free a moment ago. Where somebody else was faster, the server ends at once.
        for _ in 0..5 {
            let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let mut command = tell(port);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            let mut live = Self { child: command.spawn().unwrap(), port };
            let until = Instant::now() + Duration::from_secs(60);
            while Instant::now() < until && live.child.try_wait().unwrap().is_none() {
                if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                    return live;
                }
                std::thread::sleep(Duration::from_millis(50));
            }
        }
        panic!("the server did not start");
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/{path}", self.port)
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn capture(args: &[&str]) -> Value {
    let output = run(&[&["manifest", "capture"], args].concat(), &[]);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn remote(url: &str, era: &str) -> Value {
    capture(&["--url", url, "--insecure-loopback", "--protocol", era])
}

/// Digests of every item, by list.
fn items(capture: &Value) -> BTreeMap<&str, &Value> {
    let profile = &capture["profiles"][0];
    ["tools", "prompts", "resources", "resourceTemplates", "instructions", "serverInfo"]
        .into_iter()
        .map(|list| (list, &profile[list]))
        .collect()
}

fn version(capture: &Value) -> &str {
    capture["profiles"][0]["protocolVersion"].as_str().unwrap()
}

fn everything(root: &Path, port: u16, mode: &str) -> Command {
    let script = root.join("node_modules/@modelcontextprotocol/server-everything/dist/index.js");
    let mut command = Command::new("node");
    command.arg(script).arg(mode).env("PORT", port.to_string());
    command
}

#[test]
fn server_everything_shows_the_same_over_http() {
    let Some(root) = support::real_servers("live_http", "npm") else { return };
    let script = root.join("node_modules/@modelcontextprotocol/server-everything/dist/index.js");
    let piped = capture(&["--", "node", script.to_str().unwrap()]);
    let live = Live::start(|port| everything(&root, port, "streamableHttp"));
    let first = remote(&live.url("mcp"), "auto");
    assert_eq!(version(&first), version(&piped));
    assert_eq!(items(&first), items(&piped));
    let second = remote(&live.url("mcp"), "auto");
    assert_eq!(first["profiles"][0]["surfaceDigest"], second["profiles"][0]["surfaceDigest"]);
}

#[test]
fn server_everything_on_the_old_transport_is_refused_by_name() {
    let Some(root) = support::real_servers("live_http", "npm") else { return };
    let live = Live::start(|port| everything(&root, port, "sse"));
    let output = run(&["manifest", "capture", "--url", &live.url("sse"), "--insecure-loopback"], &[]);
    assert_eq!(output.status.code(), Some(3));
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(stderr.contains("capture/old-transport"), "{stderr}");
}

#[test]
fn the_python_sdk_shows_the_same_in_both_eras_and_kinds_of_answer() {
    let Some(root) = support::real_servers("live_http", "pypi") else { return };
    let python = root.join("bin/python");
    let script = support::workspace().join("tests/real-servers/remote.py");
    let piped = capture(&["--", python.to_str().unwrap(), script.to_str().unwrap(), "stdio"]);
    assert_eq!(version(&piped), "2026-07-28");
    for mode in ["sse", "json"] {
        let live = Live::start(|port| {
            let mut command = Command::new(&python);
            command.arg(&script).arg(mode).arg(port.to_string());
            command
        });
        for (era, expected) in [("auto", "2026-07-28"), ("legacy", "2025-11-25")] {
            let over_http = remote(&live.url("mcp"), era);
            assert_eq!(version(&over_http), expected, "{mode}");
            assert_eq!(items(&over_http), items(&piped), "{mode} {era}");
        }
    }
}
