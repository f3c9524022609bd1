//! `https://mcpsign.dev/tool-manifest/v1`: what the model and the client will see of a server.

mod check;
mod digest;
mod form;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use check::{ManifestError, check_items};
pub use digest::{ProfileDigests, profile_digests};
pub(crate) use form::first;

use crate::canonical::Json;
use crate::digest::{Sha256Digest, Sha256Only};
use crate::surface::ItemKind;

/// The predicate. Members that we do not know are ignored for the decision and stay in the payload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ToolManifest {
    /// What is described.
    pub server: Server,
    /// As whom the signer speaks; a claim that the policy must allow.
    pub kind: Kind,
    /// The signer's claim; never a time source.
    #[serde(deserialize_with = "crate::time::read")]
    pub created_on: Timestamp,
    /// From here on the manifest is refused.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::time::read_some")]
    pub valid_until: Option<Timestamp>,
    /// Names and versions of the subjects; empty only for endpoints.
    pub packages: Vec<PackageBinding>,
    /// What else belongs to the same release.
    pub bindings: Bindings,
    /// At least one.
    pub profiles: Vec<Profile>,
    /// Every item named by a profile, by its wire digest.
    pub items: BTreeMap<Sha256Digest, Json>,
    /// What wrote this.
    pub producer: Product,
}

/// The server as its publisher names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct Server {
    /// Reverse-DNS name of the registry, or the package's name.
    pub name: String,
    /// Version of the release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// As whom the signer of a manifest speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Who made the release.
    Publisher,
    /// Someone else who ran it and saw this.
    Observer,
}

/// Binds a digest to a name and a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct PackageBinding {
    /// Package URL with version.
    pub purl: String,
    /// SHA-256 of a subject of the statement.
    pub subject: Sha256Digest,
}

/// Digests of what was made in the same run, so that the pieces cannot be recombined.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Bindings {
    /// SBOM documents.
    pub sboms: Vec<SbomBinding>,
    /// Lockfiles, raw bytes.
    pub lockfiles: Vec<LockfileBinding>,
    /// server.json without its top-level `_meta`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_json: Option<DigestOnly>,
    /// Every other statement of the run.
    pub statements: Vec<StatementBinding>,
}

/// One SBOM: SHA-256 of the JCS form of the document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SbomBinding {
    /// SHA-256 of the subject that the SBOM is of.
    pub subject: Sha256Digest,
    /// Its predicate type.
    pub predicate_type: String,
    /// SHA-256(JCS(document)).
    pub digest: Sha256Only,
}

/// One lockfile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct LockfileBinding {
    /// Relative, `/`-separated.
    pub path: String,
    /// Where it was found.
    pub origin: LockfileOrigin,
    /// SHA-256 of the raw bytes.
    pub digest: Sha256Only,
}

/// Where a lockfile was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum LockfileOrigin {
    /// Inside the artifact.
    Artifact,
    /// In the project that the artifact was made from.
    Project,
    /// Made by a resolution of our own.
    Resolved,
}

/// `{"digest": {"sha256": "…"}}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct DigestOnly {
    /// The digest.
    pub digest: Sha256Only,
}

/// Another statement of the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct StatementBinding {
    /// Its predicate type.
    pub predicate_type: String,
    /// SHA-256 of the decoded DSSE payload.
    pub payload: Sha256Only,
}

/// Name and version of a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct Product {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// What a server showed under one way of starting and asking it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    /// Unique within the manifest.
    pub name: String,
    /// The subject that was started; present in a manifest, in a capture file only if the artifact was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Sha256Digest>,
    /// How it was started.
    pub launch: Launch,
    /// The revision that client and server settled on.
    pub protocol_version: String,
    /// As whom we introduced ourselves.
    pub client_info: Product,
    /// The client capabilities that we declared.
    pub client_capabilities: Json,
    /// The authorisation under which the lists were asked for.
    pub auth_scope: Option<String>,
    /// Wire digest of the server's capabilities.
    pub capabilities: Option<Sha256Digest>,
    /// Wire digest of the server's info.
    pub server_info: Option<Sha256Digest>,
    /// Wire digest of the instructions (a JSON string).
    pub instructions: Option<Sha256Digest>,
    /// By name.
    pub tools: BTreeMap<String, ItemDigests>,
    /// By name.
    pub prompts: BTreeMap<String, ItemDigests>,
    /// By URI.
    pub resources: BTreeMap<String, ItemDigests>,
    /// By URI template.
    pub resource_templates: BTreeMap<String, ItemDigests>,
    /// By URI.
    pub skills: BTreeMap<String, ItemDigests>,
    /// By URI: SHA-256 of the content's bytes, which do not stand in `items`.
    pub ui: BTreeMap<String, ItemDigests>,
    /// By method: wire digest of the array that holds, for each page, an object of the result members that the
    /// protocol does not know. Only methods that had any.
    pub result_members: BTreeMap<String, Sha256Digest>,
    /// Tool names in the order received; evidence, not identity.
    pub tool_order: Vec<String>,
    /// What the capture had to say.
    pub findings: Vec<RecordedFinding>,
    /// Over the wire digests and `result_members`.
    pub wire_digest: Sha256Only,
    /// Over the surface digests.
    pub surface_digest: Sha256Only,
}

/// The two digests of an item. Always shown together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct ItemDigests {
    /// Covers everything.
    pub wire: Sha256Digest,
    /// Covers everything but the inert members of `spec/digests.md`.
    pub surface: Sha256Digest,
}

