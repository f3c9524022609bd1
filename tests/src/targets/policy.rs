//! Policies and their conditions: read alike in both forms, and no way around what was signed.

use mcpsign_schemas::canonical::{Json, Limits};
use mcpsign_schemas::policy::{MAX_BYTES, SignedPolicy};
use mcpsign_verifier::policy::Policy;
use mcpsign_verifier::{RawLine, Trust};

use super::evidence::{ARTIFACT, EVIDENCE, KEY, allowed, signer, whole};

/// Stands between evidence, policy and artifact.
pub(super) const CUT: &[u8] = b"\n---8<---\n";

/// A policy for the honest evidence with one condition.
pub(super) fn strict(condition: &str) -> String {
    let key: String = String::from_utf8_lossy(KEY).lines().map(|line| format!("      {line}\n")).collect();
    let condition = serde_json::to_string(condition).expect("JSON");
    format!(
        "schema: mcpsign.dev/policy/v1
name: strict
keys:
  - name: acme
    publicKey: |
{key}    time: allow-unverified
signers:
  - name: acme
    key: acme
    kinds: [publisher]
    predicates: [https://mcpsign.dev/tool-manifest/v1, https://cyclonedx.org/bom]
rules:
  - name: notes
    match: {{ package: pkg:npm/%40acme/* }}
    signers: [acme]
    require:
      predicates: [https://mcpsign.dev/tool-manifest/v1]
      manifest: {{ comparison: subset, observation: if-given, binding: command, capture: any-form, resources: ignore }}
      sbom: bound
      tools: {{ atMost: 2, names: {{ allow: [read_*, add_note], deny: [delete] }} }}
      lint: {{ severity: error }}
      conditions: [{{ name: c, expression: {condition} }}]
"
    )
}

/// A policy, as YAML and as JSON: what loads is read back as it was written out, and allows nothing that nobody signed.
pub(super) fn run(input: &[u8]) {
    signed(input);
    for file in ["policy.yaml", "policy.json", "policy"] {
        let Ok(policy) = Policy::load(input, file) else { continue };
        let yaml = policy.explain().to_yaml().expect("what was loaded is written");
        let again = Policy::load(yaml.as_bytes(), "policy.yaml").expect("what is written loads");
        assert_eq!(again.explain(), policy.explain());
        assert!(!allowed(b"", &policy, ARTIFACT), "allowed without evidence");
        whole(EVIDENCE, &policy, ARTIFACT);
        whole(EVIDENCE, &policy, b"another artifact");
    }
}

/// A policy as somebody signed it: what is read is read back and ends some day, and nobody has signed one here.
fn signed(input: &[u8]) {
    let json = Json::parse(input, Limits::bytes(MAX_BYTES)).ok();
    if let Some(read) = json.and_then(|json| SignedPolicy::read(&json).ok()) {
        let again = Json::from_serialize(&read).expect("what was read is written");
        assert_eq!(SignedPolicy::read(&again).as_ref(), Ok(&read));
        assert!(read.sequence > 0 && read.expires > read.created_on);
    }
    let line = RawLine { source: "fuzz".into(), line: 1, bytes: input };
    let now = "2026-11-22T00:00:00Z".parse().expect("a time");
    assert!(Policy::signed(&line, signer(), &Trust::default(), now).is_err(), "nobody signed a policy");
}

/// An expression: compiled or refused, evaluated within its bounds, and no way to an allow without the evidence.
pub(super) fn condition(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let Ok(policy) = Policy::load(strict(&text).as_bytes(), "policy.yaml") else { return };
    let first = allowed(EVIDENCE, &policy, ARTIFACT);
    assert_eq!(allowed(EVIDENCE, &policy, ARTIFACT), first, "the same twice");
    assert!(!allowed(EVIDENCE, &policy, b"another artifact"), "allowed for bytes that nobody signed");
    assert!(!allowed(b"", &policy, ARTIFACT), "allowed without evidence");
}

/// Evidence, policy and artifact, all from the input.
pub(super) fn verdict(input: &[u8]) {
    let at = |bytes: &[u8]| bytes.windows(CUT.len()).position(|window| window == CUT);
    let Some(first) = at(input) else { return };
    let (evidence, rest) = (&input[..first], &input[first + CUT.len()..]);
    let Some(second) = at(rest) else { return };
    let (policy, artifact) = (&rest[..second], &rest[second + CUT.len()..]);
    let Ok(policy) = Policy::load(policy, "policy.yaml") else { return };
    whole(evidence, &policy, artifact);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Otherwise the targets would hold whatever the verifier did.
    #[test]
    fn the_policy_allows_the_honest_evidence() {
        let allowing = |condition: &str| {
            let policy = Policy::load(strict(condition).as_bytes(), "policy.yaml").expect("a policy");
            allowed(EVIDENCE, &policy, ARTIFACT)
        };
        assert!(allowing("size(tools) == 2"));
        assert!(!allowing("size(tools) == 3"));
    }
}
