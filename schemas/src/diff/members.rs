//! Which members of an item differ, and how.

use std::collections::BTreeSet;

use serde::Serialize;

use super::class::Class;
use crate::canonical::Json;
use crate::pointer::child;
use crate::surface::{ItemKind, surface_view};

/// One member that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MemberChange {
    /// JSON pointer (RFC 6901) from the item's root.
    pub pointer: String,
    /// Its value before; absent if it was added.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Json>,
    /// Its value after; absent if it was removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Json>,
    /// Wire-only, cosmetic or material; rules that look at more than one member speak for the item.
    pub class: Class,
}

/// Every member that differs, outermost first. Arrays of equal length whose elements are objects are compared
/// element by element, others as a whole.
pub(super) fn changes(kind: ItemKind, before: &Json, after: &Json) -> Vec<MemberChange> {
    let mut on_surface = Vec::new();
    compare("", Some(&surface_view(kind, before)), Some(&surface_view(kind, after)), &mut on_surface);
    let on_surface: BTreeSet<String> = on_surface.into_iter().map(|change| change.pointer).collect();
    let mut changes = Vec::new();
    compare("", Some(before), Some(after), &mut changes);
    for change in &mut changes {
        // The inert members are gone from the views, so a change that shows there is none of them. Where one has an
        // object and the other has not, the change shows further in or further out.
        if !shows(&on_surface, &change.pointer) {
            change.class = Class::WireOnly;
        }
    }
    changes
}

/// Every member of an item that is only on one side; of an item that is no object, the item.
pub(super) fn all(before: Option<&Json>, after: Option<&Json>) -> Vec<MemberChange> {
    let Some(item) = before.or(after) else { return Vec::new() };
    let one = |pointer: String, value: &Json| MemberChange {
        pointer,
        before: before.is_some().then(|| value.clone()),
        after: after.is_some().then(|| value.clone()),
        class: Class::Material,
    };
    match item {
        Json::Object(object) => object.iter().map(|(key, value)| one(child("", key), value)).collect(),
        other => vec![one(String::new(), other)],
    }
}

/// Whether a place, one inside it or one around it is among `places`.
fn shows(places: &BTreeSet<String>, pointer: &str) -> bool {
    let inside = format!("{pointer}/");
    let mut around =
        std::iter::successors(Some(pointer), |place| place.rfind('/').and_then(|end| place.get(..end)));
    around.any(|place| places.contains(place))
        || places.range(inside.clone()..).next().is_some_and(|place| place.starts_with(&inside))
}

fn compare(pointer: &str, before: Option<&Json>, after: Option<&Json>, changes: &mut Vec<MemberChange>) {
    if before == after {
        return;
    }
    match (before, after) {
        (Some(Json::Object(old)), Some(Json::Object(new))) => {
            for (key, value) in old.iter() {
                compare(&child(pointer, key), Some(value), new.get(key), changes);
            }
            for (key, value) in new.iter().filter(|(key, _)| !old.contains_key(key)) {
                compare(&child(pointer, key), None, Some(value), changes);
            }
        }
        (Some(Json::Array(old)), Some(Json::Array(new)))
            if old.len() == new.len() && all_objects(old) && all_objects(new) =>
        {
            for (n, (old, new)) in old.iter().zip(new).enumerate() {
                compare(&format!("{pointer}/{n}"), Some(old), Some(new), changes);
            }
        }
        _ => changes.push(MemberChange {
            pointer: pointer.to_owned(),
            before: before.cloned(),
            after: after.cloned(),
            class: if is_cosmetic(pointer, before, after) { Class::Cosmetic } else { Class::Material },
        }),
    }
}

fn all_objects(elements: &[Json]) -> bool {
    elements.iter().all(|element| element.as_object().is_some())
}

/// Equal after collapsing white space, in a member named `title` or `description` that is a text for readers.
fn is_cosmetic(pointer: &str, before: Option<&Json>, after: Option<&Json>) -> bool {
    let (Some(old), Some(new)) = (before.and_then(Json::as_str), after.and_then(Json::as_str)) else {
        return false;
    };
    let mut tokens = pointer.rsplit('/');
    // Below these keywords stands data, where white space can carry meaning.
    let data = |token: &str| matches!(token, "default" | "const" | "enum" | "example" | "examples" | "_meta");
    matches!(tokens.next(), Some("title" | "description"))
        && !tokens.any(data)
        && old.split_whitespace().eq(new.split_whitespace())
}
