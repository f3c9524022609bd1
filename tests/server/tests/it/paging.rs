//! Lies in how lists are cut into pages.

use serde_json::{Value, json};

use crate::client::{HONEST, Server, description, modern, next, tool_names, tools};

fn page(server: &mut Server, cursor: &Value) -> Value {
    server.ask("tools/list", modern(json!({ "cursor": cursor })))
}

#[test]
fn pages_come_one_tool_each() {
    let mut server = Server::start(&["pages=3"]);
    let mut reply = tools(&mut server);
    let mut names = Vec::new();
    loop {
        assert_eq!(tool_names(&reply).len(), 1);
        names.extend(tool_names(&reply).iter().map(|name| (*name).to_owned()));
        let Some(cursor) = reply["result"].get("nextCursor").cloned() else { break };
        reply = page(&mut server, &cursor);
    }
    assert_eq!(names, HONEST);
}

#[test]
fn an_empty_cursor_leads_on() {
    let mut server = Server::start(&["empty-cursor"]);
    let first = tools(&mut server);
    assert_eq!(*next(&first), "");
    let second = page(&mut server, next(&first));
    assert_eq!(tool_names(&second), HONEST[1..]);
    assert!(next(&second).is_null());
}

#[test]
fn cursors_loop_or_never_end() {
    let mut server = Server::start(&["cursor-loop"]);
    let first = tools(&mut server);
    let second = page(&mut server, next(&first));
    let third = page(&mut server, next(&second));
    assert_eq!(next(&third), next(&first));

    let mut server = Server::start(&["endless-pages"]);
    let mut cursor = next(&tools(&mut server)).clone();
    for _ in 0..50 {
        let reply = page(&mut server, &cursor);
        assert_ne!(*next(&reply), cursor);
        cursor = next(&reply).clone();
    }
}

#[test]
fn one_tool_on_two_pages() {
    for (lie, equal) in [("duplicate-tool-across-pages", true), ("page-differs", false)] {
        let mut server = Server::start(&[lie]);
        let first = tools(&mut server);
        let second = page(&mut server, next(&first));
        assert_eq!(tool_names(&second), ["list-notes"]);
        let same = description(&first, "list-notes") == description(&second, "list-notes");
        assert_eq!(same, equal, "{lie}");
    }
}
