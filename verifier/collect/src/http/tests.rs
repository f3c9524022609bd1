//! Against servers of one connection each, whose bytes are written here.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread::JoinHandle;

use super::*;
use reqwest::header::{AUTHORIZATION, CONTENT_ENCODING, RETRY_AFTER};

/// Answers one connection after the other; gives the heads of the requests.
fn server(answers: Vec<Vec<u8>>) -> (Url, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = Url::parse(&format!("http://{}/x", listener.local_addr().unwrap())).unwrap();
    let served = std::thread::spawn(move || {
        let mut heads = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
                head.push(byte[0]);
            }
            heads.push(String::from_utf8(head).unwrap());
            // The client may have left already.
            let _ = stream.write_all(&answer);
        }
        heads
    });
    (url, served)
}

fn loopback() -> Client {
    let exchange = Duration::from_secs(20);
    client(&Options { plain_http: PlainHttp::Loopback, exchange, ..Options::default() }).unwrap()
}

fn ok(headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nConnection: close\r\n{headers}\r\n{body}").into_bytes()
}

async fn got(answer: Vec<u8>, limit: usize) -> Result<Response, HttpError> {
    let (url, served) = server(vec![answer]);
    let got = loopback().get(&url, &HeaderMap::new(), limit).await;
    served.join().unwrap();
    got
}

#[tokio::test]
async fn a_document_is_read_as_sent_and_nothing_else_is_asked_for() {
    let (url, served) = server(vec![ok("Content-Length: 5\r\n", "hello")]);
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    let response = loopback().get(&url, &headers, 5).await.unwrap();
    assert_eq!((response.status.as_u16(), response.body.as_slice()), (200, &b"hello"[..]));
    let head = served.join().unwrap().remove(0).to_ascii_lowercase();
    assert!(head.contains("accept-encoding: identity\r\n") && !head.contains("gzip"), "{head}");
    assert!(head.contains("user-agent: mcpsign/") && !head.contains("referer"), "{head}");
}

#[tokio::test]
async fn b48_bodies_are_bounded_and_whole() {
    let too_large = got(ok("", "hello!"), 5).await;
    assert!(matches!(too_large, Err(HttpError::TooLarge { limit: 5 })), "{too_large:?}");
    let short = got(ok("Content-Length: 9\r\n", "hello"), 99).await;
    assert!(matches!(short, Err(HttpError::Transport { .. })), "{short:?}");
    let chunked = got(ok("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n"), 99).await;
    assert!(matches!(chunked, Err(HttpError::Transport { .. })), "{chunked:?}");
    let longer = got(ok("Content-Length: 4\r\n", "hello"), 99).await.unwrap();
    assert_eq!(longer.body, b"hell", "what follows belongs to no answer");
}

#[tokio::test]
async fn b48_what_is_compressed_unasked_is_refused() {
    let encoded = got(ok(&format!("{CONTENT_ENCODING}: gzip\r\nContent-Length: 0\r\n"), ""), 9).await;
    assert!(matches!(&encoded, Err(HttpError::Encoding { encoding }) if encoding == "gzip"), "{encoded:?}");
    assert!(got(ok("Content-Encoding: identity\r\nContent-Length: 0\r\n", ""), 9).await.is_ok());
}

#[tokio::test]
async fn headers_are_bounded() {
    let huge = got(ok(&format!("X: {}\r\n", "x".repeat(HEADER_BYTES)), ""), 9).await;
    assert!(matches!(huge, Err(HttpError::Headers { .. })), "{huge:?}");
    let many = got(ok(&"X: x\r\n".repeat(HEADERS + 1), ""), 9).await;
    assert!(matches!(many, Err(HttpError::Transport { .. })), "{many:?}");
}

#[tokio::test]
async fn a_silent_server_is_left() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
    let options = Options {
        plain_http: PlainHttp::Loopback,
        exchange: Duration::from_millis(200),
        ..Options::default()
    };
    let waited = client(&options).unwrap().get(&url, &HeaderMap::new(), 9).await;
    assert!(matches!(waited, Err(HttpError::TimedOut { .. })), "{waited:?}");
}

