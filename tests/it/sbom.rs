//! SBOMs of real lock files are valid by CycloneDX's own schema, say all that the lock files say, and are the same
//! whenever they are made.

use std::collections::BTreeSet;
use std::path::Path;

use jsonschema::{Registry, Validator};
use mcpsign_collect::artifact::open;
use mcpsign_collect::catalog::{InventoryRoot, inventory};
use mcpsign_schemas::canonical::Json;
use mcpsign_schemas::manifest::Product;
use mcpsign_schemas::party::Party;
use mcpsign_schemas::sbom::{DocumentFormat, RootComponent, SbomOptions, read, write};
use serde_json::Value;

use crate::support::{shared_data, workspace};

/// The official schema of a format, with what it refers to; `None` where they are absent.
fn validator(test: &str, format: DocumentFormat) -> Option<Validator> {
    let folder = shared_data(test, "schemas")?;
    let schema = |name: &str| -> Value {
        serde_json::from_slice(&std::fs::read(folder.join(name)).expect(name)).expect(name)
    };
    let base = "http://cyclonedx.org/schema";
    let siblings = ["spdx.schema.json", "jsf-0.82.schema.json", "cryptography-defs.schema.json"];
    let registry = siblings
        .iter()
        .try_fold(Registry::new(), |registry, name| registry.add(format!("{base}/{name}"), schema(name)))
        .and_then(|registry| registry.prepare())
        .expect("the sibling schemas");
    let name = match format {
        DocumentFormat::CycloneDx16 => "bom-1.6.schema.json",
        DocumentFormat::CycloneDx17 => "bom-1.7.schema.json",
        DocumentFormat::Spdx23 => "spdx-2.3.1.schema.json",
        DocumentFormat::Spdx301 => "spdx-3.0.1.schema.json",
    };
    let options = jsonschema::options();
    let validator = options
        .with_registry(&registry)
        .should_validate_formats(true)
        .offline()
        .build(&schema(name))
        .expect("an official schema");
    Some(validator)
}

fn options() -> SbomOptions {
    SbomOptions {
        timestamp: "2026-11-02T10:11:12Z".parse().expect("a time"),
        tool: Product { name: "mcpsign".into(), version: "0.1.0".into() },
        creator: Party::parse("Organization: Acme <sbom@acme.example> (https://acme.example)"),
    }
}

/// The SBOM of what `artifact` and `project` say.
fn document(artifact: Option<&Path>, project: Option<&Path>) -> Json {
    document_of(DocumentFormat::CycloneDx16, artifact, project)
}

fn document_of(format: DocumentFormat, artifact: Option<&Path>, project: Option<&Path>) -> Json {
    let artifact = artifact.map(|path| open(path).expect("an artifact"));
    let found =
        inventory(&InventoryRoot { artifact: artifact.as_ref(), project, ..InventoryRoot::default() })
            .expect("an inventory");
    let root = artifact.as_ref().map_or_else(
        || RootComponent {
            name: "project".into(),
            version: None,
            purl: None,
            digests: None,
            media_type: None,
            licenses: vec!["Apache-2.0 OR MIT".into()],
            file_name: None,
            authors: Vec::new(),
        },
        |artifact| artifact.root_component(),
    );
    write(format, &root, &found, &options())
}

fn errors(validator: &Validator, document: &Json) -> Vec<String> {
    let value: Value = serde_json::from_slice(&document.to_canonical()).expect("JSON");
    validator.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).take(5).collect()
}

/// A folder with one file of the workspace under the name by which it is known.
fn project(file: &str, name: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::copy(workspace().join(file), dir.path().join(name)).expect(file);
    dir
}

