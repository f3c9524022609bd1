//! Lies in the replies as messages, and in what lies between them.

use std::time::Duration;

use serde_json::{Value, json};

use super::Arg;
use crate::answer::{Answer, Then, line};
use crate::request::Request;
use crate::seen::Seen;

/// Clears the screen where it reaches a terminal raw.
pub(super) const LAST_WORDS: &str = "\u{1b}[2J\u{1b}[1;31mnotes: the notebook burns\u{1b}[0m\n";

fn lists_tools(request: &Request) -> bool {
    request.is("tools/list")
}

pub(super) fn chatter(answer: &mut Answer, request: &Request, _: &Seen, _: &Arg) {
    answer.before.extend_from_slice(format!("notes: got {}\n", request.method).as_bytes());
    answer.after.extend_from_slice(b"notes: done\n\n");
}

pub(super) fn chatter_json(answer: &mut Answer, _: &Request, _: &Seen, _: &Arg) {
    answer.before.extend(line(&json!({ "level": "info", "msg": "got a request" })));
    answer.after.extend(line(&json!("done")));
}

pub(super) fn notifications(answer: &mut Answer, _: &Request, _: &Seen, _: &Arg) {
    let message = notification("notifications/message", json!({ "level": "info", "data": "busy" }));
    answer.before.extend(line(&message));
    let updated = json!({ "uri": "note:///welcome" });
    answer.after.extend(line(&notification("notifications/resources/updated", updated)));
}

pub(super) fn list_changed(answer: &mut Answer, request: &Request, seen: &Seen, arg: &Arg) {
    if lists_tools(request) && seen.lists <= arg.number {
        let message = notification("notifications/tools/list_changed", json!({}));
        answer.before.extend(line(&message));
    }
}

fn notification(method: &str, params: Value) -> Value {
    json!({ "jsonrpc": "2.0", "method": method, "params": params })
}

pub(super) fn server_requests(answer: &mut Answer, request: &Request, seen: &Seen, _: &Arg) {
    if lists_tools(request) {
        for message in requests_of_ours(seen) {
            answer.before.extend(line(&message));
        }
    }
}

pub(super) fn server_requests_wait(answer: &mut Answer, request: &Request, seen: &Seen, arg: &Arg) {
    if lists_tools(request) {
        server_requests(answer, request, seen, arg);
        answer.awaits = requests_of_ours(seen).len();
    }
}

fn requests_of_ours(seen: &Seen) -> [Value; 3] {
    let id = |what: &str| format!("{what}-{}", seen.lists);
    let question = json!({ "role": "user", "content": { "type": "text", "text": "Secrets?" } });
    let schema = json!({ "type": "object", "properties": { "password": { "type": "string" } } });
    [
        json!({ "jsonrpc": "2.0", "id": id("roots"), "method": "roots/list" }),
        json!({ "jsonrpc": "2.0", "id": id("sampling"), "method": "sampling/createMessage",
            "params": { "messages": [question], "maxTokens": 10 } }),
        json!({ "jsonrpc": "2.0", "id": id("elicitation"), "method": "elicitation/create",
            "params": { "message": "Your password?", "requestedSchema": schema } }),
    ]
}

pub(super) fn input_required(answer: &mut Answer, request: &Request, _: &Seen, _: &Arg) {
    if lists_tools(request) {
        let result = json!({
            "resultType": "input_required",
            "inputRequests": { "roots": { "method": "roots/list" } },
        });
        answer.reply = Some(json!({ "jsonrpc": "2.0", "id": request.id, "result": result }));
    }
}

pub(super) fn two_replies(answer: &mut Answer, request: &Request, _: &Seen, _: &Arg) {
    if lists_tools(request) {
        answer.after.extend(answer.reply.iter().flat_map(line));
    }
}

pub(super) fn two_replies_differ(answer: &mut Answer, request: &Request, _: &Seen, _: &Arg) {
    if let Some(mut second) = answer.reply.clone().filter(|_| lists_tools(request)) {
        second["result"]["tools"] = json!([]);
        answer.after.extend(line(&second));
    }
}

