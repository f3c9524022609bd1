use super::*;

fn claims(pairs: &[(&'static str, &str)]) -> BTreeMap<&'static str, String> {
    pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
}

fn of(pairs: &[(&'static str, &str)]) -> Workload {
    Workload::of(Some("https://token.actions.githubusercontent.com"), None, &claims(pairs))
}

#[test]
fn a_workflow_on_github_is_read_whole() {
    let uri = "https://github.com/acme/files-mcp/.github/workflows/release.yml@refs/tags/v1.4.0";
    let commit = "193b5bd7d3985809503963ae400594ea16df31cf";
    let workload = of(&[
        (claim::SOURCE_REPOSITORY_URI, "https://github.com/acme/files-mcp"),
        (claim::SOURCE_REPOSITORY_IDENTIFIER, "810002373"),
        (claim::SOURCE_REPOSITORY_OWNER_URI, "https://github.com/acme"),
        (claim::SOURCE_REPOSITORY_OWNER_IDENTIFIER, "32398091"),
        (claim::SOURCE_REPOSITORY_REF, "refs/tags/v1.4.0"),
        (claim::SOURCE_REPOSITORY_DIGEST, commit),
        (claim::BUILD_CONFIG_URI, uri),
        (claim::BUILD_CONFIG_DIGEST, commit),
        (
            claim::BUILD_SIGNER_URI,
            "https://github.com/acme/.github/.github/workflows/sign.yml@refs/heads/main",
        ),
        (claim::BUILD_TRIGGER, "release"),
        (claim::RUNNER_ENVIRONMENT, "github-hosted"),
        (claim::DEPLOYMENT_ENVIRONMENT, "npm release"),
        (claim::RUN_INVOCATION_URI, "https://github.com/acme/files-mcp/actions/runs/9/attempts/1"),
        (claim::SOURCE_REPOSITORY_VISIBILITY, "public"),
    ]);
    assert_eq!(workload.issuer_kind, IssuerKind::GithubActions);
    assert_eq!(workload.repository.as_deref(), Some("https://github.com/acme/files-mcp"));
    assert_eq!(workload.repository_id.as_deref(), Some("810002373"));
    assert_eq!(workload.owner_id.as_deref(), Some("32398091"));
    assert_eq!(workload.commit.as_deref(), Some(commit));
    let workflow = workload.workflow.unwrap();
    assert_eq!(workflow.repository, "https://github.com/acme/files-mcp");
    assert_eq!(workflow.path, ".github/workflows/release.yml");
    assert_eq!(workflow.reference, "refs/tags/v1.4.0");
    assert_eq!(workflow.commit.as_deref(), Some(commit));
    let signer = workload.signer_workflow.unwrap();
    assert_eq!((signer.repository.as_str(), signer.commit), ("https://github.com/acme/.github", None));
    assert_eq!(workload.trigger.as_deref(), Some("release"));
    assert_eq!(workload.runner, Some(Runner::Hosted));
    assert_eq!(workload.environment.as_deref(), Some("npm release"));
    assert_eq!(workload.visibility, Some(Visibility::Public));
}

#[test]
fn a_pipeline_on_gitlab_lies_after_two_slashes() {
    let uri = "https://gitlab.com/group/sub/project//ci/release.yml@refs/heads/main";
    let workflow = of(&[(claim::BUILD_CONFIG_URI, uri)]).workflow.unwrap();
    assert_eq!(workflow.repository, "https://gitlab.com/group/sub/project");
    assert_eq!(workflow.path, "ci/release.yml");
    assert_eq!(workflow.reference, "refs/heads/main");
}

/// What could be read two ways is not read; it stays among the claims.
#[test]
fn what_does_not_parse_is_not_guessed() {
    for text in [
        "",
        "https://github.com",
        "https://github.com/",
        "https://github.com/acme/x/",
        "https://github.com/acme//x",
        "https://github.com/acme/../x",
        "https://github.com/acme/x?y",
        "https://github.com/acme/x#y",
        "https://github.com/acme/x%2fy",
        "https://github.com@evil.example/acme/x",
        "https://GitHub.com/acme/x",
        "https://github.com:443/acme/x",
        "http://github.com/acme/x",
        "git+https://github.com/acme/x",
        "github.com/acme/x",
        "acme/x",
        " https://github.com/acme/x",
        "https://github.com/acme/x\n",
        "https://github.com\\acme\\x",
        "https://github.com/acme/x y",
    ] {
        assert_eq!(of(&[(claim::SOURCE_REPOSITORY_URI, text)]).repository, None, "{text:?}");
    }
    for text in [
        "https://github.com/acme/x/.github/workflows/r.yml",
        "https://github.com/acme/x/.github/workflows/r.yml@v1",
        "https://github.com/acme/x/.github/workflows/r.yml@refs/",
        "https://github.com/acme/x/.github/workflows/r.yml@refs/heads/a b",
        "https://github.com/acme/x/y/.github/workflows/r.yml@refs/heads/main",
        "https://github.com/acme/x/ci/r.yml@refs/heads/main",
        "https://github.com/acme/.github/workflows/r.yml@refs/heads/main",
        "https://gitlab.com/acme/x////r.yml@refs/heads/main",
        "https://gitlab.com/acme/x//@refs/heads/main",
        "https://gitlab.com/acme/x//../r.yml@refs/heads/main",
        "https://gitlab.com/acme/x//r.yml@refs/heads/z@refs/heads/main",
        "ssh://github.com/acme/x/.github/workflows/r.yml@refs/heads/main",
    ] {
        assert_eq!(of(&[(claim::BUILD_CONFIG_URI, text)]).workflow, None, "{text:?}");
    }
    for (name, texts) in [
        (
            claim::SOURCE_REPOSITORY_IDENTIFIER,
            &["", "0x1", "-1", "+1", "007", "1.0", "99999999999999999999", "a"][..],
        ),
        (claim::SOURCE_REPOSITORY_DIGEST, &["", "193b5bd", "193B5BD7D3985809503963AE400594EA16DF31CF"]),
        (
            claim::SOURCE_REPOSITORY_REF,
            &["", "main", "refs/", "refs/heads/a..b", "refs/heads/a b", "refs/heads/a/"],
        ),
        (claim::BUILD_TRIGGER, &["", "push ", "a\nb"]),
        (claim::RUNNER_ENVIRONMENT, &["", "Github-hosted", "hosted"]),
        (claim::DEPLOYMENT_ENVIRONMENT, &["", "a\u{0}b"]),
        (claim::SOURCE_REPOSITORY_VISIBILITY, &["", "PUBLIC"]),
    ] {
        for text in texts {
            assert_eq!(of(&[(name, text)]), of(&[]), "{name}: {text:?}");
        }
    }
}

/// A branch may be called like the end of another workflow's name.
#[test]
fn b37_the_first_reference_ends_the_path() {
    let uri = "https://github.com/acme/x/.github/workflows/r.yml@refs/heads/z@refs/heads/main";
    let workflow = of(&[(claim::BUILD_CONFIG_URI, uri)]).workflow.unwrap();
    assert_eq!(workflow.path, ".github/workflows/r.yml");
    assert_eq!(workflow.reference, "refs/heads/z@refs/heads/main");
}

#[test]
fn issuers_are_known_whole_and_others_by_their_subject() {
    let kind = |issuer, subject| IssuerKind::of(issuer, subject);
    let uri = |text| Some((SubjectKind::Uri, text));
    for (issuer, expected) in [
        ("https://token.actions.githubusercontent.com", IssuerKind::GithubActions),
        ("https://token.actions.githubusercontent.com/octo-enterprise", IssuerKind::GithubActions),
        ("https://token.actions.octo.ghe.com", IssuerKind::GithubActions),
        ("https://gitlab.com", IssuerKind::GitlabCi),
        ("https://agent.buildkite.com", IssuerKind::Buildkite),
        ("https://oidc.circleci.com/org/6e1e9a5e", IssuerKind::CircleCi),
        ("https://accounts.google.com", IssuerKind::Google),
        ("https://login.microsoftonline.com/72f988bf/v2.0", IssuerKind::Entra),
        ("https://token.actions.githubusercontent.com.evil.example", IssuerKind::Other),
        ("https://gitlab.com.evil.example", IssuerKind::Other),
        ("https://gitlab.com/x", IssuerKind::Other),
        ("https://token.actions.a.b.ghe.com", IssuerKind::Other),
        ("http://gitlab.com", IssuerKind::Other),
        ("https://gitlab.example", IssuerKind::Other),
    ] {
        assert_eq!(kind(Some(issuer), uri("https://a.example/b")), expected, "{issuer}");
    }
    let email = Some((SubjectKind::Email, "a@b.example"));
    assert_eq!(kind(Some("https://github.com/login/oauth"), email), IssuerKind::Email);
    assert_eq!(kind(Some("https://spire.example"), uri("spiffe://a.example/b")), IssuerKind::Spiffe);
    assert_eq!(kind(None, uri("https://dotcom.releases.github.com")), IssuerKind::Other);
    // An address is not a workload because it looks like one.
    assert_eq!(kind(None, Some((SubjectKind::Email, "spiffe://a"))), IssuerKind::Email);
}

/// The deprecated claims have names of their own, and no number stands for two claims.
#[test]
fn names_and_numbers_are_never_mixed_up() {
    let all: Vec<_> = claim::CURRENT.iter().chain(&claim::DEPRECATED).collect();
    for (at, (number, name)) in all.iter().enumerate() {
        assert!(all.iter().skip(at + 1).all(|(n, other)| n != number && other != name), "{number} {name}");
    }
    let deprecated: BTreeMap<&'static str, String> =
        claim::DEPRECATED.iter().map(|(_, name)| (*name, "refs/heads/main".to_owned())).collect();
    assert_eq!(Workload::of(None, None, &deprecated), Workload::of(None, None, &BTreeMap::new()));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]
    /// What is taken for a URL without asking a parser is one that a parser leaves as it is.
    #[test]
    fn b37_what_is_usual_is_as_a_parser_would_write_it(
        text in "https://[a-z0-9.-]{1,12}(/[A-Za-z0-9._~@+-]{0,4}){1,3}",
    ) {
        let taken = super::parse::is_usual(&text);
        proptest::prop_assert!(!taken || super::parse::is_as_parsed(&text), "{text}");
    }
}

#[test]
fn what_certificates_hold_is_usual() {
    for text in
        ["https://github.com/acme/x", "https://gitlab.com/a/b.c/x_y", "https://host/.github/workflows/r.yml"]
    {
        assert!(super::parse::is_usual(text), "{text}");
    }
    for text in [
        "https://github.com",
        "https://1.2/x",
        "https://xn--a/x",
        "https://a@b/x",
        "https://a:1/x",
        "https://a/../x",
    ] {
        assert!(!super::parse::is_usual(text), "{text}");
    }
}
