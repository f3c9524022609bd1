//! Text that somebody else wrote, made fit for a terminal or a log: escaped and bounded.

use std::fmt::{self, Write as _};

/// Characters shown before the rest is cut.
pub const SHOWN_CHARS: usize = 200;

/// Shows `text` with every character that could steer a terminal or hide from a reader as `\u{…}`, on one line,
/// cut after `limit` characters.
#[derive(Debug, Clone, Copy)]
pub struct Untrusted<'a> {
    text: &'a str,
    limit: usize,
    backslash: &'static str,
}

impl<'a> Untrusted<'a> {
    /// Bounds at [`SHOWN_CHARS`].
    pub const fn new(text: &'a str) -> Self {
        Self::bounded(text, SHOWN_CHARS)
    }

    /// Bounds at `limit` characters.
    pub const fn bounded(text: &'a str, limit: usize) -> Self {
        Self { text, limit, backslash: "\\\\" }
    }

    /// The same for a message some parts of which are escaped: their backslashes stay as they are.
    pub const fn quoting(text: &'a str, limit: usize) -> Self {
        Self { text, limit, backslash: "\\" }
    }
}

impl fmt::Display for Untrusted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (shown, c) in self.text.chars().enumerate() {
            if shown == self.limit {
                return write!(f, "… ({} bytes in all)", self.text.len());
            }
            match c {
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                '\t' => f.write_str("\\t")?,
                '\\' => f.write_str(self.backslash)?,
                c if is_deceptive(c) => write!(f, "\\u{{{:x}}}", u32::from(c))?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// Escapes `text` as [`Untrusted::new`] shows it.
pub fn escape(text: &str) -> String {
    Untrusted::new(text).to_string()
}

/// Controls, bidirectional controls, zero-width and tag characters, variation selectors, private use.
pub fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(u32::from(c),
            0xAD | 0x34F | 0x61C | 0x115F..=0x1160 | 0x17B4..=0x17B5 | 0x180B..=0x180F | 0x200B..=0x200F
            | 0x2028..=0x202E | 0x2060..=0x206F | 0x3164 | 0xFE00..=0xFE0F | 0xFEFF | 0xFFA0 | 0xFFF0..=0xFFFB
            | 0xE000..=0xF8FF | 0xE0000..=0xE0FFF | 0xF0000..=0x10FFFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_survives() {
        let shown = escape("a\u{1b}[31m\u{202e}b\u{e0041}\n\\");
        assert_eq!(shown, "a\\u{1b}[31m\\u{202e}b\\u{e0041}\\n\\\\");
    }

    #[test]
    fn what_is_escaped_is_not_escaped_again() {
        let shown = Untrusted::quoting(&format!("a\u{1b}{}", escape("\u{1b}\\")), 99).to_string();
        assert_eq!(shown, "a\\u{1b}\\u{1b}\\\\");
    }

    #[test]
    fn length_is_bounded_and_said() {
        let shown = Untrusted::bounded("abcdef", 3).to_string();
        assert_eq!(shown, "abc… (6 bytes in all)");
    }
}
