//! Logging in at a desk, from end to end: the issuer is the simulator's, the person and the browser are played here.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use mcpsign_simulator::serve::{Fault, PERSON, Running, Service};
use url::Url;

use super::instance;
use crate::support;

/// A folder with something to sign, and an instance that signs.
struct Desk {
    folder: tempfile::TempDir,
    running: Running,
}

impl Desk {
    fn new() -> Self {
        let (folder, running) = instance();
        std::fs::write(folder.path().join("a.bin"), "what is signed").unwrap();
        Self { folder, running }
    }

    fn evidence(&self) -> PathBuf {
        self.folder.path().join("a.bin.mcpsign.jsonl")
    }

    /// `attest`, of somebody who has no display: nothing opens a browser.
    fn attest(&self, flow: &str) -> Command {
        let mut command = Command::new(support::mcpsign());
        command.args(["attest", "a.bin", "--no-manifest", "--keyless", "--trust-config", "config.json"]);
        command.args(["--oidc-flow", flow]).current_dir(self.folder.path()).env_clear();
        command.env("HOME", self.folder.path()).env("PATH", "/usr/local/bin:/usr/bin:/bin");
        command.stdin(Stdio::null());
        command
    }

    #[track_caller]
    fn signed(&self, code: Option<i32>, said: &str) {
        assert_eq!(code, Some(0), "{said}");
        let who = format!("signing as {PERSON} ({})", self.running.url(Service::Oidc));
        assert!(said.contains(&who), "{said}");
        assert!(self.evidence().is_file());
    }

