//! Advisories: making a snapshot, and holding components against it.
//!
//! `cargo build --release -p mcpsign && cargo bench -p mcpsign-tests --bench advisories`, with the sample of 40,899 records in
//! `../shared/data/osv`. Aims: 1,085 components in at most 1 ms in a process that has the index open, and in 10 ms and 15 MB
//! as a process of their own; time and memory that grow with the number of components and no faster.

#![allow(clippy::expect_used, missing_docs, reason = "a benchmark that cannot set up has nothing to measure")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use jiff::Timestamp;
use mcpsign_advisories::check::check;
use mcpsign_advisories::components::{Component, of_inventory, of_sbom};
use mcpsign_collect::catalog::{InventoryRoot, inventory};
use mcpsign_evidence::advisories::Origin;
use mcpsign_evidence::advisories::store::{self, Demands, Snapshot};
use mcpsign_evidence::advisories::update::{Request, update};
use rustix::fs::{Advice, fadvise};

mod common;

use common::{peak_memory, release, say};

criterion_group!(benches, all);
criterion_main!(benches);

fn all(criterion: &mut Criterion) {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/osv");
    if !data.is_dir() {
        return say("SKIPPED: shared/data/osv is missing");
    }
    let dir = tempfile::tempdir().expect("a folder");
    let kept = dir.path().join("kept");
    let build = median(5, || {
        std::fs::remove_dir_all(&kept).ok();
        make(&data, &kept);
    });
    let size = index(&kept).metadata().expect("there").len();
    say(&format!("advisories/update: {build:?} for 40,899 records, an index of {:.1} MB", size as f64 / 1e6));
    let renew = median(5, || make(&data, &kept));
    say(&format!("advisories/update: {renew:?} where nothing changed"));

    let snapshot = open(&kept);
    let names = names(&data);
    for (label, many) in [("1,085", 1085), ("20,000", 20_000), ("100,000", 100_000)] {
        let sbom = sbom(&names, many);
        let components = of_sbom(sbom.as_bytes()).expect("ours");
        let found = check(&snapshot.index, &components).expect("whole").matches.len();
        criterion.bench_function(&format!("advisories/read-{many}"), |bencher| {
            bencher.iter(|| of_sbom(sbom.as_bytes()).expect("ours").len());
        });
        criterion.bench_function(&format!("advisories/match-{many}"), |bencher| {
            bencher.iter(|| check(&snapshot.index, &components).expect("whole").matches.len());
        });
        let path = dir.path().join(format!("{many}.json"));
        std::fs::write(&path, &sbom).expect("written");
        let mut process = process(&path, &kept);
        let warm = median(11, || run(&mut process));
        let cold = median(11, || {
            evict(&index(&kept));
            run(&mut process);
        });
        say(&format!(
            "advisories/process: {label} components, {found} matches: {warm:?}, {cold:?} with the index out of the page cache, {}",
            peak_memory(&process)
        ));
    }
    let project = project();
    let found = check(&snapshot.index, &project).expect("whole").matches.len();
    say(&format!(
        "advisories/match-project: {} components of our own lock files, {found} matches",
        project.len()
    ));
    criterion.bench_function("advisories/match-project", |bencher| {
        bencher.iter(|| check(&snapshot.index, &project).expect("whole").matches.len());
    });
    criterion.bench_function("advisories/open", |bencher| bencher.iter(|| open(&kept)));
}

/// What a project asks for that looks after its dependencies: our own crates, and the servers that the tests run.
fn project() -> Vec<Component> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let of = |project: &Path| {
        let root = InventoryRoot { project: Some(project), ..InventoryRoot::default() };
        of_inventory(&inventory(&root).expect("our own lock file"))
    };
    [of(&workspace), of(&workspace.join("tests/real-servers/npm"))].concat()
}

fn make(data: &Path, kept: &Path) {
    let from: Vec<Origin> = ["npm", "PyPI", "crates.io", "Go"]
        .map(|name| Origin::parse(data.join(name).join("all.zip").as_os_str()).expect("a path"))
        .into();
    let request = Request {
        dir: kept,
        from: &from,
        ecosystems: &[],
        ca: &[],
        kev: None,
        epss: None,
        force: false,
        tool: "bench",
        now: Timestamp::now(),
    };
    update(&request, None).expect("the sample is whole");
}

/// The file, whose name each update makes anew.
fn index(kept: &Path) -> PathBuf {
    let mut files = std::fs::read_dir(kept).expect("made").flatten().map(|entry| entry.path());
    files.find(|path| path.extension().is_some_and(|e| e == "bin")).expect("an index")
}

fn open(kept: &Path) -> Snapshot {
    store::open(kept, Demands::default(), Timestamp::now()).expect("just made")
}

/// Package URLs of packages with advisories, one in six of what is asked for as in the measured lock files; the rest is made up.
fn names(data: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for (ecosystem, ty) in [("npm", "npm"), ("PyPI", "pypi"), ("crates.io", "cargo")] {
        let bytes = std::fs::read(data.join(ecosystem).join("all.zip")).expect("the sample");
        let archive = rawzip::ZipArchive::from_slice(&bytes).expect("whole");
        let mut entries = archive.entries();
        let mut nth = 0;
        while let Some(entry) = entries.next_entry().expect("whole") {
            nth += 1;
            if nth % 7 != 0 {
                continue;
            }
            let content = archive.get_entry(entry.wayfinder()).expect("whole");
            let record: serde_json::Value =
                serde_json::from_reader(flate2::bufread::DeflateDecoder::new(content.data())).expect("JSON");
            if let Some(name) = record["affected"][0]["package"]["name"].as_str() {
                names.push(format!("pkg:{ty}/{}", name.replace('@', "%40")));
            }
        }
    }
    names
}

fn sbom(names: &[String], many: usize) -> String {
    let mut text = String::from(r#"{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"components":["#);
    for n in 0..many {
        let comma = if n == 0 { "" } else { "," };
        let version = format!("{}.{}.{}", n % 5, n % 13, n % 7);
        let known = names.get(n * 31 % names.len()).filter(|_| n % 6 == 0);
        let purl = known
            .map_or_else(|| format!("pkg:npm/made-up-{n}@{version}"), |name| format!("{name}@{version}"));
        let digest = format!("{n:0128}");
        let _ = write!(
            text,
            r#"{comma}{{"type":"library","bom-ref":"{n}","name":"n{n}","version":"{version}","purl":"{purl}","scope":"required","hashes":[{{"alg":"SHA-512","content":"{digest}"}}],"licenses":[{{"expression":"MIT"}}]}}"#
        );
    }
    text.push_str("]}");
    text
}

fn process(sbom: &Path, kept: &Path) -> Command {
    let mut command = Command::new(release("mcpsign"));
    command.args(["advisories", "check"]).arg(sbom).arg("--dir").arg(kept).args(["--format", "json"]);
    command
}

fn run(command: &mut Command) {
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("it starts");
    assert_eq!(status.code(), Some(1), "something is found");
}

/// Asks the kernel to forget the file's pages; it does where they are written out.
fn evict(path: &Path) {
    let file = std::fs::File::open(path).expect("there");
    file.sync_all().expect("written");
    fadvise(&file, 0, None, Advice::DontNeed).expect("the kernel takes advice");
}

fn median(times: usize, mut run: impl FnMut()) -> Duration {
    let mut all: Vec<Duration> = (0..times)
        .map(|_| {
            let started = Instant::now();
            run();
            started.elapsed()
        })
        .collect();
    all.sort();
    all[times / 2]
}
