mod alarm;
mod rename;
mod schema;

use std::collections::BTreeMap;

use super::*;
use crate::canonical::{Json, Limits};
use crate::surface::{surface, wire};

fn json(text: &str) -> Json {
    Json::parse(text.as_bytes(), Limits::bytes(1 << 20)).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn server(items: &[(ItemKind, &str, Json)]) -> ObservedServer {
    let items = items
        .iter()
        .map(|(kind, key, item)| {
            let digests = ItemDigests { wire: wire(item), surface: surface(*kind, item) };
            ((*kind, (*key).to_owned()), ObservedItem { digests, json: Some(item.clone()) })
        })
        .collect();
    ObservedServer { conditions: None, items }
}

fn tools(tools: &[&str]) -> ObservedServer {
    let tools: Vec<Json> = tools.iter().map(|tool| json(tool)).collect();
    let items: Vec<_> = tools
        .iter()
        .map(|tool| (ItemKind::Tool, tool.get("name").and_then(Json::as_str).unwrap(), tool.clone()))
        .collect();
    server(&items)
}

/// The one difference between two tools, whole.
fn between(before: &str, after: &str) -> ItemDiff {
    let mut diff = servers(&tools(&[before]), &tools(&[after]));
    assert_eq!(diff.items.len(), 1, "{before} → {after}");
    assert_eq!(diff.class, diff.items[0].class);
    diff.items.remove(0)
}

fn ids(item: &ItemDiff) -> Vec<&'static str> {
    item.signs.iter().map(|sign| sign.reason.id()).collect()
}

