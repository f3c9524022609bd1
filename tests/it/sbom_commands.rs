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
