//! What else a server says, and how much of it.

use super::*;
use mcpsign_schemas::code::capture as code;

/// [`honest`], with `acts` before its answer to the first `method`.
fn before(method: &'static str, acts: Vec<Act>) -> impl FnMut(&Got) -> Vec<Act> + Send + 'static {
    let mut acts = Some(acts);
    move |got| {
        let first = if got.is(method) { acts.take() } else { None };
        first.into_iter().flatten().chain(honest(got)).collect()
    }
}

fn line(text: &str) -> Vec<Act> {
    vec![Act::Line(text.into())]
}

#[tokio::test(start_paused = true)]
async fn two_replies_are_refused_even_when_the_second_comes_late() {
    let twice = |wait: u64| {
        move |got: &Got| {
            let mut acts = honest(got);
            if got.is("resources/templates/list") {
                acts.push(Act::Wait(Duration::from_millis(wait)));
                acts.extend(honest(got));
            }
            acts
        }
    };
    assert_eq!(meet(twice(0)).await.refused(), code::TWO_REPLIES);
    assert_eq!(meet(twice(35)).await.refused(), code::TWO_REPLIES);
    let met = Meeting::allowing(code::TWO_REPLIES).with(twice(0)).await;
    assert!(met.findings.iter().any(|finding| finding.code == "capture/two-replies" && finding.allowed));
}

#[tokio::test(start_paused = true)]
async fn of_two_replies_that_are_allowed_the_first_counts() {
    let met = Meeting::allowing(code::TWO_REPLIES)
        .with(|got| {
            let mut acts = honest(got);
            if got.is("tools/list") {
                acts.extend(got.answer(r#""result":{"tools":[{"name":"other"}]}"#));
            }
            acts
        })
        .await;
    assert_eq!(met.keys(ItemKind::Tool), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn replies_to_nobody_are_refused() {
    for id in ["77", "0", "-1", "1.5", "\"2\"", "null"] {
        let reply = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{}}}}"#);
        assert_eq!(meet(before("tools/list", line(&reply))).await.refused(), code::UNKNOWN_REPLY, "{id}");
    }
    // An answer before its question.
    let early = r#"{"jsonrpc":"2.0","id":4,"result":{"tools":[]}}"#;
    assert_eq!(meet(before("server/discover", line(early))).await.refused(), code::UNKNOWN_REPLY);
    let met = Meeting::allowing(code::UNKNOWN_REPLY).with(before("server/discover", line(early))).await;
    assert_eq!(met.keys(ItemKind::Tool), ["a"]);
    assert!(met.findings.iter().any(|finding| finding.code == "capture/unknown-reply" && finding.allowed));
}

#[tokio::test(start_paused = true)]
async fn batches_are_unpacked_and_said() {
    let met = meet(|got| match got.method.as_str() {
        "tools/list" => {
            let note = r#"{"jsonrpc":"2.0","method":"notifications/message","params":{}}"#;
            line(&format!("[{note},{}]", got.reply(r#""result":{"tools":[{"name":"a"}]}"#)))
        }
        _ => honest(got),
    })
    .await;
    assert_eq!(met.keys(ItemKind::Tool), ["a"]);
    assert_eq!(met.codes(), ["capture/batch-reply"]);
}

#[tokio::test(start_paused = true)]
async fn chatter_is_counted_and_escaped() {
    let met = meet(before("tools/list", vec![Act::Bytes(b"ready \x1b[31m\nstill ready\n\n".to_vec())])).await;
    assert_eq!(met.findings.len(), 1);
    assert_eq!(
        met.findings[0].message,
        "a line on stdout is no message: \"ready \\u{1b}[31m\", and 2 more of the kind"
    );
}

/// What is recorded and shown of a server's words is cut: a secret that begins before the cut would be half known.
#[tokio::test(start_paused = true)]
async fn secrets_are_taken_out_of_a_servers_words_before_those_are_cut() {
    const SECRET: &str = "the-secret-of-this-test-0123456789";
    let given = || Meeting { secrets: vec![SECRET], ..Meeting::default() };
    for before_it in [0, 60, 75, 100] {
        let words = format!("{}{SECRET} and more", "-".repeat(before_it));
        let met = given().with(before("tools/list", line(&words))).await;
        assert_eq!(met.codes(), [code::CHATTER.id]);
        assert!(!met.findings[0].message.contains("the-"), "{}", met.findings[0].message);
        let error = format!(r#""error":{{"code":-32000,"message":"{words}"}}"#);
        let met = given()
            .with(move |got| if got.is("tools/list") { got.answer(&error) } else { honest(got) })
            .await;
        let Err(Stop::Failed(finding)) = met.outcome else { panic!("{:?}", met.outcome) };
        assert!(!finding.message.contains("the-"), "{}", finding.message);
    }
}

#[tokio::test(start_paused = true)]
async fn violations_of_strict_json_are_refused_with_their_own_code() {
    for (result, refused) in [
        (r#"{"tools":[{"name":"a","name":"b"}]}"#, code::DUPLICATE_KEY),
        (r#"{"tools":[{"name":"a","default":9007199254740992}]}"#, code::NUMBER_NOT_EXACT),
        (r#"{"tools":[{"name":"a\ud800"}]}"#, code::INVALID_JSON),
        (r#"{"tools":[{"name":"a",}]}"#, code::INVALID_JSON),
    ] {
        let met = meet(move |got| match got.method.as_str() {
            "tools/list" => got.answer(&format!(r#""result":{result}"#)),
            _ => honest(got),
        })
        .await;
        assert_eq!(met.refused(), refused, "{result}");
    }
    let deep = format!(r#""result":{{"tools":[{{"name":"a","x":{}{}}}]}}"#, "[".repeat(70), "]".repeat(70));
    let met = meet(move |got| if got.is("tools/list") { got.answer(&deep) } else { honest(got) }).await;
    assert_eq!(met.refused(), code::TOO_DEEP);
    let bytes = b"{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":{\"tools\":[{\"name\":\"\xff\"}]}}\n".to_vec();
    let met =
        meet(move |got| if got.is("tools/list") { vec![Act::Bytes(bytes.clone())] } else { honest(got) })
            .await;
    assert_eq!(met.refused(), code::INVALID_JSON);
}

#[tokio::test(start_paused = true)]
async fn the_servers_requests_are_refused_and_counted() {
    let request =
        |id: &str, method: &str| Act::Line(format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}"}}"#));
    let asks =
        vec![request("1", "roots/list"), request("\"x\"", "sampling/createMessage"), request("2", "ping")];
    let met = meet(before("tools/list", asks)).await;
    let answers: Vec<&Json> =
        met.got.iter().filter(|got| got.method.is_empty()).map(|got| &got.json).collect();
    assert_eq!(
        answers,
        [
            &json(r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"Method not found"}}"#),
            &json(r#"{"jsonrpc":"2.0","id":"x","error":{"code":-32601,"message":"Method not found"}}"#),
            &json(r#"{"jsonrpc":"2.0","id":2,"result":{}}"#),
        ]
    );
    assert_eq!(met.findings.len(), 1);
    assert_eq!(
        met.findings[0].message,
        "the server sent requests of its own: roots/list (1), sampling/createMessage (1)"
    );
}

#[tokio::test(start_paused = true)]
async fn a_server_that_asks_and_never_listens_runs_over_budget() {
    let ask =
        format!("{{\"jsonrpc\":\"2.0\",\"id\":\"{}\",\"method\":\"roots/list\"}}\n", "x".repeat(1 << 10));
    let asks = vec![Act::Bytes(ask.repeat(4_000).into_bytes())];
    let met = meet(before("tools/list", asks)).await;
    assert_eq!(met.refused(), code::OVER_BUDGET);
}

#[tokio::test(start_paused = true)]
async fn floods_run_over_budget() {
    let without_end = vec![Act::Bytes(vec![b'x'; 5 << 20])];
    assert_eq!(meet(before("tools/list", without_end)).await.refused(), code::OVER_BUDGET);
    let lines = vec![Act::Bytes(b"x\n".repeat(30_000))];
    assert_eq!(meet(before("tools/list", lines)).await.refused(), code::OVER_BUDGET);
    let long = vec![Act::Bytes([vec![b'x'; 3 << 20], b"\n".to_vec()].concat().repeat(6))];
    assert_eq!(meet(before("tools/list", long)).await.refused(), code::OVER_BUDGET);
}

#[tokio::test(start_paused = true)]
async fn waiting_has_an_end() {
    let met = meet(|got| if got.is("tools/list") { vec![] } else { honest(got) }).await;
    assert_eq!(met.failed(), code::SERVER_FAILED);
    // Each page is in time, all of them are not.
    let started = Instant::now();
    let mut page = 0;
    let met = meet(move |got| {
        if !got.is("tools/list") {
            return honest(got);
        }
        page += 1;
        let mut acts = got.answer(&format!(r#""result":{{"tools":[],"nextCursor":"{page}"}}"#));
        acts.insert(0, Act::Wait(seconds(20)));
        acts
    })
    .await;
    assert_eq!(met.refused(), code::OVER_BUDGET);
    assert!(started.elapsed() < seconds(331));
}

#[tokio::test(start_paused = true)]
async fn a_server_may_leave_when_everything_was_answered() {
    let mut asked = 0;
    let met = meet(move |got| {
        let mut acts = honest(got);
        if got.is("resources/templates/list") {
            asked += 1;
            if asked == 2 {
                acts.push(Act::Close);
            }
        }
        acts
    })
    .await;
    assert_eq!(met.keys(ItemKind::Tool), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn an_unfinished_last_line_is_the_servers_death_and_no_violation() {
    let met = meet(|got| match got.method.as_str() {
        "tools/list" => vec![Act::Bytes(b"{\"jsonrpc\":\"2.0\",\"id\":3,\"resu".to_vec()), Act::Close],
        _ => honest(got),
    })
    .await;
    assert!(matches!(met.outcome, Err(Stop::Ended)), "{:?}", met.outcome);
}
