//! Hints that contradict each other.

use super::prelude::*;

code! {
    CODE = "lint/hint-conflict", Warning, "a tool's hints contradict each other or are no hints",
    cause: "a tool that only reads cannot destroy; and a hint that is no boolean is read as either by different hosts",
    cure: "leave `destructiveHint` out where `readOnlyHint` is true, and write hints as true or false",
    tags: ["MCP02", "MCP03", "C10.4.2", "SAFE-T1406"]
}

pub(super) const RULE: Rule = Rule {
    code: CODE,
    check: |server, found| {
        for tool in server.tools() {
            if (tool.hint("readOnlyHint"), tool.hint("destructiveHint")) == (Some(true), Some(true)) {
                found.at(
                    Level::Warning,
                    tool,
                    "/annotations",
                    "the tool is hinted read-only and destructive",
                );
            }
            for hint in ["readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"] {
                let value = tool.json.get("annotations").and_then(|annotations| annotations.get(hint));
                if value.is_some_and(|value| value.as_bool().is_none()) {
                    found.at(
                        Level::Warning,
                        tool,
                        &format!("/annotations/{hint}"),
                        "the hint is neither true nor false",
                    );
                }
            }
        }
    },
    #[cfg(test)]
    cases: Cases {
        flagged: &[
            (Level::Warning, r#"{"name":"t","annotations":{"readOnlyHint":true,"destructiveHint":true}}"#),
            (Level::Warning, r#"{"name":"t","annotations":{"readOnlyHint":"true"}}"#),
        ],
        passed: &[r#"{"name":"t","annotations":{"readOnlyHint":true,"destructiveHint":false,"x":1}}"#],
    },
};
