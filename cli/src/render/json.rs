//! Results for programs: one JSON object a line.

use std::fmt::Write as _;

use mcpsign_schemas::untrusted::is_deceptive;
use serde::Serialize;

use crate::failure::Failure;

/// `value` as compact JSON and a line end. Characters that could steer a terminal or hide from a reader are written
/// as escapes: the same value to a parser, and harmless to whoever looks at the raw text.
///
/// # Errors
/// When a value cannot be JSON, which the types that are shown here exclude.
pub(crate) fn line(value: &impl Serialize) -> Result<String, Failure> {
    let plain = serde_json::to_string(value)
        .map_err(|error| Failure::usage("the result cannot be written as JSON").because(error))?;
    Ok(escaped(&plain))
}

fn escaped(plain: &str) -> String {
    let mut text = String::with_capacity(plain.len() + 1);
    for c in plain.chars() {
        if is_deceptive(c) {
            // Outside of strings JSON is ASCII, and compact JSON has no control characters there.
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(text, "\\u{unit:04x}");
            }
        } else {
            text.push(c);
        }
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_become_escapes_and_stay_the_same_value() {
        let hidden = "a\u{202e}b\u{e0041}\u{7f}\u{1b}[31m é";
        let line = line(&hidden).unwrap();
        assert_eq!(line, "\"a\\u202eb\\udb40\\udc41\\u007f\\u001b[31m é\"\n");
        let back: String = serde_json::from_str(&line).unwrap();
        assert_eq!(back, hidden);
    }
}
