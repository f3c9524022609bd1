use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use mcpsign_collect::artifact;
use mcpsign_collect::catalog::{InventoryRoot, inventory};
use mcpsign_schemas::canonical::Limits;
use mcpsign_schemas::manifest::{ItemDigests, Launch, check_items};
use mcpsign_schemas::surface::{ItemKind, surface, wire};

use super::*;

static UNNAMED: LazyLock<ImageNames> = LazyLock::new(ImageNames::default);

fn json(text: &str) -> Json {
    Json::parse(text.as_bytes(), Limits::bytes(1 << 20)).unwrap()
}

fn collected(paths: &[&Path]) -> Vec<(Artifact, Inventory)> {
    let one = |path: &&Path| {
        let artifact = artifact::open(path).unwrap();
        let inventory =
            inventory(&InventoryRoot { artifact: Some(&artifact), ..InventoryRoot::default() }).unwrap();
        (artifact, inventory)
    };
    paths.iter().map(one).collect()
}

fn shown(subject: Sha256Digest) -> Shown {
    let tool = json(r#"{"name":"t","inputSchema":{"type":"object"}}"#);
    let digests = ItemDigests { wire: wire(&tool), surface: surface(ItemKind::Tool, &tool) };
    let mut profile = Profile::empty(
        "default".into(),
        Launch::of_command(vec!["{artifact}".into()]),
        "2025-11-25".into(),
        Product { name: "mcpsign".into(), version: "0".into() },
        json("{}"),
    );
    profile.subject = Some(subject);
    profile.tools.insert("t".into(), digests);
    profile.tool_order.push("t".into());
    profile.seal();
    Shown { profiles: vec![profile], items: BTreeMap::from([(wire(&tool), tool)]) }
}

fn release<'a>(artifacts: &'a [(Artifact, Inventory)], server_json: Option<&'a Json>) -> Release<'a> {
    Release {
        artifacts,
        images: &UNNAMED,
        kind: Kind::Publisher,
        shown: Some(shown(artifacts[0].0.digests.sha256)),
        server: Server { name: "s".into(), version: Some("1".into()) },
        server_json,
        created_on: "2026-11-22T10:00:00Z".parse().unwrap(),
        valid_until: None,
        sboms: Sboms::default(),
        producer: Product { name: "mcpsign".into(), version: "0".into() },
        build: None,
        bound: None,
    }
}

fn manifest(statements: &[Described]) -> ToolManifest {
    statements.last().unwrap().json.get("predicate").unwrap().to_typed().unwrap()
}

fn statement(described: &Described) -> Statement {
    described.json.to_typed().unwrap()
}

#[test]
fn the_manifest_comes_last_and_binds_everything_before_it() {
    let dir = tempfile::tempdir().unwrap();
    let (file, tree) = (dir.path().join("server"), dir.path().join("installed"));
    fs::write(&file, "#!/bin/sh\n").unwrap();
    fs::create_dir(&tree).unwrap();
    fs::write(tree.join("x"), "x").unwrap();
    let artifacts = collected(&[&file, &tree]);
    let server_json = json(r#"{"name":"io.example/s","_meta":{"x":1}}"#);
    let statements = describe(release(&artifacts, Some(&server_json))).unwrap();

    let types: Vec<String> = statements.iter().map(|described| statement(described).predicate_type).collect();
    assert_eq!(types, [predicate_type::CYCLONEDX, predicate_type::CYCLONEDX, predicate_type::TOOL_MANIFEST]);
    assert!(statements.iter().all(|described| described.json.to_canonical() == described.payload));
    let subjects: Vec<Vec<String>> = statements
        .iter()
        .map(|described| statement(described).subject.into_iter().map(|subject| subject.name).collect())
        .collect();
    assert_eq!(subjects, [vec!["server"], vec!["installed"], vec!["server", "installed"]]);

    let manifest = manifest(&statements);
    assert!(check_items(&manifest.profiles, &manifest.items).is_ok());
    for (at, (artifact, _)) in artifacts.iter().enumerate() {
        let sbom = &manifest.bindings.sboms[at];
        assert_eq!(sbom.subject, artifact.digests.sha256);
        assert_eq!(sbom.digest.sha256, statement(&statements[at]).predicate.sha256());
        assert_eq!(
            manifest.bindings.statements[at].payload.sha256,
            Sha256Digest::of(&statements[at].payload)
        );
        assert_eq!(manifest.packages[at].subject, artifact.digests.sha256);
    }
    assert_eq!(manifest.packages[0].purl, "pkg:generic/server");
    let bound = manifest.bindings.server_json.unwrap().digest.sha256;
    assert_eq!(bound, json(r#"{"name":"io.example/s"}"#).sha256());
}

#[test]
fn an_npm_tree_is_bound_by_its_own_name_and_lock_file() {
    let dir = tempfile::tempdir().unwrap();
    let tree = dir.path().join("files-mcp");
    fs::create_dir(&tree).unwrap();
    fs::write(tree.join("package.json"), r#"{"name":"@acme/files-mcp","version":"1.4.0"}"#).unwrap();
    let lock = r#"{"name":"@acme/files-mcp","version":"1.4.0","lockfileVersion":3,
        "packages":{"":{"name":"@acme/files-mcp","version":"1.4.0"}}}"#;
    fs::write(tree.join("package-lock.json"), lock).unwrap();
    let artifacts = collected(&[&tree]);
    let manifest = manifest(&describe(release(&artifacts, None)).unwrap());
    assert_eq!(manifest.packages[0].purl, "pkg:npm/%40acme/files-mcp@1.4.0");
    let [bound] = manifest.bindings.lockfiles.as_slice() else { panic!("{:?}", manifest.bindings.lockfiles) };
    assert_eq!(
        (bound.path.as_str(), bound.digest.sha256),
        ("package-lock.json", Sha256Digest::of(lock.as_bytes()))
    );
    assert!(manifest.bindings.server_json.is_none());
}

#[test]
fn without_a_capture_there_are_sboms_alone() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("server");
    fs::write(&file, "x").unwrap();
    let artifacts = collected(&[&file]);
    let statements = describe(Release { shown: None, ..release(&artifacts, None) }).unwrap();
    assert_eq!(statements.len(), 1);
    assert_eq!(statements[0].what, "the SBOM of server");
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("server");
    fs::write(&file, "x").unwrap();
    let artifacts = collected(&[&file]);
    let bytes = || -> Vec<Vec<u8>> {
        describe(release(&artifacts, None)).unwrap().into_iter().map(|described| described.payload).collect()
    };
    assert_eq!(bytes(), bytes());
}

#[test]
fn a_manifest_larger_than_readers_accept_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("server");
    fs::write(&file, "x").unwrap();
    let artifacts = collected(&[&file]);
    let mut release = release(&artifacts, None);
    release.server.name = "x".repeat(MAX_TOOL_MANIFEST);
    assert!(matches!(describe(release), Err(DescribeError::TooLarge { limit: MAX_TOOL_MANIFEST, .. })));
}

#[test]
fn an_sbom_of_another_artifact_is_not_signed_without_a_manifest_either() {
    let dir = tempfile::tempdir().unwrap();
    let tree = dir.path().join("tree");
    fs::create_dir(&tree).unwrap();
    fs::write(tree.join("package.json"), r#"{"name":"files-mcp","version":"1.4.0"}"#).unwrap();
    let artifacts = collected(&[&tree]);
    let sha256 = artifacts[0].0.digests.sha256.to_string();
    let described = |root: String| {
        let document = json(&format!(
            r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"metadata":{{"component":{{"type":"application","name":"x"{root}}}}}}}"#
        ));
        let sbom = sbom::read(&document, predicate_type::CYCLONEDX).unwrap();
        let given = GivenSbom { document, predicate_type: predicate_type::CYCLONEDX, root: sbom.root };
        let sboms = Sboms { given: Some(given), ..Sboms::default() };
        let result = describe(Release { shown: None, sboms, ..release(&artifacts, None) });
        result.map(|_| ()).map_err(|error| matches!(error, DescribeError::GivenSbom))
    };
    let digest = |hex: &str| format!(r#","hashes":[{{"alg":"SHA-256","content":"{hex}"}}]"#);
    let purl = |purl: &str| format!(r#","purl":"{purl}""#);
    for own in [String::new(), digest(&sha256), purl("pkg:npm/files-mcp@1.4.0"), purl("pkg:npm/files-mcp")] {
        assert_eq!(described(own.clone()), Ok(()), "{own}");
    }
    for other in [digest(&"0".repeat(64)), purl("pkg:npm/files-mcp@1.3.0"), purl("pkg:npm/other@1.4.0")] {
        assert_eq!(described(other.clone()), Err(true), "{other}");
    }
}

#[test]
fn names_come_from_who_has_the_most_right_to_give_them() {
    let dir = tempfile::tempdir().unwrap();
    let (plain, tree) = (dir.path().join("server.bin"), dir.path().join("tree"));
    fs::write(&plain, "x").unwrap();
    fs::create_dir(&tree).unwrap();
    fs::write(tree.join("package.json"), r#"{"name":"files-mcp","version":"1.4.0"}"#).unwrap();
    let artifacts = collected(&[&plain, &tree]);
    let (plain, tree) = (&artifacts[0].0, &artifacts[1].0);
    let entry = json(r#"{"name":"io.example/files","version":"2.0.0"}"#);
    let others = json(
        r#"{"name":"io.example/files","version":"1.4.0","packages":[{"registryType":"pypi","identifier":"files-mcp"},{"registryType":"npm","identifier":"@evil/other"}]}"#,
    );
    let own = json(
        r#"{"name":"io.example/files","version":"1.4.0","packages":[{"registryType":"pypi","identifier":"x"},{"registryType":"npm","identifier":"files-mcp"}]}"#,
    );
    let image = json(
        r#"{"name":"io.example/files","version":"1.4.0","packages":[{"registryType":"oci","identifier":"registry.example/x:1"}]}"#,
    );
    for (artifacts, project, server_json, name, version, contradictions) in [
        // One that lists other packages alone is another server's.
        (vec![tree], None, Some(&others), "files-mcp", Some("1.4.0"), 1),
        (vec![tree], None, Some(&own), "io.example/files", Some("1.4.0"), 0),
        (vec![tree], None, Some(&image), "io.example/files", Some("1.4.0"), 0),
        (vec![plain], None, None, "server.bin", None, 0),
        (vec![plain, tree], None, None, "files-mcp", Some("1.4.0"), 0),
        (vec![tree], None, Some(&entry), "io.example/files", Some("1.4.0"), 1),
        (vec![plain], None, Some(&entry), "io.example/files", Some("2.0.0"), 0),
        (vec![tree], Some("io.example/mcp"), Some(&entry), "io.example/mcp", Some("1.4.0"), 2),
    ] {
        let (server, found) = name::server(artifacts.into_iter(), project, server_json);
        assert_eq!(
            (server.name.as_str(), server.version.as_deref(), found.len()),
            (name, version, contradictions)
        );
    }
}
