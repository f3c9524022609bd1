//! More tools than anybody approves one by one.

use super::prelude::*;

code! {
    CODE = "lint/too-many-tools", Note, "the server has very many tools",
    cause: "clients cut lists off (at 40 or 128 tools), models choose worse, and users approve all of them at once",
    cure: "split the server, or let the user choose sets of tools",
    tags: ["MCP02", "SAFE-T1403"]
}

/// Where the first clients stop.
const MANY: usize = 40;
/// Where APIs of models stop.
const LIMIT: usize = 128;

pub(super) const RULE: Rule = Rule {
    code: CODE,
    check: |server, found| {
        let tools = server.tools().count();
        if tools > MANY {
            let level = if tools > LIMIT { Level::Warning } else { Level::Note };
            found.server(level, format!("the server has {tools} tools"));
        }
    },
    #[cfg(test)]
    cases: Cases {
        flagged: &[(Level::Note, "tools:41"), (Level::Warning, "tools:129")],
        passed: &["tools:40"],
    },
};
