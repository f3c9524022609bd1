//! What lock files hold, held against what the ecosystems' own tools make of them: each is run on the fixture, without a network.
//!
//! The sets that stand beside the fixtures are of the same tools; those of npm, pnpm and uv are made anew here. yarn's and
//! bun's stay as they are stored: yarn 1 and bun list what is installed, and yarn 4 reads its own archives of each package,
//! which a fixture does not have. Poetry and PDM export by way of the network; pipenv lists what it installed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use mcpsign_collect::artifact::open;
use mcpsign_collect::catalog::{InventoryRoot, inventory};
use mcpsign_schemas::inventory::{Inventory, Means, Origin, Package};
use mcpsign_schemas::purl::Purl;
use serde_json::Value;

use crate::projects::have;
use crate::support::{catalog_tool, real_servers, workspace};

/// A folder with files of the catalogers' fixtures, under the names by which their tools know them.
fn project(fixtures: &str, files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let from = workspace().join("verifier/collect/src/catalog").join(fixtures).join("testdata/notes");
    for (file, name) in files {
        fs::copy(from.join(file), dir.path().join(name)).unwrap();
    }
    dir
}

fn said(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn of_project(folder: &Path) -> Inventory {
    inventory(&InventoryRoot { project: Some(folder), ..InventoryRoot::default() }).unwrap()
}

/// `NAME@VERSION` of everything but the project itself.
fn listed(inventory: &Inventory) -> BTreeSet<String> {
    let foreign = inventory.packages.values().filter(|package| package.origin != Origin::Root);
    let name = |package: &Package| {
        let pypi = package.purl.starts_with("pkg:pypi/");
        if pypi { Purl::pypi_name(&package.name) } else { package.name.clone() }
    };
    foreign.map(|p| format!("{}@{}", name(p), p.version.as_deref().unwrap_or_default())).collect()
}

/// The same of what npm and pnpm print: below whichever of `lists`, each under the name that `real` gives.
fn walk(json: &Value, lists: &[&str], real: &str, found: &mut BTreeSet<String>) {
    for (key, inner) in lists.iter().filter_map(|list| json[list].as_object()).flatten() {
        // An optional one that is nowhere has no version.
        if let Some(version) = inner["version"].as_str() {
            found.insert(format!("{}@{version}", inner[real].as_str().unwrap_or(key)));
        }
        walk(inner, lists, real, found);
    }
}

fn same(what: &str, ours: &BTreeSet<String>, theirs: &BTreeSet<String>) {
    let (missing, invented): (Vec<_>, Vec<_>) =
        (theirs.difference(ours).collect(), ours.difference(theirs).collect());
    assert!(missing.is_empty() && invented.is_empty(), "{what}: missing {missing:?}, invented {invented:?}");
    assert!(!theirs.is_empty(), "{what} names nothing");
}

#[test]
fn npm_lists_what_is_in_its_lock_files() {
    if !have("npm_lists_what_is_in_its_lock_files", &["npm"]) {
        return;
    }
    for lock in ["npm-v1.json", "npm-v2.json", "npm-v3.json"] {
        let folder = project("npm", &[("package.json", "package.json"), (lock, "package-lock.json")]);
        let args = ["ls", "--all", "--package-lock-only", "--json", "--long", "--offline"];
        let json: Value =
            serde_json::from_str(&said(Command::new("npm").current_dir(&folder).args(args))).unwrap();
        let mut theirs = BTreeSet::new();
        walk(&json, &["dependencies"], "name", &mut theirs);
        same(lock, &listed(&of_project(folder.path())), &theirs);
    }
}

#[test]
fn pnpm_lists_what_is_in_its_lock_file() {
    let test = "pnpm_lists_what_is_in_its_lock_file";
    if !have(test, &["node"]) {
        return;
    }
    let Some(pnpm) = catalog_tool(test, "pnpm") else { return };
    // Of older versions only those of its own time read the file.
    let folder = project("npm", &[("package.json", "package.json"), ("pnpm-9.0.yaml", "pnpm-lock.yaml")]);
    let args = ["list", "-r", "--depth", "Infinity", "--json", "--lockfile-only"];
    let json: Value =
        serde_json::from_str(&said(Command::new(pnpm).current_dir(&folder).args(args))).unwrap();
    let mut theirs = BTreeSet::new();
    for project in json.as_array().unwrap() {
        walk(project, &["dependencies", "devDependencies", "optionalDependencies"], "from", &mut theirs);
    }
    same("pnpm-lock.yaml", &listed(&of_project(folder.path())), &theirs);
}

#[test]
fn uv_exports_what_is_in_its_lock_file() {
    let Some(uv) = catalog_tool("uv_exports_what_is_in_its_lock_file", "uv") else { return };
    let folder = project("pypi", &[("pyproject.toml", "pyproject.toml"), ("uv.lock", "uv.lock")]);
    let mut command = Command::new(uv);
    command.current_dir(&folder).env("UV_CACHE_DIR", folder.path().join("cache")).args([
        "export",
        "--frozen",
        "--offline",
        "--no-config",
        "--no-emit-project",
        "--all-extras",
        "--all-groups",
        "--no-hashes",
        "--no-annotate",
        "--no-header",
    ]);
    let text = said(&mut command);
    let theirs = text.lines().filter_map(|line| {
        let (name, version) = line.split(" ;").next()?.split_once("==")?;
        Some(format!("{}@{}", Purl::pypi_name(name.split('[').next()?), version.trim()))
    });
    same("uv.lock", &listed(&of_project(folder.path())), &theirs.collect());
}

#[test]
fn pip_sees_what_is_installed() {
    let test = "pip_sees_what_is_installed";
    let Some(environment) = real_servers(test, "pypi") else { return };
    let args = ["-I", "-m", "pip", "--disable-pip-version-check", "inspect"];
    let python = environment.join("bin/python");
    let json: Value = serde_json::from_str(&said(Command::new(&python).args(args))).unwrap();
    let theirs: BTreeSet<String> = json["installed"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["metadata"])
        .map(|one| {
            let name = Purl::pypi_name(one["name"].as_str().unwrap());
            format!("{name}@{}", one["version"].as_str().unwrap())
        })
        .collect();
    let where_ = "import sysconfig; print(sysconfig.get_path('purelib'))";
    let folder = PathBuf::from(said(Command::new(python).args(["-I", "-c", where_])).trim());
    let artifact = open(&folder).unwrap();
    let mut found =
        inventory(&InventoryRoot { artifact: Some(&artifact), ..InventoryRoot::default() }).unwrap();
    // What pip does not see: what is compiled into wheels, as those say themselves (PEP 770).
    let stated = found.packages.values().filter(|package| package.means() == Means::EmbeddedSbom);
    let crates: Vec<&str> = stated.map(|package| package.purl.as_str()).collect();
    assert!(crates.iter().any(|purl| purl.starts_with("pkg:cargo/pyo3@")), "{crates:?}");
    found.packages.retain(|_, package| package.means() != Means::EmbeddedSbom);
    // What pip itself brings along (`pip/_vendor`) has no metadata.
    same("the environment", &listed(&found), &theirs);
}

/// `NAME@VERSION` of what `cargo metadata` puts into its graph.
pub(crate) fn resolved(args: &[&str], workspace: &Path) -> BTreeSet<String> {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(workspace).args(["metadata", "--format-version=1", "--locked", "--offline"]);
    let json: Value = serde_json::from_str(&said(command.args(args))).unwrap();
    let of = |id: &Value| {
        let package =
            json["packages"].as_array().unwrap().iter().find(|package| package["id"] == *id).unwrap();
        format!("{}@{}", package["name"].as_str().unwrap(), package["version"].as_str().unwrap())
    };
    json["resolve"]["nodes"].as_array().unwrap().iter().map(|node| of(&node["id"])).collect()
}

/// This very workspace. Without its crates in cargo's cache nothing was built, and this did not run.
#[test]
fn cargo_resolves_what_is_in_its_lock_file() {
    let theirs = resolved(&["--all-features"], workspace());
    let found = of_project(workspace());
    let ours: BTreeSet<String> = found
        .packages
        .values()
        .map(|p| format!("{}@{}", p.name, p.version.as_deref().unwrap_or_default()))
        .collect();
    same("Cargo.lock", &ours, &theirs);
    assert!(theirs.len() > 300);
}
