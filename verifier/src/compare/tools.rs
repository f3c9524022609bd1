//! What a rule demands of the tools that are signed.

use std::collections::BTreeMap;

use mcpsign_schemas::code::{self, Code};
use mcpsign_schemas::facts::ToolFacts;
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::manifest::{Profile, ToolManifest};
use mcpsign_schemas::policy::{Deny, NamesRequirement, ToolsRequirement};
use mcpsign_schemas::toolname::{Allowed, Denied};

/// Findings about tools at the most: which the first of a thousand are is enough.
const MAX_FINDINGS: usize = 64;

/// `names`, read once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    allow: Option<Vec<Allowed>>,
    deny: Vec<(String, Denied)>,
}

impl Names {
    /// Of patterns that were checked.
    pub(crate) fn of(names: Option<&NamesRequirement>) -> Self {
        let Some(names) = names else { return Self::default() };
        let denied = names.deny.iter().flatten();
        Self {
            // One that cannot be read allows nothing.
            allow: names
                .allow
                .as_ref()
                .map(|list| list.iter().filter_map(|text| Allowed::parse(text)).collect()),
            deny: denied.filter_map(|text| Some((text.clone(), Denied::parse(text)?))).collect(),
        }
    }

    fn judge(&self, name: &str) -> Result<(), Finding> {
        let finding = |message| Finding::new(code::manifest::TOOL_NAME_NOT_ALLOWED, message).found(name);
        if let Some((words, _)) = self.deny.iter().find(|(_, denied)| denied.matches(name)) {
            return Err(finding(format!("tool `{name}` has a name like `{words}`, which the policy denies")));
        }
        match &self.allow {
            Some(allowed) if !allowed.iter().any(|allowed| allowed.matches(name)) => {
                Err(finding(format!("tool `{name}` is not among the names that the policy allows")))
            }
            _ => Ok(()),
        }
    }
}

/// Every tool of the profiles that count, in each of its definitions:
/// 1. no profile has more of them than `atMost`;
/// 2. each is called as `names` says;
/// 3. none is what is denied; where a tool says nothing of it, it counts as what the protocol takes it for.
pub(crate) fn demanded(
    requirement: &ToolsRequirement,
    names: &Names,
    manifest: &ToolManifest,
    profiles: &[&Profile],
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for profile in profiles {
        let shown = profile.tools.len();
        if let Some(most) =
            requirement.at_most.filter(|most| usize::try_from(*most).is_ok_and(|most| shown > most))
        {
            let message = format!("profile `{}` has more tools than the policy allows", profile.name);
            let finding = Finding::new(code::manifest::TOO_MANY_TOOLS, message);
            findings.push(finding.expected(format!("at most {most}")).found(shown.to_string()));
        }
    }
    let defined: BTreeMap<_, _> = profiles
        .iter()
        .flat_map(|profile| profile.tools.iter().map(|(name, digests)| ((name, digests.wire), ())))
        .collect();
    for (name, wire) in defined.keys() {
        findings.extend(names.judge(name).err());
        // That every item is there was checked before.
        if let Some(tool) = manifest.items.get(wire) {
            findings.extend(denied(requirement, &ToolFacts::of(name, tool, &[])));
        }
    }
    findings.truncate(MAX_FINDINGS);
    findings
}

fn denied(requirement: &ToolsRequirement, tool: &ToolFacts) -> impl Iterator<Item = Finding> {
    use code::manifest as of;
    let name = tool.name.clone();
    let judged: [(Option<Deny>, bool, Code, &str); 4] = [
        (requirement.destructive, tool.destructive, of::TOOL_DESTRUCTIVE, "may destroy"),
        (requirement.open_world, tool.open_world, of::TOOL_OPEN_WORLD, "reaches into an open world"),
        (requirement.unhinted, !tool.hinted, of::TOOL_UNHINTED, "says nothing of what it does"),
        (
            requirement.undeclared_arguments,
            tool.open,
            of::TOOL_UNDECLARED_ARGUMENTS,
            "takes arguments that it does not declare",
        ),
    ];
    let fallen = judged.into_iter().filter(|(deny, is, ..)| *deny == Some(Deny::Deny) && *is);
    fallen.map(move |(_, _, code, what)| {
        Finding::new(code, format!("tool `{name}` {what}")).found(name.clone())
    })
}
