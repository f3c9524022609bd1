//! Capture files made of the replies of real servers in `tests/captures/`, as received or edited.

use std::collections::BTreeMap;

use mcpsign_collect::replies;
use mcpsign_schemas::canonical::{Json, Limits, Object};
use mcpsign_schemas::capture::{CaptureFile, SCHEMA};
use mcpsign_schemas::manifest::{Launch, Product, Profile};
use mcpsign_schemas::observed::ObservedServer;
use mcpsign_schemas::surface::ItemKind;

use crate::support;

pub(crate) const FILES: [&str; 8] = [
    "everything.raw.json",
    "filesystem.raw.json",
    "git.modern.raw.json",
    "git.raw.json",
    "memory.raw.json",
    "sequential-thinking.raw.json",
    "time.modern.raw.json",
    "time.raw.json",
];

pub(crate) fn parse(bytes: &[u8]) -> Json {
    Json::parse(bytes, Limits::bytes(8 << 20)).expect("strict JSON")
}

/// The replies of one recording, in the order of a capture.
pub(crate) fn replies_of(file: &str) -> Vec<Json> {
    let bytes = std::fs::read(support::workspace().join("tests/captures").join(file)).expect("a recording");
    let recording = parse(&bytes);
    let single = ["initialize", "discover"].into_iter().filter_map(|method| recording.get(method)).cloned();
    let lists = ["tools/list", "prompts/list", "resources/list", "resources/templates/list"];
    let pages = lists.into_iter().filter_map(|method| recording.get(method)?.as_array()).flatten().cloned();
    single.chain(pages).filter(|reply| reply.get("result").is_some()).collect()
}

/// `replies` with every tool passed through `edit`; one for which it returns false is left out.
pub(crate) fn edited(replies: &[Json], mut edit: impl FnMut(&str, &mut Object) -> bool) -> Vec<Json> {
    let mut replies = replies.to_vec();
    for reply in &mut replies {
        let tools = reply
            .as_object_mut()
            .and_then(|reply| reply.get_mut("result")?.as_object_mut()?.get_mut("tools"));
        if let Some(Json::Array(tools)) = tools {
            tools.retain_mut(|tool| {
                let name = tool.get("name").and_then(Json::as_str).expect("a name").to_owned();
                edit(&name, tool.as_object_mut().expect("an object"))
            });
        }
    }
    replies
}

pub(crate) fn observed(frames: &[String]) -> ObservedServer {
    replies::observe(frames.join("\n").as_bytes()).expect("replies of a server")
}

/// What `manifest capture` would have written of a server that gave these frames.
pub(crate) fn capture_file(frames: Vec<String>) -> CaptureFile {
    let seen = observed(&frames);
    let product = || Product { name: "mcpsign".into(), version: "0.1.0".into() };
    let launch = Launch::of_command(vec!["{runtime:node}".into(), "index.js".into()]);
    let version = frames.first().map(|frame| version(frame)).expect("an introduction");
    let mut profile =
        Profile::empty("default".into(), launch, version, product(), Json::Object(Object::new()));
    let mut items = BTreeMap::new();
    for ((kind, key), item) in seen.items {
        let single = match kind {
            ItemKind::Tool => Err(&mut profile.tools),
            ItemKind::Prompt => Err(&mut profile.prompts),
            ItemKind::Resource => Err(&mut profile.resources),
            ItemKind::ResourceTemplate => Err(&mut profile.resource_templates),
            ItemKind::Skill => Err(&mut profile.skills),
            ItemKind::Ui => Err(&mut profile.ui),
            ItemKind::ServerInfo => Ok(&mut profile.server_info),
            ItemKind::Instructions => Ok(&mut profile.instructions),
            ItemKind::Capabilities => Ok(&mut profile.capabilities),
        };
        match single {
            Ok(place) => *place = Some(item.digests.wire),
            Err(keyed) => {
                keyed.insert(key, item.digests);
            }
        }
        if let Some(json) = item.json {
            items.insert(item.digests.wire, json);
        }
    }
    profile.tool_order = frames.iter().flat_map(|frame| tool_names(frame)).collect();
    profile.seal();
    CaptureFile {
        schema: SCHEMA.into(),
        created_on: "2026-11-02T10:11:12Z".parse().expect("a time"),
        producer: product(),
        frames: BTreeMap::from([(profile.name.clone(), frames)]),
        profiles: vec![profile],
        items,
    }
}

/// The revision that an introduction is of.
fn version(frame: &str) -> String {
    let reply: serde_json::Value = serde_json::from_str(frame).expect("JSON");
    let version = reply["result"]["protocolVersion"].as_str();
    version.unwrap_or("2026-07-28").to_owned()
}

/// The tools of one reply, in its order.
fn tool_names(frame: &str) -> Vec<String> {
    let reply: serde_json::Value = serde_json::from_str(frame).expect("JSON");
    let tools = reply["result"]["tools"].as_array().cloned().unwrap_or_default();
    tools.iter().map(|tool| tool["name"].as_str().expect("a name").to_owned()).collect()
}

/// Each reply on a line of its own, compact.
pub(crate) fn frames(replies: &[Json]) -> Vec<String> {
    replies.iter().map(|reply| serde_json::to_string(reply).expect("JSON")).collect()
}
