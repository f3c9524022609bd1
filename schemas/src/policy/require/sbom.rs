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
