//! From artifacts and projects to inventories: which file counts, and what is said of the others.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that cannot set up has failed"
)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mcpsign_collect::artifact::{Artifact, open};
use mcpsign_collect::catalog::{CATALOGERS, InventoryError, InventoryRoot, Role, inventory};
use mcpsign_schemas::inventory::{
    CatalogerState, Completeness, FileOutcome, Inventory, Origin, Scope, says_what_is_there,
};
use mcpsign_schemas::manifest::LockfileOrigin;
use tempfile::{TempDir, tempdir};

const MANIFEST: &str = r#"{"name":"@acme/files-mcp","version":"1.4.0","dependencies":{"a":"^1.0.0"},"optionalDependencies":{"o":"*"}}"#;

/// A lock file of the project `name`, which asks for `a`, which asks for `b`.
fn lock(name: &str) -> String {
    format!(
        r#"{{"name":"{name}","version":"1.4.0","lockfileVersion":3,"packages":{{
        "":{{"name":"{name}","version":"1.4.0","dependencies":{{"a":"^1.0.0"}}}},
        "node_modules/a":{{"version":"1.0.0","dependencies":{{"b":"^2.0.0"}}}},
        "node_modules/b":{{"version":"2.0.0"}}}}}}"#
    )
}

fn project(files: &[(&str, &str)]) -> TempDir {
    let dir = tempdir().expect("a directory");
    for (name, content) in files {
        fs::write(dir.path().join(name), content).expect("written");
    }
    dir
}

fn of(artifact: Option<&Artifact>, project: Option<&Path>) -> Inventory {
    inventory(&InventoryRoot { artifact, project, ..InventoryRoot::default() }).expect("an inventory")
}

fn ids(inventory: &Inventory) -> Vec<&str> {
    inventory.packages.keys().map(String::as_str).collect()
}

fn outcomes(inventory: &Inventory) -> BTreeMap<&str, &FileOutcome> {
    inventory.files.iter().map(|file| (file.path.as_str(), &file.outcome)).collect()
}

#[test]
fn a_bare_tarball_has_its_declared_dependencies() {
    let dir = tempdir().expect("a directory");
    let artifact = common::tarball(dir.path(), &[("package.json", MANIFEST)]);
    let found = of(Some(&artifact), None);
    assert_eq!(ids(&found), ["pkg:npm/%40acme/files-mcp@1.4.0", "pkg:npm/a", "pkg:npm/o"]);
    let root = &found.packages["pkg:npm/%40acme/files-mcp@1.4.0"];
    assert_eq!(found.subject.as_deref(), Some(root.id.as_str()));
    assert_eq!(root.completeness, Completeness::Incomplete);
    let a = &found.packages["pkg:npm/a"];
    assert_eq!(
        (a.version.as_deref(), a.completeness, &a.origin),
        (None, Completeness::Unknown, &Origin::Declared)
    );
    assert!(a.requested.contains("^1.0.0") && a.direct);
    assert!(found.locks_read());
    assert_eq!(found.files.iter().map(|file| file.pins).collect::<Vec<_>>(), [false]);
}

#[test]
fn the_project_s_lock_file_resolves_them() {
    let dir = tempdir().expect("a directory");
    let artifact = common::tarball(dir.path(), &[("package.json", MANIFEST)]);
    let folder = project(&[("package.json", MANIFEST), ("package-lock.json", &lock("@acme/files-mcp"))]);
    let found = of(Some(&artifact), Some(folder.path()));
    // An optional dependency that the lock file leaves out is left out.
    assert_eq!(ids(&found), ["pkg:npm/%40acme/files-mcp@1.4.0", "pkg:npm/a@1.0.0", "pkg:npm/b@2.0.0"]);
    assert_eq!(found.packages["pkg:npm/%40acme/files-mcp@1.4.0"].completeness, Completeness::Complete);
    let used: Vec<_> = found.files.iter().filter(|file| file.outcome == FileOutcome::Used).collect();
    assert_eq!(used.len(), 1);
    assert_eq!(
        (used[0].path.as_str(), used[0].origin, used[0].pins),
        ("package-lock.json", LockfileOrigin::Project, true)
    );
    let by = FileOutcome::Superseded { by: "package-lock.json".into() };
    assert_eq!(outcomes(&found)["package.json"], &by);
    let a = &found.packages["pkg:npm/a@1.0.0"];
    assert_eq!(
        a.found.iter().map(|at| format!("{}#{}", at.file, at.place)).collect::<Vec<_>>(),
        ["package-lock.json#node_modules/a"]
    );
}

