//! Rules of the tree itself.

use std::process::Command;

use crate::support::workspace;

pub(crate) fn git_files(pattern: &str) -> Vec<String> {
    let output = Command::new("git")
        .current_dir(workspace())
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "--", pattern])
        .output()
        .expect("git starts");
    String::from_utf8(output.stdout).expect("UTF-8").lines().map(str::to_owned).collect()
}

/// The verifier decides without a network, a runtime or a command line.
#[test]
fn the_verifier_stays_pure() {
    let output = Command::new(env!("CARGO"))
        .current_dir(workspace())
        .args(["tree", "--locked", "--offline", "-p", "mcpsign-verifier", "-e", "normal", "--prefix", "none"])
        .output()
        .expect("cargo starts");
    let tree = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(tree.contains("sigstore-verify v0.15.1"), "not the tree that was expected:\n{tree}");
    for banned in ["tokio", "reqwest", "hyper", "oci-client", "sqlx", "axum", "clap"] {
        assert!(
            !tree.lines().any(|line| line.split(' ').next() == Some(banned)),
            "{banned} is in the verifier"
        );
    }
}

/// One cryptographic backend.
#[test]
fn no_second_crypto_backend_is_built() {
    let output = Command::new(env!("CARGO"))
        .current_dir(workspace())
        .args(["tree", "--locked", "--offline", "-p", "mcpsign", "-e", "normal,build", "--prefix", "none"])
        .output()
        .expect("cargo starts");
    let tree = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(tree.contains("aws-lc-rs v"), "not the tree that was expected:\n{tree}");
    for banned in ["ring", "openssl", "native-tls", "rsa"] {
        assert!(!tree.lines().any(|line| line.split(' ').next() == Some(banned)), "{banned} is built");
    }
}

/// Features unify: one crate that asked for it would change how every number is read.
#[test]
fn serde_json_keeps_its_numbers() {
    let output = Command::new(env!("CARGO"))
        .current_dir(workspace())
        .args(["tree", "--locked", "--offline", "--workspace", "-e", "features", "-i", "serde_json"])
        .output()
        .expect("cargo starts");
    let tree = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(tree.contains("serde_json feature"), "not the tree that was expected:\n{tree}");
    assert!(!tree.contains("arbitrary_precision"));
}

/// Every file of Rust opens with what it is for.
#[test]
fn every_module_says_what_it_is() {
    let silent: Vec<String> = git_files("*.rs")
        .into_iter()
        .filter(|path| !path.contains("compile_fail/") && !path.ends_with("/tests.rs"))
        .filter(|path| workspace().join(path).exists())
        .filter(|path| !std::fs::read_to_string(workspace().join(path)).expect("UTF-8").starts_with("//!"))
        .collect();
    assert!(silent.is_empty(), "{silent:?}");
}

/// The command line, the README and the specification name the same files.
#[test]
fn the_readme_has_its_two_commands_first() {
    let readme = std::fs::read_to_string(workspace().join("README.md")).expect("UTF-8");
    let blocks: Vec<&str> =
        readme.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next()).take(2).collect();
    assert_eq!(blocks, ["tests/quickstart\n", "tests/run\n"]);
}
