//! `mcpsign.dev/policy/v1`: whom to believe, for what, about which server (`spec/policy.md`).
//!
//! A document has no defaults and no implicit "any": what it does not say is an error when it is loaded, and so is
//! whatever nothing would ever read.

mod check;
mod error;
mod pattern;
mod predicate;
mod scalar;
mod yaml;
mod yaml_write;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::error::{PolicyError, Position, Problem};
pub use self::pattern::{PackagePattern, PatternError, ServerPattern};
pub use self::predicate::is_same_predicate;

use crate::canonical::{Json, Limits};
use crate::digest::Sha256Digest;
use crate::manifest::Kind;
use yaml::Positions;

/// `schema` of every policy of this version.
pub const SCHEMA: &str = "mcpsign.dev/policy/v1";
/// Bytes of a document at the most: people write it, and a thousand rules of a kilobyte each fit.
pub const MAX_BYTES: usize = 1 << 20;
/// Keys at the most. Each may be tried on each of 64 lines of evidence: 4096 checks of some 40 µs.
pub const MAX_KEYS: usize = 64;

/// A whole policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PolicyDocument {
    /// [`SCHEMA`].
    pub schema: String,
    /// Stands in every report.
    pub name: String,
    /// Public keys, for signers that are keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<Vec<KeyEntry>>,
    /// Who may speak.
    pub signers: Vec<SignerEntry>,
    /// Tried in order; the first that matches decides. No match denies.
    pub rules: Vec<RuleEntry>,
}

/// A public key and when it counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeyEntry {
    /// By which signers refer to it.
    pub name: String,
    /// PEM, `BEGIN PUBLIC KEY`.
    pub public_key: String,
    /// Signatures made before this are refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// Signatures made after this are refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_after: Option<Timestamp>,
    /// Signatures made at or after this are refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compromised_since: Option<Timestamp>,
    /// Whether a signature needs a verified time.
    pub time: TimeRequirement,
}

/// Whether a signature by a key needs a verified time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum TimeRequirement {
    /// A log entry or timestamp must prove when it was made.
    Require,
    /// Without either it counts as made now; nothing proves that it is not older.
    AllowUnverified,
}

/// Someone who may speak: exactly one of `key` and `identity`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignerEntry {
    /// By which rules refer to it; stands in reports.
    pub name: String,
    /// Name of one of the policy's keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Whom a certificate must name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<IdentityEntry>,
    /// As what it may sign tool manifests; present iff `predicates` names that type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kinds: Option<Vec<Kind>>,
    /// Which predicate types it may sign. One spelling of an SBOM format stands for all of that format.
    pub predicates: Vec<String>,
}

/// Both are compared byte for byte; there are no wildcards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IdentityEntry {
    /// URL of the OpenID Connect issuer that vouched for the subject.
    pub issuer: String,
    /// Subject alternative name of the certificate: a workflow's URL with its ref, or an e-mail address.
    pub subject: String,
}

/// What is demanded of the servers that it matches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RuleEntry {
    /// Stands in reports.
    pub name: String,
    /// Which servers.
    #[serde(rename = "match")]
    pub applies_to: Match,
    /// Names of the signers who may speak about them.
    pub signers: Vec<String>,
    /// What they must have said, and what must hold of it.
    pub require: Require,
}

/// Which servers a rule is for. It is held against the signed manifest, whose names must agree with the artifact's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Match {
    /// Every server that one of the rule's signers speaks about.
    AnyServer,
    /// `server.name` of the manifest: exact, or `prefix/*`.
    Server(String),
    /// A package URL of the manifest: exact, without version for any version, `prefix/*` or `package@*`.
    Package(String),
}

/// What a rule demands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Require {
    /// Predicate types of which there must be a trusted statement; the tool manifest is always one of them.
    pub predicates: Vec<String>,
    /// What must hold of the tool manifest.
    pub manifest: ManifestRequirement,
    /// What must hold of the SBOM.
    pub sbom: SbomRequirement,
}

/// What must hold of the tool manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ManifestRequirement {
    /// How an observation is held against it.
    pub comparison: Comparison,
    /// Whether there must be an observation.
    pub observation: Observation,
    /// What at least relates the started process to the subject; profiles with less count for nothing.
    pub binding: MinimumBinding,
    /// From which form of the release the profiles must come; others count for nothing.
    pub capture: CaptureForm,
    /// Whether concrete resources are compared. In some servers they are user data.
    pub resources: Resources,
}

