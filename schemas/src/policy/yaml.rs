//! YAML 1.2 core, less whatever makes two readers disagree: no anchors, aliases, tags, merge keys, complex or
//! duplicate keys, numbers that begin with a nought, directives, byte order mark, lone carriage returns or second document.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput};

use super::error::{Position, Problem};
use super::scalar;
use crate::canonical::{Json, Object};

/// Collections inside each other at the most. A policy of today has 5; the parser's own bound is 255.
const MAX_DEPTH: usize = 32;

/// Where the members of a document stand, by path (`rules[0].match`).
#[derive(Debug, Clone, Default)]
pub(super) struct Positions(BTreeMap<String, Position>);

impl From<BTreeMap<String, Position>> for Positions {
    fn from(places: BTreeMap<String, Position>) -> Self {
        Self(places)
    }
}

impl Positions {
    /// Where the member at `path` stands, or the closest one around it that is known.
    pub(super) fn find(&self, path: &str) -> Option<Position> {
        let mut path = path;
        loop {
            if let Some(position) = self.0.get(path) {
                return Some(*position);
            }
            if path.is_empty() {
                return None;
            }
            path = path.rfind(['.', '[']).and_then(|at| path.get(..at)).unwrap_or_default();
        }
    }
}

type Failure = (Option<Position>, Problem);

/// Reads one document.
pub(super) fn parse(bytes: &[u8]) -> Result<(Json, Positions), Failure> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        (Position::of_offset(bytes, error.valid_up_to()), Problem::Syntax("invalid UTF-8".into()))
    })?;
    if text.starts_with('\u{feff}') {
        return Err((Some(Position { line: 1, column: 1 }), Problem::Forbidden("byte order marks")));
    }
    // A line end of YAML, and of nothing else: what reads as the rest of a comment would be a member.
    if let Some(at) = lone_return(text) {
        let place = Position::of_offset(bytes, at);
        return Err((place, Problem::Forbidden("carriage returns without a line feed")));
    }
    // The parser takes directives without a word. No value of ours begins a line with `%`, quoted ones included.
    if let Some(line) = text.lines().position(|line| line.starts_with('%')) {
        return Err((Some(Position { line: line + 1, column: 1 }), Problem::Forbidden("directives")));
    }
    let mut reader = Reader { parser: Parser::new_from_str(text), positions: BTreeMap::new() };
    reader.expect(|event| matches!(event, Event::StreamStart), "a document")?;
    reader.expect(|event| matches!(event, Event::DocumentStart(_)), "a document")?;
    let first = reader.next()?;
    let json = reader.value(first, &mut String::new(), 0)?;
    reader.expect(|event| matches!(event, Event::DocumentEnd), "the end of the document")?;
    match reader.next()? {
        (Event::StreamEnd, _) => Ok((json, reader.positions.into())),
        (_, span) => Err((Some(position(span)), Problem::Forbidden("several documents"))),
    }
}

/// The first carriage return behind which no line feed stands.
fn lone_return(text: &str) -> Option<usize> {
    text.match_indices('\r').map(|(at, _)| at).find(|at| text.as_bytes().get(at + 1) != Some(&b'\n'))
}

struct Reader<'text> {
    parser: Parser<'text, StrInput<'text>>,
    positions: BTreeMap<String, Position>,
}

