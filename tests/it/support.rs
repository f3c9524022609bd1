//! Where the parts are that the tests drive, and how a test says that one is missing.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The `mcpsign` binary of this build.
pub(crate) fn mcpsign() -> PathBuf {
    built("mcpsign")
}

/// The project's own MCP server, honest without arguments, a liar with `--lie`.
pub(crate) fn test_server() -> PathBuf {
    built("mcpsign-test-server")
}

/// The root of the checkout.
pub(crate) fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the workspace")
}

/// A folder of data that may not be copied into the repository; `None` where it is absent.
pub(crate) fn shared_data(test: &str, folder: &str) -> Option<PathBuf> {
    let path = workspace().join("../shared/data").join(folder);
    if path.is_dir() {
        return Some(path);
    }
    skip(test, &format!("shared/data/{folder}"));
    None
}

/// The folder into which `tests/real-servers/install.sh` put npm's or PyPI's servers.
pub(crate) fn real_servers(test: &str, part: &str) -> Option<PathBuf> {
    let installed = std::env::var_os("MCPSIGN_REAL_SERVERS").map(PathBuf::from);
    match installed.filter(|dir| dir.join(format!("{part}.installed")).is_file()) {
        Some(dir) => Some(dir.join(part)),
        None => {
            skip(test, &format!("the real servers from {part} (run tests/run)"));
            None
        }
    }
}

/// The folder into which `tests/sbom-checker/install.sh` put SPDX's checker and what the servers from PyPI are made of.
pub(crate) fn sbom_checker(test: &str) -> Option<PathBuf> {
    let installed = std::env::var_os("MCPSIGN_SBOM_CHECKER").map(PathBuf::from);
    let parts = ["checker.installed", "reports.installed"];
    let found = installed.filter(|dir| parts.iter().all(|part| dir.join(part).is_file()));
    if found.is_none() {
        skip(test, "SPDX's checker of minimum elements (run tests/run)");
    }
    found
}

/// The Python that `tests/sbom-checker/install.sh` gave what tests ask of it, or the one that is installed.
pub(crate) fn python() -> PathBuf {
    let installed = std::env::var_os("MCPSIGN_SBOM_CHECKER").map(PathBuf::from);
    let python = installed.map(|dir| dir.join("checker/bin/python")).filter(|python| python.is_file());
    python.unwrap_or_else(|| "python3".into())
}

/// A tool of an ecosystem that our catalogs are held against: where `tests/sbom-checker/install.sh` put it, or one that is installed.
pub(crate) fn catalog_tool(test: &str, name: &str) -> Option<PathBuf> {
    let fetched = std::env::var_os("MCPSIGN_SBOM_CHECKER").map(|dir| PathBuf::from(dir).join("tools/bin"));
    let installed = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = fetched.into_iter().chain(std::env::split_paths(&installed));
    let found = folders.find_map(|folder| Some(folder.join(name)).filter(|path| path.is_file()));
    if found.is_none() {
        skip(test, &format!("{name} (run tests/run)"));
    }
    found
}

/// The folder into which `tests/sigstore/install.sh` put Sigstore's services and its other clients, where it has all.
pub(crate) fn sigstore(test: &str) -> Option<PathBuf> {
    let installed = std::env::var_os("MCPSIGN_SIGSTORE").map(PathBuf::from);
    let parts = ["services", "rekor-v1", "npm", "pypi"].map(|part| format!("{part}/installed"));
    let missing = parts.iter().find(|part| installed.as_ref().is_none_or(|dir| !dir.join(part).is_file()));
    if let Some(part) = missing {
        skip(test, &format!("a Sigstore on loopback ({part}; run tests/run)"));
        return None;
    }
    // What takes every service along when a test is killed.
    if !Path::new("/usr/bin/setpriv").is_file() {
        skip(test, "setpriv, of util-linux");
        return None;
    }
    installed
}

/// Says loudly that a test did not run; where everything must be there, that is a failure.
pub(crate) fn skip(test: &str, missing: &str) {
    assert!(std::env::var_os("MCPSIGN_REQUIRE_ALL").is_none(), "{test}: {missing} is missing");
    // Not by macro: those are captured, and nobody would see that a test did not run.
    let _ = writeln!(std::io::stderr(), "SKIPPED {test}: {missing} is missing");
}

/// Runs `mcpsign` with `args`, no passphrase in the environment unless `env` says so.
pub(crate) fn run(args: &[&str], env: &[(&str, &str)]) -> Output {
    Command::new(mcpsign())
        .args(args)
        .env_remove("MCPSIGN_PASSPHRASE")
        .envs(env.iter().copied())
        .output()
        .expect("mcpsign starts")
}

fn built(name: &str) -> PathBuf {
    let exe = std::env::current_exe().expect("the test has a path");
    // target/debug/deps/it-… → target/debug/NAME
    let path = exe.ancestors().nth(2).expect("in a target folder").join(name);
    assert!(path.is_file(), "{name} is not built: run `cargo test --workspace`");
    path
}
