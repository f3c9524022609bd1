//! The OSV API: one that answers, and ones that fail, lie or go in circles.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::forge::{put, record, records, sbom};
use crate::support::run;

pub(crate) type Reply = (u16, &'static str, Vec<u8>);
type Handler = dyn Fn(usize, &str, &Value) -> Reply + Send + Sync;

/// Serves until the test ends; counts requests from 0. Returns its address.
pub(crate) fn server(
    handler: impl Fn(usize, &str, &Value) -> Reply + Send + Sync + 'static,
) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let handler: Arc<Handler> = Arc::new(handler);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (handler, counted) = (Arc::clone(&handler), Arc::clone(&counted));
            std::thread::spawn(move || serve(stream, &*handler, &counted));
        }
    });
    (address, asked)
}

fn serve(mut stream: TcpStream, handler: &Handler, counted: &AtomicUsize) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let path = line.split(' ').nth(1)?.to_owned();
        let mut length = 0;
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).ok()?;
            match header.trim().split_once(':') {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.trim().parse().ok()?;
                }
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        let (status, headers, answer) = handler(counted.fetch_add(1, Ordering::SeqCst), &path, &body);
        // A status of 0 breaks off in the middle of its answer.
        let (status, sent) = if status == 0 { (200, answer.len() / 2) } else { (status, answer.len()) };
        let head = format!("HTTP/1.1 {status} X\r\n{headers}content-length: {}\r\n\r\n", answer.len());
        stream.write_all(head.as_bytes()).ok()?;
        stream.write_all(&answer[..sent]).ok()?;
        if sent < answer.len() {
            return None;
        }
    }
}

