//! Codes of `policy/…`.

use super::codes;

codes! {
    NO_RULE = "policy/no-rule", Error, "no rule of the policy matches",
        cause: "a server that the policy does not speak of is denied",
        cure: "add a rule for it if it should be accepted",
        tags: ["MCP09", "C10.1.2"];
}
