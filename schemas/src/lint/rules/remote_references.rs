//! Schemas that stand elsewhere.

use super::prelude::*;

code! {
    CODE = "lint/remote-references", Error, "a schema refers to another document",
    cause: "whoever serves that document can change the tool after it was reviewed and signed, and resolving it asks a host or reads a file",
    cure: "put the schema below `$defs` and refer to it there",
    tags: ["MCP03", "MCP04", "SAFE-T1501"]
}

pub(super) const RULE: Rule = Rule {
    code: CODE,
    check: |server, found| {
        each_reference(server, |item, pointer, target| {
            if !target.starts_with('#') {
                found.at(Level::Error, item, pointer, "the schema refers to another document");
            }
        });
    },
    #[cfg(test)]
    cases: Cases {
        flagged: &[
            (
                Level::Error,
                r#"{"name":"t","inputSchema":{"type":"object","properties":{"a":{"$ref":"https://x.example/s.json"}}}}"#,
            ),
            (Level::Error, r#"{"name":"t","outputSchema":{"$dynamicRef":"file:///etc/passwd"}}"#),
            (
                Level::Error,
                r#"{"name":"t","inputSchema":{"type":"object","allOf":[{"$ref":"other.json#/a"}]}}"#,
            ),
        ],
        passed: &[
            r##"{"name":"t","inputSchema":{"type":"object","properties":{"a":{"$ref":"#/$defs/a"}},"$defs":{"a":{}}}}"##,
        ],
    },
};

/// Every reference of a schema, with its pointer.
pub(super) fn each_reference<'s>(server: &'s Server<'_>, mut see: impl FnMut(&'s Item<'_>, &str, &'s str)) {
    for item in &server.items {
        walk(item.json, &mut |pointer, value| {
            for keyword in ["$ref", "$dynamicRef", "$recursiveRef"] {
                if let Some(target) = value.get(keyword).and_then(Json::as_str) {
                    see(item, &child(pointer, keyword), target);
                }
            }
        });
    }
}
