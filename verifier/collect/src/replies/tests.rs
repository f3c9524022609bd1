use mcpsign_schemas::canonical::{Json, Limits};
use mcpsign_schemas::code::{Code, capture as code};
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::surface::ItemKind;

use super::*;

fn keys(bytes: &str) -> Vec<(ItemKind, String)> {
    observe(bytes.as_bytes()).expect("an observation").items.into_keys().collect()
}

fn codes(bytes: &str) -> Vec<Code> {
    observe(bytes.as_bytes()).expect_err("refused").into_iter().map(|finding| finding.code).collect()
}

const INITIALIZED: &str = r#"{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-11-25","capabilities":{},"serverInfo":{"name":"s"},"instructions":"be kind"}}"#;
const PAGE_1: &str = r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"a"}],"nextCursor":"2"}}"#;
const PAGE_2: &str = r#"{"jsonrpc":"2.0","id":2,"result":{"tools":[{"name":"b"}]}}"#;

#[test]
fn replies_are_told_apart_by_their_results() {
    let seen = keys(&format!(
        "{INITIALIZED}\r\n\n{PAGE_2}\n{PAGE_1}\n{}\n{}\n{}\n{}\n{}\n{}",
        r#"{"jsonrpc":"2.0","id":3,"result":{"prompts":[{"name":"a"}]}}"#,
        r#"{"jsonrpc":"2.0","id":4,"result":{"resources":[{"uri":"r:1"}]}}"#,
        r#"[{"jsonrpc":"2.0","id":5,"result":{"resourceTemplates":[{"uriTemplate":"r:{n}"}]}}]"#,
        r#"{"jsonrpc":"2.0","id":6,"result":{"skills":[{"uri":"s:1"}]}}"#,
        r#"{"jsonrpc":"2.0","id":7,"result":{"content":[{"type":"text","text":"of a call"}]}}"#,
        r#"{"jsonrpc":"2.0","id":8,"error":{"code":-32601,"message":"Method not found"}}"#,
    ));
    let seen: Vec<(ItemKind, &str)> = seen.iter().map(|(kind, key)| (*kind, key.as_str())).collect();
    assert_eq!(
        seen,
        [
            (ItemKind::Tool, "a"),
            (ItemKind::Tool, "b"),
            (ItemKind::Prompt, "a"),
            (ItemKind::Resource, "r:1"),
            (ItemKind::ResourceTemplate, "r:{n}"),
            (ItemKind::Skill, "s:1"),
            (ItemKind::ServerInfo, "server-info"),
            (ItemKind::Instructions, "instructions"),
            (ItemKind::Capabilities, "capabilities"),
        ]
    );
}

#[test]
fn the_launch_stays_unknown_and_items_are_whole() {
    let observed =
        observe(br#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"a","x-hidden":1}]}}"#).expect("one");
    assert!(observed.conditions.is_none());
    let item = &observed.items[&(ItemKind::Tool, "a".to_owned())];
    let json = Json::parse(br#"{"x-hidden":1,"name":"a"}"#, Limits::bytes(99)).expect("json");
    assert_eq!(item.json, Some(json.clone()));
    assert_eq!(item.digests.wire, json.sha256());
}

#[test]
fn a_page_counts_whoever_names_it() {
    let page = r#"{"jsonrpc":"2.0","id":2,"result":{"contents":[{"uri":"ui://p","text":"<p>"}]}}"#;
    let tool = r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"a","_meta":{"ui":{"resourceUri":"ui://p"}}}]}}"#;
    let observed = observe(format!("{page}\n{tool}").as_bytes()).expect("one");
    assert_eq!(observed.items[&(ItemKind::Ui, "ui://p".to_owned())].digests.wire, Sha256Digest::of(b"<p>"));
    // Under another URI than a tool's it is another page.
    let other = [(ItemKind::Tool, "b".to_owned()), (ItemKind::Ui, "ui://p".to_owned())];
    assert_eq!(keys(&format!("{page}\n{PAGE_2}")), other);
    let other = page.replace("<p>", "<q>");
    assert_eq!(codes(&format!("{page}\n{other}\n{tool}")), [code::DUPLICATE_ITEM]);
}

#[test]
fn every_violation_is_told_with_its_line() {
    let findings =
        observe(format!("{PAGE_1}\n{PAGE_1}\n{{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":1}}\nnoise\n").as_bytes())
            .expect_err("refused");
    let codes: Vec<Code> = findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, [code::DUPLICATE_ITEM, code::DUPLICATE_KEY, code::BAD_MESSAGE]);
    let lines: Vec<&str> = findings.iter().map(|finding| &finding.message[..7]).collect();
    assert_eq!(lines, ["line 2:", "line 3:", "line 4:"]);
}

