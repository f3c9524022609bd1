//! A server taken apart: items, and every text of each with its place.

use std::borrow::Cow;
use std::sync::OnceLock;

use super::encoded::{encoded, unescaped};
use super::plain::Plain;
use super::reading::{Reading, readings};
use crate::canonical::Json;
use crate::hidden;
use crate::observed::ObservedServer;
use crate::pointer::{child, walk};
use crate::surface::ItemKind;

/// What one server shows.
pub(super) struct Server<'a> {
    /// In the order of kinds, then keys; those of which only a digest is known are left out.
    pub(super) items: Vec<Item<'a>>,
}

/// One item.
pub(super) struct Item<'a> {
    pub(super) kind: ItemKind,
    pub(super) key: &'a str,
    pub(super) json: &'a Json,
    /// Every string in it, names of members included.
    pub(super) texts: Vec<Text<'a>>,
}

/// One string, or what one hides.
pub(super) struct Text<'a> {
    /// Where it stands; of a member's name, of the member.
    pub(super) pointer: String,
    /// Whether it is the name of a member.
    pub(super) is_key: bool,
    /// What it was made of.
    pub(super) source: Source,
    /// As received.
    pub(super) raw: Cow<'a, str>,
    /// As a model reads it.
    pub(super) plain: Plain,
    readings: OnceLock<Vec<Reading>>,
}

/// What a text was made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// It stands there.
    Written,
    /// Invisible characters of a text spell it.
    Smuggled,
    /// A text encodes it.
    Encoded,
    /// The strings of an array, one after the other.
    Joined,
}

impl<'a> Server<'a> {
    pub(super) fn new(observed: &'a ObservedServer) -> Self {
        let items = observed.items.iter().filter_map(|((kind, key), item)| {
            let json = item.json.as_ref()?;
            Some(Item { kind: *kind, key, json, texts: texts(json) })
        });
        Self { items: items.collect() }
    }

    /// One item, by itself.
    pub(super) fn of_item(kind: ItemKind, json: &'a Json) -> Self {
        Self { items: vec![Item { kind, key: kind.as_str(), json, texts: texts(json) }] }
    }

    /// The items of one kind.
    pub(super) fn of(&self, kind: ItemKind) -> impl Iterator<Item = &Item<'a>> {
        self.items.iter().filter(move |item| item.kind == kind)
    }

    pub(super) fn tools(&self) -> impl Iterator<Item = &Item<'a>> {
        self.of(ItemKind::Tool)
    }

    /// Every text with its item.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&Item<'a>, &Text<'a>)> {
        self.items.iter().flat_map(|item| item.texts.iter().map(move |text| (item, text)))
    }

    /// Those that stand there, none that we made.
    pub(super) fn written(&self) -> impl Iterator<Item = (&Item<'a>, &Text<'a>)> {
        self.texts().filter(|(_, text)| text.source == Source::Written)
    }
}

impl Item<'_> {
    pub(super) fn place(&self, pointer: &str) -> super::Place {
        super::Place { kind: self.kind, name: self.key.to_owned(), pointer: pointer.to_owned() }
    }

    /// The value at a pointer that was made by walking.
    pub(super) fn at(&self, pointer: &str) -> Option<&Json> {
        let mut tokens = pointer.split('/');
        tokens.next();
        tokens.try_fold(self.json, |json, token| {
            let token = token.replace("~1", "/").replace("~0", "~");
            match json {
                Json::Array(elements) => elements.get(token.parse::<usize>().ok()?),
                other => other.get(&token),
            }
        })
    }

    /// A hint of a tool's annotations.
    pub(super) fn hint(&self, name: &str) -> Option<bool> {
        self.json.get("annotations")?.get(name)?.as_bool()
    }

    /// Parameters of a tool at any depth: pointer, name and schema.
    pub(super) fn parameters(&self) -> Vec<(String, &str, &Json)> {
        let mut found = Vec::new();
        let Some(schema) = self.json.get("inputSchema") else { return found };
        walk(schema, &mut |pointer, value| {
            // `properties` as the name of a parameter has no schemas below it, and no harm is done.
            if let Some(Json::Object(properties)) = value.get("properties") {
                let place = format!("/inputSchema{pointer}/properties");
                found.extend(properties.iter().map(|(name, schema)| (child(&place, name), name, schema)));
            }
        });
        found
    }
}

impl<'a> Text<'a> {
    fn new(pointer: &str, is_key: bool, source: Source, raw: Cow<'a, str>) -> Self {
        let plain = Plain::new(&raw, is_key);
        Self { pointer: pointer.to_owned(), is_key, source, raw, plain, readings: OnceLock::new() }
    }

    /// One that we made of texts that are read in other ways by themselves.
    pub(super) fn bare(pointer: &str, raw: String) -> Text<'static> {
        Text { readings: OnceLock::from(Vec::new()), ..made(pointer, Source::Joined, raw) }
    }

    /// Other ways in which a model may read it.
    pub(super) fn readings(&self) -> &[Reading] {
        self.readings.get_or_init(|| readings(&self.raw, &self.plain.words))
    }

    /// Whether it stands below a member of this name.
    pub(super) fn is_below(&self, names: &[&str]) -> bool {
        self.pointer.split('/').any(|token| names.contains(&token))
    }
}

fn texts(json: &Json) -> Vec<Text<'_>> {
    let mut texts = Vec::new();
    walk(json, &mut |pointer, value| match value {
        Json::String(text) => push(&mut texts, pointer, false, text),
        Json::Object(object) => {
            object.iter().for_each(|(key, _)| push(&mut texts, &child(pointer, key), true, key));
        }
        Json::Array(elements) => {
            let strings: Vec<&str> = elements.iter().filter_map(Json::as_str).collect();
            if strings.len() > 1 {
                texts.push(made(pointer, Source::Joined, strings.join(" ")));
            }
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    });
    texts
}

fn push<'j>(texts: &mut Vec<Text<'j>>, pointer: &str, is_key: bool, raw: &'j str) {
    texts.push(Text::new(pointer, is_key, Source::Written, Cow::Borrowed(raw)));
    if let Some(text) = hidden::smuggled(raw) {
        texts.push(made(pointer, Source::Smuggled, text));
    }
    let decoded = encoded(raw).into_iter().map(|(_, text)| text).chain(unescaped(raw));
    texts.extend(decoded.map(|text| made(pointer, Source::Encoded, text)));
}

fn made(pointer: &str, source: Source, text: String) -> Text<'static> {
    Text::new(pointer, false, source, Cow::Owned(text))
}
