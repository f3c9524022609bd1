//! What is asked for, how far, and what may differ.

use super::*;
use mcpsign_schemas::code::capture as code;

/// An honest server whose tools come in `pages`, each being the members of the result after the opening brace.
fn paged(pages: &'static [(&'static str, &'static str)]) -> impl FnMut(&Got) -> Vec<Act> + Send + 'static {
    move |got| {
        if !got.is("tools/list") {
            return honest(got);
        }
        let cursor = got.param("cursor");
        let page = match cursor {
            None => pages.first(),
            Some(cursor) => pages.iter().find(|(at, _)| *at == cursor),
        };
        got.answer(&format!(r#""result":{{{}}}"#, page.expect("a known cursor").1))
    }
}

#[tokio::test(start_paused = true)]
async fn every_list_is_asked_for_twice_with_all_its_pages() {
    let met = meet(paged(&[
        ("-", r#""tools":[{"name":"b"}],"nextCursor":"""#),
        ("", r#""tools":[],"nextCursor":"x","more":1"#),
        ("x", r#""tools":[{"name":"a"}],"nextCursor":null"#),
    ]))
    .await;
    assert_eq!(met.keys(ItemKind::Tool), ["a", "b"]);
    assert_eq!(met.pass().tool_order, ["b", "a"]);
    assert_eq!(met.times("tools/list"), 6);
    for method in ["prompts/list", "resources/list", "resources/templates/list", "server/discover"] {
        assert!(met.times(method) >= 2, "{method}");
    }
    assert_eq!(met.times("skills/list"), 0, "not declared");
    let unknown: Vec<String> = met.pass().unknown_members["tools/list"]
        .iter()
        .map(|page| String::from_utf8(Json::from(page.clone()).to_canonical()).expect("UTF-8"))
        .collect();
    assert_eq!(unknown, ["{}", r#"{"more":1}"#, "{}"]);
    assert_eq!(met.pass().frames.len(), 4, "discover and three pages of the second pass");
}

/// What a server does when it is called is for others to see: a capture only asks what there is.
#[tokio::test(start_paused = true)]
async fn nothing_is_called() {
    const ASKED: [&str; 7] = [
        "server/discover",
        "initialize",
        "notifications/initialized",
        "tools/list",
        "prompts/list",
        "resources/list",
        "resources/templates/list",
    ];
    for met in [meet(honest).await, meet(legacy).await] {
        assert!(met.times("tools/list") == 2, "{:?}", met.methods());
        assert!(met.methods().iter().all(|method| ASKED.contains(method)), "{:?}", met.methods());
    }
}

#[tokio::test(start_paused = true)]
async fn circles_are_noticed_whatever_their_length() {
    for circle in [
        paged(&[("a", r#""tools":[],"nextCursor":"a""#)]),
        paged(&[("-", r#""tools":[],"nextCursor":"""#), ("", r#""tools":[],"nextCursor":"""#)]),
    ] {
        assert_eq!(meet(circle).await.refused(), code::CURSOR_LOOP);
    }
    let met = meet(paged(&[
        ("-", r#""tools":[],"nextCursor":"1""#),
        ("1", r#""tools":[],"nextCursor":"2""#),
        ("2", r#""tools":[],"nextCursor":"1""#),
    ]))
    .await;
    assert_eq!(met.refused(), code::CURSOR_LOOP);
    assert_eq!(met.times("tools/list"), 3);
}

#[tokio::test(start_paused = true)]
async fn endless_lists_run_over_budget() {
    let endless = |items: &'static str| {
        let mut page = 0;
        move |got: &Got| {
            if !got.is("tools/list") {
                return honest(got);
            }
            page += 1;
            let items = items.replace('N', &page.to_string());
            got.answer(&format!(r#""result":{{"tools":[{items}],"nextCursor":"{page}"}}"#))
        }
    };
    let met = meet(endless("")).await;
    assert_eq!(met.refused(), code::OVER_BUDGET);
    assert_eq!(met.times("tools/list"), 1_000);
    let few = Limits { items: 5, ..Limits::default() };
    let met = Meeting::limited(few).with(endless(r#"{"name":"tN"}"#)).await;
    assert_eq!((met.refused(), met.times("tools/list")), (code::OVER_BUDGET, 6));
    let small = Limits { pass_bytes: 2_000, ..Limits::default() };
    assert_eq!(Meeting::limited(small).with(endless(r#"{"name":"tN"}"#)).await.refused(), code::OVER_BUDGET);
}

#[tokio::test(start_paused = true)]
async fn m22_a_name_that_two_pages_define_is_refused() {
    let met = meet(paged(&[
        ("-", r#""tools":[{"name":"a","description":"clean"}],"nextCursor":"2""#),
        ("2", r#""tools":[{"name":"a","description":"poisoned"}]"#),
    ]))
    .await;
    assert_eq!(met.refused(), code::DUPLICATE_ITEM);
    let met = meet(answering("tools/list", r#""result":{"tools":[{"name":"a"},{"name":"\u0061"}]}"#)).await;
    assert_eq!(met.refused(), code::DUPLICATE_ITEM);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_declared_is_asked_for_and_may_be_refused() {
    let met = meet(answering("prompts/list", r#""result":{"prompts":[{"name":"p"}]}"#)).await;
    assert_eq!(met.keys(ItemKind::Prompt), ["p"]);
    assert_eq!(met.pass().undeclared, ["prompts/list"]);
    for empty in [r#""error":{"code":-32000,"message":"no"}"#, r#""result":{}"#, r#""result":{"prompts":[]}"#]
    {
        let met = meet(answering("prompts/list", empty)).await;
        assert!(met.keys(ItemKind::Prompt).is_empty() && met.pass().undeclared.is_empty(), "{empty}");
    }
    let met = meet(answering("prompts/list", r#""result":{"items":[]}"#)).await;
    assert_eq!(met.refused(), code::BAD_RESULT);
}

#[tokio::test(start_paused = true)]
async fn what_is_declared_must_be_answered() {
    for error in [NOT_FOUND, r#""error":{"code":-32603,"message":"oops"}"#] {
        assert_eq!(meet(answering("tools/list", error)).await.failed(), code::SERVER_FAILED);
    }
    assert_eq!(meet(answering("tools/list", r#""result":{}"#)).await.refused(), code::BAD_RESULT);
    // Declaring resources does not promise templates.
    let with_resources = |templates: &'static str| {
        meet(move |got| match got.method.as_str() {
            "server/discover" => got.answer(&discovered(r#"{"resources":{},"prompts":null}"#)),
            "resources/list" => got.answer(r#""result":{"resources":[{"uri":"r:1"}]}"#),
            "resources/templates/list" => got.answer(templates),
            _ => got.answer(NOT_FOUND),
        })
    };
    assert_eq!(with_resources(NOT_FOUND).await.keys(ItemKind::Resource), ["r:1"]);
    assert_eq!(with_resources(r#""result":{}"#).await.keys(ItemKind::Resource), ["r:1"]);
    // Clients show the tools of a server that declares what it does not know.
    let met = meet(|got| match got.method.as_str() {
        "server/discover" => got.answer(&discovered(r#"{"tools":{},"prompts":{}}"#)),
        "prompts/list" => got.answer(NOT_FOUND),
        _ => honest(got),
    })
    .await;
    assert_eq!(met.pass().unserved, ["prompts/list"]);
    let met = with_resources(r#""error":{"code":-32603,"message":"oops"}"#).await;
    assert_eq!(met.failed(), code::SERVER_FAILED);
    // Half a list is none, declared or not.
    let mut page = 0;
    let met = meet(move |got| {
        if !got.is("prompts/list") {
            return honest(got);
        }
        page += 1;
        got.answer(if page == 1 { r#""result":{"prompts":[],"nextCursor":"2"}"# } else { NOT_FOUND })
    })
    .await;
    assert_eq!(met.failed(), code::SERVER_FAILED);
}

#[tokio::test(start_paused = true)]
async fn skills_and_the_pages_of_tools_are_read_where_declared() {
    let capable = |page: &'static str| {
        move |got: &Got| {
            match got.method.as_str() {
            "server/discover" => {
                got.answer(&discovered(r#"{"tools":{},"extensions":{"io.modelcontextprotocol/skills":{}}}"#))
            }
            "tools/list" => got.answer(
                r#""result":{"tools":[{"name":"t","_meta":{"ui":{"resourceUri":"ui://p"}}},{"name":"u","_meta":{"ui/resourceUri":"ui://p"}}]}"#,
            ),
            "skills/list" => got.answer(r#""result":{"skills":[{"uri":"skill:s","frontmatter":{"name":"s"}}]}"#),
            "resources/read" => got.answer(page),
            _ => honest(got),
        }
        }
    };
    let page = r#""result":{"contents":[{"uri":"ui://p","text":"<p>"}]}"#;
    let met = meet(capable(page)).await;
    assert_eq!(met.keys(ItemKind::Skill), ["skill:s"]);
    assert_eq!(met.pass().ui["ui://p"], Sha256Digest::of(b"<p>"));
    assert_eq!(met.times("resources/read"), 2, "once a pass");

    assert_eq!(meet(capable(NOT_FOUND)).await.refused(), code::UI_UNREADABLE);
    let met = Meeting::allowing(code::UI_UNREADABLE).with(capable(NOT_FOUND)).await;
    assert!(met.pass().ui.is_empty());
    assert!(met.findings.iter().any(|finding| finding.code == "capture/ui-unreadable" && finding.allowed));
}

#[tokio::test(start_paused = true)]
async fn passes_must_agree_but_for_order_and_envelope() {
    let varying = |method: &'static str, first: String, then: String| {
        let mut asked = 0;
        move |got: &Got| {
            if !got.is(method) {
                return honest(got);
            }
            asked += 1;
            got.answer(if asked <= 1 { &first } else { &then })
        }
    };
    let list = |members: &str| format!(r#""result":{{{members}}}"#);
    let tools = |first: &str, then: &str| meet(varying("tools/list", list(first), list(then)));
    let met = tools(
        r#""tools":[{"name":"a","x":1},{"name":"b"}],"ttlMs":1"#,
        r#""ttlMs":2,"_meta":{},"tools":[{"name":"b"},{"x":1.0,"name":"a"}]"#,
    )
    .await;
    assert_eq!(met.pass().tool_order, ["b", "a"], "of the pass that counts");
    for (first, then) in [
        (r#""tools":[{"name":"a"}]"#, r#""tools":[{"name":"a","description":""}]"#),
        (r#""tools":[{"name":"a"}]"#, r#""tools":[{"name":"a"},{"name":"b"}]"#),
        (r#""tools":[{"name":"a"},{"name":"b"}]"#, r#""tools":[{"name":"a"}]"#),
        (r#""tools":[],"made":1"#, r#""tools":[],"made":2"#),
        (r#""tools":[{"name":"a"}]"#, r#""tools":[{"name":"A"}]"#),
    ] {
        assert_eq!(tools(first, then).await.refused(), code::PASSES_DISAGREE, "{first} {then}");
    }
    // The probe is answered once, then each pass asks again.
    let mut asked = 0;
    let met = meet(move |got| {
        if !got.is("server/discover") {
            return honest(got);
        }
        asked += 1;
        got.answer(&discovered(if asked < 3 { r#"{"tools":{}}"# } else { r#"{"tools":{},"logging":{}}"# }))
    })
    .await;
    assert_eq!(met.refused(), code::PASSES_DISAGREE);
}

const CHANGED: &str = r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#;

#[tokio::test(start_paused = true)]
async fn an_announced_change_restarts_both_passes() {
    let mut asked = 0;
    let met = meet(move |got| {
        if !got.is("tools/list") {
            return honest(got);
        }
        asked += 1;
        // Changes in the middle of the second pass; the pages of two states would even collide.
        let tools = if asked < 2 { r#"{"name":"a"}"# } else { r#"{"name":"a","v":2},{"name":"b"}"# };
        let mut acts = got.answer(&format!(r#""result":{{"tools":[{tools}]}}"#));
        if asked == 2 {
            acts.insert(0, Act::Line(CHANGED.into()));
        }
        acts
    })
    .await;
    assert_eq!(met.keys(ItemKind::Tool), ["a", "b"]);
    assert_eq!(met.times("tools/list"), 4);
    assert_eq!(met.pass().tool_order, ["a", "b"]);
    assert!(met.findings.iter().any(|finding| finding.code == code::LIST_CHANGED.id), "{:?}", met.findings);
}

#[tokio::test(start_paused = true)]
async fn a_change_between_and_after_the_passes_counts_too() {
    for at in [1, 2] {
        let mut asked = 0;
        let met = meet(move |got| {
            let mut acts = honest(got);
            if got.is("resources/templates/list") {
                asked += 1;
                if asked == at {
                    acts.extend([Act::Wait(Duration::from_millis(10)), Act::Line(CHANGED.into())]);
                }
            }
            acts
        })
        .await;
        assert_eq!(met.keys(ItemKind::Tool), ["a"]);
        assert_eq!(met.times("tools/list"), 2 + at, "after pass {at}");
    }
}

#[tokio::test(start_paused = true)]
async fn changes_without_end_are_refused_after_five_restarts() {
    let met = meet(|got| {
        let mut acts = honest(got);
        if got.is("tools/list") {
            acts.insert(0, Act::Line(CHANGED.into()));
        }
        acts
    })
    .await;
    assert_eq!(met.refused(), code::LIST_KEEPS_CHANGING);
    assert_eq!(met.times("tools/list"), 6);
}

#[tokio::test(start_paused = true)]
async fn a_list_that_needs_input_is_refused() {
    let needs = r#""result":{"resultType":"input_required","inputRequests":{},"requestState":"x"}"#;
    for method in ["tools/list", "server/discover"] {
        assert_eq!(meet(answering(method, needs)).await.refused(), code::INPUT_REQUIRED, "{method}");
    }
}
