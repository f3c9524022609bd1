//! What is caught over pipes is caught over HTTP, and what is not is captured alike.

use mcpsign_collect::capture::{self, CaptureError, Captured, Limits, Protocol, RecordedPaths, Request};
use mcpsign_collect::launch::Confinement;
use mcpsign_collect::replies;
use mcpsign_schemas::code::{Code, capture as code};
use mcpsign_schemas::manifest::{Binding, Network, Sandbox, Transport};

use super::served::{self, Served, captured, codes, impatient};
use crate::support;

/// The same server over pipes.
fn piped(lies: &[&str]) -> Result<Captured, CaptureError> {
    let remote = served::request("http://127.0.0.1:9/");
    let server = support::test_server();
    let mut argv = vec![server.into_os_string()];
    argv.extend(lies.iter().flat_map(|lie| ["--lie".into(), lie.into()]));
    let request = Request {
        profile: "default".into(),
        argv,
        env: Default::default(),
        secret_env: Default::default(),
        client_info: remote.client_info,
        client_capabilities: remote.client_capabilities,
        protocol: Protocol::Auto,
        paths: RecordedPaths::default(),
        stage: support::mcpsign(),
        confinement: Confinement::default(),
        limits: Limits { settle: Limits::default().settle, ..impatient() },
        allow: Default::default(),
    };
    capture::capture(&request, &mut |_| ())
}

#[test]
fn both_eras_and_both_kinds_of_answer_show_what_pipes_show() {
    for (lies, version) in [(&[][..], "2026-07-28"), (&["legacy-only"][..], "2025-11-25")] {
        let over_pipes = piped(lies).unwrap();
        for knobs in [&[][..], &["sse"], &["pretty"], &["no-get"], &["busy=2"], &["redirect-once"]] {
            let over_http = captured(lies, knobs);
            assert_eq!(over_http.profile.protocol_version, version, "{knobs:?}");
            assert_eq!(over_http.profile.surface_digest, over_pipes.profile.surface_digest, "{knobs:?}");
            assert_eq!(over_http.profile.wire_digest, over_pipes.profile.wire_digest, "{knobs:?}");
            assert_eq!(codes(&over_http), [""; 0], "{knobs:?}");
            // A capture file's frames are read a line each, however the server broke them.
            let shown = replies::observe(over_http.frames.join("\n").as_bytes()).unwrap();
            assert_eq!(shown.items.len(), piped_items(&over_pipes), "{knobs:?}");
        }
    }
}

fn piped_items(captured: &Captured) -> usize {
    replies::observe(captured.frames.join("\n").as_bytes()).unwrap().items.len()
}

#[test]
fn what_is_recorded_names_the_endpoint_and_no_value() {
    let served = Served::start(&[], &[]);
    let mut request = served::request(&served.url());
    request.query = Some("tenant=geheim".into());
    request.headers.add("X-Tenant", "s3cret-value".to_owned().into()).unwrap();
    let captured = capture::capture_remote(&request).unwrap();
    let launch = &captured.profile.launch;
    assert_eq!(launch.transport, Transport::StreamableHttp);
    assert_eq!(launch.url.as_deref(), Some(served.url().as_str()));
    assert_eq!(launch.headers, ["x-tenant"]);
    assert_eq!((launch.network, launch.sandbox), (Network::Host, Sandbox::None));
    assert_eq!(launch.binding, Binding::Command);
    assert!(launch.argv.is_empty() && launch.env.is_empty() && launch.secret_env.is_empty());
    assert_eq!(codes(&captured), ["capture/query-not-recorded"]);
    let everything = format!("{captured:?}");
    assert!(!everything.contains("s3cret-value") && !everything.contains("geheim"));
}

