//! What a fuzzer calls, one function a target: for `tests/fuzz/` (libFuzzer) and for the smoke test of `cargo test` alike.
//!
//! Each holds something that must be true of any input, beyond not panicking, and fails by panicking.

#![allow(clippy::expect_used, clippy::panic, reason = "a target fails by panicking")]

mod advisories;
mod archive;
pub mod catalog;
mod decisions;
mod documents;
mod evidence;
pub mod mutate;
mod names;
mod policy;
mod seeds;
mod stream;

/// A part of the program that reads what others wrote.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name, as of the fuzz target.
    pub name: &'static str,
    /// Feeds it one input. Panics where what must hold does not.
    pub run: fn(&[u8]),
    /// Inputs to begin with, by name; equal in every run.
    pub seeds: fn() -> Vec<(String, Vec<u8>)>,
}

/// Every target.
pub const TARGETS: &[Target] = &[
    Target { name: "archive", run: archive::run, seeds: seeds::archives },
    Target { name: "catalog", run: catalog::run, seeds: catalog::seeds },
    Target { name: "frames", run: documents::frames, seeds: seeds::frames },
    Target { name: "capture", run: documents::capture, seeds: seeds::captures },
    Target { name: "sse", run: stream::run, seeds: seeds::streams },
    Target { name: "json", run: documents::json, seeds: seeds::json },
    Target { name: "lint", run: documents::lint, seeds: seeds::linted },
    Target { name: "advisories", run: advisories::run, seeds: seeds::advisories },
    Target { name: "names", run: names::run, seeds: names::seeds },
    Target { name: "policy", run: policy::run, seeds: seeds::policies },
    Target { name: "condition", run: policy::condition, seeds: seeds::conditions },
    Target { name: "verdict", run: policy::verdict, seeds: seeds::verdicts },
    Target { name: "decisions", run: decisions::run, seeds: decisions::seeds },
    Target { name: "verify", run: evidence::run, seeds: seeds::evidence },
];

/// The target of this name.
///
/// # Panics
/// Where there is none.
pub fn target(name: &str) -> Target {
    *TARGETS.iter().find(|target| target.name == name).expect("a target of this name")
}
