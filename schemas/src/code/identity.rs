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
        cure: "add the predicate type to the signer's entry if it may",
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
}