/// pnpm's lock file names its importers by their folders alone, and the workspace's own manifest names another package or none.
#[test]
fn a_workspace_s_lock_file_resolves_its_members() {
    const LOCK: &str = "lockfileVersion: '9.0'\nimporters:\n  .: {}\n  packages/files:\n    dependencies:\n      a: {specifier: ^1.0.0, version: 1.0.0}\n  packages/other:\n    dependencies:\n      x: {specifier: ^3.0.0, version: 3.0.0}\npackages:\n  a@1.0.0: {resolution: {}}\n  b@2.0.0: {resolution: {}}\n  x@3.0.0: {resolution: {}}\nsnapshots:\n  a@1.0.0: {dependencies: {b: 2.0.0}}\n  b@2.0.0: {}\n  x@3.0.0: {}\n";
    let dir = tempdir().expect("a directory");
    let artifact = common::tarball(dir.path(), &[("package.json", MANIFEST)]);
    let root = r#"{"name":"@acme/workspace","version":"0.0.0","private":true}"#;
    let folder = project(&[("package.json", root), ("pnpm-lock.yaml", LOCK)]);
    let of_member = InventoryRoot {
        artifact: Some(&artifact),
        project: Some(folder.path()),
        member: true,
        ..InventoryRoot::default()
    };
    let found = inventory(&of_member).expect("an inventory");
    // What another member asks for is not in it.
    assert_eq!(ids(&found), ["pkg:npm/%40acme/files-mcp@1.4.0", "pkg:npm/a@1.0.0", "pkg:npm/b@2.0.0"]);
    assert_eq!(outcomes(&found)["pnpm-lock.yaml"], &FileOutcome::Used);
    // Of a project that is no workspace of it, it says nothing.
    let found = of(Some(&artifact), Some(folder.path()));
    assert_eq!(outcomes(&found)["pnpm-lock.yaml"], &FileOutcome::Unrelated);
}

#[test]
fn a_lock_file_inside_the_package_comes_first() {
    let dir = tempdir().expect("a directory");
    let inside = lock("@acme/files-mcp").replace("2.0.0\"}", "2.9.9\"}");
    let artifact =
        common::tarball(dir.path(), &[("package.json", MANIFEST), ("npm-shrinkwrap.json", &inside)]);
    let folder = project(&[("package.json", MANIFEST), ("package-lock.json", &lock("@acme/files-mcp"))]);
    let found = of(Some(&artifact), Some(folder.path()));
    assert!(found.packages.contains_key("pkg:npm/b@2.9.9"), "{:?}", ids(&found));
    assert_eq!(outcomes(&found)["npm-shrinkwrap.json"], &FileOutcome::Used);
    let by = FileOutcome::Superseded { by: "npm-shrinkwrap.json".into() };
    assert_eq!(outcomes(&found)["package-lock.json"], &by);
}

