//! The policy under which most cases are judged.

use mcpsign_tests::forge::{CYCLONEDX, Key, TOOL_MANIFEST};

use crate::maker::Maker;

pub(crate) const APPROVAL: &str = "https://mcpsign.dev/approval/v1";
pub(crate) const OPENVEX: &str = "https://openvex.dev/ns/v0.2.0";
pub(crate) const PROVENANCE: &str = "https://slsa.dev/provenance/v1";
pub(crate) const REVOCATION: &str = "https://mcpsign.dev/revocation/v1";
pub(crate) const SUMMARY: &str = "https://slsa.dev/verification_summary/v1";

/// What is demanded of a tool manifest where a case is about something else.
pub(crate) const LENIENT: &str =
    "{ comparison: subset, observation: if-given, binding: command, capture: any-form, resources: ignore }";

/// A policy of the publisher's key and of one that decides, under which this is required besides.
pub(crate) fn deciding(maker: &Maker, require: &str) -> String {
    format!(
        "schema: mcpsign.dev/policy/v1
name: acme
keys:
{}{}signers:
  - name: publisher
    key: release
    kinds: [publisher]
    predicates: [{TOOL_MANIFEST}, {CYCLONEDX}, {PROVENANCE}]
  - name: security
    key: security
    kinds: [publisher]
    predicates: [{TOOL_MANIFEST}, {CYCLONEDX}, {APPROVAL}, {REVOCATION}, {SUMMARY}, {OPENVEX}]
rules:
  - name: notes
    match: any-server
    signers: [publisher, security]
    require:
      predicates: [{TOOL_MANIFEST}]
      manifest: {LENIENT}
      sbom: bound
{require}",
        key("release", &maker.key),
        key("security", &maker.other),
    )
}

/// An entry of `keys`, without a window.
pub(crate) fn key(name: &str, key: &Key) -> String {
    let pem: String = key.public_pem().lines().map(|line| format!("      {line}\n")).collect();
    format!("  - name: {name}\n    publicKey: |\n{pem}    time: allow-unverified\n")
}
