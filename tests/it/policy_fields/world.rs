//! An honest release, its evidence, and a policy that allows it; to be bent.

use std::sync::{Arc, LazyLock};

use jiff::Timestamp;
use mcpsign_schemas::canonical::{Json, Limits};
use mcpsign_schemas::inventory::Inventory;
use mcpsign_schemas::manifest::ToolManifest;
use mcpsign_schemas::observed::ObservedServer;
use mcpsign_schemas::report::ReportDocument;
use mcpsign_simulator::{Content, Identity, Options, Rekor};
use mcpsign_tests::forge::{CYCLONEDX, Key, TOOL_MANIFEST, jcs, statement};
use mcpsign_verifier::policy::Policy;
use mcpsign_verifier::{
    Claims, Got, Measured, RawLine, Report, RootOrigin, RootSource, SignedFile, SigstoreRoot, Trust, Verdict,
    verify,
};
use serde_json::{Value, json};

use super::pair::Outcome;
use crate::keyless::{RELEASE, SIMULATOR, github, measured, now, root};

/// Predicate type of what the reviewer says.
pub(crate) const REVIEW: &str = "https://example.org/review/v1";
/// Predicate type of what the reviewer may say, and has not said.
pub(crate) const AUDIT: &str = "https://example.org/audit/v1";
/// Predicate type of SLSA provenance.
pub(crate) const PROVENANCE: &str = "https://slsa.dev/provenance/v1";

/// Whoever reviews.
pub(crate) static REVIEWER: LazyLock<Key> = LazyLock::new(|| Key::generate().unwrap());

/// Whoever reviews besides, and observes; has said nothing.
pub(crate) static LAB: LazyLock<Key> = LazyLock::new(|| Key::generate().unwrap());

/// A verification by a policy.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) policy: Value,
    pub(crate) lines: Vec<Vec<u8>>,
    pub(crate) measured: Measured,
    pub(crate) trust: Trust,
    pub(crate) now: Timestamp,
}

impl World {
    /// SBOM, tool manifest and provenance by the release workflow's certificate, a review by a key.
    pub(crate) fn honest() -> Self {
        static HONEST: LazyLock<World> = LazyLock::new(|| World {
            policy: policy(),
            lines: lines(&RELEASE.manifest_statement(), &github()),
            measured: measured(),
            trust: Trust { sigstore: vec![named_root("acme")], keys: Vec::new() },
            now: now(),
        });
        HONEST.clone()
    }

    /// The honest world with this tool manifest, over these subjects.
    pub(crate) fn with_manifest(manifest: &ToolManifest, subjects: &Value) -> Self {
        let manifest =
            serde_json::from_slice(&Json::from_serialize(manifest).unwrap().to_canonical()).unwrap();
        let manifest = statement(subjects, TOOL_MANIFEST, &manifest);
        Self { lines: lines(&manifest, &github()), ..Self::honest() }
    }

    /// The honest world in which this identity signs all that a certificate does.
    pub(crate) fn signed_by(identity: &Identity) -> Self {
        Self { lines: lines(&RELEASE.manifest_statement(), identity), ..Self::honest() }
    }

    /// The same policy with this member more.
    pub(crate) fn add(mut self, at: &str, value: Value) -> Self {
        let (parent, member) = at.rsplit_once('/').expect("a pointer");
        self.policy.pointer_mut(parent).expect(parent)[member] = value;
        self
    }

    /// The same policy without this member.
    pub(crate) fn without(mut self, at: &str) -> Self {
        let (parent, member) = at.rsplit_once('/').expect("a pointer");
        let parent = self.policy.pointer_mut(parent).and_then(Value::as_object_mut).expect(at);
        parent.remove(member).expect(at);
        self
    }

    /// The same with this line more.
    pub(crate) fn line(mut self, line: Vec<u8>) -> Self {
        self.lines.push(line);
        self
    }

    /// Everything that the first signer's certificate says is demanded.
    pub(crate) fn whole_identity() -> Self {
        let (repository, workflow) = ("https://github.com/acme/notes-mcp", ".github/workflows/release.yml");
        let commit = "0123456789abcdef0123456789abcdef01234567";
        let signer = github();
        Self::honest().put(
            "/signers/0/identity",
            json!({
                "issuer": signer.issuer, "subject": signer.subject.as_str(), "trustRoot": "acme",
                "repository": repository, "repositoryId": "812345678", "owner": "https://github.com/acme",
                "ownerId": "98765", "visibility": "public",
                "workflow": { "repository": repository, "path": workflow, "ref": "refs/tags/v*", "commit": commit },
                "ref": "refs/tags/v*", "commit": commit, "triggers": ["push", "release"],
                "runner": "hosted", "environment": "release"
            }),
        )
    }

