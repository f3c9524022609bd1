//! What `manifest diff` found.

use mcpsign_schemas::diff::{Change, Class, ItemDiff, ManifestDiff, ProfileChange, ProfileDiff};
use serde_json::json;

use super::rule::{Rule, of_class};
use super::{Entry, Log, bounded};

/// What differs between two manifests, the later of which is `artifact`.
pub(crate) fn difference(diff: &ManifestDiff, artifact: &str) -> Log {
    let mut log = Log::new("manifest-diff", json!({ "class": diff.class, "verified": false }));
    for profile in &diff.profiles {
        let what = match profile.change {
            ProfileChange::Added => Some("is new"),
            ProfileChange::Removed => Some("is gone"),
            ProfileChange::Compared => None,
        };
        if let Some(what) = what {
            let message = format!("profile `{}` {what}", profile.name);
            log.results.push(entry(
                Rule::of_class(profile.class),
                profile.class,
                &message,
                artifact,
                profile,
            ));
        }
        for item in &profile.items {
            log.results.extend(of_item(item, artifact, profile));
        }
    }
    log
}

fn of_item(item: &ItemDiff, artifact: &str, profile: &ProfileDiff) -> Vec<Entry> {
    let change = match &item.change {
        Change::Added => "was added".to_owned(),
        Change::Removed => "is gone".to_owned(),
        Change::Changed => "differs".to_owned(),
        Change::Renamed { from } => format!("was renamed from `{from}`"),
    };
    let what = format!("{} `{}` {change}", item.kind, item.key);
    let placed = |pointer: &str| Some((item.kind, item.key.clone(), pointer.to_owned()));
    let mut entries: Vec<Entry> = item
        .signs
        .iter()
        .map(|sign| {
            let message = format!("{what}: {}", sign.reason.title());
            let rule = Rule::of_reason(sign.reason);
            Entry {
                place: placed(&sign.pointer),
                ..entry(rule, sign.reason.class(), &message, artifact, profile)
            }
        })
        .collect();
    // Members can weigh more than any sign does.
    if item.signs.iter().all(|sign| sign.reason.class() < item.class) {
        let rule = Rule::of_class(item.class);
        entries.push(Entry { place: placed(""), ..entry(rule, item.class, &what, artifact, profile) });
    }
    entries
}

fn entry(rule: Rule, class: Class, message: &str, artifact: &str, profile: &ProfileDiff) -> Entry {
    Entry {
        rule,
        level: of_class(class),
        message: bounded(message),
        artifact: (artifact.to_owned(), 1),
        place: None,
        identity: profile.name.clone(),
    }
}
