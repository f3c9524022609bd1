//! Codes of `policy/…`.

use super::codes;

codes! {
    NO_RULE = "policy/no-rule", Error, "no rule of the policy matches",
        cause: "a server that the policy does not speak of is denied",
        cure: "add a rule for it if it should be accepted",
        tags: ["MCP09", "C10.1.2"];
    EXPIRED = "policy/expired", Error, "the policy is no longer valid",
        cause: "its `validUntil` has passed; a policy that nobody renews allows nothing",
        cure: "get the current policy from whoever maintains it",
        tags: ["MCP04"];
}
