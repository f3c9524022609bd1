//! Codes of `attest/…`.

use super::codes;

codes! {
    SECRET_IN_STATEMENT = "attest/secret-in-statement", Error, "a secret would be signed and published",
        cause: "a value given as secret, a credential variable's value or a known token shape stands in a payload",
        cure: "take it out of the server's text or arguments",
        tags: ["MCP01"];
    ARTIFACT_CHANGED = "attest/artifact-changed", Error, "an artifact changed while the server was running",
        cause: "the server, or something else, wrote to the release between the two times that it was read",
        cure: "give the server a copy of the release to run from, and attest the release itself",
        tags: ["MCP04"];
    CHECK_FAILED = "attest/check-failed", Error, "what was signed does not pass our own verifier",
        cause: "the artifact changed while it was attested, or this is a bug",
        cure: "attest again; if it stays so, report it",
        tags: ["MCP04"];
    INSTALL_FAILED = "attest/install-failed", Error, "a package could not be installed, so nothing of it was seen",
        cause: "a dependency is not to be had, needs a build that may not run, or the installer ended otherwise",
        cure: "read what the installer said; `--allow-scripts` lets builds and install scripts run, in the sandbox",
        tags: ["MCP04"];
    SERVICE_MISSING = "attest/service-missing", Error, "a service needed to sign was not reached",
        cause: "the certificate authority, a timestamp authority, a log or a token's issuer gave no answer, failed, or showed a TLS certificate that is not trusted",
        cure: "try again later, or trust the authority of its certificate, if you do; what was logged by then stays in the log and does no harm",
        tags: ["MCP04"];
    SERVICE_ANSWER = "attest/service-answer", Error, "a service gave something else than what it was asked for",
        cause: "a certificate for somebody else, a timestamp or log entry that does not verify with the trust root, no such thing at all",
        cure: "compare the signing configuration with the trust root: they must be of one instance; if they are, ask who runs it",
        tags: ["MCP04"];
}
