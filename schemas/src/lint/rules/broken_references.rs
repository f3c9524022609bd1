//! References that lead nowhere, or in a circle.

use super::prelude::*;
use super::remote_references::each_reference;

code! {
    CODE = "lint/broken-references", Warning, "a schema's reference leads nowhere",
    cause: "what it refers to is not there, or refers back to it: readers that follow it take everything, or never end",
    cure: "refer to a schema that is there",
    tags: ["MCP03", "C10.4.2", "SAFE-T1501"]
}

pub(super) const RULE: Rule = Rule {
    code: CODE,
    check,
    #[cfg(test)]
    cases: Cases {
        flagged: &[
            (
                Level::Warning,
                r##"{"name":"t","inputSchema":{"type":"object","properties":{"a":{"$ref":"#/$defs/gone"}}}}"##,
            ),
            (
                Level::Warning,
                r##"{"name":"t","inputSchema":{"type":"object","properties":{"a":{"$ref":"#/$defs/a"}},"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}}}}"##,
            ),
        ],
        passed: &[
            r##"{"name":"t","inputSchema":{"type":"object","properties":{"a":{"$ref":"#/$defs/n"}},"$defs":{"n":{"type":"object","properties":{"next":{"$ref":"#/$defs/n"}}}}}}"##,
            r##"{"name":"t","inputSchema":{"type":"object","properties":{"a":{"$ref":"#anchor"}}}}"##,
        ],
    },
};

/// References followed one after the other; real schemas need two.
const MAX_HOPS: usize = 16;

fn check(server: &Server<'_>, found: &mut Found) {
    each_reference(server, |item, pointer, target| {
        let root = match pointer.split('/').nth(1) {
            Some(schema @ ("inputSchema" | "outputSchema")) => item.json.get(schema),
            _ => None,
        };
        // Anchors and encoded pointers are not followed here.
        let followable = |target: &str| target.starts_with("#/") && !target.contains('%');
        let (Some(root), true) = (root, followable(target)) else { return };
        let mut next = Some(target);
        for _ in 0..MAX_HOPS {
            let Some(target) = next else { return };
            if !followable(target) {
                return;
            }
            let Some(schema) = resolve(root, target) else {
                found.at(Level::Warning, item, pointer, "the reference leads to nothing");
                return;
            };
            next = schema.get("$ref").and_then(Json::as_str);
        }
        found.at(Level::Warning, item, pointer, "the reference leads in a circle, or too far");
    });
}
