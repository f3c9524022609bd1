//! What lies in artifacts themselves, and lock files that do not name their project.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot set up has failed")]

mod common;

use std::collections::BTreeSet;
use std::path::Path;

use mcpsign_collect::artifact::{Artifact, open};
use mcpsign_collect::catalog::{InventoryRoot, inventory};
use mcpsign_schemas::inventory::{
    Completeness, FileOutcome, GapKind, HashAlgorithm, Inventory, Means, Scope,
};
use tempfile::{TempDir, tempdir};

use common::text_folder as folder;

fn tarball(files: &[(&str, &str)]) -> (TempDir, Artifact) {
    let dir = tempdir().expect("a directory");
    let artifact = common::tarball(dir.path(), files);
    (dir, artifact)
}

fn of(artifact: Option<&Artifact>, project: Option<&Path>) -> Inventory {
    inventory(&InventoryRoot { artifact, project, ..InventoryRoot::default() }).expect("an inventory")
}

fn of_folder(dir: &Path) -> Inventory {
    of(Some(&open(dir).expect("a tree")), None)
}

fn asks<'i>(inventory: &'i Inventory, id: &str) -> Vec<&'i str> {
    inventory.packages[id].dependencies.iter().map(String::as_str).collect()
}

const SERVER: &str = r#"{"name":"notes-mcp","version":"1.4.0","dependencies":{"@modelcontextprotocol/sdk":"1.29.0","chokidar":"^3.6.0","debug":"2.6.9","schema":"npm:zod@3.25.76"},"optionalDependencies":{"bufferutil":"^4.0.8"},"devDependencies":{"esbuild":"^0.25.0","typescript":"5.9.3"}}"#;
const NOTES: &str = "pkg:npm/notes-mcp@1.4.0";

#[test]
fn lock_files_that_do_not_name_their_project_are_its_own() {
    for (name, lock) in [
        ("yarn.lock", include_str!("../src/catalog/npm/testdata/notes/yarn-1.lock")),
        ("yarn.lock", include_str!("../src/catalog/npm/testdata/notes/yarn-4.lock")),
        ("pnpm-lock.yaml", include_str!("../src/catalog/npm/testdata/notes/pnpm-9.0.yaml")),
        ("pnpm-lock.yaml", include_str!("../src/catalog/npm/testdata/notes/pnpm-5.3.yaml")),
        ("package-lock.json", include_str!("../src/catalog/npm/testdata/notes/npm-v1.json")),
        ("bun.lock", include_str!("../src/catalog/npm/testdata/notes/bun.lock")),
    ] {
        let (_dir, artifact) = tarball(&[("package.json", SERVER)]);
        let project = folder(&[("package.json", SERVER), (name, lock)]);
        let found = of(Some(&artifact), Some(project.path()));
        let subject = found.subject.as_deref().expect(name);
        assert!(subject.starts_with("pkg:npm/notes-mcp"), "{name}: {subject}");
        let own = asks(&found, subject);
        for purl in [
            "pkg:npm/%40modelcontextprotocol/sdk@1.29.0",
            "pkg:npm/chokidar@3.6.0",
            "pkg:npm/debug@2.6.9",
            "pkg:npm/zod@3.25.76",
            "pkg:npm/bufferutil@4.1.0",
        ] {
            assert!(own.contains(&purl), "{name}: {purl} is not among {own:?}");
        }
        assert_eq!(found.packages[subject].completeness, Completeness::Complete, "{name}");
        let scope = |id: &str| found.packages.get(id).map(|package| package.scope);
        assert_eq!(scope("pkg:npm/express@5.3.0"), Some(Scope::Required), "{name}");
        assert_eq!(scope("pkg:npm/bufferutil@4.1.0"), Some(Scope::Optional), "{name}");
        assert_eq!(scope("pkg:npm/typescript@5.9.3"), Some(Scope::Development), "{name}");
        assert!(
            found.files.iter().any(|file| file.path == name && file.outcome == FileOutcome::Used),
            "{name}"
        );
    }
}

#[test]
fn another_project_s_lock_file_without_a_name_is_unrelated() {
    let lock = include_str!("../src/catalog/npm/testdata/notes/yarn-1.lock");
    let (_dir, artifact) = tarball(&[("package.json", SERVER)]);
    let other = SERVER.replace("notes-mcp", "other-mcp");
    let project = folder(&[("package.json", &other), ("yarn.lock", lock)]);
    let found = of(Some(&artifact), Some(project.path()));
    assert!(
        found.files.iter().any(|file| file.path == "yarn.lock" && file.outcome == FileOutcome::Unrelated)
    );
    assert!(!found.packages.contains_key("pkg:npm/express@5.3.0"));
}

#[test]
fn python_s_lock_files_belong_to_what_pyproject_names() {
    let pyproject = include_str!("../src/catalog/pypi/testdata/notes/pyproject.toml");
    for (name, lock) in [
        ("uv.lock", include_str!("../src/catalog/pypi/testdata/notes/uv.lock")),
        ("poetry.lock", include_str!("../src/catalog/pypi/testdata/notes/poetry.lock")),
        ("pdm.lock", include_str!("../src/catalog/pypi/testdata/notes/pdm.lock")),
    ] {
        let project = folder(&[("pyproject.toml", pyproject), (name, lock)]);
        let found = of(None, Some(project.path()));
        let subject = found.subject.as_deref().expect(name);
        assert_eq!(subject, "pkg:pypi/notes-mcp@1.4.0", "{name}");
        let own = asks(&found, subject);
        // uv and Poetry say of which index it is.
        let index =
            if name == "pdm.lock" { "" } else { "?repository_url=https:%2F%2Fregistry.example%2Fsimple" };
        let httpx = format!("pkg:pypi/httpx@0.28.1{index}");
        assert!(own.contains(&httpx.as_str()), "{name}: {own:?}");
        assert_eq!(found.packages[&httpx].scope, Scope::Required, "{name}");
    }
}

