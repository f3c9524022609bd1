//! `require.continuity`.

use serde::{Deserialize, Serialize};

use crate::policy::Problem;
use crate::policy::check::Fault;

/// What must go on as it was in releases that were accepted before. A rule that is left out is not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ContinuityRequirement {
    /// What to make of a server of which no earlier release is known; present iff a rule needs one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_seen: Option<FirstSeen>,
    /// How long others have had to look at the release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cool_down: Option<CoolDown>,
    /// Somebody else signs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer_changed: Option<Weight>,
    /// Repository or owner have other numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_changed: Option<Weight>,
    /// There was provenance, and there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provenance_gone: Option<Weight>,
    /// An older version than one that was accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_back: Option<Weight>,
    /// A patch release asks for a package that the one before did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_dependency: Option<Weight>,
    /// Installing it runs a program that installing the one before did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_install_script: Option<Weight>,
    /// Tools have come or gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tools_changed: Option<Weight>,
    /// A tool has other annotations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hints_changed: Option<Weight>,
}

/// What a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Weight {
    /// It denies.
    Deny,
    /// It is said.
    Note,
}

/// What to make of a server of which no earlier release is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum FirstSeen {
    /// There is nothing to compare with, and that is said.
    Allow,
    /// It is refused.
    Deny,
}

/// How long others have had to look at a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CoolDown {
    /// Days since the latest verified time of its tool manifest.
    pub days: u32,
    /// What a younger release is.
    pub severity: Weight,
}

impl ContinuityRequirement {
    /// `firstSeen` stands with the rules that need history, and something is asked for.
    pub(super) fn check(&self, path: &str) -> Result<(), Fault> {
        if let Some(cool_down) = self.cool_down {
            super::days(cool_down.days, &format!("{path}.coolDown.days"))?;
        }
        let denies = self.first_seen == Some(FirstSeen::Deny);
        match (self.needs_history(), self.first_seen) {
            (true, None) => Err((path.into(), Problem::FirstSeen)),
            (false, Some(_)) if !denies => Err((format!("{path}.firstSeen"), Problem::Vacuous)),
            (false, None) if self.cool_down.is_none() => Err((path.into(), Problem::Vacuous)),
            _ => Ok(()),
        }
    }

    /// Whether a rule compares with earlier releases.
    fn needs_history(&self) -> bool {
        let Self {
            first_seen: _,
            cool_down: _,
            signer_changed,
            owner_changed,
            provenance_gone,
            version_back,
            new_dependency,
            new_install_script,
            tools_changed,
            hints_changed,
        } = self;
        [
            signer_changed,
            owner_changed,
            provenance_gone,
            version_back,
            new_dependency,
            new_install_script,
            tools_changed,
            hints_changed,
        ]
        .into_iter()
        .any(Option::is_some)
    }
}
