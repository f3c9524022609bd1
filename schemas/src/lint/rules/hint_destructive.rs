//! Tools that claim to destroy nothing, under names that say otherwise.

use super::prelude::*;

code! {
    CODE = "lint/hint-destructive", Warning, "a tool that is named for destruction does not say so in its hints",
    cause: "hosts ask before destructive calls; a hint that denies it takes the question away, a missing one leaves it to the default",
    cure: "set `destructiveHint` to true",
    tags: ["MCP02", "MCP03", "SAFE-T1302", "SAFE-T1406"]
}

pub(super) const RULE: Rule = Rule {
    code: CODE,
    check: |server, found| {
        for tool in server.tools() {
            let words = name::words(tool.key);
            let destroys = verb(&words).is_some_and(|verb| DESTROYS.contains(&verb));
            match (destroys, tool.hint("readOnlyHint"), tool.hint("destructiveHint")) {
                (true, Some(true), _) => {}
                (true, _, Some(false)) => {
                    let message = "the hint says that the tool destroys nothing, its name that it does";
                    found.at(Level::Warning, tool, "/annotations/destructiveHint", message);
                }
                (true, _, None) => found.at(Level::Note, tool, "", "no hint says that the tool destroys"),
                _ => {}
            }
        }
    },
    #[cfg(test)]
    cases: Cases {
        flagged: &[
            (Level::Warning, r#"{"name":"drop_table","annotations":{"destructiveHint":false}}"#),
            (Level::Note, r#"{"name":"deleteNote"}"#),
        ],
        passed: &[
            r#"{"name":"drop_table","annotations":{"destructiveHint":true}}"#,
            r#"{"name":"add_note","annotations":{"destructiveHint":false}}"#,
        ],
    },
};