/// By code, wherever the lie is told.
const REFUSED: [(&str, Code); 26] = [
    ("two-replies", code::TWO_REPLIES),
    ("two-replies-differ", code::TWO_REPLIES),
    ("unknown-id", code::UNKNOWN_REPLY),
    ("null-id", code::UNKNOWN_REPLY),
    ("result-and-error", code::BAD_MESSAGE),
    ("input-required", code::INPUT_REQUIRED),
    ("duplicate-key", code::DUPLICATE_KEY),
    ("escaped-duplicate-key", code::DUPLICATE_KEY),
    ("lone-surrogate", code::INVALID_JSON),
    ("bad-utf8", code::INVALID_JSON),
    ("bad-json", code::INVALID_JSON),
    ("bom", code::INVALID_JSON),
    ("big-number", code::NUMBER_NOT_EXACT),
    ("number=1e400", code::NUMBER_NOT_EXACT),
    ("depth=100", code::TOO_DEEP),
    ("nameless-tool", code::ITEM_UNNAMED),
    ("tools-not-a-list", code::BAD_RESULT),
    ("duplicate-tool", code::DUPLICATE_ITEM),
    ("duplicate-tool-across-pages", code::DUPLICATE_ITEM),
    ("page-differs", code::DUPLICATE_ITEM),
    ("cursor-loop", code::CURSOR_LOOP),
    ("endless-pages", code::OVER_BUDGET),
    ("list-changed=999", code::LIST_KEEPS_CHANGING),
    ("huge-line=9000000", code::OVER_BUDGET),
    ("flood", code::OVER_BUDGET),
    ("empty-lists", code::NOTHING_OBSERVED),
];

#[test]
fn m22_what_must_not_be_signed_is_refused_in_both_eras_and_kinds_of_answer() {
    for (lie, code) in REFUSED {
        for (lies, knobs) in [
            (&[lie][..], &[][..]),
            (&[lie], &["sse"]),
            (&[lie, "legacy-only"], &[]),
            (&[lie, "legacy-only"], &["sse"]),
        ] {
            let outcome = served::capture(lies, knobs);
            assert_eq!(served::ended(&outcome), (code, true), "{lies:?} {knobs:?}");
        }
    }
}

#[test]
fn m21_reserved_keys_are_captured_and_change_the_digest() {
    let (honest, lying) = (captured(&[], &[]), captured(&["reserved-keys"], &[]));
    assert_eq!(lying.profile.tools, piped(&["reserved-keys"]).unwrap().profile.tools);
    assert_ne!(honest.profile.surface_digest, lying.profile.surface_digest);
}

#[test]
fn m22_two_listings_of_one_capture_must_agree() {
    for knobs in [&[][..], &["sse"]] {
        for lies in [&["passes-differ"][..], &["passes-differ", "legacy-only"], &["passes-never-agree"]] {
            let outcome = served::capture(lies, knobs);
            assert_eq!(served::ended(&outcome), (code::PASSES_DISAGREE, true), "{lies:?}");
        }
    }
}

#[test]
fn m23_a_list_that_varies_by_session_is_another_list() {
    let served = Served::start(&["legacy-only"], &["lists-by-session"]);
    let capture = || capture::capture_remote(&served::request(&served.url())).unwrap();
    let (first, second) = (capture(), capture());
    assert_ne!(first.profile.surface_digest, second.profile.surface_digest);
    assert_eq!(first.profile.tools.len() + 1, second.profile.tools.len());
}

#[test]
fn a_servers_own_requests_are_refused_where_they_were_made() {
    for (lie, knobs) in [("server-requests", &[][..]), ("server-requests-wait", &["sse"])] {
        let captured = captured(&[lie, "legacy-only"], knobs);
        assert_eq!(codes(&captured), ["capture/server-request"], "{lie}");
        // The modern era has none, and no way to answer them.
        assert!(captured.profile.findings[0].message.contains("sampling/createMessage"));
    }
    assert_eq!(codes(&served::captured(&["server-requests"], &[])), ["capture/server-request"]);
}

#[test]
fn a_batch_is_read_and_told() {
    assert_eq!(codes(&captured(&["batch-reply"], &[])), ["capture/batch-reply"]);
    assert_eq!(codes(&captured(&["chatter-json"], &["sse"])), ["capture/chatter"]);
}

#[test]
fn the_era_is_found_by_the_rules_of_http() {
    let version = |lies: &[&str]| captured(lies, &[]).profile.protocol_version;
    assert_eq!(version(&["discover-error=-32603"]), "2025-11-25");
    assert_eq!(version(&["supported-versions=2027-01-01,2026-07-28"]), "2026-07-28");
    assert_eq!(version(&["modern-only"]), "2026-07-28");
    let unknown = served::capture(&["modern-error"], &[]);
    assert_eq!(served::ended(&unknown), (code::UNKNOWN_PROTOCOL_VERSION, false));
    // Silence over HTTP is given up as over pipes, and said.
    let silent = captured(&["silent-discover"], &[]);
    assert_eq!(silent.profile.protocol_version, "2025-11-25");
    assert_eq!(codes(&silent), ["capture/era-by-time-out"]);
}
