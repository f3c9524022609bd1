//! `require.shadowing`: tools of the other servers that a client has.

use serde::{Deserialize, Serialize};

use super::Weight;
use crate::policy::Problem;
use crate::policy::check::Fault;

/// What the signed tools may have to do with those of other servers. A rule that is left out is not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ShadowingRequirement {
    /// Whether it must be known what other servers there are.
    pub others: Others,
    /// A tool is called like one of theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_name: Option<Weight>,
    /// A tool's name looks like that of one of theirs: but for case, separators and look-alike letters it is the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub similar_name: Option<Weight>,
    /// A text names one of their tools.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mention: Option<Weight>,
}

/// Whether it must be known what other servers there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Others {
    /// Undecided if it is not, where a rule denies.
    Required,
    /// Held against those that are given.
    IfGiven,
}

impl ShadowingRequirement {
    /// Something is asked.
    pub(super) fn check(&self, path: &str) -> Result<(), Fault> {
        let Self { others: _, same_name, similar_name, mention } = self;
        match [same_name, similar_name, mention].into_iter().all(Option::is_none) {
            true => Err((path.into(), Problem::Vacuous)),
            false => Ok(()),
        }
    }

    /// Whether one of the rules denies.
    pub fn denies(&self) -> bool {
        [self.same_name, self.similar_name, self.mention].contains(&Some(Weight::Deny))
    }
}
