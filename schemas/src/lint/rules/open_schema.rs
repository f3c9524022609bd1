//! Schemas that take whatever comes.

use super::prelude::*;

code! {
    CODE = "lint/open-schema", Note, "a tool takes arguments that it does not declare",
    cause: "`additionalProperties: true` invites a model to send more than was asked for, and no review sees what",
    cure: "declare the parameters, and set `additionalProperties` to false",
    tags: ["MCP02", "MCP10", "C10.4.2", "SAFE-T1911"]
}

pub(super) const RULE: Rule = Rule {
    code: CODE,
    check: |server, found| {
        for tool in server.tools() {
            let Some(schema) = tool.json.get("inputSchema") else { continue };
            let mut open = Vec::new();
            walk(schema, &mut |pointer, value| {
                let takes_all = match value.get("additionalProperties") {
                    Some(Json::Bool(true)) => true,
                    Some(Json::Object(schema)) => schema.is_empty(),
                    _ => false,
                };
                // As the name of a parameter it holds a schema for its value, no leave for others.
                if takes_all && !pointer.ends_with("/properties") {
                    open.push(format!("/inputSchema{pointer}"));
                }
            });
            // Generated schemas have dozens: once is enough.
            if let Some(first) = open.first() {
                let places =
                    if open.len() == 1 { "one place".to_owned() } else { format!("{} places", open.len()) };
                found.at(
                    Level::Note,
                    tool,
                    first,
                    format!("arguments that are not declared are taken in {places}"),
                );
            }
        }
    },
    #[cfg(test)]
    cases: Cases {
        flagged: &[
            (Level::Note, r#"{"name":"t","inputSchema":{"type":"object","additionalProperties":true}}"#),
            (
                Level::Note,
                r#"{"name":"t","inputSchema":{"type":"object","properties":{"a":{"additionalProperties":{}}}}}"#,
            ),
        ],
        passed: &[
            r#"{"name":"t","inputSchema":{"type":"object"}}"#,
            r#"{"name":"t","inputSchema":{"type":"object","properties":{"additionalProperties":true}}}"#,
            r#"{"name":"t","inputSchema":{"type":"object","additionalProperties":{"type":"string"}}}"#,
        ],
    },
};
