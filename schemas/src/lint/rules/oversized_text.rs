//! Texts that fill a model's window.

use super::prelude::*;

code! {
    CODE = "lint/oversized-text", Note, "a text is very long",
    cause: "every description stands in the model's window for the whole session, and nobody reviews pages of it",
    cure: "say in a few sentences what the item does",
    tags: ["MCP03", "MCP10", "SAFE-T1402"]
}

/// Characters of a text from which on reviewers stop reading; the longest of the reference servers has 3,000.
const LONG: usize = 6_000;
/// Longer than any page of documentation.
const HUGE: usize = 24_000;

pub(super) const RULE: Rule = Rule {
    code: CODE,
    check: |server, found| {
        for (item, text) in server.written() {
            let length = text.raw.chars().count();
            if length > LONG && !text.raw.starts_with("data:") {
                let level = if length > HUGE { Level::Warning } else { Level::Note };
                found.text(level, (item, text), 0..0, format!("the text has {length} characters"));
            }
        }
    },
    #[cfg(test)]
    cases: Cases {
        flagged: &[(Level::Note, "repeat:6001:a "), (Level::Warning, "repeat:24001:a ")],
        passed: &["repeat:2000:a "],
    },
};
