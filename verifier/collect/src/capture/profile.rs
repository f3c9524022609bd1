//! From what a pass saw to a profile and its items.

use std::collections::BTreeMap;
use std::path::PathBuf;

use mcpsign_schemas::canonical::{Json, Limits};
use mcpsign_schemas::code::capture as code;
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::manifest::{ItemDigests, Launch, Profile};
use mcpsign_schemas::surface::{self, ItemKind};

use super::Captured;
use super::era::Client;
use super::findings::{Findings, quoted};
use super::pass::{Agreed, Pass};

/// How deep an item may be nested: a statement holds it in its `items`, in its predicate, in itself. Those of lists are
/// as deep in the replies that they came in; capabilities and unknown members are not.
const ITEM_DEPTH: usize = Limits::DEPTH - 3;

/// What a capture knows beside what was listed.
pub(super) struct Circumstances<'a> {
    /// The profile's name.
    pub(super) name: &'a str,
    /// As whom the server was asked.
    pub(super) client: Client<'a>,
    pub(super) launch: Launch,
    pub(super) protocol_version: &'a str,
    /// Folders of this machine that no item should name.
    pub(super) private: Vec<PathBuf>,
}

/// Builds the profile, or refuses.
pub(super) fn build(
    Agreed { pass, digests }: Agreed,
    circumstances: Circumstances<'_>,
    findings: &mut Findings,
) -> Result<Captured, Finding> {
    note(&pass, &circumstances, findings);

    let mut items = BTreeMap::new();
    let mut too_deep = false;
    let mut keep_as = |wire, item: Json| {
        too_deep |= depth(&item) > ITEM_DEPTH;
        items.insert(wire, item);
        wire
    };
    let mut keep = |item| keep_as(surface::wire(&item), item);
    let introduction = pass.introduction;
    let nothing =
        pass.items.is_empty() && introduction.server_info.is_none() && introduction.instructions.is_none();
    if nothing {
        findings.refuse(Finding::new(code::NOTHING_OBSERVED, "the server shows nothing"))?;
    }
    let mut profile = Profile::empty(
        circumstances.name.to_owned(),
        circumstances.launch,
        circumstances.protocol_version.into(),
        circumstances.client.info.clone(),
        circumstances.client.capabilities.clone(),
    );
    profile.capabilities = Some(keep(introduction.capabilities));
    profile.server_info = introduction.server_info.map(&mut keep);
    profile.instructions = introduction.instructions.map(&mut keep);
    profile.ui = pass
        .ui
        .into_iter()
        .map(|(uri, digest)| (uri, ItemDigests { wire: digest, surface: digest }))
        .collect();
    profile.tool_order = pass.tool_order;
    profile.findings = findings.recorded();
    for (method, pages) in pass.unknown_members {
        if pages.iter().any(|page| !page.is_empty()) {
            let pages: Vec<Json> = pages.into_iter().map(Json::from).collect();
            profile.result_members.insert(method.into(), keep(pages.into()));
        }
    }
    for (((kind, key), item), digests) in pass.items.into_iter().zip(digests) {
        keep_as(digests.wire, item);
        match kind {
            ItemKind::Tool => profile.tools.insert(key, digests),
            ItemKind::Prompt => profile.prompts.insert(key, digests),
            ItemKind::Resource => profile.resources.insert(key, digests),
            ItemKind::ResourceTemplate => profile.resource_templates.insert(key, digests),
            ItemKind::Skill => profile.skills.insert(key, digests),
            // These are no entries of a list.
            ItemKind::Ui | ItemKind::ServerInfo | ItemKind::Instructions | ItemKind::Capabilities => None,
        };
    }
    if too_deep {
        let message = format!("an item is nested more than {ITEM_DEPTH} deep");
        return Err(Finding::new(code::TOO_DEEP, message));
    }
    profile.seal();
    Ok(Captured { profile, items, frames: pass.frames, warning: None })
}

/// The findings that depend on what was listed.
fn note(pass: &Pass, circumstances: &Circumstances<'_>, findings: &mut Findings) {
    for method in &pass.undeclared {
        findings.note(code::UNDECLARED_LIST, format!("{method} lists items that no capability declares"));
    }
    for (method, pages) in &pass.unknown_members {
        let names: Vec<String> = pages.iter().flat_map(|page| page.keys()).map(quoted).collect();
        if let Some(first) = names.first() {
            let message = format!("the answer to {method} has the unknown member `{first}`");
            findings.note(code::UNKNOWN_RESULT_MEMBER, message);
        }
    }
    let introduction = [
        ("the server info", &pass.introduction.server_info),
        ("the instructions", &pass.introduction.instructions),
    ];
    let single = introduction.into_iter().filter_map(|(name, item)| Some((name.to_owned(), item.as_ref()?)));
    let listed = pass.items.iter().map(|((kind, key), item)| (format!("the {kind} {}", quoted(key)), item));
    for (name, item) in single.chain(listed) {
        if circumstances.private.iter().any(|folder| names_path(item, &folder.to_string_lossy())) {
            findings.note(code::PATH_IN_ITEM, format!("{name} contains a path of this machine"));
        }
    }
}

/// Arrays and objects inside each other.
fn depth(json: &Json) -> usize {
    match json {
        Json::Array(elements) => 1 + elements.iter().map(depth).max().unwrap_or(0),
        Json::Object(object) => 1 + object.iter().map(|(_, value)| depth(value)).max().unwrap_or(0),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => 0,
    }
}

/// Whether a key or a string of `json` contains `folder` or something below it.
fn names_path(json: &Json, folder: &str) -> bool {
    // Of the root, everything is below.
    if folder.len() < 2 {
        return false;
    }
    match json {
        Json::String(text) => contains_path(text, folder),
        Json::Array(elements) => elements.iter().any(|element| names_path(element, folder)),
        Json::Object(object) => {
            object.iter().any(|(key, value)| contains_path(key, folder) || names_path(value, folder))
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => false,
    }
}

/// Whether `folder` stands in `text` as a whole path or as the beginning of one.
fn contains_path(text: &str, folder: &str) -> bool {
    let part_of_name = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '~');
    // A folder is absolute; most texts have no slash, and to look for one costs next to nothing.
    text.match_indices('/').filter(|(at, _)| text[*at..].starts_with(folder)).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + folder.len()..].chars().next();
        !before.is_some_and(part_of_name) && !after.is_some_and(part_of_name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_found_at_its_own_boundaries_only() {
        for text in
            ["/home/ann", "in /home/ann/x, say", "file:///home/ann/x", "\"/home/ann\"", "--root=/home/ann"]
        {
            assert!(contains_path(text, "/home/ann"), "{text}");
        }
        for text in ["/home/anna", "/mnt/home/ann", "x/home/ann", "/home/ann-b", "/home/an"] {
            assert!(!contains_path(text, "/home/ann"), "{text}");
        }
    }

    #[test]
    fn keys_are_searched_too_and_the_root_is_not() {
        let json = Json::parse(br#"{"a":[{"/root/x":1}]}"#, Limits::bytes(99)).expect("json");
        assert_eq!(depth(&json), 3);
        assert!(names_path(&json, "/root"));
        assert!(!names_path(&json, "/"));
        assert!(!names_path(&json, "/srv"));
    }
}
