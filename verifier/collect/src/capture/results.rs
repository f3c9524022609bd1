//! What the results of the listing methods hold, whoever received them.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mcpsign_schemas::canonical::{Json, Object};
use mcpsign_schemas::code::capture as code;
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::surface::ItemKind;

use super::findings::quoted;

/// A listing method.
#[derive(Debug)]
pub(crate) struct List {
    pub(crate) method: &'static str,
    /// Member of the result that holds the list.
    pub(crate) member: &'static str,
    pub(crate) kind: ItemKind,
}

/// Every listing method, in the order in which a pass asks.
pub(crate) const LISTS: [List; 5] = [
    List { method: "tools/list", member: "tools", kind: ItemKind::Tool },
    List { method: "prompts/list", member: "prompts", kind: ItemKind::Prompt },
    List { method: "resources/list", member: "resources", kind: ItemKind::Resource },
    List {
        method: "resources/templates/list",
        member: "resourceTemplates",
        kind: ItemKind::ResourceTemplate,
    },
    List { method: "skills/list", member: "skills", kind: ItemKind::Skill },
];

/// The extension whose declaration means that there is `skills/list` (SEP-2640).
pub(crate) const SKILLS_EXTENSION: &str = "io.modelcontextprotocol/skills";
/// Where `server/discover` names the server.
const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";

/// Members that every result may have; they are recorded in the frames and in no digest.
const ENVELOPE: [&str; 5] = ["nextCursor", "ttlMs", "cacheScope", "resultType", "_meta"];
/// Members of an introduction that are known.
const INTRODUCTION: [&str; 5] =
    ["capabilities", "instructions", "serverInfo", "protocolVersion", "supportedVersions"];

/// One page of a list.
#[derive(Debug)]
pub(crate) struct Page {
    /// By name or URI, in the order received.
    pub(crate) items: Vec<(String, Json)>,
    /// Where the next page begins.
    pub(crate) next: Option<String>,
    /// The members that the protocol does not know.
    pub(crate) unknown: Object,
}

/// What the server says of itself.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Introduction {
    pub(crate) capabilities: Json,
    pub(crate) server_info: Option<Json>,
    /// A JSON string.
    pub(crate) instructions: Option<Json>,
    /// The members that the protocol does not know.
    pub(crate) unknown: Object,
}

impl Introduction {
    /// The first thing in which two differ.
    pub(super) fn difference(&self, other: &Self) -> Option<&'static str> {
        let compared = [
            ("the capabilities", self.capabilities == other.capabilities),
            ("the server info", self.server_info == other.server_info),
            ("the instructions", self.instructions == other.instructions),
            ("unknown members of the introduction", self.unknown == other.unknown),
        ];
        compared.into_iter().find(|(_, is_equal)| !is_equal).map(|(what, _)| what)
    }
}

/// Refuses a result that asks for something instead of giving it.
pub(crate) fn check_complete(method: &str, result: &Json) -> Result<(), Finding> {
    match result.get("resultType") {
        // Required from 2026-07-28 on; absent means complete (its schema says so).
        None => Ok(()),
        Some(Json::String(complete)) if complete == "complete" => Ok(()),
        Some(other) => {
            let found = quoted(&String::from_utf8_lossy(&other.to_canonical()));
            Err(Finding::new(
                code::INPUT_REQUIRED,
                format!("{method} is answered with the result type {found}"),
            ))
        }
    }
}

/// Reads one page.
pub(crate) fn page(list: &List, result: Json) -> Result<Page, Finding> {
    let method = list.method;
    check_complete(method, &result)?;
    let bad = |what: &str| Finding::new(code::BAD_RESULT, format!("the answer to {method} {what}"));
    let Json::Object(mut result) = result else {
        return Err(bad("is no object"));
    };
    let Some(Json::Array(elements)) = result.remove(list.member) else {
        return Err(bad(&format!("has no list `{}`", list.member)));
    };
    let key_member = list.kind.key_member().unwrap_or_default();
    let mut items = Vec::with_capacity(elements.len());
    for item in elements {
        if item.as_object().is_none() {
            return Err(bad("lists what is no object"));
        }
        let Some(key) = item.get(key_member).and_then(Json::as_str).map(str::to_owned) else {
            let message = format!("an item of {method} has no `{key_member}`, or one that is no string");
            return Err(Finding::new(code::ITEM_UNNAMED, message));
        };
        items.push((key, item));
    }
    let next = match result.remove("nextCursor") {
        // "… whether a non-null value was provided (e.g. an empty string is a valid cursor …)": pagination, §
        // Implementation Guidelines. So `null` ends a list as its absence does, and nothing else does.
        None | Some(Json::Null) => None,
        Some(Json::String(cursor)) => Some(cursor),
        Some(_) => return Err(bad("has a `nextCursor` that is no string")),
    };
    Ok(Page { items, next, unknown: unknown(result, &[]) })
}

