//! Signing keyless while one of the real services fails or lies. Whatever it does: no file appears, and what was logged by
//! then is told.

mod proxy;

use std::path::Path;
use std::process::{Command, Output};
use std::sync::OnceLock;

use mcpsign_tests::sigstore::{Loopback, Platform};
use serde_json::{Value, json};

use crate::support;
use proxy::{Passing, Proxy};

/// A service between which and us a proxy stands, as the signing configuration calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Service {
    Fulcio,
    Tsa,
    RekorV2,
    RekorV1,
}

const ALL: [Service; 4] = [Service::Fulcio, Service::Tsa, Service::RekorV2, Service::RekorV1];

impl Service {
    const fn list(self) -> &'static str {
        match self {
            Self::Fulcio => "caUrls",
            Self::Tsa => "tsaUrls",
            Self::RekorV2 | Self::RekorV1 => "rekorTlogUrls",
        }
    }

    fn is_log(self) -> bool {
        matches!(self, Self::RekorV1 | Self::RekorV2)
    }
}

/// What came of one run.
struct Outcome {
    said: String,
    code: Option<i32>,
    written: bool,
}

fn instance(test: &str) -> Option<&'static Loopback> {
    static SHARED: OnceLock<Loopback> = OnceLock::new();
    let installed = support::sigstore(test)?;
    let program = Path::new(env!("CARGO_BIN_EXE_sigstore-loopback"));
    Some(
        SHARED.get_or_init(|| Loopback::start(program, &installed).unwrap_or_else(|error| panic!("{error}"))),
    )
}

