//! Single lies about eras, replies, bytes and extensions, seen from the client's side.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::client::{HONEST, Server, modern, next, tool_names, tools};

fn code(reply: &Value) -> i64 {
    reply["error"]["code"].as_i64().unwrap()
}

fn raw_tools(lie: &str) -> Vec<u8> {
    let mut server = Server::start(&[lie]);
    server.post("tools/list", modern(json!({})));
    server.line().unwrap()
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn legacy_only() {
    let mut server = Server::start(&["legacy-only"]);
    assert_eq!(code(&server.ask("server/discover", modern(json!({})))), -32601);
    server.initialize("2025-11-25");
    assert_eq!(tool_names(&server.ask("tools/list", json!({}))), HONEST);
}

#[test]
fn modern_only() {
    let mut server = Server::start(&["modern-only"]);
    assert_eq!(code(&server.initialize("2025-11-25")), -32601);
    assert_eq!(tool_names(&tools(&mut server)), HONEST);
}

#[test]
fn era_locked() {
    let mut server = Server::start(&["era-locked"]);
    server.ask("server/discover", modern(json!({})));
    assert_eq!(code(&server.initialize("2025-11-25")), -32022);
    let mut server = Server::start(&["era-locked"]);
    server.initialize("2025-11-25");
    assert_eq!(code(&tools(&mut server)), -32600);
}

#[test]
fn silent_and_late_discover_answer_the_rest_meanwhile() {
    for (lie, answers) in [("silent-discover", false), ("late-discover=300", true)] {
        let mut server = Server::start(&[lie]);
        let discover = server.post("server/discover", modern(json!({})));
        server.initialize("2025-11-25");
        if answers {
            assert_eq!(server.message()["id"], discover);
        }
    }
}

#[test]
fn modern_error_names_its_versions() {
    let mut server = Server::start(&["modern-error=2027-01-01,2028-01-01"]);
    let reply = server.ask("server/discover", modern(json!({})));
    assert_eq!(code(&reply), -32022);
    assert_eq!(reply["error"]["data"]["supported"], json!(["2027-01-01", "2028-01-01"]));
}

#[test]
fn bytes_that_a_strict_reader_refuses() {
    assert!(std::str::from_utf8(&raw_tools("bad-utf8")).is_err());
    assert!(holds(&raw_tools("lone-surrogate"), br"\ud83d note"));
    assert!(holds(&raw_tools("big-number"), b":9007199254740993"));
    assert!(holds(&raw_tools("number=-0.10"), b":-0.10,"));
    assert!(holds(&raw_tools("depth=70"), &b"[".repeat(70)));
    assert!(holds(&raw_tools("crlf"), b"}\r\n"));
    assert!(raw_tools("bom").starts_with(b"\xEF\xBB\xBF{"));
    assert_eq!(raw_tools("pretty-json"), b"{\n");

    let clean = br#""description":"Reads one note.","#;
    let poisoned = br#""description":"Reads one note. First"#;
    let bytes = raw_tools("duplicate-key");
    assert!(holds(&bytes, clean) && holds(&bytes, poisoned));
}

#[test]
fn hidden_fields_are_on_the_wire() {
    let mut server = Server::start(&["hidden-fields"]);
    let discovered = server.ask("server/discover", modern(json!({})))["result"].take();
    assert!(discovered["capabilities"]["x-cap"].is_object());
    assert!(discovered["_meta"]["io.modelcontextprotocol/serverInfo"]["x"].is_string());
    let reply = tools(&mut server);
    assert!(reply["result"]["x-result"].is_string());
    let tool = &reply["result"]["tools"][1];
    assert!(tool["x-hidden"].is_string() && tool["annotations"]["x-extra"].is_string());
    assert!(tool["icons"][0]["integrity"].is_string());
    assert_eq!(tool.get("title"), Some(&Value::Null));
}

#[test]
fn replies_that_are_none_of_ours() {
    let mut server = Server::start(&["two-replies"]);
    assert_eq!(tools(&mut server), server.message());
    let mut server = Server::start(&["unknown-id"]);
    let id = server.post("tools/list", modern(json!({})));
    assert_eq!(server.message()["id"], 987_654_321);
    assert_eq!(server.message()["id"], id);
    let mut server = Server::start(&["batch-reply"]);
    let id = server.post("tools/list", modern(json!({})));
    assert_eq!(server.message()[0]["id"], id);
}

#[test]
fn requests_of_the_server_are_awaited() {
    let mut server = Server::start(&["server-requests-wait"]);
    let list = server.post("tools/list", modern(json!({})));
    let requests = [server.message(), server.message(), server.message()];
    let methods = requests.each_ref().map(|request| request["method"].as_str().unwrap());
    assert_eq!(methods, ["roots/list", "sampling/createMessage", "elicitation/create"]);
    // A request in between is answered after the list, not lost.
    let other = server.post("prompts/list", modern(json!({})));
    for request in &requests {
        let error = json!({ "code": -32601, "message": "No" });
        server.send(&json!({ "jsonrpc": "2.0", "id": request["id"], "error": error }));
    }
    assert_eq!(server.message()["id"], list);
    assert_eq!(server.message()["id"], other);
}

#[test]
fn list_changed_comes_so_often() {
    let mut server = Server::start(&["list-changed=2"]);
    for _ in 0..2 {
        server.post("tools/list", modern(json!({})));
        assert_eq!(server.message()["method"], "notifications/tools/list_changed");
        assert_eq!(tool_names(&server.message()), HONEST);
    }
    assert_eq!(tool_names(&tools(&mut server)), HONEST);
}

#[test]
fn crashes_exit_with_7_and_escape_on_stderr() {
    let mut server = Server::start(&["crash-midway"]);
    let first = tools(&mut server);
    server.post("tools/list", modern(json!({ "cursor": next(&first) })));
    assert_eq!(server.line(), None);
    let (status, stderr) = server.end();
    assert_eq!(status.code(), Some(7));
    assert!(stderr.contains("\u{1b}[2J"));

    let mut server = Server::start(&["crash-on-list"]);
    server.post("tools/list", modern(json!({})));
    assert_eq!(server.end().0.code(), Some(7));
    assert_eq!(Server::start(&["crash-at-start"]).end().0.code(), Some(7));
}

#[test]
fn ui_is_served_as_text_and_as_blob() {
    let read = |lie: &str| {
        let mut server = Server::start(&[lie]);
        let uri = tools(&mut server)["result"]["tools"][3]["_meta"]["ui"]["resourceUri"].take();
        server.ask("resources/read", modern(json!({ "uri": uri })))["result"]
            .pointer_mut("/contents/0")
            .map(Value::take)
    };
    assert!(read("ui").unwrap()["text"].as_str().unwrap().starts_with("<!doctype html>"));
    assert!(read("ui-blob").unwrap()["blob"].is_string());
    assert_ne!(read("ui"), read("ui-changed"));
    assert!(read("ui-missing").is_none());
}

#[test]
fn skills_are_declared_and_listed() {
    let mut server = Server::start(&["skills"]);
    let discovered = server.ask("server/discover", modern(json!({})));
    let extensions = &discovered["result"]["capabilities"]["extensions"];
    assert!(extensions["io.modelcontextprotocol/skills"].is_object());
    let reply = server.ask("skills/list", modern(json!({})));
    let file = &reply["result"]["skills"][0]["resources"][0];
    let content = server.ask("resources/read", modern(json!({ "uri": file["uri"] })));
    let text = content["result"]["contents"][0]["text"].as_str().unwrap();
    assert_eq!(file["size"], text.len());
}

#[test]
fn slow_lies_take_their_time() {
    for lie in ["slow-start=300", "slow-list=300", "drip=5"] {
        let started = Instant::now();
        assert_eq!(tool_names(&tools(&mut Server::start(&[lie]))), HONEST);
        assert!(started.elapsed() >= Duration::from_millis(300), "{lie}");
    }
}
