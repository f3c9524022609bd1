//! What changed between two manifests, for people: worst first.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use mcpsign_schemas::canonical::Json;
use mcpsign_schemas::diff::{
    Cause, Change, Class, ItemDiff, ManifestDiff, MemberChange, ProfileChange, ProfileDiff,
};

use crate::output::style::{BOLD, DIM, ERROR, NOTE, OK, WARNING};
use crate::render::human::count;
use crate::render::untrusted::{short_digest, value};
use crate::render::{hidden, words};

/// Members of one item shown; `--format json` has all.
const MEMBERS: usize = 24;
/// Signs of an item that are shown.
const SIGNS: usize = 24;
/// Dependencies shown; `--format json` has all.
const DEPENDENCIES: usize = 16;

/// Profile by profile, item by item, and what else the two releases differ in.
pub(crate) fn manifests(diff: &ManifestDiff, causes: &[Cause]) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{}", classed(diff.class, "compared as written; neither side is verified"));
    // Where the servers show the same, nothing needs a cause.
    if diff.class > Class::Identical && !causes.is_empty() {
        likely(&mut text, causes);
    }
    for profile in &diff.profiles {
        one_profile(&mut text, profile);
    }
    text
}

fn likely(text: &mut String, causes: &[Cause]) {
    let _ =
        writeln!(text, "{NOTE}likely cause{NOTE:#}: by their own evidence the two releases also differ in");
    let (mut dependencies, mut same_version) = (0, true);
    for cause in causes {
        match cause {
            Cause::Version { before, after } => {
                same_version = false;
                let shown = |version: &Option<String>| match version {
                    Some(version) => value(version).to_string(),
                    None => "none".to_owned(),
                };
                let _ = writeln!(text, "  version     {} → {}", shown(before), shown(after));
            }
            Cause::Lockfile { path, before, after } => {
                let shown = |digest: &Option<_>| match digest {
                    Some(digest) => format!("sha256:{}", short_digest(&format!("{digest}"))),
                    None => "none".to_owned(),
                };
                let _ = writeln!(text, "  lock file   {}  {} → {}", value(path), shown(before), shown(after));
            }
            Cause::Dependency { purl, before, after } => {
                dependencies += 1;
                if dependencies <= DEPENDENCIES {
                    let _ = writeln!(
                        text,
                        "  dependency  {}  {} → {}",
                        value(purl),
                        versions(before),
                        versions(after)
                    );
                }
            }
        }
    }
    if let Some(more) = dependencies.checked_sub(DEPENDENCIES).filter(|more| *more > 0) {
        let _ = writeln!(text, "  … {more} more dependencies; `--format json` shows all");
    }
    if same_version {
        let _ = writeln!(text, "  {DIM}the version is the same: what moved is not the server's own{DIM:#}");
    }
}

fn versions(versions: &BTreeSet<String>) -> String {
    if versions.is_empty() {
        return "none".to_owned();
    }
    versions.iter().map(|version| value(version).to_string()).collect::<Vec<_>>().join(", ")
}

fn one_profile(text: &mut String, profile: &ProfileDiff) {
    let name = value(&profile.name);
    let what = match profile.change {
        ProfileChange::Added => format!("profile {name} is new"),
        ProfileChange::Removed => format!("profile {name} is gone"),
        ProfileChange::Compared => format!("profile {name}{}", tally(&profile.items)),
    };
    let _ = writeln!(text, "\n{}", classed(profile.class, &what));
    if !profile.conditions.is_empty() {
        let _ = writeln!(
            text,
            "  {NOTE}note{NOTE:#}: started or asked differently; items may differ for that reason"
        );
        profile.conditions.iter().for_each(|change| member(text, change));
    }
    if profile.order_changed {
        let _ = writeln!(text, "  {NOTE}note{NOTE:#}: the same tools come in another order");
    }
    let mut items: Vec<&ItemDiff> = profile.items.iter().collect();
    // Stable: within a class the order of kinds and keys stays.
    items.sort_by_key(|item| std::cmp::Reverse(item.class));
    items.into_iter().for_each(|item| one_item(text, item));
}

