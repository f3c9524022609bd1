//! Input schemas that no client can use.

use super::prelude::*;

code! {
    CODE = "lint/input-schema", Warning, "a tool's input schema is not that of an object",
    cause: "the protocol wants `inputSchema` with `type: object`; without it clients refuse the tool, or let anything through",
    cure: "give the tool an input schema with `\"type\": \"object\"`",
    tags: ["MCP03", "C10.4.2"]
}

pub(super) const RULE: Rule = Rule {
    code: CODE,
    check: |server, found| {
        for tool in server.tools() {
            match tool.json.get("inputSchema") {
                None => found.at(Level::Warning, tool, "", "the tool has no input schema"),
                Some(schema) if schema.get("type").and_then(Json::as_str) != Some("object") => {
                    found.at(
                        Level::Warning,
                        tool,
                        "/inputSchema",
                        "the input schema is not of `type` `object`",
                    );
                }
                Some(_) => {}
            }
        }
    },
    #[cfg(test)]
    cases: Cases {
        flagged: &[
            (Level::Warning, r#"{"name":"t"}"#),
            (Level::Warning, r#"{"name":"t","inputSchema":{"properties":{}}}"#),
            (Level::Warning, r#"{"name":"t","inputSchema":true}"#),
            (Level::Warning, r#"{"name":"t","inputSchema":{"type":["object","null"]}}"#),
        ],
        passed: &[r#"{"name":"t","inputSchema":{"type":"object"}}"#],
    },
};
