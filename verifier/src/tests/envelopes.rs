//! Bundles that were bent after signing, or that never were what they seem.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mcpsign_schemas::code::{self, Code};
use mcpsign_schemas::report::StageState;
use mcpsign_schemas::statement::{PAYLOAD_TYPE, predicate_type};

use super::Case;
use crate::testing::{Key, Release, json, statement};

/// The honest case with the line of its tool manifest replaced.
fn with_manifest_line(key: &Key, line: Vec<u8>) -> Case {
    let mut case = Case::honest(key);
    case.lines[1] = line;
    case
}

fn replaced(line: &[u8], from: &str, to: &str) -> Vec<u8> {
    let text = std::str::from_utf8(line).unwrap();
    assert!(text.contains(from), "{from}");
    text.replacen(from, to, 1).into_bytes()
}

#[test]
fn b07_payload_and_type_are_covered_by_the_signature() {
    let key = Key::generate();
    let release = Release::honest();
    let payload = release.manifest_payload();
    let signature = key.sign(PAYLOAD_TYPE, &payload);
    let mut other = release.clone();
    other.manifest.server.version = Some("6.6.6".into());

    let changed = key.envelope(PAYLOAD_TYPE, &other.manifest_payload(), std::slice::from_ref(&signature));
    let document = with_manifest_line(&key, changed).denied(code::signature::INVALID);
    assert_eq!(document.stages.signature.state, StageState::Failed);
    assert_eq!(document.stages.manifest.state, StageState::NotRun);

    // A signature over the bare payload, and one over another type.
    let raw = key.sign("", &payload);
    with_manifest_line(&key, key.envelope(PAYLOAD_TYPE, &payload, &[raw])).denied(code::signature::INVALID);
    let typed = key.sign("application/json", &payload);
    with_manifest_line(&key, key.envelope(PAYLOAD_TYPE, &payload, std::slice::from_ref(&typed)))
        .denied(code::signature::INVALID);
    with_manifest_line(&key, key.envelope("application/json", &payload, &[typed]))
        .denied(code::signature::PAYLOAD_TYPE);
    with_manifest_line(&key, key.envelope("application/vnd.in-toto+JSON", &payload, &[signature]))
        .denied(code::signature::PAYLOAD_TYPE);
}

#[test]
fn b08_b23_exactly_one_signature() {
    let (key, other) = (Key::generate(), Key::generate());
    let payload = Release::honest().manifest_payload();
    let (good, bad) = (key.sign(PAYLOAD_TYPE, &payload), other.sign(PAYLOAD_TYPE, &payload));
    for signatures in [
        vec![],
        vec![good.clone(), bad.clone()],
        vec![bad.clone(), good.clone()],
        vec![good.clone(), good.clone()],
    ] {
        let line = key.envelope(PAYLOAD_TYPE, &payload, &signatures);
        let document = with_manifest_line(&key, line).denied(code::signature::ENVELOPE_SIGNATURES);
        // Nobody whose signature failed is named as a signer.
        assert!(document.signers.is_empty());
    }
    with_manifest_line(&key, key.envelope(PAYLOAD_TYPE, &payload, &[bad])).denied(code::signature::INVALID);
}

#[test]
fn a_bundle_is_read_one_way_only() {
    let key = Key::generate();
    let line = Case::honest(&key).lines[1].clone();
    for (from, to, code) in [
        ("bundle.v0.3+json", "bundle.v0.4+json", code::signature::BUNDLE_VERSION),
        ("\"mediaType\"", "\"MediaType\"", code::signature::UNREADABLE_LINE),
        ("\"mediaType\":", "\"mediaType\":1,\"mediaType\":", code::signature::UNREADABLE_LINE),
        (
            "\"publicKey\":",
            "\"certificate\":{\"rawBytes\":\"AAAA\"},\"publicKey\":",
            code::signature::UNREADABLE_LINE,
        ),
        (
            "\"dsseEnvelope\":",
            "\"messageSignature\":{\"signature\":\"AAAA\"},\"dsseEnvelope\":",
            code::signature::UNREADABLE_LINE,
        ),
        ("\"dsseEnvelope\":", "\"dsse\":", code::signature::UNREADABLE_LINE),
        ("\"verificationMaterial\":", "\"material\":", code::signature::UNREADABLE_LINE),
        ("\"publicKey\":", "\"key\":", code::signature::UNREADABLE_LINE),
        ("\"payload\":\"", "\"payload\":\"!", code::signature::UNREADABLE_LINE),
        ("\"sig\":\"", "\"sig\":\"!", code::signature::UNREADABLE_LINE),
        ("\"signatures\":", "\"signature\":", code::signature::UNREADABLE_LINE),
        ("{\"mediaType\"", "\u{feff}{\"mediaType\"", code::signature::UNREADABLE_LINE),
        ("\"hint\":\"", "\"hint\":\"\\ud800", code::signature::UNREADABLE_LINE),
    ] {
        with_manifest_line(&key, replaced(&line, from, to)).denied(code);
    }
}

