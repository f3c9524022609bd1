//! Chatter over several lines that is a message to clients which read a stream of values and not lines, as those of Go do.

use mcpsign_schemas::code::capture as code;
use mcpsign_schemas::finding::Finding;

use super::super::findings::quoted;
use super::super::message::{self, Line};

/// Lines of chatter since one that opened an object or array and closed it not.
#[derive(Debug, Default)]
pub(super) struct Begun {
    text: Vec<u8>,
    /// How many are open.
    depth: usize,
}

impl Begun {
    /// Adds a line that is no message by itself.
    ///
    /// # Errors
    /// When with those before it, it is one.
    pub(super) fn add(&mut self, line: &[u8], max_bytes: usize) -> Result<(), Finding> {
        let Some(depth) = depth_after(line, self.depth) else {
            *self = Self::default();
            return Ok(());
        };
        if self.depth == 0 && depth == 0 {
            return Ok(());
        }
        self.text.extend_from_slice(line);
        self.text.push(b' ');
        self.depth = depth;
        if self.text.len() > max_bytes {
            *self = Self::default();
        }
        if depth > 0 {
            return Ok(());
        }
        let whole = std::mem::take(&mut self.text);
        match message::read(&whole, max_bytes) {
            Ok(Line::Chatter) => Ok(()),
            Ok(_) | Err(_) => {
                let found = quoted(&String::from_utf8_lossy(&whole)).to_string();
                Err(Finding::new(code::INVALID_JSON, "a message is written over several lines")
                    .expected("one message a line")
                    .found(found))
            }
        }
    }
}

/// How many objects and arrays are open after a line; `None` where no reader of JSON goes on: a string is not closed, or more
/// is closed than was opened, or what is outside of any does not begin with one.
fn depth_after(line: &[u8], before: usize) -> Option<usize> {
    let (mut depth, mut in_string, mut is_escaped) = (before, false, false);
    for byte in line {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_string => is_escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.checked_sub(1)?,
            _ if depth == 0 && !byte.is_ascii_whitespace() => return None,
            _ => {}
        }
    }
    (!in_string).then_some(depth)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: usize = 1 << 10;

    fn all(lines: &[&str]) -> Result<(), Finding> {
        let mut begun = Begun::default();
        lines.iter().try_for_each(|line| begun.add(line.as_bytes(), MAX))
    }

    #[test]
    fn m24_a_message_over_several_lines_is_refused() {
        for lines in [
            &["{", r#" "jsonrpc": "2.0","#, r#" "id": 3, "result": {"a": "}"}"#, "}"][..],
            &["log", "[", r#"{"jsonrpc":"2.0","method":"x"}"#, "]"],
            &["{", "", r#""jsonrpc": "2.0", "jsonrpc": "2.0""#, "}"],
        ] {
            assert_eq!(all(lines).unwrap_err().code, code::INVALID_JSON, "{lines:?}");
        }
    }

    #[test]
    fn logs_over_several_lines_are_chatter() {
        for lines in [
            &["{", r#" "level": "info","#, r#" "error": "x""#, "}"][..],
            &["{", "  level: 'info'", "}"],
            &["[INFO] {", "}"],
            &["{", r#" "not closed: 1"#, r#" "jsonrpc": "2.0", "method": "x" }"#],
            &["}", "{", "}"],
            &["done {", r#" "jsonrpc": "2.0" }"#],
        ] {
            assert_eq!(all(lines), Ok(()), "{lines:?}");
        }
        // What grows without end is kept up to a line's size.
        let mut begun = Begun::default();
        for _ in 0..MAX {
            begun.add(b"[", MAX).unwrap();
            assert!(begun.text.len() <= MAX);
        }
    }
}