#[test]
fn what_the_lock_file_does_not_know_is_added() {
    let dir = tempdir().expect("a directory");
    let manifest = MANIFEST.replace(r#""a":"^1.0.0""#, r#""a":"^1.0.0","sneaked-in":"^6.6.6""#);
    let artifact = common::tarball(dir.path(), &[("package.json", &manifest)]);
    let folder = project(&[("package-lock.json", &lock("@acme/files-mcp"))]);
    let found = of(Some(&artifact), Some(folder.path()));
    let root = &found.packages["pkg:npm/%40acme/files-mcp@1.4.0"];
    assert!(root.dependencies.contains("pkg:npm/sneaked-in"));
    assert_eq!(root.completeness, Completeness::Incomplete);
    assert_eq!(found.packages["pkg:npm/sneaked-in"].origin, Origin::Declared);
    assert!(found.packages["pkg:npm/sneaked-in"].found.iter().all(|at| at.file == "package.json"));
}

#[test]
fn another_project_s_lock_file_is_unrelated() {
    let dir = tempdir().expect("a directory");
    let artifact = common::tarball(dir.path(), &[("package.json", MANIFEST)]);
    let folder = project(&[("package-lock.json", &lock("something-else"))]);
    let found = of(Some(&artifact), Some(folder.path()));
    assert_eq!(outcomes(&found)["package-lock.json"], &FileOutcome::Unrelated);
    assert_eq!(outcomes(&found)["package.json"], &FileOutcome::Used);
    assert!(found.packages.contains_key("pkg:npm/a"));
}

#[test]
fn in_an_installation_only_what_the_artifact_needs_counts() {
    let dir = tempdir().expect("a directory");
    let artifact = common::tarball(dir.path(), &[("package.json", MANIFEST)]);
    let sha512 = artifact.digests.sha512.expect("measured");
    let installation = |integrity: &str| {
        let text = format!(
            r#"{{"name":"host","lockfileVersion":3,"packages":{{"":{{"name":"host","dependencies":{{"@acme/files-mcp":"1.4.0","x":"1"}}}},
            "node_modules/@acme/files-mcp":{{"version":"1.4.0","integrity":"{integrity}","dependencies":{{"a":"^1.0.0"}}}},
            "node_modules/a":{{"version":"1.0.0"}},"node_modules/x":{{"version":"1.0.0"}}}}}}"#
        );
        project(&[("package-lock.json", &text)])
    };
    let ours = installation(&format!("sha512-{}", STANDARD.encode(sha512.as_bytes())));
    let found = of(Some(&artifact), Some(ours.path()));
    assert_eq!(ids(&found), ["pkg:npm/%40acme/files-mcp@1.4.0", "pkg:npm/a@1.0.0"]);
    assert!(found.packages["pkg:npm/a@1.0.0"].direct);
    // Same name and version, other bytes: another package.
    let theirs = installation(&format!("sha512-{}", STANDARD.encode([7; 64])));
    let found = of(Some(&artifact), Some(theirs.path()));
    assert_eq!(outcomes(&found)["package-lock.json"], &FileOutcome::Unrelated);
}

#[test]
fn a_workspace_s_lock_file_gives_its_part() {
    let dir = tempdir().expect("a directory");
    let artifact = common::tarball(dir.path(), &[("package.json", MANIFEST)]);
    let text = r#"{"name":"mono","lockfileVersion":3,"packages":{"":{"name":"mono","workspaces":["p/*"],"devDependencies":{"x":"1"}},
        "node_modules/@acme/files-mcp":{"resolved":"p/files","link":true},
        "node_modules/a":{"version":"1.0.0"},"node_modules/x":{"version":"1.0.0","dev":true},
        "p/files":{"name":"@acme/files-mcp","version":"1.4.0","dependencies":{"a":"^1.0.0"}}}}"#;
    let folder = project(&[("package-lock.json", text)]);
    let found = of(Some(&artifact), Some(folder.path()));
    assert_eq!(ids(&found), ["pkg:npm/%40acme/files-mcp@1.4.0", "pkg:npm/a@1.0.0"]);
    assert_eq!(found.subject.as_deref(), Some("pkg:npm/%40acme/files-mcp@1.4.0"));
}

