//! SBOMs of real projects hold what NTIA, CISA and the BSI ask for, as SPDX's own checker sees it.

use std::path::{Path, PathBuf};
use std::process::Command;

use mcpsign_collect::catalog::pypi::lock_of_report;
use serde_json::Value;

use crate::support::{real_servers, run, sbom_checker, workspace};

/// A release, and what completes its SBOM.
struct Project {
    artifact: PathBuf,
    /// The folder with the lock file, where the artifact has none.
    lock: Option<PathBuf>,
    /// Folders with the files of its components.
    downloads: Vec<PathBuf>,
}

/// The one file in `folder` whose name starts and ends so.
fn file(folder: &Path, start: &str, end: &str) -> PathBuf {
    let entries = folder.read_dir().expect("a folder").flatten().map(|entry| entry.path());
    let fits = |path: &PathBuf| {
        let name = path.file_name().expect("a name").to_string_lossy();
        name.starts_with(start) && name.ends_with(end)
    };
    entries.into_iter().find(fits).unwrap_or_else(|| panic!("{start}…{end} in {}", folder.display()))
}

/// Locked as the test servers are, with the addresses that npm writes into lock files unless it is told not to.
fn npm(servers: &Path, name: &str, lock: &Path) -> Project {
    Project {
        artifact: file(&servers.join("tarballs"), &format!("modelcontextprotocol-server-{name}-"), ".tgz"),
        lock: Some(lock.to_owned()),
        downloads: Vec::new(),
    }
}

fn npm_lock(scratch: &Path) -> PathBuf {
    let path = workspace().join("tests/real-servers/npm/package-lock.json");
    let mut lock: Value = serde_json::from_slice(&std::fs::read(path).expect("read")).expect("JSON");
    for (place, entry) in lock["packages"].as_object_mut().expect("packages") {
        if let Some((_, name)) = place.rsplit_once("node_modules/") {
            let base = name.rsplit('/').next().expect("a name");
            let version = entry["version"].as_str().expect("a version");
            entry["resolved"] = format!("https://registry.example/{name}/-/{base}-{version}.tgz").into();
        }
    }
    let folder = scratch.join("npm");
    std::fs::create_dir(&folder).expect("made");
    std::fs::write(folder.join("package-lock.json"), lock.to_string()).expect("written");
    folder
}

/// Locked as `attest pypi:…` locks it: by what pip resolved.
fn pypi(servers: &Path, tools: &Path, name: &str, scratch: &Path) -> Project {
    let artifact = file(&servers.join("dists"), &format!("mcp_server_{name}-"), ".whl");
    let lock = scratch.join(name);
    std::fs::create_dir(&lock).expect("made");
    let report = std::fs::read(tools.join(name).join("report.json")).expect("pip's report");
    let own = artifact.file_name().expect("a name").to_string_lossy();
    let text = lock_of_report(&report, &own).expect("a lock");
    std::fs::write(lock.join("pylock.toml"), text).expect("written");
    Project { artifact, lock: Some(lock), downloads: vec![tools.join("wheels")] }
}

fn cargo(servers: &Path) -> Project {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home =
        home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo"))).expect("a home");
    let caches = home.join("registry/cache").read_dir().expect("cargo's cache").flatten();
    Project {
        artifact: file(&servers.join("crate"), "", ".crate"),
        lock: None,
        downloads: caches.map(|cache| cache.path()).collect(),
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

#[test]
fn sboms_of_real_projects_have_the_minimum_elements() {
    let test = "sboms_of_real_projects_have_the_minimum_elements";
    let Some(tools) = sbom_checker(test) else { return };
    let Some(servers) = real_servers(test, "npm") else { return };
    let servers = servers.parent().expect("the folder of all").to_owned();
    for part in ["tarballs", "dists", "crate"] {
        if real_servers(test, part).is_none() {
            return;
        }
    }
    let scratch = tempfile::tempdir().expect("a folder");
    let lock = npm_lock(scratch.path());
    let projects = [
        npm(&servers, "everything", &lock),
        npm(&servers, "filesystem", &lock),
        npm(&servers, "memory", &lock),
        pypi(&servers, &tools, "git", scratch.path()),
        pypi(&servers, &tools, "time", scratch.path()),
        cargo(&servers),
    ];
    let checker = tools.join("checker/bin/ntia-checker");
    let mut failed = Vec::new();
    for project in &projects {
        for (format, spec, standards) in
            [("spdx-2.3", "spdx2", &["ntia"][..]), ("spdx-3.0.1", "spdx3", &["ntia", "fsct3-min", "bsi"])]
        {
            let sbom = scratch.path().join(format!("{}.json", project.downloads.len()));
            let creator = "Organization: Acme <sbom@acme.example> (https://acme.example)";
            let mut args = vec!["sbom", "generate", text(&project.artifact), "--format", format];
            args.extend(["--creator", creator, "--out", text(&sbom), "--force"]);
            args.extend(project.lock.iter().flat_map(|lock| ["--project", text(lock)]));
            args.extend(project.downloads.iter().flat_map(|folder| ["--downloads", text(folder)]));
            let output = run(&args, &[]);
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            for standard in standards {
                let mut command = Command::new(&checker);
                command.args(["-s", spec, "-c", standard, "-r", "json"]).arg(&sbom);
                let output = command.output().expect("the checker starts");
                if !output.status.success() {
                    let said = String::from_utf8_lossy(&output.stdout).into_owned();
                    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
                    let said: String = said.chars().take(3000).collect();
                    failed.push(format!(
                        "{} {format} {standard}: {said}\n{errors}",
                        project.artifact.display()
                    ));
                }
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}
