//! Codes of `sbom/…`.

use super::codes;

codes! {
    MISSING = "sbom/missing", Error, "the bound SBOM is not there",
        cause: "the tool manifest binds an SBOM of this subject and the evidence holds no such statement",
        cure: "fetch the whole evidence file",
        tags: ["MCP04"];
    NOT_BOUND = "sbom/not-bound", Error, "the SBOM is not the one that the manifest binds",
        cause: "it was exchanged, or made in another run",
        cure: "fetch the whole evidence file again",
        tags: ["MCP04"];
    MALFORMED = "sbom/malformed", Error, "the SBOM is not a document of its type",
        cause: "it lacks what every document of that type has",
        cure: "ask the publisher for a well-formed SBOM",
        tags: ["MCP04"];
    UNRELATED = "sbom/unrelated", Error, "the SBOM does not describe this subject",
        cause: "its root component names another artifact",
        cure: "ask the publisher for the SBOM of this artifact",
        tags: ["MCP04"];
}
