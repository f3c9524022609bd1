//! The vectors of `spec/vectors/`: what implementations in other languages are held to, we are held to first.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]

#[path = "vectors/canonical_json.rs"]
mod canonical_json;
#[path = "vectors/endpoint.rs"]
mod endpoint;
#[path = "vectors/profile.rs"]
mod profile;
#[path = "vectors/surface.rs"]
mod surface;
#[path = "vectors/tree.rs"]
mod tree;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use mcpsign_schemas::canonical::{self, Limits};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// One file of vectors.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File<C> {
    #[serde(rename = "description")]
    _description: String,
    cases: Vec<C>,
}

trait Case: DeserializeOwned {
    fn name(&self) -> &str;
    fn check(&self) -> Result<(), String>;
}

/// Runs every case of every file in a folder that holds nothing else.
fn run<C: Case>(folder: &str) {
    let folder = root().join(folder);
    let files = entries(&folder);
    assert!(!files.is_empty(), "{} is empty", folder.display());
    let mut failures = Vec::new();
    for path in files {
        assert_eq!(path.extension().and_then(|e| e.to_str()), Some("json"), "{}", path.display());
        let bytes = std::fs::read(&path).unwrap();
        let file: File<C> = canonical::from_slice(&bytes, Limits::bytes(1 << 20))
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(!file.cases.is_empty(), "{} has no case", path.display());
        let mut names = BTreeSet::new();
        for case in &file.cases {
            assert!(names.insert(case.name()), "{}: {} twice", path.display(), case.name());
            if let Err(error) = case.check() {
                failures.push(format!("{}: {}: {error}", path.display(), case.name()));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("spec/vectors")
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// Either a result that is as expected, or the error of this name.
fn expect<T: PartialEq + std::fmt::Debug>(
    found: Result<T, String>,
    expected: Result<T, &str>,
) -> Result<(), String> {
    match (&found, &expected) {
        (Ok(found), Ok(expected)) if found == expected => Ok(()),
        (Err(found), Err(expected)) if found == expected => Ok(()),
        _ => Err(format!("found {found:?}, expected {expected:?}")),
    }
}

/// Bytes given as text or as hex: exactly one of the two.
fn bytes(text: Option<&str>, hex: Option<&str>) -> Result<Vec<u8>, String> {
    match (text, hex) {
        (Some(text), None) => Ok(text.as_bytes().to_vec()),
        (None, Some(hex)) => hex::decode(hex).map_err(|error| error.to_string()),
        _ => Err("not exactly one of text and hex".into()),
    }
}

#[test]
fn canonical_json() {
    run::<canonical_json::Vector>("canonical-json");
}

#[test]
fn endpoint() {
    run::<endpoint::Vector>("endpoint");
}

#[test]
fn surface() {
    run::<surface::Vector>("surface");
}

#[test]
fn profile() {
    run::<profile::Vector>("profile");
}

#[test]
fn tree() {
    run::<tree::ListingVector>("tree/listing");
    run::<tree::PathVector>("tree/path");
    run::<tree::LinkVector>("tree/link");
    run::<tree::ParseVector>("tree/parse");
}

#[test]
fn no_folder_of_tree_vectors_is_left_out() {
    let names = |folder: &Path| -> Vec<String> {
        entries(folder).iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&root().join("tree")), ["link", "listing", "parse", "path"]);
}

/// The examples that open the pages are vectors too, so that no page states a digest nobody computes.
#[test]
fn every_digest_in_a_page_is_one_of_a_vector() {
    let mut vectors = String::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for path in entries(&folder) {
            match path.is_dir() {
                true => folders.push(path),
                false => vectors += &std::fs::read_to_string(path).unwrap(),
            }
        }
    }
    for page in ["canonical-json.md", "digests.md", "tree.md"] {
        let text = std::fs::read_to_string(root().join("..").join(page)).unwrap();
        let words = text.split(|c: char| !c.is_ascii_hexdigit());
        let digests: Vec<&str> = words.filter(|word| word.len() == 64).collect();
        assert!(!digests.is_empty(), "{page} has no example");
        for digest in digests {
            assert!(vectors.contains(&format!("\"{digest}\"")), "{page}: {digest}");
        }
    }
}
