//! A requirement demands something that somebody can meet.

use super::*;

/// What counts signers must have some, and what lists must list.
#[test]
fn b20_no_requirement_is_vacuous() {
    let require =
        |member: &str| EXAMPLE.replacen("      sbom: bound\n", &format!("      sbom: bound\n{member}"), 1);
    let threshold = |n: &str, signers: &str| {
        require(&format!(
            "      signatures:\n        - predicate: https://slsa.dev/provenance/v1\n          threshold: {n}\n          signers: {signers}\n"
        ))
    };
    assert!(load(&threshold("1", "[acme-ci]")).is_ok());
    for (n, signers, expected) in [
        ("0", "[acme-ci]", Problem::Threshold { found: 0, of: 1 }),
        ("2", "[acme-ci]", Problem::Threshold { found: 2, of: 1 }),
        ("1", "[]", Problem::EmptyList),
        ("1", "[acme-ci, acme-ci]", Problem::DuplicateName("acme-ci".into())),
        ("1", "[nobody]", Problem::Unknown { what: "signer of this rule", name: "nobody".into() }),
        ("1", "[acme-desk]", Problem::NobodyMay("https://slsa.dev/provenance/v1".into())),
    ] {
        let error = load(&threshold(n, signers)).unwrap_err();
        assert_eq!(error.problem, expected, "{n} {signers}");
        // The line of the member at fault, each of which stands on one of its own.
        let line = if matches!(expected, Problem::Threshold { .. }) { 37 } else { 38 };
        assert_eq!(error.position.map(|at| at.line), Some(line), "{error}");
    }
    let error = load(&threshold("-1", "[acme-ci]")).unwrap_err();
    assert!(matches!(error.problem, Problem::Shape(_)), "{error}");
    assert_eq!(error.position.map(|at| (at.line, at.column)), Some((37, 11)), "{error}");
    for (member, expected) in [
        ("      signatures: []\n", Problem::EmptyList),
        ("      kinds: []\n", Problem::EmptyList),
        ("      kinds: [observer]\n", Problem::NobodySpeaks),
        ("      kinds: [publisher, publisher]\n", Problem::Repeated),
        ("      time: { sources: [log, log], threshold: 1 }\n", Problem::Repeated),
        (
            "      advisories: { snapshot: required, severity: high, unevaluated: accept, maxAgeDays: 0 }\n",
            Problem::Days { most: 3650 },
        ),
        ("      time: { sources: [], threshold: 1 }\n", Problem::EmptyList),
        (
            "      time: { sources: [log], threshold: 0 }\n",
            Problem::Form { what: "number of witnesses", found: "0".into() },
        ),
        ("      time: { sources: [log], threshold: 33 }\n", Problem::OutOfRange { found: 33, most: 32 }),
        ("      provenance: {}\n", Problem::Nothing),
        ("      provenance: { minimumLevel: 3 }\n", Problem::Together("builders", "minimumLevel")),
        ("      provenance: { builders: [], minimumLevel: 3 }\n", Problem::EmptyList),
        (
            "      provenance: { builders: [{ id: 'https://b.example', level: 0, signers: [acme-ci] }], minimumLevel: 1 }\n",
            Problem::Level(0),
        ),
        (
            "      provenance: { builders: [{ id: 'https://b.example', level: 2, signers: [acme-ci] }], minimumLevel: 3 }\n",
            Problem::Unmeetable("no builder has this level"),
        ),
        (
            "      provenance: { builders: [{ id: 'https://b.example', level: 2, signers: [acme-desk] }], minimumLevel: 2 }\n",
            Problem::MayNot("https://slsa.dev/provenance/v1".into()),
        ),
        (
            "      provenance: { builders: [{ id: 'https://b.example', level: 3, signers: [acme-ci] }], minimumLevel: 4 }\n",
            Problem::Level(4),
        ),
        ("      provenance: { ref: main }\n", PatternError::Reference.into()),
    ] {
        assert_eq!(problem(&require(member)), expected, "{member}");
    }
    // What no finding is called is bearable as little as what never is.
    let approving = require("      exceptions: { by: [acme-desk], scope: s, codes: [advisories/nothing] }\n")
        .replace("https://cyclonedx.org/bom]", "https://cyclonedx.org/bom, https://mcpsign.dev/approval/v1]");
    assert_eq!(problem(&approving), Problem::Unknown { what: "code", name: "advisories/nothing".into() });
    let each = require("      kinds: [publisher, observer]\n")
        .replace("    kinds: [publisher]\n", "    kinds: [publisher, observer]\n");
    assert_eq!(problem(&each), Problem::Unmeetable("each kind is spoken by a signer of its own"));
    let names = |names: &str| problem(&require(&format!("      tools: {{ names: {names} }}\n")));
    let refused = Problem::Unmeetable("`deny` refuses a tool of this name");
    assert_eq!(names("{ allow: [read_note, exec], deny: [exec] }"), refused);
    let one = "{ predicate: 'https://slsa.dev/provenance/v1', threshold: 1, signers: [acme-ci] }";
    assert_eq!(problem(&require(&format!("      signatures: [{one}, {one}]\n"))), Problem::Repeated);
    let no_provenance = EXAMPLE.replacen(
        "      sbom: if-bound\n",
        "      sbom: if-bound\n      provenance: { ref: refs/tags/v1 }\n",
        1,
    );
    assert_eq!(problem(&no_provenance), Problem::NoProvenance);
}

/// B35: a requirement that its type alone would satisfy, or that nobody here can read, is an error and not a rule that holds.
#[test]
fn b35_a_required_type_can_be_looked_into() {
    let with = |required: &str| EXAMPLE.replace("https://slsa.dev/provenance/v1", required);
    assert!(load(&with("https://slsa.dev/provenance/v0.2")).is_ok());
    for required in [
        "https://slsa.dev/provenance/v0.1",
        "https://slsa.dev/provenance/v1.1",
        "https://slsa.dev/provenance/v1/",
        "https://slsa.dev/verification_summary/v0.2",
        "https://cyclonedx.org/bom/v2.0",
        "https://spdx.dev/Document/v2.2",
    ] {
        assert_eq!(problem(&with(required)), Problem::UnreadType(required.into()));
    }
    for required in ["approval/v1", "approval/v2", "revocation/v1", "policy/v1", "tool-manifest/v2"] {
        let required = format!("https://mcpsign.dev/{required}");
        assert_eq!(problem(&with(&required)), Problem::NotEvidence(required));
    }
}
