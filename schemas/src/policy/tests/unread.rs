//! Nothing stands there unread.

use super::*;

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
