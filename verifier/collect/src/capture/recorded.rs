//! A pass made anew from the replies that were kept of it.

use std::collections::BTreeSet;

use mcpsign_schemas::canonical::{Json, Object};
use mcpsign_schemas::code::capture as code;
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::manifest::Profile;
use mcpsign_schemas::surface::ItemKind;

use super::era::{Client, DISCOVER, INITIALIZE, is_discover_result, is_revision};
use super::message::{self, Line, Message, Outcome};
use super::pass::{Pass, is_declared_extension, pages_of};
use super::profile::{Circumstances, Draft};
use super::results::{self, Introduction, LISTS, SKILLS_EXTENSION};
use crate::replies::MAX_BYTES;

/// What a profile's frames show, with what only `stated` can say of it: how the server was started and asked, and the findings.
///
/// # Errors
/// Frames that are no replies of one pass, in the order in which a capture asks: the introduction, each list with its pages, the
/// pages that tools name.
pub(crate) fn profile(frames: &[String], stated: &Profile) -> Result<Profile, Finding> {
    let Recorded { pass, is_introduced, is_spoken } = pass(frames, &stated.protocol_version)?;
    if !is_spoken {
        let finding = Finding::new(code::UNKNOWN_PROTOCOL_VERSION, "the introduction names another revision");
        return Err(finding.found(stated.protocol_version.clone()));
    }
    let circumstances = Circumstances {
        name: &stated.name,
        client: Client { info: &stated.client_info, capabilities: &stated.client_capabilities },
        launch: stated.launch.clone(),
        private: Vec::new(),
    };
    let mut shown = Draft::of(pass, &stated.protocol_version, &circumstances).into_profile();
    if !is_introduced {
        shown.capabilities = None;
        shown.seal();
    }
    shown.subject = stated.subject;
    shown.auth_scope.clone_from(&stated.auth_scope);
    shown.findings.clone_from(&stated.findings);
    Ok(shown)
}

struct Recorded {
    pass: Pass,
    /// Whether the frames begin with an introduction; those of a server that others recorded may not.
    is_introduced: bool,
    /// Whether it may be one of the revision that is stated.
    is_spoken: bool,
}

fn pass(frames: &[String], version: &str) -> Result<Recorded, Finding> {
    let mut frames = frames.iter().map(|frame| Ok((frame, result(frame)?))).peekable();
    let introduced = frames.next_if(|next: &Result<(&String, Json), Finding>| {
        next.as_ref().is_ok_and(|(_, result)| result.get("capabilities").is_some())
    });
    let (is_introduced, is_spoken, mut seen) = match introduced.transpose()? {
        Some((frame, result)) => {
            let is_spoken = is_revision(&result, version);
            let method = if is_discover_result(&result) { DISCOVER } else { INITIALIZE };
            (true, is_spoken, Pass::begin(method, results::introduction(method, result)?, frame.clone()))
        }
        None => (false, true, Pass::begin(INITIALIZE, unsaid(), String::new())),
    };
    for list in &LISTS {
        if list.kind == ItemKind::Skill
            && !is_declared_extension(&seen.introduction.capabilities, SKILLS_EXTENSION)
        {
            continue;
        }
        let mut unknown = Vec::new();
        let mut goes_on = false;
        while let Some(next) = frames.next_if(|next| {
            goes_on || next.as_ref().is_ok_and(|(_, result): &(_, Json)| result.get(list.member).is_some())
        }) {
            let (frame, result) = next?;
            let page = results::page(list, result)?;
            seen.frames.push(frame.clone());
            unknown.push(page.unknown);
            goes_on = page.next.is_some();
            seen.add(list, page.items)?;
            if !goes_on {
                break;
            }
        }
        if goes_on {
            return Err(Finding::new(code::BAD_RESULT, format!("{} ends before its last page", list.method)));
        }
        if !unknown.is_empty() {
            seen.unknown_members.insert(list.method, unknown);
        }
    }
    let uris: BTreeSet<String> = pages_of(&seen);
    for uri in uris {
        let is_it = |result: &Json| results::ui_digest(&uri, result).ok();
        let read = frames.next_if(|next| next.as_ref().is_ok_and(|(_, result)| is_it(result).is_some()));
        // One that could not be read was allowed to be missing.
        let Some((frame, result)) = read.transpose()? else { continue };
        seen.frames.push(frame.clone());
        seen.ui.extend(is_it(&result).map(|digest| (uri, digest)));
    }
    match frames.next() {
        None => Ok(Recorded { pass: seen, is_introduced, is_spoken }),
        Some(Ok(_)) => Err(Finding::new(code::BAD_RESULT, "a reply answers nothing that a capture asks for")),
        Some(Err(finding)) => Err(finding),
    }
}

/// The introduction of a server of which none was recorded.
fn unsaid() -> Introduction {
    let (capabilities, unknown) = (Json::Object(Object::new()), Object::new());
    Introduction { capabilities, server_info: None, instructions: None, unknown }
}

/// The one result in a frame.
fn result(frame: &str) -> Result<Json, Finding> {
    let messages = match message::read(frame.as_bytes(), MAX_BYTES)? {
        Line::Message(message) => vec![message],
        Line::Batch(messages) => messages,
        Line::Chatter => Vec::new(),
    };
    let mut results = messages.into_iter().filter_map(|message| match message {
        Message::Reply { outcome: Outcome::Result(result), .. } => Some(result),
        _ => None,
    });
    match (results.next(), results.next()) {
        (Some(result), None) => Ok(result),
        _ => Err(Finding::new(code::BAD_MESSAGE, "a frame does not hold exactly one result")),
    }
}
