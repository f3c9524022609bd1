//! Names refer to what there is, and nothing has two.

use super::*;

#[test]
fn references_and_names_must_hold() {
    for (from, to, expected) in [
        (
            "    key: acme-2026\n",
            "    key: acme-2025\n",
            Problem::Unknown { what: "key", name: "acme-2025".into() },
        ),
        (
            "[acme-desk, acme-ci]",
            "[acme-desk, acme-ci, x]",
            Problem::Unknown { what: "signer", name: "x".into() },
        ),
        ("[acme-desk, acme-ci]", "[acme-desk, acme-desk]", Problem::DuplicateName("acme-desk".into())),
        ("name: acme-ci", "name: acme-desk", Problem::DuplicateName("acme-desk".into())),
        ("name: rest", "name: files", Problem::DuplicateName("files".into())),
        ("name: acme\n", "name: \" \"\n", Problem::Name(" ".into())),
        ("name: rest", "name: \"a\\u202eb\"", Problem::Name("a\u{202e}b".into())),
        ("kinds: [publisher]", "kinds: [publisher, publisher]", Problem::Repeated),
        ("notAfter: 2027", "notAfter: 2025", Problem::Window),
        ("policy/v1", "policy/v2", Problem::Schema { schema: SCHEMA, found: "mcpsign.dev/policy/v2".into() }),
        (
            "predicates: [https://slsa.dev/provenance/v1]",
            "predicates: [https://slsa.dev/provenance/v0.2]",
            Problem::NobodyMay("https://slsa.dev/provenance/v1".into()),
        ),
        (
            "predicates: [https://mcpsign.dev/tool-manifest/v1, https://slsa.dev/provenance/v1]",
            "predicates: [https://slsa.dev/provenance/v1]",
            Problem::NoManifest,
        ),
    ] {
        let text = EXAMPLE.replacen(from, to, 1);
        assert_ne!(text, EXAMPLE, "{from}");
        assert_eq!(problem(&text), expected, "{to}");
    }
    let both = EXAMPLE.replace(
        "    key: acme-2026\n",
        "    key: acme-2026\n    identity: { issuer: https://a.example, subject: b }\n",
    );
    assert_eq!(problem(&both), Problem::NotOneSigner);
    assert_eq!(problem(&EXAMPLE.replace("    key: acme-2026\n", "")), Problem::NotOneSigner);
}

/// A signer may have several keys, each of them its own.
#[test]
fn b34_a_key_is_one_signers() {
    let keys = |keys: &str| EXAMPLE.replacen("    key: acme-2026\n", &format!("    {keys}\n"), 1);
    let unknown = |name: &str| Problem::Unknown { what: "key", name: name.into() };
    for (text, expected) in [
        ("keys: []", Problem::EmptyList),
        ("keys: [acme-2026, acme-2026]", Problem::DuplicateName("acme-2026".into())),
        ("keys: [acme-2026, acme-2027]", unknown("acme-2027")),
        ("key: acme-2026\n    keys: [acme-2026]", Problem::NotOneSigner),
    ] {
        assert_eq!(problem(&keys(text)), expected, "{text}");
    }
    let one = keys("keys: [acme-2026]");
    assert_eq!(load(&one).unwrap().document.signers[0].key_names(), ["acme-2026"]);
    let second = one.replacen(
        "  - name: acme-ci\n    identity:\n      issuer: https://token.actions.githubusercontent.com\n      subject: https://github.com/acme/files-mcp/.github/workflows/release.yml@refs/tags/v1.4.0\n",
        "  - name: acme-ci\n    keys: [acme-2026]\n",
        1,
    );
    assert_ne!(second, one);
    assert_eq!(problem(&second), Problem::SameSigner("acme-desk".into()));
}

#[test]
fn b10_one_signer_under_two_names_is_refused() {
    let twice = EXAMPLE.replace(
        "  - name: acme-ci\n",
        "  - name: again\n    key: acme-2026\n    predicates: [https://slsa.dev/provenance/v1]\n  - name: acme-ci\n",
    );
    assert_eq!(problem(&twice), Problem::SameSigner("acme-desk".into()));
}

/// Whom one workflow could be both of are no two signers.
#[test]
fn b10_two_kinds_are_spoken_by_signers_who_cannot_be_one() {
    let with = |owner: &str, kind: &str| {
        let again = format!(
            "    kinds: [observer]
    predicates: [https://mcpsign.dev/tool-manifest/v1, https://slsa.dev/provenance/v1]
  - name: again
    identity:
      issuer: https://token.actions.githubusercontent.com
      subjectPattern: https://github.com/{owner}/*/.github/workflows/release.yml@refs/tags/v1.4.0
    kinds: [{kind}]
    predicates: [https://mcpsign.dev/tool-manifest/v1]\n"
        );
        EXAMPLE
            .replacen("    predicates: [https://slsa.dev/provenance/v1]\n", &again, 1)
            .replacen("[acme-desk, acme-ci]", "[acme-desk, acme-ci, again]", 1)
            .replacen("      sbom: bound\n", "      sbom: bound\n      kinds: [publisher, observer]\n", 1)
    };
    let error = load(&with("acme", "publisher")).unwrap_err();
    assert_eq!(error.path, "rules[0].require.kinds");
    assert_eq!(error.problem, Problem::OneSpeaker("acme-ci".into(), "again".into()));
    assert_eq!(
        problem(&with("acme", "publisher, observer")),
        Problem::OneSpeaker("acme-ci".into(), "again".into())
    );
    load(&with("other", "publisher")).unwrap();
    // Of one kind there is but one.
    load(&with("acme", "observer")).unwrap();
}
