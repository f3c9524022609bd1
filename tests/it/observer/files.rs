//! Package files that lie here already: installed and observed as packages by name are.

use super::*;

/// The package's file on the desk.
fn tarball(desk: &Desk) -> &'static str {
    std::fs::write(desk.at("files.tgz"), packages::npm("@acme/files-mcp", "1.0.0")).unwrap();
    "files.tgz"
}

#[test]
fn an_observer_who_names_a_package_file_has_it_installed() {
    if !has_npm("an_observer_who_names_a_package_file_has_it_installed") {
        return;
    }
    let (desk, registry) = (Desk::new(), honest_npm());
    desk.npmrc(&format!("registry={}\n", registry.address));
    desk.key();
    let file = tarball(&desk);
    // A project in the current folder has no say.
    std::fs::write(desk.at("package.json"), r#"{"name":"@acme/files-mcp","version":"1.0.0","bin":"no.js"}"#)
        .unwrap();
    std::fs::write(desk.at("server.json"), "{}").unwrap();

    let statements = desk.statements(&[file, "--kind", "observer"]);
    let manifest = tool_manifest(&statements);
    assert_eq!(manifest["kind"], "observer");
    assert_eq!(manifest["packages"][0]["purl"], "pkg:npm/%40acme/files-mcp@1.0.0");
    assert!(manifest["bindings"].get("serverJson").is_none(), "{manifest}");
    let launch = &manifest["profiles"][0]["launch"];
    assert_eq!((&launch["binding"], &launch["network"]), (&"installed".into(), &"none".into()));
    assert_eq!(launch["argv"][1], "{artifact}/server.js");
    let tools: Vec<&String> = manifest["profiles"][0]["tools"].as_object().unwrap().keys().collect();
    assert_eq!(tools, ["echo"], "a script ran");
    let locks = manifest["bindings"]["lockfiles"].as_array().unwrap();
    assert!(locks.iter().any(|lock| lock["path"] == "package-lock.json" && lock["origin"] == "resolved"));
    let own = |asked: &Asked| asked.path.contains("files-mcp");
    assert!(!registry.asked().iter().any(own), "the registry was asked for what lies here");

    // A publisher says so, and gives arguments; the file stays, its evidence beside it.
    let args = ["attest", file, "--install", "--key", "observer.key", "--", "--quietly"];
    let attested = desk.run(&args);
    assert!(attested.status.success(), "{}", said(&attested));
    assert!(desk.at(file).is_file());
    let verified = desk.run(&["verify", file, "--public-key", "observer.key.pub", "--format", "json"]);
    let report: Value = serde_json::from_slice(&verified.stdout).unwrap();
    assert_eq!(report["verdict"], "allow", "{report}");
    let statements = desk.statements(&[file, "--install", "--", "--quietly"]);
    let manifest = tool_manifest(&statements);
    assert_eq!(manifest["kind"], "publisher");
    assert_eq!(manifest["profiles"][0]["launch"]["argv"][2], "--quietly");
}

#[test]
fn a_wheel_that_lies_here_is_installed() {
    if !has_python("a_wheel_that_lies_here_is_installed") {
        return;
    }
    let desk = Desk::new();
    let name = "files_mcp-1.0.0-py3-none-any.whl";
    std::fs::write(desk.at(name), packages::wheel(&desk.at("home"))).unwrap();
    let registry = Registry::start(|_, _, _| Answer::Status(404));
    let index = format!("{}/simple", registry.address);
    let statements = desk.statements(&[name, "--kind", "observer", "--registry", &index]);
    let manifest = tool_manifest(&statements);
    assert_eq!(manifest["packages"][0]["purl"], "pkg:pypi/files-mcp@1.0.0");
    assert_eq!(manifest["profiles"][0]["launch"]["binding"], "installed", "{manifest}");
}

#[test]
fn what_cannot_be_installed_is_a_usage_error() {
    let desk = Desk::new();
    let file = tarball(&desk);
    std::fs::write(desk.at("program"), "x").unwrap();
    std::fs::write(
        desk.at("files-1.0.0.crate"),
        packages::tarball(&[
            ("files-1.0.0/Cargo.toml", "[package]\nname = \"files\"\nversion = \"1.0.0\"\n"),
            ("files-1.0.0/Cargo.toml.orig", ""),
            ("files-1.0.0/src/main.rs", "fn main() {}"),
        ]),
    )
    .unwrap();
    for (args, expected) in [
        (&["program", "--install"][..], "`--install` is for one package"),
        (&[file, "program", "--install"], "`--install` is for one package"),
        (&["home", "--install"], "`--install` is for one package"),
        (&["missing.tgz", "--install"], "does not exist"),
        (&[file, "--install", "--no-manifest"], "cannot be used with"),
        (&[file, "--install", "--allow-yanked"], "are for a package by name"),
        (&[file, "--kind", "observer", "--download-dir", "d"], "are for a package by name"),
        (&[file, "--allow-scripts"], "add `--install`"),
        (&["files-1.0.0.crate", "--kind", "observer"], "`--allow-scripts`"),
        // What no installer takes is started by who observes it.
        (&["program", "--kind", "observer"], "nothing says how the server is started"),
    ] {
        let output = desk.run(&[&["attest", "--dry-run"], args].concat());
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", said(&output));
        assert!(said(&output).contains(expected), "{args:?}: {}", said(&output));
        assert!(output.stdout.is_empty());
    }
}
