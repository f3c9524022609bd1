//! The facts that conditions of a policy speak about (`spec/conditions.md`): what trusted evidence says and what was measured,
//! of one candidate for a verdict. Absent is what nobody said; nothing has a default.

mod tool;

use std::collections::BTreeMap;

use serde::Serialize;

pub use tool::ToolFacts;

use crate::advisory::report::Match;
use crate::advisory::{Kind, Severity};
use crate::manifest::{self, Binding, Network, Sandbox};
use crate::workload::Workload;

/// Everything that a condition can ask. Times are seconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Facts {
    /// When it is decided.
    pub now: i64,
    /// What was measured.
    pub subject: SubjectFacts,
    /// The server, as its signed manifest names it.
    pub server: ServerFacts,
    /// What the manifest calls the subject.
    pub packages: Vec<PackageFacts>,
    /// The tool manifest itself.
    pub manifest: ManifestFacts,
    /// Who signed the manifest.
    pub signer: SignerFacts,
    /// The profiles that count under the rule.
    pub profiles: Vec<ProfileFacts>,
    /// Every tool of these profiles; one that they define differently stands there once for each definition.
    pub tools: Vec<ToolFacts>,
    /// What other statements say.
    pub evidence: EvidenceFacts,
    /// What is known of the components of the SBOMs that the manifest binds, one for each problem and package, but for what
    /// believed VEX takes back; where there are no advisories, or no such SBOM that holds, nobody knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advisories: Option<Vec<AdvisoryFacts>>,
}

/// One problem of one package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AdvisoryFacts {
    /// The id that most people know it by.
    pub id: String,
    /// Its other ids.
    pub aliases: Vec<String>,
    /// Package URL of the component.
    pub purl: String,
    /// The worst that a record says.
    pub kind: Kind,
    /// The worst that a record says.
    pub severity: Severity,
    /// Whether it is known to be exploited.
    pub exploited: bool,
    /// Versions that mend it; empty where none does.
    pub fixed: Vec<String>,
}

impl From<&Match> for AdvisoryFacts {
    fn from(found: &Match) -> Self {
        Self {
            id: found.id.clone(),
            aliases: found.aliases.clone(),
            purl: found.purl.clone(),
            kind: found.kind,
            severity: found.severity,
            exploited: found.exploited_since.is_some(),
            fixed: found.fixed.clone(),
        }
    }
}

/// What other statements than the manifest say of the subject.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct EvidenceFacts {
    /// The SBOM that the manifest binds, of several the first, once it is known to describe the subject.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sbom: Option<SbomFacts>,
    /// One trusted provenance of the subject by a signer whom the rule names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provenance: Option<ProvenanceFacts>,
}

/// What was measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SubjectFacts {
    /// `file`, `tree` or `endpoint`.
    pub form: &'static str,
    /// Lower-case hex.
    pub sha256: String,
}

/// A server by its manifest.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct ServerFacts {
    /// As signed.
    pub name: String,
    /// As signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// One package URL of the subject, taken apart.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct PackageFacts {
    /// All of it.
    pub purl: String,
    /// `npm`, `pypi` and so on.
    #[serde(rename = "type")]
    pub ty: String,
    /// Scope or group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Without namespace.
    pub name: String,
    /// As signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// A tool manifest in short.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ManifestFacts {
    /// As whom its signer speaks.
    pub kind: manifest::Kind,
    /// The signer's word; proves no time.
    pub created_on: i64,
    /// From when on it is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<i64>,
    /// Whether it binds a `server.json`.
    pub binds_server_json: bool,
    /// Lockfiles that it binds.
    pub lockfiles: i64,
}

/// Who signed, by the policy and by the certificate.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SignerFacts {
    /// The policy's name for it.
    pub name: String,
    /// Of a certificate, who vouched for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Of a certificate, whom it names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Of a key, SHA-256 of its SubjectPublicKeyInfo, lower-case hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_sha256: Option<String>,
    /// Of a certificate, its claims as received, by Fulcio's names for them.
    pub claims: BTreeMap<String, String>,
    /// Of a certificate, what the claims say of the build, read into types.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workload: Option<Workload>,
    /// Every verified time of the signature; empty where nothing proves one.
    pub times: Vec<i64>,
}

/// One profile in short.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ProfileFacts {
    /// Its name.
    pub name: String,
    /// What relates the process that was asked to the subject.
    pub binding: Binding,
    /// Whether it could reach a network.
    pub network: Network,
    /// What confined it.
    pub sandbox: Sandbox,
    /// The revision that client and server settled on.
    pub protocol_version: String,
    /// How many tools it shows.
    pub tools: i64,
    /// How many prompts it shows.
    pub prompts: i64,
    /// How many resources it shows.
    pub resources: i64,
    /// How many resource templates it shows.
    pub resource_templates: i64,
    /// Whether it gives instructions to the model.
    pub instructs: bool,
}

/// An SBOM in short.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct SbomFacts {
    /// `cyclonedx` or `spdx`.
    pub format: &'static str,
    /// Components besides the root.
    pub components: i64,
}

/// A provenance in short: its signer's word, and nowhere other than that signer's certificate.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ProvenanceFacts {
    /// The policy's name for who signed it.
    pub signer: String,
    /// Who built it, as a URI.
    pub builder_id: String,
    /// As a URI.
    pub build_type: String,
    /// An `https` URL without query and `.git`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// `refs/…`
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// 40 or 64 lower-case hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Path of the instructions, or name of the job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow: Option<String>,
}