/// A finding of the capture, as recorded in what is signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct RecordedFinding {
    /// Its code.
    pub code: String,
    /// One sentence.
    pub message: String,
    /// Whether it would have refused signing and was allowed by `--allow-finding`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub allowed: bool,
}

/// How a server was started or reached, in recorded form: placeholders for paths, names for secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Launch {
    /// What relates the process to the subject.
    pub binding: Binding,
    /// How frames travel.
    pub transport: Transport,
    /// Command line; absent where nothing was started.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub argv: Vec<String>,
    /// Endpoint; without userinfo, query, fragment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Names of the headers sent to `url`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<String>,
    /// Variables with their values.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Names of the variables that carried secrets.
    #[serde(default)]
    pub secret_env: Vec<String>,
    /// Whether the server could reach a network.
    pub network: Network,
    /// What confined it.
    pub sandbox: Sandbox,
    /// The interpreter, where one is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime: Option<Product>,
}

/// What relates the process that was asked to the subject that is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Binding {
    /// The subject's own bytes were started.
    Unpacked,
    /// An installation whose package files equal the subject's was started.
    Installed,
    /// No relation proven.
    Command,
    /// A remote endpoint was asked.
    Endpoint,
}

/// How frames travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Transport {
    /// One JSON-RPC message a line on the child's stdin and stdout.
    Stdio,
    /// HTTP POST with JSON or SSE replies.
    StreamableHttp,
}

/// Whether the server could reach a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Network {
    /// None but its own loopback.
    None,
    /// The machine's.
    Host,
}

/// What confined the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Sandbox {
    /// Linux namespaces.
    LinuxNamespaces,
    /// A clean environment, a process group, resource limits; no confinement.
    None,
}

impl Launch {
    /// A command started over stdio, unconfined, of which nothing more is known.
    pub fn of_command(argv: Vec<String>) -> Self {
        Self {
            binding: Binding::Command,
            transport: Transport::Stdio,
            argv,
            url: None,
            headers: Vec::new(),
            env: BTreeMap::new(),
            secret_env: Vec::new(),
            network: Network::Host,
            sandbox: Sandbox::None,
            runtime: None,
        }
    }

    /// Whether a server is started, or asked, in the same way: argv, env, secretEnv, transport, url and headers. What is a
    /// matter of where that was done (binding, network, sandbox, runtime) does not count.
    pub fn is_alike(&self, other: &Self) -> bool {
        self.argv == other.argv
            && self.env == other.env
            && self.secret_env == other.secret_env
            && self.transport == other.transport
            && self.url == other.url
            && self.headers == other.headers
    }
}

impl Profile {
    /// A profile that shows nothing; whoever adds to it ends with [`Profile::seal`].
    pub fn empty(
        name: String,
        launch: Launch,
        protocol_version: String,
        client_info: Product,
        client_capabilities: Json,
    ) -> Self {
        let unsealed = Sha256Digest::from_bytes([0; 32]).into();
        Self {
            name,
            subject: None,
            launch,
            protocol_version,
            client_info,
            client_capabilities,
            auth_scope: None,
            capabilities: None,
            server_info: None,
            instructions: None,
            tools: BTreeMap::new(),
            prompts: BTreeMap::new(),
            resources: BTreeMap::new(),
            resource_templates: BTreeMap::new(),
            skills: BTreeMap::new(),
            ui: BTreeMap::new(),
            result_members: BTreeMap::new(),
            tool_order: Vec::new(),
            findings: Vec::new(),
            wire_digest: unsealed,
            surface_digest: unsealed,
        }
    }

    /// States the digests of what the profile now holds.
    pub fn seal(&mut self) {
        let digests = profile_digests(self);
        self.wire_digest = digests.wire.into();
        self.surface_digest = digests.surface.into();
    }

    /// The items of `kind` that are keyed by name or URI; `None` for the single ones.
    pub fn keyed(&self, kind: ItemKind) -> Option<&BTreeMap<String, ItemDigests>> {
        match kind {
            ItemKind::Tool => Some(&self.tools),
            ItemKind::Prompt => Some(&self.prompts),
            ItemKind::Resource => Some(&self.resources),
            ItemKind::ResourceTemplate => Some(&self.resource_templates),
            ItemKind::Skill => Some(&self.skills),
            ItemKind::Ui => Some(&self.ui),
            ItemKind::ServerInfo | ItemKind::Instructions | ItemKind::Capabilities => None,
        }
    }

    /// Every item: kind, key (of single items the kind's name), digests; in the order of kinds, then keys.
    pub fn items(&self) -> impl Iterator<Item = (ItemKind, &str, ItemDigests)> {
        let keyed = KEYED.into_iter().flat_map(|kind| {
            self.keyed(kind).into_iter().flatten().map(move |(key, digests)| (kind, key.as_str(), *digests))
        });
        let single = [
            (ItemKind::ServerInfo, self.server_info),
            (ItemKind::Instructions, self.instructions),
            (ItemKind::Capabilities, self.capabilities),
        ]
        .into_iter()
        // These three have no inert members: one digest is both.
        .filter_map(|(kind, wire)| {
            wire.map(|wire| (kind, kind.as_str(), ItemDigests { wire, surface: wire }))
        });
        keyed.chain(single)
    }
}

/// The kinds whose items have keys of their own.
pub const KEYED: [ItemKind; 6] = [
    ItemKind::Tool,
    ItemKind::Prompt,
    ItemKind::Resource,
    ItemKind::ResourceTemplate,
    ItemKind::Skill,
    ItemKind::Ui,
];
