//! Complete passes over everything that a server lists; two in a row must agree.

use std::collections::{BTreeMap, BTreeSet};

use mcpsign_schemas::canonical::{Json, Object};
use mcpsign_schemas::code::capture as code;
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::surface::ItemKind;
use tokio::time::Instant;

use super::connection::{Connection, METHOD_NOT_FOUND, Reply, Stop};
use super::era::{DISCOVER, Era, Handshake, INITIALIZE, refused_by};
use super::findings::quoted;
use super::message::Outcome;
use super::results::{self, Introduction, LISTS, List, SKILLS_EXTENSION};
use super::transport::Transport;

/// What one pass saw.
#[derive(Debug)]
pub(super) struct Pass {
    pub(super) introduction: Introduction,
    /// Of all lists, by kind and key.
    pub(super) items: BTreeMap<(ItemKind, String), Json>,
    /// Tool names in the order received.
    pub(super) tool_order: Vec<String>,
    /// By URI.
    pub(super) ui: BTreeMap<String, Sha256Digest>,
    /// By method: of each page, the members of the result that the protocol does not know.
    pub(super) unknown_members: BTreeMap<&'static str, Vec<Object>>,
    /// The replies as received.
    pub(super) frames: Vec<String>,
    /// Lists that were answered with items although no capability declares them.
    pub(super) undeclared: Vec<&'static str>,
    /// Lists that a capability declares and the server does not know.
    pub(super) unserved: Vec<&'static str>,
}

/// Passes until two in a row agree, undisturbed by announced changes; gives what `make` makes of the second.
pub(super) async fn agreed<T: Transport, R>(
    connection: &mut Connection<T>,
    handshake: &Handshake,
    make: impl Fn(Pass) -> R,
) -> Result<R, Stop> {
    let (settle, drain) = (connection.limits().settle, connection.limits().drain);
    for restarts in 0..=connection.limits().restarts {
        if restarts == 1 {
            let message =
                "list_changed restarted the listing: a client may have shown a model what came before";
            connection.findings().note(code::LIST_CHANGED, message.into());
        }
        let began = Instant::now();
        let Some(first) = pass(connection, handshake).await? else { continue };
        if !connection.listen(settle.saturating_sub(began.elapsed())).await? {
            return Err(Stop::Ended);
        }
        if connection.list_changed() {
            continue;
        }
        let Some(second) = pass(connection, handshake).await? else { continue };
        // Worked out while the server may still object; a part of that time is always spent on listening.
        let listed = Instant::now();
        let made = made_of_both(first, second, &make);
        // A server may end by itself once everything was answered.
        connection.listen(drain.saturating_sub(listed.elapsed()).max(drain / 5)).await?;
        if connection.list_changed() {
            continue;
        }
        return made.map_err(|difference| {
            let message = format!("two listings in a row differ: {difference}");
            Stop::Refused(Finding::new(code::PASSES_DISAGREE, message))
        });
    }
    let restarts = connection.limits().restarts;
    Err(Stop::Refused(Finding::new(
        code::LIST_KEEPS_CHANGING,
        format!("list_changed interrupted the listing and each of {restarts} more"),
    )))
}

/// What `make` makes of two passes that saw the same, or where they differ.
fn made_of_both<R>(first: Pass, second: Pass, make: impl Fn(Pass) -> R) -> Result<R, String> {
    match first.difference(&second) {
        None => Ok(make(second)),
        Some(difference) => Err(difference),
    }
}

/// One pass; `None` when the server announced a change meanwhile.
async fn pass<T: Transport>(
    connection: &mut Connection<T>,
    handshake: &Handshake,
) -> Result<Option<Pass>, Stop> {
    connection.begin_pass();
    let mut seen = introduced(connection, handshake).await?;
    for list in &LISTS {
        if list.kind == ItemKind::Skill
            && !is_declared_extension(&seen.introduction.capabilities, SKILLS_EXTENSION)
        {
            continue;
        }
        read_list(connection, list, &mut seen).await?;
        if connection.list_changed() {
            return Ok(None);
        }
    }
    read_ui(connection, &mut seen).await?;
    Ok((!connection.list_changed()).then_some(seen))
}

