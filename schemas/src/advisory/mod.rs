//! Advisories: OSV records as others publish them ([`osv`]), and what a check of components against them says
//! ([`report`]). `spec/advisories.md` says the same in prose.

pub mod osv;
pub mod report;
pub mod snapshot;
pub mod unread;

use serde::{Deserialize, Serialize};

/// What an advisory warns of, from the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The package does harm on purpose.
    Malicious,
    /// The package can be made to do harm.
    Vulnerability,
    /// The package breaks a promise of its language (RustSec).
    Unsound,
    /// Nobody mends the package any more (RustSec).
    Unmaintained,
    /// Something else that users should know (RustSec).
    Notice,
}

/// How bad a vulnerability is, in CVSS's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nobody says; it counts as the worst.
    Unknown,
    /// 0.0.
    None,
    /// 0.1 to 3.9.
    Low,
    /// 4.0 to 6.9.
    Medium,
    /// 7.0 to 8.9.
    High,
    /// 9.0 to 10.0.
    Critical,
}

impl Kind {
    /// Every kind, from the worst.
    pub const ALL: [Self; 5] =
        [Self::Malicious, Self::Vulnerability, Self::Unsound, Self::Unmaintained, Self::Notice];

    /// As documents spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Malicious => "malicious",
            Self::Vulnerability => "vulnerability",
            Self::Unsound => "unsound",
            Self::Unmaintained => "unmaintained",
            Self::Notice => "notice",
        }
    }
}

impl Severity {
    /// Every rating, from the least known.
    pub const ALL: [Self; 6] =
        [Self::Unknown, Self::None, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// As documents spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::None => "none",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}
