//! The published JSON Schemas are those of the types, and what the binary prints follows them.

use serde_json::Value;

use crate::support::workspace;

/// With `MCPSIGN_BLESS=1` the files are written instead of compared.
#[test]
fn published_schemas_are_those_of_the_types() {
    let folder = workspace().join("schemas/json");
    for (name, schema) in mcpsign_schemas::json_schema::published() {
        let text = format!("{schema:#}\n");
        let path = folder.join(name);
        if std::env::var_os("MCPSIGN_BLESS").is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, &text).unwrap();
        }
        let committed: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        assert!(committed == schema, "{name} is stale: MCPSIGN_BLESS=1 tests/run json_schemas");
    }
}

/// Every report that the vectors give is valid, whatever its verdict.
#[test]
fn reports_follow_their_schema() {
    let schema: Value =
        serde_json::from_slice(&std::fs::read(workspace().join("schemas/json/report.schema.json")).unwrap())
            .unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for (folder, artifact) in [
        ("verify_honest", "acme-notes-mcp-1.4.0.tgz"),
        ("verify_b05_no_evidence_deny", "acme-notes-mcp-1.4.0.tgz"),
        ("verify_sbom_swapped_deny", "acme-notes-mcp-1.4.0.tgz"),
    ] {
        let output = std::process::Command::new(crate::support::mcpsign())
            .current_dir(workspace().join("tests/vectors").join(folder))
            .args(["verify", artifact, "--public-key", "key.pub", "--format", "json"])
            .output()
            .unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let errors: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{folder}: {errors:?}");
        seen.insert(report["verdict"].as_str().unwrap().to_owned());
    }
    assert_eq!(seen.len(), 2);
}
