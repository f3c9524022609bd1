//! `require.manifest`.

use serde::{Deserialize, Serialize};

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
