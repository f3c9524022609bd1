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
    OBSERVATION_AWAITED = "evidence/observation-awaited", Note, "the server was not looked at yet",
        cause: "it is started, or asked, once everything else has passed",
        cure: "mend what else is said",
        tags: ["MCP04"];
    UNREADABLE = "evidence/unreadable", Error, "there is evidence and it could not be read",
        cause: "the file beside the artifact is no regular file, or the system refuses to read it",
        cure: "check its type and permissions, or name a readable file with `--evidence`",
        tags: ["MCP04"];
    HISTORY_UNUSABLE = "evidence/history-unusable", Error, "a file of the history does not say what was accepted before",
        cause: "it was changed, cannot be read, or holds nothing about this server that the policy believes any more",
        cure: "take it out of the history if it should not count; otherwise restore it",
        tags: ["MCP04"];
    TRUST_ROOT_EXPIRED = "evidence/trust-root-expired", Error, "a trust root does not count any more",
        cause: "the TUF root that it was distributed under has expired: keys may have been replaced or withdrawn since",
        cure: "`mcpsign trust update` fetches the current one; without a network, import a newer one",
        tags: ["MCP04"];
    REGISTRY_UNREACHABLE = "evidence/registry-unreachable", Error, "a registry did not answer",
        cause: "it cannot be reached, refuses our credentials, limits how often it is asked, or its answer breaks off",
        cure: "ask again later; check the client's configuration and its credentials for this registry",
        tags: ["MCP04"];
    REGISTRY_NOT_FOUND = "evidence/registry-not-found", Error, "the registry does not have this version",
        cause: "the name or version is misspelled, was never published there, or was removed",
        cure: "check the spelling, and which registry the client's configuration names",
        tags: ["MCP04"];
    REGISTRY_MALFORMED = "evidence/registry-malformed", Error, "a registry's answer is not of the form that it should have",
        cause: "what answers is not a registry of this kind, or what it says can be read in two ways",
        cure: "check that the address is that of the registry itself",
        tags: ["MCP04"];
    REGISTRY_OTHER_PACKAGE = "evidence/registry-other-package", Error, "a registry answers for another package than was asked for",
        cause: "name or version in the answer are not those of the question",
        cure: "report it to whoever runs the registry; do not use what it serves",
        tags: ["MCP04"];
    REGISTRY_DIGEST_MISSING = "evidence/registry-digest-missing", Error, "a registry does not say what the bytes should be",
        cause: "the entry has no SHA-512 (npm) or SHA-256 (PyPI, cargo); SHA-1 and MD5 count for nothing",
        cure: "attest a file that you obtained yourself, with `--kind observer`",
        tags: ["MCP04"];
    REGISTRY_DIGEST_MISMATCH = "evidence/registry-digest-mismatch", Error, "a registry serves other bytes than it says",
        cause: "the file was changed after it was published, or something between the registry and us changes it",
        cure: "treat it as tampered with until its publisher explains it",
        tags: ["MCP04", "C10.1.1"];
    REGISTRY_YANKED = "evidence/registry-yanked", Error, "the version was taken back by its publisher",
        cause: "a version is yanked when it should not be used any more",
        cure: "choose another version; `--allow-yanked` takes it all the same",
        tags: ["MCP04"];
    REGISTRY_HOST = "evidence/registry-host", Error, "a registry names an address that is not followed",
        cause: "its files must lie below `https` and a host name, or in the registry's own place",
        cure: "check the registry's configuration; what it names here would make us talk to this machine or its network",
        tags: ["MCP04"];
}
