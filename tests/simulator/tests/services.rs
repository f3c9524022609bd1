//! The services' knobs: each fault arrives as it was asked for, once, and in line.

#![cfg(test)]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use mcpsign_simulator::Simulator;
use mcpsign_simulator::serve::{Fault, Running, Service};

/// Status, head and body of what a service answers.
fn ask(running: &Running, service: Service, method: &str, path: &str, body: &str) -> (u16, String, String) {
    let host = running.url(service).strip_prefix("http://").unwrap().to_owned();
    let mut stream = TcpStream::connect(&host).unwrap();
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    // One that breaks off may end with an error.
    let _ = stream.read_to_string(&mut answer);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head.to_lowercase(), body.to_owned())
}

fn keys(running: &Running) -> (u16, String, String) {
    ask(running, Service::Oidc, "GET", "/jwks", "")
}

#[test]
fn faults_come_in_line_and_then_it_is_honest_again() {
    let running = Simulator::new().serve();
    running.next(Service::Oidc, Fault::Status(500));
    running.next(Service::Oidc, Fault::RetryAfter(7));
    running.next(Service::Oidc, Fault::Garbage);
    running.next(Service::Oidc, Fault::Truncated);
    running.next(Service::Oidc, Fault::Slow(Duration::from_millis(300)));

    assert_eq!(keys(&running).0, 500);
    let (status, head, _) = keys(&running);
    assert!(status == 429 && head.contains("retry-after: 7"), "{head}");
    let (status, head, _) = keys(&running);
    assert!(status == 200 && head.contains("text/html"), "{head}");
    let (status, head, half) = keys(&running);
    let promised: usize =
        head.split("content-length: ").nth(1).unwrap().lines().next().unwrap().parse().unwrap();
    assert!(status == 200 && half.len() == promised / 2, "{head} {half}");
    let begun = Instant::now();
    let (status, _, whole) = keys(&running);
    assert!(status == 200 && begun.elapsed() >= Duration::from_millis(300));
    assert!(whole.starts_with(&half) && whole.contains("\"kty\":\"EC\""), "{whole}");
    assert_eq!(running.asked(Service::Oidc), 5);
    assert_eq!(running.asked(Service::Fulcio), 0);
}

#[test]
fn a_service_that_always_fails_fails_again() {
    let running = Simulator::new().serve();
    running.always(Service::Oidc, Fault::Status(503));
    running.next(Service::Oidc, Fault::Status(500));
    assert_eq!([keys(&running).0, keys(&running).0, keys(&running).0], [500, 503, 503]);
}

#[test]
fn what_cannot_be_read_is_refused_and_nothing_given() {
    let running = Simulator::new().serve();
    for (service, path) in [
        (Service::Fulcio, "/api/v2/signingCert"),
        (Service::RekorV1, "/api/v1/log/entries"),
        (Service::RekorV2, "/api/v2/log/entries"),
        (Service::Tsa, "/api/v1/timestamp"),
        (Service::SecondTsa, "/api/v1/timestamp"),
        (Service::Oidc, "/token"),
    ] {
        for body in ["", "{}", "[", "{\"spec\":1}"] {
            let (status, _, answer) = ask(&running, service, "POST", path, body);
            assert_eq!(status, 400, "{service:?} {body}: {answer}");
        }
        assert_eq!(ask(&running, service, "GET", "/nothing", "").0, 404, "{service:?}");
    }
}

#[test]
fn the_device_flow_gives_a_token_at_the_second_poll() {
    let running = Simulator::new().serve();
    let (_, _, asked) = ask(&running, Service::Oidc, "POST", "/device", "client_id=sigstore");
    assert!(asked.contains("\"device_code\":\"device-1\""), "{asked}");
    let poll = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=device-1";
    let (status, _, answer) = ask(&running, Service::Oidc, "POST", "/token", poll);
    assert!(status == 400 && answer.contains("authorization_pending"), "{answer}");
    let (status, _, answer) = ask(&running, Service::Oidc, "POST", "/token", poll);
    assert!(status == 200 && answer.contains("\"id_token\":\"ey"), "{answer}");
    assert_eq!(ask(&running, Service::Oidc, "POST", "/token", poll).0, 400, "a code is used once");
}

#[test]
fn the_code_flow_wants_the_verifier_of_its_challenge() {
    let running = Simulator::new().serve();
    // RFC 7636, appendix B.
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let path = format!("/auth?redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2F&state=s&code_challenge={challenge}");
    let token = |code: &str, verifier: &str| {
        let body = format!(
            "grant_type=authorization_code&code={code}&redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2F&code_verifier={verifier}"
        );
        ask(&running, Service::Oidc, "POST", "/token", &body)
    };
    let (status, head, _) = ask(&running, Service::Oidc, "GET", &path, "");
    assert!(status == 302 && head.contains("location: http://127.0.0.1:1/?code=code-1&state=s"), "{head}");
    assert_eq!(token("code-1", verifier).0, 200);
    assert_eq!(token("code-1", verifier).0, 400, "a code is used once");
    ask(&running, Service::Oidc, "GET", &path, "");
    let (status, _, answer) = token("code-2", "another");
    assert!(status == 400 && answer.contains("invalid_grant"), "{answer}");
}
