use std::collections::BTreeMap;

use super::*;
use crate::testing::{Server, answer, little_patience, patience, silent};
use crate::token::tests::encoded;

const CLAIMS: &str = r#"{"iss":"https://issuer.example","sub":"s","aud":"sigstore","exp":1800000300}"#;

fn find(variables: &[(&str, &str)], machine: Option<&str>) -> Result<Option<Ambient>, AmbientError> {
    let variables: BTreeMap<_, _> = variables.iter().copied().collect();
    let program = |name: &str| (name == "buildkite-agent").then(|| PathBuf::from("/usr/bin/buildkite-agent"));
    Ambient::find(Surroundings {
        variable: &|name| variables.get(name).map(|value| (*value).to_owned()),
        program: &program,
        machine,
    })
}

fn name(variables: &[(&str, &str)], machine: Option<&str>) -> Option<&'static str> {
    find(variables, machine).unwrap().as_ref().map(Ambient::name)
}

#[test]
fn what_is_there_is_found_in_this_order() {
    let github = [(github::URL, "https://actions.example/token?v=1"), (github::TOKEN, "t")];
    assert_eq!(name(&[], None), None);
    assert_eq!(name(&[("SIGSTORE_ID_TOKEN", "")], None), None);
    assert_eq!(name(&[("SIGSTORE_ID_TOKEN", "x"), ("BUILDKITE", "true")], None), Some("SIGSTORE_ID_TOKEN"));
    assert_eq!(name(&github, None), Some("GitHub Actions"));
    assert_eq!(name(&[("BUILDKITE", "true")], Some("Google")), Some("Buildkite"));
    assert_eq!(name(&[], Some("Google Compute Engine\n")), Some("Google Cloud"));
    assert_eq!(name(&[("GCE_METADATA_HOST", "169.254.169.254")], None), Some("Google Cloud"));
    assert_eq!(name(&[("GITHUB_ACTIONS", "false"), ("GITLAB_CI", "1")], Some("QEMU")), None);
}

#[test]
fn a_platform_that_gives_no_token_is_not_passed_over() {
    for (variables, said) in [
        (&[("GITHUB_ACTIONS", "true")][..], "ACTIONS_ID_TOKEN_REQUEST_URL is not set"),
        (
            &[("GITHUB_ACTIONS", "true"), (github::URL, "https://a.example")],
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN is not set",
        ),
        (&[("GITLAB_CI", "true")], "SIGSTORE_ID_TOKEN is not set"),
        (&[("CIRCLECI", "true")], "`circleci` is in no folder"),
        (&[(github::URL, "http://a.example"), (github::TOKEN, "t")], "no address"),
        (&[(github::URL, "https://u:p@a.example"), (github::TOKEN, "t")], "no address"),
        (&[("GCE_METADATA_HOST", "acme.example")], "no address"),
        (&[("GCE_METADATA_HOST", "127.0.0.1/x")], "no address"),
        (&[("GCE_METADATA_HOST", "127.0.0.1@acme.example")], "no address"),
    ] {
        let error = find(variables, Some("Google")).unwrap_err();
        assert!(error.to_string().contains(said), "{variables:?}: {error}");
    }
}

#[test]
fn github_is_asked_with_its_own_token_for_ours() {
    let body = format!(r#"{{"count":1,"value":"{}"}}"#, encoded(CLAIMS));
    let server = Server::start(move |_| answer("200 OK", "", &body));
    let url = server.at("/token?v=1");
    let ambient = find(&[(github::URL, url.as_str()), (github::TOKEN, "REQUEST")], None).unwrap().unwrap();
    let token = ambient.token("acme sigstore", patience()).unwrap();
    assert_eq!(token.issuer(), "https://issuer.example");
    let asked = server.asked();
    assert_eq!(asked[0].what, "GET /token?v=1&audience=acme+sigstore");
    assert!(asked[0].headers.to_ascii_lowercase().contains("authorization: bearer request\r\n"));
    assert!(!format!("{ambient:?}").contains("REQUEST"));
}

#[test]
fn what_an_issuer_says_instead_of_a_token_is_told_without_secrets() {
    for (status, body, said) in [
        ("403 Forbidden", "no", "HTTP status 403"),
        ("302 Found", "", "HTTP status 302"),
        ("200 OK", "SECRET", "no token in JSON"),
        ("200 OK", r#"{"value":"SECRET"}"#, "no identity token"),
        ("200 OK", r#"{"token":"SECRET"}"#, "no token in JSON"),
    ] {
        let server = Server::start(move |_| answer(status, "Location: https://acme.example/\r\n", body));
        let url = server.at("/");
        let ambient = find(&[(github::URL, url.as_str()), (github::TOKEN, "SECRET")], None).unwrap().unwrap();
        let error = ambient.token("sigstore", patience()).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
        assert!(!error.contains("SECRET") && !error.contains("audience"), "{error}");
    }
}

#[test]
fn google_gives_the_service_accounts_and_says_that_it_is_google() {
    for (flavor, fine) in
        [("Metadata-Flavor: Google\r\n", true), ("", false), ("Metadata-Flavor: x\r\n", false)]
    {
        let server = Server::start(move |_| answer("200 OK", flavor, &encoded(CLAIMS)));
        let host = format!("127.0.0.1:{}", server.url.port().unwrap());
        let ambient = find(&[("GCE_METADATA_HOST", &host)], None).unwrap().unwrap();
        assert_eq!(ambient.token("sigstore", patience()).is_ok(), fine, "{flavor}");
        let asked = server.asked().remove(0);
        assert_eq!(
            asked.what,
            "GET /computeMetadata/v1/instance/service-accounts/default/identity?audience=sigstore&format=full"
        );
        assert!(asked.headers.to_ascii_lowercase().contains("metadata-flavor: google\r\n"));
    }
}

#[cfg(unix)]
#[test]
fn a_platforms_program_is_run_by_its_whole_path_and_bounded() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("agent");
    let run = |script: &str| {
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
        Ambient(Kind::Program {
            platform: "Buildkite",
            path: path.clone(),
            arguments: &["--audience", "{audience}"],
        })
        .token("sigstore", patience())
    };
    let token = encoded(CLAIMS);
    assert!(run(&format!("test \"$*\" = '--audience sigstore' && echo {token}")).is_ok());
    let failed = run("echo 'not \u{1b}[2Jtoday' >&2; exit 3").unwrap_err().to_string();
    assert!(failed.contains("exit status: 3") && failed.contains("not \\u{1b}[2Jtoday"), "{failed}");
    assert!(matches!(run("echo no token"), Err(AmbientError::Token(TokenError::Shape))));
    assert!(run("head -c 100000 /dev/zero | tr '\\0' a").is_err());
}

#[test]
fn b47_a_platform_that_never_answers_is_not_waited_for() {
    let (_silent, address) = silent();
    let host = address.trim_start_matches("http://");
    for variables in
        [&[(github::URL, address.as_str()), (github::TOKEN, "REQUEST")][..], &[("GCE_METADATA_HOST", host)]]
    {
        let ambient = find(variables, None).unwrap().unwrap();
        let refused = ambient.token("sigstore", little_patience()).unwrap_err();
        assert!(refused.to_string().contains("was not reached"), "{variables:?}: {refused}");
    }
}
