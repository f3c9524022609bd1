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
        hidden_of(server, found, Hidden::ZeroWidth, |c, n| {
            if SLIPS.contains(&c) && n == 1 { Level::Warning } else { Level::Error }
        });
    },
    #[cfg(test)]
    cases: Cases {
        flagged: &[
            (Level::Error, "Adds num\u{200b}bers"),
            (Level::Error, "{\"name\":\"re\u{2060}ad\"}"),
            (Level::Warning, "\u{feff}Adds numbers"),
        ],
        passed: &["Adds numbers 👩‍💻", "می\u{200c}خواهم"],
    },
};
