//! `toolsChanged` and `hintsChanged`: what the server offers, and how harmless it calls that.

use std::collections::{BTreeMap, BTreeSet};

use mcpsign_schemas::canonical::Json;
use mcpsign_schemas::code;
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::manifest::ToolManifest;

use super::{Release, differs, shown};
use crate::continuity::history::Earlier;

/// The tools of all profiles together have the names that they had.
pub(super) fn changed(release: &Release<'_, '_>, earlier: &Earlier<'_>) -> Vec<Finding> {
    let (now, before) = (tools(release.candidate.manifest), tools(&earlier.manifest));
    let only = |of: &Tools<'_>, other: &Tools<'_>| -> Vec<String> {
        of.keys().filter(|name| !other.contains_key(*name)).map(|name| format!("`{name}`")).collect()
    };
    let (gone, new) = (only(&before, &now), only(&now, &before));
    if gone.is_empty() && new.is_empty() {
        return Vec::new();
    }
    let found: Vec<String> = [("new", new), ("gone", gone)]
        .into_iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(what, names)| format!("{what}: {}", shown(&names)))
        .collect();
    vec![differs(code::freshness::TOOLS_CHANGED, earlier, "the same tools", found.join("; "))]
}

/// A tool that both releases have has the same annotations, in every profile.
pub(super) fn hints_changed(release: &Release<'_, '_>, earlier: &Earlier<'_>) -> Vec<Finding> {
    let (now, before) = (tools(release.candidate.manifest), tools(&earlier.manifest));
    let changed: Vec<String> = now
        .iter()
        .filter(|(name, hints)| before.get(*name).is_some_and(|before| before != *hints))
        .map(|(name, _)| format!("`{name}`"))
        .collect();
    if changed.is_empty() {
        return Vec::new();
    }
    vec![differs(code::freshness::HINTS_CHANGED, earlier, "the same annotations", shown(&changed))]
}

/// By name the annotations of a tool, canonical; a profile each may have its own.
type Tools<'m> = BTreeMap<&'m str, BTreeSet<Vec<u8>>>;

fn tools(manifest: &ToolManifest) -> Tools<'_> {
    let mut tools = Tools::new();
    for (name, digests) in manifest.profiles.iter().flat_map(|profile| &profile.tools) {
        let item = manifest.items.get(&digests.wire);
        let hints = item.and_then(|item| item.get("annotations")).unwrap_or(&Json::Null);
        tools.entry(name).or_default().insert(hints.to_canonical());
    }
    tools
}