impl<'text> Reader<'text> {
    fn next(&mut self) -> Result<(Event<'text>, Span), Failure> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(syntax(&error)),
            None => Err((None, Problem::Syntax("the document ends early".into()))),
        }
    }

    fn expect(&mut self, is: impl Fn(&Event<'_>) -> bool, what: &str) -> Result<(), Failure> {
        let (event, span) = self.next()?;
        if is(&event) {
            Ok(())
        } else {
            Err((Some(position(span)), Problem::Syntax(format!("expected {what}"))))
        }
    }

    fn value(
        &mut self,
        (event, span): (Event<'text>, Span),
        path: &mut String,
        depth: usize,
    ) -> Result<Json, Failure> {
        let at = Some(position(span));
        let refuse = |what| Err((at, Problem::Forbidden(what)));
        if let Some(at) = at {
            self.positions.entry(path.clone()).or_insert(at);
        }
        if depth > MAX_DEPTH {
            return refuse("so many levels");
        }
        match event {
            Event::Alias(_) => refuse("aliases"),
            Event::Scalar(_, _, anchor, _)
            | Event::SequenceStart(anchor, _)
            | Event::MappingStart(anchor, _)
                if anchor != 0 =>
            {
                refuse("anchors")
            }
            Event::Scalar(_, _, _, Some(_))
            | Event::SequenceStart(_, Some(_))
            | Event::MappingStart(_, Some(_)) => refuse("tags"),
            Event::Scalar(text, ScalarStyle::Plain, ..) => {
                scalar::resolve(&text).map_err(|problem| (at, problem))
            }
            Event::Scalar(text, ..) => Ok(Json::String(text.into_owned())),
            Event::SequenceStart(..) => self.sequence(path, depth),
            Event::MappingStart(..) => self.mapping(path, depth),
            _ => Err((at, Problem::Syntax("expected a value".into()))),
        }
    }

    fn sequence(&mut self, path: &mut String, depth: usize) -> Result<Json, Failure> {
        let mut elements = Vec::new();
        loop {
            let event = self.next()?;
            if matches!(event.0, Event::SequenceEnd) {
                return Ok(Json::Array(elements));
            }
            let length = path.len();
            path.push_str(&format!("[{}]", elements.len()));
            elements.push(self.value(event, path, depth + 1)?);
            path.truncate(length);
        }
    }

    fn mapping(&mut self, path: &mut String, depth: usize) -> Result<Json, Failure> {
        let mut object = Object::new();
        loop {
            let (event, span) = self.next()?;
            let at = Some(position(span));
            let key = match event {
                Event::MappingEnd => return Ok(Json::Object(object)),
                Event::Scalar(_, _, anchor, _) if anchor != 0 => {
                    return Err((at, Problem::Forbidden("anchors")));
                }
                Event::Scalar(_, _, _, Some(_)) => return Err((at, Problem::Forbidden("tags"))),
                Event::Scalar(text, ScalarStyle::Plain, ..) if text == "<<" => {
                    return Err((at, Problem::Forbidden("merge keys")));
                }
                Event::Scalar(text, ScalarStyle::Plain, ..) => match scalar::resolve(&text) {
                    Ok(Json::String(key)) => key,
                    _ => return Err((at, Problem::Forbidden("keys that are no strings"))),
                },
                Event::Scalar(text, ..) => text.into_owned(),
                Event::Alias(_) => return Err((at, Problem::Forbidden("aliases"))),
                _ => return Err((at, Problem::Forbidden("complex keys"))),
            };
            if object.contains_key(&key) {
                return Err((at, Problem::DuplicateKey(key.chars().take(64).collect())));
            }
            let length = path.len();
            if length > 0 {
                path.push('.');
            }
            path.push_str(&key);
            if let Some(at) = at {
                // The key's place rather than the value's, which may stand lines below.
                self.positions.insert(path.clone(), at);
            }
            let event = self.next()?;
            let value = self.value(event, path, depth + 1)?;
            path.truncate(length);
            object.insert(key, value);
        }
    }
}

fn position(span: Span) -> Position {
    Position { line: span.start.line(), column: span.start.col() + 1 }
}

fn syntax(error: &ScanError) -> Failure {
    let at = error.marker();
    (Some(Position { line: at.line(), column: at.col() + 1 }), Problem::Syntax(error.info().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::Limits;

    fn read(text: &str) -> Result<String, Problem> {
        parse(text.as_bytes())
            .map(|(json, _)| String::from_utf8(json.to_canonical()).unwrap())
            .map_err(|(_, problem)| problem)
    }

    #[test]
    fn block_and_flow_style_mean_the_same() {
        let json = r#"{"a":["x",1,true],"b":{"c":"two\nlines\n"}}"#;
        assert_eq!(read("a:\n  - x\n  - 1\n  - true\nb:\n  c: |\n    two\n    lines\n").unwrap(), json);
        assert_eq!(read(r#"{a: [x, 1, true], b: {c: "two\nlines\n"}}"#).unwrap(), json);
        assert_eq!(read("---\na: b # comment\n...\n").unwrap(), r#"{"a":"b"}"#);
        assert_eq!(read("a: '1'\nb: \"true\"\n").unwrap(), r#"{"a":"1","b":"true"}"#);
    }

    #[test]
    fn what_readers_disagree_about_is_refused() {
        for (text, what) in [
            ("a: &x 1\n", "anchors"),
            ("a: &x {b: 1}\n", "anchors"),
            ("&x a: 1\n", "anchors"),
            ("a: &x [1]\nb: *x\n", "anchors"),
            ("a: !!str 1\n", "tags"),
            ("a: ! 1\n", "tags"),
            ("a: !x [1]\n", "tags"),
            ("!!str a: 1\n", "tags"),
            ("<<: {a: 1}\n", "merge keys"),
            ("? [a, b]\n: 1\n", "complex keys"),
            ("{a: 1}: 2\n", "complex keys"),
            ("1: a\n", "keys that are no strings"),
            ("true: a\n", "keys that are no strings"),
            ("~: a\n", "keys that are no strings"),
            ("a: 1\n---\nb: 2\n", "several documents"),
            ("a: 1\n...\nb: 2\n", "several documents"),
            ("%YAML 1.1\n---\na: 1\n", "directives"),
            ("%TAG ! tag:x,2000:\n---\na: 1\n", "directives"),
            ("\u{feff}a: 1\n", "byte order marks"),
        ] {
            assert_eq!(read(text), Err(Problem::Forbidden(what)), "{text:?}");
        }
        assert_eq!(read("a: 1\nb: 2\na: 3\n"), Err(Problem::DuplicateKey("a".into())));
        assert_eq!(read("a: 1\n\"\\u0061\": 3\n"), Err(Problem::DuplicateKey("a".into())));
        assert!(matches!(read("a: *x\n"), Err(Problem::Syntax(_) | Problem::Forbidden("aliases"))));
    }

    #[test]
    fn depth_is_bounded() {
        let deep = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert!(read(&deep(MAX_DEPTH)).is_ok());
        assert!(read(&deep(MAX_DEPTH + 2)).is_err());
        assert!(read(&deep(100_000)).is_err());
        assert!(read(&"- ".repeat(100_000)).is_err());
    }

    #[test]
    fn garbage_is_an_error() {
        for text in ["", "\n", "# only a comment\n", "a: [", "a: \"", "\t", "a: b: c", "- a\nb", "}", "a: |x"]
        {
            assert!(read(text).is_err() || read(text).as_deref() == Ok("null"), "{text:?}: {:?}", read(text));
        }
        assert!(parse(b"a: \xff\n").is_err());
    }

    #[test]
    fn places_are_those_of_the_keys() {
        let (_, positions) = parse(b"a:\n  - b: 1\n  -\n    c: 2\n").unwrap();
        let at = |path: &str| positions.find(path).map(|p| (p.line, p.column));
        assert_eq!(at("a"), Some((1, 1)));
        assert_eq!(at("a[0].b"), Some((2, 5)));
        assert_eq!(at("a[1].c"), Some((4, 5)));
        // The closest that is known.
        assert_eq!(at("a[1].missing"), Some((4, 5)));
        assert_eq!(at("other"), Some((1, 1)));
    }

    #[test]
    fn json_is_read_alike() {
        let json = r#"{"a":[{"b":"\u00e9\n"},[]],"c":{}}"#;
        assert_eq!(
            read(json).unwrap().as_bytes(),
            Json::parse(json.as_bytes(), Limits::bytes(99)).unwrap().to_canonical()
        );
    }
}
