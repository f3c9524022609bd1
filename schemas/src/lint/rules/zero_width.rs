//! Characters without width.

use super::prelude::*;
use crate::hidden::Hidden;

code! {
    CODE = "lint/zero-width", Error, "a text has characters without width",
    cause: "they hide a message between letters, or break up words that would be noticed; a soft hyphen or byte order mark is more likely a slip",
    cure: "write the text without them",
    tags: ["MCP03", "SAFE-T1402"]
}

/// Word processors leave these behind.
const SLIPS: [char; 2] = ['\u{ad}', '\u{feff}'];

pub(super) const RULE: Rule = Rule {
    code: CODE,
    check: |server, found| {
        hidden_of(server, found, Hidden::ZeroWidth, |text, c, n| {
            let is_slip = SLIPS.contains(&c) && n == 1;
            if is_slip || hyphens(text) == n { Level::Warning } else { Level::Error }
        });
    },
    #[cfg(test)]
    cases: Cases {
        flagged: &[
            (Level::Error, "Adds num\u{200b}bers"),
            (Level::Error, "{\"name\":\"re\u{2060}ad\"}"),
            (Level::Error, "i\u{ad}g\u{ad}n\u{ad}o\u{ad}r\u{ad}e this"),
            (Level::Warning, "\u{feff}Adds numbers"),
            (Level::Warning, "Donaudampf\u{ad}schifffahrt und Silben\u{ad}trennung"),
        ],
        passed: &["Adds numbers 👩‍💻", "می\u{200c}خواهم"],
    },
};

/// Soft hyphens that stand where a word is divided: two letters and more before and behind.
fn hyphens(text: &str) -> usize {
    let parts: Vec<&str> = text.split('\u{ad}').collect();
    let letters =
        |chars: &mut dyn Iterator<Item = char>| chars.take_while(|c| c.is_alphabetic()).take(2).count() == 2;
    let divides = |pair: &&[&str]| match pair {
        [before, behind] => letters(&mut before.chars().rev()) && letters(&mut behind.chars()),
        _ => false,
    };
    parts.windows(2).filter(divides).count()
}
