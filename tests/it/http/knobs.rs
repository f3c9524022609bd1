//! HTTP that is slow, endless, broken, lost or somewhere else.

use std::time::{Duration, Instant};

use mcpsign_collect::capture::{CaptureError, capture_remote};
use mcpsign_schemas::code::{Code, capture as code};

use super::served::{self, Served, captured, ended};

fn ends(knob: &str, lies: &[&str], code: Code, refused: bool, message: &str) {
    let started = Instant::now();
    let outcome = served::capture(lies, &[knob]);
    assert_eq!(ended(&outcome), (code, refused), "{knob} {lies:?}: {outcome:?}");
    let error = outcome.unwrap_err().to_string();
    assert!(error.contains(message), "{knob} {lies:?}: {error}");
    assert!(started.elapsed() < Duration::from_secs(60), "{knob} took {:?}", started.elapsed());
}

#[test]
fn b48_bodies_that_lie_about_themselves() {
    for lies in [&[][..], &["legacy-only"]] {
        ends("gzip-bomb", lies, code::SERVER_FAILED, false, "encoded as `gzip`");
        ends("short-body", lies, code::SERVER_FAILED, false, "cannot ask");
        ends("long-body", lies, code::INVALID_JSON, true, "");
        ends("chunks-forever", lies, code::OVER_BUDGET, true, "more than");
        ends("html", lies, code::SERVER_FAILED, false, "content type `text/html`");
        ends("wrong-type", lies, code::SERVER_FAILED, false, "content type `text/plain`");
        ends("accepts", lies, code::SERVER_FAILED, false, "202");
    }
}

#[test]
fn b48_streams_without_end() {
    for lies in [&[][..], &["legacy-only"]] {
        ends("sse-flood", lies, code::OVER_BUDGET, true, "more than");
        ends("sse-endless", lies, code::SERVER_FAILED, false, "did not answer tools/list within");
        ends("sse-cut", lies, code::SERVER_FAILED, false, "ended before the reply");
    }
}

#[test]
fn b48_heads_without_end() {
    ends("slow-head", &[], code::SERVER_FAILED, false, "");
    ends("huge-head", &[], code::SERVER_FAILED, false, "head is too large");
    ends("fails", &[], code::SERVER_FAILED, false, "HTTP status 500");
    ends("no-endpoint", &[], code::SERVER_FAILED, false, "HTTP status 404");
    ends("busy-for=3600", &[], code::SERVER_FAILED, false, "busy");
    ends("busy=1000", &[], code::SERVER_FAILED, false, "too busy");
}

#[test]
fn b51_b52_a_redirect_elsewhere_is_not_followed() {
    let elsewhere = Served::start(&[], &[]);
    for to in [
        elsewhere.url(),
        format!("http://localhost:{}/mcp", elsewhere.port),
        "https://127.0.0.1/mcp".to_owned(),
        "http://169.254.169.254/latest/meta-data".to_owned(),
        "//evil.example/mcp".to_owned(),
    ] {
        ends(&format!("redirect={to}"), &[], code::REDIRECTED, false, "sends elsewhere");
    }
    ends("redirect=/mcp", &[], code::REDIRECTED, false, "redirects in a row");
}

#[test]
fn the_old_transport_is_named() {
    ends("old-transport", &[], code::OLD_TRANSPORT, false, "HTTP+SSE");
}

#[test]
fn a_lost_session_is_no_empty_list() {
    ends("session-lost", &["legacy-only"], code::SERVER_FAILED, false, "session is lost");
    // Without sessions there is none to lose.
    assert_eq!(captured(&[], &["session-lost"]).profile.protocol_version, "2026-07-28");
}

#[test]
fn a_stream_that_breaks_off_is_resumed_where_the_era_allows_it() {
    let resumed = captured(&["legacy-only"], &["needs-resume"]);
    assert_eq!(resumed.profile.surface_digest, captured(&["legacy-only"], &[]).profile.surface_digest);
    ends("needs-resume", &[], code::SERVER_FAILED, false, "ended before the reply");
}

#[test]
fn m22_replies_count_where_they_belong() {
    ends("wrong-stream", &["legacy-only"], code::REPLY_ON_WRONG_STREAM, true, "own messages");
    let outcome = served::capture(&["legacy-only"], &["two-streams"]);
    // Whichever comes first: the second one, or the one on the wrong stream.
    let (found, refused) = ended(&outcome);
    assert!(refused && [code::TWO_REPLIES, code::REPLY_ON_WRONG_STREAM].contains(&found), "{outcome:?}");
}

#[test]
fn who_must_say_who_asks_is_told_so() {
    let served = Served::start(&[], &["unauthorized=Bearer s3cret-token"]);
    let outcome = capture_remote(&served::request(&served.url()));
    assert_eq!(ended(&outcome), (code::NEEDS_AUTHORIZATION, false));
    let Err(CaptureError::NotObserved { finding, .. }) = outcome else { unreachable!() };
    let challenge = finding.found.unwrap();
    assert!(challenge.contains("Bearer realm") && !challenge.contains('\u{202e}'), "{challenge}");

    let mut request = served::request(&served.url());
    request.headers.add("Authorization", "Bearer s3cret-token".to_owned().into()).unwrap();
    let captured = capture_remote(&request).unwrap();
    assert_eq!(captured.profile.launch.headers, ["authorization"]);
}

#[test]
fn m24_what_others_are_shown_can_be_asked_for() {
    let served = Served::start(&[], &["lists-by-agent=mcpsign/"]);
    let ours = capture_remote(&served::request(&served.url())).unwrap();
    let mut request = served::request(&served.url());
    request.headers.add("User-Agent", "claude-desktop/1.0".to_owned().into()).unwrap();
    let theirs = capture_remote(&request).unwrap();
    assert_eq!(ours.profile.tools.len() + 1, theirs.profile.tools.len());
}

#[test]
fn nobody_there_is_not_observed() {
    let port = Served::start(&[], &[]).port;
    let outcome = capture_remote(&served::request(&format!("http://127.0.0.1:{port}/mcp")));
    assert_eq!(ended(&outcome), (code::SERVER_FAILED, false));
}
