//! From what a pass saw to a profile and its items.

use std::collections::BTreeMap;
use std::path::PathBuf;

use mcpsign_schemas::canonical::{Json, Limits};
use mcpsign_schemas::code::capture as code;
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::manifest::{ItemDigests, Launch, Profile};
use mcpsign_schemas::surface::{self, ItemKind};

use super::Captured;
use super::era::Client;
use super::findings::{Findings, quoted};
use super::pass::Pass;

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
    /// Folders of this machine that no item should name.
    pub(super) private: Vec<PathBuf>,
}

/// A profile, but for the findings that are recorded in it: it is made while the server may still add some.
#[derive(Debug)]
pub(super) struct Draft {
    profile: Profile,
    items: BTreeMap<Sha256Digest, Json>,
    frames: Vec<String>,
    /// Lists that no capability declares.
    undeclared: Vec<&'static str>,
    unserved: Vec<&'static str>,
    /// By method, the first member of its answer that the protocol does not know.
    unknown_members: Vec<(&'static str, String)>,
    /// What contains a path of this machine.
    with_paths: Vec<String>,
    shows_nothing: bool,
    is_too_deep: bool,
}

impl Draft {
    /// Makes what can be made of a pass alone.
    pub(super) fn of(pass: Pass, protocol_version: &str, circumstances: &Circumstances<'_>) -> Self {
        let unknown_members = pass.unknown_members.iter();
        let unknown_members = unknown_members.filter_map(|(method, pages)| {
            let first = pages.iter().flat_map(|page| page.keys()).map(quoted).next()?;
            Some((*method, first))
        });
        let unknown_members = unknown_members.collect();
        let with_paths = with_paths(&pass, &circumstances.private);

        let mut items = BTreeMap::new();
        let mut is_too_deep = false;
        let mut keep_as = |wire, item: Json| {
            is_too_deep |= depth(&item) > ITEM_DEPTH;
            items.insert(wire, item);
            wire
        };
        let mut keep = |item| keep_as(surface::wire(&item), item);
        let introduction = pass.introduction;
        let shows_nothing = pass.items.is_empty()
            && introduction.server_info.is_none()
            && introduction.instructions.is_none();
        let mut profile = Profile::empty(
            circumstances.name.to_owned(),
            circumstances.launch.clone(),
            protocol_version.into(),
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
        for (method, pages) in pass.unknown_members {
            if pages.iter().any(|page| !page.is_empty()) {
                let pages: Vec<Json> = pages.into_iter().map(Json::from).collect();
                profile.result_members.insert(method.into(), keep(pages.into()));
            }
        }
        for ((kind, key), item) in pass.items {
            let digests = ItemDigests { wire: surface::wire(&item), surface: surface::surface(kind, &item) };
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
        profile.seal();
        Self {
            profile,
            items,
            frames: pass.frames,
            undeclared: pass.undeclared,
            unserved: pass.unserved,
            unknown_members,
            with_paths,
            shows_nothing,
            is_too_deep,
        }
    }

    /// The profile, as far as a pass makes it.
    pub(super) fn into_profile(self) -> Profile {
        self.profile
    }

    /// Records what was found, or refuses.
    pub(super) fn finish(mut self, findings: &mut Findings) -> Result<Captured, Finding> {
        for method in &self.undeclared {
            let message = format!("{method} lists items that no capability declares");
            findings.note(code::UNDECLARED_LIST, message);
        }
        for method in &self.unserved {
            findings
                .note(code::UNSERVED_LIST, format!("{method} is declared, and the server does not know it"));
        }
        for (method, first) in &self.unknown_members {
            let message = format!("the answer to {method} has the unknown member `{first}`");
            findings.note(code::UNKNOWN_RESULT_MEMBER, message);
        }
        for name in &self.with_paths {
            findings.note(code::PATH_IN_ITEM, format!("{name} contains a path of this machine"));
        }
        if self.shows_nothing {
            findings.refuse(Finding::new(code::NOTHING_OBSERVED, "the server shows nothing"))?;
        }
        if self.is_too_deep {
            let message = format!("an item is nested more than {ITEM_DEPTH} deep");
            return Err(Finding::new(code::TOO_DEEP, message));
        }
        self.profile.findings = findings.recorded();
        Ok(Captured { profile: self.profile, items: self.items, frames: self.frames })
    }
}

/// The items that contain one of these folders, or something below it.
fn with_paths(pass: &Pass, folders: &[PathBuf]) -> Vec<String> {
    let folders: Vec<_> = folders.iter().map(|folder| folder.to_string_lossy()).collect();
    let folders: Vec<&str> = folders.iter().map(AsRef::as_ref).collect();
    let introduction = [
        ("the server info", &pass.introduction.server_info),
        ("the instructions", &pass.introduction.instructions),
    ];
    let single = introduction.into_iter().filter_map(|(name, item)| Some((name, item.as_ref()?)));
    let single = single.filter(|(_, item)| names_path(item, &folders)).map(|(name, _)| name.to_owned());
    let listed = pass.items.iter().filter(|(_, item)| names_path(item, &folders));
    single.chain(listed.map(|((kind, key), _)| format!("the {kind} {}", quoted(key)))).collect()
}

/// Arrays and objects inside each other.
fn depth(json: &Json) -> usize {
    match json {
        Json::Array(elements) => 1 + elements.iter().map(depth).max().unwrap_or(0),
        Json::Object(object) => 1 + object.sorted().map(|(_, value)| depth(value)).max().unwrap_or(0),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => 0,
    }
}

/// Whether a key or a string of `json` contains one of the folders or something below it.
fn names_path(json: &Json, folders: &[&str]) -> bool {
    match json {
        Json::String(text) => contains_path(text, folders),
        Json::Array(elements) => elements.iter().any(|element| names_path(element, folders)),
        Json::Object(object) => {
            object.sorted().any(|(key, value)| contains_path(key, folders) || names_path(value, folders))
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => false,
    }
}

/// Whether one of the folders stands in `text` as a whole path or as the beginning of one.
fn contains_path(text: &str, folders: &[&str]) -> bool {
    let part_of_name = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '~');
    let is_whole = |at: usize, folder: &str| {
        // Of the root, everything is below.
        if folder.len() < 2 {
            return false;
        }
        let before = text[..at].chars().next_back();
        let after = text[at + folder.len()..].chars().next();
        !before.is_some_and(part_of_name) && !after.is_some_and(part_of_name)
    };
    // Folders are absolute; most texts have no slash, and to look for one costs next to nothing.
    text.match_indices('/')
        .any(|(at, _)| folders.iter().any(|folder| text[at..].starts_with(folder) && is_whole(at, folder)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_found_at_its_own_boundaries_only() {
        for text in
            ["/home/ann", "in /home/ann/x, say", "file:///home/ann/x", "\"/home/ann\"", "--root=/home/ann"]
        {
            assert!(contains_path(text, &["/srv", "/home/ann"]), "{text}");
        }
        for text in ["/home/anna", "/mnt/home/ann", "x/home/ann", "/home/ann-b", "/home/an"] {
            assert!(!contains_path(text, &["/srv", "/home/ann"]), "{text}");
        }
    }

    #[test]
    fn keys_are_searched_too_and_the_root_is_not() {
        let json = Json::parse(br#"{"a":[{"/root/x":1}]}"#, Limits::bytes(99)).expect("json");
        assert_eq!(depth(&json), 3);
        assert!(names_path(&json, &["/root"]));
        assert!(!names_path(&json, &["/", "/srv"]));
    }
}
