//! What holds of every capture: canonical form is the identity, spelling never counts, content always does.

use mcpsign_collect::replies;
use mcpsign_schemas::canonical::{Json, Object};
use mcpsign_schemas::manifest::{ItemDigests, profile_digests};
use mcpsign_schemas::surface::{ItemKind, surface, wire};
use proptest::prelude::*;

use crate::recorded::{self, FILES, capture_file, frames, observed, parse, replies_of};

/// Choices without end out of one number.
struct Choices(u64);

impl Choices {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit.max(1)
    }
}

/// The same value, its members in another order, with other white space (no line ends: frames are lines) and escapes.
fn respelled(json: &Json, choices: &mut Choices) -> String {
    let space = [" ", "", "\t", "\r"][choices.below(4)];
    let core = match json {
        Json::Array(elements) => {
            let elements: Vec<String> = elements.iter().map(|element| respelled(element, choices)).collect();
            format!("[{space}{}]", elements.join(","))
        }
        Json::Object(object) => {
            let mut members: Vec<_> = object.iter().map(|member| (choices.below(1 << 20), member)).collect();
            members.sort_by_key(|(order, _)| *order);
            let members: Vec<String> = members
                .into_iter()
                .map(|(_, (key, value))| {
                    format!("{}{space}:{}", respelled_text(key, choices), respelled(value, choices))
                })
                .collect();
            format!("{{{space}{}}}", members.join(","))
        }
        Json::String(text) => respelled_text(text, choices),
        other => String::from_utf8(other.to_canonical()).unwrap(),
    };
    format!("{space}{core}{space}")
}

fn respelled_text(text: &str, choices: &mut Choices) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match choices.below(3) {
            0 => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| out += &format!("\\u{unit:04x}")),
            1 => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| out += &format!("\\u{unit:04X}")),
            _ if c < ' ' || "\"\\".contains(c) => out += &format!("\\u{:04x}", u32::from(c)),
            _ => out.push(c),
        }
    }
    out + "\""
}

/// The capture file of these frames, written, read, written again.
fn round_trip(frames: Vec<String>) -> Vec<u8> {
    let bytes = capture_file(frames).to_bytes().unwrap();
    let read = replies::capture_file(&bytes).expect("what we write we read");
    assert_eq!(read.to_bytes().unwrap(), bytes, "written, read and written again");
    // Canonical but for the line end.
    assert_eq!(parse(&bytes).to_canonical(), bytes[..bytes.len() - 1]);
    bytes
}

#[test]
fn real_captures_are_written_read_and_written_again_alike() {
    for file in FILES {
        let replies = replies_of(file);
        let bytes = round_trip(frames(&replies));
        // The file itself in another spelling is the same capture.
        let mut choices = Choices(7);
        let other = respelled(&parse(&bytes), &mut choices);
        assert_eq!(replies::capture_file(other.as_bytes()).unwrap().to_bytes().unwrap(), bytes, "{file}");
    }
}

#[test]
fn spelling_of_real_replies_never_counts() {
    for file in FILES {
        let replies = replies_of(file);
        let plain = capture_file(frames(&replies));
        for seed in 0..4 {
            let mut choices = Choices(seed);
            let lines = replies.iter().map(|reply| respelled(reply, &mut choices)).collect();
            let other = capture_file(lines);
            assert_eq!(other.items, plain.items, "{file}");
            assert_eq!(profile_digests(&other.profiles[0]).wire, profile_digests(&plain.profiles[0]).wire);
            assert_eq!(other.profiles[0].surface_digest, plain.profiles[0].surface_digest, "{file}");
            assert_eq!(other.profiles[0].tools, plain.profiles[0].tools, "{file}");
        }
    }
}

/// Every item of every recording.
fn real_items() -> Vec<(ItemKind, Json)> {
    let mut items = Vec::new();
    for file in FILES {
        let seen = observed(&frames(&replies_of(file)));
        items.extend(seen.items.into_iter().filter_map(|((kind, _), item)| Some((kind, item.json?))));
    }
    items
}

/// Where `formats.md` §2 takes something out; what stands there may be inert, what stands elsewhere never is.
fn may_be_inert(kind: ItemKind, pointer: &str) -> bool {
    let places: &[&str] = match kind {
        ItemKind::Tool => &["/execution", "/inputSchema/$schema", "/outputSchema/$schema"],
        ItemKind::Resource => &["/size", "/annotations"],
        ItemKind::ResourceTemplate => &["/annotations"],
        _ => &[],
    };
    places.iter().any(|place| pointer == *place || pointer.starts_with(&format!("{place}/")))
}

