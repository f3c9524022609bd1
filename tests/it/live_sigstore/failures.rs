//! Services that refuse, and one that goes away in the middle: what is said, and that nothing is written.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Output;
use std::sync::Arc;

use mcpsign_tests::sigstore::{Loopback, Platform};
use serde_json::{Value, json};

use super::attested::Release;
use super::{shared, start};
use crate::support;

/// What must be said, and that the folder is as it was.
#[track_caller]
fn refused(release: &Release, output: &Output, exit: i32, says: &[&str]) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(exit), "{stderr}");
    for part in says {
        assert!(stderr.contains(part), "{part} is not in: {stderr}");
    }
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(!release.evidence().exists());
}

#[test]
fn a_token_that_is_not_good_signs_nothing() {
    let Some(installed) = support::sigstore("a_token_that_is_not_good_signs_nothing") else { return };
    let instance = shared(&installed);
    let release = Release::new();
    let good = instance.token(Platform::GitHub, &json!({})).unwrap();
    let token = |claims: Value| instance.token(Platform::GitHub, &claims).unwrap();
    // The same claims under a signature of nobody.
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    let forged = format!("{signed}.{first}{}", &signature[1..]);
    for (name, token, exit, says) in [
        ("expired", token(json!({ "exp": 1_000_000_000 })), 2, &["the identity token ends at"][..]),
        ("of another audience", token(json!({ "aud": "elsewhere" })), 2, &["elsewhere"]),
        ("of nobody", forged, 2, &["the certificate authority", "HTTP status 4"]),
        (
            "of an issuer that Fulcio does not know",
            token(json!({ "iss": "https://evil.example" })),
            2,
            &["HTTP status 4"],
        ),
    ] {
        let file = release.write("token", token.as_bytes());
        let output = release.attest(&file, &instance.file("client_trust_config.json"), &[]);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!stderr.contains(&token), "{name}: the token is shown: {stderr}");
        refused(&release, &output, exit, says);
    }
}

/// The log ends between two statements. The first one's entry stays, and whoever signed hears of it.
#[test]
fn services_that_go_away_leave_word_of_what_was_logged() {
    let test = "services_that_go_away_leave_word_of_what_was_logged";
    let Some(installed) = support::sigstore(test) else { return };
    let instance = Arc::new(start(&installed));
    let release = Release::new();
    let token = release.write("token", instance.token(Platform::GitHub, &json!({})).unwrap().as_bytes());

    let mut config: Value =
        serde_json::from_slice(&std::fs::read(instance.file("client_trust_config.json")).unwrap()).unwrap();
    let log = &mut config["signingConfig"]["rekorTlogUrls"][0]["url"];
    let behind = log.as_str().unwrap().trim_start_matches("http://").to_owned();
    let front = front(behind, Arc::clone(&instance));
    *log = front.clone().into();
    let config = release.write("config.json", config.to_string().as_bytes());

    let output = release.attest(&token, &config, &[]);
    refused(&release, &output, 3, &["the log", "was not reached", &format!("{front}/ has entry ")]);

    // What is asked before the log: nothing stands anywhere then.
    for (service, says) in [("tsa", "the timestamp authority"), ("fulcio", "the certificate authority")] {
        instance.stop(service).unwrap();
        let output = release.attest(&token, &config, &[]);
        refused(&release, &output, 3, &[says, "was not reached"]);
        assert!(!String::from_utf8_lossy(&output.stderr).contains("has entry"), "{service}");
    }
}

/// Passes requests on to the log until it has answered one that makes an entry; then the log is gone. Gives its address.
fn front(behind: String, instance: Arc<Loopback>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let mut instance = Some(instance);
        for client in listener.incoming().flatten() {
            // Afterwards every connection is closed without an answer, as it is when the process has ended.
            let Some(running) = &instance else { continue };
            pass(client, &behind);
            running.stop("rekor").unwrap();
            instance = None;
        }
    });
    address
}

/// One request and its answer.
fn pass(mut client: TcpStream, behind: &str) {
    let mut reader = BufReader::new(client.try_clone().unwrap());
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(reader.read_line(&mut head).unwrap(), 0, "a request ends before its head: {head}");
    }
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().unwrap())
    });
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).unwrap();
    let mut log = TcpStream::connect(behind).unwrap();
    let head = head.replacen("\r\n", "\r\nConnection: close\r\n", 1);
    log.write_all(head.as_bytes()).unwrap();
    log.write_all(&body).unwrap();
    let mut answer = Vec::new();
    log.read_to_end(&mut answer).unwrap();
    client.write_all(&answer).unwrap();
}
