//! Each lie in the table makes a difference to an honest run.

use std::io::{Read, Write};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

use serde_json::{Value, json};

use crate::client::{self, modern_from, tool_names};

/// Without a trace in a run of this kind, with the reason; each has a test of its own.
const WITHOUT_A_TRACE: &[&str] = &[
    "marker",                  // leaves a file
    "swap",                    // leaves what was there
    "slow-start",              // takes time
    "drip",                    // takes time
    "grandchild",              // leaves a process
    "grandchild-clears-env",   // leaves a process
    "grandchild-holds-stdout", // leaves a process
    "lists-by-run",            // the first run is honest
    "lists-by-sandbox",        // depends on where the tests run
];

#[derive(Debug, PartialEq)]
struct Run {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    /// `None`: it was still there when patience ended.
    status: Option<ExitStatus>,
}

/// Both eras over one connection, all requests sent ahead and stdin closed behind them.
fn script() -> Vec<u8> {
    let modern = |more: Value| modern_from("someone", json!({ "sampling": {} }), more);
    let legacy = json!({
        "protocolVersion": "2025-06-18", "capabilities": {},
        "clientInfo": { "name": "someone", "version": "1" },
    });
    let call = json!({ "name": "list-notes", "arguments": {} });
    let requests = [
        ("server/discover", modern(json!({}))),
        ("tools/list", modern(json!({}))),
        ("tools/list", modern(json!({}))),
        ("tools/list", modern(json!({ "cursor": "page-1" }))),
        ("prompts/list", modern(json!({}))),
        ("resources/list", modern(json!({}))),
        ("resources/templates/list", modern(json!({}))),
        ("resources/read", modern(json!({ "uri": "ui://notes/board.html" }))),
        ("skills/list", modern(json!({}))),
        ("tools/call", modern(call)),
        ("tools/list", modern(json!({}))),
        ("initialize", legacy),
        ("tools/list", json!({})),
    ];
    let mut lines = Vec::new();
    for (id, (method, params)) in requests.iter().enumerate() {
        let request = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        writeln!(lines, "{request}").unwrap();
    }
    lines
}

fn run(lies: &[&str], folder: &std::path::Path) -> Run {
    let mut child = client::command(lies).current_dir(folder).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // A server that exits early closes the pipe: no failure here.
    let _ = stdin.write_all(&script());
    drop(stdin);
    let (sender, done) = channel();
    // More than any lie writes that ends.
    let mut stdout = child.stdout.take().unwrap().take(1 << 20);
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = stdout.read_to_end(&mut bytes);
        let _ = sender.send(bytes);
    });
    let stderr = child.stderr.take().unwrap();
    let errors = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = { stderr }.read_to_end(&mut bytes);
        bytes
    });
    let Ok(stdout) = done.recv_timeout(Duration::from_secs(5)) else {
        child.kill().unwrap();
        child.wait().unwrap();
        return Run { stdout: done.recv().unwrap(), stderr: errors.join().unwrap(), status: None };
    };
    let status = Some(child.wait().unwrap());
    Run { stdout, stderr: errors.join().unwrap(), status }
}

fn examples() -> Vec<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_mcpsign-test-server"))
        .arg("--list-lies")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
}

#[test]
fn each_lie_leaves_a_trace() {
    let folder = std::env::temp_dir().join(format!("mcpsign-every-lie-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let honest = run(&[], &folder);
    assert!(honest.status.unwrap().success());
    assert_eq!(honest, run(&[], &folder));
    let examples = examples();
    assert!(examples.len() > 90, "{}", examples.len());
    for example in &examples {
        let name = example.split('=').next().unwrap();
        let lied = run(&[example], &folder);
        let expected = !WITHOUT_A_TRACE.contains(&name);
        if name != "lists-by-sandbox" {
            assert_eq!(lied != honest, expected, "{example}");
        }
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn the_list_names_a_sentence_for_each() {
    let output = Command::new(env!("CARGO_BIN_EXE_mcpsign-test-server")).arg("--list-lies").output().unwrap();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        assert!(line.split_whitespace().count() > 2 && line.ends_with('.'), "{line}");
    }
}

#[test]
fn lies_can_be_combined() {
    let folder = std::env::temp_dir();
    let run = run(&["extra-tool", "reordered-tools", "chatter-before"], &folder);
    let text = String::from_utf8(run.stdout).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("Notes server, ready."));
    let reply: Value = serde_json::from_str(lines.nth(1).unwrap()).unwrap();
    assert_eq!(tool_names(&reply), ["sync-notes", "add-note", "read-note", "list-notes"]);
}

#[test]
fn what_is_not_known_exits_with_2() {
    let wrong: [&[&str]; 6] = [
        &["--lie", "no-such-lie"],
        &["--lie", "pages"],
        &["--lie", "pages=many"],
        &["--lie", "no-tools=1"],
        &["--lie"],
        &["notes"],
    ];
    for args in wrong {
        let output = Command::new(env!("CARGO_BIN_EXE_mcpsign-test-server")).args(args).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(output.stdout.is_empty());
        assert!(output.stderr.starts_with(b"mcpsign-test-server: "), "{args:?}");
    }
}
