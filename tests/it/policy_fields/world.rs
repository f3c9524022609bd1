//! An honest release, its evidence, and a policy that allows it; to be bent.

use std::sync::LazyLock;

use jiff::Timestamp;
use mcpsign_schemas::canonical::{Json, Limits};
use mcpsign_schemas::manifest::ToolManifest;
use mcpsign_schemas::observed::ObservedServer;
use mcpsign_schemas::report::ReportDocument;
use mcpsign_simulator::{Content, Identity, Options, Rekor};
use mcpsign_tests::forge::{CYCLONEDX, Key, TOOL_MANIFEST, jcs, statement};
use mcpsign_verifier::policy::Policy;
use mcpsign_verifier::{Claims, Got, Measured, RawLine, Report, Trust, Verdict, verify};
use serde_json::{Value, json};

use super::pair::Outcome;
use crate::keyless::{RELEASE, SIMULATOR, github, measured, now, root};

/// Predicate type of what the reviewer says.
pub(super) const REVIEW: &str = "https://example.org/review/v1";
/// Predicate type of what the reviewer may say, and has not said.
pub(super) const AUDIT: &str = "https://example.org/audit/v1";
const PROVENANCE: &str = "https://slsa.dev/provenance/v1";

static REVIEWER: LazyLock<Key> = LazyLock::new(|| Key::generate().unwrap());

/// A verification by a policy.
#[derive(Clone)]
pub(super) struct World {
    pub(super) policy: Value,
    pub(super) lines: Vec<Vec<u8>>,
    pub(super) measured: Measured,
    pub(super) trust: Trust,
    pub(super) now: Timestamp,
}

impl World {
    /// SBOM, tool manifest and provenance by the release workflow's certificate, a review by a key.
    pub(super) fn honest() -> Self {
        static HONEST: LazyLock<World> = LazyLock::new(|| World {
            policy: policy(),
            lines: lines(&RELEASE.manifest_statement()),
            measured: measured(),
            trust: Trust { sigstore: vec![root(&[])], keys: Vec::new() },
            now: now(),
        });
        HONEST.clone()
    }

    /// The honest world with this tool manifest, over these subjects.
    pub(super) fn with_manifest(manifest: &ToolManifest, subjects: &Value) -> Self {
        let manifest =
            serde_json::from_slice(&Json::from_serialize(manifest).unwrap().to_canonical()).unwrap();
        Self { lines: lines(&statement(subjects, TOOL_MANIFEST, &manifest)), ..Self::honest() }
    }

    /// The same policy with `value` at this place.
    pub(super) fn put(mut self, at: &str, value: Value) -> Self {
        *self.policy.pointer_mut(at).expect(at) = value;
        self
    }

    /// The same, and this was seen of the server.
    pub(super) fn observe(mut self, observed: ObservedServer) -> Self {
        self.measured.observed = Got::Some(observed);
        self
    }

    /// What comes of it.
    pub(super) fn outcome(&self) -> Outcome {
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
    pub(super) fn report(&self) -> ReportDocument {
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

/// The honest release's manifest, to be bent.
pub(super) fn manifest() -> ToolManifest {
    let bytes = jcs(&RELEASE.manifest);
    Json::parse(&bytes, Limits::bytes(bytes.len())).unwrap().to_typed().unwrap()
}

/// Signed by `identity` and logged.
pub(super) fn by_certificate(statement: &Value, identity: &Identity) -> Vec<u8> {
    let options = Options::new(Rekor::V2, Content::Dsse);
    SIMULATOR.mint(&jcs(statement), identity, options).to_string().into_bytes()
}

/// Signed by the reviewer's key, and nothing else.
pub(super) fn by_reviewer(statement: &Value) -> Vec<u8> {
    REVIEWER.bundle(&jcs(statement)).unwrap().to_string().into_bytes()
}

/// A key that nobody holds.
pub(super) fn other_key() -> String {
    Key::generate().unwrap().public_pem()
}

fn lines(manifest: &Value) -> Vec<Vec<u8>> {
    let provenance = json!({
        "buildDefinition": { "buildType": "https://build.example/v1", "externalParameters": {} },
        "runDetails": { "builder": { "id": "https://build.example/runner" } }
    });
    let review = statement(&RELEASE.subjects, REVIEW, &json!({}));
    vec![
        by_certificate(&RELEASE.sbom_statement(), &github()),
        by_certificate(manifest, &github()),
        by_certificate(&statement(&RELEASE.subjects, PROVENANCE, &provenance), &github()),
        by_reviewer(&review),
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
        "keys": [{
            "name": "review-2026",
            "publicKey": REVIEWER.public_pem(),
            "notBefore": "2020-01-01T00:00:00Z",
            "notAfter": "2100-01-01T00:00:00Z",
            "compromisedSince": "2099-01-01T00:00:00Z",
            "time": "allow-unverified"
        }],
        "signers": [
            {
                "name": "ci",
                "identity": { "issuer": signer.issuer, "subject": signer.subject.as_str() },
                "kinds": ["publisher"],
                "predicates": [TOOL_MANIFEST, CYCLONEDX, PROVENANCE]
            },
            { "name": "reviewer", "key": "review-2026", "predicates": [REVIEW, AUDIT] }
        ],
        "rules": [
            {
                "name": "notes",
                "match": { "package": "pkg:npm/%40acme/notes-mcp" },
                "signers": ["ci", "reviewer"],
                "require": {
                    "predicates": [TOOL_MANIFEST, PROVENANCE, REVIEW],
                    "manifest": lenient.clone(),
                    "sbom": "bound"
                }
            },
            {
                "name": "others",
                "match": { "package": "pkg:npm/%40others/*" },
                "signers": ["ci", "reviewer"],
                "require": { "predicates": [TOOL_MANIFEST], "manifest": lenient, "sbom": "not-required" }
            }
        ]
    })
}
