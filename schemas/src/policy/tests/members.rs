//! Members: none that is unknown, none that is missing or empty, none without value, and each has a place.

use super::*;

#[test]
fn b36_unknown_members_are_errors_wherever_they_stand() {
    for (from, to) in [
        ("name: acme\n", "name: acme\nmode: warn\n"),
        ("    time: allow-unverified\n", "    time: allow-unverified\n    unused: 1\n"),
        ("    key: acme-2026\n", "    key: acme-2026\n    threshold: 1\n"),
        ("      issuer: ", "      Issuer: x\n      issuer: "),
        ("    signers: [acme-desk, acme-ci]\n", "    signers: [acme-desk, acme-ci]\n    mode: audit\n"),
        ("      sbom: bound\n", "      sbom: bound\n      advisories: none\n"),
        ("        binding: installed\n", "        binding: installed\n        tools: 4\n"),
        ("{ package: pkg:npm/%40acme/files-mcp }", "{ package: pkg:npm/%40acme/files-mcp, server: x }"),
        ("{ package: pkg:npm/%40acme/files-mcp }", "{ name: x }"),
        ("time: allow-unverified", "time: maybe"),
    ] {
        let text = EXAMPLE.replacen(from, to, 1);
        assert_ne!(text, EXAMPLE, "{from}");
        assert!(matches!(problem(&text), Problem::Shape(_)), "{to}: {:?}", problem(&text));
    }
}

#[test]
fn errors_say_where() {
    let error = load(&EXAMPLE.replace("binding: installed", "binding: loose")).unwrap_err();
    assert_eq!(
        (error.path.as_str(), error.position),
        ("rules[0].require.manifest.binding", Some(Position { line: 31, column: 9 }))
    );
    assert!(error.to_string().starts_with("acme.yaml:31:9: rules[0].require.manifest.binding: "), "{error}");
    let error =
        LoadedPolicy::load(b"{\"schema\": \"mcpsign.dev/policy/v1\",\n \"name\": }", "p.json").unwrap_err();
    assert_eq!(error.position, Some(Position { line: 2, column: 10 }));
}

/// What nobody knows stands where it was written, not where its object begins; and JSON has places as YAML has.
#[test]
fn b36_an_unknown_member_is_pointed_at_in_either_form() {
    let json = serde_json::to_string_pretty(&load(EXAMPLE).unwrap().document).unwrap();
    for (file, text, from, to, name) in [
        ("p.yaml", EXAMPLE, "      sbom: bound\n", "      sbom: bound\n      lent: {}\n", "lent"),
        ("p.yaml", EXAMPLE, "name: acme\n", "name: acme\n\"mo.de\": warn\n", "\"mo.de\""),
        ("p.yaml", EXAMPLE, "binding: installed", "binding: installed\n        bound: x", "bound: x"),
        ("p.json", &json, "\"sbom\": \"bound\"", "\"sbom\": \"bound\", \"lent\": {}", "\"lent\""),
        ("p.json", &json, "\"name\": \"acme\",", "\"name\": \"acme\",\n  \"mo.de\": 1,", "\"mo.de\""),
        ("p.json", &json, "\"rules\": [", "\"rules\": [],\n  \"rulez\": [", "\"rulez\""),
    ] {
        let bent = text.replacen(from, to, 1);
        let error = LoadedPolicy::load(bent.as_bytes(), file).unwrap_err();
        let expected = Position::of_offset(bent.as_bytes(), bent.find(name).unwrap());
        assert_eq!(error.position, expected, "{error}");
        assert!(error.to_string().contains("unknown field `"), "{error}");
    }
    let threshold = json.replacen("\"sbom\": \"bound\"", "\"sbom\": \"bound\",\n \"kinds\": []", 1);
    let error = LoadedPolicy::load(threshold.as_bytes(), "p.json").unwrap_err();
    assert_eq!((error.problem, error.path.as_str()), (Problem::EmptyList, "rules[0].require.kinds"));
    assert_eq!(error.position.map(|at| at.column), Some(2));
}

#[test]
fn b20_nothing_may_be_empty_or_missing() {
    for (from, to) in [
        ("signers: [acme-desk, acme-ci]", "signers: []"),
        ("kinds: [publisher]", "kinds: []"),
        ("predicates: [https://slsa.dev/provenance/v1]", "predicates: []"),
        (
            "predicates: [https://mcpsign.dev/tool-manifest/v1, https://slsa.dev/provenance/v1]",
            "predicates: []",
        ),
    ] {
        assert_eq!(problem(&EXAMPLE.replace(from, to)), Problem::EmptyList, "{to}");
    }
    let head = "schema: mcpsign.dev/policy/v1\nname: a\n";
    assert_eq!(problem(&format!("{head}signers: []\nrules: []\n")), Problem::EmptyList);
    assert!(matches!(problem(&format!("{head}signers: []\n")), Problem::Shape(_)));
    assert!(matches!(problem(head), Problem::Shape(_)));
    assert!(matches!(problem("{}"), Problem::Shape(_)));
    for absent in [
        "    time: allow-unverified\n",
        "      sbom: bound\n",
        "        resources: ignore\n",
        "    match: { package: pkg:npm/%40acme/files-mcp }\n",
    ] {
        assert!(matches!(problem(&EXAMPLE.replacen(absent, "", 1)), Problem::Shape(_)), "{absent}");
    }
}

#[test]
fn b22_empty_null_and_star_never_mean_any() {
    let subject = "https://github.com/acme/files-mcp/.github/workflows/release.yml@refs/tags/v1.4.0";
    for bad in ["\"\"", "\" \"", "\"*\"", "https://github.com/acme/*", "\"a\\n\"", "\"\\u202ea\""] {
        assert!(matches!(problem(&EXAMPLE.replace(subject, bad)), Problem::NotExact(_)), "{bad}");
        assert!(
            matches!(
                problem(&EXAMPLE.replace("https://token.actions.githubusercontent.com", bad)),
                Problem::NotExact(_)
            ),
            "{bad}"
        );
    }
    for null in ["", "null", "~"] {
        assert_eq!(problem(&EXAMPLE.replace(subject, null)), Problem::Null, "{null:?}");
        assert_eq!(problem(&EXAMPLE.replace("2027-01-01T00:00:00Z", null)), Problem::Null, "{null:?}");
        assert_eq!(
            problem(&EXAMPLE.replace("    key: acme-2026\n", &format!("    key: {null}\n"))),
            Problem::Null
        );
    }
    for (bad, fits) in
        [("\"\"", false), ("\"*\"", false), ("\"io.github.*\"", false), ("io.github.acme/*", true)]
    {
        let text = EXAMPLE.replace("io.github.acme/*", bad);
        assert_eq!(load(&text).is_ok(), fits, "{bad}");
    }
    for bad in ["\"\"", "\"*\"", "manifest", "\"https://\"", "\"https://x y\"", "\"https://mcpsign.dev/*\""] {
        let text = EXAMPLE.replacen("https://cyclonedx.org/bom", bad, 1);
        assert!(matches!(problem(&text), Problem::PredicateType(_)), "{bad}");
    }
}
