//! Starts the server and talks to it in raw lines.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use serde_json::{Value, json};

/// Long enough for a loaded machine; no test passes by waiting for it.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn command(lies: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mcpsign-test-server"));
    command.env_clear().env("LANG", "C.UTF-8");
    for lie in lies {
        command.args(["--lie", lie]);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A running server, asked one thing at a time.
pub(crate) struct Server {
    pub(crate) child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<Vec<u8>>,
    next_id: u64,
}

impl Server {
    pub(crate) fn start(lies: &[&str]) -> Self {
        Self::spawn(command(lies))
    }

    pub(crate) fn spawn(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            let mut line = Vec::new();
            while stdout.read_until(b'\n', &mut line).is_ok_and(|size| size > 0) {
                if sender.send(std::mem::take(&mut line)).is_err() {
                    break;
                }
            }
        });
        let stdin = child.stdin.take();
        Self { child, stdin, lines, next_id: 0 }
    }

    pub(crate) fn send(&mut self, message: &Value) {
        writeln!(self.stdin.as_mut().unwrap(), "{message}").unwrap();
    }

    /// The next line, or `None` when stdout is closed.
    pub(crate) fn line(&self) -> Option<Vec<u8>> {
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("no line came"),
        }
    }

    pub(crate) fn is_silent_for(&self, time: Duration) -> bool {
        self.lines.recv_timeout(time) == Err(RecvTimeoutError::Timeout)
    }

    pub(crate) fn message(&self) -> Value {
        serde_json::from_slice(&self.line().expect("stdout is closed")).unwrap()
    }

    /// Sends a request and gives the next message, which must be its answer.
    pub(crate) fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.post(method, params);
        let reply = self.message();
        assert_eq!(reply["id"], id, "{reply}");
        reply
    }

    /// Sends a request and gives its id.
    pub(crate) fn post(&mut self, method: &str, params: Value) -> u64 {
        self.next_id += 1;
        let id = self.next_id;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        id
    }

    pub(crate) fn initialize(&mut self, version: &str) -> Value {
        let reply = self.ask(
            "initialize",
            json!({
                "protocolVersion": version, "capabilities": {},
                "clientInfo": { "name": "mcpsign", "version": "0.1.0" },
            }),
        );
        self.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        reply
    }

    /// Closes stdin; the server is expected to end. Gives status and stderr.
    pub(crate) fn end(mut self) -> (ExitStatus, String) {
        drop(self.stdin.take());
        let status = self.child.wait().unwrap();
        let mut stderr = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        (status, stderr)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The params of a 2026-07-28 request, with more members.
pub(crate) fn modern(more: Value) -> Value {
    modern_from("mcpsign", json!({}), more)
}

pub(crate) fn modern_from(client: &str, capabilities: Value, mut params: Value) -> Value {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { "name": client, "version": "0.1.0" },
        "io.modelcontextprotocol/clientCapabilities": capabilities,
    });
    params
}

/// The honest server's tools.
pub(crate) const HONEST: [&str; 3] = ["list-notes", "read-note", "add-note"];

pub(crate) fn tools(server: &mut Server) -> Value {
    server.ask("tools/list", modern(json!({})))
}

pub(crate) fn next(reply: &Value) -> &Value {
    &reply["result"]["nextCursor"]
}

pub(crate) fn description(reply: &Value, tool: &str) -> String {
    let tools = reply["result"]["tools"].as_array().unwrap();
    let tool = tools.iter().find(|candidate| candidate["name"] == tool).unwrap();
    tool["description"].as_str().unwrap().to_owned()
}

pub(crate) fn tool_names(reply: &Value) -> Vec<&str> {
    let tools = reply["result"]["tools"].as_array().unwrap();
    tools.iter().map(|tool| tool["name"].as_str().unwrap_or("?")).collect()
}

/// The description of `report:///NAME`, by lines.
pub(crate) fn report(lies: &[&str]) -> Vec<String> {
    let reply = Server::start(lies).ask("resources/list", modern(json!({})));
    let report = reply["result"]["resources"].as_array().unwrap().last().unwrap().clone();
    assert!(report["uri"].as_str().unwrap().starts_with("report:///"), "{report}");
    report["description"].as_str().unwrap().lines().map(str::to_owned).collect()
}