#[test]
fn what_is_not_understood_is_said_and_the_next_best_counts() {
    let dir = tempdir().expect("a directory");
    let artifact = common::tarball(dir.path(), &[("package.json", MANIFEST)]);
    let folder = project(&[("package-lock.json", r#"{"lockfileVersion":4}"#)]);
    let found = of(Some(&artifact), Some(folder.path()));
    assert!(found.packages.contains_key("pkg:npm/a"));
    assert!(
        matches!(outcomes(&found)["package-lock.json"], FileOutcome::Failed { error } if error.contains("version 4"))
    );
    let states: Vec<(&str, bool)> = found
        .catalogers
        .iter()
        .map(|status| (status.id.as_str(), matches!(status.state, CatalogerState::Failed { .. })))
        .collect();
    assert_eq!(states, [("javascript/npm-package-lock", true), ("javascript/package-json", false)]);
    assert!(!found.locks_read());
    // One of two files of a cataloger failed.
    let dir = tempdir().expect("a directory");
    let artifact = common::tarball(dir.path(), &[("package.json", MANIFEST), ("npm-shrinkwrap.json", "{")]);
    let folder = project(&[("npm-shrinkwrap.json", &lock("@acme/files-mcp"))]);
    let found = of(Some(&artifact), Some(folder.path()));
    assert!(matches!(&found.catalogers[0].state, CatalogerState::Partial { files } if files.len() == 1));
}

#[test]
fn installed_twice_is_one_package_and_other_bytes_are_two() {
    let digest = |byte: u8| format!("sha512-{}", STANDARD.encode([byte; 64]));
    let text = format!(
        r#"{{"name":"host","lockfileVersion":3,"packages":{{"":{{"name":"host","dependencies":{{"a":"1","b":"1"}}}},
        "node_modules/a":{{"version":"1.0.0","dependencies":{{"c":"1"}}}},
        "node_modules/a/node_modules/c":{{"version":"1.0.0","integrity":"{one}","dev":true}},
        "node_modules/b":{{"version":"1.0.0","dependencies":{{"c":"1","d":"1"}}}},
        "node_modules/b/node_modules/c":{{"version":"1.0.0","integrity":"{one}","dependencies":{{"d":"1"}}}},
        "node_modules/d":{{"version":"1.0.0","integrity":"{one}"}},
        "node_modules/b/node_modules/d":{{"version":"1.0.0","integrity":"{two}"}}}}}}"#,
        one = digest(1),
        two = digest(2),
    );
    let folder = project(&[("package-lock.json", &text)]);
    let found = of(None, Some(folder.path()));
    let c = &found.packages["pkg:npm/c@1.0.0"];
    // Needed at run time in one of the places: needed.
    assert_eq!((c.found.len(), c.scope, c.dependencies.len()), (2, Scope::Required, 1));
    let d: Vec<&str> = ids(&found).into_iter().filter(|id| id.starts_with("pkg:npm/d")).collect();
    assert_eq!(d.len(), 2);
    assert!(d.iter().all(|id| id.starts_with("pkg:npm/d@1.0.0#")));
    // Each is asked for by whom node gives it to.
    let one = found
        .packages
        .values()
        .find(|p| p.name == "d" && p.found.iter().any(|at| at.place == "node_modules/d"));
    let one = &one.expect("d at the top").id;
    assert!(!c.dependencies.contains(one));
    assert_eq!(found, of(None, Some(folder.path())));
}

#[test]
fn without_artifact_the_project_is_the_subject() {
    let folder = project(&[("package.json", MANIFEST), ("package-lock.json", &lock("@acme/files-mcp"))]);
    let found = of(None, Some(folder.path()));
    assert_eq!(found.subject.as_deref(), Some("pkg:npm/%40acme/files-mcp@1.4.0"));
    // Renamed since it was locked: still its own lock file.
    let folder = project(&[("package.json", MANIFEST), ("package-lock.json", &lock("old-name"))]);
    let found = of(None, Some(folder.path()));
    assert_eq!((found.subject, found.packages.len()), (None, 3));
}

