//! Items that vanished under one key and appeared under another.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::canonical::Json;
use crate::observed::ObservedItem;
use crate::pointer::{child, walk};
use crate::surface::{ItemKind, surface_view};

/// Shared part of two items' tokens from which on they count as one item, edited. On the reference servers only
/// four pairs of twins (`list_directory`, `list_directory_with_sizes`) lie above; the next pair has 0.52.
const SIMILAR: f64 = 0.6;
/// Part of an item's tokens that another has, too, from which on it is the same with something added: orders for the model,
/// say. On the reference servers only the four above and `read_file`, which `read_text_file` replaced, are kept so far.
const KEPT: f64 = 0.9;
/// Tokens of which nothing is missing then.
const FEW: usize = 4;
/// Tokens that both must have: two tools without description and parameters are alike by accident.
const ENOUGH: usize = 8;
/// Tokens looked up at the most, about a second; a hundred tools of 500 tokens all replaced at once take half of it.
/// Beyond, only equal content is matched.
const MAX_LOOKUPS: usize = 10_000_000;

type Place = (ItemKind, String);

/// One item that changed its key.
pub(super) struct Pair<'a> {
    pub(super) from: &'a Place,
    pub(super) to: &'a Place,
    /// Whether more than the key changed.
    pub(super) edited: bool,
}

/// Pairs of `removed` and `added` that are the same item, most alike first; no item stands in two.
pub(super) fn pairs<'a>(
    removed: &BTreeMap<&'a Place, &ObservedItem>,
    added: &BTreeMap<&'a Place, &ObservedItem>,
) -> Vec<Pair<'a>> {
    let removed: Vec<_> = removed.iter().filter_map(|(place, item)| Candidate::new(place, item)).collect();
    let added: Vec<_> = added.iter().filter_map(|(place, item)| Candidate::new(place, item)).collect();
    let tokens: usize = removed.iter().map(|old| old.tokens.len()).sum();
    let compare_content = tokens.saturating_mul(added.len()) <= MAX_LOOKUPS;

    let mut scored = Vec::new();
    for old in &removed {
        for new in added.iter().filter(|new| new.place.0 == old.place.0) {
            if old.content == new.content {
                scored.push((f64::INFINITY, old.place, new.place));
            } else if compare_content && let Some(score) = similarity(&old.tokens, &new.tokens) {
                scored.push((score, old.place, new.place));
            }
        }
    }
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| (a.1, a.2).cmp(&(b.1, b.2))));

    let mut used = BTreeSet::new();
    let mut pairs = Vec::new();
    for (score, from, to) in scored {
        if !used.contains(from) && !used.contains(to) {
            used.extend([from, to]);
            pairs.push(Pair { from, to, edited: score.is_finite() });
        }
    }
    pairs
}

/// An item without its names.
struct Candidate<'a> {
    place: &'a Place,
    content: Json,
    tokens: HashMap<String, usize>,
}

impl<'a> Candidate<'a> {
    /// `None` for kinds whose items have no content beside their name worth comparing.
    fn new(place: &'a Place, item: &ObservedItem) -> Option<Self> {
        let names: &[&str] = match place.0 {
            ItemKind::Tool | ItemKind::Prompt => &["name", "title"],
            ItemKind::ResourceTemplate => &["uriTemplate", "name", "title"],
            _ => return None,
        };
        let mut content = surface_view(place.0, item.json.as_ref()?);
        let object = content.as_object_mut()?;
        for name in names {
            object.remove(name);
        }
        if let Some(annotations) = object.get_mut("annotations").and_then(Json::as_object_mut) {
            annotations.remove("title");
        }
        let tokens = tokens(&content);
        Some(Self { place, content, tokens })
    }
}

/// What tells an item apart: the words of its descriptions, and its parameters. Result schemas and annotations are
/// boilerplate that the tools of one server share.
fn tokens(content: &Json) -> HashMap<String, usize> {
    let mut tokens = HashMap::new();
    walk(content, &mut |pointer, value| match value {
        _ if ["/outputSchema", "/annotations", "/_meta"]
            .iter()
            .any(|boilerplate| pointer.starts_with(boilerplate)) => {}
        // Parameters stand at `/inputSchema/properties/…` and `/arguments/…/…`.
        _ if pointer.matches('/').count() < 3 && !pointer.ends_with("/description") => {}
        Json::String(text) if pointer.ends_with("/description") => {
            for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
                *tokens.entry(word.to_lowercase()).or_default() += 1;
            }
        }
        Json::Object(object) if !object.is_empty() => {}
        Json::Array(elements) if !elements.is_empty() => {}
        leaf => {
            let text = String::from_utf8_lossy(&leaf.to_canonical()).into_owned();
            *tokens.entry(child(pointer, &text)).or_default() += 1;
        }
    });
    tokens
}

/// How much alike two items are, if it says that they are one: Dice's coefficient over the tokens; behind it, what was kept of
/// the old one however much was added.
fn similarity(old: &HashMap<String, usize>, new: &HashMap<String, usize>) -> Option<f64> {
    let size = |tokens: &HashMap<String, usize>| tokens.values().sum::<usize>();
    let (in_old, in_new) = (size(old), size(new));
    let shared: usize = old.iter().map(|(token, n)| (*n).min(new.get(token).copied().unwrap_or(0))).sum();
    #[expect(clippy::cast_precision_loss, reason = "token counts are far below 2^52")]
    let (alike, kept) = (2.0 * shared as f64 / (in_old + in_new) as f64, shared as f64 / in_old as f64);
    if in_old.min(in_new) >= ENOUGH && alike >= SIMILAR {
        Some(alike)
    } else if in_old >= FEW && kept >= KEPT {
        Some(kept * SIMILAR)
    } else {
        None
    }
}
