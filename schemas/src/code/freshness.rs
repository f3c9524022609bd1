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
        cause: "the reference names no version, and nothing here compares its version with one accepted before; a remote server has none",
        cure: "name the version, or keep a lock",
        tags: ["MCP04"];
    TIME_NOT_VOUCHED = "freshness/time-not-vouched", Error, "nobody whom the policy names vouches for the time of signing",
        cause: "the policy demands times by so many distinct logs or timestamp authorities, and fewer of that kind vouch for this signature",
        cure: "ask the publisher to attest with such a service, or compare with `require.time`",
        tags: ["MCP04"];
    REVOCATIONS_MISSING = "freshness/revocations-missing", Error, "there is no list of what was revoked",
        cause: "the policy names an authority, and none of the lists given is one of its",
        cure: "fetch the authority's current list and name its file with `--revocations`",
        tags: ["MCP04"];
    REVOCATIONS_OUTDATED = "freshness/revocations-outdated", Error, "the list of what was revoked is too old",
        cause: "its `nextUpdate` has passed, or it is older than the policy allows: what was revoked since is not in it. What it names is revoked all the same",
        cure: "fetch the authority's current list",
        tags: ["MCP04"];
    REVOCATIONS_UNUSABLE = "freshness/revocations-unusable", Error, "the list of what was revoked cannot be read whole",
        cause: "it has a kind of entry or a member that is not known here, a package or range that cannot be read, or another list has its number",
        cure: "ask the authority for a list that is well formed, or use a newer mcpsign: a list is never read in part",
        tags: ["MCP04"];
    REVOCATIONS_ROLLED_BACK = "freshness/revocations-rolled-back", Error, "the list of what was revoked is older than one seen before",
        cause: "somebody serves an old list, in which what was revoked since is not",
        cure: "fetch the authority's current list; find out who served the old one",
        tags: ["MCP04", "C10.1.1"];
    ARTIFACT_REVOKED = "freshness/artifact-revoked", Error, "the artifact was revoked",
        cause: "an authority that the policy names lists its digest",
        cure: "do not use it; the reason given says why",
        tags: ["MCP04", "C10.1.1"];
    PACKAGE_REVOKED = "freshness/package-revoked", Error, "this version of the package was revoked",
        cause: "an authority that the policy names lists the package, and the version is in its range",
        cure: "use a version that is not revoked",
        tags: ["MCP04", "C10.1.1"];
    SIGNER_REVOKED = "freshness/signer-revoked", Error, "the signer was revoked",
        cause: "an authority that the policy names lists the identity, and nothing proves that it signed before",
        cure: "get evidence by a signer who is not revoked",
        tags: ["MCP04", "MCP09", "C10.1.1"];
    KEY_REVOKED = "freshness/key-revoked", Error, "the key was revoked",
        cause: "an authority that the policy names lists the key, and nothing proves that it signed before",
        cure: "get evidence signed by another key",
        tags: ["MCP04", "C10.1.1"];
    STATEMENT_REVOKED = "freshness/statement-revoked", Error, "the statement was revoked",
        cause: "an authority that the policy names lists its payload",
        cure: "get the statement that took its place",
        tags: ["MCP04", "C10.1.1"];
    FIRST_SEEN = "freshness/first-seen", Error, "no earlier release of this server is known",
        cause: "the history holds none that verifies: there is nothing to compare with",
        cure: "look at it as you would at any stranger, then keep its evidence in the history",
        tags: ["MCP04", "MCP09"];
    NOT_COMPARABLE = "freshness/not-comparable", Error, "the release cannot be compared with an earlier one",
        cause: "what a rule compares is not there on one side, or has no order",
        cure: "get evidence that holds it, or take the rule out for this server",
        tags: ["MCP04"];
    SIGNER_CHANGED = "freshness/signer-changed", Error, "another signer than that of an earlier release",
        cause: "the project moved, the signer was replaced, or the name changed hands",
        cure: "find out by another channel whether the change was meant; then take the older evidence out of the history",
        tags: ["MCP04", "MCP09", "C10.1.1"];
    OWNER_CHANGED = "freshness/owner-changed", Error, "repository or owner is not the one of an earlier release",
        cause: "their numbers differ: a name was given up and taken by somebody else, or the repository was made anew",
        cure: "treat it as a stranger's release until its owner explains it",
        tags: ["MCP04", "MCP09", "C10.1.1"];
    PROVENANCE_GONE = "freshness/provenance-gone", Error, "an earlier release had provenance and this one has none",
        cause: "it was published from somewhere else than the build that made the others: a stolen token does that",
        cure: "ask the publisher how this release was made",
        tags: ["MCP04", "C10.1.1"];
    VERSION_BACK = "freshness/version-back", Error, "an older version than one that was accepted before",
        cause: "an old release is offered as the current one, with what has been mended since",
        cure: "ask for the current version; where an older one is meant, take the later evidence out of the history",
        tags: ["MCP04"];
    NEW_DEPENDENCY = "freshness/new-dependency", Error, "a patch release needs a package that the one before did not",
        cause: "a release that mends something has no need of new code by others; hijacked ones have",
        cure: "look at the package and at why it was added",
        tags: ["MCP04"];
    NEW_INSTALL_SCRIPT = "freshness/new-install-script", Error, "installing this release runs a program that installing an earlier one did not",
        cause: "it, or a package that it needs, has an install script, or a file that Python runs when it starts, that was not there: hijacked releases run what steals credentials that way",
        cure: "read the script before anybody installs it; `npm install --ignore-scripts` runs none",
        tags: ["MCP04", "C10.1.1"];
    TOOLS_CHANGED = "freshness/tools-changed", Error, "tools have come or gone since an earlier release",
        cause: "the server offers the model something else than what was accepted",
        cure: "look at the tools with `mcpsign manifest diff`, then keep this release's evidence in place of the older one",
        tags: ["MCP03", "MCP04"];
    HINTS_CHANGED = "freshness/hints-changed", Error, "a tool's annotations have changed since an earlier release",
        cause: "clients ask their users by these hints: one that became harmless is not asked about any more",
        cure: "look at the tool with `mcpsign manifest diff`",
        tags: ["MCP03", "MCP04"];
    COOL_DOWN = "freshness/cool-down", Error, "the release is too young",
        cause: "it was signed more recently than the policy's `coolDown` allows, or nothing proves when: malware is mostly found within days",
        cure: "wait, or use an earlier release",
        tags: ["MCP04"];
    NOT_APPROVED = "freshness/not-approved", Error, "nobody who may has approved the artifact",
        cause: "the policy asks for an approval by certain signers and for a certain scope, and the evidence holds none about these bytes",
        cure: "look at the release; whoever may approve it runs `mcpsign approve`",
        tags: ["MCP03", "MCP04", "MCP09"];
    APPROVAL_EXPIRED = "freshness/approval-expired", Error, "the approval has ended",
        cause: "its `expires` has passed",
        cure: "look at the release again and approve it again",
        tags: ["MCP04"];
    APPROVAL_OTHER_SIGNER = "freshness/approval-other-signer", Error, "what was approved was signed by somebody else",
        cause: "the tool manifest is by another signer than the one that was looked at",
        cure: "find out why the signer changed before anybody approves it again",
        tags: ["MCP04", "MCP09", "C10.1.1"];
    APPROVAL_OTHER_SURFACE = "freshness/approval-other-surface", Error, "something else was approved than what the server shows",
        cause: "tools, descriptions, schemas or instructions changed after they were approved: a rug pull does that",
        cure: "compare both with `mcpsign manifest diff`, then approve it again if the change was meant",
        tags: ["MCP03", "MCP04", "C10.1.1"];
    APPROVAL_OTHER_LAUNCH = "freshness/approval-other-launch", Error, "another command line was approved than the one that starts the server",
        cause: "arguments or variables changed after they were approved, under the same name",
        cure: "look at what starts the server, then approve it again if the change was meant",
        tags: ["MCP04", "MCP05", "C10.1.1"];
    EXCEPTED = "freshness/excepted", Note, "a finding is borne by somebody who may",
        cause: "the policy lets it be excepted, and the evidence holds a signed exception that has not ended",
        cure: "mend what is found before the exception ends",
        tags: ["MCP04"];
}