async fn introduced<T: Transport>(
    connection: &mut Connection<T>,
    handshake: &Handshake,
) -> Result<Pass, Stop> {
    match &handshake.era {
        Era::Legacy(introduced) => {
            Ok(Pass::begin(INITIALIZE, introduced.introduction.clone(), introduced.frame.clone()))
        }
        Era::Modern(first) => {
            let (result, frame) = answered(DISCOVER, connection.request(DISCOVER, Object::new()).await?)?;
            let introduction = results::introduction(DISCOVER, result)?;
            // A client asks once: what it was told is what it goes by.
            let difference = first.as_ref().and_then(|first| first.difference(&introduction));
            if let Some(difference) = difference {
                let message = format!("two answers to {DISCOVER} differ: {difference}");
                return Err(Stop::Refused(Finding::new(code::PASSES_DISAGREE, message)));
            }
            Ok(Pass::begin(DISCOVER, introduction, frame))
        }
    }
}

/// All pages of one list.
///
/// The four core lists are asked for whether declared or not: a client that asks all the same is shown what an
/// undeclared list holds. Such a list may be refused in any way; a declared one must be answered, or be unknown to the server.
async fn read_list<T: Transport>(
    connection: &mut Connection<T>,
    list: &List,
    seen: &mut Pass,
) -> Result<(), Stop> {
    let declared = declares(&seen.introduction.capabilities, list.kind);
    let (method, limits) = (list.method, connection.limits().clone());
    let mut unknown = Vec::new();
    let mut used = BTreeSet::new();
    let mut question = connection.ask(method, Object::new()).await;
    loop {
        let reply = connection.reply_to(question, method).await?;
        if connection.list_changed() {
            // Whatever is odd about this page may come from the change; the pass is made anew.
            return Ok(());
        }
        if unknown.is_empty() && may_be_empty(list, declared, &reply.outcome) {
            if declared && list.kind != ItemKind::ResourceTemplate {
                seen.unserved.push(method);
            }
            return Ok(());
        }
        let (result, frame) = answered(method, reply)?;
        seen.frames.push(frame);
        let page = results::page(list, result)?;
        unknown.push(page.unknown);
        // Asked for at once, so that the server works on it while this one is kept; one that does not fit is refused below.
        let fits = seen.items.len() + page.items.len() <= limits.items;
        let next = match page.next {
            Some(cursor) if fits => match next_params(method, cursor, unknown.len(), limits.pages, &mut used)
            {
                Ok(params) => Some(Ok(connection.ask(method, params).await)),
                Err(finding) => Some(Err(finding)),
            },
            _ => None,
        };
        seen.add(list, page.items)?;
        if seen.items.len() > limits.items {
            let message = format!("the server lists more than {} items", limits.items);
            return Err(Stop::Refused(Finding::new(code::OVER_BUDGET, message)));
        }
        match next {
            Some(next) => question = next?,
            None => break,
        }
    }
    if !declared && seen.items.keys().any(|(kind, _)| *kind == list.kind) {
        seen.undeclared.push(method);
    }
    seen.unknown_members.insert(method, unknown);
    Ok(())
}

/// What is asked for after so many pages; refuses one too many, and one that was read.
fn next_params(
    method: &str,
    cursor: String,
    read: usize,
    most: usize,
    used: &mut BTreeSet<String>,
) -> Result<Object, Finding> {
    if read >= most {
        return Err(Finding::new(code::OVER_BUDGET, format!("{method} has more than {most} pages")));
    }
    if !used.insert(cursor.clone()) {
        let message = format!("{method} runs in a circle: the cursor `{}` came back", quoted(&cursor));
        return Err(Finding::new(code::CURSOR_LOOP, message).found(cursor));
    }
    Ok(Object::from_iter([("cursor".to_owned(), cursor.into())]))
}

/// Whether this answer to the first page may stand for an empty list.
fn may_be_empty(list: &List, declared: bool, outcome: &Outcome) -> bool {
    match outcome {
        // Clients show the tools all the same, and nothing of this list.
        Outcome::Error(error) if error.code == METHOD_NOT_FOUND => !declared || list.kind != ItemKind::Tool,
        Outcome::Error(_) => !declared,
        // Some servers answer whatever they do not know with an empty result. The capability `resources` promises resources; many
        // servers that declare it have no templates.
        Outcome::Result(Json::Object(result)) => {
            (!declared || list.kind == ItemKind::ResourceTemplate) && result.is_empty()
        }
        Outcome::Result(_) => false,
    }
}

