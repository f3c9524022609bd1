//! Approvals, exceptions, lists of revocations and summaries, each signed by whoever may: what they say counts where it is whole,
//! and what cannot be read allows nothing.

use std::sync::OnceLock;

use jiff::Timestamp;
use mcpsign_schemas::approval::{ApprovedLaunch, ApprovedManifest, Decision};
use mcpsign_schemas::canonical::{Json, Limits};
use mcpsign_schemas::manifest::ToolManifest;
use mcpsign_schemas::revocation::RevocationList;
use mcpsign_schemas::statement::predicate_type::{APPROVAL, REVOCATION, VERIFICATION_SUMMARY};
use mcpsign_schemas::summary::{VerificationResult, VerificationSummary};
use mcpsign_verifier::policy::Policy;
use mcpsign_verifier::{Claims, Got, RawLine, SignedFile, Trust, Verdict, check_revocations, verify};
use serde_json::{Value, json};

use crate::forge::{Key, Release, TARBALL, jcs, measured};

const MAX: usize = 1 << 20;
const AUTHORITY: &str = "https://acme.example/mcpsign";
const VERIFIER: &str = "https://acme.example/verifier";

/// What a rule asks for besides the honest release.
#[derive(Debug, Clone, Copy)]
enum Asked {
    Approval,
    Exception,
    Revocations,
    Summary,
}

/// The honest release, two keys, and a policy for each kind of document.
struct Scene {
    release: Release,
    evidence: Vec<Vec<u8>>,
    reviewer: Key,
    policies: [Policy; 4],
}

/// The first byte says what the rest is: the predicate of a statement that the reviewer signs.
pub(super) fn run(input: &[u8]) {
    let Some((kind, predicate)) = input.split_first() else { return };
    let asked = match kind % 4 {
        0 => Asked::Approval,
        1 => Asked::Exception,
        2 => Asked::Revocations,
        _ => Asked::Summary,
    };
    let allowed = scene().allows(asked, predicate);
    let json = Json::parse(predicate, Limits::bytes(MAX));
    if allowed {
        let json = json.as_ref().expect("allowed by what is no strict JSON");
        assert!(counts(asked, json), "allowed by {asked:?} that cannot count");
    }
    let Ok(json) = json else { return };
    if let Ok(decision) = json.to_typed::<Decision>() {
        let again = Json::from_serialize(&decision).expect("what was read is written");
        assert_eq!(again.to_typed::<Decision>().expect("what is written is read"), decision);
    }
    if let Ok(list) = RevocationList::read(&json) {
        let again = Json::from_serialize(&list).expect("what was read is written");
        assert_eq!(RevocationList::read(&again).expect("what is written is read"), list);
        assert_eq!(check_revocations(&list), check_revocations(&list));
    }
    if let Ok(summary) = json.to_typed::<VerificationSummary>() {
        for level in &summary.verified_levels {
            assert!(summary.establishes(level), "{level} is stated");
        }
    }
}

/// Whether a document can be a reason to allow, by its own words.
fn counts(asked: Asked, json: &Json) -> bool {
    let decision = || json.to_typed::<Decision>().ok().filter(|decision| decision.check().is_ok());
    let current = |decision: &Decision| decision.scope() == "all" && now() < decision.expires();
    match asked {
        Asked::Approval => decision().is_some_and(|d| current(&d) && matches!(d, Decision::Approve(_))),
        Asked::Exception => decision().is_some_and(|d| current(&d) && matches!(d, Decision::Except(_))),
        Asked::Revocations => RevocationList::read(json).is_ok_and(|list| {
            list.authority == AUTHORITY && now() < list.next_update && check_revocations(&list).is_ok()
        }),
        Asked::Summary => json.to_typed::<VerificationSummary>().is_ok_and(|summary| {
            summary.verifier.id == VERIFIER
                && summary.verification_result == VerificationResult::Passed
                && summary.establishes("SLSA_BUILD_LEVEL_2")
                && summary.time_verified <= now()
        }),
    }
}

