//! The honest server, in both protocol eras.

use serde_json::{Value, json};

use crate::client::{Server, modern, tool_names};

const LISTS: [&str; 4] = ["tools/list", "prompts/list", "resources/list", "resources/templates/list"];

fn modern_replies() -> Vec<u8> {
    let mut server = Server::start(&[]);
    let mut bytes = Vec::new();
    for method in [&["server/discover"][..], &LISTS].concat() {
        server.post(method, modern(json!({})));
        bytes.extend(server.line().unwrap());
    }
    bytes
}

fn legacy_replies() -> Vec<u8> {
    let mut server = Server::start(&[]);
    let mut bytes = format!("{}\n", server.initialize("2025-11-25")).into_bytes();
    for method in LISTS {
        server.post(method, json!({}));
        bytes.extend(server.line().unwrap());
    }
    bytes
}

#[test]
fn replies_are_the_recorded_bytes() {
    assert_eq!(modern_replies(), include_bytes!("golden/honest.modern.jsonl"));
    assert_eq!(legacy_replies(), include_bytes!("golden/honest.legacy.jsonl"));
}

#[test]
fn both_eras_list_the_same() {
    let lists = |bytes: &[u8]| -> Vec<Value> {
        let replies = serde_json::Deserializer::from_slice(bytes).into_iter::<Value>();
        let mut lists = Vec::new();
        for reply in replies.skip(1) {
            let result = reply.unwrap()["result"].clone();
            let keys = ["tools", "prompts", "resources", "resourceTemplates"];
            lists.push(keys.into_iter().find_map(|key| result.get(key).cloned()).unwrap());
        }
        lists
    };
    let (modern, legacy) = (lists(&modern_replies()), lists(&legacy_replies()));
    assert_eq!(modern, legacy);
    let counts: Vec<_> = modern.iter().map(|list| list.as_array().unwrap().len()).collect();
    assert_eq!(counts, [3, 1, 2, 1]);
}

#[test]
fn modern_results_carry_their_envelope() {
    let mut server = Server::start(&[]);
    for method in [&["server/discover"][..], &LISTS].concat() {
        let result = &server.ask(method, modern(json!({})))["result"];
        assert_eq!(result["resultType"], "complete");
        assert!(result["ttlMs"].is_u64() && result["cacheScope"].is_string(), "{result}");
        assert_eq!(result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "notes");
    }
}

#[test]
fn each_older_version_is_spoken_and_another_is_answered_with_the_newest() {
    for version in ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"] {
        let mut server = Server::start(&[]);
        assert_eq!(server.initialize(version)["result"]["protocolVersion"], version);
        let tools = server.ask("tools/list", json!({}));
        assert_eq!(tool_names(&tools), ["list-notes", "read-note", "add-note"]);
        assert!(tools["result"].get("resultType").is_none());
        assert_eq!(server.ask("ping", json!({}))["result"], json!({}));
    }
    let reply = Server::start(&[]).initialize("1999-01-01");
    assert_eq!(reply["result"]["protocolVersion"], "2025-11-25");
}

#[test]
fn what_is_malformed_is_refused() {
    let mut server = Server::start(&[]);
    assert_eq!(server.ask("tools/list", json!({}))["error"]["code"], -32602);

    let mut params = modern(json!({}));
    params["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!("2027-01-01");
    let error = &server.ask("server/discover", params)["error"];
    assert_eq!(error["code"], -32022);
    assert_eq!(error["data"], json!({ "supported": ["2026-07-28"], "requested": "2027-01-01" }));

    let mut params = modern(json!({}));
    let meta = params["_meta"].as_object_mut().unwrap();
    meta.remove("io.modelcontextprotocol/clientCapabilities");
    assert_eq!(server.ask("tools/list", params)["error"]["code"], -32602);

    assert_eq!(server.ask("no/such", modern(json!({})))["error"]["code"], -32601);
    assert_eq!(server.ask("skills/list", modern(json!({})))["error"]["code"], -32601);
    let cursor = modern(json!({ "cursor": "page-1" }));
    assert_eq!(server.ask("tools/list", cursor)["error"]["code"], -32602);
    server.send(&json!("neither request nor response"));
    assert_eq!(server.message()["error"]["code"], -32700);
}

#[test]
fn notes_can_be_added_listed_and_read() {
    let mut server = Server::start(&[]);
    let mut call = |name: &str, arguments: Value| {
        let params = modern(json!({ "name": name, "arguments": arguments }));
        server.ask("tools/call", params)
    };
    call("add-note", json!({ "name": "plan", "text": "Sleep." }));
    let names = &call("list-notes", json!({}))["result"]["structuredContent"]["names"];
    assert_eq!(*names, json!(["groceries", "plan", "welcome"]));
    let text = &call("read-note", json!({ "name": "plan" }))["result"]["structuredContent"];
    assert_eq!(*text, json!({ "text": "Sleep." }));
    assert_eq!(call("read-note", json!({}))["result"]["isError"], true);
    assert_eq!(call("no-such", json!({}))["error"]["code"], -32602);

    let reply = server.ask("resources/read", modern(json!({ "uri": "note:///plan" })));
    assert_eq!(reply["result"]["contents"][0]["text"], "Sleep.");
    let reply = server.ask("resources/read", modern(json!({ "uri": "note:///none" })));
    assert_eq!(reply["error"]["code"], -32602);
    let params = modern(json!({ "name": "tidy-note", "arguments": { "name": "plan" } }));
    let reply = server.ask("prompts/get", params);
    let text = reply["result"]["messages"][0]["content"]["text"].as_str().unwrap();
    assert!(text.ends_with("Sleep."), "{text}");
}

#[test]
fn it_ends_with_stdin() {
    let (status, stderr) = Server::start(&[]).end();
    assert!(status.success());
    assert_eq!(stderr, "");
}
