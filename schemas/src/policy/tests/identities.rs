//! An identity says whom it means.

use super::*;

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
