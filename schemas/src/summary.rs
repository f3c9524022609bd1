//! `https://slsa.dev/verification_summary/v1`: what a verifier found out (`spec/summary.md`).

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::digest::DigestSet;

/// The level that says which kind of verification passed: ours, by the policy named.
pub const POLICY_PASSED: &str = "MCPSIGN_POLICY_PASSED";
/// The only level of a verification that failed.
pub const FAILED: &str = "FAILED";
/// The version of SLSA whose summaries these are.
pub const SLSA_VERSION: &str = "1.1";

/// A level of one of SLSA's tracks. Each implies those below it; 0 promises nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlsaLevel<'t> {
    /// `BUILD` or `SOURCE`.
    pub track: &'t str,
    /// Up to 3, and 4 of the source track.
    pub level: u8,
}

impl<'t> SlsaLevel<'t> {
    /// Reads `SLSA_BUILD_LEVEL_3`; `None` for whatever SLSA has no such level of.
    pub fn parse(text: &'t str) -> Option<Self> {
        let (track, level) = text.strip_prefix("SLSA_")?.split_once("_LEVEL_")?;
        let level = match level.as_bytes() {
            [digit @ b'0'..=b'4'] => digit - b'0',
            _ => return None,
        };
        let known = matches!((track, level), ("BUILD", 0..=3) | ("SOURCE", _));
        known.then_some(Self { track, level })
    }

    /// Whether `text` is spelled like a level, though there may be none of this name.
    pub fn is_meant_by(text: &str) -> bool {
        text.starts_with("SLSA_") && text.contains("_LEVEL_")
    }
}

impl fmt::Display for SlsaLevel<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SLSA_{}_LEVEL_{}", self.track, self.level)
    }
}

/// The predicate, as far as it is used. Members that we do not know are ignored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct VerificationSummary {
    /// Who verified.
    pub verifier: Verifier,
    /// When, as the verifier says.
    #[serde(deserialize_with = "crate::time::read")]
    pub time_verified: Timestamp,
    /// What was asked for.
    pub resource_uri: String,
    /// By which policy.
    pub policy: PolicyReference,
    /// What was used.
    #[serde(default)]
    pub input_attestations: Vec<Attestation>,
    /// Whether it passed.
    pub verification_result: VerificationResult,
    /// What was established.
    #[serde(default)]
    pub verified_levels: Vec<String>,
    /// [`SLSA_VERSION`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slsa_version: Option<String>,
}

impl VerificationSummary {
    /// Whether it says that this was established: itself or, of one of SLSA's tracks, a higher level, which implies it.
    pub fn establishes(&self, level: &str) -> bool {
        let asked = SlsaLevel::parse(level);
        self.verified_levels.iter().any(|stated| match (asked, SlsaLevel::parse(stated)) {
            (Some(asked), Some(stated)) => asked.track == stated.track && asked.level <= stated.level,
            _ => stated == level,
        })
    }

    /// The track of which it states two levels, which no verifier may: nobody knows what it means.
    pub fn ambiguous_track(&self) -> Option<&str> {
        let tracks: Vec<&str> =
            self.verified_levels.iter().filter_map(|stated| Some(SlsaLevel::parse(stated)?.track)).collect();
        (1..tracks.len()).find_map(|at| {
            let (before, track) = (tracks.get(..at)?, *tracks.get(at)?);
            before.contains(&track).then_some(track)
        })
    }
}

/// Who verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct Verifier {
    /// URI.
    pub id: String,
    /// Versions of what it verified with, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub version: BTreeMap<String, String>,
}

/// By which policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct PolicyReference {
    /// Where it lies, or its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// Of its bytes.
    #[serde(default)]
    pub digest: DigestSet,
}

/// An attestation that was used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Attestation {
    /// Of the decoded DSSE payload.
    pub digest: DigestSet,
    /// `application/vnd.in-toto+json`: what was hashed is the payload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
}

/// Whether a verification passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "UPPERCASE")]
pub enum VerificationResult {
    /// It did.
    Passed,
    /// It did not.
    Failed,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::{Json, Limits};

    fn stating(levels: &str) -> VerificationSummary {
        let text = format!(
            r#"{{"verifier":{{"id":"https://v.example"}},"timeVerified":"2026-11-20T00:00:00Z","resourceUri":"r","policy":{{}},"verificationResult":"PASSED","verifiedLevels":{levels}}}"#
        );
        Json::parse(text.as_bytes(), Limits::bytes(1 << 12)).unwrap().to_typed().unwrap()
    }

    #[test]
    fn a_level_implies_those_below_it_and_nothing_of_another_track() {
        let three = stating(r#"["SLSA_BUILD_LEVEL_3","MCPSIGN_POLICY_PASSED"]"#);
        for level in ["SLSA_BUILD_LEVEL_1", "SLSA_BUILD_LEVEL_2", "SLSA_BUILD_LEVEL_3", POLICY_PASSED] {
            assert!(three.establishes(level), "{level}");
        }
        for level in [
            "SLSA_SOURCE_LEVEL_1",
            "SLSA_BUILD_LEVEL_4",
            "SLSA_BUILD_LEVEL_03",
            "slsa_build_level_3",
            "SLSA_BUILD_LEVEL_",
            "SLSA_BUILD_LEVEL_3 ",
            "FAILED",
            "",
        ] {
            assert!(!three.establishes(level), "{level:?}");
        }
        // What is no level of SLSA's implies nothing.
        assert!(!stating(r#"["SLSA_BUILD_LEVEL_9"]"#).establishes("SLSA_BUILD_LEVEL_3"));
        assert!(!stating(r#"["SLSA_BUILD_LEVEL_UNEVALUATED"]"#).establishes("SLSA_BUILD_LEVEL_1"));
        assert!(!stating("[]").establishes("SLSA_BUILD_LEVEL_1"));
    }

    #[test]
    fn of_one_track_there_is_one_level() {
        assert_eq!(stating(r#"["SLSA_BUILD_LEVEL_1","SLSA_SOURCE_LEVEL_4"]"#).ambiguous_track(), None);
        let twice = stating(r#"["SLSA_BUILD_LEVEL_1","X","SLSA_BUILD_LEVEL_3"]"#);
        assert_eq!(twice.ambiguous_track(), Some("BUILD"));
    }
}