    /// The signer's workflow is named in place of the subject.
    pub(crate) fn signer_workflow() -> Self {
        Self::honest().put(
            "/signers/0/identity",
            json!({
                "issuer": github().issuer,
                "signerWorkflow": {
                    "repository": "https://github.com/acme/notes-mcp", "path": ".github/workflows/release.yml",
                    "ref": "refs/tags/v*", "commit": "0123456789abcdef0123456789abcdef01234567"
                }
            }),
        )
    }

    /// The same policy with `value` at this place.
    pub(crate) fn put(mut self, at: &str, value: Value) -> Self {
        let (parent, member) = at.rsplit_once('/').expect("a pointer");
        match self.policy.pointer_mut(parent).expect(parent) {
            Value::Object(object) => drop(object.insert(member.into(), value)),
            other => *other.pointer_mut(&format!("/{member}")).expect(at) = value,
        }
        self
    }

    /// The same, and this was seen of the server.
    pub(crate) fn observe(mut self, observed: ObservedServer) -> Self {
        self.measured.observed = Got::Some(observed);
        self
    }

    /// The same, and the artifact's bytes say that it is made of this.
    pub(super) fn made_of(mut self, contents: Inventory) -> Self {
        self.measured.subject.contents = Got::Some(contents);
        self
    }

    /// The same, and these were accepted before: each a file of these lines.
    pub(super) fn remember(mut self, releases: Vec<Vec<Vec<u8>>>) -> Self {
        self.measured.history = Got::Some(files("history", releases));
        self
    }

    /// The same, and these lists of revocations were handed in.
    pub(super) fn revoke(mut self, lists: Vec<Vec<u8>>) -> Self {
        self.measured.revocations =
            Got::Some(files("list", lists.into_iter().map(|list| vec![list]).collect()));
        self
    }

    /// What comes of it.
    pub(crate) fn outcome(&self) -> Outcome {
        let policy = match self.load() {
            Ok(policy) => policy,
            Err(error) => return Outcome::Refused(error.path),
        };
        match self.verified(&policy).verdict() {
            Verdict::Allow(_) => Outcome::Allowed,
            Verdict::Deny(findings) => Outcome::Denied(findings.first().code.id.into()),
            Verdict::Undecided(gaps) => Outcome::Undecided(gaps.first().code.id.into()),
        }
    }

    /// The report of a policy that loads.
    pub(crate) fn report(&self) -> ReportDocument {
        self.verified(&self.load().unwrap()).document()
    }

    fn load(&self) -> Result<Policy, mcpsign_verifier::policy::PolicyError> {
        Policy::load(self.policy.to_string().as_bytes(), "policy.json")
    }

    fn verified(&self, policy: &Policy) -> Report {
        let lines = self.lines.iter().zip(1..);
        let lines = lines.map(|(bytes, line)| RawLine { source: "evidence".into(), line, bytes });
        let claims = Claims { lines: lines.collect(), over_budget: None };
        verify(&claims, &self.measured, &self.trust, policy, self.now)
    }
}

fn named_root(name: &str) -> SigstoreRoot {
    root(&[]).with_origin(RootOrigin { name: name.into(), source: RootSource::File, tuf: None })
}

fn files(name: &str, files: Vec<Vec<Vec<u8>>>) -> Arc<[SignedFile]> {
    let file = |(at, lines): (usize, Vec<Vec<u8>>)| SignedFile {
        source: format!("{name}-{at}"),
        lines: (1..).zip(lines).collect(),
    };
    files.into_iter().enumerate().map(file).collect()
}

/// The honest release's manifest, to be bent.
pub(crate) fn manifest() -> ToolManifest {
    let bytes = jcs(&RELEASE.manifest);
    Json::parse(&bytes, Limits::bytes(bytes.len())).unwrap().to_typed().unwrap()
}

/// Signed by `identity` and logged.
pub(crate) fn by_certificate(statement: &Value, identity: &Identity) -> Vec<u8> {
    let options = Options::new(Rekor::V2, Content::Dsse);
    SIMULATOR.mint(&jcs(statement), identity, options).to_string().into_bytes()
}

