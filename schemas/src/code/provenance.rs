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
    MALFORMED = "provenance/malformed", Error, "the provenance is not of its form",
        cause: "a member that its version requires is missing, empty or of another type, or it names two commits as one",
        cure: "ask the publisher for provenance that follows SLSA; its signature does not help",
        tags: ["MCP04"];
    REPOSITORY_MISMATCH = "provenance/repository-mismatch", Error, "the provenance names another repository than its certificate",
        cause: "whoever wrote the provenance did not take the repository from the identity that signed it",
        cure: "treat the provenance as forged until its publisher explains it",
        tags: ["MCP04", "C10.1.1"];
    REF_MISMATCH = "provenance/ref-mismatch", Error, "the provenance names another Git reference than its certificate",
        cause: "whoever wrote the provenance did not take the reference from the identity that signed it",
        cure: "treat the provenance as forged until its publisher explains it",
        tags: ["MCP04", "C10.1.1"];
    WORKFLOW_MISMATCH = "provenance/workflow-mismatch", Error, "the provenance names another workflow than its certificate",
        cause: "whoever wrote the provenance did not take the workflow from the identity that signed it",
        cure: "treat the provenance as forged until its publisher explains it",
        tags: ["MCP04", "C10.1.1"];
    COMMIT_MISMATCH = "provenance/commit-mismatch", Error, "the provenance names another commit than its certificate",
        cause: "whoever wrote the provenance did not take the commit from the identity that signed it",
        cure: "treat the provenance as forged until its publisher explains it",
        tags: ["MCP04", "C10.1.1"];
    BUILDER_NOT_ALLOWED = "provenance/builder-not-allowed", Error, "the builder is not one that the policy knows",
        cause: "the provenance names a builder that the policy does not list, or one for which this signer's word does not count",
        cure: "compare `builder.id` with `builders`; anybody can write the name of a builder into a provenance",
        tags: ["MCP04", "C10.1.1"];
    LEVEL_TOO_LOW = "provenance/level-too-low", Error, "the builder's level is too low",
        cause: "the policy gives this builder a lower level of SLSA's build track than it demands",
        cure: "ask the publisher to build on a builder of that level",
        tags: ["MCP04", "C10.1.1"];
    REPOSITORY_NOT_ALLOWED = "provenance/repository-not-allowed", Error, "another repository was built than the policy demands",
        cause: "the provenance names another source repository, or none",
        cure: "compare with `require.provenance.repository`",
        tags: ["MCP04", "C10.1.1"];
    REF_NOT_ALLOWED = "provenance/ref-not-allowed", Error, "another Git reference was built than the policy demands",
        cause: "the provenance names another reference, or none: a branch in place of a tag, say",
        cure: "compare with `require.provenance.ref`",
        tags: ["MCP04", "C10.1.1"];
    COMMIT_NOT_ALLOWED = "provenance/commit-not-allowed", Error, "another commit was built than the policy demands",
        cause: "the provenance names another commit, or none",
        cure: "compare with `require.provenance.commit`",
        tags: ["MCP04", "C10.1.1"];
    SUMMARY_MISSING = "provenance/summary-missing", Error, "there is no summary of the verifier that the policy asks for",
        cause: "the evidence holds none about these bytes by its signers and under its id",
        cure: "ask the verifier for its summary, and pass it with `--evidence`",
        tags: ["MCP04", "C10.1.1"];
    SUMMARY_OTHER_RESOURCE = "provenance/summary-other-resource", Error, "the summary is of another resource",
        cause: "these bytes were verified under another name than they are asked for by",
        cure: "compare `resourceUri` with the reference; a policy can name the resource",
        tags: ["MCP04", "C10.1.1"];
    SUMMARY_OTHER_POLICY = "provenance/summary-other-policy", Error, "the summary was made by another policy",
        cause: "the digest of the verifier's policy is none that this policy names",
        cure: "look at the other policy, and name its digest if it asks for enough",
        tags: ["MCP04"];
    SUMMARY_FAILED = "provenance/summary-failed", Error, "the summary does not say that enough was verified",
        cause: "the verification failed, or a level that the policy asks for was not established",
        cure: "ask the verifier why",
        tags: ["MCP04", "C10.1.1"];
    SUMMARY_OUTDATED = "provenance/summary-outdated", Error, "the summary is too old",
        cause: "`timeVerified` is longer ago than the policy allows, or has not come yet: what was found out since is not in it",
        cure: "have it verified again",
        tags: ["MCP04"];
}
