//! What changed between two sightings of a server, for people: which items, which members, how much it matters.
//!
//! The verifier does not use this; it compares digests. A difference is classed from the item up, and the class
//! of the whole is the worst one: [`Class`]. Nothing here says that a change is harmless beyond what
//! [`crate::surface`] proves; a class is a reason to look, not a verdict.

mod alarm;
mod cause;
mod class;
mod document;
mod members;
mod prompt;
mod rename;
mod schema;
pub(crate) mod sink;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Serialize;

pub use cause::{Cause, Parts, causes};
pub use class::{Class, Reason, UnknownClass};
pub use document::{ManifestDiff, ProfileChange, ProfileDiff, Side, manifests};
pub use members::MemberChange;
pub(crate) use schema::resolve;

use crate::manifest::ItemDigests;
use crate::observed::{ObservedItem, ObservedServer};
use crate::surface::ItemKind;

/// The difference between two sightings of one server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diff {
    /// The worst class of `items`; identical if there is none.
    pub class: Class,
    /// Every item that differs, in the order of kinds, then keys.
    pub items: Vec<ItemDiff>,
}

/// One item that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ItemDiff {
    /// Its kind.
    pub kind: ItemKind,
    /// Its key; of a renamed item the new one.
    pub key: String,
    /// What happened to it.
    pub change: Change,
    /// How much that matters.
    pub class: Class,
    /// Why, worst first.
    pub signs: Vec<Sign>,
    /// Its digests before; absent if it was added.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<ItemDigests>,
    /// Its digests after; absent if it was removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<ItemDigests>,
    /// What differs inside; of an item that was added or removed every member that it has. Empty where only digests
    /// are known.
    pub members: Vec<MemberChange>,
}

/// What happened to an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It is there under the same key, with other content.
    Changed,
    /// It is there under another key.
    Renamed {
        /// The key before.
        from: String,
    },
}

/// One reason for an item's class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sign {
    /// The rule.
    pub reason: Reason,
    /// JSON pointer (RFC 6901) to where it shows, in the item after the change if it is there; empty for the
    /// item as a whole.
    pub pointer: String,
}

/// Compares two sightings. `servers(x, x)` has no items.
pub fn servers(before: &ObservedServer, after: &ObservedServer) -> Diff {
    let mut removed = BTreeMap::new();
    let mut added = BTreeMap::new();
    let mut items = Vec::new();
    for (place, old) in &before.items {
        match after.items.get(place) {
            Some(new) if new.digests == old.digests => {}
            Some(new) => items.push(changed(place.0, &place.1, Change::Changed, old, new, Vec::new())),
            None => {
                removed.insert(place, old);
            }
        }
    }
    added.extend(after.items.iter().filter(|(place, _)| !before.items.contains_key(*place)));

    for pair in rename::pairs(&removed, &added) {
        let (Some(old), Some(new)) = (removed.remove(&pair.from), added.remove(&pair.to)) else { continue };
        let mut signs =
            vec![Sign::whole(if pair.edited { Reason::RenamedWithEdits } else { Reason::Renamed })];
        signs.extend(gone(pair.to.0));
        let change = Change::Renamed { from: pair.from.1.clone() };
        items.push(changed(pair.to.0, &pair.to.1, change, old, new, signs));
    }
    for ((kind, key), old) in removed {
        let signs = gone(*kind).into_iter().collect();
        let members = members::all(old.json.as_ref(), None);
        items.push(item(*kind, key, Change::Removed, Some(old), None, signs, members));
    }
    for ((kind, key), new) in added {
        let mut signs = vec![Sign::whole(Reason::Added)];
        if let Some(json) = &new.json {
            signs.extend(alarm::signs(*kind, None, json));
        }
        let members = members::all(None, new.json.as_ref());
        items.push(item(*kind, key, Change::Added, None, Some(new), signs, members));
    }
    items.sort_by(|a, b| (a.kind, &a.key).cmp(&(b.kind, &b.key)));
    Diff { class: items.iter().map(|item| item.class).max().unwrap_or(Class::Identical), items }
}

/// An item that looks like one that is gone, under another key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rename {
    /// Its kind.
    pub kind: ItemKind,
    /// The key before.
    pub from: String,
    /// The key after.
    pub to: String,
    /// Whether more than the key changed.
    pub edited: bool,
}

/// Items that are only in `after` and look like one that is only in `before`, most alike first.
pub fn renames(before: &ObservedServer, after: &ObservedServer) -> Vec<Rename> {
    let only = |these: &ObservedServer, others: &ObservedServer| -> Vec<(ItemKind, String)> {
        these.items.keys().filter(|place| !others.items.contains_key(*place)).cloned().collect()
    };
    let (gone, new) = (only(before, after), only(after, before));
    let removed = gone.iter().filter_map(|place| Some((place, before.items.get(place)?))).collect();
    let added = new.iter().filter_map(|place| Some((place, after.items.get(place)?))).collect();
    let pairs = rename::pairs(&removed, &added);
    pairs
        .into_iter()
        .map(|pair| Rename {
            kind: pair.to.0,
            from: pair.from.1.clone(),
            to: pair.to.1.clone(),
            edited: pair.edited,
        })
        .collect()
}

fn changed(
    kind: ItemKind,
    key: &str,
    change: Change,
    old: &ObservedItem,
    new: &ObservedItem,
    mut signs: Vec<Sign>,
) -> ItemDiff {
    let (Some(before), Some(after)) = (&old.json, &new.json) else {
        // Of a page's HTML only the digest is known.
        signs.push(Sign::whole(Reason::ContentChanged));
        return item(kind, key, change, Some(old), Some(new), signs, Vec::new());
    };
    let members = members::changes(kind, before, after);
    signs.extend(alarm::signs(kind, Some(before), after));
    signs.extend(match kind {
        ItemKind::Tool => schema::narrowing(before, after),
        ItemKind::Prompt => prompt::narrowing(before, after),
        _ => Vec::new(),
    });
    item(kind, key, change, Some(old), Some(new), signs, members)
}

fn item(
    kind: ItemKind,
    key: &str,
    change: Change,
    old: Option<&ObservedItem>,
    new: Option<&ObservedItem>,
    mut signs: Vec<Sign>,
    members: Vec<MemberChange>,
) -> ItemDiff {
    signs.sort_by(|a, b| {
        (b.reason.class(), a.reason, &a.pointer).cmp(&(a.reason.class(), b.reason, &b.pointer))
    });
    signs.dedup();
    let by_signs = signs.iter().map(|sign| sign.reason.class()).max();
    let by_members = members.iter().map(|member| member.class).max();
    // Digests differ, so at the least something on the wire does.
    let class = by_signs.max(by_members).unwrap_or(Class::Material);
    ItemDiff {
        kind,
        key: key.to_owned(),
        change,
        class,
        signs,
        before: old.map(|item| item.digests),
        after: new.map(|item| item.digests),
        members,
    }
}

/// What the loss of an item of this kind means: calls by its name were valid before.
fn gone(kind: ItemKind) -> Option<Sign> {
    Some(Sign::whole(match kind {
        ItemKind::Tool | ItemKind::Prompt | ItemKind::ResourceTemplate => Reason::Gone,
        // Which resources there are is the user's data in some servers; the single items cannot be called.
        _ => Reason::NoLongerListed,
    }))
}

impl Sign {
    fn whole(reason: Reason) -> Self {
        Self { reason, pointer: String::new() }
    }

    fn at(reason: Reason, pointer: impl Into<String>) -> Self {
        Self { reason, pointer: pointer.into() }
    }
}