/// An address tells no name: which package it is pnpm writes down, and what is called like its key is another one.
#[test]
fn what_pnpm_resolved_an_address_to_is_what_was_asked_for() {
    let manifest = r#"{"name":"p","version":"1.0.0","dependencies":{"isn":"https://registry.example/is-number/-/is-number-7.0.0.tgz","mine":"u/r"}}"#;
    let lock = "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      isn:\n        specifier: https://registry.example/is-number/-/is-number-7.0.0.tgz\n        \
                version: is-number@7.0.0\n      mine:\n        specifier: u/r\n        version: other@https://git.example/u/r/tar.gz/4f6c2a1\n\
                packages:\n  is-number@7.0.0:\n    resolution: {}\n  other@https://git.example/u/r/tar.gz/4f6c2a1:\n    resolution: {tarball: https://git.example/u/r/tar.gz/4f6c2a1}\n    version: 2.0.0\n\
                snapshots:\n  is-number@7.0.0: {}\n  other@https://git.example/u/r/tar.gz/4f6c2a1: {}\n";
    let project = folder(&[("package.json", manifest), ("pnpm-lock.yaml", lock)]);
    let found = of(None, Some(project.path()));
    let other = "pkg:npm/other@2.0.0?download_url=https:%2F%2Fgit.example%2Fu%2Fr%2Ftar.gz%2F4f6c2a1";
    let root = "pkg:npm/p@1.0.0";
    assert_eq!(asks(&found, root), ["pkg:npm/is-number@7.0.0", other]);
    assert_eq!(found.packages.keys().collect::<Vec<_>>(), ["pkg:npm/is-number@7.0.0", other, root]);
    assert_eq!(found.packages[root].completeness, Completeness::Complete);
}

/// What `npm install` in an empty folder leaves has no name in its package.json.
#[test]
fn a_project_without_a_name_is_called_like_its_folder() {
    let bare = r#"{"dependencies":{"zod":"^3.25.0"},"devDependencies":{"dev":"1"}}"#;
    let npm = r#"{"name":"bare","lockfileVersion":3,"packages":{"":{"dependencies":{"zod":"^3.25.0"}},"node_modules/zod":{"version":"3.25.76"}}}"#;
    let yarn = "zod@^3.25.0:\n  version \"3.25.76\"\n\ndev@1:\n  version \"1.0.0\"\n";
    for (lock, text) in [("none", ""), ("package-lock.json", npm), ("yarn.lock", yarn)] {
        let dir = folder(&[("bare/package.json", bare), (&format!("bare/{lock}"), text)]);
        let found = of(None, Some(&dir.path().join("bare")));
        assert_eq!(found.subject.as_deref(), Some("pkg:npm/bare"), "{lock}");
        let zod = if lock == "none" { "pkg:npm/zod" } else { "pkg:npm/zod@3.25.76" };
        assert_eq!(asks(&found, "pkg:npm/bare"), [zod], "{lock}");
        assert!(found.known_gaps().is_empty(), "{lock}: {:?}", found.known_gaps());
        let development = found.packages.get("pkg:npm/dev@1.0.0").map(|package| package.scope);
        assert_eq!(development, (lock == "yarn.lock").then_some(Scope::Development), "{lock}");
    }
    // A lock file alone says which project it is of.
    let lock = "version = 4\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n";
    let dir = folder(&[("Cargo.lock", lock)]);
    assert_eq!(of(None, Some(dir.path())).subject.as_deref(), Some("pkg:cargo/a@1.0.0"));
}

#[test]
fn a_project_has_the_version_and_licence_of_its_manifest() {
    let yarn = "__metadata:\n  version: 8\n\"a@workspace:.\":\n  version: 0.0.0-use.local\n  resolution: \"a@workspace:.\"\n";
    let uv = "version = 1\n[[package]]\nname = \"a\"\nversion = \"1.4.0\"\nsource = { virtual = \".\" }\n";
    let cargo = "version = 4\n[[package]]\nname = \"a\"\nversion = \"1.4.0\"\n";
    let package = r#"{"name":"a","version":"1.4.0","license":"MIT"}"#;
    let pyproject = "[project]\nname = \"a\"\nversion = \"1.4.0\"\nlicense = \"MIT\"\n";
    let crate_ = "[package]\nname = \"a\"\nversion = \"1.4.0\"\nlicense = \"MIT\"\n";
    for (files, subject) in [
        ([("package.json", package), ("yarn.lock", yarn)], "pkg:npm/a@1.4.0"),
        ([("pyproject.toml", pyproject), ("uv.lock", uv)], "pkg:pypi/a@1.4.0"),
        ([("Cargo.toml", crate_), ("Cargo.lock", cargo)], "pkg:cargo/a@1.4.0"),
    ] {
        let dir = folder(&files);
        let found = of(None, Some(dir.path()));
        assert_eq!(found.subject.as_deref(), Some(subject));
        assert_eq!(found.packages.len(), 1, "{subject}");
        let own = &found.packages[subject];
        assert_eq!(own.version.as_deref(), Some("1.4.0"), "{subject}");
        assert!(own.licenses.contains("MIT"), "{subject}");
    }
}

