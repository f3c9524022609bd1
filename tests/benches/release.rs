//! Whole releases through the command line: `mcpsign attest` of a wheel set of 50 MB and of an OCI layout of 1 GB, and
//! what scanning an archive costs.
//!
//! `cargo build --release -p mcpsign && cargo bench -p mcpsign-tests --bench release`. Aims: memory that does not grow
//! with the artifact (64 MB), and no more time for an image than hashing it once takes `openssl`, with room for the rest.

#![allow(clippy::expect_used, missing_docs, reason = "a benchmark that cannot set up has nothing to measure")]

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};
use mcpsign_collect::artifact::open;
use rawzip::{CompressionMethod, ZipArchiveWriter};
use sha2::{Digest as _, Sha256};

mod common;

use common::{peak_memory, release, say};

/// Wheels of the set, and bytes of code in each before compression: about 10 MB of file each.
const WHEELS: usize = 5;
const WHEEL_BYTES: usize = 12 << 20;
/// Layers of the image and bytes of each.
const LAYERS: usize = 8;
const LAYER_BYTES: usize = 128 << 20;
/// Runs of each; the median counts.
const ROUNDS: usize = 5;

fn main() {
    // `cargo test --benches` asks whether it runs at all; it does, in minutes.
    if std::env::args().any(|arg| arg == "--test") {
        return;
    }
    let dir = tempfile::tempdir().expect("a folder");
    let key = dir.path().join("key");
    let made = mcpsign(dir.path(), &["keys", "generate", "--out", "key"]).status().expect("it starts");
    assert!(made.success() && key.is_file());

    let wheels: Vec<PathBuf> = (0..WHEELS).map(|number| wheel(dir.path(), number)).collect();
    let bytes: u64 = wheels.iter().map(|wheel| wheel.metadata().expect("a file").len()).sum();
    attested(dir.path(), "wheels", bytes, &wheels);
    scanned("wheel", &wheels[0], WHEEL_BYTES as u64);
    let tarball = tarball(dir.path());
    scanned("npm tarball", &tarball, WHEEL_BYTES as u64);

    let layout = layout(dir.path());
    attested(dir.path(), "image", (LAYERS * LAYER_BYTES) as u64, &[layout]);
    if let Some(speed) = openssl() {
        say(&format!("openssl speed, SHA-256, one core: {:.0} MB/s", speed / 1e6));
    }
}

/// Time and peak memory of `attest --no-manifest`, of the whole process.
fn attested(dir: &Path, what: &str, bytes: u64, artifacts: &[PathBuf]) {
    let mut args = vec!["attest", "--no-manifest", "--key", "key", "--evidence-out", "out.jsonl", "--force"];
    args.extend(artifacts.iter().map(|path| path.to_str().expect("text")));
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let started = Instant::now();
            let output = mcpsign(dir, &args).stdout(Stdio::null()).output().expect("it starts");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            started.elapsed()
        })
        .collect();
    times.sort();
    let median = times[times.len() / 2];
    say(&format!(
        "attest {what}: {:.0} MB in {median:?} ({:.0} MB/s), {}",
        bytes as f64 / 1e6,
        bytes as f64 / 1e6 / median.as_secs_f64(),
        peak_memory(&mcpsign(dir, &args)),
    ));
}

/// Reading one archive: inflated bytes a second.
fn scanned(what: &str, path: &Path, inflated: u64) {
    let best = (0..ROUNDS)
        .map(|_| {
            let started = Instant::now();
            let artifact = open(path).expect("a package");
            assert!(artifact.package().is_some());
            started.elapsed()
        })
        .min()
        .expect("rounds");
    let size = path.metadata().expect("a file").len();
    say(&format!(
        "scan {what}: {:.0} MB packed, {:.0} MB unpacked in {best:?} ({:.0} MB/s unpacked)",
        size as f64 / 1e6,
        inflated as f64 / 1e6,
        inflated as f64 / 1e6 / best.as_secs_f64()
    ));
}

fn mcpsign(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(release("mcpsign"));
    command.current_dir(dir).args(args).env("MCPSIGN_PASSPHRASE", "bench");
    command
}

/// Bytes that compress to somewhat less than themselves, as code does, and differ from file to file.
fn content(seed: usize, bytes: usize) -> Vec<u8> {
    let mut state = seed as u64 + 1;
    (0..bytes)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            // Seven of eight bits are noise: about 0.9 of the size remain.
            u8::try_from(state >> 57).expect("seven bits")
        })
        .collect()
}

