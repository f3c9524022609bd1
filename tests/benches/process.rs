//! Whole processes, as a person meets them: `mcpsign verify` of one bundle, and a capture.
//!
//! `cargo build --release -p mcpsign -p mcpsign-test-server && cargo bench -p mcpsign-tests`. Aims: verify in at most
//! 5 ms and 20 MB; what a capture costs for each tool, from the difference between a server with few and one with many; a
//! capture of 1,000 tools in 20 pages in at most 50 ms beyond what a plain client needs for the same questions.

#![allow(clippy::expect_used, missing_docs, reason = "a benchmark that cannot set up has nothing to measure")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};

mod common;

use common::{peak_memory, release, say};

criterion_group!(benches, verify, thousand, capture, pages);
criterion_main!(benches);

const MANY: u32 = 1000;

fn verify(criterion: &mut Criterion) {
    let mut command = verify_honest();
    criterion.bench_function("process/verify", |bencher| bencher.iter(|| succeeds(&mut command)));
    say(&format!("process/verify: {} (aim: 20)", peak_memory(&command)));
}

/// A thousand references in one call, on one core and on two: whatever a process costs by itself is paid once.
fn thousand(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("process/verify-1000");
    group.sample_size(10);
    for cores in ["1", "2"] {
        let mut command = Command::new(release("mcpsign"));
        command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/verify_honest"));
        command.arg("verify").args(vec!["acme-notes-mcp-1.4.0.tgz"; 1000]).args(["--public-key", "key.pub"]);
        command.env("RAYON_NUM_THREADS", cores);
        group.bench_function(format!("on-{cores}"), |bencher| bencher.iter(|| succeeds(&mut command)));
    }
    group.finish();
}

fn capture(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("process/capture");
    group.sample_size(20);
    for many in [0, MANY] {
        let mut command = capture_of(many);
        group
            .bench_function(format!("{}-tools", many + 3), |bencher| bencher.iter(|| succeeds(&mut command)));
    }
    group.finish();
    let (few, lots) = (median(|| succeeds(&mut capture_of(0))), median(|| succeeds(&mut capture_of(MANY))));
    let each = lots.saturating_sub(few) / MANY;
    say(&format!("process/capture: {each:?} for each further tool"));
}

/// Of 1,000 tools in 20 pages, next to a client that asks the same questions and makes nothing of the answers.
fn pages(criterion: &mut Criterion) {
    const PAGED: [&str; 4] = ["--lie", "many-tools=997", "--lie", "pages=20"];
    let mut ours = Command::new(release("mcpsign"));
    ours.args(["manifest", "capture", "--"]).arg(release("mcpsign-test-server")).args(PAGED);
    let mut group = criterion.benchmark_group("process/pages");
    group.sample_size(20);
    group.bench_function("capture", |bencher| bencher.iter(|| succeeds(&mut ours)));
    group.bench_function("plain-client", |bencher| bencher.iter(|| asked_plainly(&PAGED)));
    group.finish();
    let (ours, plain) = (median(|| succeeds(&mut ours)), median(|| asked_plainly(&PAGED)));
    let beyond = ours.saturating_sub(plain);
    say(&format!("process/pages: {ours:?}, a plain client {plain:?}, {beyond:?} beyond it (aim: 50 ms)"));
}

/// Every list twice, page by page, one question at a time, as a capture asks.
fn asked_plainly(args: &[&str]) {
    let mut command = Command::new(release("mcpsign-test-server"));
    let mut child = command
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let mut ask = |method: &str, params: String| {
        writeln!(stdin, r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#)
            .expect("it reads");
        lines.next().expect("an answer").expect("text")
    };
    let client =
        r#"{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"bench","version":"0"}}"#;
    ask("initialize", client.to_owned());
    for _ in 0..2 {
        for list in ["tools/list", "prompts/list", "resources/list", "resources/templates/list"] {
            let mut answer = ask(list, "{}".to_owned());
            while let Some(cursor) = next_cursor(&answer) {
                answer = ask(list, format!(r#"{{"cursor":"{cursor}"}}"#));
            }
        }
    }
    drop(stdin);
    assert!(child.wait().expect("it ends").success());
}

fn next_cursor(answer: &str) -> Option<String> {
    let answer: serde_json::Value = serde_json::from_str(answer).expect("JSON");
    answer["result"]["nextCursor"].as_str().map(str::to_owned)
}

fn verify_honest() -> Command {
    let mut command = Command::new(release("mcpsign"));
    command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/verify_honest"));
    command.args(["verify", "acme-notes-mcp-1.4.0.tgz", "--public-key", "key.pub"]);
    command
}

fn capture_of(many: u32) -> Command {
    let mut command = Command::new(release("mcpsign"));
    command.args(["manifest", "capture", "--"]).arg(release("mcpsign-test-server"));
    command.args(["--lie", &format!("many-tools={many}")]);
    command
}

fn succeeds(command: &mut Command) {
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("it starts");
    assert!(status.success(), "{command:?}: {status}");
}

fn median(run: impl FnMut()) -> Duration {
    let mut run = run;
    let mut times: Vec<Duration> = (0..11)
        .map(|_| {
            let started = Instant::now();
            run();
            started.elapsed()
        })
        .collect();
    times.sort();
    times[times.len() / 2]
}
