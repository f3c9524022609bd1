//! By which name an image is signed, and that policies by image mean it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::images::{Desk, PASSPHRASE, digest, evidence, platforms, read};
use crate::support::{mcpsign, run};

const IMAGE: &str = "registry.example/acme/notes:1.4.0";
const UNNAMED: &str = "no policy by image will match";
const PACKAGE: &str = "pkg:oci/notes?repository_url=registry.example/acme/notes";

/// Runs in `folder`.
fn run_in(folder: &Path, args: &[&str]) -> Output {
    Command::new(mcpsign()).args(args).current_dir(folder).env(PASSPHRASE.0, PASSPHRASE.1).output().unwrap()
}

/// The package URLs of an SBOM's root that `attest --dry-run` would sign for the layout in `folder`, and what it says.
fn signed_as(folder: &Path, args: &[&str]) -> (Option<String>, String) {
    let args = [&["attest", "--no-manifest", "--dry-run"][..], args].concat();
    let output = run_in(folder, &args);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    let statement: Value = serde_json::from_slice(&output.stdout).unwrap();
    let root = &statement["predicate"]["metadata"]["component"];
    (root["purl"].as_str().map(str::to_owned), said)
}

/// A policy in which this namespace of images is the `owner`'s, and packages that match are signed by the desk's key.
fn policy(desk: &Desk, namespace: &str, owner: &str, package: &str) -> PathBuf {
    let key = |name: &str, file: &str| {
        let pem = fs::read_to_string(desk.path(file)).unwrap();
        json!({ "name": name, "publicKey": pem, "time": "allow-unverified" })
    };
    let manifest = "https://mcpsign.dev/tool-manifest/v1";
    let signer = |name: &str| json!({ "name": name, "key": name, "kinds": ["publisher"], "predicates": [manifest, "https://cyclonedx.org/bom"] });
    let policy = json!({
        "schema": "mcpsign.dev/policy/v1", "name": "images",
        "keys": [key("desk", "key.pub"), key("others", "others.pub")],
        "signers": [signer("desk"), signer("others")],
        "namespaces": [{ "image": namespace, "signers": [owner] }],
        "rules": [{ "name": "notes", "match": { "package": package }, "signers": ["desk", "others"], "require": {
            "predicates": [manifest],
            "manifest": { "comparison": "subset", "observation": "if-given", "binding": "command", "capture": "any-form", "resources": "ignore" },
            "sbom": "if-bound"
        } }]
    });
    let path = desk.path("policy.json");
    fs::write(&path, policy.to_string()).unwrap();
    path
}

#[test]
fn b37_a_policy_by_image_means_what_is_signed_as_it() {
    let desk = Desk::new();
    let others = desk.path("others");
    assert!(run(&["keys", "generate", "--out", others.to_str().unwrap()], &[PASSPHRASE]).status.success());
    let (both, alone) = platforms(&desk);
    let statement = desk.attest_with(&both, &["--image", IMAGE]);
    let top = &read(&both.join("index.json"))["manifests"][0];
    let index = read(&both.join("blobs/sha256").join(digest(top)));
    let expected: Vec<Value> = [top, &index["manifests"][0], &index["manifests"][1]]
        .into_iter()
        .map(|manifest| {
            let hex = digest(manifest);
            let purl = format!(
                "pkg:oci/notes@sha256:{hex}?repository_url=registry.example%2Facme%2Fnotes&tag=1.4.0"
            );
            json!({ "purl": purl, "subject": hex })
        })
        .collect();
    assert_eq!(statement["predicate"]["packages"], Value::Array(expected));

    let judge = |layout: &Path, policy: PathBuf| {
        let (verdict, _, codes) = desk.verify_with(layout, &["--policy", policy.to_str().unwrap()]);
        (verdict, codes)
    };
    // Whoever pulled one platform has the image as well.
    fs::copy(evidence(&both), evidence(&alone)).unwrap();
    for layout in [&both, &alone] {
        for package in [PACKAGE, &format!("{PACKAGE}&tag=1.4.0"), "pkg:oci/*"] {
            let (verdict, codes) = judge(layout, policy(&desk, "registry.example/acme/*", "desk", package));
            assert_eq!(verdict, "allow", "{package}: {codes:?}");
        }
        // What is the others' is not the desk's to sign.
        for namespace in ["registry.example/acme/*", "registry.example/acme/notes"] {
            let (verdict, codes) = judge(layout, policy(&desk, namespace, "others", PACKAGE));
            assert_eq!(verdict, "deny");
            assert!(codes.contains(&"identity/namespace-not-allowed".to_owned()), "{codes:?}");
        }
        // Another image, and another tag.
        let other = "pkg:oci/notes?repository_url=registry.example/others/notes";
        for package in [other, &format!("{PACKAGE}&tag=1.5.0"), "pkg:generic/both"] {
            let (verdict, codes) = judge(layout, policy(&desk, "registry.example/acme/*", "desk", package));
            assert_eq!(verdict, "deny", "{package}");
            assert!(codes.contains(&"policy/no-rule".to_owned()), "{package}: {codes:?}");
        }
    }
}

