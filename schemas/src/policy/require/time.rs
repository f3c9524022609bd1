//! `require.time`.

use serde::{Deserialize, Serialize};

use super::super::Problem;
use super::super::check::{Fault, no_repeats, not_empty};

/// Services at the most: no bundle may have more entries or timestamps.
const MAX_SERVICES: u32 = 32;

/// Who must vouch for the time of each signature that the decision uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TimeSourceRequirement {
    /// Whose word counts.
    pub sources: Vec<TimeSource>,
    /// How many distinct services of these kinds, each of which vouches for a time of its own.
    pub threshold: u32,
}

/// Who vouches for a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum TimeSource {
    /// A transparency log, by its signed entry timestamp.
    Log,
    /// An RFC 3161 timestamp authority.
    TimestampAuthority,
}

impl TimeSource {
    /// The word in policies and reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::TimestampAuthority => "timestamp-authority",
        }
    }
}

impl TimeSourceRequirement {
    pub(super) fn check(&self, path: &str) -> Result<(), Fault> {
        if self.threshold == 0 {
            let problem = Problem::Form { what: "number of witnesses", found: "0".into() };
            return Err((format!("{path}.threshold"), problem));
        }
        if self.threshold > MAX_SERVICES {
            let problem = Problem::OutOfRange { found: self.threshold.into(), most: MAX_SERVICES.into() };
            return Err((format!("{path}.threshold"), problem));
        }
        let path = format!("{path}.sources");
        not_empty(&self.sources, &path)?;
        no_repeats(&self.sources, &path)
    }
}