    #[track_caller]
    fn refused(&self, code: Option<i32>, exit: i32, said: &str, why: &str) {
        assert_eq!(code, Some(exit), "{said}");
        assert!(said.contains(why) && said.contains("hint: "), "{why}: {said}");
        assert!(!self.evidence().exists(), "{why}");
        // Whoever is not logged in asks for no certificate.
        assert_eq!(self.running.asked(Service::Fulcio), 0, "{why}");
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Answers well; what follows in line is for the requests after it.
const WELL: Fault = Fault::Slow(Duration::ZERO);

#[test]
fn whoever_types_the_code_on_another_machine_signs() {
    let desk = Desk::new();
    let output = desk.attest("device").output().unwrap();
    let said = said(&output);
    desk.signed(output.status.code(), &said);
    let address = format!("{}/activate?user_code=WDJB-MJHT", desk.running.url(Service::Oidc));
    assert!(said.contains(&address) && said.contains("enter the code\n  WDJB-MJHT"), "{said}");
    // Discovery, the code, and two polls: the person agrees between them.
    assert_eq!(desk.running.asked(Service::Oidc), 4);
}

#[test]
fn an_issuer_that_is_asked_too_often_is_asked_more_slowly() {
    let desk = Desk::new();
    for fault in [WELL, WELL, Fault::NoToken("slow_down")] {
        desk.running.next(Service::Oidc, fault);
    }
    let began = Instant::now();
    let output = desk.attest("device").output().unwrap();
    desk.signed(output.status.code(), &said(&output));
    // RFC 8628 §3.5: a second before the first poll, and five more before the next.
    assert!(began.elapsed() >= Duration::from_secs(7));
}

#[test]
fn a_login_that_is_not_granted_signs_nothing() {
    for (exit, why, first, always) in [
        (2, "the issuer refused: access_denied", None, Fault::NoToken("access_denied")),
        (2, "the issuer refused: invalid_client", None, Fault::NoToken("invalid_client")),
        (3, "nobody logged in in time", None, Fault::NoToken("expired_token")),
        // The code is over while the person is still away.
        (3, "nobody logged in in time", Some(Fault::CodeFor(2)), Fault::NoToken("authorization_pending")),
        (3, "HTTP status 503", None, Fault::Status(503)),
        (2, "something else than what it was asked for", None, Fault::Garbage),
    ] {
        let desk = Desk::new();
        if let Some(fault) = first {
            desk.running.next(Service::Oidc, WELL);
            desk.running.next(Service::Oidc, fault);
        }
        desk.running.always(Service::Oidc, always);
        let output = desk.attest("device").output().unwrap();
        desk.refused(output.status.code(), exit, &said(&output), why);
    }
}

/// A login in a browser on its way: the program waits, and the issuer has sent the browser back.
struct Browser {
    child: Child,
    stderr: BufReader<std::process::ChildStderr>,
    told: String,
    port: u16,
    /// What the browser is to ask for.
    target: String,
    /// The same, before the issuer added to it.
    state: String,
}

impl Browser {
    /// Opens the address that is printed, and goes as far as the issuer's redirect.
    fn open(desk: &Desk) -> Self {
        let mut child = desk.attest("browser").stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut told = String::new();
        let address = loop {
            let mut line = String::new();
            assert_ne!(stderr.read_line(&mut line).unwrap(), 0, "no address: {told}");
            told.push_str(&line);
            if line.trim().starts_with("http") {
                break Url::parse(line.trim()).unwrap();
            }
        };
        let host = address.authority().to_owned();
        assert_eq!(format!("http://{host}"), desk.running.url(Service::Oidc));
        let path = format!("{}?{}", address.path(), address.query().unwrap());
        let answer =
            exchange(&host, &format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n"));
        let location = answer.lines().find_map(|line| line.strip_prefix("location: ")).unwrap();
        let back = Url::parse(location.trim()).unwrap();
        assert_eq!((back.host_str(), back.path()), (Some("localhost"), "/auth/callback"));
        let field = |name: &str| back.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
        Self {
            child,
            stderr,
            told,
            port: back.port().unwrap(),
            target: format!("{}?{}", back.path(), back.query().unwrap()),
            state: field("state"),
        }
    }

    fn host(&self) -> String {
        format!("localhost:{}", self.port)
    }

    /// Status of what the program answers to a request with this first line and these headers.
    fn knock(&self, line: &str, headers: &str) -> u16 {
        let answer = exchange(&format!("127.0.0.1:{}", self.port), &format!("{line} HTTP/1.1\r\n{headers}"));
        answer.split(' ').nth(1).unwrap_or_else(|| panic!("{line}: {answer}")).parse().unwrap()
    }

    fn get(&self, target: &str) -> u16 {
        self.knock(&format!("GET {target}"), &format!("Host: {}\r\n", self.host()))
    }

    /// Comes back from the issuer.
    fn come_back(&self) -> u16 {
        self.get(&self.target)
    }

    /// Exit code, and all that was said.
    fn ended(mut self) -> (Option<i32>, String) {
        self.stderr.read_to_string(&mut self.told).unwrap();
        (self.child.wait().unwrap().code(), std::mem::take(&mut self.told))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It has ended, where the test went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn exchange(host: &str, head: &str) -> String {
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "{head}\r\n").unwrap();
    let mut answer = String::new();
    // It may be closed in the middle, by whoever has heard enough.
    let _ = stream.read_to_string(&mut answer);
    answer
}

#[test]
fn whoever_logs_in_with_the_browser_signs() {
    let desk = Desk::new();
    let browser = Browser::open(&desk);
    assert_eq!(browser.come_back(), 200);
    let port = browser.port;
    let (code, said) = browser.ended();
    desk.signed(code, &said);
    // Nobody waits for a second answer.
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
}

/// Other pages and programs of this machine can reach the port, and none of them knows the state.
#[test]
fn what_is_not_the_answer_to_this_login_is_sent_away() {
    let desk = Desk::new();
    let browser = Browser::open(&desk);
    let stolen = format!("/auth/callback?code=STOLEN&state={}", browser.state);
    let get = format!("GET {stolen}");
    let host = browser.host();
    for target in ["/", "/favicon.ico", "/auth/callbacks?code=a", "/AUTH/callback?code=a", "*"] {
        assert_eq!(browser.get(target), 404, "{target}");
    }
    for query in
        ["", "?code=STOLEN", "?code=STOLEN&state=", "?code=STOLEN&state=another", "?error=access_denied"]
    {
        assert_eq!(browser.get(&format!("/auth/callback{query}")), 400, "{query}");
    }
    // A name of the attacker's that leads here, none, and two of which one is right.
    for headers in [
        format!("Host: evil.example:{}\r\n", browser.port),
        "Host: localhost\r\n".to_owned(),
        "Host: localhost:1\r\n".to_owned(),
        String::new(),
        format!("Host: {host}\r\nHost: evil.example\r\n"),
    ] {
        assert_eq!(browser.knock(&get, &headers), 421, "{headers}");
    }
    for method in ["POST", "HEAD", "OPTIONS"] {
        assert_eq!(
            browser.knock(&format!("{method} {stolen}"), &format!("Host: {host}\r\n")),
            404,
            "{method}"
        );
    }
    // No request, more than there is room for, and one that never ends.
    drop(TcpStream::connect(("127.0.0.1", browser.port)).unwrap());
    assert_eq!(browser.knock("\u{1}", ""), 404);
    let much = format!("Host: {host}\r\nCookie: {}\r\n", "x".repeat(1 << 20));
    let many = format!("Host: {host}\r\n{}", "A: b\r\n".repeat(200));
    for headers in [much, many] {
        let address = format!("127.0.0.1:{}", browser.port);
        // The connection may be gone before all of it is written.
        let mut stream = TcpStream::connect(address).unwrap();
        let _ = write!(stream, "{get} HTTP/1.1\r\n{headers}\r\n");
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        assert!(!answer.contains(" 200 "), "{answer}");
    }
    let dripping = drip(browser.port);
    assert_eq!(browser.come_back(), 200);
    dripping.join().unwrap();
    let (code, said) = browser.ended();
    desk.signed(code, &said);
}

/// Writes a letter of a request now and then, as long as it is listened to.
fn drip(port: u16) -> std::thread::JoinHandle<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(b"GET /").unwrap();
    std::thread::spawn(move || {
        while stream.write_all(b"x").is_ok() {
            std::thread::sleep(Duration::from_millis(200));
        }
    })
}

#[test]
fn a_browser_that_comes_back_without_a_login_signs_nothing() {
    let desk = Desk::new();
    let browser = Browser::open(&desk);
    let refusal = "error=access_denied&error_description=not%20today%1b[31m";
    assert_eq!(browser.get(&format!("/auth/callback?{refusal}&state={}", browser.state)), 400);
    let (code, said) = browser.ended();
    desk.refused(code, 2, &said, "the issuer refused: not today");
    assert!(!said.contains('\u{1b}'), "{said}");

    // Of this login, and with a code that the issuer never gave.
    let desk = Desk::new();
    let browser = Browser::open(&desk);
    assert_eq!(browser.get(&format!("/auth/callback?code=STOLEN&state={}", browser.state)), 200);
    let (code, said) = browser.ended();
    desk.refused(code, 2, &said, "the issuer refused: invalid_grant");
}

#[test]
fn a_token_of_another_login_signs_nothing() {
    let desk = Desk::new();
    desk.running.always(Service::Oidc, Fault::TokenOfOtherLogin);
    let browser = Browser::open(&desk);
    assert_eq!(browser.come_back(), 200);
    let (code, said) = browser.ended();
    desk.refused(code, 2, &said, "the token is not the answer to this login");
}