/// Calls `see` with every single change of a document and the pointer to what changed: a value replaced, a member or
/// an element removed, doubled or added, a key renamed.
fn each_change(json: &Json, see: &mut dyn FnMut(&str, Json)) {
    match json {
        Json::Object(object) => {
            for (key, value) in object.iter() {
                let place = format!("/{}", key.replace('~', "~0").replace('/', "~1"));
                let with = |change: &dyn Fn(&mut Object)| {
                    let mut object = object.clone();
                    change(&mut object);
                    Json::Object(object)
                };
                see(&place, with(&|object| drop(object.remove(key))));
                let renamed = with(&|object| {
                    if let Some(value) = object.remove(key) {
                        object.insert(format!("{key}'"), value);
                    }
                });
                see(&place, renamed);
                each_change(value, &mut |inner, changed| {
                    see(
                        &format!("{place}{inner}"),
                        with(&|object| drop(object.insert(key.to_owned(), changed.clone()))),
                    );
                });
            }
            let mut more = object.clone();
            more.insert("x-new".into(), Json::Null);
            see("/x-new", Json::Object(more));
            see("", Json::Null);
        }
        Json::Array(elements) => {
            for (at, element) in elements.iter().enumerate() {
                let with = |change: &dyn Fn(&mut Vec<Json>)| {
                    let mut elements = elements.clone();
                    change(&mut elements);
                    Json::Array(elements)
                };
                see(&format!("/{at}"), with(&|elements| drop(elements.remove(at))));
                see(&format!("/{at}"), with(&|elements| elements.insert(at, element.clone())));
                each_change(element, &mut |inner, changed| {
                    see(&format!("/{at}{inner}"), with(&|elements| elements[at] = changed.clone()));
                });
            }
            see("", Json::String("no array".into()));
        }
        Json::String(text) => {
            for other in [format!("{text} "), format!("{text}\u{200b}"), text.to_uppercase(), String::new()] {
                if other != *text {
                    see("", Json::String(other));
                }
            }
            see("", Json::Null);
        }
        Json::Bool(value) => see("", Json::Bool(!value)),
        Json::Number(_) => see("", Json::from(4_000_000_001_u32)),
        Json::Null => see("", Json::Bool(false)),
    }
}

#[test]
fn every_change_of_a_surface_member_of_a_real_item_changes_the_surface() {
    let mut changes = 0;
    for (kind, item) in real_items() {
        let (was_wire, was_surface) = (wire(&item), surface(kind, &item));
        each_change(&item, &mut |pointer, changed| {
            changes += 1;
            assert_ne!(wire(&changed), was_wire, "{kind} {pointer}");
            if !may_be_inert(kind, pointer) {
                assert_ne!(surface(kind, &changed), was_surface, "{kind} {pointer}: {changed:?}");
            }
        });
    }
    // The recordings have items enough for this to mean something.
    assert!(changes > 10_000, "{changes}");
}

