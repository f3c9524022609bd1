//! What steers a terminal.

use super::prelude::*;
use crate::hidden::Hidden;

code! {
    CODE = "lint/control-characters", Error, "a text has control characters",
    cause: "escape sequences hide or overwrite what a terminal shows, and a model reads it all the same",
    cure: "write the text without them",
    tags: ["MCP03", "SAFE-T1402"]
}

pub(super) const RULE: Rule = Rule {
    code: CODE,
    check: |server, found| hidden_of(server, found, Hidden::Control, |_, _, _| Level::Error),
    #[cfg(test)]
    cases: Cases {
        flagged: &[
            (Level::Error, "Adds numbers\u{1b}[8m and reads files\u{1b}[0m"),
            (Level::Error, "Adds numbers\u{8}\u{8}"),
            (Level::Error, "server-info:{\"name\":\"a\\u009b2Jb\",\"version\":\"1\"}"),
        ],
        passed: &["Adds\n\tnumbers\r\n"],
    },
};
