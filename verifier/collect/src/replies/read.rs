//! From lines to an observation.

use std::collections::BTreeMap;

use mcpsign_schemas::canonical::Json;
use mcpsign_schemas::code::capture as code;
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::manifest::ItemDigests;
use mcpsign_schemas::observed::{ObservedItem, ObservedServer};
use mcpsign_schemas::surface::{self, ItemKind};
use mcpsign_schemas::untrusted::Untrusted;

use super::MAX_BYTES;
use super::listing::Listings;
use crate::capture::{
    Introduction, LISTS, Line, List, Message, Outcome, declares, introduction, page, read_line, ui_digest,
};

/// Violations told before the rest is left out: the first few are what somebody will mend.
const MAX_FINDINGS: usize = 20;

pub(super) fn observe(bytes: &[u8]) -> Result<ObservedServer, Vec<Finding>> {
    if bytes.len() > MAX_BYTES {
        let message = format!("the replies have more than {MAX_BYTES} bytes");
        return Err(vec![Finding::new(code::OVER_BUDGET, message)]);
    }
    let mut seen = Seen::default();
    let mut findings = Vec::new();
    for (number, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        if let Err(mut finding) = seen.line(line) {
            finding.message = format!("line {}: {}", number + 1, finding.message);
            findings.push(finding);
            if findings.len() == MAX_FINDINGS {
                break;
            }
        }
    }
    let is_whole = findings.is_empty();
    let (observed, open) = seen.finish();
    // Of what was cut short by a violation it is said already.
    if is_whole {
        findings.extend(open);
    }
    if findings.is_empty() && observed.items.is_empty() {
        findings.push(Finding::new(code::NOTHING_OBSERVED, "no reply shows anything of a server"));
    }
    if findings.is_empty() { Ok(observed) } else { Err(findings) }
}

