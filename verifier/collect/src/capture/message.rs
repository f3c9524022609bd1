//! One line of a server's output, read as JSON-RPC 2.0 and nothing looser.

use mcpsign_schemas::canonical::{Json, JsonError, JsonErrorKind, Limits, Object};
use mcpsign_schemas::code::{Code, capture as code};
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::untrusted::Untrusted;

/// What a line holds.
#[derive(Debug)]
pub(crate) enum Line {
    /// No message: not JSON, or JSON that is no message and could not be taken for one.
    Chatter,
    /// One message.
    Message(Message),
    /// Several in an array, as revisions up to 2025-03-26 allowed.
    Batch(Vec<Message>),
}

/// One JSON-RPC message.
#[derive(Debug)]
pub(crate) enum Message {
    /// An answer to the request `id`.
    Reply { id: Json, outcome: Outcome },
    /// A request of the server's own.
    Request { id: Json, method: String },
    /// A notification.
    Notification { method: String },
}

/// How a request was answered.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    /// With a result.
    Result(Json),
    /// With an error.
    Error(RpcError),
}

/// The error object of a reply.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RpcError {
    /// JSON-RPC's or MCP's number.
    pub(crate) code: i64,
    /// The server's words.
    pub(crate) message: String,
    /// Whatever else it says.
    pub(crate) data: Option<Json>,
}

/// Reads one line.
///
/// # Errors
/// What some client would read as a message although it is no strict JSON or no JSON-RPC 2.0.
pub(crate) fn read(line: &[u8], max_bytes: usize) -> Result<Line, Finding> {
    let json = match Json::parse(line, Limits::bytes(max_bytes)) {
        Ok(json) => json,
        Err(error) if looks_like_message(line) => return Err(refusal(&error, line)),
        Err(_) => return Ok(Line::Chatter),
    };
    match json {
        Json::Object(object) => Ok(message(object)?.map_or(Line::Chatter, Line::Message)),
        Json::Array(elements) => batch(elements),
        _ => Ok(Line::Chatter),
    }
}

/// An array without any message is chatter; beside a message, everything must be one.
fn batch(elements: Vec<Json>) -> Result<Line, Finding> {
    let all = elements.len();
    let mut messages = Vec::new();
    for element in elements {
        if let Json::Object(object) = element {
            messages.extend(message(object)?);
        }
    }
    match messages.len() {
        0 => Ok(Line::Chatter),
        some if some == all => Ok(Line::Batch(messages)),
        _ => Err(bad("a batch holds what is no message")),
    }
}

/// The message that `object` is, `None` where it has no member that any client would go by.
pub(crate) fn message(mut object: Object) -> Result<Option<Message>, Finding> {
    let has = |name: &str| object.contains_key(name);
    if !["jsonrpc", "method", "result", "error"].into_iter().any(has) {
        return Ok(None);
    }
    if object.get("jsonrpc").and_then(Json::as_str) != Some("2.0") {
        // A log line may well have an `error`, or a `method`; with an id, too, a lax client takes it for a reply.
        if !has("jsonrpc") && !(has("id") && (has("result") || has("error"))) {
            return Ok(None);
        }
        return Err(bad("`jsonrpc` is not \"2.0\""));
    }
    match (has("method"), has("result"), has("error")) {
        (true, false, false) => {
            let Some(method) = object.get("method").and_then(Json::as_str).map(str::to_owned) else {
                return Err(bad("`method` is not a string"));
            };
            match object.remove("id") {
                None => Ok(Some(Message::Notification { method })),
                Some(id) => Ok(Some(Message::Request { id: check_id(id)?, method })),
            }
        }
        (false, true, false) => {
            let result = object.remove("result").unwrap_or(Json::Null);
            Ok(Some(Message::Reply { id: reply_id(&mut object)?, outcome: Outcome::Result(result) }))
        }
        (false, false, true) => {
            let error = object.remove("error").unwrap_or(Json::Null);
            let error = RpcError {
                code: error.get("code").and_then(Json::as_i64).ok_or_else(|| bad("an error has no code"))?,
                message: error.get("message").and_then(Json::as_str).unwrap_or_default().to_owned(),
                data: error.get("data").cloned(),
            };
            Ok(Some(Message::Reply { id: reply_id(&mut object)?, outcome: Outcome::Error(error) }))
        }
        _ => Err(bad("it is not exactly one of request, result and error")),
    }
}

fn reply_id(object: &mut Object) -> Result<Json, Finding> {
    check_id(object.remove("id").ok_or_else(|| bad("a reply has no id"))?)
}

fn check_id(id: Json) -> Result<Json, Finding> {
    match id {
        Json::Null | Json::Number(_) | Json::String(_) => Ok(id),
        Json::Bool(_) | Json::Array(_) | Json::Object(_) => {
            Err(bad("an id is neither a number nor a string"))
        }
    }
}

fn bad(what: &str) -> Finding {
    Finding::new(code::BAD_MESSAGE, format!("a message is not JSON-RPC 2.0: {what}"))
}

/// The code for a violation of strict JSON.
pub(crate) const fn json_code(kind: &JsonErrorKind) -> Code {
    match kind {
        JsonErrorKind::DuplicateKey { .. } => code::DUPLICATE_KEY,
        JsonErrorKind::TooDeep => code::TOO_DEEP,
        JsonErrorKind::NumberNotExact { .. } => code::NUMBER_NOT_EXACT,
        JsonErrorKind::TooLarge => code::OVER_BUDGET,
        JsonErrorKind::InvalidUtf8
        | JsonErrorKind::LoneSurrogate
        | JsonErrorKind::ByteOrderMark
        | JsonErrorKind::Syntax { .. }
        | JsonErrorKind::TrailingData
        | JsonErrorKind::Typed(_) => code::INVALID_JSON,
    }
}