/// What other tools write is called by its name, and counts for nothing.
#[test]
fn forms_that_prove_less_are_refused_by_their_names() {
    let key = Key::generate();
    let payload = Release::honest().manifest_payload();
    let signature = STANDARD.encode(key.sign(PAYLOAD_TYPE, &payload));
    let body = STANDARD.encode(&payload);
    for (line, code) in [
        (
            format!(
                r#"{{"base64Signature":"{signature}","cert":"","rekorBundle":{{"SignedEntryTimestamp":"AA=="}}}}"#
            ),
            code::signature::LEGACY_BUNDLE,
        ),
        (
            format!(
                r#"{{"payloadType":"{PAYLOAD_TYPE}","payload":"{body}","signatures":[{{"sig":"{signature}"}}]}}"#
            ),
            code::signature::BARE_ENVELOPE,
        ),
        (r#"{"bundle":null,"bundle_url":"https://a.example/b"}"#.into(), code::signature::UNREADABLE_LINE),
        (r#"{"trustedRoot":{}}"#.into(), code::signature::UNREADABLE_LINE),
    ] {
        with_manifest_line(&key, line.into_bytes()).denied(code);
    }
}

#[test]
fn b48_size_and_depth_are_bounded_before_anything_is_built() {
    let key = Key::generate();
    for line in [
        "[".repeat(100_000),
        "{\"a\":".repeat(100_000),
        format!("{{\"a\":{}1{}}}", "[".repeat(65), "]".repeat(65)),
    ] {
        with_manifest_line(&key, line.into_bytes()).denied(code::signature::UNREADABLE_LINE);
    }
    with_manifest_line(&key, vec![b' '; (32 << 20) + 1]).undecided(code::evidence::OVER_BUDGET);

    // A payload that is too large for its type, signed by the right key.
    let release = Release::honest();
    let padding = "x".repeat(1 << 20);
    let other = statement(
        release.subjects.clone(),
        "https://example.org/p/v1",
        json(&format!("{{\"a\":\"{padding}\"}}")),
    );
    let mut case = Case::honest(&key);
    case.lines.push(key.bundle(&other));
    case.undecided(code::evidence::OVER_BUDGET);

    let subjects = (0..1025).map(|n| crate::testing::subject(&format!("s{n}"), &release.artifact)).collect();
    let many = statement(subjects, predicate_type::TOOL_MANIFEST, release.manifest_json());
    with_manifest_line(&key, key.bundle(&many)).undecided(code::evidence::OVER_BUDGET);

    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(70), "]".repeat(70));
    with_manifest_line(&key, key.bundle(deep.as_bytes())).denied(code::signature::STATEMENT_MALFORMED);
}

#[test]
fn a_signed_payload_must_be_a_well_formed_statement() {
    let key = Key::generate();
    let honest = String::from_utf8(Release::honest().manifest_payload()).unwrap();
    let bent = |from: &str, to: &str| {
        assert!(honest.contains(from), "{from}");
        with_manifest_line(&key, key.bundle(honest.replacen(from, to, 1).as_bytes()))
    };
    for (from, to) in [
        ("in-toto.io/Statement/v1", "in-toto.io/Statement/v0.1"),
        ("in-toto.io/Statement/v1", "bogus"),
        ("\"_type\"", "\"type\""),
        ("\"subject\":[", "\"subjects\":["),
        ("\"predicateType\":\"https://mcpsign", "\"predicateType\":null,\"x\":\"https://mcpsign"),
        // B21: a duplicate key deep inside the predicate.
        ("\"kind\":\"publisher\"", "\"kind\":\"observer\",\"kind\":\"publisher\""),
        ("\"predicate\":", "\"predicate\":null,\"predicate\":"),
        ("\"kind\":\"publisher\"", "\"kind\":\"publisher\",\"n\":9007199254740993"),
    ] {
        bent(from, to).denied(code::signature::STATEMENT_MALFORMED);
    }
    // No statement at all.
    for payload in [&b"[]"[..], b"", b"\xff", b"{}", b"null"] {
        with_manifest_line(&key, key.bundle(payload)).denied(code::signature::STATEMENT_MALFORMED);
    }
}

#[test]
fn statements_of_ours_need_the_newest_bundle_version() {
    let key = Key::generate();
    let line = Case::honest(&key).lines[1].clone();
    for version in ["0.1", "0.2"] {
        let old = format!("bundle+json;version={version}");
        with_manifest_line(&key, replaced(&line, "bundle.v0.3+json", &old))
            .denied(code::signature::BUNDLE_VERSION);
    }
    // The other spelling of 0.3, and an SBOM in an old version: fine.
    with_manifest_line(&key, replaced(&line, "bundle.v0.3+json", "bundle+json;version=0.3")).allowed();
    let mut case = Case::honest(&key);
    case.lines[0] = replaced(&case.lines[0], "bundle.v0.3+json", "bundle+json;version=0.2");
    case.allowed();
}

#[test]
fn a_signed_blob_attests_nothing() {
    let key = Key::generate();
    let signature = STANDARD.encode(key.sign("", b""));
    let line = format!(
        r#"{{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{{"publicKey":{{"hint":"{}"}}}},"messageSignature":{{"signature":"{signature}"}}}}"#,
        key.hint()
    );
    let mut case = Case::honest(&key);
    case.lines = vec![line.into_bytes()];
    case.denied(code::signature::NOT_A_STATEMENT);
}

#[test]
fn b21_bad_lines_count_for_nothing_wherever_they_stand() {
    let key = Key::generate();
    for position in 0..=2 {
        for bad in [&b"garbage"[..], b"{}", b"\xff\xfe"] {
            let mut case = Case::honest(&key);
            case.lines.insert(position, bad.to_vec());
            let document = case.allowed();
            assert!(super::has(&document.stages.signature.findings, code::signature::UNREADABLE_LINE));
        }
    }
    // A good manifest beside a bad one, in both orders.
    let mut release = Release::honest();
    release.manifest.server.name = "evil".into();
    let forged = key.envelope(PAYLOAD_TYPE, &release.manifest_payload(), &[key.sign(PAYLOAD_TYPE, b"other")]);
    for first in [true, false] {
        let mut case = Case::honest(&key);
        let at = if first { 0 } else { case.lines.len() };
        case.lines.insert(at, forged.clone());
        let document = case.allowed();
        assert!(super::has(&document.stages.signature.findings, code::signature::INVALID));
        assert_eq!(document.subjects.len(), 2);
    }
}

#[test]
fn a_line_that_lacks_something_fails_by_its_own_name() {
    let key = Key::generate();
    let case = Case::honest(&key);
    let only = |at: usize| {
        let mut case = Case::honest(&key);
        case.lines = vec![case.lines[at].clone()];
        case
    };
    let document = only(0).denied(code::manifest::MISSING);
    for stage in [&document.stages.signature, &document.stages.identity, &document.stages.subject] {
        assert_eq!(stage.state, StageState::Passed);
    }
    only(1).denied(code::sbom::MISSING);
    // Of the SBOM: signature, not absence.
    let mut bent = case;
    bent.lines[0] = replaced(&bent.lines[0], "\"sig\":\"", "\"sig\":\"AAAA");
    let document = bent.denied(code::signature::INVALID);
    assert_eq!(document.stages.sbom.state, StageState::NotRun);
    assert_eq!(document.stages.manifest.state, StageState::Passed);
}

/// Every byte of a line changed, cut at every length, and every line of the wrong kind: never allow, never panic.
#[test]
fn b53_mutilated_lines_neither_panic_nor_pass() {
    let key = Key::generate();
    let honest = Case::honest(&key);
    let line = honest.lines[1].clone();
    let codes_seen = |line: Vec<u8>| -> Vec<Code> {
        let mut case = Case::honest(&key);
        case.lines[1] = line;
        let report = case.verify();
        match report.verdict() {
            crate::Verdict::Allow(_) => Vec::new(),
            _ => report.document().findings.iter().map(|finding| finding.code).collect(),
        }
    };
    for cut in (0..line.len()).step_by(37) {
        assert!(!codes_seen(line[..cut].to_vec()).is_empty(), "cut at {cut}");
    }
    let hint = std::str::from_utf8(&line).unwrap().find("\"hint\":\"").unwrap() + 8;
    let hint = hint..hint + 44;
    for at in (0..line.len()).step_by(7) {
        let mut bent = line.clone();
        bent[at] ^= 0x01;
        // The hint selects nothing: it may say anything that is still text.
        assert!(!codes_seen(bent).is_empty() || hint.contains(&at), "byte {at}");
    }
}
