//! `sbom generate --cargo`: which crates of a Cargo.lock one build takes, and for what, as cargo says.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::lock_tools::resolved;
use crate::support::{mcpsign, workspace};

/// The toolchain's own, which built this.
const CARGO: &str = env!("CARGO");
const LINUX: &str = "x86_64-unknown-linux-gnu";

fn generate(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(mcpsign());
    // No terminal's folder, no variable of the test's own build.
    command.args(["sbom", "generate"]).arg(folder).args(args).env_remove("RUSTC").output().unwrap()
}

/// Components by `NAME@VERSION`, and the facts about the document.
fn document(output: &Output) -> (BTreeMap<String, Value>, Vec<String>) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let facts = document["metadata"]["properties"].as_array().unwrap();
    let facts = facts
        .iter()
        .map(|fact| format!("{} {}", fact["name"].as_str().unwrap(), fact["value"].as_str().unwrap()));
    let text = |component: &Value, key: &str| component[key].as_str().unwrap().to_owned();
    let components = document["components"].as_array().unwrap().iter();
    let components =
        components.map(|one| (format!("{}@{}", text(one, "name"), text(one, "version")), one.clone()));
    (components.collect(), facts.collect())
}

fn of_scope(components: &BTreeMap<String, Value>, scope: &str) -> BTreeSet<String> {
    let of = components.iter().filter(|(_, component)| component["scope"] == scope);
    of.map(|(name, _)| name.clone()).collect()
}

fn markers(component: &Value) -> Vec<&str> {
    let properties = component["properties"].as_array().unwrap().iter();
    let markers = properties.filter(|property| property["name"] == "mcpsign:marker");
    markers.map(|property| property["value"].as_str().unwrap()).collect()
}

/// This very workspace.
#[test]
fn components_have_the_scope_that_cargo_gives_them() {
    let (all, _) = document(&generate(workspace(), &[]));
    let output = generate(workspace(), &["--cargo", CARGO, "--cargo-target", LINUX]);
    let (narrowed, facts) = document(&output);
    assert!(
        facts.contains(&format!("mcpsign:resolution cargo metadata for {LINUX}, default features")),
        "{facts:?}"
    );
    // Nothing is taken out: another build takes it.
    assert_eq!(all.keys().collect::<Vec<_>>(), narrowed.keys().collect::<Vec<_>>());
    let (required, built, left) =
        (of_scope(&narrowed, "required"), of_scope(&narrowed, "excluded"), of_scope(&narrowed, "optional"));
    let taken = resolved(&["--filter-platform", LINUX], workspace());
    assert_eq!(required.union(&built).cloned().collect::<BTreeSet<_>>(), taken);
    let other: BTreeSet<String> = all.keys().filter(|name| !taken.contains(*name)).cloned().collect();
    assert_eq!(left, other);
    // What cargo builds into programs is among what is required. cargo metadata names more: what features for tests turn on.
    let tree = Command::new(CARGO)
        .current_dir(workspace())
        .args([
            "tree",
            "--workspace",
            "-e",
            "normal,no-proc-macro",
            "--prefix",
            "none",
            "--offline",
            "--locked",
        ])
        .args(["--target", LINUX])
        .output()
        .unwrap();
    let tree = String::from_utf8(tree.stdout).unwrap();
    let named = tree.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        Some(format!("{}@{}", words.next()?, words.next()?.strip_prefix('v')?))
    });
    let named: BTreeSet<String> = named.collect();
    let missing: Vec<_> = named.difference(&required).collect();
    assert!(missing.is_empty() && named.len() > 100, "{missing:?}");

    let of = |start: &str| narrowed.iter().find(|(name, _)| name.starts_with(start)).expect(start);
    for (start, scope) in [
        ("serde@", "required"),
        ("serde_derive@", "excluded"),
        ("trybuild@", "excluded"),
        ("windows-sys@", "optional"),
    ] {
        assert_eq!(of(start).1["scope"], scope, "{start}");
    }
    assert!(
        markers(of("seccompiler@").1).contains(&"cfg(target_os = \"linux\")"),
        "{:?}",
        of("seccompiler@")
    );
    assert!(markers(of("windows-sys@").1).iter().any(|marker| marker.contains("windows")));
    assert_eq!(markers(of("serde@").1), [""; 0]);
}

