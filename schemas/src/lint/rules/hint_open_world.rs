//! Tools that claim to stay inside, and take addresses.

use super::prelude::*;

code! {
    CODE = "lint/hint-open-world", Warning, "a tool that takes addresses is hinted to stay inside its world",
    cause: "hosts and policies trust `openWorldHint: false` to mean that nothing leaves; an address as an argument says that it does",
    cure: "set `openWorldHint` to true",
    tags: ["MCP02", "MCP10", "SAFE-T1406", "SAFE-T1913"]
}

pub(super) const RULE: Rule = Rule {
    code: CODE,
    check: |server, found| {
        for tool in server.tools().filter(|tool| tool.hint("openWorldHint") == Some(false)) {
            for (pointer, parameter, schema) in tool.parameters() {
                let format = schema.get("format").and_then(Json::as_str);
                let address = matches!(format, Some("uri" | "url" | "iri" | "hostname" | "email"))
                    || matches!(
                        name::bare(parameter).as_str(),
                        "url"
                            | "uri"
                            | "endpoint"
                            | "webhook"
                            | "webhookurl"
                            | "callbackurl"
                            | "hostname"
                            | "recipient"
                            | "emailaddress"
                    );
                if address {
                    found.at(
                        Level::Warning,
                        tool,
                        &pointer,
                        "the tool takes an address, and its hint says that it stays inside its world",
                    );
                }
            }
        }
    },
    #[cfg(test)]
    cases: Cases {
        flagged: &[
            (
                Level::Warning,
                r#"{"name":"t","annotations":{"openWorldHint":false},"inputSchema":{"type":"object","properties":{"url":{"type":"string"}}}}"#,
            ),
            (
                Level::Warning,
                r#"{"name":"t","annotations":{"openWorldHint":false},"inputSchema":{"type":"object","properties":{"a":{"format":"uri"}}}}"#,
            ),
        ],
        passed: &[
            r#"{"name":"t","annotations":{"openWorldHint":true},"inputSchema":{"type":"object","properties":{"url":{"type":"string"}}}}"#,
            r#"{"name":"t","annotations":{"openWorldHint":false},"inputSchema":{"type":"object","properties":{"path":{"type":"string"}}}}"#,
        ],
    },
};
