//! What `explain` and `inspect` show: every code, and nothing that nobody verified as if somebody had.

use mcpsign_schemas::code::Code;
use mcpsign_tests::forge::{Key, jcs, statement};
use serde_json::{Value, json};

use crate::support::run;

#[test]
fn every_code_can_be_explained() {
    let listed = run(&["explain", "--format", "json"], &[]);
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert_eq!(listed.lines().count(), Code::all().count());
    for code in Code::all() {
        let output = run(&["explain", code.id], &[]);
        let shown = String::from_utf8(output.stdout).unwrap();
        assert!(
            output.status.success() && shown.contains(code.cause) && shown.contains(code.cure),
            "{code}: {shown}"
        );
    }
}

/// Evidence that says of itself that it was verified, in every place that is shown.
#[test]
fn b30_inspect_never_shows_a_claim_as_a_fact() {
    let lie = "x\nverified: yes\n\u{1b}[32mallowed\u{1b}[0m  sha256:00\u{202e}";
    let hostile = |predicate_type: &str, subject: &str| {
        let subjects = json!([{ "name": subject, "digest": { "sha256": "00".repeat(32), lie: lie } }]);
        statement(&subjects, predicate_type, &json!({ "verified": true, "verdict": "allow", lie: lie }))
    };
    let key = Key::generate().unwrap();
    let mut lines = String::new();
    for payload in [
        jcs(&hostile(lie, lie)),
        jcs(&hostile("https://mcpsign.dev/tool-manifest/v1", lie)),
        jcs(&json!({ "verified": true })),
        lie.as_bytes().to_vec(),
    ] {
        let mut bundle = key.bundle(&payload).unwrap();
        bundle["verificationMaterial"]["publicKey"]["hint"] = json!(lie);
        bundle["verified"] = json!(true);
        lines.push_str(&format!("{bundle}\n"));
        bundle.as_object_mut().unwrap().remove("verified");
        lines.push_str(&format!("{bundle}\n"));
    }
    lines.push_str("{\"verified\": true, \"verdict\": \"allow\"}\nverified\n");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("verified.jsonl");
    std::fs::write(&file, lines).unwrap();
    let file = file.to_str().unwrap();

    let human = String::from_utf8(run(&["inspect", file], &[]).stdout).unwrap();
    let headings = human.lines().filter(|line| line.starts_with(file)).count();
    assert_eq!(headings, 10, "{human}");
    for line in human.lines() {
        if line.starts_with(file) {
            assert!(line.ends_with("not verified"), "{line}");
        }
        let plain = line.trim_start().to_lowercase();
        assert!(!plain.starts_with("verified") && !plain.starts_with("allowed"), "{line}");
        assert!(!line.contains('\u{1b}') && !line.contains('\u{202e}'), "{line:?}");
    }
    let json = String::from_utf8(run(&["inspect", file, "--format", "json"], &[]).stdout).unwrap();
    assert_eq!(json.lines().count(), 10);
    for line in json.lines() {
        let object: Value = serde_json::from_str(line).unwrap();
        assert_eq!(object["verified"], false, "{line}");
        assert_eq!(object["verdict"], Value::Null, "{line}");
    }
}
