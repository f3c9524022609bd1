//! Controls that change the direction in which text is shown.

use super::prelude::*;
use crate::hidden::Hidden;

code! {
    CODE = "lint/direction-control", Error, "a text has characters that change its direction",
    cause: "overrides, embeddings and isolates show a reader another order of letters than a model reads; marks count where no letter runs from right to left",
    cure: "write the text without them",
    tags: ["MCP03", "SAFE-T1402"]
}

pub(super) const RULE: Rule = Rule {
    code: CODE,
    check: |server, found| hidden_of(server, found, Hidden::Direction, |_, _, _| Level::Error),
    #[cfg(test)]
    cases: Cases {
        flagged: &[
            (Level::Error, "Saves the report as invoice\u{202e}fdp.exe"),
            (Level::Error, r#"{"name":"t","inputSchema":{"type":"object","properties":{"a\u2066b":{}}}}"#),
            (Level::Error, "instructions:Use it\u{200f} often"),
        ],
        passed: &["Saves the report", "\u{200f}שמור (pdf)\u{200e}"],
    },
};
