//! The types of facts, as `schemas/json/facts.schema.json` has them; a test holds the two together.

use super::cost::Size;

/// The type of a fact.
#[derive(Debug)]
pub(super) enum Shape {
    Bool,
    Int,
    /// A number that is never less.
    AtLeast(i64),
    Text,
    /// A text by which somebody or something is known: what looks like it is another one.
    Identity,
    /// One of these words.
    Word(&'static [&'static str]),
    List(&'static Shape, Size),
    Object(&'static [Member]),
    /// Texts by names that are not known beforehand.
    Texts,
}

/// A member of an object, or one of the facts.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    /// Whether it may be absent.
    pub(super) optional: bool,
}

const fn always(name: &'static str, shape: Shape) -> Member {
    Member { name, shape, optional: false }
}

const fn maybe(name: &'static str, shape: Shape) -> Member {
    Member { name, shape, optional: true }
}

use Shape::{AtLeast, Bool, Identity, Int, List, Object, Text, Texts, Word};

/// How many there are of something.
const COUNT: Shape = AtLeast(0);

/// Every fact, by name.
pub(super) static FACTS: &[Member] = &[
    // Nothing is verified before clocks begin.
    always("now", AtLeast(1)),
    always("subject", Object(SUBJECT)),
    always("server", Object(SERVER)),
    always("packages", List(&Object(PACKAGE), Size::Packages)),
    always("manifest", Object(MANIFEST)),
    always("signer", Object(SIGNER)),
    always("profiles", List(&Object(PROFILE), Size::Profiles)),
    always("tools", List(&Object(TOOL), Size::Tools)),
    always("evidence", Object(EVIDENCE)),
    maybe("advisories", List(&Object(ADVISORY), Size::Advisories)),
];

static SUBJECT: &[Member] = &[always("form", Word(&["file", "tree", "endpoint"])), always("sha256", Text)];

static SERVER: &[Member] = &[always("name", Identity), maybe("version", Text)];

static PACKAGE: &[Member] = &[
    always("purl", Identity),
    always("type", Text),
    maybe("namespace", Identity),
    always("name", Text),
    maybe("version", Text),
];

static MANIFEST: &[Member] = &[
    always("kind", Word(&["publisher", "observer"])),
    always("createdOn", Int),
    maybe("validUntil", Int),
    always("bindsServerJson", Bool),
    always("lockfiles", COUNT),
];

static SIGNER: &[Member] = &[
    always("name", Text),
    maybe("issuer", Identity),
    maybe("subject", Identity),
    maybe("keySha256", Text),
    always("claims", Texts),
    maybe("workload", Object(WORKLOAD)),
    always("times", List(&Int, Size::Other)),
];

static WORKLOAD: &[Member] = &[
    always(
        "issuerKind",
        Word(&[
            "github-actions",
            "gitlab-ci",
            "buildkite",
            "circle-ci",
            "google",
            "entra",
            "spiffe",
            "email",
            "other",
        ]),
    ),
    maybe("repository", Identity),
    maybe("repositoryId", Text),
    maybe("owner", Identity),
    maybe("ownerId", Text),
    maybe("ref", Identity),
    maybe("commit", Text),
    maybe("workflow", Object(WORKFLOW)),
    maybe("signerWorkflow", Object(WORKFLOW)),
    maybe("trigger", Text),
    maybe("runner", Word(&["hosted", "self-hosted"])),
    maybe("environment", Text),
    maybe("run", Text),
    maybe("visibility", Word(&["public", "internal", "private"])),
];

static WORKFLOW: &[Member] = &[
    always("repository", Identity),
    always("path", Identity),
    always("ref", Identity),
    maybe("commit", Text),
];

static PROFILE: &[Member] = &[
    always("name", Text),
    always("binding", Word(&["unpacked", "installed", "command", "endpoint"])),
    always("network", Word(&["none", "host"])),
    always("sandbox", Word(&["linux-namespaces", "none"])),
    always("protocolVersion", Text),
    always("tools", COUNT),
    always("prompts", COUNT),
    always("resources", COUNT),
    always("resourceTemplates", COUNT),
    always("instructs", Bool),
];

static TOOL: &[Member] = &[
    always("name", Text),
    always("description", Text),
    always("readOnly", Bool),
    always("destructive", Bool),
    always("idempotent", Bool),
    always("openWorld", Bool),
    always("hinted", Bool),
    always("parameters", List(&Text, Size::Other)),
    always("sinks", List(&Text, Size::Other)),
    always("headers", List(&Text, Size::Other)),
    always("open", Bool),
    always("structured", Bool),
    always("lint", List(&Text, Size::Other)),
];

static ADVISORY: &[Member] = &[
    always("id", Text),
    always("aliases", List(&Text, Size::Other)),
    always("purl", Identity),
    always("kind", Word(&["malicious", "vulnerability", "unsound", "unmaintained", "notice"])),
    always("severity", Word(&["unknown", "none", "low", "medium", "high", "critical"])),
    always("exploited", Bool),
    always("fixed", List(&Text, Size::Other)),
];

static EVIDENCE: &[Member] = &[maybe("sbom", Object(SBOM)), maybe("provenance", Object(PROVENANCE))];

static SBOM: &[Member] = &[always("format", Word(&["cyclonedx", "spdx"])), always("components", COUNT)];

static PROVENANCE: &[Member] = &[
    always("signer", Text),
    always("builderId", Identity),
    always("buildType", Text),
    maybe("repository", Identity),
    maybe("ref", Identity),
    maybe("commit", Text),
    maybe("workflow", Identity),
];
