//! Evidence files, through the whole verifier: nobody but the holder of the key says what is allowed.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use mcpsign_schemas::evidence_file;
use mcpsign_verifier::policy::{FlagSigner, FlagsPolicy, Policy};
use mcpsign_verifier::{Claims, RawLine, TimePolicy, Trust, TrustedKey, Verdict};
use serde_json::Value;

use crate::forge::measured;

/// An honest release, its evidence, and the key that signed it.
pub(super) const ARTIFACT: &[u8] = include_bytes!("../../vectors/verify_honest/acme-notes-mcp-1.4.0.tgz");
pub(super) const EVIDENCE: &[u8] =
    include_bytes!("../../vectors/verify_honest/acme-notes-mcp-1.4.0.tgz.mcpsign.jsonl");
pub(super) const KEY: &[u8] = include_bytes!("../../vectors/verify_honest/key.pub");

/// The input stands in place of the honest evidence.
pub(super) fn run(input: &[u8]) {
    if allowed(input, policy(), ARTIFACT) {
        let (held, signed) = (payloads(input), payloads(EVIDENCE));
        assert!(signed.is_subset(&held), "allowed without the payloads that were signed");
    }
    assert!(!allowed(input, policy(), b"another artifact"), "allowed for bytes that nobody signed");
}

/// Evidence, a policy and an artifact: whatever the policy says, only what was signed about the artifact is allowed. Nobody
/// but the holder of the key has signed anything here, and only about one artifact.
pub(super) fn whole(input: &[u8], policy: &Policy, artifact: &[u8]) {
    if allowed(input, policy, artifact) {
        assert!(artifact == ARTIFACT, "allowed for bytes that nobody signed");
        assert!(
            !payloads(input).is_disjoint(&payloads(EVIDENCE)),
            "allowed without a payload that was signed"
        );
    }
}

pub(super) fn policy() -> &'static Policy {
    static POLICY: OnceLock<Policy> = OnceLock::new();
    POLICY.get_or_init(|| Policy::flags(FlagsPolicy::of(signer())).expect("a policy"))
}

/// Whoever signed the honest evidence.
pub(super) fn signer() -> FlagSigner {
    FlagSigner::Key(TrustedKey::from_pem("key.pub", KEY, TimePolicy::AllowUnverified).expect("a key"))
}

pub(super) fn allowed(evidence: &[u8], policy: &Policy, artifact: &[u8]) -> bool {
    let Ok(lines) = evidence_file::split(evidence) else { return false };
    let lines =
        lines.into_iter().map(|line| RawLine { source: "fuzz".into(), line: line.number, bytes: line.bytes });
    let claims = Claims { lines: lines.collect(), over_budget: None };
    let measured = measured(artifact).expect("a name");
    let now: Timestamp = "2026-11-20T00:00:00Z".parse().expect("a time");
    let report = mcpsign_verifier::verify(&claims, &measured, &Trust::default(), policy, now);
    let document = report.document();
    // What is shown of any input is a document that can be written.
    assert!(serde_json::to_string(&document).is_ok());
    matches!(report.verdict(), Verdict::Allow(_))
}

/// What the lines of an evidence file say was signed.
fn payloads(evidence: &[u8]) -> BTreeSet<Vec<u8>> {
    let one = |line: &[u8]| {
        let bundle: Value = serde_json::from_slice(line).ok()?;
        STANDARD.decode(bundle["dsseEnvelope"]["payload"].as_str()?).ok()
    };
    evidence.split(|byte| *byte == b'\n').filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Otherwise the target would hold whatever the verifier did.
    #[test]
    fn the_honest_evidence_is_allowed_and_half_of_it_is_not() {
        assert!(allowed(EVIDENCE, policy(), ARTIFACT));
        let half = EVIDENCE.split_inclusive(|byte| *byte == b'\n').next().expect("a line");
        assert!(!allowed(half, policy(), ARTIFACT));
    }
}