#[test]
fn cargo_s_lock_file_beside_a_binary() {
    let dir = tempdir().expect("a directory");
    let binary = dir.path().join("server");
    fs::write(&binary, "\x7fELF").expect("written");
    let artifact = open(&binary).expect("a file");
    let folder = project(&[("Cargo.lock", include_str!("../src/catalog/cargo/testdata/v4.lock"))]);
    let found = of(Some(&artifact), Some(folder.path()));
    assert_eq!((found.packages.len(), found.subject.as_deref()), (7, None));
    assert_eq!(found.catalogers[0].id, "rust/cargo-lock");
    // A file alone: nothing to read, nothing claimed.
    assert_eq!(of(Some(&artifact), None), Inventory::default());
}

#[test]
fn more_packages_than_anybody_reads_are_refused_before_they_cost_much() {
    let dir = tempdir().expect("a directory");
    let asking = |count: usize| {
        let dependencies: Vec<String> = (0..count).map(|number| format!(r#""d{number}":"*""#)).collect();
        format!(r#"{{"name":"a","version":"1.0.0","dependencies":{{{}}}}}"#, dependencies.join(","))
    };
    let of = |count: usize| {
        let artifact = common::tarball(dir.path(), &[("package.json", &asking(count))]);
        inventory(&InventoryRoot { artifact: Some(&artifact), ..InventoryRoot::default() })
    };
    assert!(of(20_000).is_ok());
    assert!(matches!(of(25_000), Err(InventoryError::TooMany { limit: 25_000 })), "with the package itself");
}

#[test]
fn a_package_that_many_files_name_counts_once() {
    let dir = tempdir().expect("a directory");
    let notice = |at: usize| (format!("node_modules/p{at}/node_modules/same/package.json"), SAME);
    let files: Vec<(String, &str)> = (0..26_000).map(notice).collect();
    let root = ("package.json", r#"{"name":"a","version":"1.0.0"}"#);
    let files = files.iter().map(|(path, text)| (path.as_str(), *text));
    let artifact = common::tarball(dir.path(), &std::iter::once(root).chain(files).collect::<Vec<_>>());
    assert!(ids(&of(Some(&artifact), None)).contains(&"pkg:npm/same@1.0.0"));
}

const SAME: &str = r#"{"name":"same","version":"1.0.0"}"#;

/// A bundle: a ZIP archive.
fn bundle(dir: &TempDir, package_json: &str) -> Artifact {
    let manifest = r#"{"manifest_version":"0.2","name":"x","version":"1.1.0","description":"d","author":{"name":"a"},
        "server":{"type":"node","entry_point":"s.js","mcp_config":{"command":"node","args":["s.js"]}}}"#;
    let mut output = std::io::Cursor::new(Vec::new());
    let mut archive = rawzip::ZipArchiveWriter::new(&mut output);
    for (path, content) in [("manifest.json", manifest), ("package.json", package_json), ("s.js", "")] {
        let new = archive.new_file(path).compression_method(rawzip::CompressionMethod::DEFLATE);
        let (mut entry, config) = new.start().expect("an entry");
        let deflate = flate2::write::DeflateEncoder::new(&mut entry, flate2::Compression::fast());
        let mut writer = config.wrap(deflate);
        std::io::Write::write_all(&mut writer, content.as_bytes()).expect("written");
        let (deflate, descriptor) = writer.finish().expect("written");
        deflate.finish().expect("written");
        entry.finish(descriptor).expect("written");
    }
    archive.finish().expect("written");
    let path = dir.path().join("x.mcpb");
    fs::write(&path, output.into_inner()).expect("written");
    open(&path).expect("a bundle")
}

#[test]
fn a_bundle_is_the_package_that_it_holds_whatever_the_project_s_lock_file_says() {
    let dir = tempdir().expect("a directory");
    let manifest = r#"{"name":"x","version":"1.1.0","dependencies":{"a":"^1.0.0","new":"^2.0.0"},"optionalDependencies":{"o":"*"}}"#;
    let artifact = bundle(&dir, manifest);
    // yarn's lock file names no project, and npm's may be older than the manifest.
    let yarn = "# yarn lockfile v1\n\n\na@^1.0.0:\n  version \"1.0.0\"\n";
    for (name, text) in [("yarn.lock", yarn), ("package-lock.json", &lock("x"))] {
        let folder = project(&[("package.json", manifest), (name, text)]);
        let found = of(Some(&artifact), Some(folder.path()));
        assert!(!found.subject.as_deref().expect("a subject").starts_with("pkg:npm/"));
        let all = ids(&found);
        assert!(all.contains(&"pkg:npm/a@1.0.0") && all.contains(&"pkg:npm/new"), "{name}: {all:?}");
        assert!(!all.contains(&"pkg:npm/o"), "{name}: {all:?}");
        let mut roots = all.iter().filter(|id| id.starts_with("pkg:npm/x@"));
        let root = &found.packages[*roots.next().expect(name)];
        assert!(root.dependencies.contains("pkg:npm/new"), "{name}: {root:?}");
    }
}

#[test]
fn a_list_of_requirements_without_versions_is_no_lock_file() {
    let dir = tempdir().expect("a directory");
    let with = |requirements: &str| {
        let files = [("PKG-INFO", PKG_INFO), ("requirements.txt", requirements)];
        let artifact = common::packed(dir.path(), "files_mcp-1.4.0.tar.gz", "files_mcp-1.4.0", &files);
        let found = of(Some(&artifact), None);
        let mut files = found.files.iter().filter(|file| file.path == "requirements.txt");
        files.next().expect("it is read").pins
    };
    assert!(with("mcp==1.2.0\nzope.interface==7.0\n"));
    assert!(!with("mcp==1.2.0\nzope.interface>=7\n"));
}

/// A project may have several such lock files, for several purposes.
#[test]
fn a_lock_file_under_another_name_counts_where_it_is_named() {
    const PYLOCK: &str =
        "lock-version = \"1.0\"\ncreated-by = \"uv\"\n[[packages]]\nname = \"mcp\"\nversion = \"1.2.0\"\n";
    const UV: &str = "version = 1\n[[package]]\nname = \"mcp\"\nversion = \"1.2.0\"\nsource = { registry = \"https://registry.example/simple\" }\n";
    const GRADLE: &str = "com.example:mcp:1.2.0=classpath\nempty=\n";
    let folder = project(&[
        ("pylock.prod.toml", PYLOCK),
        ("serve.py.lock", UV),
        ("requirements-prod.txt", "-r more.txt\nmcp==1.2.0\n"),
        ("more.txt", "anyio==4.0\n"),
        ("buildscript-gradle.lockfile", GRADLE),
    ]);
    for (name, expected) in [
        ("pylock.prod.toml", &["pkg:pypi/mcp@1.2.0"][..]),
        ("serve.py.lock", &["pkg:pypi/mcp@1.2.0?repository_url=https:%2F%2Fregistry.example%2Fsimple"]),
        ("requirements-prod.txt", &["pkg:pypi/anyio@4.0", "pkg:pypi/mcp@1.2.0"]),
        ("buildscript-gradle.lockfile", &["pkg:maven/com.example/mcp@1.2.0"]),
    ] {
        let path = folder.path().join(name);
        let found = of(None, Some(&path));
        let ids: Vec<_> =
            ids(&found).into_iter().filter(|id| Some(*id) != found.subject.as_deref()).collect();
        assert_eq!(ids, expected, "{name}");
        assert!(found.known_gaps().is_empty(), "{name}");
    }
    // In the folder nobody says which of them is meant.
    let found = of(None, Some(folder.path()));
    assert!(found.packages.values().all(|package| package.origin == Origin::Root), "{:?}", ids(&found));
    let gaps: Vec<_> = found.known_gaps().into_iter().filter_map(|gap| gap.path).collect();
    assert_eq!(gaps, ["buildscript-gradle.lockfile", "pylock.prod.toml", "serve.py.lock"]);
}

#[test]
fn a_project_folder_that_cannot_be_read() {
    let missing =
        inventory(&InventoryRoot { project: Some(Path::new("/nonexistent")), ..InventoryRoot::default() });
    assert!(matches!(missing, Err(InventoryError::Io { .. })));
    // Links are not followed: the lock file that is signed is the one that lies there.
    let folder = project(&[]);
    std::os::unix::fs::symlink("/etc/passwd", folder.path().join("package-lock.json")).expect("a link");
    let link = inventory(&InventoryRoot { project: Some(folder.path()), ..InventoryRoot::default() });
    let error = link.expect_err("a link");
    assert!(matches!(&error, InventoryError::NotAFile { path, .. } if path.ends_with("package-lock.json")));
    assert!(error.to_string().ends_with("package-lock.json is a symbolic link, which is not followed"));
}

#[test]
fn folders_may_be_called_like_files_and_notices_that_are_none_are_gaps() {
    let folder = project(&[("package.json", MANIFEST), ("package-lock.json", &lock("@acme/files-mcp"))]);
    let without = of(None, Some(folder.path()));
    for name in ["third_party", "third-party", "3rdparty", "requirements.txt", "yarn.lock"] {
        fs::create_dir(folder.path().join(name)).expect("a folder");
    }
    let found = of(None, Some(folder.path()));
    assert_eq!(ids(&found), ids(&without));
    assert!(found.gaps.is_empty());
    std::os::unix::fs::symlink("/etc/passwd", folder.path().join("THIRD-PARTY-NOTICES.txt")).expect("a link");
    let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("thirdparty")).expect("a socket");
    let found = of(None, Some(folder.path()));
    let gaps: Vec<_> = found.gaps.iter().map(|gap| (gap.path.as_deref(), gap.reason.as_str())).collect();
    assert_eq!(
        gaps,
        [
            (Some("THIRD-PARTY-NOTICES.txt"), "a symbolic link, which is not followed"),
            (Some("thirdparty"), "not a regular file")
        ]
    );
    assert_eq!(ids(&found), ids(&without));
}

/// A tarball with one folder at the top, under a name.
const PKG_INFO: &str = "Metadata-Version: 2.4\nName: files-mcp\nVersion: 1.4.0\nLicense-Expression: MIT\n\
    Requires-Dist: mcp>=1.0\nRequires-Dist: Zope.Interface; python_version > '3'\n\
    Requires-Dist: pytest; extra == 'dev'\n\n<!-- mcp-name: io.github.acme/files -->\n";

#[test]
fn an_sdist_declares_its_dependencies() {
    let dir = tempdir().expect("a directory");
    let artifact =
        common::packed(dir.path(), "files_mcp-1.4.0.tar.gz", "files_mcp-1.4.0", &[("PKG-INFO", PKG_INFO)]);
    assert_eq!(artifact.mcp_name(), Some("io.github.acme/files"));
    let found = of(Some(&artifact), None);
    assert_eq!(found.subject.as_deref(), Some("pkg:pypi/files-mcp@1.4.0"));
    let scopes: Vec<_> = found.dependencies().map(|p| (p.id.as_str(), p.scope, p.origin.clone())).collect();
    assert_eq!(
        scopes,
        [
            ("pkg:pypi/mcp", Scope::Required, Origin::Declared),
            ("pkg:pypi/pytest", Scope::Optional, Origin::Declared),
            ("pkg:pypi/zope.interface", Scope::Required, Origin::Declared),
        ]
    );
    let root = &found.packages["pkg:pypi/files-mcp@1.4.0"];
    assert_eq!((root.completeness, root.dependencies.len()), (Completeness::Incomplete, 3));
}

#[test]
fn a_crate_s_lock_file_wins_over_what_it_declares() {
    let dir = tempdir().expect("a directory");
    let manifest =
        "[package]\nname = \"a\"\nversion = \"1.0.0\"\nlicense = \"MIT\"\n[dependencies]\nb = \"1\"\n";
    let lock = "version = 4\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\ndependencies = [\"b\"]\n\
        [[package]]\nname = \"b\"\nversion = \"1.2.3\"\n\
        source = \"registry+https://github.com/rust-lang/crates.io-index\"\n";
    let declared =
        of(Some(&common::packed(dir.path(), "a-1.0.0.crate", "a-1.0.0", &[("Cargo.toml", manifest)])), None);
    assert_eq!(declared.packages.keys().collect::<Vec<_>>(), ["pkg:cargo/a@1.0.0", "pkg:cargo/b"]);
    let files = [("Cargo.lock", lock), ("Cargo.toml", manifest)];
    let locked = of(Some(&common::packed(dir.path(), "a-1.0.0.crate", "a-1.0.0", &files)), None);
    assert_eq!(locked.packages.keys().collect::<Vec<_>>(), ["pkg:cargo/a@1.0.0", "pkg:cargo/b@1.2.3"]);
    assert_eq!(locked.subject.as_deref(), Some("pkg:cargo/a@1.0.0"));
}

#[test]
fn an_unpacked_bundle_lists_what_its_files_say() {
    let manifest = r#"{"manifest_version":"0.3","name":"files","version":"1.4.0","server":{"type":"node"}}"#;
    let folder = project(&[("manifest.json", manifest), ("package.json", MANIFEST)]);
    let artifact = open(folder.path()).expect("a tree");
    let purls: Vec<&str> = artifact.identity.iter().map(|identity| identity.purl.as_str()).collect();
    assert_eq!(purls, ["pkg:npm/%40acme/files-mcp@1.4.0", "pkg:generic/files@1.4.0"]);
    let found = of(Some(&artifact), None);
    assert!(
        found.packages.contains_key("pkg:generic/files@1.4.0") && found.packages.contains_key("pkg:npm/a")
    );
    // Some other program's manifest.json is none.
    let folder = project(&[("manifest.json", r#"{"manifest_version":3,"name":"x","version":"1"}"#)]);
    assert_eq!(of(Some(&open(folder.path()).expect("a tree")), None), Inventory::default());
}

#[test]
fn an_environment_is_what_is_installed_in_it() {
    let folder = project(&[]);
    for (name, version) in [("files-mcp", "1.4.0"), ("mcp", "2.3.0")] {
        let info = folder.path().join(format!("{name}-{version}.dist-info"));
        fs::create_dir(&info).expect("a directory");
        let text = format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nRequires-Dist: x\n");
        fs::write(info.join("METADATA"), text).expect("written");
    }
    let artifact = open(folder.path()).expect("a tree");
    assert!(artifact.identity.is_empty());
    let found = of(Some(&artifact), None);
    assert_eq!(found.packages.keys().collect::<Vec<_>>(), ["pkg:pypi/files-mcp@1.4.0", "pkg:pypi/mcp@2.3.0"]);
    assert!(found.packages.values().all(|package| package.completeness == Completeness::Unknown));
    assert!(found.files.iter().all(|file| file.outcome == FileOutcome::Used));
}

#[test]
fn catalogers_are_registered_once() {
    let mut ids: Vec<&str> = CATALOGERS.iter().map(|cataloger| cataloger.id()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), CATALOGERS.len());
}

/// Verification leaves it open what lies in a file that one of them did not understand.
#[test]
fn whoever_reads_what_lies_in_an_artifact_is_known_to_the_verifier() {
    for cataloger in CATALOGERS {
        // It names no package, but whose the packages beside it are.
        let is_system = cataloger.id() == "os/release";
        let is_installed = cataloger.role() == Role::Contents || cataloger.id() == "python/metadata";
        assert_eq!(says_what_is_there(cataloger.id()), is_installed && !is_system, "{}", cataloger.id());
    }
}