/// The pages that the tools name.
async fn read_ui<T: Transport>(connection: &mut Connection<T>, seen: &mut Pass) -> Result<(), Stop> {
    for uri in pages_of(seen) {
        let params = Object::from_iter([("uri".to_owned(), uri.as_str().into())]);
        let reply = connection.request("resources/read", params).await?;
        let digest = match &reply.outcome {
            Outcome::Result(result) => results::ui_digest(&uri, result),
            Outcome::Error(error) => Err(Finding::new(
                code::UI_UNREADABLE,
                format!(
                    "the page {} is refused with error {}: \"{}\"",
                    quoted(&uri),
                    error.code,
                    quoted(&error.message)
                ),
            )),
        };
        match digest {
            Ok(digest) => {
                seen.frames.push(reply.frame);
                seen.ui.insert(uri, digest);
            }
            Err(finding) => connection.findings().refuse(finding)?,
        }
    }
    Ok(())
}

/// The pages that listed tools name, by URI.
pub(super) fn pages_of(seen: &Pass) -> BTreeSet<String> {
    let tools = seen.items.iter().filter(|((kind, _), _)| *kind == ItemKind::Tool);
    tools.flat_map(|(_, tool)| results::ui_uris(tool)).collect()
}

fn answered(method: &str, reply: Reply) -> Result<(Json, String), Stop> {
    match reply.outcome {
        Outcome::Result(result) => Ok((result, reply.frame)),
        Outcome::Error(error) => Err(refused_by(method, &error)),
    }
}

/// Whether the capabilities promise the list of `kind`; `null` promises nothing.
pub(crate) fn declares(capabilities: &Json, kind: ItemKind) -> bool {
    let name = match kind {
        ItemKind::Tool => "tools",
        ItemKind::Prompt => "prompts",
        ItemKind::Resource | ItemKind::ResourceTemplate => "resources",
        // Asked for only where declared.
        _ => return true,
    };
    capabilities.get(name).is_some_and(|declared| !declared.is_null())
}

pub(super) fn is_declared_extension(capabilities: &Json, name: &str) -> bool {
    let settings = capabilities.get("extensions").and_then(|extensions| extensions.get(name));
    settings.is_some_and(|settings| !settings.is_null())
}

impl Pass {
    /// A pass in which nothing was listed yet.
    pub(super) fn begin(introduced_by: &'static str, introduction: Introduction, frame: String) -> Self {
        Self {
            unknown_members: BTreeMap::from([(introduced_by, vec![introduction.unknown.clone()])]),
            introduction,
            items: BTreeMap::new(),
            tool_order: Vec::new(),
            ui: BTreeMap::new(),
            frames: vec![frame],
            undeclared: Vec::new(),
            unserved: Vec::new(),
        }
    }

    /// Adds one page of a list.
    ///
    /// # Errors
    /// An item that was there before.
    pub(super) fn add(&mut self, list: &List, items: Vec<(String, Json)>) -> Result<(), Finding> {
        for (key, item) in items {
            if list.kind == ItemKind::Tool {
                self.tool_order.push(key.clone());
            }
            if self.items.insert((list.kind, key.clone()), item).is_some() {
                let message = format!("{} lists two items called {}", list.method, quoted(&key));
                return Err(Finding::new(code::DUPLICATE_ITEM, message).found(key));
            }
        }
        Ok(())
    }

    /// The first thing in which two passes differ. Order and envelopes do not count: servers only SHOULD keep
    /// the one, and the other changes by nature.
    fn difference(&self, other: &Self) -> Option<String> {
        if let Some(what) = self.introduction.difference(&other.introduction) {
            return Some(what.into());
        }
        let key = differing_key(&self.items, &other.items);
        if let Some((kind, key)) = key {
            return Some(format!("the {kind} {}", quoted(key)));
        }
        if let Some(uri) = differing_key(&self.ui, &other.ui) {
            return Some(format!("the page {}", quoted(uri)));
        }
        let method = differing_key(&self.unknown_members, &other.unknown_members)?;
        Some(format!("unknown members of the answer to {method}"))
    }
}

fn differing_key<'a, K: Ord, V: PartialEq>(
    ours: &'a BTreeMap<K, V>,
    theirs: &'a BTreeMap<K, V>,
) -> Option<&'a K> {
    let changed = ours.iter().find(|(key, value)| theirs.get(key) != Some(value)).map(|(key, _)| key);
    changed.or_else(|| theirs.keys().find(|key| !ours.contains_key(key)))
}
