//! `rules[].match`.

use serde::{Deserialize, Serialize};

use super::check::Fault;
use super::{PackagePattern, ServerPattern};

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

impl Match {
    pub(super) fn check(&self, path: &str) -> Result<(), Fault> {
        match self {
            Self::AnyServer => Ok(()),
            Self::Server(pattern) => ServerPattern::parse(pattern)
                .map(drop)
                .map_err(|error| (format!("{path}.server"), error.into())),
            Self::Package(pattern) => PackagePattern::parse(pattern)
                .map(drop)
                .map_err(|error| (format!("{path}.package"), error.into())),
        }
    }
}
