//! `require.summary`.

use serde::{Deserialize, Serialize};

use crate::digest::Sha256Digest;
use crate::policy::check::{Fault, is_uri, no_repeats, not_empty, unique_strings};
use crate::policy::{Problem, SignerEntry};
use crate::statement::predicate_type::VERIFICATION_SUMMARY;
use crate::summary::{FAILED, SlsaLevel};

/// Who must have verified the artifact before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SummaryRequirement {
    /// Names of the rule's signers who speak for the verifier.
    pub by: Vec<String>,
    /// `verifier.id`, byte for byte.
    pub verifier: String,
    /// How many days ago at the most it verified, as it says.
    pub max_age_days: u32,
    /// `resourceUri`, byte for byte; without it the one that is asked for now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// SHA-256 of policies, by one of which it must have verified; without it by any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policies: Option<Vec<Sha256Digest>>,
    /// Levels that it must have established, besides having passed; of SLSA's tracks these or higher ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub levels: Option<Vec<String>>,
}

impl SummaryRequirement {
    /// Checks it for a rule that names these signers.
    pub(super) fn check(&self, signers: &[&SignerEntry], path: &str) -> Result<(), Fault> {
        super::speakers(&self.by, VERIFICATION_SUMMARY, signers, &format!("{path}.by"))?;
        if !is_uri(&self.verifier) {
            return Err((format!("{path}.verifier"), Problem::Uri(self.verifier.clone())));
        }
        super::days(self.max_age_days, &format!("{path}.maxAgeDays"))?;
        if self.resource.as_ref().is_some_and(|resource| resource.trim().is_empty()) {
            return Err((format!("{path}.resource"), Problem::Vacuous));
        }
        if let Some(policies) = &self.policies {
            let path = format!("{path}.policies");
            not_empty(policies, &path)?;
            no_repeats(policies, &path)?;
        }
        if let Some(levels) = &self.levels {
            check_levels(levels, &format!("{path}.levels"))?;
        }
        Ok(())
    }
}

/// Each says something that a summary which passed can say, and of each of SLSA's tracks the least is said once.
fn check_levels(levels: &[String], path: &str) -> Result<(), Fault> {
    not_empty(levels, path)?;
    unique_strings(levels.iter().map(String::as_str), |at| format!("{path}[{at}]"))?;
    let mut tracks = Vec::new();
    for (at, text) in levels.iter().enumerate() {
        let level = SlsaLevel::parse(text);
        let promises_nothing = level.is_some_and(|level| level.level == 0);
        let is_none =
            level.is_none() && (text == FAILED || text.trim().is_empty() || SlsaLevel::is_meant_by(text));
        if promises_nothing || is_none {
            let found = text.chars().take(128).collect();
            return Err((format!("{path}[{at}]"), Problem::Form { what: "level to ask for", found }));
        }
        let Some(level) = level else { continue };
        if tracks.contains(&level.track) {
            let track = format!("track {}", level.track);
            return Err((format!("{path}[{at}]"), Problem::DuplicateName(track)));
        }
        tracks.push(level.track);
    }
    Ok(())
}
