//! What an error shows.

use super::*;

#[test]
fn hints_are_there_where_the_message_alone_does_not_help() {
    let error = load(&EXAMPLE.replace("[acme-desk, acme-ci]", "[]")).unwrap_err();
    assert!(error.hint().is_some_and(|hint| hint.contains("never means")));
    for (from, to, message, hint) in [
        ("key: acme-2026", "key: acme-2025", "`acme-2025` is no key", "one of `keys`"),
        ("[acme-desk, acme-ci]", "[acme-desk, acme]", "`acme` is no signer", "one of `signers`"),
        ("name: rest", "name: \"\"", "`` is no usable name", "1 to 128 characters"),
        ("policy/v1", "policy-tests/v1", "`schema` must be", "`mcpsign policy test`"),
        ("name: rest", "name: 7", "expected a string", "in quotes"),
        ("notAfter: 2027-01-01T00:00:00Z", "notAfter: 2027", "expected a time as", "shows"),
        ("v1.4.0\n", "v1.4.0\n      ref: \"\"\n", "not a Git reference", "`refs/tags/v*`"),
        ("subject: https", "subjectPattern: https://github.com/acme*/x #", "one whole part", "https://"),
        ("files-mcp }", "files-mcp@^1.4 }", "one version", "every version"),
        ("sbom: bound\n", "sbom: bound\n      tools: { atMost: 010 }\n", "begin with a nought", "octal"),
        (
            "sbom: bound\n",
            "sbom: bound\n      lint: { severity: error, allow: [{ rule: lint/x, reason: r }] }\n",
            "`lint/x` is no rule of lint",
            "`mcpsign explain`",
        ),
    ] {
        let error = load(&EXAMPLE.replacen(from, to, 1)).expect_err(to);
        assert!(error.to_string().contains(message), "{error}");
        let shown = error.hint().unwrap_or("`mcpsign policy explain` shows a valid policy");
        assert!(shown.contains(hint), "{error}: {shown}");
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
