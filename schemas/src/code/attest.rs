//! Codes of `attest/…`.

use super::codes;

codes! {
    SECRET_IN_STATEMENT = "attest/secret-in-statement", Error, "a secret would be signed and published",
        cause: "a value given as secret, a credential variable's value or a known token shape stands in a payload",
        cure: "take it out of the server's text or arguments",
        tags: ["MCP01"];
    CHECK_FAILED = "attest/check-failed", Error, "what was signed does not pass our own verifier",
        cause: "the artifact changed while it was attested, or this is a bug",
        cure: "attest again; if it stays so, report it",
        tags: ["MCP04"];
}