/// How an observation is held against a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Comparison {
    /// It must have been made as a profile was, and show the same.
    Equal,
    /// Equal where it was made as a profile was; otherwise it may show less, never other things.
    Subset,
}

/// Whether there must be an observation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Observation {
    /// Undecided without one.
    Required,
    /// Compared where there is one.
    IfGiven,
}

/// What at least must relate the process that was asked to the subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum MinimumBinding {
    /// Nothing: any command may have been asked.
    Command,
    /// Started from an installation whose package files equal the subject's.
    Installed,
    /// The subject's own bytes were started.
    Unpacked,
}

/// From which form of the release a profile must come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum CaptureForm {
    /// From the very subject that is verified.
    ThisForm,
    /// From any subject of the statement.
    AnyForm,
}

/// Whether concrete resources are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Resources {
    /// They are not.
    Ignore,
    /// What is shown must be signed.
    Subset,
    /// What is shown must be what is signed, no less.
    Equal,
}

/// What must hold of the SBOM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SbomRequirement {
    /// The manifest binds one of this subject, and it is there.
    Bound,
    /// If the manifest binds one of this subject, it is there.
    IfBound,
    /// Not looked at.
    NotRequired,
}

/// A document that was loaded: its digest is that of the bytes, and every member can be found in them again.
#[derive(Debug, Clone)]
pub struct LoadedPolicy {
    /// What it says.
    pub document: PolicyDocument,
    /// SHA-256 of the bytes as loaded.
    pub digest: Sha256Digest,
    file: String,
    positions: Positions,
}

impl LoadedPolicy {
    /// Loads a document: JSON if `file` ends in `.json`, YAML if in `.yaml` or `.yml`, otherwise by its first
    /// character. Everything that can be checked without reading keys is checked.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place.
    pub fn load(bytes: &[u8], file: &str) -> Result<Self, PolicyError> {
        let fail = |problem| PolicyError { file: file.into(), path: String::new(), position: None, problem };
        if bytes.len() > MAX_BYTES {
            return Err(fail(Problem::TooLarge { found: bytes.len() }));
        }
        let (json, positions) = if is_json(bytes, file) {
            let json = Json::parse(bytes, Limits::bytes(MAX_BYTES)).map_err(|error| PolicyError {
                position: Position::of_offset(bytes, error.offset),
                ..fail(Problem::Syntax(error.to_string()))
            })?;
            (json, Positions::default())
        } else {
            yaml::parse(bytes).map_err(|(position, problem)| PolicyError { position, ..fail(problem) })?
        };
        let mut loaded = Self {
            document: check::empty_document(),
            digest: Sha256Digest::of(bytes),
            file: file.into(),
            positions,
        };
        check::no_nulls(&json, "").map_err(|(path, problem)| loaded.error(&path, problem))?;
        check::schema(&json).map_err(|(path, problem)| loaded.error(&path, problem))?;
        loaded.document = json.to_typed().map_err(|error| {
            let text = error.to_string();
            match text.split_once(": ") {
                Some((path, what)) if !path.contains(' ') => loaded.error(path, Problem::Shape(what.into())),
                _ => loaded.error("", Problem::Shape(text)),
            }
        })?;
        check::document(&loaded.document).map_err(|(path, problem)| loaded.error(&path, problem))?;
        Ok(loaded)
    }

    /// An error at the member `path`, such as `keys[0].publicKey`.
    pub fn error(&self, path: &str, problem: Problem) -> PolicyError {
        PolicyError {
            file: self.file.clone(),
            path: path.into(),
            position: self.positions.find(path),
            problem,
        }
    }
}

impl PolicyDocument {
    /// Checks what [`LoadedPolicy::load`] checks of a document that was built, not loaded.
    ///
    /// # Errors
    /// The first thing that is wrong; its place is the path alone.
    pub fn check(&self) -> Result<(), PolicyError> {
        check::document(self).map_err(|(path, problem)| PolicyError {
            file: self.name.clone(),
            path,
            position: None,
            problem,
        })
    }

    /// The document as YAML, as it could be loaded again.
    ///
    /// # Errors
    /// Never for a document of this type; the canonical writer's error is passed on.
    pub fn to_yaml(&self) -> Result<String, crate::canonical::JsonError> {
        Ok(yaml_write::write(&Json::from_serialize(self)?))
    }
}

fn is_json(bytes: &[u8], file: &str) -> bool {
    match file.rsplit_once('.') {
        Some((_, "json")) => true,
        Some((_, "yaml" | "yml")) => false,
        _ => bytes.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'{'),
    }
}

#[cfg(test)]
mod tests;
