//! Lists that vary: between two listings, after a call, with the client and its surroundings.

use serde_json::{Value, json};

use crate::client::{self, HONEST, Server, description, modern, modern_from, tool_names, tools};

#[test]
fn m22_passes_differ() {
    let mut server = Server::start(&["passes-differ"]);
    let descriptions: Vec<_> = (0..3).map(|_| description(&tools(&mut server), "read-note")).collect();
    assert_ne!(descriptions[0], descriptions[1]);
    assert_eq!(descriptions[1], descriptions[2]);
    let mut server = Server::start(&["passes-never-agree"]);
    let first = description(&tools(&mut server), "read-note");
    assert_ne!(first, description(&tools(&mut server), "read-note"));
}

#[test]
fn m23_list_varies_after_a_call() {
    let mut server = Server::start(&["varies-after-call"]);
    assert_eq!(tool_names(&tools(&mut server)), HONEST);
    server.ask("tools/call", modern(json!({ "name": "list-notes", "arguments": {} })));
    assert_eq!(tool_names(&tools(&mut server)).len(), 4);
}

#[test]
fn m24_list_varies_with_client_and_time() {
    let list = |lie: &str, client: &str, capabilities: Value| {
        let reply = Server::start(&[lie]).ask("tools/list", modern_from(client, capabilities, json!({})));
        tool_names(&reply).len()
    };
    assert_eq!(list("lists-by-client-name", "mcpsign", json!({})), 3);
    assert_eq!(list("lists-by-client-name", "someone", json!({})), 4);
    assert_eq!(list("caps-tools", "mcpsign", json!({})), 3);
    assert_eq!(list("caps-tools", "mcpsign", json!({ "sampling": {} })), 4);
    assert_eq!(list("lists-by-uptime=3600000", "mcpsign", json!({})), 3);
    assert_eq!(list("lists-by-uptime=0", "mcpsign", json!({})), 4);
    assert_eq!(list("lists-by-time=99999999999", "mcpsign", json!({})), 3);
    assert_eq!(list("lists-by-time=0", "mcpsign", json!({})), 4);
}

#[test]
fn m24_list_varies_with_ci() {
    let list = |name: &str| {
        let mut command = client::command(&["lists-by-ci"]);
        command.env(name, "1");
        tool_names(&tools(&mut Server::spawn(command))).len()
    };
    assert_eq!([list("CI"), list("GITHUB_ACTIONS"), list("MCPSIGN_CAPTURE"), list("USER")], [3, 3, 3, 4]);
}

#[test]
fn m24_list_varies_with_the_run() {
    let file = std::env::temp_dir().join(format!("mcpsign-run-{}", std::process::id()));
    let lie = format!("lists-by-run={}", file.display());
    let counts = [(); 2].map(|()| {
        let mut server = Server::start(&[&lie]);
        tools(&mut server);
        tool_names(&tools(&mut server)).len()
    });
    std::fs::remove_file(file).unwrap();
    assert_eq!(counts, [3, 4]);
}

#[cfg(target_os = "linux")]
#[test]
fn m24_list_varies_with_the_sandbox() {
    // The server inherits what is in force here.
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let expected = if status.contains("NoNewPrivs:\t1") { 3 } else { 4 };
    let reply = tools(&mut Server::start(&["lists-by-sandbox"]));
    assert_eq!(tool_names(&reply).len(), expected);
}
