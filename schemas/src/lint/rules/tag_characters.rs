//! ASCII in characters that nobody sees.

use super::prelude::*;
use crate::hidden::Hidden;

code! {
    CODE = "lint/tag-characters", Error, "a text has invisible tag characters",
    cause: "Unicode's tags spell ASCII that a model reads and no reader sees; only three flags are written with them",
    cure: "write the text without them",
    tags: ["MCP03", "SAFE-T1402"]
}

pub(super) const RULE: Rule = Rule {
    code: CODE,
    check: |server, found| hidden_of(server, found, Hidden::Tag, |_, _, _| Level::Error),
    #[cfg(test)]
    cases: Cases {
        flagged: &[
            (Level::Error, "Adds two numbers\u{e0053}\u{e0065}\u{e006e}\u{e0064}"),
            (Level::Error, "prompt:{\"name\":\"p\",\"title\":\"a\\udb40\\udc41\"}"),
        ],
        passed: &["Flags: \u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}"],
    },
};
