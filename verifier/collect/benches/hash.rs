//! Hashing a tree of 1 GiB, against what the machine can do: `openssl speed` on all cores, in the same run.
//!
//! `cargo bench -p mcpsign-collect --bench hash`. The aim is at least 0.9 of openssl's figure.

#![allow(clippy::expect_used, reason = "a benchmark that cannot set up has nothing to measure")]

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput};
use mcpsign_collect::artifact::open;

/// What is hashed: half of it in files as packages have them, half in large ones.
const SMALL: (usize, usize) = (8192, 64 << 10);
const LARGE: (usize, usize) = (8, 64 << 20);

/// Measurements of each side.
const ROUNDS: usize = 7;

fn main() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    fill(dir.path());
    let bytes = (SMALL.0 * SMALL.1 + LARGE.0 * LARGE.1) as u64;
    // In turn, and the best of each: what else the machine does disturbs both alike.
    let rounds: Vec<(f64, Option<f64>)> = (0..ROUNDS).map(|_| (tree(dir.path(), bytes), openssl())).collect();
    let ours = rounds.iter().map(|(ours, _)| *ours).fold(0.0, f64::max);
    let reference = rounds.iter().filter_map(|(_, reference)| *reference).fold(0.0, f64::max);
    say(&format!("tree of {} MiB in page cache: {:.0} MB/s", bytes >> 20, ours / 1e6));
    if reference > 0.0 {
        say(&format!("openssl speed -multi, SHA-256 of 16 KiB blocks: {:.0} MB/s", reference / 1e6));
        say(&format!("ratio {:.2} (aim: 0.90)", ours / reference));
    } else {
        say("openssl is missing: no reference");
    }

    let mut criterion = Criterion::default().configure_from_args().sample_size(10);
    let mut group = criterion.benchmark_group("hash");
    group.throughput(Throughput::Bytes(bytes)).measurement_time(Duration::from_secs(15));
    group.bench_function("tree-1GiB", |bencher| bencher.iter(|| open(dir.path()).expect("a tree").digests));
    let single = dir.path().join("large/0");
    group.throughput(Throughput::Bytes(LARGE.1 as u64));
    group.bench_function("file-64MiB", |bencher| bencher.iter(|| open(&single).expect("a file").digests));
    group.finish();
    criterion.final_summary();
}

/// Bytes a second that we hash.
fn tree(dir: &Path, bytes: u64) -> f64 {
    let started = Instant::now();
    open(dir).expect("a tree");
    bytes as f64 / started.elapsed().as_secs_f64()
}

/// Bytes a second that openssl hashes on all cores, by the same clock: without `-elapsed` it would leave out the time
/// in which something else ran.
fn openssl() -> Option<f64> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from).to_string();
    let output = Command::new("openssl")
        .args([
            "speed", "-elapsed", "-multi", &cores, "-seconds", "1", "-bytes", "16384", "-mr", "-evp",
            "sha256",
        ])
        .stderr(Stdio::null())
        .output()
        .ok()?;
    // Each child's line is repeated with a prefix; the sum stands alone at the end.
    let text = String::from_utf8(output.stdout).ok()?;
    text.lines().rev().find_map(|line| line.strip_prefix("+F:")?.rsplit(':').next()?.parse().ok())
}

fn fill(dir: &Path) {
    let block: Vec<u8> =
        (0..LARGE.1).map(|at| (at as u32).wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    for number in 0..SMALL.0 {
        let folder = dir.join(format!("node_modules/p{}", number / 64));
        fs::create_dir_all(&folder).expect("a directory");
        fs::write(folder.join(format!("{number}.js")), &block[..SMALL.1]).expect("written");
    }
    fs::create_dir(dir.join("large")).expect("a directory");
    for number in 0..LARGE.0 {
        let mut file = File::create(dir.join(format!("large/{number}"))).expect("created");
        file.write_all(&block).expect("written");
    }
}

fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
