//! Whatever lock files and manifests say of the machine on which they were written, no document tells it.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot set up has failed")]

use std::fs;

use mcpsign_collect::catalog::{InventoryRoot, inventory};
use mcpsign_schemas::inventory::FileOutcome;
use mcpsign_schemas::manifest::Product;
use mcpsign_schemas::sbom::{DocumentFormat, RootComponent, SbomOptions, write};
use tempfile::tempdir;

/// Where a file of each format can name a folder or a file of its author's machine.
const FILES: &[(&str, &str)] = &[
    (
        "package.json",
        r#"{"name":"a","version":"1.0.0","dependencies":{"b":"file:/home/qqxqq/b","c":"/home/qqxqq/c.tgz","d":"link:/home/qqxqq/d",
        "e":"file:///home/qqxqq/e.tgz","f":"git+file:///home/qqxqq/f#main","g":"portal:/home/qqxqq/g","h":"file:C:\\home\\qqxqq\\h"}}"#,
    ),
    (
        "package-lock.json",
        r#"{"name":"a","lockfileVersion":3,"packages":{"":{"name":"a","dependencies":{"b":"file:/home/qqxqq/b.tgz"}},
        "node_modules/b":{"version":"1.0.0","resolved":"file:///home/qqxqq/b.tgz"},
        "node_modules/c":{"version":"1.0.0","resolved":"git+file:///home/qqxqq/c.git#4f6c2a1b9d8e7f60514233241506f7e8d9c0b1a2"}}}"#,
    ),
    (
        "package-lock.json",
        r#"{"name":"a","lockfileVersion":1,"dependencies":{"b":{"version":"file:/home/qqxqq/b.tgz"}}}"#,
    ),
    (
        "pnpm-lock.yaml",
        "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      b: {specifier: file:/home/qqxqq/b, version: file:/home/qqxqq/b}\npackages:\n  b@file:/home/qqxqq/b:\n    resolution: {directory: /home/qqxqq/b, type: directory}\nsnapshots:\n  b@file:/home/qqxqq/b: {}\n",
    ),
    ("yarn.lock", "# yarn lockfile v1\n\"b@file:/home/qqxqq/b\":\n  version \"1.0.0\"\n"),
    (
        "yarn.lock",
        "__metadata:\n  version: 8\n\"b@file:/home/qqxqq/b::locator=a%40workspace%3A.\":\n  version: 1.0.0\n  resolution: \"b@file:/home/qqxqq/b#/home/qqxqq/b::hash=0&locator=a%40workspace%3A.\"\n",
    ),
    (
        "bun.lock",
        r#"{"lockfileVersion":1,"workspaces":{"":{"name":"a","dependencies":{"b":"file:/home/qqxqq/b"}}},"packages":{"b":["b@file:/home/qqxqq/b",{}]}}"#,
    ),
    (
        "uv.lock",
        "version = 1\n[[package]]\nname = \"a\"\nversion = \"1\"\nsource = { virtual = \".\" }\ndependencies = [{ name = \"b\" }, { name = \"c\" }]\n[[package]]\nname = \"b\"\nversion = \"2\"\nsource = { editable = \"/home/qqxqq/b\" }\n[[package]]\nname = \"c\"\nversion = \"2\"\nsource = { url = \"file:///home/qqxqq/c-2-py3-none-any.whl\" }\n",
    ),
    (
        "poetry.lock",
        "[[package]]\nname = \"b\"\nversion = \"1\"\noptional = false\ngroups = [\"main\"]\nfiles = []\n[package.source]\ntype = \"directory\"\nurl = \"/home/qqxqq/b\"\n[[package]]\nname = \"c\"\nversion = \"1\"\noptional = false\ngroups = [\"main\"]\nfiles = []\n[package.source]\ntype = \"url\"\nurl = \"file:///home/qqxqq/c.whl\"\n[metadata]\nlock-version = \"2.1\"\n",
    ),
    (
        "pdm.lock",
        "[metadata]\nlock_version = \"4.5.0\"\n[[package]]\nname = \"b\"\nversion = \"1\"\ngroups = [\"default\"]\npath = \"/home/qqxqq/b\"\n[[package]]\nname = \"c\"\nversion = \"1\"\ngroups = [\"default\"]\nurl = \"file:///home/qqxqq/c.whl\"\n",
    ),
    (
        "Pipfile.lock",
        r#"{"_meta":{"pipfile-spec":6},"default":{"b":{"path":"/home/qqxqq/b"},"c":{"file":"file:///home/qqxqq/c.whl"}}}"#,
    ),
    ("requirements.txt", "b @ file:///home/qqxqq/b-1-py3-none-any.whl\n"),
    (
        "pyproject.toml",
        "[project]\nname = \"a\"\nversion = \"1\"\ndependencies = [\"b @ file:///home/qqxqq/b.whl\"]\n",
    ),
    (
        "pylock.toml",
        "lock-version = \"1.0\"\n[[packages]]\nname = \"b\"\nversion = \"1\"\narchive = { path = \"/home/qqxqq/b.zip\", hashes = {} }\n[[packages]]\nname = \"c\"\nversion = \"1\"\narchive = { url = \"file:///home/qqxqq/c.zip\", hashes = {} }\n",
    ),
    (
        "Cargo.lock",
        "version = 4\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\ndependencies = [\"b\", \"c\"]\n[[package]]\nname = \"b\"\nversion = \"1.0.0\"\nsource = \"registry+file:///home/qqxqq/index\"\n[[package]]\nname = \"c\"\nversion = \"1.0.0\"\nsource = \"git+file:///home/qqxqq/c#4f6c2a1b9d8e7f60514233241506f7e8d9c0b1a2\"\n",
    ),
    (
        "Cargo.toml",
        "[package]\nname = \"a\"\nversion = \"1.0.0\"\n[dependencies]\nb = { git = \"file:///home/qqxqq/b\" }\nc = { version = \"1\", registry-index = \"file:///home/qqxqq/index\" }\n",
    ),
    (
        "go.mod",
        "module a.example/a\ngo 1.23\nrequire b.example/b v1.0.0\nreplace b.example/b => /home/qqxqq/b\n",
    ),
];

#[test]
fn no_document_tells_a_path_of_one_machine() {
    let options = SbomOptions {
        timestamp: "2026-11-02T10:11:12Z".parse().expect("a time"),
        tool: Product { name: "mcpsign".into(), version: "0.1.0".into() },
        creator: None,
    };
    let root = RootComponent {
        name: "project".into(),
        version: None,
        purl: None,
        digests: None,
        media_type: None,
        licenses: Vec::new(),
        file_name: None,
        authors: Vec::new(),
    };
    for (name, text) in FILES {
        let dir = tempdir().expect("a directory");
        fs::write(dir.path().join(name), text).expect("written");
        let found = inventory(&InventoryRoot { project: Some(dir.path()), ..InventoryRoot::default() })
            .expect("an inventory");
        // Each is read, and names what lies there.
        assert!(
            found.files.iter().all(|file| file.outcome == FileOutcome::Used) && !found.files.is_empty(),
            "{name}: {:?}",
            found.files
        );
        assert!(found.packages.values().any(|package| package.name.ends_with('b')), "{name}");
        for format in DocumentFormat::ALL {
            let document =
                String::from_utf8(write(format, &root, &found, &options).to_canonical()).expect("UTF-8");
            let told = document.to_lowercase();
            assert!(!told.contains("qqxqq"), "{name}, {format}: {document}");
        }
    }
}