/// Documents that count, behind the byte that says what they are.
pub(super) fn seeds() -> Vec<(String, Vec<u8>)> {
    let scene = scene();
    let bytes = jcs(&scene.release.manifest);
    let manifest: ToolManifest =
        Json::parse(&bytes, Limits::bytes(MAX)).expect("strict JSON").to_typed().expect("a manifest");
    let profile = manifest.profiles.first().expect("a profile");
    let approval = json!({
        "decision": "approve", "manifest": ApprovedManifest::of(profile), "launch": ApprovedLaunch::of(&profile.launch),
        "signer": { "spkiSha256": crate::forge::sha256(&publisher().spki()) }, "scope": "all", "reason": "looked at",
        "createdOn": "2026-11-01T00:00:00Z", "expires": "2026-12-01T00:00:00Z"
    });
    let exception = json!({
        "decision": "except", "codes": ["freshness/cool-down", "advisories/vulnerable"], "advisories": ["CVE-2026-1"],
        "scope": "all", "reason": "urgent", "createdOn": "2026-11-01T00:00:00Z", "expires": "2026-12-01T00:00:00Z"
    });
    let list = json!({
        "authority": AUTHORITY, "sequence": 42, "createdOn": "2026-11-19T00:00:00Z", "nextUpdate": "2026-12-01T00:00:00Z",
        "entries": [
            { "digest": { "sha256": "00".repeat(32) }, "reason": "malware", "since": "2026-11-01T00:00:00Z" },
            { "signer": { "issuer": "https://issuer.example", "subject": "somebody" } },
            { "key": { "spkiSha256": "11".repeat(32) }, "since": "2026-11-01T00:00:00Z" },
            { "statement": { "payload": { "sha256": "22".repeat(32) } }, "reason": "superseded" },
            { "package": "pkg:npm/%40acme/notes-mcp", "versions": "vers:npm/<1.4.0" }
        ]
    });
    let summary = json!({
        "verifier": { "id": VERIFIER }, "timeVerified": "2026-11-19T00:00:00Z", "resourceUri": TARBALL,
        "policy": { "digest": { "sha256": "33".repeat(32) } }, "verificationResult": "PASSED",
        "verifiedLevels": ["SLSA_BUILD_LEVEL_3", "MCPSIGN_POLICY_PASSED"]
    });
    [("approval", approval), ("exception", exception), ("revocations", list), ("summary", summary)]
        .into_iter()
        .zip(0_u8..)
        .map(|((name, document), kind)| {
            (name.to_owned(), [&[kind], document.to_string().as_bytes()].concat())
        })
        .collect()
}

fn now() -> Timestamp {
    "2026-11-20T00:00:00Z".parse().expect("a time")
}

fn publisher() -> &'static Key {
    static KEY: OnceLock<Key> = OnceLock::new();
    KEY.get_or_init(|| Key::generate().expect("a key"))
}

fn scene() -> &'static Scene {
    static SCENE: OnceLock<Scene> = OnceLock::new();
    SCENE.get_or_init(|| {
        let release = Release::honest().expect("a release");
        let sign = |statement: &Value| publisher().bundle(&jcs(statement)).expect("signed").to_string().into_bytes();
        let evidence = vec![sign(&release.sbom_statement()), sign(&release.manifest_statement())];
        let reviewer = Key::generate().expect("a key");
        let policies = [
            json!({ "approval": { "by": ["reviewer"], "scope": "all" } }),
            json!({
                "continuity": { "coolDown": { "days": 7, "severity": "deny" } },
                "exceptions": { "by": ["reviewer"], "scope": "all", "codes": ["freshness/cool-down"] }
            }),
            json!({ "revocations": { "authorities": [{ "uri": AUTHORITY, "signers": ["reviewer"] }] } }),
            json!({
                "summary": {
                    "by": ["reviewer"], "verifier": VERIFIER, "maxAgeDays": 7, "levels": ["SLSA_BUILD_LEVEL_2"]
                }
            }),
        ];
        Scene { release, evidence, policies: policies.map(|require| policy(&reviewer, &require)), reviewer }
    })
}

