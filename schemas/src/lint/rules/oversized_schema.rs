//! Schemas that nobody reads.

use super::prelude::*;

code! {
    CODE = "lint/oversized-schema", Warning, "a tool's schema is very large",
    cause: "text and parameters hide in a schema of hundreds of members, and readers of schemas give up on deep ones",
    cure: "split the tool, or take a document as one argument",
    tags: ["MCP03", "MCP10", "SAFE-T1501"]
}

/// Members at any depth; the largest of the reference servers has some eighty.
const MEMBERS: usize = 1_500;
/// Levels; generated schemas have a dozen.
const DEPTH: usize = 32;

pub(super) const RULE: Rule = Rule {
    code: CODE,
    check: |server, found| {
        for tool in server.tools() {
            for schema in ["inputSchema", "outputSchema"] {
                let (mut members, mut depth) = (0, 0);
                if let Some(json) = tool.json.get(schema) {
                    walk(json, &mut |pointer, _| {
                        members += 1;
                        depth = depth.max(pointer.matches('/').count());
                    });
                }
                if members > MEMBERS || depth > DEPTH {
                    let message = format!("the schema has {members} members on {depth} levels");
                    found.at(Level::Warning, tool, &format!("/{schema}"), message);
                }
            }
        }
    },
    #[cfg(test)]
    cases: Cases {
        flagged: &[(Level::Warning, "nest:33"), (Level::Warning, "members:1500")],
        passed: &["nest:8", "members:100"],
    },
};
