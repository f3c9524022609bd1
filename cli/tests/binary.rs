//! The binary itself. Cargo builds it for this test, so that the tests of other packages find it.

#![cfg(test)]

use std::process::Command;

#[test]
fn it_says_its_name_and_version() {
    let output = Command::new(env!("CARGO_BIN_EXE_mcpsign")).arg("--version").output().unwrap();
    assert!(output.status.success());
    assert_eq!(output.stdout, format!("mcpsign {}\n", env!("CARGO_PKG_VERSION")).as_bytes());
    assert!(output.stderr.is_empty());
}
