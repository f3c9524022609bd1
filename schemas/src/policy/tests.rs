use super::*;
use crate::canonical::Json;
use crate::digest::Sha256Digest;

const PEM: &str =
    "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----\n";

/// One entry of everything.
const EXAMPLE: &str = r#"schema: mcpsign.dev/policy/v1
name: acme
keys:
  - name: acme-2026
    publicKey: |
      -----BEGIN PUBLIC KEY-----
      MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE
      -----END PUBLIC KEY-----
    notBefore: 2026-01-01T00:00:00Z
    notAfter: 2027-01-01T00:00:00Z
    time: allow-unverified
signers:
  - name: acme-desk
    key: acme-2026
    kinds: [publisher]
    predicates: [https://mcpsign.dev/tool-manifest/v1, https://cyclonedx.org/bom]
  - name: acme-ci
    identity:
      issuer: https://token.actions.githubusercontent.com
      subject: https://github.com/acme/files-mcp/.github/workflows/release.yml@refs/tags/v1.4.0
    predicates: [https://slsa.dev/provenance/v1]
rules:
  - name: files
    match: { package: pkg:npm/%40acme/files-mcp }
    signers: [acme-desk, acme-ci]
    require:
      predicates: [https://mcpsign.dev/tool-manifest/v1, https://slsa.dev/provenance/v1]
      manifest:
        comparison: subset
        observation: if-given
        binding: installed
        capture: any-form
        resources: ignore
      sbom: bound
  - name: rest
    match: { server: io.github.acme/* }
    signers: [acme-desk]
    require:
      predicates: [https://mcpsign.dev/tool-manifest/v1]
      manifest: { comparison: equal, observation: required, binding: command, capture: this-form, resources: equal }
      sbom: if-bound
"#;

fn load(text: &str) -> Result<LoadedPolicy, PolicyError> {
    LoadedPolicy::load(text.as_bytes(), "acme.yaml")
}

fn problem(text: &str) -> Problem {
    load(text).map(|loaded| loaded.document).expect_err(text).problem
}

#[test]
fn the_example_loads_and_survives_being_written() {
    let loaded = load(EXAMPLE).unwrap();
    assert_eq!(loaded.digest, Sha256Digest::of(EXAMPLE.as_bytes()));
    let keys = loaded.document.keys.as_ref().unwrap();
    assert_eq!(keys[0].public_key, PEM);
    let yaml = loaded.document.to_yaml().unwrap();
    assert_eq!(load(&yaml).unwrap().document, loaded.document, "{yaml}");
    let json = String::from_utf8(Json::from_serialize(&loaded.document).unwrap().to_canonical()).unwrap();
    assert_eq!(LoadedPolicy::load(json.as_bytes(), "acme.json").unwrap().document, loaded.document);
    assert_eq!(LoadedPolicy::load(json.as_bytes(), "acme").unwrap().document, loaded.document);
}

#[test]
fn the_example_of_the_specification_loads() {
    let page = include_str!("../../spec/policy.md");
    let example = page.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    load(example).unwrap();
}

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

#[test]
fn b36_nothing_stands_there_unread() {
    let unused_key =
        EXAMPLE.replace("    key: acme-2026\n", "    identity: { issuer: https://a.example, subject: b }\n");
    assert_eq!(problem(&unused_key), Problem::Unused { by: "signer" });
    let unused_signer = EXAMPLE.replace("[acme-desk, acme-ci]", "[acme-desk]").replace(
        "predicates: [https://mcpsign.dev/tool-manifest/v1, https://slsa.dev/provenance/v1]",
        "predicates: [https://mcpsign.dev/tool-manifest/v1]",
    );
    assert_eq!(problem(&unused_signer), Problem::Unused { by: "rule" });
    assert_eq!(problem(&EXAMPLE.replace("    kinds: [publisher]\n", "")), Problem::Kinds);
    let kinds_for_nothing = EXAMPLE
        .replace("predicates: [https://slsa.dev", "kinds: [observer]\n    predicates: [https://slsa.dev");
    assert_eq!(problem(&kinds_for_nothing), Problem::Kinds);
    let unreachable = EXAMPLE.replace("{ package: pkg:npm/%40acme/files-mcp }", "any-server");
    assert_eq!(problem(&unreachable), Problem::Unreachable("files".into()));
}

/// The stricter rule behind the wider one would be read and never applied.
#[test]
fn b35_a_rule_that_no_server_reaches_is_an_error() {
    let unreachable = Problem::Unreachable("files".into());
    let rules = |first: &str, second: &str| {
        let text = EXAMPLE.replace("{ server: io.github.acme/* }", second);
        load(&text.replacen("{ package: pkg:npm/%40acme/files-mcp }", first, 1))
            .err()
            .map(|error| error.problem)
    };
    for (wider, narrower) in [
        ("{ package: pkg:npm/%40acme/* }", "{ package: pkg:npm/@acme/files-mcp }"),
        ("{ package: pkg:npm/%40acme/files-mcp }", "{ package: pkg:npm/%40acme/files-mcp@1.0.0 }"),
        ("{ package: pkg:npm/* }", "{ package: pkg:npm/%40acme/* }"),
        ("{ package: pkg:pypi/acme-notes }", "{ package: pkg:pypi/Acme.Notes@1.0.0 }"),
        ("{ server: io.github.acme/* }", "{ server: io.github.acme/files }"),
    ] {
        assert_eq!(rules(wider, narrower), Some(unreachable.clone()), "{wider} {narrower}");
        assert_eq!(rules(wider, wider), Some(unreachable.clone()), "{wider}");
        assert_eq!(rules(narrower, wider), None, "{narrower} {wider}");
    }
    assert_eq!(rules("{ server: io.github.acme/* }", "{ package: pkg:npm/%40acme/* }"), None);
}

/// Names that nobody could give to anything would be refused whatever is signed.
#[test]
fn b37_names_have_an_owner_who_can_speak() {
    let with =
        |namespaces: &str| EXAMPLE.replacen("rules:\n", &format!("namespaces:\n{namespaces}rules:\n"), 1);
    let second = EXAMPLE.replacen(
        "    predicates: [https://slsa.dev",
        "    kinds: [observer]\n    predicates: [https://mcpsign.dev/tool-manifest/v1, https://slsa.dev",
        1,
    );
    let with_both =
        |namespaces: &str| second.replacen("rules:\n", &format!("namespaces:\n{namespaces}rules:\n"), 1);
    let own = "  - { package: 'pkg:npm/%40acme/*', signers: [acme-desk] }\n";
    load(&with(own)).unwrap();
    let error = load(&with("  - { package: 'pkg:npm/%40acme/*', signers: [acme-ci] }\n")).unwrap_err();
    assert_eq!(error.problem, Problem::MayNot("https://mcpsign.dev/tool-manifest/v1".into()));
    assert_eq!(error.path, "namespaces[0].signers[0]");
    for other in [
        "{ package: 'pkg:npm/%40acme/*', signers: [acme-ci] }",
        "{ package: 'pkg:npm/%40Acme/files-mcp', signers: [acme-ci] }",
        "{ package: 'pkg:npm/*', signers: [acme-ci] }",
    ] {
        for both in [format!("{own}  - {other}\n"), format!("  - {other}\n{own}")] {
            let error = load(&with_both(&both)).unwrap_err();
            assert!(matches!(error.problem, Problem::Unmeetable(_)), "{error}");
            assert_eq!(error.path, "namespaces[1].signers");
        }
    }
    for other in [
        "{ package: 'pkg:npm/%40acme-evil/*', signers: [acme-ci] }",
        "{ server: '@acme/*', signers: [acme-ci] }",
        "{ package: 'pkg:npm/%40acme/*', signers: [acme-ci, acme-desk] }",
    ] {
        load(&with_both(&format!("{own}  - {other}\n"))).unwrap();
    }
    // A rule for names of which none is its signers'.
    let theirs = |namespace: &str| load(&with_both(&format!("  - {namespace}\n")));
    let error = theirs("{ server: io.github.*, signers: [acme-ci] }");
    assert!(error.is_err_and(|error| matches!(error.problem, Problem::Pattern(_))));
    for namespace in [
        "{ server: io.github.acme/*, signers: [acme-ci] }",
        "{ server: IO.github.acme/*, signers: [acme-ci] }",
    ] {
        let error = theirs(namespace).unwrap_err();
        assert!(matches!(error.problem, Problem::Unmeetable(_)), "{error}");
        assert_eq!(error.path, "rules[1].signers");
    }
    theirs("{ server: io.github.acme/files, signers: [acme-ci] }").unwrap();
}

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

/// An identity that is left open is left open in words, or not at all.
#[test]
fn b22_m10_an_identity_says_whom_it_means() {
    let subject =
        "      subject: https://github.com/acme/files-mcp/.github/workflows/release.yml@refs/tags/v1.4.0\n";
    let with = |members: &str| EXAMPLE.replacen(subject, members, 1);
    let workflow = "      signerWorkflow: { repository: 'https://github.com/acme/files-mcp', path: .github/workflows/release.yml, ref: refs/tags/v* }\n";
    assert!(load(&with(workflow)).is_ok());
    for (members, path, expected) in [
        ("", "signers[1].identity", Problem::NotOneSubject),
        (&format!("{subject}{workflow}")[..], "signers[1].identity", Problem::NotOneSubject),
        (
            &workflow.replace("v*", "")[..],
            "signers[1].identity.signerWorkflow.ref",
            PatternError::Reference.into(),
        ),
        (
            &workflow.replace(", ref: refs/tags/v*", ", ref: '*'")[..],
            "signers[1].identity.signerWorkflow.ref",
            PatternError::Reference.into(),
        ),
        (
            "      subjectPattern: https://github.com/acme/files-mcp/.github/workflows/release.yml@*\n",
            "signers[1].identity.subjectPattern",
            PatternError::BehindAt.into(),
        ),
        (&format!("{subject}      triggers: []\n")[..], "signers[1].identity.triggers", Problem::EmptyList),
        (
            &format!("{subject}      repositoryId: '012'\n")[..],
            "signers[1].identity.repositoryId",
            Problem::Form { what: "number", found: "012".into() },
        ),
        (
            &format!("{subject}      repository: acme/files-mcp\n")[..],
            "signers[1].identity.repository",
            Problem::Form { what: "URL of a repository or owner", found: "acme/files-mcp".into() },
        ),
        (
            &format!("{subject}      environment: '*'\n")[..],
            "signers[1].identity.environment",
            Problem::Form { what: "environment", found: "*".into() },
        ),
    ] {
        let error = load(&with(members)).unwrap_err();
        assert_eq!((error.path.as_str(), &error.problem), (path, &expected), "{members}");
        assert!(error.position.is_some() && error.hint().is_some(), "{error}");
    }
    let number = load(&with(&format!("{subject}      repositoryId: 812345678\n"))).unwrap_err();
    assert!(matches!(number.problem, Problem::Shape(_)), "{number}");
    assert!(load(&with(&workflow.replace(", ref: refs/tags/v*", ""))).is_err());
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

#[test]
fn b10_one_signer_under_two_names_is_refused() {
    let twice = EXAMPLE.replace(
        "  - name: acme-ci\n",
        "  - name: again\n    key: acme-2026\n    predicates: [https://slsa.dev/provenance/v1]\n  - name: acme-ci\n",
    );
    assert_eq!(problem(&twice), Problem::SameSigner("acme-desk".into()));
}

#[test]
fn size_and_number_of_keys_are_bounded() {
    let big = vec![b'#'; MAX_BYTES + 1];
    assert_eq!(
        LoadedPolicy::load(&big, "p.yaml").unwrap_err().problem,
        Problem::TooLarge { found: MAX_BYTES + 1 }
    );
    let mut policy = load(EXAMPLE).unwrap().document;
    let key = policy.keys.as_ref().unwrap()[0].clone();
    policy.keys = Some((0..=MAX_KEYS).map(|n| KeyEntry { name: format!("k{n}"), ..key.clone() }).collect());
    assert_eq!(policy.check().unwrap_err().problem, Problem::TooManyKeys { found: MAX_KEYS + 1 });
}

#[test]
fn hints_are_there_where_the_message_alone_does_not_help() {
    let error = load(&EXAMPLE.replace("[acme-desk, acme-ci]", "[]")).unwrap_err();
    assert!(error.hint().is_some_and(|hint| hint.contains("never means")));
}

mod fuzz {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn b53_no_document_panics(text in "[-a-z0-9:?,\\[\\]{}#&*!|>'\"%@` \n\t~<.]{0,120}") {
            let _ = load(&text);
        }

        #[test]
        fn b53_no_bent_policy_panics(cut in any::<prop::sample::Index>(), bytes in proptest::collection::vec(any::<u8>(), 0..6)) {
            let at = cut.index(EXAMPLE.len());
            let mut bent = EXAMPLE.as_bytes().to_vec();
            bent.splice(at..(at + bytes.len()).min(EXAMPLE.len()), bytes);
            let _ = LoadedPolicy::load(&bent, "p.yaml");
        }
    }
}

#[test]
fn a_workflow_is_the_same_from_another_reference_of_its_kind() {
    let github = "https://github.com/acme/notes/.github/workflows/release.yml@";
    let gitlab = "https://gitlab.example/acme/mcp/notes//.gitlab-ci.yml@";
    for (place, kind) in [(github, "refs/tags/"), (github, "refs/heads/"), (gitlab, "refs/tags/")] {
        let entry = IdentityEntry::exact("https://issuer.example".into(), format!("{place}{kind}v1.4.0"));
        let any = SubjectPattern::of_entry(&entry.at_any_reference().unwrap()).unwrap();
        for (subject, matches) in [
            (format!("{place}{kind}v1.4.0"), true),
            (format!("{place}{kind}v1.3.0"), true),
            (format!("{place}{kind}release/1.3"), true),
            (format!("{place}refs/pull/7/merge"), false),
            (format!("{place}{kind}"), false),
            (format!("{}x@{kind}v1.3.0", place.trim_end_matches('@')), false),
        ] {
            assert_eq!(any.matches(&subject), matches, "{subject}");
        }
    }
    for other in ["ann@acme.example", "spiffe://acme.example/ci", "https://acme.example/ci@refs/tags/v1"] {
        let entry = IdentityEntry::exact("https://issuer.example".into(), other.into());
        assert_eq!(entry.at_any_reference(), None, "{other}");
    }
}

/// Whoever is handed a policy reads the error before the policy.
#[test]
fn what_a_policy_says_steers_no_terminal() {
    let odd = "a\nhint: all is well\u{1b}[2J\u{202e}";
    let quoted =
        odd.escape_default().to_string().replace("\\u{1b}", "\\u001b").replace("\\u{202e}", "\\u202e");
    let json = format!(r#"{{"schema":"{SCHEMA}","name":"n"}}"#);
    for text in [
        json.replace(r#""n""#, &format!(r#""{quoted}""#)).replace('}', r#","signers":[],"rules":[]}"#),
        json.replace(r#""name""#, &format!(r#""{quoted}""#)),
        json.replace(SCHEMA, &quoted),
        json.replace(r#""n""#, &format!(r#"{{"{quoted}":null}}"#)),
        json.replace(r#""n""#, &format!(r#"{{"{quoted}":1,"{quoted}":1}}"#)),
        json.replace(r#""n""#, &format!(r#"[{{"{quoted}":1}}]"#)),
    ] {
        let error = LoadedPolicy::load(text.as_bytes(), &format!("{odd}.json")).expect_err(&text);
        let shown = error.to_string();
        assert!(!shown.contains(crate::untrusted::is_deceptive), "{shown:?}");
        assert!(shown.starts_with(r"a\nhint"), "{shown}");
    }
    for (from, to) in [
        ("signers: [acme-desk]\n", "signers: [\"acme\\ndesk\"]\n"),
        ("key: acme-2026", "key: \"acme\\n2026\\e[2J\""),
        ("issuer: https", "issuer: \"https\\n\\u202e\"\n      x: https"),
        ("schema: ", "? \"a\\nb\"\n: 1\nschema: "),
    ] {
        let shown =
            load(&EXAMPLE.replacen(from, to, 1)).map(|loaded| loaded.document).expect_err(to).to_string();
        assert!(!shown.contains(crate::untrusted::is_deceptive), "{shown:?}");
    }
}
