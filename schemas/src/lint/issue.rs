//! What a rule says, and where.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use serde::{Serialize, Serializer};

use super::server::{Item, Text};
use crate::code::{Code, Level};
use crate::finding::Finding;
use crate::secret;
use crate::surface::ItemKind;
use crate::untrusted::Untrusted;

/// One thing that a rule has to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Issue {
    /// The rule's code.
    pub code: Code,
    /// How much it weighs here.
    pub level: Level,
    /// One sentence of ours, lower case, no full stop.
    pub message: String,
    /// Where; `None` for the server as a whole.
    #[serde(rename = "item", skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// What stands there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<Excerpt>,
}

/// A place in an item.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// The item's kind.
    pub kind: ItemKind,
    /// The item's key, as received.
    pub name: String,
    /// JSON pointer (RFC 6901) from the item's root; empty for the item as a whole. As received.
    pub pointer: String,
}

/// A piece of a text of the server: escaped, bounded, hidden characters as `\u{…}`. Made here alone, so that it can be
/// shown as it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Excerpt(String);

impl Issue {
    /// The order in which issues are shown: worst first, then by place.
    pub(super) fn order(&self) -> (Reverse<Level>, Option<&Place>, &'static str, &Option<Excerpt>) {
        (Reverse(self.level), self.place.as_ref(), self.code.id, &self.excerpt)
    }

    /// As a finding of a report.
    pub fn finding(&self) -> Finding {
        let mut finding = Finding::new(self.code, self.message.clone());
        finding.level = self.level;
        if let Some(place) = &self.place {
            finding.message = format!("{} `{}`: {}", place.kind, place.name, self.message);
        }
        finding.found = self.excerpt.as_ref().map(ToString::to_string);
        finding
    }
}

impl Place {
    /// Names of members and items can be secrets, too; then the place is told less exactly.
    fn without_secret(&mut self) {
        while secret::shape(&self.pointer).is_some() {
            let end = self.pointer.rfind('/').unwrap_or(0);
            self.pointer.truncate(end);
        }
        if secret::shape(&self.name).is_some() {
            self.name = "(not shown: it holds a secret)".to_owned();
        }
    }
}

impl PartialOrd for Issue {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Issue {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.order(), &self.message).cmp(&(other.order(), &other.message))
    }
}

impl Excerpt {
    /// Characters shown before what was found: enough to find it by.
    const BEFORE: usize = 32;
    /// Characters shown from there on.
    const SHOWN: usize = 120;

    /// `text` around the byte `range`.
    pub(super) fn around(text: &str, range: Range<usize>) -> Self {
        let (head, rest) = text.split_at_checked(range.start).unwrap_or(("", text));
        let start = head.char_indices().rev().nth(Self::BEFORE - 1).map_or(0, |(at, _)| at);
        let before = head.get(start..).unwrap_or_default();
        let end = rest.char_indices().nth(Self::SHOWN).map_or(rest.len(), |(at, _)| at);
        let shown = rest.get(..end).unwrap_or_default();
        let mark = |cut: bool| if cut { "…" } else { "" };
        Self(format!(
            "{}{}{}{}",
            mark(start > 0),
            Untrusted::bounded(before, usize::MAX),
            Untrusted::bounded(shown, usize::MAX),
            mark(end < rest.len())
        ))
    }

    /// A secret is not repeated, nor what stands around it.
    fn unless_secret(self, text: &str) -> Self {
        if secret::shape(text).is_some() { Self("(not shown: it holds a secret)".to_owned()) } else { self }
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Excerpt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// What one rule finds: at each place the worst, and of equals the first.
pub(super) struct Found {
    code: Code,
    by_place: BTreeMap<Option<Place>, Issue>,
}

impl Found {
    pub(super) const fn new(code: Code) -> Self {
        Self { code, by_place: BTreeMap::new() }
    }

    /// Something in a text, at the bytes `range` of it as received.
    pub(super) fn text(
        &mut self,
        level: Level,
        (item, text): (&Item<'_>, &Text<'_>),
        range: Range<usize>,
        message: impl Into<String>,
    ) {
        let excerpt = Excerpt::around(&text.raw, range);
        let place = item.place(&text.pointer);
        self.add(level, Some(place), Some(excerpt.unless_secret(&text.raw)), message.into());
    }

    /// Something about a value of an item.
    pub(super) fn at(&mut self, level: Level, item: &Item<'_>, pointer: &str, message: impl Into<String>) {
        let excerpt = item.at(pointer).map(|value| {
            let text = match value.as_str() {
                Some(text) => text.into(),
                None => String::from_utf8_lossy(&value.to_canonical()).into_owned(),
            };
            Excerpt::around(&text, 0..0).unless_secret(&text)
        });
        let excerpt = if pointer.is_empty() { None } else { excerpt };
        self.add(level, Some(item.place(pointer)), excerpt, message.into());
    }

    /// Something about the server as a whole.
    pub(super) fn server(&mut self, level: Level, message: impl Into<String>) {
        self.add(level, None, None, message.into());
    }

    fn add(&mut self, level: Level, mut place: Option<Place>, excerpt: Option<Excerpt>, message: String) {
        if let Some(place) = &mut place {
            place.without_secret();
        }
        if self.by_place.get(&place).is_some_and(|seen| seen.level >= level) {
            return;
        }
        let issue = Issue { code: self.code, level, message, place: place.clone(), excerpt };
        self.by_place.insert(place, issue);
    }

    pub(super) fn into_issues(self) -> impl Iterator<Item = Issue> {
        self.by_place.into_values()
    }
}