/// A tool whose input schema is `schema`.
fn with(schema: &str) -> String {
    format!(r#"{{"name":"t","description":"d","inputSchema":{schema}}}"#)
}

/// A tool with one parameter `p` of this schema.
fn taking(parameter: &str) -> String {
    with(&format!(r#"{{"type":"object","properties":{{"p":{parameter}}}}}"#))
}

#[test]
fn a_server_differs_from_itself_in_nothing() {
    let server = tools(&[&with(r#"{"type":"object"}"#), r#"{"name":"u"}"#]);
    let diff = servers(&server, &server);
    assert_eq!((diff.class, diff.items.len()), (Class::Identical, 0));
    let empty = ObservedServer::default();
    assert_eq!(servers(&empty, &empty).class, Class::Identical);
}

#[test]
fn classes_are_ordered_and_named() {
    assert!(Class::ALL.is_sorted());
    for class in Class::ALL {
        assert_eq!(class.as_str().parse(), Ok(class));
        assert_eq!(Json::from_serialize(&class).unwrap().as_str(), Some(class.as_str()));
    }
    assert!("Material".parse::<Class>().is_err());
    let mut ids: Vec<_> = Reason::ALL.iter().map(|reason| reason.id()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), Reason::ALL.len());
}

#[test]
fn changes_of_members() {
    let tool = |rest: &str| format!(r#"{{"name":"t"{rest}}}"#);
    for (before, after, class, pointer) in [
        // What two SDKs write differently.
        ("", r#","execution":{"taskSupport":"forbidden"}"#, Class::WireOnly, "/execution"),
        (
            r#","inputSchema":{"type":"object"}"#,
            r#","inputSchema":{"type":"object","$schema":"http://json-schema.org/draft-07/schema#"}"#,
            Class::WireOnly,
            "/inputSchema/$schema",
        ),
        // The same members elsewhere or with more in them are surface.
        ("", r#","execution":{"taskSupport":"forbidden","x":1}"#, Class::Material, "/execution"),
        (r#","description":"a b""#, r#","description":" a\n b ""#, Class::Cosmetic, "/description"),
        (
            r#","annotations":{"title":"A B"}"#,
            r#","annotations":{"title":"A  B"}"#,
            Class::Cosmetic,
            "/annotations/title",
        ),
        (r#","description":"a b""#, r#","description":"ab""#, Class::Material, "/description"),
        (r#","_meta":{"title":"a b"}"#, r#","_meta":{"title":"a  b"}"#, Class::Material, "/_meta/title"),
        (r#","description":"a""#, "", Class::Material, "/description"),
        (r#","a/b":{"~":1}"#, r#","a/b":{"~":2}"#, Class::Material, "/a~1b/~0"),
        (r#","icons":[{"src":"a"}]"#, r#","icons":[{"src":"b"}]"#, Class::Material, "/icons/0/src"),
        (r#","icons":[{"src":"a"}]"#, r#","icons":[]"#, Class::Material, "/icons"),
    ] {
        let item = between(&tool(before), &tool(after));
        assert_eq!(item.class, class, "{before} → {after}");
        assert_eq!(item.change, Change::Changed);
        assert_eq!(item.members.len(), 1, "{before} → {after}");
        assert_eq!((item.members[0].pointer.as_str(), item.members[0].class), (pointer, class));
    }
}

#[test]
fn the_worst_member_decides() {
    let item = between(
        r#"{"name":"t","description":"a b","execution":{"taskSupport":"optional"}}"#,
        r#"{"name":"t","description":"a  b"}"#,
    );
    assert_eq!(item.class, Class::Cosmetic);
    let classes: Vec<_> = item.members.iter().map(|member| (member.pointer.as_str(), member.class)).collect();
    assert_eq!(classes, [("/description", Class::Cosmetic), ("/execution", Class::WireOnly)]);
}

#[test]
fn items_that_come_and_go() {
    let one =
        || (ItemKind::Tool, "t", json(r#"{"name":"t","description":"completely different words here"}"#));
    for (kind, key, item, class, id) in [
        (ItemKind::Tool, "x", json(r#"{"name":"x"}"#), Class::Breaking, "gone"),
        (ItemKind::Prompt, "x", json(r#"{"name":"x"}"#), Class::Breaking, "gone"),
        (ItemKind::ResourceTemplate, "x:{y}", json(r#"{"uriTemplate":"x:{y}"}"#), Class::Breaking, "gone"),
        (ItemKind::Resource, "x:y", json(r#"{"uri":"x:y"}"#), Class::Material, "no-longer-listed"),
        (ItemKind::Instructions, "instructions", json(r#""be nice""#), Class::Material, "no-longer-listed"),
    ] {
        let (small, large) = (server(&[one()]), server(&[one(), (kind, key, item)]));
        let removed = servers(&large, &small);
        assert_eq!((removed.class, removed.items[0].change.clone()), (class, Change::Removed), "{kind}");
        assert_eq!(ids(&removed.items[0]), [id]);
        let added = servers(&small, &large);
        assert_eq!((added.class, added.items[0].change.clone()), (Class::Material, Change::Added), "{kind}");
    }
}

#[test]
fn of_a_page_only_the_digest_is_known() {
    let page = |bytes: &[u8]| {
        let digest = crate::digest::Sha256Digest::of(bytes);
        let item = ObservedItem { digests: ItemDigests { wire: digest, surface: digest }, json: None };
        ObservedServer {
            conditions: None,
            items: BTreeMap::from([((ItemKind::Ui, "ui://a".to_owned()), item)]),
        }
    };
    let diff = servers(&page(b"a"), &page(b"b"));
    assert_eq!((diff.class, ids(&diff.items[0])), (Class::Material, vec!["content-changed"]));
}

#[test]
fn prompts_demand_arguments() {
    let prompt = |required: &str| {
        server(&[(
            ItemKind::Prompt,
            "p",
            json(&format!(r#"{{"name":"p","arguments":[{{"name":"a"{required}}}]}}"#)),
        )])
    };
    let diff = servers(&prompt(""), &prompt(r#","required":true"#));
    assert_eq!((diff.class, ids(&diff.items[0])), (Class::Breaking, vec!["new-required"]));
    assert_eq!(diff.items[0].signs[0].pointer, "/arguments/0");
    assert_eq!(servers(&prompt(r#","required":true"#), &prompt("")).class, Class::Material);
}

#[test]
fn the_document_says_it_all() {
    let diff = servers(&tools(&[&taking(r#"{"type":"integer"}"#)]), &tools(&[&taking(r#"{"type":"null"}"#)]));
    let document = Json::from_serialize(&diff).unwrap();
    let item = &document.get("items").and_then(Json::as_array).unwrap()[0];
    assert_eq!(document.get("class").and_then(Json::as_str), Some("breaking"));
    assert_eq!(item.get("kind").and_then(Json::as_str), Some("tool"));
    assert_eq!(item.get("change").and_then(Json::as_str), Some("changed"));
    for side in ["before", "after"] {
        assert!(
            item.get(side).and_then(|digests| digests.get("wire")).is_some()
                && item.get(side).and_then(|digests| digests.get("surface")).is_some()
        );
    }
    let sign = &item.get("signs").and_then(Json::as_array).unwrap()[0];
    assert_eq!(sign.get("pointer").and_then(Json::as_str), Some("/inputSchema/properties/p"));
}