#[tokio::test]
async fn b51_addresses_that_are_not_spoken_to() {
    let never = client(&Options::default()).unwrap();
    for url in [
        "http://127.0.0.1:9/",
        "http://localhost:9/",
        "ftp://acme.example/",
        "file:///etc/passwd",
        "https://user@acme.example/",
        "https://user:password@acme.example/",
    ] {
        let refused = never.get(&Url::parse(url).unwrap(), &HeaderMap::new(), 9).await;
        assert!(matches!(refused, Err(HttpError::Address { .. })), "{url}: {refused:?}");
        assert!(!refused.unwrap_err().to_string().contains("password@"));
    }
    for url in ["http://169.254.169.254/", "http://localhost.example/", "http://10.0.0.1/", "http://[::2]/"] {
        let refused = loopback().get(&Url::parse(url).unwrap(), &HeaderMap::new(), 9).await;
        assert!(matches!(refused, Err(HttpError::Address { .. })), "{url}: {refused:?}");
    }
}

fn redirect(to: &str) -> Vec<u8> {
    format!("HTTP/1.1 307 Elsewhere\r\nConnection: close\r\nContent-Length: 0\r\nLocation: {to}\r\n\r\n")
        .into()
}

#[tokio::test]
async fn b52_redirects_stay_on_their_origin() {
    let (url, served) = server(vec![redirect("/y?q"), ok("", "there")]);
    let response = loopback().get(&url, &HeaderMap::new(), 9).await.unwrap();
    assert_eq!((response.body.as_slice(), response.url.path()), (&b"there"[..], "/y"));
    served.join().unwrap();

    for to in ["http://localhost:1/", "https://127.0.0.1/", "http://127.0.0.1:1/x", "//evil.example/x"] {
        let elsewhere = got(redirect(to), 9).await;
        assert!(matches!(elsewhere, Err(HttpError::Redirect { .. })), "{to}: {elsewhere:?}");
    }
    let (url, served) = server(vec![redirect("/x"); redirect::MOST + 1]);
    let round = loopback().get(&url, &HeaderMap::new(), 9).await;
    assert!(matches!(round, Err(HttpError::Redirects { .. })), "{round:?}");
    served.join().unwrap();
}

#[tokio::test]
async fn b52_credentials_stay_with_their_host() {
    let (store, stored) = server(vec![ok("", "bytes")]);
    let (registry, asked) = server(vec![redirect(store.as_str())]);
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, HeaderValue::from_static("Bearer secret"));
    let mut key = HeaderValue::from_static("secret");
    key.set_sensitive(true);
    headers.insert("x-api-key", key);
    headers.insert("x-plain", HeaderValue::from_static("plain"));
    let mut sink = Vec::new();
    let downloaded =
        loopback().download(&registry, &headers, Redirects::AnyHost, 5, &mut sink).await.unwrap();
    assert_eq!((downloaded.size, sink.as_slice()), (5, &b"bytes"[..]));
    assert!(asked.join().unwrap()[0].contains("secret"));
    let head = stored.join().unwrap().remove(0);
    assert!(head.contains("x-plain: plain") && !head.contains("secret"), "{head}");
}

#[tokio::test]
async fn only_a_success_is_a_download() {
    let (url, served) = server(vec![b"HTTP/1.1 404 No\r\nConnection: close\r\n\r\nno".to_vec()]);
    let mut sink = Vec::new();
    let none = loopback().download(&url, &HeaderMap::new(), Redirects::AnyHost, 9, &mut sink).await;
    assert!(matches!(none, Err(HttpError::Status { status: 404 })), "{none:?}");
    assert!(sink.is_empty());
    served.join().unwrap();
}

#[test]
fn roots_must_be_roots() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ca.pem");
    let with = |ca: &std::path::Path| client(&Options { ca: vec![ca.to_owned()], ..Options::default() });
    assert!(matches!(with(&path), Err(HttpError::Ca { .. })));
    std::fs::write(&path, "no certificate").unwrap();
    assert!(matches!(with(&path), Err(HttpError::CaEmpty { .. })));
}

#[test]
fn servers_say_when_to_come_back_in_two_ways() {
    let said = |text: &'static str| {
        let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(text))]);
        retry_after(&headers, "2026-11-22T10:00:00Z".parse().unwrap())
    };
    assert_eq!(said("7"), Some(Duration::from_secs(7)));
    assert_eq!(said("99999999999999999999999"), Some(Duration::from_secs(u64::MAX)));
    assert_eq!(said("Sun, 22 Nov 2026 10:01:00 GMT"), Some(Duration::from_secs(60)));
    assert_eq!(said("Sun, 22 Nov 2026 09:00:00 GMT"), Some(Duration::ZERO));
    assert_eq!(said("soon"), None);
    assert_eq!(said(""), None);
}
