use super::*;

fn lines(file: &str) -> Vec<(u32, String)> {
    let document = Document::read(file.as_bytes().to_vec());
    let lines = document.lines().unwrap();
    lines.iter().map(|line| (line.number, String::from_utf8(line.bytes.to_vec()).unwrap())).collect()
}

fn texts(file: &str) -> Vec<String> {
    lines(file).into_iter().map(|(_, text)| text).collect()
}

const ATTESTATION: &str = r#"{"version":1,
  "verification_material":{"certificate":"Y2VydA==","transparency_entries":[{"logIndex":"7"}]},
  "envelope":{"statement":"e30=","signature":"c2ln"}}"#;
const BUNDLE: &str = r#"{"dsseEnvelope":{"payload":"e30=","payloadType":"application/vnd.in-toto+json","signatures":[{"sig":"c2ln"}]},"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{"certificate":{"rawBytes":"Y2VydA=="},"tlogEntries":[{"logIndex":"7"}]}}"#;

#[test]
fn an_attestation_of_pypi_is_a_bundle_under_other_names() {
    assert_eq!(lines(ATTESTATION), [(1, BUNDLE.into())]);
    let provenance = |publisher: &str| {
        format!(
            r#"{{"version":1,"attestation_bundles":[{{"publisher":{publisher},"attestations":[{ATTESTATION}]}}]}}"#
        )
    };
    // M04: whoever the publisher is said to be, nothing of it is left.
    for publisher in ["null", r#"{"kind":"GitHub","repository":"evil/x"}"#] {
        assert_eq!(texts(&provenance(publisher)), [BUNDLE]);
    }
}

#[test]
fn lists_of_npm_and_github_are_their_bundles_and_nothing_else() {
    let list = |rest: &str| format!("{{\n \"attestations\": [{{\"bundle\":{{\"b\":1,\"a\":2}}{rest}}}]}}\n");
    // M04: the predicate type beside the bundle is nobody's word.
    for rest in [
        "",
        r#","predicateType":"https://slsa.dev/provenance/v1""#,
        r#","repository_id":1,"bundle_url":"https://a.example""#,
    ] {
        assert_eq!(lines(&list(rest)), [(1, r#"{"a":2,"b":1}"#.into())]);
    }
    assert_eq!(texts(r#"{"attestations":[]}"#), Vec::<String>::new());
}

#[test]
fn what_is_not_of_its_form_stays_what_it_is() {
    let file =
        r#"{"attestations":[{"bundle":null,"bundle_url":"https://a.example/b"},{"bundle":{"a":1}},7]}"#;
    assert_eq!(
        lines(file),
        [
            (1, r#"{"bundle":null,"bundle_url":"https://a.example/b"}"#.into()),
            (2, r#"{"a":1}"#.into()),
            (3, "7".into()),
        ]
    );
    for (from, to) in [
        (r#""version":1"#, r#""version":2"#),
        (r#""version":1"#, r#""version":"1""#),
        (r#""version":1,"#, ""),
        (r#""envelope""#, r#""envelopes""#),
        (r#""statement":"e30=""#, r#""statement":null"#),
        (r#"[{"logIndex":"7"}]"#, r#"{"logIndex":"7"}"#),
        (r#""certificate":"Y2VydA==""#, r#""certificate":["Y2VydA=="]"#),
    ] {
        let bent = ATTESTATION.replacen(from, to, 1);
        assert_ne!(bent, ATTESTATION);
        let [text] = &texts(&bent)[..] else { panic!("{from}") };
        assert!(!text.contains("mediaType"), "{text}");
    }
}

#[test]
fn documents_that_could_be_two_forms_or_none_are_lines() {
    for file in [
        r#"{"mediaType":"x","attestations":[{"bundle":{}}]}"#,
        r#"{"attestations":[{"bundle":{}}],"attestation_bundles":[]}"#,
        r#"{"attestations":{"bundle":{}}}"#,
        r#"{"attestation_bundles":[],"version":2}"#,
        r#"{"attestation_bundles":[{"attestations":7}],"version":1}"#,
        r#"{"attestations":[{"bundle":{}}],"attestations":[]}"#,
        r#"[{"bundle":{}}]"#,
        "garbage",
    ] {
        assert_eq!(texts(file), [file], "{file}");
    }
    // Two documents are two lines; a list in one of them is none of our lines.
    let two = "{\"attestations\":[]}\n{\"attestations\":[1]}\n";
    assert_eq!(lines(two).len(), 2);
}

#[test]
fn b47_budgets_hold_after_conversion() {
    let list =
        |count: usize| format!(r#"{{"attestations":[{}]}}"#, vec![r#"{"bundle":{}}"#; count].join(","));
    assert_eq!(lines(&list(MAX_LINES)).len(), MAX_LINES);
    let over = Document::read(list(MAX_LINES + 1).into_bytes());
    assert_eq!(over.lines().unwrap_err(), EvidenceFileError::TooManyLines);
    let deep = format!(r#"{{"attestations":[{}]}}"#, "[".repeat(70) + &"]".repeat(70));
    assert_eq!(texts(&deep), [deep]);
}
