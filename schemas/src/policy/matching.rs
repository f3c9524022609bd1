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
    /// How it is written, and every match behind which no server is left for this one. Of patterns for servers and for
    /// packages nobody knows.
    pub(super) fn wider(&self) -> (String, Vec<String>) {
        const ANY: &str = "any-server";
        let (kind, parsed) = match self {
            Self::AnyServer => return (ANY.into(), vec![ANY.into()]),
            Self::Server(pattern) => ("server", ServerPattern::parse(pattern).map(|pattern| pattern.wider())),
            Self::Package(pattern) => {
                ("package", PackagePattern::parse(pattern).map(|pattern| pattern.wider()))
            }
        };
        // What is no pattern was said before.
        let (own, wider) = parsed.unwrap_or_default();
        let named = |pattern: String| format!("{kind} {pattern}");
        (named(own), wider.into_iter().map(named).chain([ANY.into()]).collect())
    }

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