#[test]
fn what_a_list_of_requirements_leaves_open_is_a_gap() {
    let pyproject = "[project]\nname = \"a\"\nversion = \"1\"\ndependencies = [\"b\"]\n";
    let list = "-e .\nb==1.0\n-r more.txt\n";
    let dir = folder(&[("pyproject.toml", pyproject), ("requirements.txt", list)]);
    let found = of(None, Some(dir.path()));
    assert_eq!(asks(&found, "pkg:pypi/a@1"), ["pkg:pypi/b@1.0"]);
    let gaps: Vec<String> = found.known_gaps().into_iter().map(|gap| gap.reason).collect();
    assert_eq!(gaps, ["line 3: it names `more.txt`, which is not there, or no file of its own"]);
}

#[test]
fn a_byte_order_mark_hides_nothing() {
    let mark = |text: &str| format!("\u{feff}{text}");
    let yarn = include_str!("../src/catalog/npm/testdata/notes/yarn-1.lock");
    let project = folder(&[("package.json", &mark(SERVER)), ("yarn.lock", &mark(yarn))]);
    let found = of(None, Some(project.path()));
    assert_eq!(found.subject.as_deref(), Some(NOTES));
    assert!(found.packages.contains_key("pkg:npm/express@5.3.0"));
    assert!(found.known_gaps().is_empty(), "{:?}", found.known_gaps());
}

