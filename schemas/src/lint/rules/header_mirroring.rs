//! Arguments that are copied into HTTP headers.

use super::prelude::*;
use std::collections::BTreeSet;

code! {
    CODE = "lint/header-mirroring", Warning, "an argument is copied into an HTTP header",
    cause: "`x-mcp-header` shows the argument to every proxy and log between client and server; with a name that is none, or that stands twice, it bends the request",
    cure: "mirror what intermediaries need for routing alone, under a plain name, once",
    tags: ["MCP01", "MCP10", "C10.4.2"]
}

pub(super) const RULE: Rule = Rule {
    code: CODE,
    check,
    #[cfg(test)]
    cases: Cases {
        flagged: &[
            (
                Level::Warning,
                r#"{"name":"t","inputSchema":{"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"}}}}"#,
            ),
            (
                Level::Error,
                r#"{"name":"t","inputSchema":{"type":"object","properties":{"a":{"type":"string","x-mcp-header":"A\r\nHost: x"}}}}"#,
            ),
            (
                Level::Error,
                r#"{"name":"t","inputSchema":{"type":"object","properties":{"a":{"type":"string","x-mcp-header":""}}}}"#,
            ),
            (
                Level::Error,
                r#"{"name":"t","inputSchema":{"type":"object","properties":{"a":{"type":"string","x-mcp-header":"R"},"b":{"type":"string","x-mcp-header":"r"}}}}"#,
            ),
            (
                Level::Error,
                r#"{"name":"t","inputSchema":{"type":"object","properties":{"a":{"type":"object","x-mcp-header":"A"}}}}"#,
            ),
            (
                Level::Error,
                r#"{"name":"t","inputSchema":{"type":"object","properties":{"password":{"type":"string","x-mcp-header":"P"}}}}"#,
            ),
        ],
        passed: &[
            r#"{"name":"t","inputSchema":{"type":"object","properties":{"x-mcp-header":{"type":"string"}}}}"#,
        ],
    },
};

fn check(server: &Server<'_>, found: &mut Found) {
    for tool in server.tools() {
        let mut names = BTreeSet::new();
        for (pointer, parameter, schema) in tool.parameters() {
            let Some(header) = schema.get("x-mcp-header") else { continue };
            let pointer = child(&pointer, "x-mcp-header");
            let name = header.as_str().unwrap_or_default();
            let words = name::words(parameter);
            let secret = words.iter().any(|word| {
                matches!(
                    word.as_str(),
                    "password"
                        | "secret"
                        | "token"
                        | "key"
                        | "apikey"
                        | "credential"
                        | "credentials"
                        | "authorization"
                )
            });
            let primitive = schema
                .get("type")
                .and_then(Json::as_str)
                .is_none_or(|kind| matches!(kind, "string" | "number" | "integer" | "boolean"));
            let (level, message) = if name.is_empty() || !name.bytes().all(is_token) {
                (Level::Error, "an argument goes into a header whose name is none")
            } else if !names.insert(name.to_ascii_lowercase()) {
                (Level::Error, "two arguments go into one header")
            } else if !primitive {
                (Level::Error, "an argument that is no single value goes into a header")
            } else if secret {
                (Level::Error, "an argument that is named for a secret goes into a header")
            } else {
                (Level::Warning, "the argument goes into a header, where every proxy reads it")
            };
            found.at(level, tool, &pointer, message);
        }
    }
}

/// `tchar` of RFC 9110.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