/// The inert members of each kind: where, and values that are.
fn inert() -> Vec<(ItemKind, Vec<&'static str>, Vec<Json>)> {
    let texts = |texts: &[&str]| texts.iter().map(|text| Json::from(*text)).collect::<Vec<_>>();
    let dialects = texts(&[
        "http://json-schema.org/draft-07/schema",
        "http://json-schema.org/draft-07/schema#",
        "https://json-schema.org/draft/2019-09/schema",
        "https://json-schema.org/draft/2020-12/schema",
    ]);
    let support = |word: &str| parse(format!(r#"{{"taskSupport":"{word}"}}"#).as_bytes());
    let times = texts(&["2026-11-02T10:11:12Z", "2026-11-02T10:11:12.5+02:00"]);
    vec![
        (ItemKind::Tool, vec!["execution"], ["forbidden", "optional", "required"].map(support).to_vec()),
        (ItemKind::Tool, vec!["inputSchema", "$schema"], dialects.clone()),
        (ItemKind::Tool, vec!["outputSchema", "$schema"], dialects),
        (ItemKind::Resource, vec!["size"], vec![Json::from(0), Json::from(4096)]),
        (ItemKind::Resource, vec!["annotations", "lastModified"], times.clone()),
        (ItemKind::ResourceTemplate, vec!["annotations", "lastModified"], times),
    ]
}

/// `item` with `value` at `path`, or without what stands there; `None` where the path leads nowhere.
fn with(item: &Json, path: &[&str], value: Option<Json>) -> Option<Json> {
    let mut item = item.clone();
    let (last, parents) = path.split_last()?;
    let object = parents.iter().try_fold(&mut item, |json, key| json.as_object_mut()?.get_mut(key))?;
    match value {
        Some(value) => drop(object.as_object_mut()?.insert((*last).into(), value)),
        None => drop(object.as_object_mut()?.remove(last)),
    }
    Some(item)
}

#[test]
fn a_change_of_an_inert_member_alone_changes_the_wire_alone() {
    let mut changes = 0;
    for (kind, item) in real_items() {
        for (_, path, values) in inert().into_iter().filter(|(of, _, _)| *of == kind) {
            let Some(without) = with(&item, &path, None) else { continue };
            let mut wires = vec![wire(&without)];
            for value in values {
                let Some(changed) = with(&item, &path, Some(value)) else { continue };
                changes += 1;
                assert_eq!(surface(kind, &changed), surface(kind, &without), "{kind} {path:?}");
                assert!(!wires.contains(&wire(&changed)), "{kind} {path:?}");
                wires.push(wire(&changed));
            }
        }
    }
    assert!(changes > 200, "{changes}");
}

#[test]
fn digests_of_a_profile_follow_those_of_its_items() {
    let replies = replies_of("filesystem.raw.json");
    let before = capture_file(frames(&replies)).profiles.remove(0);
    let digests = |edit: &dyn Fn(&mut Object)| {
        let edited = recorded::edited(&replies, |name, tool| {
            if name == "read_file" {
                edit(tool);
            }
            true
        });
        capture_file(frames(&edited)).profiles.remove(0)
    };
    let inert =
        digests(&|tool| drop(tool.insert("execution".into(), parse(br#"{"taskSupport":"optional"}"#))));
    assert_ne!(inert.wire_digest, before.wire_digest);
    assert_eq!(inert.surface_digest, before.surface_digest);
    let surface = digests(&|tool| drop(tool.insert("title".into(), Json::from("Another"))));
    assert_ne!(surface.wire_digest, before.wire_digest);
    assert_ne!(surface.surface_digest, before.surface_digest);
}

fn text() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        4 => prop::char::range('a', 'c'),
        1 => prop::char::range('\0', '\u{a0}'),
        1 => prop::char::range('\u{d7f0}', '\u{e010}'),
        1 => any::<char>(),
    ];
    prop::collection::vec(character, 0..6).prop_map(|characters| characters.into_iter().collect())
}

fn json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::Bool),
        any::<u32>().prop_map(Json::from),
        text().prop_map(Json::String),
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::Array),
            prop::collection::vec((text(), inner), 0..4)
                .prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    })
}

/// A tool with members known and unknown, none of them inert.
fn tool() -> impl Strategy<Value = Object> {
    let member = prop_oneof![
        Just("description".to_owned()),
        Just("annotations".to_owned()),
        Just("_meta".to_owned()),
        text().prop_filter("inert", |key| !matches!(key.as_str(), "name" | "execution")),
    ];
    prop::collection::vec((member, json()), 0..6).prop_map(|members| members.into_iter().collect())
}

/// The reply to `tools/list` of a server with these tools.
fn listed(tools: &[Object]) -> Json {
    let tools: Vec<Json> = tools
        .iter()
        .enumerate()
        .map(|(at, tool)| {
            let mut tool = tool.clone();
            tool.insert("name".into(), Json::from(format!("t{at}")));
            tool.insert("inputSchema".into(), parse(br#"{"type":"object"}"#));
            Json::Object(tool)
        })
        .collect();
    let mut result = Object::new();
    result.insert("tools".into(), Json::Array(tools));
    let mut reply = Object::new();
    reply.insert("jsonrpc".into(), Json::from("2.0"));
    reply.insert("id".into(), Json::from(1));
    reply.insert("result".into(), Json::Object(result));
    Json::Object(reply)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn generated_captures_stay_and_their_spelling_does_not_count(
        tools in prop::collection::vec(tool(), 1..5),
        seed in any::<u64>(),
    ) {
        let reply = listed(&tools);
        round_trip(frames(std::slice::from_ref(&reply)));
        let plain = observed(&frames(std::slice::from_ref(&reply)));
        let other = observed(&[respelled(&reply, &mut Choices(seed))]);
        prop_assert_eq!(plain, other);
    }

    #[test]
    fn every_change_of_a_generated_tool_shows(tool in tool()) {
        let digests = |json: &Json| ItemDigests { wire: wire(json), surface: surface(ItemKind::Tool, json) };
        let tool = Json::Object(tool);
        let before = digests(&tool);
        let mut hidden = Vec::new();
        each_change(&tool, &mut |pointer, changed| {
            let after = digests(&changed);
            if changed != tool && !may_be_inert(ItemKind::Tool, pointer) && (after.wire == before.wire || after.surface == before.surface) {
                hidden.push(pointer.to_owned());
            }
        });
        prop_assert!(hidden.is_empty(), "{:?}", hidden);
    }
}