#[test]
fn what_cargo_does_not_say_is_a_known_gap() {
    let output = generate(workspace(), &["--cargo", CARGO, "--cargo-target", "no-such-machine"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let (components, facts) = document(&output);
    assert!(
        facts.contains(
            &"mcpsign:gap Cargo.lock: cargo does not say which of its packages are built".to_owned()
        )
    );
    assert!(
        said.contains("cargo does not say what is built") && said.contains("cargo fetch --locked"),
        "{said}"
    );
    let serde = components.iter().find(|(name, _)| name.starts_with("serde@")).unwrap();
    assert!(serde.1.get("scope").is_none());
    let output = generate(workspace(), &["--cargo", "/nowhere/cargo"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("--cargo \"$(rustup which cargo)\"") && !said.contains("--installer"), "{said}");
    let output = generate(workspace(), &["--cargo-features", "x"]);
    assert_eq!(output.status.code(), Some(2));
}

/// A project's own configuration can name a compiler, and a wrapper around it. Neither is run.
#[test]
fn no_program_of_the_project_is_run() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    fs::create_dir_all(at("src")).unwrap();
    fs::create_dir_all(at(".cargo")).unwrap();
    fs::write(at("src/lib.rs"), "").unwrap();
    fs::write(at("build.rs"), "fn main() { std::fs::write(\"ran\", \"\").unwrap() }\n").unwrap();
    fs::write(at("Cargo.toml"), "[package]\nname = \"a\"\nversion = \"1.0.0\"\nedition = \"2021\"\n")
        .unwrap();
    fs::write(at("Cargo.lock"), "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n").unwrap();
    fs::write(at("evil"), format!("#!/bin/sh\ntouch '{}'\n", at("ran").display())).unwrap();
    fs::set_permissions(at("evil"), fs::Permissions::from_mode(0o755)).unwrap();
    let evil = at("evil").display().to_string();
    fs::write(at(".cargo/config.toml"), format!("[build]\nrustc = '{evil}'\nrustc-wrapper = '{evil}'\n"))
        .unwrap();
    // Cargo itself, started there, runs it.
    let cargo = |folder: &Path| {
        let mut command = Command::new(CARGO);
        command.current_dir(folder).env_remove("RUSTC").env_remove("RUSTC_WRAPPER");
        command.args([
            "metadata",
            "--format-version=1",
            "--offline",
            "--filter-platform",
            LINUX,
            "--manifest-path",
        ]);
        command.arg(at("Cargo.toml")).output().unwrap()
    };
    cargo(dir.path());
    assert!(at("ran").exists(), "cargo does not read the configuration");
    fs::remove_file(at("ran")).unwrap();
    let output = generate(dir.path(), &["--cargo", CARGO]);
    let (_, facts) = document(&output);
    let is_resolved = |facts: &[String]| {
        facts.iter().any(|fact| fact.starts_with("mcpsign:resolution cargo metadata for "))
    };
    assert!(is_resolved(&facts), "{facts:?}");
    assert!(!at("ran").exists());
    // Nor one that is named above the folder for temporary files.
    fs::create_dir(at("tmp")).unwrap();
    let mut command = Command::new(mcpsign());
    command.args(["sbom", "generate", "--cargo", CARGO]).arg(dir.path()).env("TMPDIR", at("tmp"));
    let (_, facts) = document(&command.env_remove("RUSTC").output().unwrap());
    assert!(is_resolved(&facts), "{facts:?}");
    assert!(!at("ran").exists());
    // The user's own configuration may name one: it is not needed to ask about the machine.
    let mut command = Command::new(mcpsign());
    command.args(["sbom", "generate", "--cargo", CARGO]).arg(dir.path()).env("CARGO_HOME", at(".cargo"));
    let (_, facts) = document(&command.env_remove("RUSTC").output().unwrap());
    assert!(is_resolved(&facts), "{facts:?}");
    assert!(!at("ran").exists());
}
