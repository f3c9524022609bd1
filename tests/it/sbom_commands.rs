//! `mcpsign sbom` and the SBOM options of `attest`, through the binary.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::{run, workspace};

const EPOCH: (&str, &str) = ("SOURCE_DATE_EPOCH", "1767225600");

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// Runs `mcpsign sbom …`, which ends so.
fn sbom(args: &[&str], code: i32) -> Vec<u8> {
    let output = run(&[&["sbom"], args].concat(), &[EPOCH]);
    assert_eq!(output.status.code(), Some(code), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// A project with this lock file of npm's.
fn project(dir: &Path, name: &str, packages: Value) -> PathBuf {
    let folder = dir.join(name);
    std::fs::create_dir(&folder).expect("made");
    let mut all = json!({ "": { "name": "files", "version": "1.0.0", "dependencies": { "a": "1" } } });
    all.as_object_mut().expect("an object").extend(packages.as_object().expect("an object").clone());
    let lock = json!({ "name": "files", "version": "1.0.0", "lockfileVersion": 3, "packages": all });
    std::fs::write(folder.join("package-lock.json"), lock.to_string()).expect("written");
    folder
}

#[test]
fn what_is_generated_is_the_same_again_and_names_its_root() {
    let dir = tempfile::tempdir().expect("a folder");
    let folder = workspace().join("tests/real-servers/npm");
    for format in ["cyclonedx-1.6", "cyclonedx-1.7", "spdx-2.3", "spdx-3.0.1"] {
        let bytes = sbom(&["generate", text(&folder), "--format", format], 0);
        assert_eq!(bytes, sbom(&["generate", text(&folder), "--format", format], 0), "{format}");
        let printed = String::from_utf8(bytes.clone()).expect("UTF-8");
        assert!(
            printed.contains("mcpsign-real-servers") && printed.contains("2026-01-01T00:00:00Z"),
            "{format}"
        );
        // A lock file alone says as much of the components.
        let lock = folder.join("package-lock.json");
        let of_lock = sbom(&["generate", text(&lock), "--format", format], 0);
        assert!(of_lock.len() * 10 > bytes.len() * 9, "{format}");
        let out = dir.path().join(format);
        sbom(&["generate", text(&folder), "--format", format, "--out", text(&out)], 0);
        assert_eq!(std::fs::read(&out).expect("written"), bytes, "{format}");
        // Nothing is written over, and nothing compared with itself differs.
        sbom(&["generate", text(&folder), "--format", format, "--out", text(&out)], 2);
        let document = dir.path().join(format!("{format}.json"));
        std::fs::rename(&out, &document).expect("moved");
        sbom(&["diff", text(&document), text(&folder), "--fail-on", "removed"], 0);
    }
    sbom(&["generate", text(&dir.path().join("gone"))], 2);
    sbom(&["generate", text(&folder), "--format", "cyclonedx-2.0"], 2);
    sbom(&["generate", text(&folder), "--creator", ""], 2);
}

/// Markers are evaluated for the platform that is named, and for none otherwise.
#[test]
fn packages_of_python_are_those_that_a_platform_wants() {
    let dir = tempfile::tempdir().expect("a folder");
    let list =
        "anyio==4.0\ncolorama==0.4.6 ; sys_platform == 'win32'\nuvloop==0.22 ; sys_platform != 'win32'\n";
    std::fs::write(dir.path().join("requirements.txt"), list).expect("written");
    let scopes = |args: &[&str]| {
        let document: Value =
            serde_json::from_slice(&sbom(&[&["generate", text(dir.path())], args].concat(), 0))
                .expect("JSON");
        let components = document["components"].as_array().expect("components").iter();
        let each = components.map(|one| format!("{} {}", one["name"], one["scope"]).replace('"', ""));
        let properties = document["metadata"]["properties"].as_array().expect("properties").iter();
        let named = properties.filter(|one| one["name"] == "mcpsign:resolution");
        each.chain(named.map(|one| one["value"].as_str().expect("a text").to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(scopes(&[]), ["anyio null", "colorama null", "uvloop null"]);
    for (platform, expected) in [
        ("linux/x86_64/3.12", ["anyio null", "colorama optional", "uvloop null"]),
        ("windows/AMD64/3.12", ["anyio null", "colorama null", "uvloop optional"]),
    ] {
        let named = format!("markers of Python for {platform}");
        let expected: Vec<&str> = expected.into_iter().chain([named.as_str()]).collect();
        assert_eq!(scopes(&["--python-platform", platform]), expected);
    }
    sbom(&["generate", text(dir.path()), "--python-platform", "linux"], 2);
}

#[test]
fn two_releases_differ_in_what_changed() {
    let dir = tempfile::tempdir().expect("a folder");
    let package = |name: &str, version: &str| json!({ "version": version, "resolved": format!("https://registry.example/{name}/-/{name}-{version}.tgz") });
    let before = project(
        dir.path(),
        "before",
        json!({
            "node_modules/a": package("a", "1.9.0"),
            "node_modules/b": package("b", "2.0.0"),
            "node_modules/c": package("c", "1.0.0"),
            "node_modules/d": package("d", "1.0.0"),
        }),
    );
    let mut scripted = package("e", "1.0.0");
    scripted["hasInstallScript"] = json!(true);
    let moved = json!({ "version": "1.0.0", "resolved": "https://mirror.example/d/-/d-1.0.0.tgz" });
    let after = project(
        dir.path(),
        "after",
        json!({
            "node_modules/a": package("a", "1.10.0"),
            "node_modules/b": package("b", "2.0.0-rc.1"),
            "node_modules/d": moved,
            "node_modules/e": scripted,
        }),
    );
    let found = sbom(&["diff", text(&before), text(&after), "--format", "json"], 1);
    let found: Value = serde_json::from_slice(&found).expect("JSON");
    let changes: Vec<(&str, &str)> = found["components"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| (one["package"].as_str().expect("a name"), one["change"].as_str().expect("a word")))
        .collect();
    assert_eq!(
        changes,
        [
            ("pkg:npm/e", "new-install-script"),
            ("pkg:npm/d", "source-changed"),
            ("pkg:npm/b", "downgraded"),
            ("pkg:npm/a", "upgraded"),
            ("pkg:npm/c", "removed"),
        ]
    );
    assert_eq!(found["change"], "new-install-script");
    let shown = String::from_utf8(sbom(&["diff", text(&before), text(&after)], 1)).expect("UTF-8");
    assert!(
        shown.contains("registry.example → mirror.example") && shown.contains("1.9.0 → 1.10.0"),
        "{shown}"
    );
    sbom(&["diff", text(&before), text(&before)], 0);
    sbom(&["diff", text(&before), text(&after), "--fail-on", "anything"], 2);
    sbom(&["diff", text(&before), text(&dir.path().join("gone.json"))], 2);
}

/// In a form that is not read it would be a file in which nothing is, and nothing would differ from nothing.
#[test]
fn sboms_in_other_forms_are_refused_by_name() {
    let dir = tempfile::tempdir().expect("a folder");
    let other = project(dir.path(), "other", json!({}));
    let artifact = tarball(dir.path());
    for (name, content, word) in [
        (
            "bom.xml",
            "<?xml version=\"1.0\"?>\n<bom xmlns=\"http://cyclonedx.org/schema/bom/1.6\"/>",
            "CycloneDX as XML",
        ),
        ("a.spdx", "SPDXVersion: SPDX-2.3\nDataLicense: CC0-1.0\n", "SPDX as tags and values"),
        ("a.spdx.yaml", "SPDXID: SPDXRef-DOCUMENT\nspdxVersion: SPDX-2.3\n", "SPDX as YAML"),
        ("a.rdf", "<rdf:RDF xmlns:spdx=\"http://spdx.org/rdf/terms#\"/>", "SPDX as RDF"),
        ("bom.json", "<bom xmlns=\"http://cyclonedx.org/schema/bom/1.6\"/>", "CycloneDX as XML"),
    ] {
        let path = dir.path().join(name);
        std::fs::write(&path, content).expect("written");
        let diff = ["sbom", "diff", text(&path), text(&other)];
        let check = ["advisories", "check", text(&path), "--dir", "nowhere"];
        let attest = ["attest", text(&artifact), "--sbom", text(&path), "--no-manifest", "--dry-run"];
        for args in [&diff[..], &check, &attest] {
            let output = run(args, &[EPOCH]);
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
            assert!(said.contains(&format!("is {word}, which is not read")), "{args:?}: {said}");
        }
    }
    let unknown = dir.path().join("notes");
    std::fs::write(&unknown, "whatever").expect("written");
    let output = run(&["sbom", "diff", text(&unknown), text(&other)], &[EPOCH]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && said.contains("says what it is made of"), "{said}");
    // A byte order mark before JSON is none of these.
    let marked = dir.path().join("marked");
    let bom = r#"{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"components":[]}"#;
    std::fs::write(&marked, format!("\u{feff}{bom}")).expect("written");
    sbom(&["diff", text(&marked), text(&marked)], 0);
}

/// Everything in an artifact is catalogued whether or not somebody says so: a flag that does nothing is not taken for one that does.
#[test]
fn installed_is_refused_of_what_is_no_folder() {
    let dir = tempfile::tempdir().expect("a folder");
    let artifact = tarball(dir.path());
    let folder = project(dir.path(), "unpacked", json!({}));
    let layout = dir.path().join("image");
    std::fs::create_dir(&layout).expect("made");
    std::fs::write(layout.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).expect("written");
    std::fs::write(layout.join("index.json"), r#"{"schemaVersion":2,"manifests":[]}"#).expect("written");
    for (path, what) in
        [(artifact, "a file"), (folder.join("package-lock.json"), "a file"), (layout, "an OCI image layout")]
    {
        let output = run(&["sbom", "generate", text(&path), "--installed"], &[EPOCH]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("`--installed` is about a folder") && said.contains(what), "{said}");
        assert!(output.stdout.is_empty());
    }
    sbom(&["generate", text(&folder), "--installed"], 0);
}

/// Each tool looks for its lock file at the root of the workspace, and so is it looked for here: not above it, not where the folder
/// is no member, and not outside of the repository.
#[test]
fn the_lock_file_of_a_member_is_its_workspace_s() {
    let pnpm = "lockfileVersion: '9.0'\nimporters:\n  packages/files:\n    dependencies:\n      zod: {specifier: ^4, version: 4.4.3}\n\
        packages:\n  zod@4.4.3: {resolution: {integrity: sha512-6vN8Y3jrFsSdTLIvkxX8mAyrBUt5fmnPhXDQUsnv9s8mN5LQUPbUHsVN2SN9NVZDXVzHqu1n3YK3hWrj4UFH4A==}}\nsnapshots:\n  zod@4.4.3: {}\n";
    let npm = json!({ "name": "all", "lockfileVersion": 3, "packages": {
        "": { "name": "all", "workspaces": ["packages/*"] },
        "packages/files": { "name": "files", "version": "1.0.0", "dependencies": { "zod": "^4" } },
        "node_modules/files": { "resolved": "packages/files", "link": true },
        "node_modules/zod": { "version": "4.4.3" } } })
    .to_string();
    let yarn = "# yarn lockfile v1\n\nzod@^4:\n  version \"4.4.3\"\n  resolved \"https://registry.example/zod/-/zod-4.4.3.tgz#0\"\n";
    let workspaces = r#"{"name":"all","private":true,"workspaces":["packages/*"]}"#;
    for (list, of_list, lock, text_of_lock) in [
        ("pnpm-workspace.yaml", "packages:\n  - packages/*\n", "pnpm-lock.yaml", pnpm),
        ("package.json", workspaces, "package-lock.json", &npm),
        ("package.json", workspaces, "yarn.lock", yarn),
    ] {
        let dir = tempfile::tempdir().expect("a folder");
        let artifact = tarball(dir.path());
        let root = dir.path().join("repository");
        let member = root.join("packages/files");
        std::fs::create_dir_all(&member).expect("made");
        let manifest = r#"{"name":"files","version":"1.0.0","dependencies":{"zod":"^4"}}"#;
        std::fs::write(member.join("package.json"), manifest).expect("written");
        std::fs::write(root.join(list), of_list).expect("written");
        std::fs::write(root.join(lock), text_of_lock).expect("written");
        let purl = || {
            let output = run(&["sbom", "generate", text(&artifact), "--project", text(&member)], &[EPOCH]);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(0), "{said}");
            let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
            let components = document["components"].as_array().expect("a list").iter();
            let purls: Vec<String> =
                components.map(|one| one["purl"].as_str().expect("a purl").to_owned()).collect();
            (purls, said.contains("lock file of the workspace: "))
        };
        let (pinned, open) = (vec!["pkg:npm/zod@4.4.3".to_owned()], vec!["pkg:npm/zod".to_owned()]);
        std::fs::create_dir(root.join(".git")).expect("made");
        assert_eq!(purl(), (pinned.clone(), true), "{lock}");
        // In a repository of its own it is no member of what lies around that.
        std::fs::write(member.join(".git"), "gitdir: elsewhere\n").expect("written");
        assert_eq!(purl(), (open.clone(), false), "{lock}");
        std::fs::remove_file(member.join(".git")).expect("removed");
        std::fs::create_dir(root.join("packages/.git")).expect("made");
        assert_eq!(purl(), (open.clone(), false), "{lock}");
        std::fs::remove_dir(root.join("packages/.git")).expect("removed");
        // Who does not list it does not lock it.
        std::fs::write(root.join(list), of_list.replace("packages/*", "apps/*")).expect("written");
        assert_eq!(purl(), (open, false), "{lock}");
        std::fs::write(root.join(list), of_list).expect("written");
        assert_eq!(purl(), (pinned, true), "{lock}");
        // Its own comes first.
        std::fs::write(member.join(lock), text_of_lock.replace("4.4.3", "4.0.0")).expect("written");
        assert!(!purl().1, "{lock}");
    }
}

/// uv's and Cargo's workspaces likewise.
#[test]
fn members_of_uv_and_cargo_are_locked_by_their_workspaces() {
    let uv = "version = 1\n[[package]]\nname = \"files-mcp\"\nversion = \"1.0\"\nsource = { editable = \"packages/files\" }\ndependencies = [{ name = \"idna\" }]\n\
        [[package]]\nname = \"other\"\nversion = \"1.0\"\nsource = { editable = \"packages/other\" }\ndependencies = [{ name = \"six\" }]\n\
        [[package]]\nname = \"idna\"\nversion = \"3.10\"\nsource = { registry = \"https://registry.example\" }\n\
        [[package]]\nname = \"six\"\nversion = \"1.17.0\"\nsource = { registry = \"https://registry.example\" }\n";
    let cargo = "version = 4\n[[package]]\nname = \"files-mcp\"\nversion = \"1.0.0\"\ndependencies = [\"idna\"]\n\
        [[package]]\nname = \"idna\"\nversion = \"1.0.3\"\nsource = \"registry+https://registry.example\"\n";
    let dir = tempfile::tempdir().expect("a folder");
    let metadata = "Metadata-Version: 2.2\nName: files-mcp\nVersion: 1.0\nRequires-Dist: idna\n";
    let mut wheel = dir.path().join("files_mcp");
    std::fs::create_dir_all(wheel.join("files_mcp-1.0.dist-info")).expect("made");
    std::fs::write(wheel.join("files_mcp-1.0.dist-info/METADATA"), metadata).expect("written");
    let crate_manifest =
        "[package]\nname = \"files-mcp\"\nversion = \"1.0.0\"\n[dependencies]\nidna = \"1\"\n";
    for (manifest, root_manifest, member_manifest, lock, text_of_lock, purl) in [
        (
            "pyproject.toml",
            "[tool.uv.workspace]\nmembers = [\"packages/*\"]\n",
            "[project]\nname = \"files-mcp\"\nversion = \"1.0\"\ndependencies = [\"idna\"]\n",
            "uv.lock",
            uv,
            "pkg:pypi/idna@3.10?repository_url=https:%2F%2Fregistry.example",
        ),
        (
            "Cargo.toml",
            "[workspace]\nmembers = [\"packages/*\"]\n",
            crate_manifest,
            "Cargo.lock",
            cargo,
            "pkg:cargo/idna@1.0.3?repository_url=https:%2F%2Fregistry.example",
        ),
    ] {
        let root = dir.path().join(lock);
        let member = root.join("packages/files");
        std::fs::create_dir_all(&member).expect("made");
        std::fs::write(root.join(manifest), root_manifest).expect("written");
        std::fs::write(member.join(manifest), member_manifest).expect("written");
        std::fs::write(root.join(lock), text_of_lock).expect("written");
        if lock == "Cargo.lock" {
            wheel = dir.path().join("server");
            std::fs::write(&wheel, "a program").expect("written");
        }
        let document = sbom(&["generate", text(&wheel), "--project", text(&member)], 0);
        let document: Value = serde_json::from_slice(&document).expect("JSON");
        let components = document["components"].as_array().expect("a list").iter();
        let purls: Vec<&str> = components.map(|one| one["purl"].as_str().expect("a purl")).collect();
        assert!(purls.contains(&purl), "{lock}: {purls:?}");
        assert!(!purls.iter().any(|purl| purl.contains("six")), "{lock}: {purls:?}");
    }
}

/// An npm tarball that declares one dependency.
fn tarball(dir: &Path) -> PathBuf {
    let manifest = br#"{"name":"files","version":"1.0.0","dependencies":{"zod":"^4"}}"#;
    let mut header = tar::Header::new_ustar();
    header.set_size(manifest.len() as u64);
    header.set_mode(0o644);
    let gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut tar = tar::Builder::new(gz);
    tar.append_data(&mut header, "package/package.json", &manifest[..]).expect("appended");
    let path = dir.join("files-1.0.0.tgz");
    std::fs::write(&path, tar.into_inner().expect("a tar").finish().expect("gzip")).expect("written");
    path
}

/// What `attest --dry-run` would sign as the SBOM.
fn statement(artifact: &Path, args: &[&str]) -> Value {
    let args = [&["attest", text(artifact), "--no-manifest", "--dry-run"], args].concat();
    let output = run(&args, &[EPOCH]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("one statement")
}

#[test]
fn attest_signs_the_format_that_is_asked_for_and_somebody_elses_sbom() {
    let dir = tempfile::tempdir().expect("a folder");
    let artifact = tarball(dir.path());
    for (format, predicate) in [
        ("cyclonedx-1.6", "https://cyclonedx.org/bom"),
        ("cyclonedx-1.7", "https://cyclonedx.org/bom"),
        ("spdx-2.3", "https://spdx.dev/Document/v2.3"),
        ("spdx-3.0.1", "https://spdx.dev/Document/v3"),
    ] {
        let statement = statement(&artifact, &["--sbom-format", format]);
        assert_eq!(statement["predicateType"], predicate, "{format}");
        assert!(statement["predicate"].to_string().contains("pkg:npm/zod"), "{format}");
    }
    assert_eq!(statement(&artifact, &[])["predicate"]["specVersion"], "1.6");

    let given = dir.path().join("given.cdx.json");
    let document = json!({
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "metadata": { "component": { "type": "application", "name": "files" } },
        "components": [ { "type": "library", "name": "zod", "version": "4.4.3", "purl": "pkg:npm/zod@4.4.3" } ]
    });
    std::fs::write(&given, document.to_string()).expect("written");
    assert_eq!(statement(&artifact, &["--sbom", text(&given)])["predicate"], document);
    let rootless = json!({ "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1 });
    std::fs::write(&given, rootless.to_string()).expect("written");
    let args = ["attest", text(&artifact), "--no-manifest", "--dry-run", "--sbom", text(&given)];
    assert_eq!(run(&args, &[]).status.code(), Some(2));
}