/// Signed by a key, and nothing else.
pub(crate) fn by_key(key: &Key, statement: &Value) -> Vec<u8> {
    key.bundle(&jcs(statement)).unwrap().to_string().into_bytes()
}

/// A key that nobody holds.
pub(crate) fn other_key() -> String {
    Key::generate().unwrap().public_pem()
}

/// What a builder says of the release workflow.
pub(crate) fn provenance() -> Value {
    let repository = "https://github.com/acme/notes-mcp";
    json!({
        "buildDefinition": {
            "buildType": "https://actions.github.io/buildtypes/workflow/v1",
            "externalParameters": {
                "workflow": {
                    "ref": "refs/tags/v1.4.0", "repository": repository, "path": ".github/workflows/release.yml"
                }
            },
            "internalParameters": { "github": { "event_name": "push", "runner_environment": "github-hosted" } },
            "resolvedDependencies": [{
                "uri": format!("git+{repository}@refs/tags/v1.4.0"),
                "digest": { "gitCommit": "0123456789abcdef0123456789abcdef01234567" }
            }]
        },
        "runDetails": { "builder": { "id": "https://build.example/runner@refs/tags/v2.0.0" } }
    })
}

fn lines(manifest: &Value, signer: &Identity) -> Vec<Vec<u8>> {
    let review = statement(&RELEASE.subjects, REVIEW, &json!({}));
    vec![
        by_certificate(&RELEASE.sbom_statement(), signer),
        by_certificate(manifest, signer),
        by_certificate(&statement(&RELEASE.subjects, PROVENANCE, &provenance()), signer),
        by_key(&REVIEWER, &review),
    ]
}

fn policy() -> Value {
    let signer = github();
    let lenient = json!({
        "comparison": "subset", "observation": "if-given", "binding": "command", "capture": "any-form",
        "resources": "ignore"
    });
    json!({
        "schema": "mcpsign.dev/policy/v1",
        "name": "acme",
        "validUntil": "2100-01-01T00:00:00Z",
        "keys": [{
            "name": "review-2026",
            "publicKey": REVIEWER.public_pem(),
            "notBefore": "2020-01-01T00:00:00Z",
            "notAfter": "2100-01-01T00:00:00Z",
            "compromisedSince": "2099-01-01T00:00:00Z",
            "time": "allow-unverified"
        }, {
            "name": "lab-2026",
            "publicKey": LAB.public_pem(),
            "time": "allow-unverified"
        }],
        "signers": [
            {
                "name": "ci",
                "identity": { "issuer": signer.issuer, "subject": signer.subject.as_str() },
                "kinds": ["publisher"],
                "predicates": [TOOL_MANIFEST, CYCLONEDX, PROVENANCE]
            },
            { "name": "reviewer", "key": "review-2026", "predicates": [REVIEW, AUDIT] },
            {
                "name": "lab", "key": "lab-2026", "kinds": ["observer"],
                "predicates": [TOOL_MANIFEST, REVIEW, AUDIT]
            }
        ],
        "namespaces": [
            { "server": "@acme/*", "signers": ["ci"] },
            { "package": "pkg:npm/%40acme/*", "signers": ["ci"] }
        ],
        "rules": [
            {
                "name": "notes",
                "match": { "package": "pkg:npm/%40acme/notes-mcp" },
                "signers": ["ci", "reviewer", "lab"],
                "require": {
                    "predicates": [TOOL_MANIFEST, PROVENANCE, REVIEW],
                    "manifest": lenient.clone(),
                    "sbom": "bound",
                    "provenance": {
                        "builders": [{
                            "id": "https://build.example/runner@refs/tags/v*", "level": 3, "signers": ["ci"]
                        }, {
                            "id": "https://build.example/fort", "level": 3, "signers": ["ci"]
                        }],
                        "minimumLevel": 3,
                        "repository": "https://github.com/acme/notes-mcp",
                        "ref": "refs/tags/v*",
                        "commit": "0123456789abcdef0123456789abcdef01234567"
                    },
                    "signatures": [
                        { "predicate": REVIEW, "threshold": 1, "signers": ["reviewer", "lab"] }
                    ],
                    "kinds": ["publisher"]
                }
            },
            {
                "name": "others",
                "match": { "package": "pkg:npm/%40others/*" },
                "signers": ["ci", "reviewer", "lab"],
                "require": { "predicates": [TOOL_MANIFEST], "manifest": lenient, "sbom": "not-required" }
            }
        ]
    })
}
