//! Codes of `subject/…`.

use super::codes;

codes! {
    DIGEST_MISMATCH = "subject/digest-mismatch", Error, "the attestation is about other bytes",
        cause: "the artifact was changed after it was signed, or this evidence belongs to another one",
        cure: "fetch artifact and evidence again from their publisher; if it stays so, treat it as tampered with",
        tags: ["MCP04", "C10.1.1"];
    NONE = "subject/none", Error, "the statement names no subject",
        cause: "an attestation about nothing attests nothing",
        cure: "ask the publisher for a well-formed attestation",
        tags: ["MCP04"];
    DIGEST_MISSING = "subject/digest-missing", Error, "the subject has no digest that suffices",
        cause: "SHA-256 (or SHA-512 in others' statements) is required; SHA-1, MD5 and names never suffice",
        cure: "ask the publisher for an attestation with SHA-256 digests",
        tags: ["MCP04"];
    DIGEST_CONFLICT = "subject/digest-conflict", Error, "one of the subject's digests is right and another wrong",
        cause: "every known digest that is listed must match the bytes",
        cure: "treat the attestation as broken",
        tags: ["MCP04"];
    DUPLICATE_NAME = "subject/duplicate-name", Error, "two subjects have one name",
        cause: "then it is open which of them is meant",
        cure: "ask the publisher for a well-formed attestation",
        tags: ["MCP04"];
    FORM_MISMATCH = "subject/form-mismatch", Error, "a directory was signed and a file found, or the other way round",
        cause: "a directory matches tree subjects only, a file only subjects without media type",
        cure: "verify the form that was signed",
        tags: ["MCP04"];
    NAME_MISMATCH = "subject/name-mismatch", Error, "the artifact calls itself by another name",
        cause: "the name inside the artifact or the one asked for is not the one that is signed",
        cure: "make sure that this is the package you meant",
        tags: ["MCP04"];
    VERSION_MISMATCH = "subject/version-mismatch", Error, "the artifact calls itself another version",
        cause: "the version inside the artifact or the one asked for is not the one that is signed",
        cure: "make sure that this is the version you meant",
        tags: ["MCP04"];
    UNFIT = "subject/unfit", Error, "the artifact cannot have been signed",
        cause: "a directory with an entry that no listing holds (a FIFO, a device, a link out of it, names that fold to one), or a package that readers could take differently",
        cure: "fetch the artifact again from its publisher; what was added to a directory does not belong to the release",
        tags: ["MCP04"];
    MODE_UNOBSERVABLE = "subject/mode-unobservable", Error, "no execute bits can be seen here",
        cause: "the directory lies on a file system without them (FAT, exFAT), and listed without any it is not the one that was signed: bits differ, or bytes",
        cure: "unpack it anew on a file system with POSIX modes, and verify it there",
        tags: ["MCP04"];
}