#[test]
fn sboms_are_valid_by_the_official_schemas() {
    let test = "sboms_are_valid_by_the_official_schemas";
    let real = project("tests/real-servers/npm/package-lock.json", "package-lock.json");
    let odd = project("verifier/collect/src/catalog/npm/testdata/v3.json", "package-lock.json");
    let old = project("verifier/collect/src/catalog/npm/testdata/v1.json", "package-lock.json");
    let cargo = project("Cargo.lock", "Cargo.lock");
    let cargo_odd = project("verifier/collect/src/catalog/cargo/testdata/v4.lock", "Cargo.lock");
    let bare = project("tests/real-servers/npm/package.json", "package.json");
    let notes = "verifier/collect/src/catalog/pypi/testdata/notes";
    let wheels = project(&format!("{notes}/uv.lock"), "uv.lock");
    let digests = project(&format!("{notes}/requirements.txt"), "requirements.txt");
    let empty = tempfile::tempdir().expect("a directory");
    let binary = empty.path().join("server");
    std::fs::write(&binary, "x").expect("written");
    for format in DocumentFormat::ALL {
        let Some(validator) = validator(test, format) else { return };
        for (what, artifact, project) in [
            ("real npm lock", None, Some(real.path())),
            ("odd npm lock", None, Some(odd.path())),
            ("npm lock of version 1", None, Some(old.path())),
            ("our own Cargo.lock", None, Some(cargo.path())),
            ("odd Cargo.lock", None, Some(cargo_odd.path())),
            ("package.json alone", None, Some(bare.path())),
            ("wheels for many platforms", None, Some(wheels.path())),
            ("digests of files without names", None, Some(digests.path())),
            ("installed tree", Some(odd.path()), None),
            ("binary", Some(binary.as_path()), None),
            ("binary with Cargo.lock", Some(binary.as_path()), Some(cargo.path())),
        ] {
            let document = document_of(format, artifact, project);
            assert_eq!(errors(&validator, &document), Vec::<String>::new(), "{format}: {what}");
            // What is written can be read.
            assert!(read(&document, format.predicate_type()).is_ok(), "{format}: {what}");
        }
        // The validator is awake.
        let mut broken = document_of(format, None, Some(real.path()));
        broken.as_object_mut().expect("an object").insert("extra".into(), Json::Null);
        assert!(!errors(&validator, &broken).is_empty(), "{format}");
    }
}

#[test]
fn sbom_of_a_real_lock_file_has_every_package_once() {
    let dir = project("tests/real-servers/npm/package-lock.json", "package-lock.json");
    let lock: Value =
        serde_json::from_slice(&std::fs::read(dir.path().join("package-lock.json")).expect("read"))
            .expect("JSON");
    let locked: BTreeSet<String> = lock["packages"]
        .as_object()
        .expect("packages")
        .iter()
        .filter(|(place, _)| !place.is_empty())
        .map(|(place, entry)| {
            let name = place.rsplit("node_modules/").next().expect("a name");
            format!("{name}@{}", entry["version"].as_str().expect("a version"))
        })
        .collect();
    let document = document(None, Some(dir.path()));
    let components = document.get("components").and_then(Json::as_array).expect("components");
    let text = |component: &Json, key: &str| {
        component.get(key).and_then(Json::as_str).unwrap_or_default().to_owned()
    };
    let listed: Vec<String> = components
        .iter()
        .filter(|component| text(component, "name") != "mcpsign-real-servers")
        .map(|component| {
            let group = text(component, "group");
            let slash = if group.is_empty() { "" } else { "/" };
            format!("{group}{slash}{}@{}", text(component, "name"), text(component, "version"))
        })
        .collect();
    assert_eq!(listed.len(), listed.iter().collect::<BTreeSet<_>>().len());
    assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), locked);
    // Each has the digest that npm checks, and each reference is to a component.
    let references: BTreeSet<String> =
        components.iter().map(|component| text(component, "bom-ref")).collect();
    for component in components.iter().filter(|component| text(component, "name") != "mcpsign-real-servers") {
        let hashes = component.get("hashes").and_then(Json::as_array).expect("hashes");
        assert!(hashes.iter().any(|hash| text(hash, "alg") == "SHA-512"), "{}", text(component, "bom-ref"));
    }
    let mut edges = 0;
    for entry in document.get("dependencies").and_then(Json::as_array).expect("dependencies") {
        for to in entry.get("dependsOn").and_then(Json::as_array).expect("a list") {
            assert!(references.contains(to.as_str().expect("a reference")), "{to:?} is dangling");
            edges += 1;
        }
    }
    assert!(edges > components.len());
}

#[test]
fn sboms_do_not_depend_on_when_or_where_they_are_made() {
    let first = project("tests/real-servers/npm/package-lock.json", "package-lock.json");
    let second = project("tests/real-servers/npm/package-lock.json", "package-lock.json");
    let bytes = document(None, Some(first.path())).to_canonical();
    assert_eq!(bytes, document(None, Some(second.path())).to_canonical());
    let text = String::from_utf8(bytes).expect("UTF-8");
    assert!(!text.contains(first.path().to_str().expect("UTF-8")), "a path of this machine");
}