/// How many items of each class.
fn tally(items: &[ItemDiff]) -> String {
    let mut counts: BTreeMap<Class, usize> = BTreeMap::new();
    for item in items {
        *counts.entry(item.class).or_default() += 1;
    }
    if items.is_empty() {
        return String::new();
    }
    let each: Vec<String> = counts.iter().rev().map(|(class, number)| format!("{number} {class}")).collect();
    let differ = if items.len() == 1 { "differs" } else { "differ" };
    format!(", {} {differ}: {}", count(items.len(), "item"), each.join(", "))
}

fn one_item(text: &mut String, item: &ItemDiff) {
    let what = match &item.change {
        Change::Added => "added".to_owned(),
        Change::Removed => "removed".to_owned(),
        Change::Changed => "changed".to_owned(),
        Change::Renamed { from } => format!("renamed from `{}`", value(from)),
    };
    let _ =
        writeln!(text, "  {}", classed(item.class, &format!("{} `{}` {what}", item.kind, value(&item.key))));
    for sign in item.signs.iter().take(SIGNS) {
        let place =
            if sign.pointer.is_empty() { String::new() } else { format!(" ({})", value(&sign.pointer)) };
        let _ = writeln!(text, "    {}: {}{place}", sign.reason, sign.reason.title());
    }
    if let Some(more) = item.signs.len().checked_sub(SIGNS).filter(|more| *more > 0) {
        let _ = writeln!(text, "    … {more} more signs; `--format json` shows all");
    }
    // The worst first here, too: what is cut must not be what matters.
    let signs: BTreeSet<&str> = item.signs.iter().map(|sign| sign.pointer.as_str()).collect();
    let mut members: Vec<&MemberChange> = item.members.iter().collect();
    members.sort_by_cached_key(|change| (std::cmp::Reverse(change.class), !signed(&signs, &change.pointer)));
    members.iter().take(MEMBERS).for_each(|change| member(text, change));
    if let Some(more) = members.len().checked_sub(MEMBERS).filter(|more| *more > 0) {
        let _ = writeln!(text, "    … {more} more members differ; `--format json` shows all");
    }
    for (name, digests) in [("before", item.before), ("after", item.after)] {
        if let Some(digests) = digests {
            let _ =
                writeln!(text, "    {DIM}{name:<7} wire {} surface {}{DIM:#}", digests.wire, digests.surface);
        }
    }
}

/// Whether a sign points at this member, into it or at what holds it.
fn signed(signs: &BTreeSet<&str>, pointer: &str) -> bool {
    let within = format!("{pointer}/");
    let holders = pointer.match_indices('/').skip(1).map(|(at, _)| &pointer[..at]);
    signs.range(within.as_str()..).next().is_some_and(|sign| sign.starts_with(&within))
        || holders.chain([pointer]).any(|holder| !holder.is_empty() && signs.contains(holder))
}

fn member(text: &mut String, change: &MemberChange) {
    let pointer = if change.pointer.is_empty() { "(all)" } else { &change.pointer };
    let _ = writeln!(text, "    {BOLD}{}{BOLD:#} ({})", value(pointer), change.class);
    let lines = match (&change.before, &change.after) {
        (Some(before), Some(after)) => words::difference(&readable(before), &readable(after)),
        (Some(before), None) => vec![format!("{ERROR}-{ERROR:#} {}", words::whole(&readable(before)))],
        (None, Some(after)) => {
            let after = readable(after);
            let mut lines = vec![format!("{OK}+{OK:#} {}", words::whole(&after))];
            lines.extend(hidden::new_in("", &after));
            lines
        }
        (None, None) => Vec::new(),
    };
    for line in lines {
        let _ = writeln!(text, "      {line}");
    }
}

/// Texts as they are, everything else as compact JSON; characters are made harmless where they are shown.
fn readable(json: &Json) -> String {
    match json {
        Json::String(text) => text.clone(),
        other => String::from_utf8_lossy(&other.to_canonical()).into_owned(),
    }
}

fn classed(class: Class, what: &str) -> String {
    let style = match class {
        Class::Identical | Class::WireOnly | Class::Cosmetic => OK,
        Class::Material | Class::Breaking => WARNING,
        Class::Suspicious => ERROR,
    };
    format!("{style}{class}{style:#}: {what}")
}
