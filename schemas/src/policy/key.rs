//! `keys[]`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::check::{Fault, not_empty, unique};
use super::{MAX_KEYS, Problem};

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
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::time::read_some")]
    pub not_before: Option<Timestamp>,
    /// Signatures made after this are refused.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::time::read_some")]
    pub not_after: Option<Timestamp>,
    /// Signatures made at or after this are refused.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::time::read_some")]
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

pub(super) fn check(keys: &[KeyEntry]) -> Result<(), Fault> {
    not_empty(keys, "keys")?;
    if keys.len() > MAX_KEYS {
        return Err(("keys".into(), Problem::TooManyKeys { found: keys.len() }));
    }
    unique(keys.iter().map(|key| key.name.as_str()), |at| format!("keys[{at}].name"))?;
    for (at, key) in keys.iter().enumerate() {
        if let (Some(from), Some(until)) = (key.not_before, key.not_after)
            && until < from
        {
            return Err((format!("keys[{at}].notAfter"), Problem::Window));
        }
    }
    Ok(())
}
