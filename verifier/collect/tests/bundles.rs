//! What is built into the JavaScript of an artifact, and where installed packages of Python came from.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot set up has failed")]

mod common;

use std::path::Path;

use mcpsign_collect::artifact::{Artifact, open};
use mcpsign_collect::catalog::{InventoryRoot, inventory};
use mcpsign_schemas::inventory::{Inventory, Location, Means, Origin};
use tempfile::tempdir;

use common::text_folder as folder;

fn of(artifact: &Artifact) -> Inventory {
    inventory(&InventoryRoot { artifact: Some(artifact), ..InventoryRoot::default() }).expect("an inventory")
}

fn gaps(inventory: &Inventory) -> Vec<String> {
    let gaps = inventory.known_gaps().into_iter();
    gaps.map(|gap| format!("{}: {}", gap.path.unwrap_or_default(), gap.reason)).collect()
}

const MANIFEST: &str = r#"{"name":"remote-mcp","version":"1.0.0"}"#;
const SILENT: &str = "a JavaScript bundle that does not say which packages are built into it";

/// As tsup writes it, of what pnpm installed.
const BUNDLE: &str = "#!/usr/bin/env node\nimport { z } from \"./chunk.js\";\n\n\
    // node_modules/.pnpm/zod@4.4.3/node_modules/zod/v4/core/util.js\nvar util_exports = {};\n\n\
    // node_modules/.pnpm/@modelcontextprotocol+client@2.0.0/node_modules/@modelcontextprotocol/client/dist/index.mjs\n\
    var client = {};\n\n// ../../node_modules/jose/dist/index.js\nvar jose = {};\n\n// src/proxy.ts\nrun();\n";

fn minified() -> String {
    let wrapped = "var a=(r,t)=>()=>(t||r((t={exports:{}}).exports,t),t.exports);";
    format!("{wrapped}{}\n", "function f(a){return a+1};".repeat(6000))
}

#[test]
fn what_comments_in_a_bundle_name_is_in_the_inventory() {
    let dir = tempdir().expect("a directory");
    let artifact = common::tarball(dir.path(), &[("package.json", MANIFEST), ("dist/proxy.js", BUNDLE)]);
    let found = of(&artifact);
    let shown: Vec<(&str, &str, u32)> = found
        .dependencies()
        .map(|package| {
            let at = package.found.first().expect("found somewhere");
            assert!(package.bundled && package.means() == Means::BundleNotice);
            (package.purl.as_str(), at.file.as_str(), at.line.expect("a line"))
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("pkg:npm/%40modelcontextprotocol/client@2.0.0", "dist/proxy.js", 7),
            ("pkg:npm/jose", "dist/proxy.js", 10),
            ("pkg:npm/zod@4.4.3", "dist/proxy.js", 4),
        ]
    );
    let own = &found.packages["pkg:npm/remote-mcp@1.0.0"];
    assert_eq!(own.dependencies.len(), 3);
    assert_eq!(gaps(&found), [""; 0]);
    assert!(
        found.files.iter().any(|file| file.path == "dist/proxy.js" && file.cataloger == "javascript/bundle")
    );
}

