//! `require.licenses`

use serde::{Deserialize, Serialize};

use super::super::Problem;
use super::super::check::{Fault, not_empty, unique_strings};
use crate::license::{License, LicenseRules, parse_one};

/// Which licences the components of the SBOMs that the manifest binds may have, in SPDX's words. At least one of `allow` and
/// `deny` is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LicenseRequirement {
    /// Nothing else may be, e.g. `MIT`, `Apache-2.0 WITH LLVM-exception`. Of an `OR` one branch is enough, of an `AND` all must
    /// be here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow: Option<Vec<String>>,
    /// These may not be, in whatever form: `GPL-3.0-only` is `GPL-3.0-or-later` and `GPL-3.0` as well, and with every exception.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deny: Option<Vec<String>>,
    /// What becomes of components whose licence is no SPDX expression.
    pub unknown: Unlicensed,
    /// What becomes of components of which no licence is stated.
    pub missing: Unlicensed,
}

/// What becomes of components whose licence cannot be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Unlicensed {
    /// They are refused.
    Refuse,
    /// They are said.
    Accept,
}

impl LicenseRequirement {
    /// The lists as they are applied.
    pub fn rules(&self) -> LicenseRules {
        let parsed = |list: &Option<Vec<String>>| {
            list.as_ref().map(|list| list.iter().filter_map(|license| parse_one(license)).collect())
        };
        LicenseRules { allow: parsed(&self.allow), deny: parsed(&self.deny).unwrap_or_default() }
    }

    pub(super) fn check(&self, path: &str) -> Result<(), Fault> {
        if self.allow.is_none() && self.deny.is_none() {
            return Err((path.into(), Problem::NoLicenses));
        }
        let mut seen = Vec::new();
        for (name, list) in [("allow", &self.allow), ("deny", &self.deny)] {
            let Some(list) = list else { continue };
            let path = format!("{path}.{name}");
            not_empty(list, &path)?;
            unique_strings(list.iter().map(String::as_str), |at| format!("{path}[{at}]"))?;
            for (at, license) in list.iter().enumerate() {
                let parsed = parse_one(license)
                    .ok_or_else(|| (format!("{path}[{at}]"), Problem::License(license.clone())))?;
                // In both lists, or twice under two names, one of them would never be read.
                if seen.iter().any(|other: &License| other.is(&parsed)) {
                    return Err((format!("{path}[{at}]"), Problem::DuplicateName(license.clone())));
                }
                seen.push(parsed);
            }
        }
        Ok(())
    }
}
