//! Text that somebody else wrote, on its way to a terminal: escaped, bounded, never alone.

use std::fmt;

use mcpsign_schemas::untrusted::Untrusted;

/// A value of a finding, a name, a path: as long as one line of a report may be.
pub(crate) fn value(text: &str) -> impl fmt::Display + '_ {
    Untrusted::new(text)
}

/// A digest, shortened for tables where the whole one stands nearby or in `--format json`. What is no digest is
/// treated as any other text.
pub(crate) fn short_digest(hex: &str) -> impl fmt::Display + '_ {
    /// Twelve hex digits tell items of one list apart; they prove nothing.
    const SHOWN: usize = 12;
    Untrusted::new(hex.get(..SHOWN).unwrap_or(hex))
}

/// One line out of a server's description: enough to recognise it by.
pub(crate) fn excerpt(text: &str) -> impl fmt::Display + '_ {
    /// The width of a terminal, less indentation.
    const SHOWN: usize = 70;
    Untrusted::bounded(text, SHOWN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_that_is_none_is_escaped_too() {
        assert_eq!(short_digest("0123456789abcdef").to_string(), "0123456789ab");
        assert_eq!(short_digest("\u{202e}x").to_string(), "\\u{202e}x");
        // A cut inside a character shows the whole text instead.
        assert_eq!(short_digest("01234567890é").to_string(), "01234567890é");
    }
}
