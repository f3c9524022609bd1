//! Names that clients refuse.

use super::prelude::*;

code! {
    CODE = "lint/name-shape", Warning, "a tool's name is not of the protocol's form",
    cause: "names are 1 to 128 of letters, digits, `_`, `-` and `.`; hosts cut or rewrite others, and two may then be one",
    cure: "rename the tool",
    tags: ["MCP03", "C10.4.2"]
}

pub(super) const RULE: Rule = Rule {
    code: CODE,
    check: |server, found| {
        let fine = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
        for tool in server.tools() {
            // Letters outside of ASCII are another rule's.
            if !(1..=128).contains(&tool.key.chars().count()) || !tool.key.chars().all(fine) {
                found.at(
                    Level::Warning,
                    tool,
                    "/name",
                    "the name is not 1 to 128 of letters, digits, `_`, `-` and `.`",
                );
            }
        }
    },
    #[cfg(test)]
    cases: Cases {
        flagged: &[
            (Level::Warning, r#"{"name":"read file"}"#),
            (Level::Warning, r#"{"name":"../read"}"#),
            (Level::Warning, r#"{"name":""}"#),
        ],
        passed: &[r#"{"name":"Read-file_2.x"}"#],
    },
};
