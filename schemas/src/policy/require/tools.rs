//! `rules[].require.tools`: facts about the tools that are signed.

use serde::{Deserialize, Serialize};

use crate::policy::Problem;
use crate::policy::check::{Fault, not_empty, unique_strings};
use crate::toolname;

/// Tools that `atMost` can speak of: what a manifest can hold.
const MAX_TOOLS: u32 = 10_000;
/// Names or words in one list: each is held against each tool.
const MAX_NAMES: usize = 256;

/// What must hold of every tool that is signed in the profiles that count. That no other tool is shown holds in any case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ToolsRequirement {
    /// How many a profile may have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<u32>,
    /// No tool may destroy: each says `readOnlyHint: true` or `destructiveHint: false`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destructive: Option<Deny>,
    /// No tool may reach into an open world: each says `openWorldHint: false`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_world: Option<Deny>,
    /// No tool may leave all of its hints out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unhinted: Option<Deny>,
    /// No tool may take arguments that it does not declare: each says `additionalProperties: false`, and has no
    /// `patternProperties`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undeclared_arguments: Option<Deny>,
    /// What they may be called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub names: Option<NamesRequirement>,
}

/// The only thing that can be said of what must not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Deny {
    /// It must not be.
    Deny,
}

/// What tools may be called. At least one of the two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NamesRequirement {
    /// Only these: exact, or `prefix*` where the prefix ends in `_`, `-`, `.` or `/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow: Option<Vec<String>>,
    /// None with these words in it, one after the other; case, separators and look-alike letters are nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deny: Option<Vec<String>>,
}

impl ToolsRequirement {
    pub(super) fn check(&self, path: &str) -> Result<(), Fault> {
        let Self { at_most, destructive, open_world, unhinted, undeclared_arguments, names } = self;
        let denied = [destructive, open_world, unhinted, undeclared_arguments];
        if at_most.is_none() && names.is_none() && denied.iter().all(|deny| deny.is_none()) {
            return Err((path.into(), Problem::SaysNothing));
        }
        if let Some(at_most) = at_most.filter(|most| !(1..=MAX_TOOLS).contains(most)) {
            return Err((
                format!("{path}.atMost"),
                Problem::OutOfRange { found: at_most.into(), most: MAX_TOOLS.into() },
            ));
        }
        names.as_ref().map_or(Ok(()), |names| names.check(&format!("{path}.names")))
    }
}

impl NamesRequirement {
    fn check(&self, path: &str) -> Result<(), Fault> {
        if self.allow.is_none() && self.deny.is_none() {
            return Err((path.into(), Problem::SaysNothing));
        }
        let lists = [("allow", &self.allow), ("deny", &self.deny)];
        for (member, list) in lists {
            let Some(list) = list else { continue };
            let path = format!("{path}.{member}");
            not_empty(list, &path)?;
            if list.len() > MAX_NAMES {
                return Err((path, Problem::OutOfRange { found: list.len() as u64, most: MAX_NAMES as u64 }));
            }
            for (at, text) in list.iter().enumerate() {
                let usable = match member {
                    "allow" => toolname::Allowed::parse(text).is_some(),
                    _ => toolname::Denied::parse(text).is_some(),
                };
                if !usable {
                    return Err((
                        format!("{path}[{at}]"),
                        Problem::ToolName(text.chars().take(128).collect()),
                    ));
                }
            }
            unique_strings(list.iter().map(String::as_str), |at| format!("{path}[{at}]"))?;
        }
        let denied: Vec<_> =
            self.deny.iter().flatten().filter_map(|text| toolname::Denied::parse(text)).collect();
        let is_denied =
            |name: &String| !name.ends_with('*') && denied.iter().any(|denied| denied.matches(name));
        match self.allow.iter().flatten().position(is_denied) {
            Some(at) => Err((
                format!("{path}.allow[{at}]"),
                Problem::Unmeetable("`deny` refuses a tool of this name"),
            )),
            None => Ok(()),
        }
    }
}