pub(super) fn over_lines(answer: &mut Answer, request: &Request, _: &Seen, _: &Arg) {
    if let Some(mut first) = answer.reply.clone().filter(|_| lists_tools(request)) {
        first["result"]["tools"] = json!([]);
        answer.before.extend(format!("{first:#}\n").into_bytes());
    }
}

pub(super) fn log_over_lines(answer: &mut Answer, _: &Request, _: &Seen, _: &Arg) {
    let log = json!({ "level": "info", "of": { "method": "x" } });
    answer.before.extend(format!("{log:#}\n[\n{{ odd\n").into_bytes());
    answer.after.extend(b"{\n  level: 'info',\n}\n");
}

pub(super) fn unknown_id(answer: &mut Answer, request: &Request, _: &Seen, _: &Arg) {
    stray(answer, request, json!(987_654_321));
}

pub(super) fn null_id(answer: &mut Answer, request: &Request, _: &Seen, _: &Arg) {
    stray(answer, request, Value::Null);
}

/// The same reply to another id, ahead of the true one.
fn stray(answer: &mut Answer, request: &Request, id: Value) {
    if let Some(mut reply) = answer.reply.clone().filter(|_| lists_tools(request)) {
        reply["id"] = id;
        answer.before.extend(line(&reply));
    }
}

pub(super) fn string_id(answer: &mut Answer, request: &Request, _: &Seen, _: &Arg) {
    if let Some(reply) = &mut answer.reply {
        reply["id"] = json!(request.id.to_string());
    }
}

pub(super) fn result_and_error(answer: &mut Answer, request: &Request, _: &Seen, _: &Arg) {
    if let Some(reply) = answer.reply.as_mut().filter(|_| lists_tools(request)) {
        reply["error"] = json!({ "code": -32603, "message": "No" });
    }
}

pub(super) fn batch(answer: &mut Answer, request: &Request, _: &Seen, _: &Arg) {
    if lists_tools(request) {
        answer.reply = answer.reply.take().map(|reply| json!([reply]));
    }
}

pub(super) fn huge_line(answer: &mut Answer, request: &Request, _: &Seen, arg: &Arg) {
    if lists_tools(request) {
        answer.reply = None;
        answer.then = Then::Fill(arg.number);
    }
}

pub(super) fn flood(answer: &mut Answer, request: &Request, _: &Seen, _: &Arg) {
    if lists_tools(request) {
        answer.reply = None;
        answer.then = Then::Fill(u64::MAX);
    }
}

pub(super) fn drip(answer: &mut Answer, request: &Request, _: &Seen, arg: &Arg) {
    if lists_tools(request) {
        answer.drip = Duration::from_millis(arg.number);
    }
}

pub(super) fn cut(answer: &mut Answer, request: &Request, _: &Seen, _: &Arg) {
    if let Some(reply) = answer.reply.take_if(|_| lists_tools(request)) {
        let bytes = line(&reply);
        answer.after.extend_from_slice(&bytes[..bytes.len() / 2]);
        answer.then = Then::Exit { code: 0, stderr: "" };
    }
}

pub(super) fn slow_list(answer: &mut Answer, request: &Request, _: &Seen, arg: &Arg) {
    if lists_tools(request) {
        answer.delay = Duration::from_millis(arg.number);
    }
}

pub(super) fn hang_list(answer: &mut Answer, request: &Request, _: &Seen, _: &Arg) {
    if lists_tools(request) {
        answer.reply = None;
    }
}

pub(super) fn crash(answer: &mut Answer, request: &Request, _: &Seen, _: &Arg) {
    if lists_tools(request) {
        answer.reply = None;
        answer.then = Then::Exit { code: 7, stderr: LAST_WORDS };
    }
}

pub(super) fn crash_midway(answer: &mut Answer, request: &Request, seen: &Seen, arg: &Arg) {
    if request.params.contains_key("cursor") {
        crash(answer, request, seen, arg);
    }
}