/// Says which rule `line` broke and where.
pub(crate) fn refusal(error: &JsonError, line: &[u8]) -> Finding {
    // The neighbourhood tells the server's author which item it is in.
    let from = error.offset.saturating_sub(60).min(line.len());
    let near =
        String::from_utf8_lossy(line.get(from..(error.offset + 20).min(line.len())).unwrap_or_default());
    Finding::new(
        json_code(&error.kind),
        format!("a reply is refused: {}", Untrusted::new(&error.to_string())),
    )
    .found(near.into_owned())
}

/// Whether a client that is laxer than we are could read a message here: an object with a member, or an array
/// that begins with one, after whatever some decoder skips. Logs such as `[INFO] …` or `{ level: 'info' }` do not.
fn looks_like_message(line: &[u8]) -> bool {
    let line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
    let mut significant = line.iter().filter(|byte| !byte.is_ascii_whitespace() && **byte != 0);
    match significant.next() {
        Some(b'{') => matches!(significant.next(), Some(b'"')),
        Some(b'[') => matches!((significant.next(), significant.next()), (Some(b'{'), Some(b'"'))),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: usize = 1 << 20;

    fn code_of(line: &[u8]) -> Code {
        read(line, MAX).expect_err("refused").code
    }

    #[test]
    fn the_three_kinds_of_message_are_told_apart() {
        let reply = read(br#"{"jsonrpc":"2.0","id":1.0,"result":{}}"#, MAX);
        assert!(matches!(reply, Ok(Line::Message(Message::Reply { id, .. })) if id == Json::from(1)));
        let error = read(br#"{"jsonrpc":"2.0","id":"1","error":{"code":-32601,"message":"no"}}"#, MAX);
        assert!(
            matches!(error, Ok(Line::Message(Message::Reply { outcome: Outcome::Error(e), .. })) if e.code == -32601)
        );
        let request = read(br#"{"jsonrpc":"2.0","id":0,"method":"roots/list"}"#, MAX);
        assert!(
            matches!(request, Ok(Line::Message(Message::Request { method, .. })) if method == "roots/list")
        );
        let note = read(br#"{"jsonrpc":"2.0","method":"notifications/message","params":{}}"#, MAX);
        assert!(matches!(note, Ok(Line::Message(Message::Notification { .. }))));
        let batch =
            read(br#"[{"jsonrpc":"2.0","id":1,"result":{}},{"jsonrpc":"2.0","id":2,"result":{}}]"#, MAX);
        assert!(matches!(batch, Ok(Line::Batch(batch)) if batch.len() == 2));
    }

    #[test]
    fn logs_are_chatter() {
        let logs: [&[u8]; 14] = [
            b"",
            b"\r",
            b"listening",
            b"[INFO] started",
            b"{ level: 'info' }",
            b"{'level': 'info'}",
            b"{",
            b"42",
            br#""text""#,
            b"[]",
            br#"[{"msg":"up"}, 1]"#,
            br#"{"level":"info","method":"GET","id":7}"#,
            br#"{"level":30,"msg":"up"}"#,
            br#"{"level":"error","error":"x"}"#,
        ];
        for log in logs {
            assert!(matches!(read(log, MAX), Ok(Line::Chatter)), "{}", String::from_utf8_lossy(log));
        }
        assert!(matches!(read(b"\xff\xfe noise", MAX), Ok(Line::Chatter)));
    }

    #[test]
    fn what_some_client_would_read_is_refused() {
        assert_eq!(code_of(br#"{"jsonrpc":"2.0","id":1,"id":2,"result":{}}"#), code::DUPLICATE_KEY);
        assert_eq!(
            code_of(br#"{"json\u0072pc":"2.0","jsonrpc":"2.0","id":1,"result":{}}"#),
            code::DUPLICATE_KEY
        );
        assert_eq!(
            code_of(b"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"a\":\"\xff\"}}"),
            code::INVALID_JSON
        );
        assert_eq!(code_of(br#"{"jsonrpc":"2.0","id":1,"result":{"a":"\ud800"}}"#), code::INVALID_JSON);
        assert_eq!(code_of(b"\xef\xbb\xbf{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}"), code::INVALID_JSON);
        assert_eq!(code_of(br#"[{"jsonrpc":"2.0","id":1,"result":NaN}]"#), code::INVALID_JSON);
        assert_eq!(code_of(b"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\r{}"), code::INVALID_JSON);
        assert_eq!(code_of(br#"{"jsonrpc":"2.0","id":1,"result":9007199254740993}"#), code::NUMBER_NOT_EXACT);
        let deep = format!(r#"{{"jsonrpc":"2.0","id":1,"result":{}{}}}"#, "[".repeat(64), "]".repeat(64));
        assert_eq!(code_of(deep.as_bytes()), code::TOO_DEEP);
    }

    #[test]
    fn half_messages_are_refused() {
        for line in [
            r#"{"id":1,"result":{}}"#,
            r#"{"jsonrpc":"1.0","id":1,"result":{}}"#,
            r#"{"jsonrpc":"2.0"}"#,
            r#"{"jsonrpc":"2.0","result":{}}"#,
            r#"{"jsonrpc":"2.0","id":true,"result":{}}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1}}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"x","result":{}}"#,
            r#"{"jsonrpc":"2.0","id":1,"error":"no"}"#,
            r#"{"jsonrpc":"2.0","method":1}"#,
            r#"[{"jsonrpc":"2.0","id":1,"result":{}},{"x":1}]"#,
            r#"[1,{"jsonrpc":"2.0","id":1,"result":{}}]"#,
        ] {
            assert_eq!(code_of(line.as_bytes()), code::BAD_MESSAGE, "{line}");
        }
    }
}
