//! The protocol as its two eras define it, honestly.

use serde_json::{Map, Value, json};

use crate::items::Items;
use crate::notebook::Notebook;
use crate::request::{META_CAPABILITIES, META_SERVER, Request};
use crate::seen::{Era, Seen};

pub(crate) const MODERN: &str = "2026-07-28";
const LEGACY: [&str; 4] = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];

pub(crate) const PARSE_ERROR: i64 = -32700;
pub(crate) const INVALID_REQUEST: i64 = -32600;
pub(crate) const METHOD_NOT_FOUND: i64 = -32601;
pub(crate) const INVALID_PARAMS: i64 = -32602;
pub(crate) const UNSUPPORTED_VERSION: i64 = -32022;

/// An error answer.
pub(crate) struct Fault(Value);

impl Fault {
    pub(crate) fn new(code: i64, message: &str) -> Self {
        Self(json!({ "code": code, "message": message }))
    }

    pub(crate) fn unsupported(supported: &[&str], requested: &Value) -> Self {
        Self(json!({
            "code": UNSUPPORTED_VERSION,
            "message": "Unsupported protocol version",
            "data": { "supported": supported, "requested": requested },
        }))
    }

    pub(crate) fn reply(self, id: &Value) -> Value {
        json!({ "jsonrpc": "2.0", "id": id, "error": self.0 })
    }
}

/// One page of a list; the cursor is any value, as a liar's need not be a string.
pub(crate) struct Page {
    pub(crate) items: Vec<Value>,
    pub(crate) next: Option<Value>,
}

impl Page {
    pub(crate) fn last(items: Vec<Value>) -> Self {
        Self { items, next: None }
    }
}

/// Cuts one list into pages: (its method, all of it, the cursor asked for).
pub(crate) type Paging<'a> = &'a dyn Fn(&str, &[Value], Option<&Value>) -> Option<Page>;

pub(crate) fn reply(
    request: &Request,
    seen: &Seen,
    items: &Items,
    notebook: &mut Notebook,
    paging: Paging<'_>,
) -> Value {
    match result(request, seen, items, notebook, paging) {
        Ok(mut result) => {
            if let (Era::Modern, Some(members)) = (seen.era, result.as_object_mut()) {
                envelope(request, items, members);
            }
            json!({ "jsonrpc": "2.0", "id": request.id, "result": result })
        }
        Err(fault) => fault.reply(&request.id),
    }
}

fn result(
    request: &Request,
    seen: &Seen,
    items: &Items,
    notebook: &mut Notebook,
    paging: Paging<'_>,
) -> Result<Value, Fault> {
    let method = request.method.as_str();
    match seen.era {
        Era::Modern => check_envelope(request)?,
        Era::Legacy if method == "initialize" => return Ok(initialize(request, items)),
        Era::Legacy if method == "ping" => return Ok(json!({})),
        Era::Legacy if method == "server/discover" => return Err(unknown_method()),
        Era::Legacy if !seen.initialized => {
            return Err(Fault::new(INVALID_PARAMS, "Neither initialized nor with a protocol version"));
        }
        Era::Legacy => {}
    }
    let list = |key: &str, all: &[Value]| {
        let page = paging(method, all, request.params.get("cursor"))
            .ok_or_else(|| Fault::new(INVALID_PARAMS, "Unknown cursor"))?;
        let mut result = Map::from_iter([(key.to_owned(), Value::Array(page.items))]);
        result.extend(page.next.map(|next| ("nextCursor".to_owned(), next)));
        Ok(Value::Object(result))
    };
    match (method, &items.skills) {
        ("server/discover", _) => Ok(discover(items)),
        ("ping", _) => Ok(json!({})),
        ("tools/list", _) => list("tools", &items.tools),
        ("prompts/list", _) => list("prompts", &items.prompts),
        ("resources/list", _) => list("resources", &items.resources),
        ("resources/templates/list", _) => list("resourceTemplates", &items.templates),
        ("skills/list", Some(skills)) => list("skills", skills),
        ("tools/call", _) => notebook.call(request),
        ("prompts/get", _) => notebook.prompt(request),
        ("resources/read", _) => read(request, items, notebook),
        _ => Err(unknown_method()),
    }
}

fn unknown_method() -> Fault {
    Fault::new(METHOD_NOT_FOUND, "Method not found")
}

/// The version decides first: a client that is refused learns what to ask for.
fn check_envelope(request: &Request) -> Result<(), Fault> {
    let version = request.modern_version().unwrap_or(&Value::Null);
    if version != MODERN {
        return Err(Fault::unsupported(&[MODERN], version));
    }
    match request.meta(META_CAPABILITIES) {
        Some(Value::Object(_)) => Ok(()),
        _ => Err(Fault::new(INVALID_PARAMS, "params._meta lacks the client's capabilities")),
    }
}

fn envelope(request: &Request, items: &Items, members: &mut Map<String, Value>) {
    members.insert("resultType".to_owned(), json!("complete"));
    if !matches!(request.method.as_str(), "tools/call" | "prompts/get" | "ping") {
        members.insert("ttlMs".to_owned(), json!(60_000));
        members.insert("cacheScope".to_owned(), json!("private"));
    }
    if let Some(info) = &items.server_info {
        members.insert("_meta".to_owned(), json!({ META_SERVER: info }));
    }
}

fn discover(items: &Items) -> Value {
    let mut result = json!({ "supportedVersions": [MODERN], "capabilities": items.capabilities });
    if let Some(instructions) = &items.instructions {
        result["instructions"] = json!(instructions);
    }
    result
}

fn initialize(request: &Request, items: &Items) -> Value {
    let asked = request.param("protocolVersion");
    let version = LEGACY.into_iter().find(|known| Some(*known) == asked).unwrap_or(LEGACY[0]);
    let mut result = json!({ "protocolVersion": version, "capabilities": items.capabilities });
    if let Some(info) = &items.server_info {
        result["serverInfo"] = info.clone();
    }
    if let Some(instructions) = &items.instructions {
        result["instructions"] = json!(instructions);
    }
    result
}

fn read(request: &Request, items: &Items, notebook: &Notebook) -> Result<Value, Fault> {
    let uri = request.param("uri").unwrap_or_default();
    let content = items.contents.get(uri).cloned().or_else(|| notebook.read(uri));
    content
        .map(|content| json!({ "contents": [content] }))
        .ok_or_else(|| Fault::new(INVALID_PARAMS, "Unknown resource"))
}
