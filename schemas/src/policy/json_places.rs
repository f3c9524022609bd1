//! Where the members of a JSON document stand. It was read before, strictly: here is only asked where.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::str::Chars;

use super::error::Position;

/// The place of every element, and of every member's key, by path (`rules[0].match`).
pub(super) fn places(text: &str) -> BTreeMap<String, Position> {
    let mut reader = Reader {
        rest: text.chars().peekable(),
        at: Position { line: 1, column: 1 },
        places: BTreeMap::new(),
    };
    reader.value(&mut String::new());
    reader.places
}

/// Recursion ends where strict JSON does, which bounds its depth.
struct Reader<'text> {
    rest: Peekable<Chars<'text>>,
    /// Of what comes next.
    at: Position,
    places: BTreeMap<String, Position>,
}

impl Reader<'_> {
    fn take(&mut self) -> Option<char> {
        let taken = self.rest.next()?;
        self.at = match taken {
            '\n' => Position { line: self.at.line + 1, column: 1 },
            _ => Position { column: self.at.column + 1, ..self.at },
        };
        Some(taken)
    }

    /// What comes next that means something.
    fn peek(&mut self) -> Option<char> {
        while self.rest.peek().is_some_and(char::is_ascii_whitespace) {
            self.take();
        }
        self.rest.peek().copied()
    }

    fn value(&mut self, path: &mut String) {
        let next = self.peek();
        // Of a member the key's place stands there already.
        self.places.entry(path.clone()).or_insert(self.at);
        match next {
            Some('{') => self.each('}', path, Self::member),
            Some('[') => self.each(']', path, Self::element),
            Some('"') => drop(self.string()),
            _ => {
                self.take();
                while self.rest.peek().is_some_and(|c| !c.is_ascii_whitespace() && !",]}".contains(*c)) {
                    self.take();
                }
            }
        }
    }

    /// Everything up to `end`, each with its number.
    fn each(&mut self, end: char, path: &mut String, read: fn(&mut Self, usize, &mut String)) {
        self.take();
        let mut number = 0;
        while let Some(next) = self.peek() {
            if next == end {
                self.take();
                return;
            }
            if next == ',' {
                self.take();
                continue;
            }
            let length = path.len();
            read(self, number, path);
            path.truncate(length);
            number += 1;
        }
    }

    fn element(&mut self, number: usize, path: &mut String) {
        path.push_str(&format!("[{number}]"));
        self.value(path);
    }

    fn member(&mut self, _: usize, path: &mut String) {
        let at = self.at;
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(&self.string());
        self.places.insert(path.clone(), at);
        self.peek();
        // The colon.
        self.take();
        self.value(path);
    }

    /// A string, without its quotes and with its escapes resolved.
    fn string(&mut self) -> String {
        let mut token = String::new();
        token.extend(self.take());
        while let Some(next) = self.take() {
            token.push(next);
            match next {
                '"' => break,
                '\\' => token.extend(self.take()),
                _ => {}
            }
        }
        serde_json::from_str(&token).unwrap_or(token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_those_of_the_keys_and_elements() {
        let text = "{\"a\": [1, {\"b\\u0063\" : -2e1}],\r\n\t\"ä\": \"}\\\"]\", \"c\": {}\n, \"n\": 12\n, \"d\":[ [true]\n]}\n";
        let places = places(text);
        let at = |path: &str| places.get(path).map(|at| (at.line, at.column));
        for (path, place) in [
            ("", (1, 1)),
            ("a", (1, 2)),
            ("a[0]", (1, 8)),
            ("a[1]", (1, 11)),
            ("a[1].bc", (1, 12)),
            ("ä", (2, 2)),
            ("c", (2, 15)),
            ("n", (3, 3)),
            ("d", (4, 3)),
            ("d[0][0]", (4, 10)),
        ] {
            assert_eq!(at(path), Some(place), "{path}");
        }
        assert_eq!(places.len(), 11);
    }

    #[test]
    fn nothing_that_is_no_json_is_waited_for() {
        for text in ["", "{", "[", "{\"a", "{\"a\":", "[1,", "{]", "[}", "\"\\", "]]", "{\"a\" 1 2"] {
            places(text);
        }
    }
}
