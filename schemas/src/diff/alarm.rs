//! What attacks on tool definitions look like: hints withdrawn, new sinks, hidden text, orders to the model.
//!
//! Only what is new counts: a server that always had it was accepted with it. Finding none of this proves nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::class::Reason;
use super::{Sign, sink};
use crate::canonical::Json;
use crate::hidden::hidden;
use crate::lint;
use crate::pointer::walk;
use crate::surface::ItemKind;

/// Signs that `after` has and `before` had not; everything in a new item is new.
pub(super) fn signs(kind: ItemKind, before: Option<&Json>, after: &Json) -> Vec<Sign> {
    let old = before.map(|before| Traits::of(kind, before)).unwrap_or_default();
    let new = Traits::of(kind, after);
    let mut signs = Vec::new();
    for (what, pointer) in &new.marks {
        if !old.marks.contains_key(what) {
            signs.push(Sign::at(what.0, pointer));
        }
    }
    for (pointer, hidden) in &new.hidden {
        let before = old.hidden.get(pointer);
        if hidden.iter().any(|(c, n)| before.and_then(|before| before.get(c)).is_none_or(|before| n > before))
        {
            signs.push(Sign::at(Reason::HiddenText, pointer));
        }
    }
    if let (ItemKind::Tool, Some(before)) = (kind, before) {
        signs.extend(hints(before, after));
        let known: BTreeSet<String> = sink::sinks(before);
        signs.extend(
            sink::sinks(after).difference(&known).map(|pointer| Sign::at(Reason::NewTextSink, pointer)),
        );
        let opened = sink::opened(before, after);
        signs.extend(opened.iter().map(|pointer| Sign::at(Reason::NewTextSink, pointer)));
    }
    signs
}

/// What one item shows.
#[derive(Default)]
struct Traits {
    /// Rule and wording, and where it stands first.
    marks: BTreeMap<(Reason, String), String>,
    /// By place: hidden characters and how many of each.
    hidden: BTreeMap<String, BTreeMap<char, usize>>,
}

impl Traits {
    fn of(kind: ItemKind, item: &Json) -> Self {
        let mut traits = Self::default();
        for (code, pointer) in lint::orders(kind, item) {
            traits.mark(Reason::ModelInstructions, format!("{code} {pointer}"), &pointer);
        }
        walk(item, &mut |pointer, value| {
            match value {
                Json::String(text) => traits.text(pointer, text),
                Json::Object(object) => {
                    for (key, value) in object.iter() {
                        // Keys reach the model as well: parameter names.
                        traits.text(pointer, key);
                        match (key, value) {
                            ("x-mcp-header", value) => {
                                let what =
                                    format!("{pointer} {}", String::from_utf8_lossy(&value.to_canonical()));
                                traits.mark(Reason::NewHeader, what, pointer);
                            }
                            ("$ref" | "$dynamicRef" | "$recursiveRef", Json::String(target))
                                if !target.starts_with('#') =>
                            {
                                traits.mark(Reason::RemoteReference, target.clone(), pointer);
                            }
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        });
        traits
    }

    fn mark(&mut self, reason: Reason, what: String, pointer: &str) {
        self.marks.entry((reason, what)).or_insert_with(|| pointer.to_owned());
    }

    fn text(&mut self, pointer: &str, text: &str) {
        for (_, c) in hidden(text) {
            *self.hidden.entry(pointer.to_owned()).or_default().entry(c).or_default() += 1;
        }
    }
}

/// Whether the tool's annotations now say otherwise of what it does. Absent hints have the protocol's default: not
/// read-only, destructive.
fn hints(before: &Json, after: &Json) -> Option<Sign> {
    let hint = |tool: &Json, name: &str| tool.get("annotations")?.get(name)?.as_bool();
    let harmless = |tool: &Json| {
        hint(tool, "readOnlyHint") == Some(true) || hint(tool, "destructiveHint") == Some(false)
    };
    let read_only = |tool: &Json| hint(tool, "readOnlyHint") == Some(true);
    let reason = match (harmless(before), harmless(after)) {
        (true, false) => Reason::TurnedDestructive,
        (false, true) => Reason::TurnedHarmless,
        (true, true) if !read_only(before) && read_only(after) => Reason::TurnedHarmless,
        _ => return None,
    };
    Some(Sign::at(reason, "/annotations"))
}
