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
        cause: "its root names another artifact, or it lists nothing of what the artifact is made of",
        cure: "ask the publisher for the SBOM of this artifact",
        tags: ["MCP04"];
    LICENSE_REFUSED = "sbom/license-refused", Error, "a component's licence is not permitted",
        cause: "no way to use the component under its licence is among those that the policy permits",
        cure: "replace the component, or permit the licence",
        tags: ["MCP04"];
    LICENSE_UNKNOWN = "sbom/license-unknown", Error, "a component's licence is no SPDX expression",
        cause: "the SBOM states it in words of its own",
        cure: "look at it yourself; `unknown: accept` takes such components",
        tags: ["MCP04"];
    LICENSE_MISSING = "sbom/license-missing", Error, "no licence is stated of a component",
        cause: "the SBOM has none, or says `NOASSERTION`",
        cure: "look at it yourself; `missing: accept` takes such components",
        tags: ["MCP04"];
    COMPONENT_MISSING = "sbom/component-missing", Error, "a component of the artifact is not in its SBOM",
        cause: "the SBOM was not made of this artifact, something was taken out of it, or its maker did not see all",
        cure: "compare `mcpsign sbom generate ARTIFACT` with the SBOM, and ask the publisher for one that lists everything",
        tags: ["MCP04"];
    COMPONENT_INVENTED = "sbom/component-invented", Error, "the SBOM lists a component that the artifact does not have",
        cause: "the artifact brings a lock file along that does not have it: the SBOM was made of another release, or bent",
        cure: "compare `mcpsign sbom generate ARTIFACT` with the SBOM, and ask the publisher for the right one",
        tags: ["MCP04"];
    NOT_COMPARED = "sbom/not-compared", Note, "the SBOM was not held against what the artifact is made of",
        cause: "whoever called the verifier did not catalogue the artifact",
        cure: "verify with `mcpsign verify`, which catalogues what it hashes",
        tags: ["MCP04"];
}