/// Reads the result of `server/discover` or `initialize`.
pub(crate) fn introduction(method: &str, result: Json) -> Result<Introduction, Finding> {
    check_complete(method, &result)?;
    let bad = |what: &str| Finding::new(code::BAD_RESULT, format!("the answer to {method} {what}"));
    let Json::Object(result) = result else {
        return Err(bad("is no object"));
    };
    let capabilities = match result.get("capabilities") {
        Some(capabilities @ Json::Object(_)) => capabilities.clone(),
        _ => return Err(bad("has no object `capabilities`")),
    };
    let instructions = match result.get("instructions") {
        None | Some(Json::Null) => None,
        Some(text @ Json::String(_)) => Some(text.clone()),
        Some(_) => return Err(bad("has `instructions` that are no string")),
    };
    let in_meta = result.get("_meta").and_then(|meta| meta.get(SERVER_INFO));
    let server_info =
        match [result.get("serverInfo"), in_meta].map(|info| info.filter(|info| !info.is_null())) {
            [None, None] => None,
            [Some(info), None] | [None, Some(info)] => Some(info),
            [Some(one), Some(other)] if one == other => Some(one),
            // Legacy clients read the one, modern clients the other.
            [Some(_), Some(_)] => return Err(bad("names the server twice, differently")),
        };
    if server_info.is_some_and(|info| info.as_object().is_none()) {
        return Err(bad("has a server info that is no object"));
    }
    let server_info = server_info.cloned();
    Ok(Introduction { capabilities, server_info, instructions, unknown: unknown(result, &INTRODUCTION) })
}

/// The `ui://` resources that a tool names anywhere in its `_meta`: hosts differ in which member they go by (`ui.resourceUri`,
/// `ui/resourceUri`, `openai/outputTemplate`), and each runs the page of its own.
pub(crate) fn ui_uris(tool: &Json) -> BTreeSet<String> {
    let mut uris = BTreeSet::new();
    let mut left: Vec<&Json> = tool.get("_meta").into_iter().collect();
    while let Some(json) = left.pop() {
        match json {
            Json::String(uri) if uri.starts_with("ui://") => {
                uris.insert(uri.clone());
            }
            Json::Array(elements) => left.extend(elements),
            Json::Object(members) => left.extend(members.iter().map(|(_, member)| member)),
            _ => {}
        }
    }
    uris
}

/// SHA-256 of the page that `resources/read` of `uri` gave: of its text as UTF-8, or of its decoded blob.
pub(crate) fn ui_digest(uri: &str, result: &Json) -> Result<Sha256Digest, Finding> {
    check_complete("resources/read", result)?;
    let bad = |what: &str| Finding::new(code::UI_UNREADABLE, format!("the page {} {what}", quoted(uri)));
    // With several contents, hosts would differ in which of them they run.
    let Some([content]) = result.get("contents").and_then(Json::as_array) else {
        return Err(bad("is not exactly one content"));
    };
    if content.get("uri").and_then(Json::as_str) != Some(uri) {
        return Err(bad("comes with another URI"));
    }
    match (content.get("text").and_then(Json::as_str), content.get("blob").and_then(Json::as_str)) {
        (Some(text), None) => Ok(Sha256Digest::of(text.as_bytes())),
        (None, Some(blob)) => {
            STANDARD.decode(blob).map(|bytes| Sha256Digest::of(&bytes)).map_err(|_| bad("is no base64"))
        }
        _ => Err(bad("has not exactly one of text and blob")),
    }
}

