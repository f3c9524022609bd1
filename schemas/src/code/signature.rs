//! Codes of `signature/…`.

use super::codes;

codes! {
    NO_ATTESTATION = "signature/no-attestation", Error, "there is no attestation",
        cause: "the source says itself that it holds none: no evidence file beside the artifact, an empty one, an empty list",
        cure: "ask the publisher to run `mcpsign attest`, or name the file with `--evidence`",
        tags: ["MCP04", "C10.1.1"];
    UNREADABLE_LINE = "signature/unreadable-line", Error, "a line is no Sigstore bundle",
        cause: "the line is not strict JSON, too long, cut off, or lacks members that every bundle has",
        cure: "fetch the evidence file again; the line counts for nothing",
        tags: ["MCP04"];
    BUNDLE_VERSION = "signature/bundle-version", Error, "the bundle's media type is not accepted here",
        cause: "statements of mcpsign need bundle version 0.3; others 0.1 to 0.3",
        cure: "attest again with a current version",
        tags: ["MCP04"];
    LEGACY_BUNDLE = "signature/legacy-bundle", Error, "a line is a bundle of cosign's old form",
        cause: "`base64Signature`, `cert` and `rekorBundle` hold a promise of the log instead of a proof, and no statement",
        cure: "sign again with cosign 3, whose bundles are Sigstore's; `cosign verify-blob` reads the old form",
        tags: ["MCP04"];
    BARE_ENVELOPE = "signature/bare-envelope", Error, "a line is an envelope without a bundle around it",
        cause: "a DSSE envelope alone (`*.intoto.jsonl`) holds no log entry and no timestamp",
        cure: "fetch the Sigstore bundle of the same attestation",
        tags: ["MCP04"];
    ENVELOPE_SIGNATURES = "signature/envelope-signatures", Error, "the envelope does not hold exactly one signature",
        cause: "none, or more than one: then it is open which of them was verified",
        cure: "attest again; multi-signature envelopes are not supported",
        tags: ["MCP04"];
    PAYLOAD_TYPE = "signature/payload-type", Error, "the payload is not an in-toto statement",
        cause: "the envelope's `payloadType` is another than application/vnd.in-toto+json",
        cure: "verify it with the tool that made it",
        tags: ["MCP04"];
    NOT_A_STATEMENT = "signature/not-a-statement", Error, "the bundle signs a blob, not a statement",
        cause: "a message signature names no predicate, so it attests nothing here",
        cure: "use `cosign verify-blob` for blob signatures",
        tags: ["MCP04"];
    INVALID = "signature/invalid", Error, "the signature does not verify",
        cause: "payload, payload type, signature or key was changed after signing",
        cure: "fetch artifact and evidence again from their publisher; if it stays so, treat it as tampered with",
        tags: ["MCP04", "MCP03", "C10.1.1"];
    KEY_NOT_TRUSTED = "signature/key-not-trusted", Error, "the bundle names a key that is not trusted here",
        cause: "its key hint matches none of the keys given",
        cure: "if the publisher changed keys, get the new one by a channel that you trust",
        tags: ["MCP04"];
    KEY_MISSING = "signature/key-missing", Error, "the bundle is signed by a key and none is trusted",
        cause: "a bundle without certificate needs `--public-key` or a policy that names the key",
        cure: "get the publisher's public key by a channel that you trust",
        tags: ["MCP04"];
    NO_TRUST_ROOT = "signature/no-trust-root", Error, "no Sigstore trust root was given",
        cause: "a bundle with certificate, log entry or timestamp is only as good as the root it is held to",
        cure: "pass `--trust public-good` for what is built in, or `--trusted-root FILE`",
        tags: ["MCP04"];
    CERTIFICATE = "signature/certificate", Error, "the signing certificate does not hold",
        cause: "it does not chain to the trust root, was not valid at the time of signing, or lacks its log receipt",
        cure: "verify with the trust root of the instance that issued it",
        tags: ["MCP04"];
    LOG_ENTRY = "signature/log-entry", Error, "a transparency log entry does not hold",
        cause: "its proof, checkpoint, receipt or content does not fit the log or this bundle",
        cure: "fetch the evidence again; if it stays so, treat it as tampered with",
        tags: ["MCP04"];
    NO_LOG_ENTRY = "signature/no-log-entry", Error, "the bundle has no log entry and its instance has a log",
        cause: "the entry was left out, or cut out; the trust root decides that there must be one",
        cure: "fetch the evidence again, or verify with the trust root of the instance that issued the certificate",
        tags: ["MCP04"];
    NO_INCLUSION_PROOF = "signature/no-inclusion-proof", Error, "a log entry has no inclusion proof",
        cause: "a receipt alone is a promise of the log, not a proof",
        cure: "attest again with a current version",
        tags: ["MCP04"];
    TIMESTAMP = "signature/timestamp", Error, "a timestamp does not hold",
        cause: "it is not by a trusted authority, or of another signature, or outside a validity window",
        cure: "fetch the evidence again; check that the trust root is current",
        tags: ["MCP04"];
    TIME_IN_FUTURE = "signature/time-in-future", Error, "a verified time lies in the future",
        cause: "the log's or authority's clock, or this machine's, is wrong",
        cure: "check this machine's clock",
        tags: ["MCP04"];
    STATEMENT_MALFORMED = "signature/statement-malformed", Error, "the signed payload is no well-formed statement",
        cause: "not strict JSON (a duplicate key, say), another `_type`, missing members, or over budget",
        cure: "ask the publisher for a well-formed attestation; its signature does not help",
        tags: ["MCP04"];
    PREDICATE_MISSING = "signature/predicate-missing", Error, "a required statement is not there",
        cause: "the evidence holds no trusted statement of a predicate type that is required, over this subject",
        cure: "ask the publisher for it, or do not require it",
        tags: ["MCP04"];
    PREDICATE_NOT_BOUND = "signature/predicate-not-bound", Error, "a required statement is not the one that the manifest binds",
        cause: "the tool manifest lists the statements of its run, and this one is of another",
        cure: "fetch the whole evidence file again",
        tags: ["MCP04"];
}
