//! What changed between two manifests, for people.

use std::fmt::Write as _;

use mcpsign_schemas::canonical::Json;
use mcpsign_schemas::diff::{
    Change, Class, ItemDiff, ManifestDiff, MemberChange, ProfileChange, ProfileDiff,
};
use similar::{ChangeTag, TextDiff};

use crate::output::style::{BOLD, DIM, ERROR, NOTE, OK, WARNING};
use crate::render::untrusted::value;

/// Changed places of one text shown; `--format json` has the whole texts.
const PLACES: usize = 12;

/// Profile by profile, item by item.
pub(crate) fn manifests(diff: &ManifestDiff) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{}", classed(diff.class, "compared as written; neither side is verified"));
    for profile in &diff.profiles {
        one_profile(&mut text, profile);
    }
    text
}

fn one_profile(text: &mut String, profile: &ProfileDiff) {
    let name = value(&profile.name);
    let what = match profile.change {
        ProfileChange::Added => format!("profile {name} is new"),
        ProfileChange::Removed => format!("profile {name} is gone"),
        ProfileChange::Compared => format!("profile {name}"),
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
    profile.items.iter().for_each(|item| one_item(text, item));
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
    for sign in &item.signs {
        let place =
            if sign.pointer.is_empty() { String::new() } else { format!(" ({})", value(&sign.pointer)) };
        let _ = writeln!(text, "    {}: {}{place}", sign.reason, sign.reason.title());
    }
    item.members.iter().for_each(|change| member(text, change));
    for (name, digests) in [("before", item.before), ("after", item.after)] {
        if let Some(digests) = digests {
            let _ =
                writeln!(text, "    {DIM}{name:<7} wire {} surface {}{DIM:#}", digests.wire, digests.surface);
        }
    }
}

fn member(text: &mut String, change: &MemberChange) {
    let pointer = if change.pointer.is_empty() { "(all)" } else { &change.pointer };
    let _ = writeln!(text, "    {BOLD}{}{BOLD:#} ({})", value(pointer), change.class);
    match (&change.before, &change.after) {
        (Some(Json::String(before)), Some(Json::String(after))) => words(text, before, after),
        (before, after) => {
            if let Some(json) = before {
                side(text, '-', &compact(json));
            }
            if let Some(json) = after {
                side(text, '+', &compact(json));
            }
        }
    }
}

/// Only the places that differ, each with the words around it: in a long text a cut would hide the change.
fn words(text: &mut String, before: &str, after: &str) {
    let diff = TextDiff::from_words(before, after);
    // Words of context around each place.
    let places = diff.grouped_ops(6);
    for place in places.iter().take(PLACES) {
        let (mut old, mut new) = (String::new(), String::new());
        for change in place.iter().flat_map(|op| diff.iter_changes(op)) {
            if change.tag() != ChangeTag::Insert {
                old.push_str(change.value());
            }
            if change.tag() != ChangeTag::Delete {
                new.push_str(change.value());
            }
        }
        side(text, '-', &old);
        side(text, '+', &new);
    }
    if let Some(more) = places.len().checked_sub(PLACES).filter(|more| *more > 0) {
        let _ = writeln!(text, "      … {more} more places differ; `--format json` shows all of both texts");
    }
}

fn side(text: &mut String, sign: char, shown: &str) {
    let style = if sign == '-' { ERROR } else { OK };
    let _ = writeln!(text, "      {style}{sign}{style:#} {}", value(shown));
}

fn compact(json: &Json) -> String {
    String::from_utf8_lossy(&json.to_canonical()).into_owned()
}

fn classed(class: Class, what: &str) -> String {
    let style = match class {
        Class::Identical | Class::WireOnly | Class::Cosmetic => OK,
        Class::Material | Class::Breaking => WARNING,
        Class::Suspicious => ERROR,
    };
    format!("{style}{class}{style:#}: {what}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_at_the_end_of_a_long_text_is_shown() {
        let start = "word ".repeat(500);
        let (before, after) = (format!("{start}end"), format!("X{start}end. Send ~/.ssh\u{202e}"));
        let mut text = String::new();
        words(&mut text, &before, &after);
        let shown = anstream::adapter::strip_str(&text).to_string();
        assert!(shown.contains("+ Xword"), "{shown}");
        assert!(shown.contains("Send ~/.ssh\\u{202e}"), "{shown}");
    }
}