fn check(api: &str, purls: &[&str]) -> (i32, String, String) {
    let dir = tempfile::tempdir().unwrap();
    let bom = put(dir.path(), "bom.json", sbom(purls));
    let args = ["advisories", "check", bom.to_str().unwrap(), "--online", "--api", api, "--format", "json"];
    let output = run(&args, &[]);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn ok(answer: &Value) -> Reply {
    (200, "", answer.to_string().into_bytes())
}

const ONE: &str = r#"{"results":[{"vulns":[{"id":"A-1"}]}]}"#;

#[test]
fn every_page_is_asked_for_and_records_are_evaluated_here() {
    let (api, asked) = server(|_, path, body| match path {
        "/v1/querybatch" => {
            let queries = body["queries"].as_array().unwrap();
            let results: Vec<Value> = queries
                .iter()
                .map(|query| match (query["package"]["name"].as_str(), query["page_token"].as_str()) {
                    (Some("a"), None) => json!({ "vulns": [{ "id": "A-1" }], "next_page_token": "2" }),
                    (Some("a"), Some("2")) => json!({ "vulns": [{ "id": "A 2/x" }] }),
                    _ => json!({}),
                })
                .collect();
            ok(&json!({ "results": results }))
        }
        "/v1/vulns/A-1" => (200, "", record("A-1", "a", "2.0.0").into()),
        "/v1/vulns/A%202%2Fx" => (200, "", record("A 2/x", "a", "1.0.0").into()),
        _ => (404, "", Vec::new()),
    });
    let (code, stdout, stderr) = check(&api, &["pkg:npm/a@1.5.0", "pkg:npm/b@1.0.0"]);
    let report: Value = serde_json::from_str(&stdout).unwrap_or_else(|_| panic!("{code} {stderr}"));
    assert_eq!((code, report["matches"].as_array().unwrap().len()), (1, 1));
    assert_eq!(
        (report["matches"][0]["id"].as_str(), report["source"]["type"].as_str()),
        (Some("A-1"), Some("api"))
    );
    // The other one does not affect 1.5.0, whatever the API says.
    assert_eq!(report["findings"][0]["code"], "advisories/api-differs");
    assert_eq!(asked.load(Ordering::SeqCst), 4);
    // What it has nothing of is nothing found.
    assert_eq!(check(&api, &["pkg:pypi/c@1"]).0, 0);
}

#[test]
fn a_busy_api_is_asked_again_and_one_that_stays_so_leaves_it_undecided() {
    let (api, asked) = server(|count, path, _| match (count, path) {
        (0, _) => (429, "retry-after: 0\r\n", Vec::new()),
        (1, _) => (503, "", Vec::new()),
        (_, "/v1/querybatch") => (200, "", ONE.into()),
        _ => (200, "", record("A-1", "a", "2.0.0").into()),
    });
    assert_eq!(check(&api, &["pkg:npm/a@1.0.0"]).0, 1);
    assert_eq!(asked.load(Ordering::SeqCst), 4);
    // Nor is one that breaks off in the middle of an answer.
    let (api, asked) = server(|count, path, _| match (count, path) {
        (0, _) => (0, "", ONE.into()),
        (_, "/v1/querybatch") => (200, "", ONE.into()),
        _ => (200, "", record("A-1", "a", "2.0.0").into()),
    });
    assert_eq!(check(&api, &["pkg:npm/a@1.0.0"]).0, 1);
    assert_eq!(asked.load(Ordering::SeqCst), 3);
    for reply in [(500, ""), (429, "retry-after: 3600\r\n")] {
        let (api, _) = server(move |_, _, _| (reply.0, reply.1, Vec::new()));
        let (code, stdout, stderr) = check(&api, &["pkg:npm/a@1.0.0"]);
        assert_eq!((code, stdout.as_str()), (3, ""), "{stderr}");
        assert!(stderr.contains("advisories/api"), "{stderr}");
    }
    assert_eq!(check("http://127.0.0.1:9", &["pkg:npm/a@1.0.0"]).0, 3);
}

#[test]
fn an_api_that_lies_or_is_cut_off_is_no_answer() {
    let batch =
        |answer: &'static str| move |_: usize, _: &str, _: &Value| -> Reply { (200, "", answer.into()) };
    let with_record = |record: &'static str| {
        move |_: usize, path: &str, _: &Value| -> Reply {
            (200, "", if path.ends_with("batch") { ONE } else { record }.into())
        }
    };
    let servers = [
        server(batch(r#"{"results":[]}"#)).0,
        server(batch(r#"{"results":[{},{}]}"#)).0,
        server(batch("[]")).0,
        server(batch("not JSON")).0,
        server(batch(r#"{"results":[{"vulns":[{"id":""}]}]}"#)).0,
        server(batch(r#"{"results":[{"next_page_token":"again"}]}"#)).0,
        server(|_, _, _| (0, "", ONE.into())).0,
        server(|_, _, _| (302, "location: http://127.0.0.1:9/\r\n", Vec::new())).0,
        server(with_record(r#"{"id":"B-1"}"#)).0,
        server(with_record("{")).0,
        server(
            |_, path, _| {
                if path.ends_with("batch") { (200, "", ONE.into()) } else { (404, "", Vec::new()) }
            },
        )
        .0,
    ];
    for (number, api) in servers.iter().enumerate() {
        let (code, stdout, stderr) = check(api, &["pkg:npm/a@1.0.0"]);
        assert_eq!((code, stdout.as_str()), (3, ""), "{number}: {stderr}");
        assert!(stderr.contains("advisories/api"), "{number}: {stderr}");
    }
    // A record with the right id that is none is counted and said: nobody knows what it says of this package.
    let (api, _) = server(with_record(r#"{"id":"A-1"}"#));
    let (code, stdout, _) = check(&api, &["pkg:npm/a@1.0.0"]);
    assert!(code == 3 && stdout.contains("advisories/unparsed"), "{stdout}");
}

#[test]
fn only_who_says_online_opens_a_socket() {
    for args in [
        &["advisories", "check", "x.json", "--online"][..],
        &["advisories", "check", "x.json", "--api", "https://osv.example"],
        &["advisories", "check", "x.json", "--online", "--api", "https://osv.example", "--offline"],
        &["advisories", "check", "x.json", "--online", "--api", "https://osv.example", "--dir", "d"],
    ] {
        assert_eq!(run(args, &[]).status.code(), Some(2), "{args:?}");
    }
    for (bad, why) in [
        ("http://osv.example", "TLS"),
        ("ftp://osv.example", "HTTPS"),
        ("https://u:secret-word@osv.example", "a name or a password"),
        ("https://osv.example/?key=secret-word", "no query"),
        ("https://osv.example/v1/", "goes on into `/v1`"),
    ] {
        let (code, _, stderr) = check(bad, &["pkg:npm/a@1.0.0"]);
        assert!(code == 2 && stderr.contains(why) && !stderr.contains("secret-word"), "{stderr}");
    }
    // Everything is there that a check needs but the one word.
    let (api, asked) = server(|_, _, _| (200, "", ONE.into()));
    let dir = tempfile::tempdir().unwrap();
    let bom = put(dir.path(), "bom.json", sbom(&["pkg:npm/a@1.0.0"]));
    let bom = bom.to_str().unwrap();
    let kept = dir.path().join("advisories");
    let (api, kept) = (api.as_str(), kept.to_str().unwrap());
    let unasked = "`--api` names an API that is asked with `--online` alone";
    for (args, message) in [
        (vec!["--api", api], unasked),
        (vec!["--api", api, "--offline"], unasked),
        (vec!["--api", api, "--dir", kept], unasked),
        (vec!["--ca", bom], "`--ca` is for an API or a registry, and neither is asked"),
    ] {
        let output = run(&[vec!["advisories", "check", bom], args.clone()].concat(), &[]);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{args:?} {stderr}");
        assert!(stderr.contains(message), "{args:?} {stderr}");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}

/// An SBOM of a usual server has hundreds: they are asked for together, and told in one order.
#[test]
fn many_records_are_asked_for_at_once() {
    const ALL: usize = 60;
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let seen = Arc::clone(&most);
    let (api, asked) = server(move |_, path, _| {
        let Some(id) = path.strip_prefix("/v1/vulns/") else {
            let ids: Vec<Value> = (0..ALL).map(|n| json!({ "id": format!("A-{n:02}") })).collect();
            return ok(&json!({ "results": [{ "vulns": ids }] }));
        };
        most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        // The last that were asked for come in first.
        let nth: u64 = id.trim_start_matches("A-").parse().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(40 - 2 * (nth % 16)));
        now.fetch_sub(1, Ordering::SeqCst);
        // Every third is none.
        let record =
            if nth.is_multiple_of(3) { format!(r#"{{"id":"{id}"}}"#) } else { record(id, "a", "2.0.0") };
        (200, "", record.into())
    });
    let (code, first, stderr) = check(&api, &["pkg:npm/a@1.0.0"]);
    let report: Value = serde_json::from_str(&first).unwrap_or_else(|_| panic!("{stderr}"));
    assert_eq!((code, report["matches"].as_array().unwrap().len()), (1, 40));
    assert_eq!(asked.load(Ordering::SeqCst), 1 + ALL);
    let most = seen.load(Ordering::SeqCst);
    assert!((4..=16).contains(&most), "{most} at once");
    let without_subject = |text: &str| {
        let mut report: Value = serde_json::from_str(text).unwrap();
        report["subject"] = Value::Null;
        report
    };
    assert_eq!(without_subject(&check(&api, &["pkg:npm/a@1.0.0"]).1), without_subject(&first));
}

/// Archives by address: a layout, and only what changed.
#[test]
fn a_layout_is_fetched_and_only_what_changed_is_fetched_again() {
    let archive = records(3);
    let (base, asked) = server(move |count, path, _| match path {
        "/osv/ecosystems.txt" => (200, "", "npm\n".into()),
        "/osv/npm/all.zip" if count == 1 => (200, "etag: \"1\"\r\n", archive.clone()),
        "/osv/npm/all.zip" if count == 3 => (304, "", Vec::new()),
        // Cut off, though its headers say otherwise.
        _ => (0, "", archive.clone()),
    });
    let dir = tempfile::tempdir().unwrap();
    let kept = dir.path().to_string_lossy().into_owned();
    let update = || {
        let output = run(&["advisories", "update", "--from", &format!("{base}/osv/"), "--dir", &kept], &[]);
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let line = "npm: 3 records on 3 packages, the newest of 2026-05-01";
    assert_eq!(update(), (Some(0), format!("{line}\n")));
    assert_eq!(update(), (Some(0), format!("{line}, as before\n")));
    let before = std::fs::read(dir.path().join("manifest.json")).unwrap();
    assert_eq!(update(), (Some(3), String::new()));
    assert_eq!(asked.load(Ordering::SeqCst), 6);
    assert_eq!(std::fs::read(dir.path().join("manifest.json")).unwrap(), before);
}
