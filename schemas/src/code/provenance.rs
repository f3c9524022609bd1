//! Codes of `provenance/…`.

use super::codes;

codes! {
    MISSING = "provenance/missing", Error, "there is no provenance",
        cause: "provenance is required and the evidence holds no trusted statement of that type over this subject",
        cure: "ask the publisher to attest in CI, or do not require it",
        tags: ["MCP04", "C10.1.1"];
    NOT_BOUND = "provenance/not-bound", Error, "the provenance is not the one that the manifest binds",
        cause: "the tool manifest lists the statements of its run, and this one is of another",
        cure: "fetch the whole evidence file again",
        tags: ["MCP04"];
}
