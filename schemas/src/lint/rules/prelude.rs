//! What rules are written with.

use std::ops::Range;

pub(super) use regex::Regex;

pub(super) use crate::canonical::Json;
pub(super) use crate::code::{Level, code};
pub(super) use crate::diff::resolve;
use crate::hidden::{self, Hidden, hidden};
pub(super) use crate::lint::Rule;
pub(super) use crate::lint::issue::Found;
pub(super) use crate::lint::name;
pub(super) use crate::lint::phrases::{Negation, Phrases, fixed};
pub(super) use crate::lint::server::{Item, Server};
#[cfg(test)]
pub(super) use crate::lint::tests::Cases;
pub(super) use crate::pointer::{child, walk};
pub(super) use crate::surface::ItemKind;
pub(super) use crate::untrusted::escape;

/// Reports the hidden characters of one class: how many, the first by name, and what they spell if they do.
pub(super) fn hidden_of(
    server: &Server<'_>,
    found: &mut Found,
    class: Hidden,
    level: impl Fn(char, usize) -> Level,
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
        found.text(level(first, count), (item, text), at..at + first.len_utf8(), message);
    }
}

/// The worst of what one text has, and of equals the first: to find its place the text is gone through, so that only one is
/// asked for.
pub(super) fn worst(all: impl Iterator<Item = (Level, Range<usize>)>) -> Option<(Level, Range<usize>)> {
    all.reduce(|worst, one| if one.0 > worst.0 { one } else { worst })
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