/// Attests two files, so two SBOMs, with `answer` in place of what `service` says.
fn attest(
    instance: &Loopback,
    service: Service,
    answer: impl FnMut(&Passing<'_>) -> Vec<u8> + Send + 'static,
) -> Outcome {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    for name in ["a.bin", "b.bin"] {
        std::fs::write(at(name), name).unwrap();
    }
    let file = if service == Service::RekorV1 { "signing_config_v1.json" } else { "signing_config.json" };
    let mut config: Value = serde_json::from_slice(&std::fs::read(instance.file(file)).unwrap()).unwrap();
    let url = &mut config[service.list()][0]["url"];
    let (host, path) = {
        let rest = url.as_str().unwrap().strip_prefix("http://").unwrap();
        rest.split_once('/')
            .map_or((rest.to_owned(), String::new()), |(host, path)| (host.into(), format!("/{path}")))
    };
    let proxy = Proxy::start(host, answer);
    *url = format!("http://{}{path}", proxy.host).into();
    std::fs::write(at("signing.json"), config.to_string()).unwrap();
    std::fs::write(at("token"), instance.token(Platform::GitHub, &json!({})).unwrap()).unwrap();

    let output: Output = Command::new(support::mcpsign())
        .args(["attest", "a.bin", "b.bin", "--no-manifest", "--keyless", "--identity-token", "token"])
        .args(["--signing-config", "signing.json", "--trusted-root"])
        .arg(instance.file("trusted_root.json"))
        .args(["--evidence-out", "out.jsonl"])
        .current_dir(dir.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Outcome { said, code: output.status.code(), written: at("out.jsonl").exists() }
}

fn status(status: &str, headers: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\nContent-Length: 2\r\nConnection: close\r\n{headers}\r\nno").into_bytes()
}

#[test]
fn a_service_that_fails_leaves_nothing_written() {
    let Some(instance) = instance("a_service_that_fails_leaves_nothing_written") else { return };
    for service in ALL {
        let failed = attest(instance, service, |_| status("500 Internal Server Error", ""));
        assert_eq!((failed.code, failed.written), (Some(3), false), "{service:?}: {}", failed.said);
        assert!(failed.said.contains("attest/service-missing"), "{service:?}: {}", failed.said);
        assert!(failed.said.contains("HTTP status 500: no"), "{service:?}: {}", failed.said);
        // Of a log without an answer nobody knows whether it took the entry.
        assert_eq!(
            failed.said.contains("may have an entry"),
            service.is_log(),
            "{service:?}: {}",
            failed.said
        );
    }
}

#[test]
fn an_answer_that_breaks_off_is_none() {
    let Some(instance) = instance("an_answer_that_breaks_off_is_none") else { return };
    for service in ALL {
        let failed = attest(instance, service, |passing| {
            let answer = passing.forward();
            answer[..answer.len() - 40].to_vec()
        });
        assert!(!failed.written && failed.code != Some(0), "{service:?}: {}", failed.said);
        assert!(failed.said.contains("attest/service-"), "{service:?}: {}", failed.said);
    }
}

#[test]
fn a_busy_service_is_asked_again_when_it_says() {
    let Some(instance) = instance("a_busy_service_is_asked_again_when_it_says") else { return };
    for service in ALL {
        let began = std::time::Instant::now();
        let busy = attest(instance, service, |passing| match passing.number {
            1 => status("429 Too Many Requests", "Retry-After: 2\r\n"),
            _ => passing.forward(),
        });
        assert_eq!((busy.code, busy.written), (Some(0), true), "{service:?}: {}", busy.said);
        assert!(began.elapsed().as_secs() >= 2, "{service:?} was asked before it wanted to be");
    }
}

#[test]
fn a_log_that_took_the_entry_without_answering_is_found_to_have_it() {
    let Some(instance) = instance("a_log_that_took_the_entry_without_answering_is_found_to_have_it") else {
        return;
    };
    for service in [Service::RekorV1, Service::RekorV2] {
        let found = attest(instance, service, |passing| {
            let answer = passing.forward();
            if passing.number == 1 { Vec::new() } else { answer }
        });
        assert_eq!((found.code, found.written), (Some(0), true), "{service:?}: {}", found.said);
    }
}

#[test]
fn a_refused_token_is_a_usage_error_and_is_not_repeated() {
    let Some(instance) = instance("a_refused_token_is_a_usage_error_and_is_not_repeated") else { return };
    let refused = attest(instance, Service::Fulcio, |passing| {
        assert_eq!(passing.number, 1, "asked once more");
        // It knows the token, and may say it again.
        let token = passing.token();
        format!(
            "HTTP/1.1 400 Bad Request\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{token}",
            token.len()
        )
        .into_bytes()
    });
    assert_eq!((refused.code, refused.written), (Some(2), false), "{}", refused.said);
    assert!(refused.said.contains("HTTP status 400: ***"), "{}", refused.said);
}

/// The first answer again in place of the second: a timestamp of another signature, the entry of another statement.
#[test]
fn an_answer_to_another_question_is_refused() {
    let Some(instance) = instance("an_answer_to_another_question_is_refused") else { return };
    for service in [Service::Tsa, Service::RekorV2, Service::RekorV1] {
        let mut first = Vec::new();
        let lied = attest(instance, service, move |passing| {
            if passing.number == 1 {
                first = passing.forward();
            }
            first.clone()
        });
        assert_eq!((lied.code, lied.written), (Some(1), false), "{service:?}: {}", lied.said);
        assert!(lied.said.contains("attest/service-answer"), "{service:?}: {}", lied.said);
        // Timestamps come before anything is logged.
        assert_eq!(lied.said.contains(" has entry "), service.is_log(), "{service:?}: {}", lied.said);
    }
}

/// A certificate that was given to somebody else, for another key.
#[test]
fn another_certificate_than_asked_for_is_refused() {
    let Some(instance) = instance("another_certificate_than_asked_for_is_refused") else { return };
    let kept = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let keep = kept.clone();
    let honest = attest(instance, Service::Fulcio, move |passing| {
        let answer = passing.forward();
        keep.lock().unwrap().clone_from(&answer);
        answer
    });
    assert_eq!(honest.code, Some(0), "{}", honest.said);
    let lied = attest(instance, Service::Fulcio, move |_| kept.lock().unwrap().clone());
    assert_eq!((lied.code, lied.written), (Some(1), false), "{}", lied.said);
    assert!(lied.said.contains("the certificate is for the key"), "{}", lied.said);
}