/// A policy made from one release is for the image, under whichever tag the next one comes.
#[test]
fn a_policy_made_from_an_image_is_for_its_repository() {
    let desk = Desk::new();
    let (both, alone) = platforms(&desk);
    desk.attest_with(&both, &["--image", IMAGE]);
    let (key, policy) = (desk.path("key.pub"), desk.path("made.yaml"));
    let made = [
        "policy",
        "init",
        both.to_str().unwrap(),
        "--public-key",
        key.to_str().unwrap(),
        "--out",
        policy.to_str().unwrap(),
    ];
    let output = run(&made, &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = fs::read_to_string(&policy).unwrap();
    assert!(
        text.contains(r#"- { image: "registry.example/acme/notes", "#) && !text.contains("- { package: "),
        "{text}"
    );
    let judge = |layout: &Path| desk.verify_with(layout, &["--policy", policy.to_str().unwrap()]);
    assert_eq!(judge(&both).0, "allow", "{text}");
    desk.attest_with(&alone, &["--image", "registry.example/acme/notes:1.5.0"]);
    assert_eq!(judge(&alone).0, "allow", "{text}");
    fs::remove_file(evidence(&alone)).unwrap();
    desk.attest_with(&alone, &["--image", "registry.example/others/notes:1.5.0"]);
    assert_eq!(judge(&alone).0, "deny", "{text}");
}

#[test]
fn an_image_is_called_by_a_flag_the_file_the_entry_or_index_json() {
    let desk = Desk::new();
    let (both, _) = platforms(&desk);
    let project = desk.path("project");
    fs::create_dir(&project).unwrap();
    fs::rename(&both, project.join("layout")).unwrap();
    let index = project.join("layout/index.json");
    let named = |annotations: Value| {
        let mut document = read(&index);
        document["manifests"][0]["annotations"] = annotations;
        fs::write(&index, document.to_string()).unwrap();
    };
    let top = digest(&read(&index)["manifests"][0]);
    let purl = |name: &str, repository: &str, tag: &str| {
        let repository = repository.replace('/', "%2F");
        Some(format!("pkg:oci/{name}@sha256:{top}?repository_url={repository}{tag}"))
    };
    named(json!({ "org.opencontainers.image.ref.name": "1.4.0" }));
    let (found, said) = signed_as(&project, &[]);
    assert_eq!(found, None);
    assert!(said.contains(UNNAMED), "{said}");

    named(
        json!({ "io.containerd.image.name": "registry.example/acme/own:1", "org.opencontainers.image.ref.name": "1" }),
    );
    let (found, said) = signed_as(&project, &[]);
    assert_eq!(found, purl("own", "registry.example/acme/own", "&tag=1"));
    assert!(!said.contains(UNNAMED) && !said.contains("warning:"), "{said}");

    let entry = json!({ "name": "io.github.acme/notes", "version": "1.4.0",
        "packages": [{ "registryType": "oci", "identifier": "registry.example/acme/entry:1.4.0" }] });
    fs::write(project.join("server.json"), entry.to_string()).unwrap();
    let (found, said) = signed_as(&project, &[]);
    assert_eq!(found, purl("entry", "registry.example/acme/entry", "&tag=1.4.0"));
    assert!(said.contains("index.json calls it registry.example/acme/own:1"), "{said}");

    fs::write(project.join("mcpsign.toml"), "image = \"registry.example/acme/file\"\n").unwrap();
    assert_eq!(signed_as(&project, &[]).0, purl("file", "registry.example/acme/file", "&tag=1"));
    let flag = ["--image", "Registry.Example:5000/flag:2"];
    assert_eq!(signed_as(&project, &flag).0, purl("flag", "registry.example:5000/flag", "&tag=2"));
}

#[test]
fn an_image_that_cannot_be_the_one_is_refused() {
    let desk = Desk::new();
    let (both, alone) = platforms(&desk);
    fs::write(desk.path("server.bin"), "x").unwrap();
    let (both, alone) = (both.to_str().unwrap(), alone.to_str().unwrap());
    let file = desk.path("server.bin");
    let other = format!("{IMAGE}@sha256:{}", "0".repeat(64));
    for (args, words) in [
        (&[both, "--image", "acme/notes:1"][..], "does not say which host the image is pulled from"),
        (&[both, "--image", "https://registry.example/acme/notes"], "no repository of images is called so"),
        (&[both, "--image", &other], "is another image than `both`"),
        (&[both, alone, "--image", IMAGE], "one image is named, and 2 are attested"),
        (&[file.to_str().unwrap(), "--image", IMAGE], "none of the artifacts is one"),
        (&["https://registry.example/mcp", "--image", IMAGE], "no image is attested"),
    ] {
        let kind: &[&str] =
            if args[0].starts_with("https") { &["--dry-run"] } else { &["--dry-run", "--no-manifest"] };
        let output = run(&[&["attest"][..], kind, args].concat(), &[]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(words), "{said}");
    }
}