fn policy(reviewer: &Key, require: &Value) -> Policy {
    let key = |name: &str, key: &Key| json!({ "name": name, "publicKey": key.public_pem(), "time": "allow-unverified" });
    let manifest = "https://mcpsign.dev/tool-manifest/v1";
    let mut document = json!({
        "schema": "mcpsign.dev/policy/v1", "name": "decisions",
        "keys": [key("publisher", publisher()), key("reviewer", reviewer)],
        "signers": [
            { "name": "publisher", "key": "publisher", "kinds": ["publisher"], "predicates": [manifest, "https://cyclonedx.org/bom"] },
            { "name": "reviewer", "key": "reviewer", "predicates": [APPROVAL, REVOCATION, VERIFICATION_SUMMARY] }
        ],
        "rules": [{
            "name": "all", "match": "any-server", "signers": ["publisher", "reviewer"],
            "require": {
                "predicates": [manifest], "sbom": "bound",
                "manifest": { "comparison": "subset", "observation": "if-given", "binding": "command", "capture": "any-form", "resources": "ignore" }
            }
        }]
    });
    for (member, value) in require.as_object().into_iter().flatten() {
        document["rules"][0]["require"][member] = value.clone();
    }
    Policy::load(document.to_string().as_bytes(), "policy.json").expect("a policy")
}

impl Scene {
    /// Whether the release is allowed with this predicate, signed by the reviewer over what it has to be over.
    fn allows(&self, asked: Asked, predicate: &[u8]) -> bool {
        let (ty, subjects, policy) = match asked {
            Asked::Approval => (APPROVAL, self.release.subjects.clone(), &self.policies[0]),
            Asked::Exception => (APPROVAL, self.release.subjects.clone(), &self.policies[1]),
            Asked::Revocations => {
                (REVOCATION, json!([RevocationList::subject(AUTHORITY)]), &self.policies[2])
            }
            Asked::Summary => (VERIFICATION_SUMMARY, self.release.subjects.clone(), &self.policies[3]),
        };
        let head = format!(
            r#"{{"_type":"https://in-toto.io/Statement/v1","subject":{subjects},"predicateType":"{ty}","predicate":"#
        );
        let payload = [head.as_bytes(), predicate, b"}"].concat();
        let line = self.reviewer.bundle(&payload).expect("signed").to_string().into_bytes();
        let mut lines = self.evidence.clone();
        let mut measured = measured(&self.release.artifact).expect("a name");
        if matches!(asked, Asked::Revocations) {
            let list = SignedFile { source: "list".into(), lines: vec![(1, line)] };
            measured.revocations = Got::Some([list].into());
        } else {
            lines.push(line);
        }
        let raw =
            lines.iter().zip(1..).map(|(bytes, line)| RawLine { source: "evidence".into(), line, bytes });
        let claims = Claims { lines: raw.collect(), over_budget: None };
        let report = verify(&claims, &measured, &Trust::default(), policy, now());
        assert!(serde_json::to_string(&report.document()).is_ok());
        matches!(report.verdict(), Verdict::Allow(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Otherwise the target would hold whatever the verifier did.
    #[test]
    fn each_seed_is_what_its_policy_asks_for() {
        for (name, seed) in seeds() {
            let (kind, predicate) = seed.split_first().expect("a kind");
            let kinds = [Asked::Approval, Asked::Exception, Asked::Revocations, Asked::Summary];
            for (at, asked) in kinds.into_iter().enumerate() {
                assert_eq!(scene().allows(asked, predicate), at == usize::from(*kind), "{name} as {asked:?}");
            }
        }
    }
}
