//! Which era is found, and how long that takes.

use super::*;
use mcpsign_schemas::code::capture as code;

#[tokio::test(start_paused = true)]
async fn a_modern_server_is_asked_with_metadata_and_never_initialized() {
    let met = meet(honest).await;
    assert_eq!(met.version(), MODERN);
    assert_eq!(met.times("initialize"), 0);
    for got in &met.got {
        let meta = got.json.get("params").and_then(|params| params.get("_meta")).expect("metadata");
        assert_eq!(
            meta,
            &json(
                r#"{"io.modelcontextprotocol/protocolVersion":"2026-07-28",
                "io.modelcontextprotocol/clientInfo":{"name":"tester","version":"1"},
                "io.modelcontextprotocol/clientCapabilities":{}}"#
            )
        );
    }
    assert_eq!(met.pass().introduction.server_info, Some(json(r#"{"name":"s","version":"1"}"#)));
    assert_eq!(met.codes(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_legacy_server_is_initialized_once() {
    let met = meet(legacy).await;
    assert_eq!(met.version(), "2025-11-25");
    assert_eq!(met.methods()[..3], ["server/discover", "initialize", "notifications/initialized"]);
    let params = met.got[1].json.get("params").expect("params");
    assert_eq!(
        params,
        &json(
            r#"{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"tester","version":"1"}}"#
        )
    );
    assert!(met.got[3].json.get("params").is_none(), "no metadata for a legacy server");
    assert_eq!(met.times("initialize"), 1);
    assert_eq!(met.codes(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn any_other_error_means_legacy() {
    for error in ["-32602", "-32600", "-32000", "-32700", "0"] {
        let met = meet(move |got| match got.method.as_str() {
            "server/discover" => got.answer(&format!(r#""error":{{"code":{error},"message":"no"}}"#)),
            _ => honest(got),
        })
        .await;
        assert_eq!(met.version(), "2025-11-25", "{error}");
    }
    let met = meet(answering("server/discover", r#""result":{}"#)).await;
    assert_eq!(met.version(), "2025-11-25", "an empty answer to anything");
}

#[tokio::test(start_paused = true)]
async fn older_revisions_are_taken_and_unknown_ones_are_not() {
    for (answered, taken) in
        [("2024-11-05", true), ("2025-03-26", true), ("2026-07-28", false), ("1.0", false)]
    {
        let met = meet(move |got| match got.method.as_str() {
            "initialize" => got.answer(&initialized("{}").replace("2025-11-25", answered)),
            _ => legacy(got),
        })
        .await;
        if taken {
            assert_eq!(met.version(), answered);
        } else {
            assert_eq!(met.failed(), code::UNKNOWN_PROTOCOL_VERSION, "{answered}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_newest_common_revision_is_chosen() {
    let supporting = |versions: &'static str| {
        meet(move |got| match got.method.as_str() {
            "server/discover" => got.answer(&discovered("{}").replace(r#""2026-07-28""#, versions)),
            "initialize" => {
                let asked = got.param("protocolVersion").expect("a version");
                got.answer(&initialized("{}").replace("2025-11-25", asked))
            }
            _ => honest(got),
        })
    };
    assert_eq!(supporting(r#""2025-06-18","2026-07-28","2027-01-01""#).await.version(), MODERN);
    assert_eq!(supporting(r#""2024-11-05","2025-06-18""#).await.version(), "2025-06-18");
    assert_eq!(supporting(r#""2027-01-01""#).await.failed(), code::UNKNOWN_PROTOCOL_VERSION);
    assert_eq!(supporting("").await.failed(), code::UNKNOWN_PROTOCOL_VERSION);
}

#[tokio::test(start_paused = true)]
async fn a_modern_error_is_not_followed_by_initialize_unless_it_names_a_legacy_revision() {
    let refusing = |error: &'static str| meet(answering("server/discover", error));
    let met = refusing(
        r#""error":{"code":-32022,"message":"no","data":{"supported":["2027-01-01"],"requested":"x"}}"#,
    )
    .await;
    assert_eq!(met.failed(), code::UNKNOWN_PROTOCOL_VERSION);
    assert_eq!(met.methods(), ["server/discover"]);
    let met = refusing(r#""error":{"code":-32022,"message":"no","data":{"supported":["2026-07-28"]}}"#).await;
    assert_eq!(met.failed(), code::UNKNOWN_PROTOCOL_VERSION, "it refuses what it says it supports");
    let met = refusing(r#""error":{"code":-32022,"message":"no"}"#).await;
    assert_eq!(met.failed(), code::UNKNOWN_PROTOCOL_VERSION);
    let met = refusing(r#""error":{"code":-32022,"message":"no","data":{"supported":["2025-11-25"]}}"#).await;
    assert_eq!(met.version(), "2025-11-25");
    let met = refusing(r#""error":{"code":-32021,"message":"elicitation is required"}"#).await;
    assert_eq!(met.failed(), code::SERVER_FAILED);
    assert_eq!(met.methods(), ["server/discover"]);
}

#[tokio::test(start_paused = true)]
async fn the_probes_time_counts_from_the_first_byte() {
    // Slow to start and slow to answer is still modern.
    let started = Instant::now();
    let mut first = true;
    let met = meet(move |got| {
        let mut acts = honest(got);
        if std::mem::take(&mut first) {
            let slow = [
                Act::Wait(seconds(50)),
                Act::Bytes(b"s".to_vec()),
                Act::Wait(seconds(9)),
                Act::Bytes(b"\n".to_vec()),
            ];
            acts.splice(0..0, slow);
        }
        acts
    })
    .await;
    assert_eq!(met.version(), MODERN);
    assert!(started.elapsed() > seconds(59));
    assert_eq!(met.codes(), ["capture/chatter"]);
}

#[tokio::test(start_paused = true)]
async fn a_silent_probe_is_given_up_and_said() {
    let started = Instant::now();
    let met = meet(|got| if got.is("server/discover") { vec![] } else { honest(got) }).await;
    assert_eq!(met.version(), "2025-11-25");
    assert!(
        started.elapsed() > seconds(60) && started.elapsed() < seconds(62),
        "no byte: the start-up budget"
    );
    assert_eq!(met.codes(), ["capture/era-by-time-out"]);

    let started = Instant::now();
    let met = meet(|got| match got.method.as_str() {
        "server/discover" => vec![Act::Bytes(b"starting\n".to_vec())],
        _ => honest(got),
    })
    .await;
    assert_eq!(met.version(), "2025-11-25");
    assert!(
        started.elapsed() > seconds(10) && started.elapsed() < seconds(12),
        "a byte: the probe's own time"
    );
    assert_eq!(met.codes(), ["capture/chatter", "capture/era-by-time-out"]);
}

/// The Rust SDK's servers say nothing at all before `initialize`.
#[tokio::test(start_paused = true)]
async fn a_server_that_has_read_the_probe_is_not_waited_for_as_if_it_had_to_start() {
    let reading = || Meeting { reads: true, ..Meeting::default() };
    let started = Instant::now();
    let met = reading().with(|got| if got.is("server/discover") { vec![] } else { honest(got) }).await;
    assert_eq!(met.version(), "2025-11-25");
    assert!(started.elapsed() > seconds(10) && started.elapsed() < seconds(12), "{:?}", started.elapsed());
    assert_eq!(met.codes(), ["capture/era-by-time-out"]);

    // One that reads early and answers late is met again, with more patience.
    let mut first = true;
    let met = reading()
        .with(move |got| {
            let mut acts = honest(got);
            if std::mem::take(&mut first) {
                acts.insert(0, Act::Wait(seconds(20)));
            }
            acts
        })
        .await;
    assert!(matches!(met.outcome, Err(Stop::LateDiscover)), "{:?}", met.outcome);
}

#[tokio::test(start_paused = true)]
async fn a_late_discover_result_makes_it_modern_and_a_late_error_does_not() {
    let late = |answer: fn(&Got) -> Vec<Act>| {
        let mut probe = None;
        move |got: &Got| match got.method.as_str() {
            "server/discover" => {
                probe = Some(got.clone());
                vec![]
            }
            // The answer to the probe arrives just before one to a list.
            "tools/list" => {
                let late: Option<Vec<Act>> = probe.take().map(|probe| answer(&probe));
                late.into_iter().flatten().chain(honest(got)).collect()
            }
            _ => honest(got),
        }
    };
    let met = meet(late(honest)).await;
    assert!(matches!(met.outcome, Err(Stop::LateDiscover)), "{:?}", met.outcome);
    let met = meet(late(legacy)).await;
    assert_eq!(met.version(), "2025-11-25");
}

#[tokio::test(start_paused = true)]
async fn a_server_known_to_be_modern_may_take_its_time() {
    let known = || Meeting { approach: Approach::Discover, ..Meeting::default() };
    let mut first = true;
    let met = known()
        .with(move |got| {
            let mut acts = honest(got);
            if std::mem::take(&mut first) {
                acts.insert(0, Act::Wait(seconds(80)));
            }
            acts
        })
        .await;
    assert_eq!(met.version(), MODERN);
    assert_eq!(met.codes(), [""; 0]);
    let met = known().with(|_| vec![]).await;
    assert_eq!(met.failed(), code::SERVER_FAILED);
}

#[tokio::test(start_paused = true)]
async fn death_of_the_probe_is_told_from_other_deaths() {
    let met = meet(|got| if got.is("server/discover") { vec![Act::Close] } else { honest(got) }).await;
    assert!(matches!(met.outcome, Err(Stop::EndedAtProbe)), "{:?}", met.outcome);
    let met = meet(|got| match got.method.as_str() {
        "server/discover" => legacy(got),
        _ => vec![Act::Close],
    })
    .await;
    assert!(matches!(met.outcome, Err(Stop::EndedAtProbe)), "{:?}", met.outcome);
    let met = meet(|got| if got.is("tools/list") { vec![Act::Close] } else { legacy(got) }).await;
    assert!(matches!(met.outcome, Err(Stop::Ended)), "{:?}", met.outcome);

    let again = Meeting { approach: Approach::Initialize, ..Meeting::default() };
    let met = again.with(legacy).await;
    assert_eq!(met.methods()[0], "initialize");
    assert_eq!(met.version(), "2025-11-25");
}

#[tokio::test(start_paused = true)]
async fn an_initialize_that_is_refused_or_empty_fails() {
    let met = meet(|got| if got.is("initialize") { got.answer(NOT_FOUND) } else { legacy(got) }).await;
    assert_eq!(met.failed(), code::SERVER_FAILED);
    let met = meet(|got| match got.method.as_str() {
        "initialize" => got.answer(r#""result":{"protocolVersion":"2025-11-25"}"#),
        _ => legacy(got),
    })
    .await;
    assert_eq!(met.refused(), code::BAD_RESULT);
}
