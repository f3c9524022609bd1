//! Codes of `freshness/…`.

use super::codes;

codes! {
    EXPIRED = "freshness/expired", Error, "the manifest is no longer valid",
        cause: "its `validUntil` has passed",
        cure: "ask the publisher for a current attestation",
        tags: ["MCP04"];
    NO_VERIFIED_TIME = "freshness/no-verified-time", Error, "nothing proves when this was signed",
        cause: "a key signed without log entry or timestamp; where that is allowed (a note) the signature counts as made now",
        cure: "attest with a timestamp service, or write `time: allow-unverified` for the key",
        tags: ["MCP04"];
    NO_ROLLBACK_PROTECTION = "freshness/no-rollback-protection", Note, "an older signed version would pass as well",
        cause: "the reference names no version and nothing here knows an earlier one",
        cure: "name the version, or keep a lock",
        tags: ["MCP04"];
    TIME_NOT_VOUCHED = "freshness/time-not-vouched", Error, "nobody whom the policy names vouches for the time of signing",
        cause: "the policy demands times by so many distinct logs or timestamp authorities, and fewer of that kind vouch for this signature",
        cure: "ask the publisher to attest with such a service, or compare with `require.time`",
        tags: ["MCP04"];
}
