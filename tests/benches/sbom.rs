//! SBOMs: from a lock file to a document, and back.
//!
//! `cargo build --release -p mcpsign && cargo bench -p mcpsign-tests --bench sbom`. Aims: a lock file of 256 packages in at most 20 ms as a
//! process of its own; time that grows with the number of components and no faster, up to 100,000.

#![allow(clippy::expect_used, missing_docs, reason = "a benchmark that cannot set up has nothing to measure")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use jiff::Timestamp;
use mcpsign_schemas::digest::Sha512Digest;
use mcpsign_schemas::inventory::{Completeness, HashAlgorithm, Inventory, Location, Means, Origin, Package};
use mcpsign_schemas::manifest::Product;
use mcpsign_schemas::sbom::{DocumentFormat, RootComponent, SbomOptions, read, write};

mod common;

use common::{peak_memory, release, say};

criterion_group!(benches, all);
criterion_main!(benches);

fn all(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().expect("a folder");
    for packages in [1_u32, 256, 2_560, 20_000] {
        let folder = dir.path().join(packages.to_string());
        std::fs::create_dir(&folder).expect("made");
        std::fs::write(folder.join("package-lock.json"), lock(packages)).expect("written");
        for format in DocumentFormat::ALL {
            let mut generate = generate(&folder, format);
            let (took, memory) = (process(&mut generate), peak_memory(&generate));
            say(&format!("sbom/process: {packages} packages as {format}: {took:?}, {memory}"));
        }
    }
    let root = root();
    let options = SbomOptions {
        timestamp: Timestamp::UNIX_EPOCH,
        tool: Product { name: "mcpsign".into(), version: "0.1.0".into() },
        creator: None,
    };
    for format in DocumentFormat::ALL {
        let mut group = criterion.benchmark_group(format!("sbom/{format}"));
        group.sample_size(10);
        for packages in [1_000_u32, 10_000, 100_000] {
            let inventory = inventory(packages);
            let document = write(format, &root, &inventory, &options);
            group.throughput(Throughput::Elements(packages.into()));
            group.bench_function(BenchmarkId::new("write", packages), |bencher| {
                bencher.iter(|| write(format, &root, &inventory, &options).to_canonical().len());
            });
            group.bench_function(BenchmarkId::new("read", packages), |bencher| {
                bencher.iter(|| read(&document, format.predicate_type()).expect("ours").components.len());
            });
        }
        group.finish();
    }
}

fn generate(folder: &Path, format: DocumentFormat) -> Command {
    let mut command = Command::new(release("mcpsign"));
    command.args(["sbom", "generate", "--format", format.as_str()]).arg(folder);
    command
}

/// The median of whole processes.
fn process(command: &mut Command) -> Duration {
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut took: Vec<Duration> = (0..11)
        .map(|_| {
            let start = Instant::now();
            assert!(command.status().expect("mcpsign starts").success());
            start.elapsed()
        })
        .collect();
    took.sort();
    took[took.len() / 2]
}

/// A lock file as npm writes it: every package asks for the five after it.
fn lock(packages: u32) -> String {
    let mut text = String::from(
        r#"{"name":"bench","version":"1.0.0","lockfileVersion":3,"packages":{"":{"name":"bench","version":"1.0.0","dependencies":{"p0":"^1.0.0"}}"#,
    );
    let integrity = format!("sha512-{}==", "A".repeat(86));
    for number in 0..packages {
        let asked = (number + 1..packages.min(number + 6)).map(|next| format!(r#""p{next}":"^1.0.0""#));
        let asked: Vec<String> = asked.collect();
        let _ = write!(
            text,
            r#","node_modules/p{number}":{{"version":"1.0.{number}","resolved":"https://registry.example/p{number}/-/p{number}-1.0.{number}.tgz","integrity":"{integrity}","license":"MIT","dependencies":{{{}}}}}"#,
            asked.join(",")
        );
    }
    text.push_str("}}");
    text
}

fn root() -> RootComponent {
    RootComponent {
        name: "bench".into(),
        version: Some("1.0.0".into()),
        purl: Some("pkg:npm/bench@1.0.0".into()),
        digests: None,
        media_type: None,
        licenses: vec!["MIT".into()],
        file_name: None,
        authors: Vec::new(),
    }
}

fn inventory(packages: u32) -> Inventory {
    let id = |number: u32| format!("pkg:npm/p{number}@1.0.{number}");
    let package = |number: u32| Package {
        version: Some(format!("1.0.{number}")),
        hashes: [(HashAlgorithm::Sha512, Sha512Digest::of(&number.to_le_bytes()).to_string())].into(),
        licenses: BTreeSet::from(["MIT".to_owned()]),
        origin: Origin::Registry {
            url: Some(format!("https://registry.example/p{number}/-/p{number}-1.0.{number}.tgz")),
        },
        found: BTreeSet::from([Location::at(format!("node_modules/p{number}"), Means::Lockfile)]),
        dependencies: (number + 1..packages.min(number + 6)).map(id).collect(),
        completeness: Completeness::Complete,
        ..Package::new(id(number), id(number), format!("p{number}"))
    };
    Inventory {
        packages: (0..packages).map(|number| (id(number), package(number))).collect(),
        ..Inventory::default()
    }
}