/// Whoever installs a package installs what is built into it.
#[test]
fn what_is_built_into_an_installed_package_is_its_own() {
    let dir = folder(&[
        ("package.json", MANIFEST),
        ("node_modules/inner/package.json", r#"{"name":"inner","version":"2.0.0"}"#),
        ("node_modules/inner/dist/index.cjs", BUNDLE),
        ("node_modules/inner/bin/inner", BUNDLE),
    ]);
    let found = of(&open(dir.path()).expect("a folder"));
    let inner = &found.packages["pkg:npm/inner@2.0.0"];
    assert!(inner.dependencies.contains("pkg:npm/zod@4.4.3"), "{:?}", inner.dependencies);
    let zod = &found.packages["pkg:npm/zod@4.4.3"];
    let places: Vec<&str> = zod.found.iter().map(|at: &Location| at.file.as_str()).collect();
    assert_eq!(places, ["node_modules/inner/bin/inner", "node_modules/inner/dist/index.cjs"]);
}

#[test]
fn a_bundle_that_tells_nothing_is_a_known_gap_of_its_own() {
    let text = minified();
    let dir = tempdir().expect("a directory");
    let artifact = common::tarball(dir.path(), &[("package.json", MANIFEST), ("dist/server.mjs", &text)]);
    assert_eq!(gaps(&of(&artifact)), [format!("dist/server.mjs: {SILENT}")]);
    let map = r#"{"version":3,"sources":["../node_modules/zod/index.js"]}"#;
    let files = [("package.json", MANIFEST), ("dist/server.mjs", &text), ("dist/server.mjs.map", map)];
    let told = of(&common::tarball(dir.path(), &files));
    assert_eq!(gaps(&told), [""; 0]);
    assert!(told.packages.contains_key("pkg:npm/zod"));
    // Of many the first says how many there are.
    let paths: Vec<String> = (10..30).map(|at| format!("lib/{at}.js")).collect();
    let many = paths.iter().map(|path| (path.as_str(), text.as_str()));
    let files: Vec<(&str, &str)> = std::iter::once(("package.json", MANIFEST)).chain(many).collect();
    let many = gaps(&of(&common::tarball(dir.path(), &files)));
    assert_eq!(many, [format!("lib/10.js: {SILENT}; 20 such files, of which this is the first")]);
    // A file by itself, and one in an archive.
    let alone = dir.path().join("server.js");
    std::fs::write(&alone, &text).expect("written");
    assert_eq!(gaps(&of(&open(&alone).expect("a file"))), [format!("server.js: {SILENT}")]);
    let inside = tempdir().expect("a directory");
    let packed = common::tarball(inside.path(), &[("package.json", MANIFEST), ("dist/server.mjs", &text)]);
    let outside = folder(&[("readme", "")]);
    std::fs::copy(&packed.path, outside.path().join("remote-mcp.tgz")).expect("copied");
    let found = of(&open(outside.path()).expect("a folder"));
    assert_eq!(gaps(&found), [format!("remote-mcp.tgz!/package/dist/server.mjs: {SILENT}")]);
    assert!(found.packages.contains_key("pkg:npm/remote-mcp@1.0.0"));
}

fn installed(site: &Path, name: &str, direct_url: Option<&str>) {
    let info = site.join(format!("{name}-1.0.dist-info"));
    std::fs::create_dir_all(&info).expect("made");
    let metadata = format!("Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n");
    std::fs::write(info.join("METADATA"), metadata).expect("written");
    if let Some(json) = direct_url {
        std::fs::write(info.join("direct_url.json"), json).expect("written");
    }
}

/// What is installed from a repository is not taken for what the registry has under its name.
#[test]
fn installed_packages_are_from_where_their_direct_url_says() {
    let commit = "7921be1537eac1e97bc40179a57f0349c2aee67d";
    let git = format!(
        r#"{{"url":"https://git.example/acme/a.git","vcs_info":{{"vcs":"git","commit_id":"{commit}"}}}}"#
    );
    let digest = "2dc6b5a470a1bde68946f263f1af1515a2574a150a30d6ce02c6ff742fcc0db8";
    let archive = format!(
        r#"{{"url":"https://files.example/b-1.0.zip","archive_info":{{"hashes":{{"sha256":"{digest}"}}}}}}"#
    );
    let local = r#"{"url":"file:///home/ada/c","dir_info":{"editable":true}}"#;
    for below in ["venv/lib/python3.12/site-packages", ""] {
        let dir = tempdir().expect("a directory");
        let site = dir.path().join(below);
        installed(&site, "a", Some(&git));
        installed(&site, "b", Some(&archive));
        installed(&site, "c", Some(local));
        installed(&site, "d", None);
        installed(&site, "e", Some("{}"));
        let found = of(&open(dir.path()).expect("a folder"));
        let purls: Vec<&str> = found.packages.values().map(|package| package.purl.as_str()).collect();
        let vcs = format!("pkg:pypi/a@1.0?vcs_url=git%2Bhttps:%2F%2Fgit.example%2Facme%2Fa.git%40{commit}");
        assert_eq!(
            purls,
            [
                vcs.as_str(),
                "pkg:pypi/b@1.0?download_url=https:%2F%2Ffiles.example%2Fb-1.0.zip",
                "pkg:pypi/c@1.0",
                "pkg:pypi/d@1.0",
                "pkg:pypi/e@1.0?download_url=(unreadable)",
            ],
            "{below}"
        );
        let of = |name: &str| found.packages.values().find(|package| package.name == name).expect(name);
        assert_eq!(of("b").hashes.len(), 1);
        assert_eq!(of("c").origin, Origin::Local { path: None });
        let gaps = gaps(&found);
        assert!(gaps.len() == 1 && gaps[0].contains("e-1.0.dist-info/METADATA: where it was"), "{gaps:?}");
    }
}