#[test]
fn what_shows_nothing_or_two_things_is_refused() {
    assert_eq!(codes(""), [code::NOTHING_OBSERVED]);
    assert_eq!(codes("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n"), [code::NOTHING_OBSERVED]);
    let other = INITIALIZED.replace("kind", "cruel");
    assert_eq!(codes(&format!("{INITIALIZED}\n{other}")), [code::PASSES_DISAGREE]);
    assert_eq!(keys(&format!("{INITIALIZED}\n{INITIALIZED}")).len(), 3);
    assert_eq!(codes(r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[],"prompts":[]}}"#), [code::BAD_RESULT]);
    assert_eq!(codes(r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{}]}}"#), [code::ITEM_UNNAMED]);
    assert_eq!(
        codes(r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[],"resultType":"input_required"}}"#),
        [code::INPUT_REQUIRED]
    );
}

/// A member more must not make a client's list an introduction here, or a page of a resource.
#[test]
fn m24_a_result_that_could_be_two_things_is_refused() {
    let with = |member: &str| {
        format!(r#"{{"jsonrpc":"2.0","id":2,"result":{{"tools":[{{"name":"b"}}],{member}}}}}"#)
    };
    let one = r#"{"uri":"ui://p","text":"<p>"}"#;
    for member in [
        format!(r#""contents":[{one}]"#),
        r#""contents":[{"uri":"file:///x","text":"x"}]"#.into(),
        r#""contents":{}"#.into(),
        r#""capabilities":{},"serverInfo":{"name":"s"},"protocolVersion":"2025-11-25""#.into(),
        r#""capabilities":{},"supportedVersions":["2026-07-28"]"#.into(),
        r#""serverInfo":{"name":"s"}"#.into(),
        r#""instructions":"be cruel""#.into(),
        r#""prompts":[]"#.into(),
    ] {
        assert_eq!(codes(&format!("{PAGE_1}\n{}", with(&member))), [code::BAD_RESULT], "{member}");
    }
    assert_eq!(
        codes(&format!(
            r#"{{"jsonrpc":"2.0","id":2,"result":{{"prompts":[{{"name":"b"}}],"contents":[{one}]}}}}"#
        )),
        [code::BAD_RESULT]
    );
    let introduced =
        INITIALIZED.replace("\"instructions\"", &format!("\"contents\":[{one}],\"instructions\""));
    assert_eq!(codes(&introduced), [code::BAD_RESULT]);
    // What says nothing is no second thing, and neither is what belongs to every result.
    let nothing = r#""contents":null,"instructions":null,"ttlMs":1,"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"s"}},"resultType":"complete","capabilities":{}"#;
    assert_eq!(keys(&with(nothing)), [(ItemKind::Tool, "b".to_owned())]);
}

#[test]
fn m24_an_introduction_without_capabilities_is_none() {
    for member in [
        r#""instructions":"be cruel""#,
        r#""serverInfo":{"name":"s"}"#,
        r#""protocolVersion":"2025-11-25""#,
        r#""supportedVersions":["2026-07-28"]"#,
    ] {
        let reply = format!(r#"{{"jsonrpc":"2.0","id":0,"result":{{{member}}}}}"#);
        assert_eq!(codes(&format!("{reply}\n{PAGE_1}")), [code::BAD_RESULT], "{member}");
    }
    let modern = r#"{"jsonrpc":"2.0","id":0,"result":{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{},"instructions":"be kind","ttlMs":1,"cacheScope":"public","_meta":{"io.modelcontextprotocol/serverInfo":{"name":"s"}}}}"#;
    assert_eq!(keys(modern).len(), 3);
}

#[test]
fn m24_a_page_behind_another_content_is_seen() {
    let read = |contents: &str| format!(r#"{{"jsonrpc":"2.0","id":3,"result":{{"contents":[{contents}]}}}}"#);
    let (file, page) = (r#"{"uri":"file:///x","text":""}"#, r#"{"uri":"ui://p","text":"<p>"}"#);
    assert_eq!(codes(&format!("{PAGE_1}\n{}", read(&format!("{file},{page}")))), [code::UI_UNREADABLE]);
    assert_eq!(codes(&format!("{PAGE_1}\n{}", read(&format!("{page},{file}")))), [code::UI_UNREADABLE]);
    assert_eq!(keys(&format!("{PAGE_2}\n{}", read(&format!("{file},{file}")))).len(), 1);
}

/// A host runs what it asked for, whatever the content calls itself.
#[test]
fn m24_a_page_under_the_uri_of_something_else_is_named() {
    for media_type in [
        "text/html;profile=mcp-app",
        r#"Text/HTML; charset=utf-8; profile=\"mcp-app\""#,
        "text/html+mcp",
        "text/html+skybridge",
    ] {
        for uri in [r#""uri":"file:///x","#, r#""uri":"UI://p","#, ""] {
            let content = format!(r#"{{{uri}"mimeType":"{media_type}","text":"<p>"}}"#);
            let reply = format!(r#"{{"jsonrpc":"2.0","id":3,"result":{{"contents":[{content}]}}}}"#);
            assert_eq!(codes(&format!("{PAGE_1}\n{reply}")), [code::UI_UNREADABLE], "{content}");
        }
    }
    let file = r#"{"uri":"file:///x","mimeType":"text/html;charset=utf-8","text":"<p>"}"#;
    let reply = format!(r#"{{"jsonrpc":"2.0","id":3,"result":{{"contents":[{file}]}}}}"#);
    assert_eq!(keys(&format!("{PAGE_2}\n{reply}")).len(), 1);
}

/// An empty cursor is one, too.
#[test]
fn m22_a_list_that_does_not_end_is_not_seen() {
    let open = |cursor: &str| {
        format!(r#"{{"jsonrpc":"2.0","id":1,"result":{{"tools":[{{"name":"a"}}],"nextCursor":{cursor}}}}}"#)
    };
    for cursor in [r#""2""#, r#""""#] {
        assert_eq!(codes(&open(cursor)), [code::SERVER_FAILED], "{cursor}");
        assert_eq!(codes(&format!("{INITIALIZED}\n{}", open(cursor))), [code::SERVER_FAILED]);
    }
    assert_eq!(keys(&open("null")), [(ItemKind::Tool, "a".to_owned())]);
    let pages = format!("{}\n{}", open(r#""2""#), PAGE_2.replace("}]", r#"}],"nextCursor":"3""#));
    assert_eq!(codes(&pages), [code::SERVER_FAILED]);
    // Whatever is an answer comes first.
    let cut = format!(
        "{PAGE_2}\n{}\n{}",
        PAGE_2.replace("}]", r#"},{"name":"c"}]"#),
        r#"{"jsonrpc":"2.0","id":3,"result":{"prompts":[],"nextCursor":"2"}}"#
    );
    assert_eq!(codes(&cut), [code::PASSES_DISAGREE, code::SERVER_FAILED]);
}

#[test]
fn m22_an_error_may_be_a_list_that_was_not_seen() {
    let error = |code: i64| format!(r#"{{"jsonrpc":"2.0","id":2,"error":{{"code":{code},"message":"m"}}}}"#);
    let declares =
        |lists: &str| INITIALIZED.replace(r#""capabilities":{}"#, &format!(r#""capabilities":{{{lists}}}"#));
    let failed = [code::SERVER_FAILED];
    assert_eq!(codes(&format!("{PAGE_2}\n{}", error(-32603))), failed);
    assert_eq!(
        codes(&format!("{}\n{PAGE_2}\n{}", declares(r#""tools":{},"prompts":{}"#), error(-32603))),
        failed
    );
    assert_eq!(codes(&format!("{}\n{}", declares(r#""tools":{}"#), error(-32000))), failed);
    // Each list that is declared is there, or the error is none of a list.
    assert_eq!(keys(&format!("{}\n{PAGE_2}\n{}", declares(r#""tools":{}"#), error(-32603))).len(), 4);
    for other in [-32601, -32602, -32002] {
        assert_eq!(keys(&format!("{PAGE_2}\n{}", error(other))).len(), 1, "{other}");
    }
}

/// After `notifications/tools/list_changed` a client lists again.
#[test]
fn m22_two_listings_are_the_same() {
    let changed = r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#;
    let both = [(ItemKind::Tool, "a".to_owned()), (ItemKind::Tool, "b".to_owned())];
    let whole = r#"{"jsonrpc":"2.0","id":5,"result":{"tools":[{"name":"b"},{"name":"a"}]}}"#;
    for same in [
        format!("{whole}\n{changed}\n{whole}\n{whole}"),
        format!("{PAGE_1}\n{PAGE_2}\n{PAGE_1}\n{PAGE_2}"),
        format!("{PAGE_2}\n{PAGE_1}\n{whole}"),
        format!("{whole}\n{PAGE_1}\n{PAGE_2}"),
    ] {
        assert_eq!(keys(&same), both, "{same}");
    }
    for other in [
        format!("{whole}\n{PAGE_2}"),
        format!("{PAGE_2}\n{whole}"),
        format!("{whole}\n{}", whole.replace(r#""a""#, r#""c""#)),
        format!("{whole}\n{}", whole.replace(r#""a""#, r#""a","title":"A""#)),
        format!("{whole}\n{whole}\n{PAGE_2}"),
    ] {
        assert_eq!(codes(&other), [code::PASSES_DISAGREE], "{other}");
    }
    assert_eq!(codes(&format!("{whole}\n{PAGE_1}")), [code::SERVER_FAILED]);
    // Within one, a name stands once.
    let twice = r#"{"jsonrpc":"2.0","id":5,"result":{"tools":[{"name":"a"},{"name":"a"}]}}"#;
    assert_eq!(codes(twice), [code::DUPLICATE_ITEM]);
    assert_eq!(codes(&format!("{PAGE_1}\n{PAGE_1}\n{PAGE_2}")), [code::DUPLICATE_ITEM]);
}

#[test]
fn findings_are_bounded() {
    assert_eq!(codes(&"noise\n".repeat(1000)).len(), 20);
}
