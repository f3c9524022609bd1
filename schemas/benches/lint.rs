//! Linting a server of a thousand tools, against the floor: parsing the same tools as strict JSON, and one walk over their
//! texts, in the same run.
//!
//! `cargo bench -p mcpsign-schemas`. The tools are those of six real servers (`tests/captures`), over and over under
//! other names.

#![allow(clippy::expect_used, missing_docs, reason = "a benchmark that cannot set up has nothing to measure")]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use mcpsign_schemas::canonical::{Json, Limits};
use mcpsign_schemas::lint;
use mcpsign_schemas::manifest::ItemDigests;
use mcpsign_schemas::observed::{ObservedItem, ObservedServer};
use mcpsign_schemas::pointer::walk;
use mcpsign_schemas::surface::{ItemKind, surface, wire};

criterion_group!(benches, thousand_tools, one_server);
criterion_main!(benches);

const TOOLS: usize = 1_000;

fn thousand_tools(c: &mut Criterion) {
    let real = tools();
    let many: Vec<Json> = (0..TOOLS).map(|n| renamed(&real[n % real.len()], n)).collect();
    let bytes: Vec<Vec<u8>> = many.iter().map(Json::to_canonical).collect();
    let size: usize = bytes.iter().map(Vec::len).sum();
    let server = server(&many);
    let mut group = c.benchmark_group("lint-1000-tools");
    group.throughput(Throughput::Bytes(size as u64)).sample_size(10);
    group.bench_function("floor: parse and walk", |bencher| {
        bencher.iter(|| {
            let mut characters = 0;
            for tool in &bytes {
                let tool = Json::parse(tool, Limits::bytes(1 << 20)).expect("JSON");
                walk(&tool, &mut |_, value| {
                    characters += value.as_str().map_or(0, |text| text.chars().count())
                });
            }
            black_box(characters)
        });
    });
    group.bench_function("lint", |bencher| bencher.iter(|| lint::server(black_box(&server))));
    group.finish();
}

/// What a command pays for a usual server, once its patterns are compiled.
fn one_server(c: &mut Criterion) {
    let server = server(&tools().into_iter().take(14).collect::<Vec<_>>());
    c.bench_function("lint-14-tools", |bencher| bencher.iter(|| lint::server(black_box(&server))));
}

fn tools() -> Vec<Json> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/captures");
    let files = ["everything", "filesystem", "git", "memory", "sequential-thinking", "time"];
    let mut tools = Vec::new();
    for file in files {
        let bytes = std::fs::read(folder.join(format!("{file}.raw.json"))).expect("a recording");
        let recording = Json::parse(&bytes, Limits::bytes(1 << 20)).expect("JSON");
        let pages = recording.get("tools/list").and_then(Json::as_array).expect("pages");
        for page in pages {
            let list = page.get("result").and_then(|result| result.get("tools")).and_then(Json::as_array);
            tools.extend(list.expect("tools").iter().cloned());
        }
    }
    tools
}

fn renamed(tool: &Json, n: usize) -> Json {
    let mut tool = tool.clone();
    let name = format!("{}_{n}", tool.get("name").and_then(Json::as_str).expect("a name"));
    tool.as_object_mut().expect("an object").insert("name".into(), Json::from(name.as_str()));
    tool
}

fn server(tools: &[Json]) -> ObservedServer {
    let items: BTreeMap<_, _> = tools
        .iter()
        .map(|tool| {
            let name = tool.get("name").and_then(Json::as_str).expect("a name").to_owned();
            let digests = ItemDigests { wire: wire(tool), surface: surface(ItemKind::Tool, tool) };
            ((ItemKind::Tool, name), ObservedItem { digests, json: Some(tool.clone()) })
        })
        .collect();
    ObservedServer { conditions: None, items }
}
