//! Characters whose look is open.

use super::prelude::*;
use crate::hidden::Hidden;

code! {
    CODE = "lint/unclear-characters", Warning, "a text has characters that look like nothing or like anything",
    cause: "private use, line and paragraph separators, annotations and unassigned controls show differently everywhere",
    cure: "write the text without them",
    tags: ["MCP03", "SAFE-T1402"]
}

pub(super) const RULE: Rule = Rule {
    code: CODE,
    check: |server, found| hidden_of(server, found, Hidden::Other, |_, _, _| Level::Warning),
    #[cfg(test)]
    cases: Cases {
        flagged: &[(Level::Warning, "Adds\u{2028}numbers"), (Level::Warning, "Adds \u{e0a0}")],
        passed: &["Adds numbers – “really” – 数を足す"],
    },
};
