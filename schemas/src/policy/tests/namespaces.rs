//! Names of servers and packages have an owner who can give them.

use super::*;

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
