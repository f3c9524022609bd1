//! `require.sbom`.

use serde::{Deserialize, Serialize};

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

/// What of the SBOM's components must agree with the artifact's own bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Components {
    /// What the bytes hold is listed, and nothing that their own lock file does not have.
    Exactly,
    /// What the bytes hold is listed. Also where the policy says nothing, but then nobody has to have looked.
    AtLeast,
    /// They are not compared.
    NotCompared,
}
