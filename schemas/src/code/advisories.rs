//! Codes of `advisories/…`.

use super::codes;

codes! {
    MALICIOUS = "advisories/malicious", Error, "a package does harm on purpose",
        cause: "an advisory says of this version that it is malware",
        cure: "remove the package, and treat what it ran on as compromised",
        tags: ["MCP04"];
    VULNERABLE = "advisories/vulnerable", Error, "a package has a known vulnerability",
        cause: "an advisory names this version",
        cure: "take a version that mends it, or show by a signed VEX statement that it does not matter here",
        tags: ["MCP04"];
    UNSOUND = "advisories/unsound", Warning, "a package breaks a promise of its language",
        cause: "an advisory names this version as unsound",
        cure: "take a version that mends it",
        tags: ["MCP04"];
    UNMAINTAINED = "advisories/unmaintained", Warning, "nobody maintains a package any more",
        cause: "an advisory says so",
        cure: "look for a successor; the advisory often names one",
        tags: ["MCP04"];
    NOTICE = "advisories/notice", Note, "an advisory has something to say of a package",
        cause: "an advisory names this version and calls it no vulnerability",
        cure: "read the advisory",
        tags: ["MCP04"];
    VERSION_UNKNOWN = "advisories/version-unknown", Warning, "a package with advisories has no version",
        cause: "the SBOM names the package without its version, so nobody can tell whether it is affected",
        cure: "make the SBOM from a lock file or from what is installed",
        tags: ["MCP04"];
    VERSION_UNORDERED = "advisories/version-unordered", Warning, "a version has no place in its ecosystem's order",
        cause: "the version, or that of an advisory, is none by the rules of the ecosystem; ranges could not be held against it",
        cure: "look at the advisories of the package yourself",
        tags: ["MCP04"];
    UNIDENTIFIED = "advisories/unidentified", Note, "components could not be looked up",
        cause: "they have no package URL, or one of a type for which there are no advisories",
        cure: "ask for an SBOM with package URLs",
        tags: ["MCP04"];
    NOTHING_CATALOGUED = "advisories/nothing-catalogued", Error, "there is nothing to look up",
        cause: "no component has a package URL that advisories could name",
        cure: "make an SBOM from a lock file, or check the artifact itself",
        tags: ["MCP04"];
    NOT_READ = "advisories/not-read", Warning, "what the subject is made of is not wholly known",
        cause: "a file that may name further packages was not understood, and none of those was looked up",
        cure: "make the file one that is read, as the message says, or look at its packages yourself",
        tags: ["MCP04"];
    NO_SBOM = "advisories/no-sbom", Error, "there is no SBOM to hold against the advisories",
        cause: "the tool manifest binds none of this subject, so nobody says what it is made of",
        cure: "ask the publisher to attest with an SBOM",
        tags: ["MCP04"];
    COVERAGE = "advisories/coverage", Error, "too few components could be held against the advisories",
        cause: "the others have no package URL, no version, or are of an ecosystem of which there are no advisories",
        cure: "ask for an SBOM made from a lock file, or update the advisories with that ecosystem's records",
        tags: ["MCP04"];
    TOO_MANY = "advisories/too-many", Error, "more advisories apply than are looked up",
        cause: "the SBOM lists packages of which so much is known that the check was given up; what the others are is not known",
        cure: "check the artifact itself, and ask the publisher why the SBOM lists so many versions",
        tags: ["MCP04"];
    VEX_SUPPRESSED = "advisories/vex-suppressed", Note, "something known does not count, because somebody vouches that it does not matter here",
        cause: "a signer whom the policy names for that says in a VEX statement that the artifact is not affected, or mended",
        cure: "nothing; the report names who says so and why",
        tags: ["MCP04"];
    VEX_MALFORMED = "advisories/vex-malformed", Warning, "a VEX document counts for nothing",
        cause: "it is not as its format says, says `not_affected` without a reason, or is of the future",
        cure: "ask its signer for one that is whole",
        tags: ["MCP04"];
    NOT_COVERED = "advisories/not-covered", Error, "the advisories have nothing of an ecosystem",
        cause: "the snapshot was made without that ecosystem's records, so its packages could not be checked",
        cure: "run `mcpsign advisories update` with the records of that ecosystem as well",
        tags: ["MCP04"];
    NOT_UNDERSTOOD = "advisories/not-understood", Error, "an advisory that names a package was not understood",
        cause: "a record is not as the OSV schema says, and nobody can tell which versions of the package it is about",
        cure: "read the advisory, and tell its source's maintainers",
        tags: ["MCP04"];
    UNPARSED = "advisories/unparsed", Warning, "some advisories were not understood",
        cause: "records of the snapshot are not as the OSV schema says, and were left out",
        cure: "`mcpsign advisories status` says how many of which source; tell the source's maintainers",
        tags: ["MCP04"];
    MISSING = "advisories/missing", Error, "there are no advisories on this machine",
        cause: "none were ever fetched, or they are kept in another folder",
        cure: "run `mcpsign advisories update --from DIR|ZIP|URL`",
        tags: ["MCP04"];
    DAMAGED = "advisories/damaged", Error, "the advisories on this machine are not what their manifest says",
        cause: "a file was cut, changed, exchanged, or made by another version",
        cure: "run `mcpsign advisories update` with every source again, with `--force` if that is refused",
        tags: ["MCP04"];
    STALE = "advisories/stale", Error, "the advisories are older than is allowed",
        cause: "they were not updated for longer than the limit",
        cure: "run `mcpsign advisories update` again",
        tags: ["MCP04"];
    STALE_SOURCE = "advisories/stale-source", Warning, "nothing new has come from a source of advisories for long",
        cause: "it is looked at, and its newest advisory, or the date of the list, is more than 30 days old: a mirror that nobody feeds any more",
        cure: "look at the source, and name one that is alive in `mcpsign advisories update --from`",
        tags: ["MCP04"];
    FUTURE = "advisories/future", Error, "the advisories say to be made after now",
        cause: "one of the two clocks is wrong, or the date was made up so that they never grow old",
        cure: "set this machine's clock, or update again",
        tags: ["MCP04"];
    NOT_SIGNED = "advisories/not-signed", Error, "the advisories are not signed by whom they have to be",
        cause: "they were made without `--key`, with another one, or changed since",
        cure: "name the key that signs them, in `--public-key` or among the policy's `signers`",
        tags: ["MCP04"];
    API = "advisories/api", Error, "the OSV API did not answer as it should",
        cause: "it was not reached, failed, or gave an answer that is none",
        cure: "try again later, or check against a snapshot",
        tags: ["MCP04"];
    API_DIFFERS = "advisories/api-differs", Note, "the OSV API names an advisory that does not affect the version",
        cause: "it judges by commits or by other rules; the record itself, evaluated here, does not name the version",
        cure: "read the advisory",
        tags: ["MCP04"];
}
