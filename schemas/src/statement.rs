//! in-toto Statements v1.

use serde::{Deserialize, Serialize};

use crate::canonical::Json;
use crate::digest::DigestSet;

/// `_type` of every statement that we write.
pub const STATEMENT_V1: &str = "https://in-toto.io/Statement/v1";
/// `_type` of older statements that we read (npm's publish attestations).
pub const STATEMENT_V0_1: &str = "https://in-toto.io/Statement/v0.1";
/// DSSE `payloadType` of a statement.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// Predicate types by name. Compared byte for byte: case and trailing slashes count.
pub mod predicate_type {
    /// The tool manifest.
    pub const TOOL_MANIFEST: &str = "https://mcpsign.dev/tool-manifest/v1";
    /// A CycloneDX document.
    pub const CYCLONEDX: &str = "https://cyclonedx.org/bom";
    /// An SPDX 2.3 document.
    pub const SPDX_2_3: &str = "https://spdx.dev/Document/v2.3";
    /// An SPDX 3 document.
    pub const SPDX_3: &str = "https://spdx.dev/Document/v3";
    /// SLSA provenance.
    pub const SLSA_PROVENANCE: &str = "https://slsa.dev/provenance/v1";
    /// SLSA provenance of before, which is read and not written.
    pub const SLSA_PROVENANCE_0_2: &str = "https://slsa.dev/provenance/v0.2";
    /// What an authority takes back.
    pub const REVOCATION: &str = "https://mcpsign.dev/revocation/v1";
    /// A policy.
    pub const POLICY: &str = "https://mcpsign.dev/policy/v1";
    /// A decision of somebody who may make it.
    pub const APPROVAL: &str = "https://mcpsign.dev/approval/v1";
    /// What a verifier found out.
    pub const VERIFICATION_SUMMARY: &str = "https://slsa.dev/verification_summary/v1";

    /// Whether `uri` names SLSA provenance, of whatever version.
    pub fn is_provenance(uri: &str) -> bool {
        uri.starts_with("https://slsa.dev/provenance/")
    }

    /// Whether `uri` names an SBOM: the types we write and the older spellings we read.
    pub fn is_sbom(uri: &str) -> bool {
        matches!(uri, CYCLONEDX | SPDX_2_3 | SPDX_3 | "https://spdx.dev/Document")
            || uri
                .strip_prefix("https://cyclonedx.org/bom/v1.")
                .is_some_and(|minor| !minor.is_empty() && minor.bytes().all(|b| b.is_ascii_digit()))
    }
}

/// An in-toto Statement. Members that we do not know are ignored for decisions and kept in the payload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct Statement {
    /// [`STATEMENT_V1`] or [`STATEMENT_V0_1`].
    #[serde(rename = "_type")]
    pub type_: String,
    /// What the statement is about; never empty in a statement that counts.
    pub subject: Vec<Subject>,
    /// Names the shape of `predicate`.
    #[serde(rename = "predicateType")]
    pub predicate_type: String,
    /// The claim itself.
    #[serde(default = "null")]
    pub predicate: Json,
}

fn null() -> Json {
    Json::Null
}

/// One thing that a statement is about (in-toto's `ResourceDescriptor`, as far as we use it).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Subject {
    /// File name, repository or URL. Never decides by itself.
    #[serde(default)]
    pub name: String,
    /// Digests by algorithm.
    #[serde(default)]
    pub digest: DigestSet,
    /// Trees and endpoints only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
}

impl Statement {
    /// A v1 statement.
    pub fn new(subject: Vec<Subject>, predicate_type: &str, predicate: Json) -> Self {
        Self { type_: STATEMENT_V1.into(), subject, predicate_type: predicate_type.into(), predicate }
    }
}
