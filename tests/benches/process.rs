//! Whole processes, as a person meets them: `mcpsign verify` of one bundle, and a capture.
//!
//! `cargo build --release -p mcpsign -p mcpsign-test-server && cargo bench -p mcpsign-tests`. Aims: verify in at most
//! 5 ms and 20 MB; what a capture costs for each tool, from the difference between a server with few and one with many.

#![allow(clippy::expect_used, missing_docs, reason = "a benchmark that cannot set up has nothing to measure")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};

criterion_group!(benches, verify, capture);
criterion_main!(benches);

const MANY: u32 = 1000;

fn verify(criterion: &mut Criterion) {
    let mut command = verify_honest();
    criterion.bench_function("process/verify", |bencher| bencher.iter(|| succeeds(&mut command)));
    if let Some(kilobytes) = peak_memory() {
        say(&format!("process/verify: peak resident memory {:.1} MB (aim: 20)", f64::from(kilobytes) / 1e3));
    }
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

/// By GNU time, where it is installed.
fn peak_memory() -> Option<u32> {
    let verify = verify_honest();
    let output = Command::new("/usr/bin/time")
        .current_dir(verify.get_current_dir()?)
        .args(["-f", "%M"])
        .arg(verify.get_program())
        .args(verify.get_args())
        .output()
        .ok()?;
    String::from_utf8(output.stderr).ok()?.lines().last()?.trim().parse().ok()
}

/// A binary of the release profile, which `cargo bench` of this package alone does not build.
fn release(name: &str) -> PathBuf {
    let bench = std::env::current_exe().expect("the bench has a path");
    let path = bench.ancestors().nth(2).expect("in a target folder").join(name);
    assert!(path.is_file(), "{} is not there: cargo build --release -p {name}", path.display());
    path
}

fn say(line: &str) {
    // Criterion's own talk goes there, too.
    let _ = writeln!(std::io::stdout(), "{line}");
}
