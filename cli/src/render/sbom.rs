//! What changed between two SBOMs, for people: worst first.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use mcpsign_schemas::sbom::diff::{ComponentDiff, ComponentState, Released, SbomChange, SbomDiff};

use crate::output::style::{BOLD, ERROR, OK, WARNING};
use crate::render::human::count;
use crate::render::untrusted::value;

/// Component by component, after the tally of all.
pub(crate) fn difference(diff: &SbomDiff) -> String {
    let mut text = String::new();
    let mut tally: BTreeMap<SbomChange, usize> = BTreeMap::new();
    for change in diff.components.iter().flat_map(|component| &component.changes) {
        *tally.entry(*change).or_default() += 1;
    }
    let counts: Vec<String> =
        tally.iter().rev().map(|(change, number)| format!("{number} {change}")).collect();
    let what = if counts.is_empty() { "no component differs".to_owned() } else { counts.join(", ") };
    let style = diff.change.map_or(OK, style);
    let _ = writeln!(text, "{style}{what}{style:#}");
    let _ = writeln!(text, "  {} → {}", release(&diff.before), release(&diff.after));
    for component in &diff.components {
        one(&mut text, component);
    }
    text
}

fn release(release: &Released) -> String {
    let name = if release.name.is_empty() { "(no name)" } else { &release.name };
    let version =
        release.version.as_deref().map(|version| format!(" {}", value(version))).unwrap_or_default();
    format!("{}{version} ({})", value(name), count(release.components, "component"))
}

fn one(text: &mut String, component: &ComponentDiff) {
    let style = style(component.change);
    let changes: Vec<&str> = component.changes.iter().map(|change| change.as_str()).collect();
    let _ = writeln!(
        text,
        "{style}{}{style:#}: {BOLD}{}{BOLD:#} {}",
        changes.join(", "),
        value(&component.package),
        versions(component.before.as_ref(), component.after.as_ref())
    );
    if component.changes.contains(&SbomChange::SourceChanged) {
        let source =
            |state: &Option<ComponentState>| match state.as_ref().and_then(|state| state.source.as_ref()) {
                Some(source) => value(source).to_string(),
                None => "not stated".to_owned(),
            };
        let (before, after) = (source(&component.before), source(&component.after));
        let _ = if before == after {
            writeln!(text, "  from {before}, with other bytes")
        } else {
            writeln!(text, "  from {before} → {after}")
        };
    }
}

fn versions(before: Option<&ComponentState>, after: Option<&ComponentState>) -> String {
    let version = |state: &ComponentState| match &state.version {
        Some(version) => value(version).to_string(),
        None => "(no version)".to_owned(),
    };
    match (before.map(version), after.map(version)) {
        (Some(before), Some(after)) if before == after => before,
        (Some(before), Some(after)) => format!("{before} → {after}"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => String::new(),
    }
}

const fn style(change: SbomChange) -> anstyle::Style {
    match change {
        SbomChange::Removed | SbomChange::Upgraded => OK,
        SbomChange::Added | SbomChange::VersionChanged => WARNING,
        SbomChange::Downgraded | SbomChange::SourceChanged | SbomChange::NewInstallScript => ERROR,
    }
}