/// What is left of a result without the members that are known.
fn unknown(mut result: Object, known: &[&str]) -> Object {
    for member in ENVELOPE.iter().chain(known) {
        result.remove(member);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use mcpsign_schemas::canonical::Limits;
    use mcpsign_schemas::code::Code;

    fn json(text: &str) -> Json {
        Json::parse(text.as_bytes(), Limits::bytes(1 << 20)).expect("strict JSON")
    }

    fn tools(text: &str) -> Result<Page, Code> {
        page(&LISTS[0], json(text)).map_err(|finding| finding.code)
    }

    #[test]
    fn an_empty_cursor_goes_on_and_null_ends() {
        let next = |text: &str| tools(text).expect("a page").next;
        assert_eq!(next(r#"{"tools":[],"nextCursor":""}"#), Some(String::new()));
        assert_eq!(next(r#"{"tools":[],"nextCursor":null}"#), None);
        assert_eq!(next(r#"{"tools":[]}"#), None);
        assert_eq!(tools(r#"{"tools":[],"nextCursor":0}"#).err(), Some(code::BAD_RESULT));
    }

    #[test]
    fn a_page_must_be_what_its_method_promises() {
        for (text, refused) in [
            ("[]", code::BAD_RESULT),
            ("{}", code::BAD_RESULT),
            (r#"{"tools":{}}"#, code::BAD_RESULT),
            (r#"{"tools":["read_file"]}"#, code::BAD_RESULT),
            (r#"{"tools":[{"inputSchema":{}}]}"#, code::ITEM_UNNAMED),
            (r#"{"tools":[{"name":7}]}"#, code::ITEM_UNNAMED),
            (r#"{"tools":[],"resultType":"input_required"}"#, code::INPUT_REQUIRED),
            (r#"{"resultType":"input_required","inputRequests":{}}"#, code::INPUT_REQUIRED),
            (r#"{"tools":[],"resultType":null}"#, code::INPUT_REQUIRED),
        ] {
            assert_eq!(tools(text).err(), Some(refused), "{text}");
        }
    }

    #[test]
    fn unknown_members_are_kept_and_the_envelope_is_not() {
        let page = tools(
            r#"{"tools":[],"ttlMs":1,"cacheScope":"private","resultType":"complete","_meta":{},"x":1,"capabilities":{}}"#,
        );
        assert_eq!(Json::from(page.expect("a page").unknown), json(r#"{"x":1,"capabilities":{}}"#));
        let introduced = introduction(
            "initialize",
            json(r#"{"capabilities":{},"serverInfo":{"name":"s"},"protocolVersion":"2025-11-25","x":1}"#),
        );
        assert_eq!(Json::from(introduced.expect("one").unknown), json(r#"{"x":1}"#));
    }

    #[test]
    fn the_server_is_named_by_either_era_and_once() {
        let of = |text: &str| {
            introduction("server/discover", json(text)).map(|i| i.server_info).map_err(|f| f.code)
        };
        let meta = r#""_meta":{"io.modelcontextprotocol/serverInfo":{"name":"a"}}"#;
        assert_eq!(of(&format!(r#"{{"capabilities":{{}},{meta}}}"#)), Ok(Some(json(r#"{"name":"a"}"#))));
        assert_eq!(of(r#"{"capabilities":{},"serverInfo":{"name":"b"}}"#), Ok(Some(json(r#"{"name":"b"}"#))));
        assert_eq!(of(r#"{"capabilities":{}}"#), Ok(None));
        assert_eq!(
            of(&format!(r#"{{"capabilities":{{}},"serverInfo":{{"name":"b"}},{meta}}}"#)),
            Err(code::BAD_RESULT)
        );
        assert_eq!(of(r#"{"capabilities":[]}"#), Err(code::BAD_RESULT));
        assert_eq!(of(r#"{"capabilities":{},"instructions":["x"]}"#), Err(code::BAD_RESULT));
        assert_eq!(of(r#"{"capabilities":{},"serverInfo":"x"}"#), Err(code::BAD_RESULT));
    }

    #[test]
    fn pages_of_tools_are_found_in_every_spelling_and_hashed_as_bytes() {
        let meta = r#"{"ui":{"resourceUri":"ui://a"},"ui/resourceUri":"ui://b","openai/outputTemplate":"ui://c","x":[["ui://d"]]}"#;
        let tool = json(&format!(r#"{{"name":"t","title":"ui://no","_meta":{meta}}}"#));
        assert_eq!(ui_uris(&tool), BTreeSet::from(["a", "b", "c", "d"].map(|page| format!("ui://{page}"))));
        assert!(ui_uris(&json(r#"{"name":"t","_meta":{"ui":{"resourceUri":"https://x"}}}"#)).is_empty());

        let digest = |text: &str| ui_digest("ui://a", &json(text)).map_err(|finding| finding.code);
        let hello = Sha256Digest::of(b"hello");
        assert_eq!(digest(r#"{"contents":[{"uri":"ui://a","text":"hello"}]}"#), Ok(hello));
        assert_eq!(digest(r#"{"contents":[{"uri":"ui://a","blob":"aGVsbG8="}]}"#), Ok(hello));
        for bad in [
            "{}",
            r#"{"contents":[]}"#,
            r#"{"contents":[{"uri":"ui://b","text":"hello"}]}"#,
            r#"{"contents":[{"uri":"ui://a","text":"hello"},{"uri":"ui://a","text":"other"}]}"#,
            r#"{"contents":[{"uri":"ui://a","text":"hello","blob":"aGVsbG8="}]}"#,
            r#"{"contents":[{"uri":"ui://a","blob":"not base64"}]}"#,
        ] {
            assert_eq!(digest(bad), Err(code::UI_UNREADABLE), "{bad}");
        }
    }
}