/// One of a release, which has a wheel for each version of Python.
fn wheel(dir: &Path, number: usize) -> PathBuf {
    let name = "bench";
    let tag = format!("cp31{number}-cp31{number}-manylinux_2_28_x86_64");
    let path = dir.join(format!("{name}-1.0.0-{tag}.whl"));
    let info = format!("{name}-1.0.0.dist-info");
    let metadata = format!("Metadata-Version: 2.1\nName: {name}\nVersion: 1.0.0\n");
    let tag = format!("Wheel-Version: 1.0\nGenerator: bench\nRoot-Is-Purelib: false\nTag: {tag}\n");
    let mut files: Vec<(String, Vec<u8>)> = (0..64)
        .map(|part| (format!("{name}/m{part}.py"), content(number * 64 + part, WHEEL_BYTES / 64)))
        .collect();
    files.push((format!("{info}/METADATA"), metadata.into_bytes()));
    files.push((format!("{info}/WHEEL"), tag.into_bytes()));
    let row = |(path, bytes): &(String, Vec<u8>)| {
        format!("{path},sha256={},{}\n", URL_SAFE_NO_PAD.encode(Sha256::digest(bytes)), bytes.len())
    };
    let record = files.iter().map(row).collect::<String>() + &format!("{info}/RECORD,,\n");
    files.push((format!("{info}/RECORD"), record.into_bytes()));
    let mut file = BufWriter::new(File::create(&path).expect("created"));
    let mut archive = ZipArchiveWriter::new(&mut file);
    for (path, bytes) in &files {
        let (mut entry, config) =
            archive.new_file(path).compression_method(CompressionMethod::DEFLATE).start().expect("an entry");
        let mut writer = config.wrap(DeflateEncoder::new(&mut entry, Compression::fast()));
        writer.write_all(bytes).expect("written");
        let (encoder, descriptor) = writer.finish().expect("written");
        encoder.finish().expect("written");
        entry.finish(descriptor).expect("written");
    }
    archive.finish().expect("written");
    file.flush().expect("written");
    path
}

fn tarball(dir: &Path) -> PathBuf {
    let path = dir.join("bench-1.0.0.tgz");
    let gzip = GzEncoder::new(File::create(&path).expect("created"), Compression::fast());
    let mut tar = tar::Builder::new(gzip);
    let mut add = |path: &str, bytes: &[u8]| {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_entry_type(tar::EntryType::Regular);
        tar.append_data(&mut header, path, bytes).expect("written");
    };
    add("package/package.json", br#"{"name":"bench","version":"1.0.0"}"#);
    for part in 0..64 {
        add(&format!("package/m{part}.js"), &content(part, WHEEL_BYTES / 64));
    }
    tar.into_inner().and_then(GzEncoder::finish).expect("written");
    path
}

/// An image of one manifest; its layers are noise, which nobody unpacks.
fn layout(dir: &Path) -> PathBuf {
    let root = dir.join("layout");
    let blobs = root.join("blobs/sha256");
    fs::create_dir_all(&blobs).expect("a folder");
    let blob = |bytes: &[u8], media_type: &str| {
        let digest = hex::encode(Sha256::digest(bytes));
        fs::write(blobs.join(&digest), bytes).expect("written");
        serde_json::json!({
            "mediaType": format!("application/vnd.oci.image.{media_type}"),
            "digest": format!("sha256:{digest}"),
            "size": bytes.len()
        })
    };
    let mut block = content(0, LAYER_BYTES);
    let layers: Vec<_> = (0..LAYERS)
        .map(|layer| {
            block[0] = u8::try_from(layer).expect("few layers");
            blob(&block, "layer.v1.tar")
        })
        .collect();
    // They are not compressed: what unpacking gives is what they are.
    let diff_ids: Vec<_> = layers.iter().map(|layer| &layer["digest"]).collect();
    let config = serde_json::json!({
        "architecture": "amd64", "os": "linux", "config": {}, "rootfs": { "type": "layers", "diff_ids": diff_ids }
    });
    let manifest = serde_json::json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": blob(config.to_string().as_bytes(), "config.v1+json"),
        "layers": layers
    });
    let index = serde_json::json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [blob(manifest.to_string().as_bytes(), "manifest.v1+json")]
    });
    fs::write(root.join("index.json"), index.to_string()).expect("written");
    fs::write(root.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).expect("written");
    root
}

/// Bytes a second that openssl hashes on one core, by the wall clock.
fn openssl() -> Option<f64> {
    let output = Command::new("openssl")
        .args(["speed", "-elapsed", "-seconds", "2", "-bytes", "16384", "-mr", "-evp", "sha256"])
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.lines().rev().find_map(|line| line.strip_prefix("+F:")?.rsplit(':').next()?.parse().ok())
}
