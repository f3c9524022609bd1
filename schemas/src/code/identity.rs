//! Codes of `identity/…`.

use super::codes;

codes! {
    SIGNER_NOT_ALLOWED = "identity/signer-not-allowed", Error, "the signer is not one that the policy names",
        cause: "someone signed this, and not whom you trust for this predicate",
        cure: "compare the signer shown with whom you expected; change the policy only if they are the same",
        tags: ["MCP04", "MCP09", "C10.1.1"];
    ISSUER_MISMATCH = "identity/issuer-mismatch", Error, "the certificate's issuer is another",
        cause: "the identity was vouched for by another OpenID Connect issuer",
        cure: "compare with `--issuer`",
        tags: ["MCP04"];
    SUBJECT_MISMATCH = "identity/subject-mismatch", Error, "the certificate's subject is another",
        cause: "another workflow or person signed",
        cure: "compare with `--identity`",
        tags: ["MCP04"];
    KIND_NOT_ALLOWED = "identity/kind-not-allowed", Error, "the signer may not speak as this kind",
        cause: "the manifest's `kind` is one that the policy's entry does not name",
        cure: "add the kind to the signer's entry if it may speak so",
        tags: ["MCP04"];
    PREDICATE_NOT_ALLOWED = "identity/predicate-not-allowed", Error, "the signer may not make this kind of statement",
        cause: "the policy names it for other predicate types",
        cure: "if it may, add the predicate type to the signer's entry, or without a policy file pass it with `--require`",
        tags: ["MCP04"];
    KEY_NOT_YET_VALID = "identity/key-not-yet-valid", Error, "the key is not yet valid",
        cause: "the signature counts as made before the key's window opens",
        cure: "check the policy's `notBefore` and this machine's clock",
        tags: ["MCP04"];
    KEY_EXPIRED = "identity/key-expired", Error, "the key's window is over",
        cause: "the signature counts as made after `notAfter`; without a verified time it counts as made now",
        cure: "get evidence signed by the current key",
        tags: ["MCP04"];
    KEY_COMPROMISED = "identity/key-compromised", Error, "the key is marked as compromised",
        cause: "the signature counts as made at or after `compromisedSince`",
        cure: "get evidence signed by another key",
        tags: ["MCP04"];
    TRUST_ROOT_MISMATCH = "identity/trust-root-mismatch", Error, "another Sigstore instance vouched for the identity",
        cause: "the signature leads to another trust root than the one that the policy's entry names",
        cure: "compare `trustRoot` with `mcpsign trust show`; change the policy only if that instance may vouch for this signer",
        tags: ["MCP04"];
    REPOSITORY_MISMATCH = "identity/repository-mismatch", Error, "the certificate is of a build of another repository",
        cause: "the certificate names another source repository than the policy's entry, or none; or the entry names none, and a workflow of another repository called the one that signed",
        cure: "compare with `repository` of the signer's entry (by flags `--source-repository`): it says for whose builds a workflow counts that others may call",
        tags: ["MCP04", "C10.1.1"];
    REPOSITORY_ID_MISMATCH = "identity/repository-id-mismatch", Error, "the certificate is of another repository of that name",
        cause: "the repository has another number than the policy's entry: its name was deleted and registered again, or moved",
        cure: "ask the publisher by another channel; change `repositoryId` only if they say that they moved",
        tags: ["MCP04", "C10.1.1"];
    OWNER_MISMATCH = "identity/owner-mismatch", Error, "the certificate is of a build of another owner's repository",
        cause: "the certificate names another owner than the policy's entry, or none",
        cure: "compare with `owner` of the signer's entry",
        tags: ["MCP04", "C10.1.1"];
    OWNER_ID_MISMATCH = "identity/owner-id-mismatch", Error, "the certificate is of another owner of that name",
        cause: "the owner has another number than the policy's entry: the account was deleted and its name registered again",
        cure: "ask the publisher by another channel; change `ownerId` only if they say that it is theirs",
        tags: ["MCP04", "C10.1.1"];
    VISIBILITY_MISMATCH = "identity/visibility-mismatch", Error, "the repository was not as visible as the policy demands",
        cause: "the certificate says of the repository another visibility than the policy's entry, or none",
        cure: "compare with `visibility` of the signer's entry",
        tags: ["MCP04"];
    WORKFLOW_MISMATCH = "identity/workflow-mismatch", Error, "another workflow was started",
        cause: "the certificate names another workflow that was started than the policy's entry, or none",
        cure: "compare with `workflow` of the signer's entry; the one that signed may be another, which is `signerWorkflow`",
        tags: ["MCP04", "C10.1.1"];
    SIGNER_WORKFLOW_MISMATCH = "identity/signer-workflow-mismatch", Error, "another workflow signed",
        cause: "the certificate names another workflow, or another commit of it, as the one that asked for it",
        cure: "compare with `signerWorkflow` of the signer's entry",
        tags: ["MCP04", "C10.1.1"];
    REF_MISMATCH = "identity/ref-mismatch", Error, "another Git reference was built",
        cause: "the certificate names another reference than the policy's entry allows, or none: a branch in place of a tag, say",
        cure: "compare with `ref` of the signer's entry",
        tags: ["MCP04", "C10.1.1"];
    COMMIT_MISMATCH = "identity/commit-mismatch", Error, "another commit was built",
        cause: "the certificate names another commit than the policy's entry, or none",
        cure: "compare with `commit` of the signer's entry",
        tags: ["MCP04", "C10.1.1"];
    TRIGGER_NOT_ALLOWED = "identity/trigger-not-allowed", Error, "the build was started by an event that may not start it",
        cause: "`pull_request_target`, `workflow_run` and `issue_comment` run with the repository's rights for whoever causes them; others are refused where the policy's entry lists those that may",
        cure: "ask the publisher to release from a push or a tag; name the event in `triggers` only if its workflow runs nothing foreign",
        tags: ["MCP04", "C10.1.1"];
    RUNNER_MISMATCH = "identity/runner-mismatch", Error, "the build ran on another kind of machine",
        cause: "the certificate says that the provider's machine did not run it, where the policy's entry demands that, or the other way round, or says nothing",
        cure: "compare with `runner` of the signer's entry",
        tags: ["MCP04"];
    ENVIRONMENT_MISMATCH = "identity/environment-mismatch", Error, "the build ran in another deployment environment",
        cause: "the certificate names another environment than the policy's entry, or none: then nobody had to approve the run",
        cure: "compare with `environment` of the signer's entry",
        tags: ["MCP04"];
    NAMESPACE_NOT_ALLOWED = "identity/namespace-not-allowed", Error, "the name belongs to somebody else",
        cause: "the artifact is called by a name that lies in a namespace of the policy, by a signer who does not speak for it",
        cure: "treat it as an impostor; add the signer to the namespace only if its owner says so",
        tags: ["MCP04", "MCP09", "C10.1.1"];
    TOO_FEW_SIGNERS = "identity/too-few-signers", Error, "too few distinct signers agree",
        cause: "fewer of the signers that count have signed than the policy demands; one signer counts once, however often it signed, and tool manifests count that show the same tools under the same launch",
        cure: "ask those who have not signed, or look at where their manifest differs with `mcpsign manifest diff`",
        tags: ["MCP04", "C10.1.1"];
    KIND_MISSING = "identity/kind-missing", Error, "nobody spoke as a kind that is required",
        cause: "publisher and observer must be distinct signers, and their manifests must show the same tools under the same launch",
        cure: "ask for the other's attestation, or look at where it differs with `mcpsign manifest diff`",
        tags: ["MCP04", "C10.1.1"];
}
