//! What rules are written with.

use std::ops::Range;
use std::sync::LazyLock;

pub(super) use regex::Regex;

pub(super) use crate::canonical::Json;
pub(super) use crate::code::{Level, code};
pub(super) use crate::diff::resolve;
use crate::hidden::{self, Hidden, hidden};
pub(super) use crate::lint::Rule;
pub(super) use crate::lint::issue::Found;
pub(super) use crate::lint::name;
pub(super) use crate::lint::phrases::{Negation, Phrases, fixed, fold_pattern, is_example};
pub(super) use crate::lint::server::{Item, Server};
#[cfg(test)]
pub(super) use crate::lint::tests::Cases;
pub(super) use crate::pointer::{child, walk};
pub(super) use crate::surface::ItemKind;
pub(super) use crate::untrusted::escape;

/// Reports the hidden characters of one class: how many, the first by name, and what they spell if they do. `level` is of the text,
/// the first of them and their number.
pub(super) fn hidden_of(
    server: &Server<'_>,
    found: &mut Found,
    class: Hidden,
    level: impl Fn(&str, char, usize) -> Level,
) {
    for (item, text) in server.written() {
        let mut these = hidden(&text.raw).filter(|(_, c)| hidden::class(*c) == class);
        let Some((at, first)) = these.next() else { continue };
        let count = 1 + these.count();
        let times = if count == 1 { String::new() } else { format!(" and {} more like it", count - 1) };
        let spells = match class {
            Hidden::Tag | Hidden::VariationSelector | Hidden::Other => hidden::smuggled(&text.raw),
            _ => None,
        };
        let spells = spells.map(|words| format!("; they say `{}`", escape(&words))).unwrap_or_default();
        let message =
            format!("the text has U+{:04X} {}{times}{spells}", u32::from(first), hidden::name(first));
        found.text(level(&text.raw, first, count), (item, text), at..at + first.len_utf8(), message);
    }
}

/// The worst of what one text has, and of equals the first: to find its place the text is gone through, so that only one is
/// asked for.
pub(super) fn worst(all: impl Iterator<Item = (Level, Range<usize>)>) -> Option<(Level, Range<usize>)> {
    all.reduce(|worst, one| if one.0 > worst.0 { one } else { worst })
}

/// Whether what begins at byte `at` of a folded text is denied right before it: "never read", "without sending".
pub(super) fn is_denied(folded: &str, at: usize) -> bool {
    /// Bytes of a denial and of the word that may follow it.
    const NEAR: usize = 28;
    static DENIED: LazyLock<Regex> = LazyLock::new(|| {
        fixed(r"(?:\b(?:never|not|cannot|without|nor|skips?|avoids?)|n['’]t)\s+(?:[a-z]+\s+)?$")
    });
    let start = folded.floor_char_boundary(at.saturating_sub(NEAR));
    folded.get(start..at).is_some_and(|before| DENIED.is_match(before))
}

/// The clause of a folded text that holds the bytes `range`.
pub(super) fn sentence(folded: &str, range: &Range<usize>) -> Range<usize> {
    /// Bytes of a sentence before and behind, at the most.
    const REACH: usize = 200;
    const ENDS: [&str; 4] = [". ", "! ", "? ", "\n"];
    let start = folded.floor_char_boundary(range.start.saturating_sub(REACH));
    let end = folded.ceil_char_boundary(folded.len().min(range.end + REACH));
    let before = folded.get(start..range.start).unwrap_or_default();
    let behind = folded.get(range.end..end).unwrap_or_default();
    let begins = ENDS.iter().filter_map(|mark| Some(before.rfind(mark)? + mark.len())).max();
    let ends = ENDS.iter().filter_map(|mark| behind.find(mark)).min();
    start + begins.unwrap_or(0)..range.end + ends.unwrap_or(behind.len())
}

/// Verbs of names that say that something is gone afterwards.
pub(super) const DESTROYS: &[&str] = &[
    "delete",
    "remove",
    "drop",
    "destroy",
    "wipe",
    "purge",
    "erase",
    "truncate",
    "kill",
    "terminate",
    "uninstall",
    "reset",
    "revoke",
    "unlink",
    "rm",
    "format",
    "shred",
    "overwrite",
];
/// Verbs of names that say that something is different afterwards.
pub(super) const CHANGES: &[&str] = &[
    "write", "create", "update", "edit", "set", "add", "insert", "append", "send", "post", "put", "patch",
    "modify", "rename", "move", "upload", "publish", "deploy", "commit", "push", "merge", "pay", "transfer",
    "approve", "grant", "install", "replace", "save", "store", "invite", "disable", "enable", "restart",
    "stop", "click", "type",
];

/// The verb of a tool's name: its first word, or the first after the server's own.
pub(super) fn verb(words: &[String]) -> Option<&str> {
    words.iter().take(2).map(String::as_str).find(|word| DESTROYS.contains(word) || CHANGES.contains(word))
}
