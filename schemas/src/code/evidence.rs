//! Codes of `evidence/…`.

use super::codes;

codes! {
    OVER_BUDGET = "evidence/over-budget", Error, "there is more evidence than is looked at",
        cause: "too many lines, too many bytes: a way to wear verifiers out",
        cure: "fetch the evidence from its publisher",
        tags: ["MCP04"];
    NOT_LOOKED_AT = "evidence/not-looked-at", Note, "a measurement was not made",
        cause: "nothing asked for it or it could not be made",
        cure: "see the cause",
        tags: ["MCP04"];
    UNREADABLE = "evidence/unreadable", Error, "there is evidence and it could not be read",
        cause: "the file beside the artifact is no regular file, or the system refuses to read it",
        cure: "check its type and permissions, or name a readable file with `--evidence`",
        tags: ["MCP04"];
}
