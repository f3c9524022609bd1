//! What loads, and what does not: one file a rule of the loader.

mod bounds;
mod identities;
mod members;
mod names;
mod namespaces;
mod requirements;
mod shown;
mod unread;

use super::*;
use crate::canonical::Json;
use crate::digest::Sha256Digest;

const PEM: &str =
    "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----\n";

/// One entry of everything.
const EXAMPLE: &str = r#"schema: mcpsign.dev/policy/v1
name: acme
keys:
  - name: acme-2026
    publicKey: |
      -----BEGIN PUBLIC KEY-----
      MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE
      -----END PUBLIC KEY-----
    notBefore: 2026-01-01T00:00:00Z
    notAfter: 2027-01-01T00:00:00Z
    time: allow-unverified
signers:
  - name: acme-desk
    key: acme-2026
    kinds: [publisher]
    predicates: [https://mcpsign.dev/tool-manifest/v1, https://cyclonedx.org/bom]
  - name: acme-ci
    identity:
      issuer: https://token.actions.githubusercontent.com
      subject: https://github.com/acme/files-mcp/.github/workflows/release.yml@refs/tags/v1.4.0
    predicates: [https://slsa.dev/provenance/v1]
rules:
  - name: files
    match: { package: pkg:npm/%40acme/files-mcp }
    signers: [acme-desk, acme-ci]
    require:
      predicates: [https://mcpsign.dev/tool-manifest/v1, https://slsa.dev/provenance/v1]
      manifest:
        comparison: subset
        observation: if-given
        binding: installed
        capture: any-form
        resources: ignore
      sbom: bound
  - name: rest
    match: { server: io.github.acme/* }
    signers: [acme-desk]
    require:
      predicates: [https://mcpsign.dev/tool-manifest/v1]
      manifest: { comparison: equal, observation: required, binding: command, capture: this-form, resources: equal }
      sbom: if-bound
"#;

fn load(text: &str) -> Result<LoadedPolicy, PolicyError> {
    LoadedPolicy::load(text.as_bytes(), "acme.yaml")
}

fn problem(text: &str) -> Problem {
    load(text).map(|loaded| loaded.document).expect_err(text).problem
}

#[test]
fn the_example_loads_and_survives_being_written() {
    let loaded = load(EXAMPLE).unwrap();
    assert_eq!(loaded.digest, Sha256Digest::of(EXAMPLE.as_bytes()));
    let keys = loaded.document.keys.as_ref().unwrap();
    assert_eq!(keys[0].public_key, PEM);
    let yaml = loaded.document.to_yaml().unwrap();
    assert_eq!(load(&yaml).unwrap().document, loaded.document, "{yaml}");
    let json = String::from_utf8(Json::from_serialize(&loaded.document).unwrap().to_canonical()).unwrap();
    assert_eq!(LoadedPolicy::load(json.as_bytes(), "acme.json").unwrap().document, loaded.document);
    assert_eq!(LoadedPolicy::load(json.as_bytes(), "acme").unwrap().document, loaded.document);
}

#[test]
fn the_example_of_the_specification_loads() {
    let page = include_str!("../../../spec/policy.md");
    let example = page.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    load(example).unwrap();
}
