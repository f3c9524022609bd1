//! Bytes in characters that nobody sees.

use super::prelude::*;
use crate::hidden::Hidden;

code! {
    CODE = "lint/variation-selectors", Error, "a text has variation selectors that select nothing",
    cause: "the 256 selectors can carry any bytes behind a letter or emoji; one belongs behind a symbol or ideograph, and no more",
    cure: "write the text without them",
    tags: ["MCP03", "SAFE-T1402"]
}

pub(super) const RULE: Rule = Rule {
    code: CODE,
    check: |server, found| hidden_of(server, found, Hidden::VariationSelector, |_, _, _| Level::Error),
    #[cfg(test)]
    cases: Cases {
        flagged: &[
            (Level::Error, "Says 😀\u{e0158}\u{e0155}\u{e015c}"),
            (Level::Error, "Says ❤\u{fe0f}\u{fe0f}\u{fe00}"),
        ],
        passed: &["Says ❤️ and 1️⃣ and 葛\u{e0100}城"],
    },
};