#[test]
fn what_is_installed_stands_for_what_was_asked_for() {
    let files = [
        (
            "package.json",
            r#"{"name":"notes-mcp","version":"1.4.0","dependencies":{"a":"^1","gone":"^1"},"optionalDependencies":{"d":"^1"}}"#,
        ),
        ("node_modules/d/package.json", r#"{"name":"d","version":"1.0.0","dependencies":{"of-d":"1"}}"#),
        ("node_modules/of-d/package.json", r#"{"name":"of-d","version":"1.0.0"}"#),
        (
            "node_modules/a/package.json",
            r#"{"name":"a","version":"1.0.0","license":"MIT","dependencies":{"b":"*"},"optionalDependencies":{"a-linux":"1"}}"#,
        ),
        ("node_modules/a-linux/package.json", r#"{"name":"a-linux","version":"1.0.0"}"#),
        (
            "node_modules/a/node_modules/b/package.json",
            r#"{"name":"b","version":"2.0.0","scripts":{"install":"x"}}"#,
        ),
        ("node_modules/b/package.json", r#"{"name":"b","version":"1.0.0"}"#),
        ("node_modules/a/test/package.json", r#"{"name":"no-package","version":"1.0.0"}"#),
        ("node_modules/broken/package.json", "{"),
    ];
    let (_dir, artifact) = tarball(&files);
    let found = of(Some(&artifact), None);
    assert_eq!(asks(&found, NOTES), ["pkg:npm/a@1.0.0", "pkg:npm/d@1.0.0", "pkg:npm/gone"]);
    assert_eq!(asks(&found, "pkg:npm/a@1.0.0"), ["pkg:npm/a-linux@1.0.0", "pkg:npm/b@2.0.0"]);
    for (id, scope) in [
        ("pkg:npm/a@1.0.0", Scope::Required),
        ("pkg:npm/b@2.0.0", Scope::Required),
        ("pkg:npm/a-linux@1.0.0", Scope::Optional),
        ("pkg:npm/d@1.0.0", Scope::Optional),
        ("pkg:npm/of-d@1.0.0", Scope::Optional),
        ("pkg:npm/b@1.0.0", Scope::Unstated),
    ] {
        assert_eq!(found.packages[id].scope, scope, "{id}");
    }
    assert!(found.packages.contains_key("pkg:npm/b@1.0.0"), "in the bytes, though nobody asks for it");
    assert!(!found.packages.keys().any(|id| id.contains("no-package")));
    let b = &found.packages["pkg:npm/b@2.0.0"];
    assert!(b.install_script && b.means() == Means::Installed);
    let broken = found.known_gaps();
    assert!(
        broken.iter().any(|gap| gap.path.as_deref() == Some("node_modules/broken/package.json")),
        "{broken:?}"
    );
}

#[test]
fn bundled_code_belongs_to_whose_file_it_is_in() {
    let files = [
        ("package.json", r#"{"name":"notes-mcp","version":"1.4.0","dependencies":{"a":"^1"}}"#),
        ("dist/index.js.LICENSE.txt", "/*! own v3.0.0 | MIT */\n"),
        (
            "dist/index.js.map",
            r#"{"version":3,"sources":["../node_modules/own/x.js","../node_modules/only-path/x.js"]}"#,
        ),
        ("node_modules/a/package.json", r#"{"name":"a","version":"1.0.0"}"#),
        ("node_modules/a/lib/bundle.js.LICENSE", "- inner@2.0.0 (https://x)\n"),
    ];
    let (_dir, artifact) = tarball(&files);
    let found = of(Some(&artifact), None);
    assert_eq!(asks(&found, NOTES), ["pkg:npm/a@1.0.0", "pkg:npm/only-path", "pkg:npm/own@3.0.0"]);
    assert_eq!(asks(&found, "pkg:npm/a@1.0.0"), ["pkg:npm/inner@2.0.0"]);
    let own = &found.packages["pkg:npm/own@3.0.0"];
    // Confirmed by the map, which tells no version.
    assert_eq!(own.found.len(), 2, "{:?}", own.found);
    assert!(own.bundled && own.means() == Means::BundleNotice);
}

#[test]
fn a_root_folder_has_packages_of_its_distribution() {
    let root = folder(&[
        ("etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n"),
        (
            "var/lib/dpkg/status",
            "Package: libc6\nStatus: install ok installed\nVersion: 2.36-9\nArchitecture: amd64\n",
        ),
        (
            "usr/lib/python3/dist-packages/mcp-1.0.dist-info/METADATA",
            "Metadata-Version: 2.1\nName: mcp\nVersion: 1.0\n",
        ),
        (
            "usr/share/doc/libc6/copyright",
            "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nLicense: LGPL-2.1+\n",
        ),
        ("var/lib/rpm/rpmdb.sqlite", "SQLite format 3"),
    ]);
    let found = of(Some(&open(root.path()).expect("a tree")), None);
    let ids: Vec<&str> = found.packages.keys().map(String::as_str).collect();
    let libc = "pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12";
    assert_eq!(ids, [libc, "pkg:pypi/mcp@1.0"]);
    assert_eq!(found.packages[libc].licenses, BTreeSet::from(["LGPL-2.1-or-later".to_owned()]));
    let gaps = found.known_gaps();
    assert!(
        matches!(gaps.as_slice(), [gap] if gap.path.as_deref() == Some("var/lib/rpm/rpmdb.sqlite")),
        "{gaps:?}"
    );
}

#[test]
fn rpm_s_database_is_that_of_the_distribution_beside_it() {
    let database = include_bytes!("../src/catalog/os/rpm/testdata/Packages.db");
    let root = folder(&[
        ("etc/os-release", "ID=\"sles\"\nVERSION_ID=\"15.5\"\n"),
        ("var/lib/rpm/rpmdb.sqlite-wal", "x"),
    ]);
    let place = root.path().join("usr/lib/sysimage/rpm");
    std::fs::create_dir_all(&place).expect("a folder");
    std::fs::write(place.join("Packages.db"), database).expect("a file");
    let found = of(Some(&open(root.path()).expect("a tree")), None);
    let tiny =
        "pkg:rpm/suse/tiny@1.2-3.el9?arch=x86_64&distro=sles-15.5&epoch=1&upstream=tiny-1.2-3.el9.src.rpm";
    assert_eq!(found.packages.len(), 3, "{:?}", found.packages.keys());
    let tiny = &found.packages[tiny];
    assert_eq!(
        (tiny.means(), tiny.licenses.first().map(String::as_str)),
        (Means::Installed, Some("GPLv2+ and MIT"))
    );
    let gaps = found.known_gaps();
    assert!(matches!(gaps.as_slice(), [gap] if gap.reason.starts_with("a journal")), "{gaps:?}");
}

/// A lock file in the package does not say away what npm runs.
#[test]
fn i12_what_package_json_runs_counts_whatever_a_lock_file_beside_it_says() {
    let package = r#"{"name":"notes-mcp","version":"1.4.0","scripts":{"postinstall":"node steal.js"}}"#;
    let lock = |name: &str| {
        format!(
            r#"{{"name":"{name}","version":"1.4.0","lockfileVersion":3,"packages":{{"":{{"name":"{name}","version":"1.4.0"}}}}}}"#
        )
    };
    for (file, name) in [
        ("npm-shrinkwrap.json", "notes-mcp"),
        ("package-lock.json", "notes-mcp"),
        ("npm-shrinkwrap.json", "x"),
    ] {
        let (_dir, artifact) = tarball(&[("package.json", package), (file, &lock(name))]);
        let found = of(Some(&artifact), None);
        assert!(
            found.files.iter().any(|found| found.path == file && found.outcome == FileOutcome::Used),
            "{file} {name}: {:?}",
            found.files
        );
        let scripted: Vec<&str> =
            found.packages.values().filter(|package| package.install_script).map(|p| p.id.as_str()).collect();
        assert_eq!(scripted.len(), 1, "{file} {name}: {scripted:?}");
    }
    let (_dir, artifact) = tarball(&[
        ("package.json", &package.replace("postinstall", "start")),
        ("npm-shrinkwrap.json", &lock("notes-mcp")),
    ]);
    assert!(!of(Some(&artifact), None).packages.values().any(|package| package.install_script));
}

#[test]
fn i12_what_npm_builds_runs_when_it_is_installed() {
    let gyp = "{'targets':[]}";
    let (_dir, artifact) = tarball(&[
        ("package.json", r#"{"name":"notes-mcp","version":"1.4.0","bundleDependencies":["a","b","c"]}"#),
        ("binding.gyp", gyp),
        ("node_modules/a/package.json", r#"{"name":"a","version":"1.0.0"}"#),
        ("node_modules/a/binding.gyp", gyp),
        ("node_modules/b/package.json", r#"{"name":"b","version":"1.0.0","gypfile":false}"#),
        ("node_modules/b/binding.gyp", gyp),
        ("node_modules/c/package.json", r#"{"name":"c","version":"1.0.0"}"#),
        ("node_modules/c/src/binding.gyp", gyp),
    ]);
    let found = of(Some(&artifact), None);
    let scripted: Vec<&str> =
        found.packages.values().filter(|one| one.install_script).map(|one| one.id.as_str()).collect();
    assert_eq!(scripted, ["pkg:npm/a@1.0.0", NOTES]);
}

#[test]
fn i12_a_script_behind_what_strict_readers_refuse_is_found() {
    let script = r#""scripts":{"postinstall":"x"}}"#;
    let marked = format!("\u{feff}{{\"name\":\"a\",\"version\":\"1.0.0\",{script}");
    let twice = format!(r#"{{"name":"b","version":"1.0.0","main":"x","main":"y",{script}"#);
    let (_dir, artifact) = tarball(&[
        ("package.json", SERVER),
        ("node_modules/a/package.json", &marked),
        ("node_modules/b/package.json", &twice),
        ("node_modules/c/package.json", "{"),
    ]);
    let found = of(Some(&artifact), None);
    for id in ["pkg:npm/a@1.0.0", "pkg:npm/b@1.0.0"] {
        assert!(found.packages[id].install_script, "{id}");
    }
    let failed = |path: &str| {
        found.files.iter().any(|file| file.path == path && matches!(file.outcome, FileOutcome::Failed { .. }))
    };
    assert!(failed("node_modules/c/package.json") && !failed("node_modules/a/package.json"));
}

/// yarn 1 does not say what the members of a workspace ask for: none of it is for development alone.
#[test]
fn what_members_of_a_workspace_ask_for_is_not_called_development() {
    let lock = "a@1:\n  version \"1.0.0\"\n\nof-member@1:\n  version \"1.0.0\"\n";
    let berry = "__metadata:\n  version: 8\n\"a@npm:1\":\n  version: 1.0.0\n  resolution: \"a@npm:1.0.0\"\n\
                 \"of-member@npm:1\":\n  version: 1.0.0\n  resolution: \"of-member@npm:1.0.0\"\n";
    for lock in [lock, berry] {
        for (workspaces, scope) in [
            ("", Scope::Development),
            (r#","workspaces":[]"#, Scope::Development),
            (r#","workspaces":["packages/*"]"#, Scope::Unstated),
            (r#","workspaces":{"packages":["packages/*"]}"#, Scope::Unstated),
        ] {
            let manifest = format!(r#"{{"name":"p","dependencies":{{"a":"1"}}{workspaces}}}"#);
            let project = folder(&[("package.json", &manifest), ("yarn.lock", lock)]);
            let found = of(None, Some(project.path()));
            assert_eq!(found.packages["pkg:npm/a@1.0.0"].scope, Scope::Required);
            assert_eq!(found.packages["pkg:npm/of-member@1.0.0"].scope, scope, "{workspaces}");
        }
    }
}

/// Thousands of one name, and as many that ask for it, are not held against each other.
#[test]
fn b48_wishes_of_one_name_are_answered_together() {
    const MANY: usize = 2_000;
    let wishes: Vec<String> = (0..MANY).map(|at| format!("\"a>={at}\"")).collect();
    let pyproject =
        format!("[project]\nname = \"p\"\nversion = \"1\"\ndependencies = [{}]\n", wishes.join(", "));
    let packages: String = (0..MANY)
        .map(|at| format!("[[package]]\nname = \"a\"\nversion = \"{at}\"\noptional = false\ngroups = [\"main\"]\nfiles = []\n"))
        .collect();
    let lock = format!("{packages}[metadata]\nlock-version = \"2.1\"\n");
    let project = folder(&[("pyproject.toml", &pyproject), ("poetry.lock", &lock)]);
    let found = of(None, Some(project.path()));
    assert_eq!((asks(&found, "pkg:pypi/p@1").len(), found.packages.len()), (MANY, MANY + 1));
}

/// yarn's lock files do not say what members of a workspace ask for, or not what for: their package.json does.
#[test]
fn what_members_of_a_workspace_need_is_required() {
    let root = r#"{"name":"p","private":true,"workspaces":["packages/*"],"devDependencies":{"lint":"1"}}"#;
    let wa = r#"{"name":"wa","version":"1.0.0","dependencies":{"chalk":"^5"},"devDependencies":{"dev":"1"}}"#;
    let wb = r#"{"name":"wb","version":"1.0.0","dependencies":{"wa":"1.0.0"},"optionalDependencies":{"maybe":"1"}}"#;
    let classic = "# yarn lockfile v1\n\nchalk@^5:\n  version \"5.3.0\"\n  dependencies:\n    deep \"1\"\n\ndeep@1:\n  version \"1.0.0\"\n\n\
                   dev@1:\n  version \"1.0.0\"\n\nlint@1:\n  version \"1.0.0\"\n\nmaybe@1:\n  version \"1.0.0\"\n";
    let entry = |key: &str, version: &str, asks: &str| {
        let name = key.split('@').next().expect("a name");
        format!("\"{key}\":\n  version: {version}\n  resolution: \"{name}@npm:{version}\"\n{asks}\n")
    };
    let member = |name: &str, asks: &str| {
        format!(
            "\"{name}@workspace:packages/{name}\":\n  version: 0.0.0-use.local\n  resolution: \"{name}@workspace:packages/{name}\"\n  dependencies:\n{asks}\n"
        )
    };
    let berry = [
        "__metadata:\n  version: 8\n\n".to_owned(),
        entry("chalk@npm:^5", "5.3.0", "  dependencies:\n    deep: \"npm:1\"\n"),
        entry("deep@npm:1", "1.0.0", ""),
        entry("dev@npm:1", "1.0.0", ""),
        entry("lint@npm:1", "1.0.0", ""),
        entry("maybe@npm:1", "1.0.0", ""),
        "\"p@workspace:.\":\n  version: 0.0.0-use.local\n  resolution: \"p@workspace:.\"\n  dependencies:\n    lint: \"npm:1\"\n\n".to_owned(),
        member("wa", "    chalk: \"npm:^5\"\n    dev: \"npm:1\"\n"),
        member("wb", "    maybe: \"npm:1\"\n    wa: \"npm:1.0.0\"\n"),
    ]
    .concat()
    .replace("\"wa@workspace:packages/wa\":", "\"wa@npm:1.0.0, wa@workspace:packages/wa\":");
    for (which, lock) in [("classic", classic), ("berry", &berry)] {
        let files = [
            ("package.json", root),
            ("yarn.lock", lock),
            ("packages/wa/package.json", wa),
            ("packages/wb/package.json", wb),
        ];
        let project = folder(&files);
        let found = of(None, Some(project.path()));
        let scope = |id: &str| found.packages.get(id).map(|package| package.scope);
        for (id, expected) in [
            ("pkg:npm/chalk@5.3.0", Scope::Required),
            ("pkg:npm/deep@1.0.0", Scope::Required),
            ("pkg:npm/maybe@1.0.0", Scope::Optional),
            ("pkg:npm/dev@1.0.0", Scope::Development),
            ("pkg:npm/lint@1.0.0", Scope::Development),
        ] {
            assert_eq!(scope(id), Some(expected), "{which}: {id}");
        }
        let members = (which == "berry").then_some(Scope::Required);
        assert_eq!((scope("pkg:npm/wa"), scope("pkg:npm/wb")), (members, members), "{which}");
        // What one of them asks for nobody knows.
        std::fs::write(project.path().join("packages/wb/package.json"), "{").expect("written");
        let found = of(None, Some(project.path()));
        assert_eq!(found.packages["pkg:npm/dev@1.0.0"].scope, Scope::Unstated, "{which}");
    }
}

/// A lock file that nobody here reads pins something all the same.
#[test]
fn a_lock_file_of_another_tool_leaves_its_project_incomplete() {
    let project = folder(&[("package.json", r#"{"name":"p","version":"1.0.0"}"#), ("deno.lock", "{}")]);
    let found = of(None, Some(project.path()));
    assert!(found.known_gaps().iter().any(|gap| gap.path.as_deref() == Some("deno.lock")));
    assert!(!found.locks_read());
}

/// What a program or a build decides is not known, unless another file of the ecosystem says it.
#[test]
fn manifests_that_are_not_read_are_gaps_where_nothing_else_says_what_they_would() {
    let pyproject = "[project]\nname = \"p\"\nversion = \"1\"\n";
    let config = r#"<packages><package id="A" version="1.0.0"/></packages>"#;
    for (files, expected) in [
        (&[("setup.py", "x")][..], &["setup.py"][..]),
        (&[("setup.py", "x"), ("pyproject.toml", "[build-system]\nrequires = []\n")], &["setup.py"]),
        (&[("setup.py", "x"), ("pyproject.toml", pyproject)], &[]),
        (&[("setup.py", "x"), ("Pipfile", "[packages]\na = \"*\"\n")], &[]),
        (&[("pom.xml", "<project/>"), ("environment.yml", "name: x\n")], &["environment.yml", "pom.xml"]),
        (&[("P.csproj", "<Project/>")], &["P.csproj"]),
        (&[("P.csproj", "<Project/>"), ("packages.config", config)], &[]),
        (&[("go.mod", "module a.example/b\n"), ("go.work", "go 1.24\n")], &["go.work"]),
    ] {
        let project = folder(files);
        let found = of(None, Some(project.path()));
        let gaps: Vec<_> = found.known_gaps().into_iter().filter_map(|gap| gap.path).collect();
        assert_eq!(gaps, expected, "{files:?}");
        assert!(found.locks_read(), "{files:?}");
    }
    let project = folder(&[("packages.config", config)]);
    assert!(of(None, Some(project.path())).packages.contains_key("pkg:nuget/A@1.0.0"));
}

/// Where installers keep one copy of each package, and link to it.
#[test]
fn what_lies_in_the_store_of_an_installer_is_installed() {
    let manifest = |name: &str, asks: &str| {
        format!(r#"{{"name":"{name}","version":"1.0.0","dependencies":{{{asks}}}}}"#)
    };
    let (a, b) = (manifest("a", r#""b":"^1""#), manifest("b", ""));
    for (of_a, of_b) in [
        ("node_modules/.pnpm/a@1.0.0/node_modules/a", "node_modules/.pnpm/b@1.0.0/node_modules/b"),
        ("node_modules/.bun/a@1.0.0/node_modules/a", "node_modules/.bun/b@1.0.0/node_modules/b"),
        ("node_modules/.deno/a@1.0.0/node_modules/a", "node_modules/.deno/b@1.0.0/node_modules/b"),
        (
            "node_modules/.store/a@1.0.0-MFZ0/node_modules/a",
            "node_modules/.store/b@1.0.0-K0LL/node_modules/b",
        ),
        (
            "node_modules/.store/a-npm-1.0.0-0a1b2c3d4e/package",
            "node_modules/.store/b-npm-1.0.0-5f6a7b8c9d/package",
        ),
    ] {
        let (a_file, b_file) = (format!("{of_a}/package.json"), format!("{of_b}/package.json"));
        let root = manifest("p", r#""a":"^1""#);
        let tree = folder(&[("package.json", &root), (&a_file, &a), (&b_file, &b)]);
        let found = of(Some(&open(tree.path()).expect("a tree")), None);
        assert_eq!(asks(&found, "pkg:npm/p@1.0.0"), ["pkg:npm/a@1.0.0"], "{of_a}");
        assert_eq!(asks(&found, "pkg:npm/a@1.0.0"), ["pkg:npm/b@1.0.0"], "{of_a}");
        assert_eq!(found.packages["pkg:npm/b@1.0.0"].means(), Means::Installed, "{of_b}");
    }
}

/// npm's linked strategy notes the folders of its store too.
#[test]
fn folders_of_npm_s_store_are_no_packages() {
    let lock = r#"{"name":"p","version":"1.0.0","lockfileVersion":3,"packages":{"":{"name":"p","version":"1.0.0","dependencies":{"a":"1"}},
        "node_modules/a":{"resolved":"node_modules/.store/a@1.0.0-MFZ0/node_modules/a","link":true},
        "node_modules/.store/a@1.0.0-MFZ0":{},"node_modules/.store/a@1.0.0-MFZ0/node_modules/a":{"version":"1.0.0"}}}"#;
    let project =
        folder(&[("package.json", r#"{"name":"p","version":"1.0.0"}"#), ("package-lock.json", lock)]);
    let found = of(None, Some(project.path()));
    assert_eq!(found.known_gaps(), []);
    assert_eq!(found.packages.keys().collect::<Vec<_>>(), ["pkg:npm/a@1.0.0", "pkg:npm/p@1.0.0"]);
    let other = lock.replace("node_modules/.store/a@1.0.0-MFZ0\":{}", "node_modules/a@1.0.0\":{}");
    let project = folder(&[("package-lock.json", &other)]);
    assert_eq!(of(None, Some(project.path())).known_gaps().len(), 1);
}

/// What a manifest asks for from elsewhere is not the registry's package of that name.
#[test]
fn wishes_from_elsewhere_are_told_from_the_registry_s() {
    let npm = r#"{"name":"p","version":"1.0.0","dependencies":{"evil":"me/fork","tarb":"https://x.example/t.tgz","loc":"file:../loc",
        "path":"jsr:@std/path@1","plain":"^1"}}"#;
    let project = folder(&[("package.json", npm)]);
    let found = of(None, Some(project.path()));
    assert_eq!(
        asks(&found, "pkg:npm/p@1.0.0"),
        [
            "pkg:npm/%40jsr/std__path",
            "pkg:npm/evil?vcs_url=git%2Bhttps:%2F%2Fgithub.com%2Fme%2Ffork.git",
            "pkg:npm/loc?download_url=(unreadable)",
            "pkg:npm/plain",
            "pkg:npm/tarb?download_url=https:%2F%2Fx.example%2Ft.tgz",
        ]
    );
    let pyproject = "[project]\nname = \"p\"\nversion = \"1\"\ndependencies = [\"evil @ git+https://git.example/x/y.git@main\", \"plain\"]\n";
    let poetry = "[tool.poetry]\nname = \"p\"\nversion = \"1\"\n[tool.poetry.dependencies]\nevil = { git = \"https://git.example/x/y.git\", branch = \"main\" }\nplain = \"^1\"\n";
    for text in [pyproject, poetry] {
        let project = folder(&[("pyproject.toml", text)]);
        let found = of(None, Some(project.path()));
        let evil = "pkg:pypi/evil?vcs_url=git%2Bhttps:%2F%2Fgit.example%2Fx%2Fy.git%40main";
        assert_eq!(asks(&found, "pkg:pypi/p@1"), [evil, "pkg:pypi/plain"]);
    }
}

/// Of what is bundled into a server's one file its lock file alone tells, and that lies where the server does.
#[test]
fn a_bundle_s_server_is_a_project_of_its_own() {
    let manifest = r#"{"manifest_version":"0.3","name":"b","version":"1.0.0","description":"d","author":{"name":"a"},
        "server":{"type":"node","entry_point":"server/index.js","mcp_config":{"command":"node","args":["server/index.js"]}}}"#;
    let lock = r#"{"name":"srv","version":"1.0.0","lockfileVersion":3,"packages":{
        "":{"name":"srv","version":"1.0.0","dependencies":{"evil":"1.0.0"}},"node_modules/evil":{"version":"1.0.0"}}}"#;
    let files = [
        ("package.json", r#"{"name":"tools","version":"1.0.0","dependencies":{"zod":"^3"}}"#),
        (
            "server/package.json",
            r#"{"name":"srv","version":"1.0.0","dependencies":{"evil":"1.0.0","new":"^2"}}"#,
        ),
        ("server/package-lock.json", lock),
        ("server/requirements.txt", "-r more-requirements.txt\nevilpy==1.0\n"),
        ("server/more-requirements.txt", "other==2.0\n"),
        ("server/index.js", ""),
    ];
    let bundle = folder(&[&[("manifest.json", manifest)], &files[..]].concat());
    let found = of_folder(bundle.path());
    assert_eq!(found.known_gaps(), []);
    assert_eq!(found.subject.as_deref(), Some("pkg:generic/b@1.0.0"));
    for (id, file) in [
        ("pkg:npm/evil@1.0.0", "server/package-lock.json"),
        ("pkg:npm/new", "server/package.json"),
        ("pkg:npm/zod", "package.json"),
        ("pkg:pypi/evilpy@1.0", "server/requirements.txt"),
        ("pkg:pypi/other@2.0", "server/more-requirements.txt"),
    ] {
        let package = found.packages.get(id).expect(id);
        assert!(package.found.iter().any(|found| found.file == file), "{id}: {:?}", package.found);
    }
    assert_eq!(asks(&found, "pkg:npm/srv@1.0.0"), ["pkg:npm/evil@1.0.0", "pkg:npm/new"]);
    assert_eq!(asks(&found, "pkg:npm/tools@1.0.0"), ["pkg:npm/zod"]);
    // One that is not understood is told.
    let broken = folder(&[("manifest.json", manifest), ("server/package-lock.json", "{}")]);
    let found = of_folder(broken.path());
    assert!(!found.locks_read() && found.known_gaps().len() == 1, "{:?}", found.known_gaps());
    // Elsewhere a folder is called so for many reasons.
    let found = of_folder(folder(&files).path());
    assert_eq!(found.packages.keys().collect::<Vec<_>>(), ["pkg:npm/tools@1.0.0", "pkg:npm/zod"]);
}

/// A virtual environment links to the machine's Python, and a root file system holds what no tree may.
#[cfg(unix)]
#[test]
fn what_is_not_signed_is_catalogued_whatever_lies_beside() {
    let root = folder(&[(
        "lib/python3.11/site-packages/mcp-1.0.dist-info/METADATA",
        "Metadata-Version: 2.1\nName: mcp\nVersion: 1.0\n",
    )]);
    std::os::unix::fs::symlink("/usr/bin/python3", root.path().join("python3")).expect("linked");
    std::os::unix::fs::symlink(".", root.path().join("self")).expect("linked");
    assert!(open(root.path()).is_err(), "it is no tree that can be signed");
    let looked = mcpsign_collect::artifact::look(root.path()).expect("a folder");
    assert_eq!((looked.root_component().digests, looked.root_component().media_type), (None, None));
    let found = of(Some(&looked.artifact), None);
    assert_eq!(found.packages.keys().collect::<Vec<_>>(), ["pkg:pypi/mcp@1.0"]);
    assert_eq!(found.known_gaps(), []);
}

/// Beside Cargo.lock and go.mod they are the same packages; alone they are what is there.
#[test]
fn vendored_sources_are_what_they_say() {
    let sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let checksums = format!(r#"{{"files":{{"src/lib.rs":"{sha256}"}},"package":"{sha256}"}}"#);
    let crates = [
        ("vendor/serde-1.0.200/.cargo-checksum.json", checksums.as_str()),
        (
            "vendor/serde-1.0.200/Cargo.toml",
            "[package]\nname = \"serde\"\nversion = \"1.0.200\"\nlicense = \"MIT OR Apache-2.0\"\n",
        ),
        ("tests/vendor/none/.cargo-checksum.json", checksums.as_str()),
    ];
    let list = "# a.example/x v1.2.3\n## explicit; go 1.20\na.example/x/y\n# a.example/z v1.0.0 => b.example/z v0.2.0\n## explicit\na.example/z\n";
    let modules = ("src/vendor/modules.txt", list);
    let found = of_folder(folder(&[crates.as_slice(), &[modules]].concat()).path());
    let (serde, x, z) =
        ("pkg:cargo/serde@1.0.200", "pkg:golang/a.example/x@v1.2.3", "pkg:golang/b.example/z@v0.2.0");
    assert_eq!(found.packages.keys().collect::<Vec<_>>(), [serde, x, z]);
    let package = &found.packages[serde];
    assert_eq!(package.hashes[&HashAlgorithm::Sha256], sha256);
    assert_eq!(package.licenses.iter().collect::<Vec<_>>(), ["MIT OR Apache-2.0"]);
    assert_eq!((package.means(), package.scope, package.direct), (Means::Installed, Scope::Unstated, false));
    assert_eq!(found.known_gaps(), []);
    // With the lock file of the same project each is one.
    let lock = format!(
        "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\"serde\"]\n\n[[package]]\nname = \"serde\"\nversion = \"1.0.200\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\nchecksum = \"{sha256}\"\n"
    );
    let go_mod = "module c.example/app\n\ngo 1.22\n\nrequire (\n\ta.example/x v1.2.3\n\ta.example/z v1.0.0 // indirect\n)\n\nreplace a.example/z => b.example/z v0.2.0\n";
    let rust = of_folder(folder(&[crates.as_slice(), &[("Cargo.lock", &lock)]].concat()).path());
    assert_eq!(rust.packages.keys().collect::<Vec<_>>(), ["pkg:cargo/app@0.1.0", serde]);
    assert_eq!(rust.packages[serde].found.len(), 2);
    let go = of_folder(folder(&[("vendor/modules.txt", list), ("go.mod", go_mod)]).path());
    assert_eq!(go.packages.keys().collect::<Vec<_>>(), [x, z, "pkg:golang/c.example/app"]);
    assert_eq!((go.packages[x].direct, go.packages[z].direct), (true, false));
    // What lies beside no Cargo.toml was to be read.
    let broken = of_folder(folder(&crates[..1]).path());
    assert_eq!((broken.packages.len(), broken.known_gaps().len()), (0, 1));
    assert_eq!(broken.known_gaps()[0].kind, GapKind::Unread);
}
