//! `https://slsa.dev/verification_summary/v1`: what a verifier found out (`spec/summary.md`).

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::digest::DigestSet;

/// The level that says which kind of verification passed: ours, by the policy named.
pub const POLICY_PASSED: &str = "MCPSIGN_POLICY_PASSED";
/// The only level of a verification that failed.
pub const FAILED: &str = "FAILED";
/// The version of SLSA whose summaries these are.
pub const SLSA_VERSION: &str = "1.1";

/// The predicate, as far as it is used. Members that we do not know are ignored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct VerificationSummary {
    /// Who verified.
    pub verifier: Verifier,
    /// When, as the verifier says.
    pub time_verified: Timestamp,
    /// What was asked for.
    pub resource_uri: String,
    /// By which policy.
    pub policy: PolicyReference,
    /// What was used.
    #[serde(default)]
    pub input_attestations: Vec<Attestation>,
    /// Whether it passed.
    pub verification_result: VerificationResult,
    /// What was established.
    #[serde(default)]
    pub verified_levels: Vec<String>,
    /// [`SLSA_VERSION`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slsa_version: Option<String>,
}

/// Who verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct Verifier {
    /// URI.
    pub id: String,
    /// Versions of what it verified with, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub version: BTreeMap<String, String>,
}

/// By which policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct PolicyReference {
    /// Where it lies, or its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// Of its bytes.
    #[serde(default)]
    pub digest: DigestSet,
}

/// An attestation that was used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Attestation {
    /// Of the decoded DSSE payload.
    pub digest: DigestSet,
    /// `application/vnd.in-toto+json`: what was hashed is the payload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
}

/// Whether a verification passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "UPPERCASE")]
pub enum VerificationResult {
    /// It did.
    Passed,
    /// It did not.
    Failed,
}