#[derive(Default)]
struct Seen {
    introduction: Option<Introduction>,
    /// By kind.
    lists: BTreeMap<ItemKind, (&'static List, Listings)>,
    /// Whether an answer is an error that may be to a list.
    has_failed: bool,
    /// Pages read, by URI, whether or not a tool names them: one that was sent under another URI than was asked for is none that
    /// a tool names.
    pages: BTreeMap<String, Sha256Digest>,
}

impl Seen {
    fn line(&mut self, line: &[u8]) -> Result<(), Finding> {
        let messages = match read_line(line, MAX_BYTES)? {
            Line::Message(message) => vec![message],
            Line::Batch(batch) => batch,
            // A server may chatter; in a file of its replies a line that is none was put there by mistake.
            Line::Chatter => {
                let text = String::from_utf8_lossy(line);
                let message = format!("no JSON-RPC message: \"{}\"", Untrusted::bounded(&text, 80));
                return Err(Finding::new(code::BAD_MESSAGE, message));
            }
        };
        for message in messages {
            match message {
                Message::Reply { outcome: Outcome::Result(result), .. } => self.result(result)?,
                Message::Reply { outcome: Outcome::Error(error), .. } => {
                    self.has_failed |= !OF_OTHERS.contains(&error.code);
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn result(&mut self, result: Json) -> Result<(), Finding> {
        match form(&result)? {
            Some(Form::Introduction) => {
                self.introduced(introduction("initialize or server/discover", result)?)
            }
            Some(Form::List(list)) => self.listed(list, result),
            Some(Form::Contents) => self.read(&result),
            None => Ok(()),
        }
    }

    fn listed(&mut self, list: &'static List, result: Json) -> Result<(), Finding> {
        let (_, listings) = self.lists.entry(list.kind).or_insert_with(|| (list, Listings::default()));
        listings.add(list, page(list, result)?)
    }

    /// A list that is not there though it is declared, or may be, where an error may have been its answer.
    fn failed(&self) -> Option<Finding> {
        let may_be = |kind| {
            self.introduction.as_ref().is_none_or(|introduction| declares(&introduction.capabilities, kind))
        };
        let missing = LISTS.iter().find(|list| {
            // The others are asked for by few clients.
            matches!(list.kind, ItemKind::Tool | ItemKind::Prompt | ItemKind::Resource)
                && may_be(list.kind)
                && !self.lists.contains_key(&list.kind)
        });
        let list = missing.filter(|_| self.has_failed)?;
        let message = format!("an answer is an error, perhaps to {}, of which there is none", list.method);
        Some(Finding::new(code::SERVER_FAILED, message))
    }

    /// A page that a host would run; other resources are the user's data.
    fn read(&mut self, result: &Json) -> Result<(), Finding> {
        let Some(uri) = page_uri(result)? else { return Ok(()) };
        let digest = ui_digest(&uri, result)?;
        match self.pages.insert(uri.clone(), digest) {
            Some(before) if before != digest => Err(duplicate(ItemKind::Ui, uri)),
            _ => Ok(()),
        }
    }

    fn introduced(&mut self, new: Introduction) -> Result<(), Finding> {
        match &self.introduction {
            Some(before) if *before != new => {
                Err(Finding::new(code::PASSES_DISAGREE, "the server introduces itself twice, differently"))
            }
            _ => {
                self.introduction = Some(new);
                Ok(())
            }
        }
    }

    /// What was seen, and what of it is not whole.
    fn finish(self) -> (ObservedServer, Vec<Finding>) {
        let mut open: Vec<Finding> = self.failed().into_iter().collect();
        let mut listed = Vec::new();
        for (kind, (list, listings)) in self.lists {
            match listings.finish(list) {
                Ok(items) => listed.extend(items.into_iter().map(|(key, item)| ((kind, key), item))),
                Err(finding) => open.push(finding),
            }
        }
        // What is an answer is said before what is none.
        open.sort_by_key(|finding| finding.code == code::SERVER_FAILED);
        let introduction = self.introduction.into_iter().flat_map(|introduction| {
            [
                (ItemKind::ServerInfo, introduction.server_info),
                (ItemKind::Instructions, introduction.instructions),
                (ItemKind::Capabilities, Some(introduction.capabilities)),
            ]
        });
        let single = introduction.filter_map(|(kind, item)| Some(((kind, kind.as_str().to_owned()), item?)));
        let mut items: BTreeMap<_, _> = single
            .chain(listed)
            .map(|((kind, key), json)| {
                let digests =
                    ItemDigests { wire: surface::wire(&json), surface: surface::surface(kind, &json) };
                ((kind, key), ObservedItem { digests, json: Some(json) })
            })
            .collect();
        items.extend(self.pages.into_iter().map(|(uri, digest)| {
            let digests = ItemDigests { wire: digest, surface: digest };
            ((ItemKind::Ui, uri), ObservedItem { digests, json: None })
        }));
        (ObservedServer { conditions: None, items }, open)
    }
}

/// Errors that are no answer to a list that is there: no such method, and of calls and reads bad parameters and no such resource.
const OF_OTHERS: [i64; 3] = [-32601, -32602, -32002];

/// Results that are told apart by their members.
enum Form {
    Introduction,
    List(&'static List),
    Contents,
}

/// Members by any of which a client takes a result for an introduction.
const INTRODUCING: [&str; 4] = ["protocolVersion", "supportedVersions", "serverInfo", "instructions"];

/// What a result is; none where it shows nothing of the server.
///
/// # Errors
/// When it could be two things: which of them a client saw in it depends on what it had asked.
fn form(result: &Json) -> Result<Option<Form>, Finding> {
    let given = |member: &str| result.get(member).is_some_and(|value| !value.is_null());
    let introducing = INTRODUCING.into_iter().find(|member| given(member));
    let contents = given("contents").then_some(("contents", Form::Contents));
    let lists = LISTS.iter().filter(|list| result.get(list.member).is_some());
    let mut forms = introducing
        .map(|member| (member, Form::Introduction))
        .into_iter()
        .chain(contents)
        .chain(lists.map(|list| (list.member, Form::List(list))));
    match (forms.next(), forms.next()) {
        (Some((one, _)), Some((other, _))) => {
            Err(Finding::new(code::BAD_RESULT, format!("a result has both `{one}` and `{other}`")))
        }
        (form, _) => Ok(form.map(|(_, form)| form)),
    }
}

/// The URI of a page that a host would run, wherever it stands in a result of `resources/read`.
///
/// # Errors
/// When a page comes under a URI of something else: the host goes by the one that it asked for.
fn page_uri(result: &Json) -> Result<Option<String>, Finding> {
    let contents = || result.get("contents").and_then(Json::as_array).into_iter().flatten();
    let uri = |content: &Json| content.get("uri").and_then(Json::as_str).map(str::to_owned);
    if let Some(page) = contents().filter_map(uri).find(|uri| uri.starts_with("ui://")) {
        return Ok(Some(page));
    }
    match contents().find(|content| content.get("mimeType").and_then(Json::as_str).is_some_and(is_page)) {
        Some(page) => {
            let uri = uri(page).unwrap_or_default();
            let message =
                format!("a page comes with the URI \"{}\", which is none of a page", Untrusted::new(&uri));
            Err(Finding::new(code::UI_UNREADABLE, message)
                .expected("a URI that begins with ui://")
                .found(uri))
        }
        None => Ok(None),
    }
}

/// Whether a media type is one of pages that hosts run: that of MCP Apps, of its drafts, of Apps SDK.
fn is_page(media_type: &str) -> bool {
    let mut parts = media_type.split(';').map(|part| part.trim().to_ascii_lowercase());
    match parts.next().as_deref() {
        Some("text/html+mcp" | "text/html+skybridge") => true,
        Some("text/html") => parts.any(|part| part.replace(['"', ' '], "") == "profile=mcp-app"),
        _ => false,
    }
}

fn duplicate(kind: ItemKind, key: String) -> Finding {
    Finding::new(
        code::DUPLICATE_ITEM,
        format!("two items of kind {kind} are called {}", Untrusted::new(&key)),
    )
    .found(key)
}
