//! JSON and what is made of it: frames of a server, capture files.

use mcpsign_collect::replies;
use mcpsign_schemas::canonical::{Json, JsonErrorKind, Limits};
use mcpsign_schemas::lint;
use mcpsign_schemas::manifest::ItemDigests;
use mcpsign_schemas::observed::{ObservedItem, ObservedServer};
use mcpsign_schemas::surface::{ItemKind, surface, wire};
use mcpsign_schemas::untrusted::is_deceptive;
use serde_json::Value;

/// Enough for any input of a fuzzer.
const MAX: usize = 1 << 20;

/// Strict JSON next to a reader that knows no rules of ours.
pub(super) fn json(input: &[u8]) {
    let theirs = serde_json::from_slice::<Value>(input);
    match Json::parse(input, Limits::bytes(MAX)) {
        Ok(ours) => {
            let theirs = theirs.expect("what we take is JSON");
            let seen = serde_json::to_value(&ours).expect("JSON");
            assert!(equal(&seen, &theirs), "{seen} is not {theirs}");
            let canonical = ours.to_canonical();
            let again = Json::parse(&canonical, Limits::bytes(MAX)).expect("canonical form is taken");
            assert_eq!(again, ours);
            assert_eq!(again.to_canonical(), canonical, "canonical form is its own");
        }
        Err(error) => {
            let stricter = matches!(
                error.kind,
                JsonErrorKind::DuplicateKey { .. }
                    | JsonErrorKind::NumberNotExact { .. }
                    | JsonErrorKind::TooDeep
                    | JsonErrorKind::TooLarge
            );
            assert!(stricter || theirs.is_err(), "refused for no reason of ours: {error}");
        }
    }
}

/// Equal; numbers by value, since theirs keep `1` and `1.0` apart.
fn equal(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| equal(a, b)))
        }
        (a, b) => a == b,
    }
}

/// The replies of a server, one a line: what is observed is in them, under its digests.
pub(super) fn frames(input: &[u8]) {
    let Ok(observed) = replies::observe(input) else { return };
    assert!(!observed.items.is_empty(), "nothing observed is no observation");
    for ((kind, key), item) in &observed.items {
        let Some(json) = &item.json else {
            assert_eq!(*kind, ItemKind::Ui);
            continue;
        };
        assert_eq!(item.digests.wire, wire(json));
        assert_eq!(item.digests.surface, surface(*kind, json));
        if let Some(member) = kind.key_member() {
            assert_eq!(json.get(member).and_then(Json::as_str), Some(key.as_str()));
        }
    }
    // Each line that is one is JSON to everybody.
    for line in input.split(|byte| *byte == b'\n').filter(|line| !line.iter().all(u8::is_ascii_whitespace)) {
        assert!(serde_json::from_slice::<Value>(line).is_ok(), "a line that is no JSON was taken");
    }
    let mut reversed: Vec<&[u8]> = input.split(|byte| *byte == b'\n').collect();
    reversed.reverse();
    // Which of two introductions counts is decided by their order; without a second one order is nothing.
    if let Ok(other) = replies::observe(&reversed.join(&b'\n')) {
        assert_eq!(other.items.len(), observed.items.len());
    }
}

/// A capture file: what is read is written again as it was, and its frames show what its profiles say.
pub(super) fn capture(input: &[u8]) {
    let Ok(capture) = replies::capture_file(input) else { return };
    let bytes = capture.to_bytes().expect("what was read is written");
    let again = replies::capture_file(&bytes).expect("what we write we read");
    assert_eq!(again, capture);
    for profile in &capture.profiles {
        let frames = capture.frames.get(&profile.name).expect("each profile has frames").join("\n");
        let Ok(shown) = replies::observe(frames.as_bytes()) else { continue };
        for (kind, key, digests) in profile.items() {
            let item = shown.items.get(&(kind, key.to_owned())).expect("in the frames");
            assert_eq!(item.digests, digests);
        }
    }
}

/// A server's replies, or a text as a tool's description: what is said stands at a place that is there, and can be shown
/// as it is.
pub(super) fn lint(input: &[u8]) {
    let observed = replies::observe(input).unwrap_or_else(|_| described(&String::from_utf8_lossy(input)));
    let issues = lint::server(&observed);
    assert_eq!(lint::server(&observed), issues, "the same twice");
    for issue in &issues {
        assert!(!issue.message.chars().any(is_deceptive), "{issue:?}");
        if let Some(excerpt) = issue.excerpt.as_ref().map(ToString::to_string) {
            assert!(!excerpt.chars().any(is_deceptive) && excerpt.chars().count() <= 2_000, "{excerpt}");
        }
        let Some(place) = &issue.place else { continue };
        // A place that would show a secret is told less exactly.
        let Some(item) = observed.items.get(&(place.kind, place.name.clone())) else { continue };
        let item = item.json.as_ref().expect("of a digest alone nothing is said");
        let item = serde_json::to_value(item).expect("JSON");
        assert!(item.pointer(&place.pointer).is_some(), "{} in {item}", place.pointer);
    }
}

fn described(text: &str) -> ObservedServer {
    let tool = serde_json::json!({ "name": "t", "description": text, "inputSchema": { "type": "object" } });
    let tool = Json::from_serialize(&tool).expect("JSON");
    let digests = ItemDigests { wire: wire(&tool), surface: surface(ItemKind::Tool, &tool) };
    let item = ObservedItem { digests, json: Some(tool) };
    ObservedServer { conditions: None, items: [((ItemKind::Tool, "t".to_owned()), item)].into() }
}
