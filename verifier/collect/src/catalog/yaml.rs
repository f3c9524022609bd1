//! YAML as package managers write it, every key with its line; less whatever makes two readers disagree: no anchors,
//! aliases, tags, merge keys, complex or duplicate keys.

use std::borrow::Cow;

use mcpsign_schemas::canonical::Json;
use mcpsign_schemas::untrusted::escape;
use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput};

use super::CatalogError;

/// Collections inside each other. Lock files have 5.
const MAX_DEPTH: usize = 24;

/// Scalars and collections of one file, 50 bytes each in memory: a lock file of 100,000 packages has 1.5 million.
const MAX_NODES: usize = 4_000_000;

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Node<'t> {
    /// Nothing: an empty value, `~` or `null`.
    Null,
    /// A scalar, as written: numbers are not read.
    Text(Cow<'t, str>),
    /// A sequence.
    List(Vec<Self>),
    /// A mapping.
    Map(Map<'t>),
}

/// A mapping in the order of the file, keys unique.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Map<'t>(Vec<Entry<'t>>);

/// A key with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry<'t> {
    pub(super) key: Cow<'t, str>,
    /// From 1.
    pub(super) line: u32,
    pub(super) value: Node<'t>,
}

impl<'t> Map<'t> {
    /// The value under `key`; what is null is not there. For mappings of few keys.
    pub(super) fn get(&self, key: &str) -> Option<&Node<'t>> {
        let found = self.0.iter().find(|entry| entry.key == key).map(|entry| &entry.value);
        found.filter(|value| **value != Node::Null)
    }

    /// The scalar under `key`; an error where something else stands there.
    pub(super) fn text(&self, key: &'static str) -> Result<Option<&str>, CatalogError> {
        match self.get(key) {
            None => Ok(None),
            Some(Node::Text(text)) => Ok(Some(text)),
            Some(_) => Err(CatalogError::Malformed { at: key.to_owned(), what: "not a scalar" }),
        }
    }

    /// The mapping under `key`, an empty one where there is none.
    pub(super) fn map(&self, key: &'static str) -> Result<Cow<'_, Self>, CatalogError> {
        match self.get(key) {
            None => Ok(Cow::Owned(Self::default())),
            Some(Node::Map(map)) => Ok(Cow::Borrowed(map)),
            Some(_) => Err(CatalogError::Malformed { at: key.to_owned(), what: "not a mapping" }),
        }
    }

    /// The scalars of the list under `key`, or the one that stands in its place.
    pub(super) fn texts(&self, key: &'static str) -> Result<Vec<&str>, CatalogError> {
        match self.get(key) {
            None => Ok(Vec::new()),
            Some(Node::Text(text)) => Ok(vec![text]),
            Some(Node::List(list)) => {
                let texts = list.iter().map(|node| match node {
                    Node::Text(text) => Ok(text.as_ref()),
                    _ => Err(CatalogError::Malformed { at: key.to_owned(), what: "not a list of scalars" }),
                });
                texts.collect()
            }
            Some(Node::Map(_) | Node::Null) => {
                Err(CatalogError::Malformed { at: key.to_owned(), what: "not a list of scalars" })
            }
        }
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry<'t>> {
        self.0.iter()
    }

    pub(super) const fn len(&self) -> usize {
        self.0.len()
    }
}

impl From<Node<'_>> for Json {
    /// The same in JSON, numbers and truth values as texts.
    fn from(node: Node<'_>) -> Self {
        match node {
            Node::Null => Self::Null,
            Node::Text(text) => Self::String(text.into_owned()),
            Node::List(list) => Self::Array(list.into_iter().map(Self::from).collect()),
            Node::Map(map) => map.into(),
        }
    }
}

impl From<Map<'_>> for Json {
    fn from(map: Map<'_>) -> Self {
        Self::Object(map.0.into_iter().map(|entry| (entry.key.into_owned(), entry.value.into())).collect())
    }
}

/// The documents of a file, each a mapping.
pub(crate) fn documents(bytes: &[u8]) -> Result<Vec<Map<'_>>, CatalogError> {
    let text = str::from_utf8(bytes).map_err(|_| at(0, "not UTF-8"))?;
    let mut reader = Reader { parser: Parser::new_from_str(text), nodes: 0 };
    let mut documents = Vec::new();
    reader.next()?;
    loop {
        match reader.next()? {
            (Event::StreamEnd, _) => return Ok(documents),
            (Event::DocumentStart(_), _) => {}
            (_, span) => return Err(at(line(span), "no document begins here")),
        }
        let first = reader.next()?;
        let start = line(first.1);
        match reader.value(first, 0)? {
            Node::Map(map) => documents.push(map),
            _ => return Err(at(start, "not a mapping")),
        }
        let (event, span) = reader.next()?;
        if !matches!(event, Event::DocumentEnd) {
            return Err(at(line(span), "the document does not end here"));
        }
    }
}

struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    nodes: usize,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<(Event<'t>, Span), CatalogError> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => {
                let line = u32::try_from(error.marker().line()).unwrap_or(u32::MAX);
                Err(CatalogError::Line { line, what: escape(error.info()) })
            }
            None => Err(at(0, "the document ends early")),
        }
    }

    fn value(&mut self, (event, span): (Event<'t>, Span), depth: usize) -> Result<Node<'t>, CatalogError> {
        self.nodes += 1;
        if depth > MAX_DEPTH {
            return Err(at(line(span), "so many levels"));
        }
        if self.nodes > MAX_NODES {
            return Err(CatalogError::TooManyOf { what: "values", limit: MAX_NODES });
        }
        match event {
            Event::Alias(_) => Err(at(line(span), "an alias")),
            Event::Scalar(_, _, 1.., _) | Event::SequenceStart(1.., _) | Event::MappingStart(1.., _) => {
                Err(at(line(span), "an anchor"))
            }
            Event::Scalar(_, _, _, Some(_))
            | Event::SequenceStart(_, Some(_))
            | Event::MappingStart(_, Some(_)) => Err(at(line(span), "a tag")),
            Event::Scalar(text, ScalarStyle::Plain, ..) if matches!(&*text, "" | "~" | "null") => {
                Ok(Node::Null)
            }
            Event::Scalar(text, ..) => Ok(Node::Text(text)),
            Event::SequenceStart(..) => {
                let mut list = Vec::new();
                loop {
                    let next = self.next()?;
                    if matches!(next.0, Event::SequenceEnd) {
                        return Ok(Node::List(list));
                    }
                    list.push(self.value(next, depth + 1)?);
                }
            }
            Event::MappingStart(..) => self.mapping(depth).map(Node::Map),
            _ => Err(at(line(span), "not a value")),
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<Map<'t>, CatalogError> {
        let mut entries = Vec::new();
        loop {
            let (event, span) = self.next()?;
            let key = match event {
                Event::MappingEnd => break,
                Event::Scalar(text, style, 0, None) if !(text == "<<" && style == ScalarStyle::Plain) => text,
                _ => return Err(at(line(span), "not a plain key")),
            };
            let next = self.next()?;
            let value = self.value(next, depth + 1)?;
            entries.push(Entry { key, line: line(span), value });
        }
        let mut sorted: Vec<(&str, u32)> =
            entries.iter().map(|entry| (entry.key.as_ref(), entry.line)).collect();
        sorted.sort_unstable();
        match sorted.windows(2).find(|pair| matches!(pair, [a, b] if a.0 == b.0)) {
            Some(pair) => Err(at(pair.last().map_or(0, |(_, line)| *line), "a key stands twice")),
            None => Ok(Map(entries)),
        }
    }
}

fn line(span: Span) -> u32 {
    u32::try_from(span.start.line()).unwrap_or(u32::MAX)
}

fn at(line: u32, what: &str) -> CatalogError {
    CatalogError::Line { line, what: what.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_lines_and_scalars_stay_text() {
        let documents = documents(b"version: 9.0\na:\n  'b@1': {x: [y, z]}\n  c:\n").unwrap();
        let [document] = documents.as_slice() else { panic!("{documents:?}") };
        assert_eq!(document.text("version").unwrap(), Some("9.0"));
        let a = document.map("a").unwrap();
        let lines: Vec<_> = a.entries().map(|entry| (entry.key.as_ref(), entry.line)).collect();
        assert_eq!(lines, [("b@1", 3), ("c", 4)]);
        let Some(Node::Map(b)) = a.get("b@1") else { panic!("{a:?}") };
        assert_eq!(b.texts("x").unwrap(), ["y", "z"]);
        assert_eq!((a.get("c"), a.len()), (None, 2));
    }

    #[test]
    fn what_readers_disagree_about_is_refused() {
        for text in [
            "a: &x 1\nb: *x\n",
            "a: !!str 1\n",
            "<<: {a: 1}\n",
            "? [a]\n: 1\n",
            "a: 1\nb: 2\na: 3\n",
            "- a\n",
            "a: [",
            "a: \"\\",
        ] {
            assert!(matches!(documents(text.as_bytes()), Err(CatalogError::Line { .. })), "{text:?}");
        }
        assert!(documents(b"a: \xff\n").is_err());
        assert!(documents("- ".repeat(10_000).as_bytes()).is_err());
        assert!(documents(format!("a: {}", "[".repeat(10_000)).as_bytes()).is_err());
        assert_eq!(documents(b"a: 1\n---\nb: 2\n").unwrap().len(), 2);
    }
}
