//! Codes of `policy/…`.

use super::codes;

codes! {
    NO_RULE = "policy/no-rule", Error, "no rule of the policy matches",
        cause: "a server that the policy does not speak of is denied",
        cure: "add a rule for it if it should be accepted",
        tags: ["MCP09", "C10.1.2"];
    EXPIRED = "policy/expired", Error, "the policy is no longer valid",
        cause: "its `validUntil`, or the `expires` of its signature, has passed; a policy that nobody renews allows nothing",
        cure: "get the current policy from whoever maintains it",
        tags: ["MCP04"];
    NOT_YET_VALID = "policy/not-yet-valid", Error, "the policy is not valid yet",
        cause: "it was signed for a time that has not come; until then it allows nothing",
        cure: "use the version in force until then; if it should count already, look at the machine's clock",
        tags: ["MCP04"];
    ROLLED_BACK = "policy/rolled-back", Error, "the signed policy is older than one seen before",
        cause: "the history holds a later version by the same signer, or another one of the same number",
        cure: "get the current policy from whoever maintains it",
        tags: ["MCP04", "MCP09"];
    CONDITION_NOT_MET = "policy/condition-not-met", Error, "a condition of the policy is not true",
        cause: "the facts are other than `require.conditions` demands",
        cure: "run `mcpsign policy explain POLICY` to read the condition; the report says which one it is",
        tags: ["MCP09", "C10.1.2"];
    CONDITION_ERROR = "policy/condition-error", Error, "a condition of the policy could not be evaluated",
        cause: "it asks for a fact that nobody states, divides by zero, or takes more steps than are allowed",
        cure: "ask `has(…)` before facts that may be absent, and write long conditions shorter",
        tags: ["MCP09", "C10.1.2"];
}
