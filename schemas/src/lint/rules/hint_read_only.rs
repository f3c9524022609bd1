//! Tools that claim to read, under names that say otherwise.

use super::prelude::*;

code! {
    CODE = "lint/hint-read-only", Warning, "a tool that is hinted read-only is named for a change",
    cause: "hosts run read-only tools without asking, so that a false hint takes away the question",
    cure: "set `readOnlyHint` to false, or name the tool for what it does",
    tags: ["MCP02", "MCP03", "SAFE-T1302", "SAFE-T1406"]
}

pub(super) const RULE: Rule = Rule {
    code: CODE,
    check: |server, found| {
        for tool in server.tools().filter(|tool| tool.hint("readOnlyHint") == Some(true)) {
            let words = name::words(tool.key);
            let Some(verb) = verb(&words) else { continue };
            let level = match () {
                () if DESTROYS.contains(&verb) => Level::Error,
                () if CHANGES.contains(&verb) => Level::Warning,
                () => continue,
            };
            found.at(
                level,
                tool,
                "/annotations/readOnlyHint",
                "the hint says that the tool only reads, its name that it does not",
            );
        }
    },
    #[cfg(test)]
    cases: Cases {
        flagged: &[
            (Level::Error, r#"{"name":"delete_note","annotations":{"readOnlyHint":true}}"#),
            (Level::Error, r#"{"name":"notes.purgeAll","annotations":{"readOnlyHint":true}}"#),
            (Level::Warning, r#"{"name":"write_note","annotations":{"readOnlyHint":true}}"#),
            (Level::Warning, r#"{"name":"send_email","annotations":{"readOnlyHint":true}}"#),
        ],
        passed: &[
            r#"{"name":"delete_note","annotations":{"readOnlyHint":false}}"#,
            r#"{"name":"list_deleted_notes","annotations":{"readOnlyHint":true}}"#,
            r#"{"name":"read_note","annotations":{"readOnlyHint":true}}"#,
        ],
    },
};
