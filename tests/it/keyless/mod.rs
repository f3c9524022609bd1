//! Keyless evidence of a private Sigstore that lies on request: each lie of the catalogue, told with every kind of log
//! entry and signature with which it can be told, must be refused for its own reason.
//!
//! Statements go through the whole verifier, with the manifest and SBOM of a release; messages, which attest nothing,
//! through the bundle verifier that the conformance client asks.

mod again;
mod bound;
mod cells;
mod certificates;
mod commands;
mod decisions;
mod entries;
mod honest;
mod issuers;
mod keys;
mod lifecycle;
mod logins;
mod others;
mod provenance;
mod roots;
mod signer;
mod signing;
mod times;
mod tls;
mod tokens;

use std::sync::LazyLock;

use jiff::Timestamp;
use mcpsign_simulator::serve::Running;
use mcpsign_simulator::{Content, Identity, Lie, Options, Rekor, RootLie, Simulator, Tsa};
use mcpsign_tests::forge::{self, Release, jcs};
use mcpsign_verifier::bundle::{Artifact, ArtifactError, Expected, LogEvidence, authenticate_artifact};
use mcpsign_verifier::policy::{FlagSigner, FlagsPolicy, Policy};
use mcpsign_verifier::{Claims, Measured, RawLine, Report, SigstoreRoot, Trust, Verdict, verify};
use serde_json::{Value, json};

pub(crate) static SIMULATOR: LazyLock<Simulator> = LazyLock::new(Simulator::new);
pub(crate) static RELEASE: LazyLock<Release> = LazyLock::new(|| Release::honest().unwrap());

/// Lies about what proves that an entry stands in a log.
const OF_PROOFS: [Lie; 8] = [
    Lie::EntryAltered,
    Lie::ProofAltered,
    Lie::ProofShortened,
    Lie::ProofOfOtherLeaf,
    Lie::CheckpointAltered,
    Lie::CheckpointByOtherKey,
    Lie::CheckpointWithoutLog,
    Lie::CheckpointOfOtherSize,
];

/// An instance on loopback that signs, and a folder with its trust configuration, `config.json`.
fn instance() -> (tempfile::TempDir, Running) {
    let (folder, running) = (tempfile::tempdir().unwrap(), Simulator::new().serve());
    std::fs::write(folder.path().join("config.json"), running.client_trust_config_json().to_string())
        .unwrap();
    (folder, running)
}

/// What GitHub's issuer says of a release workflow.
pub(crate) fn github_token() -> Value {
    json!({
        "iss": "https://token.actions.githubusercontent.com",
        "sub": "repo:acme/notes-mcp:ref:refs/tags/v1.4.0",
        "repository": "acme/notes-mcp",
        "repository_id": "812345678",
        "repository_owner": "acme",
        "repository_owner_id": "98765",
        "repository_visibility": "public",
        "ref": "refs/tags/v1.4.0",
        "sha": "0123456789abcdef0123456789abcdef01234567",
        "event_name": "push",
        "workflow": "release",
        "workflow_ref": "acme/notes-mcp/.github/workflows/release.yml@refs/tags/v1.4.0",
        "workflow_sha": "0123456789abcdef0123456789abcdef01234567",
        "job_workflow_ref": "acme/notes-mcp/.github/workflows/release.yml@refs/tags/v1.4.0",
        "job_workflow_sha": "0123456789abcdef0123456789abcdef01234567",
        "runner_environment": "github-hosted",
        "run_id": "7654321",
        "run_attempt": "1",
        "environment": "release"
    })
}

pub(crate) fn github() -> Identity {
    Identity::from_token(&github_token()).unwrap()
}

/// A way in which a bundle can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Setup {
    pub(crate) rekor: Rekor,
    pub(crate) content: Content,
    pub(crate) tsas: &'static [Tsa],
}

const fn setup(rekor: Rekor, content: Content) -> Setup {
    Setup { rekor, content, tsas: &[Tsa::First] }
}

/// Every kind of entry and signature, each with a timestamp.
pub(crate) const ALL: [Setup; 7] = [
    setup(Rekor::V1, Content::Dsse),
    setup(Rekor::V1Intoto, Content::Dsse),
    setup(Rekor::V1, Content::Message),
    setup(Rekor::V2, Content::Dsse),
    setup(Rekor::V2, Content::Message),
    setup(Rekor::V2Ecdsa, Content::Dsse),
    setup(Rekor::V2Ecdsa, Content::Message),
];

/// Those of them whose entries the log gives a time.
pub(crate) fn v1() -> Vec<Setup> {
    ALL.into_iter().filter(|setup| !setup.rekor.is_v2()).collect()
}

/// The trust root with these lies.
pub(crate) fn root(lies: &[RootLie]) -> SigstoreRoot {
    SigstoreRoot::from_json(SIMULATOR.trusted_root_with(lies).to_string().as_bytes()).unwrap()
}

/// After everything that honest services say.
pub(crate) fn now() -> Timestamp {
    SIMULATOR.time() + jiff::SignedDuration::from_mins(5)
}

/// The release's evidence, every bundle made like this by this identity.
pub(crate) fn evidence(setup: Setup, lies: &[Lie], identity: &Identity) -> Vec<Value> {
    let options = Options::new(setup.rekor, setup.content).tsas(setup.tsas).lies(lies);
    [RELEASE.sbom_statement(), RELEASE.manifest_statement()]
        .iter()
        .map(|statement| SIMULATOR.mint(&jcs(statement), identity, options))
        .collect()
}

/// The whole verifier's answer, for whoever trusts the release workflow.
pub(crate) fn judged(evidence: &[Value], root: SigstoreRoot, now: Timestamp) -> Report {
    judged_as(evidence, root, &github(), now)
}

/// The same for whoever trusts `expected`.
pub(crate) fn judged_as(
    evidence: &[Value],
    root: SigstoreRoot,
    expected: &Identity,
    now: Timestamp,
) -> Report {
    let lines: Vec<String> = evidence.iter().map(Value::to_string).collect();
    let lines: Vec<&[u8]> = lines.iter().map(String::as_bytes).collect();
    judged_lines(&lines, root, expected, now)
}

/// The same of lines as they are.
pub(crate) fn judged_lines(
    lines: &[&[u8]],
    root: SigstoreRoot,
    expected: &Identity,
    now: Timestamp,
) -> Report {
    judged_requiring(&[], lines, root, expected, now)
}

/// The same for whoever also requires statements of these predicate types.
pub(crate) fn judged_requiring(
    require: &[&str],
    lines: &[&[u8]],
    root: SigstoreRoot,
    expected: &Identity,
    now: Timestamp,
) -> Report {
    let trust = Trust { sigstore: vec![root], keys: Vec::new() };
    verify(&claims(lines), &measured(), &trust, &policy(require, expected), now)
}

fn claims<'l>(lines: &[&'l [u8]]) -> Claims<'l> {
    let lines = lines.iter().zip(1..);
    Claims {
        lines: lines.map(|(bytes, line)| RawLine { source: "evidence".into(), line, bytes }).collect(),
        over_budget: None,
    }
}

fn policy(require: &[&str], expected: &Identity) -> Policy {
    let (subject, issuer) = (expected.subject.as_str().into(), expected.issuer.clone());
    let signer = FlagSigner::Identity { subject, issuer, repository: None };
    let require = require.iter().map(|&each| each.into()).collect();
    Policy::flags(FlagsPolicy { require, ..FlagsPolicy::of(signer) }).unwrap()
}

pub(crate) fn measured() -> Measured {
    forge::measured(&RELEASE.artifact).unwrap()
}

/// The artifact itself, signed as a message, and the bundle verifier's answer.
pub(crate) fn message(
    setup: Setup,
    lies: &[Lie],
    root: &SigstoreRoot,
    now: Timestamp,
) -> Result<(), ArtifactError> {
    let options = Options::new(setup.rekor, setup.content).tsas(setup.tsas).lies(lies);
    let identity = github();
    let bundle = SIMULATOR.mint(&RELEASE.artifact, &identity, options).to_string();
    let expected = Expected::Identity { subject: identity.subject.as_str(), issuer: Some(&identity.issuer) };
    let artifact = Artifact::Bytes(&RELEASE.artifact);
    let evidence = LogEvidence::InclusionProofRequired;
    authenticate_artifact(bundle.as_bytes(), artifact, root, expected, evidence, now).map(drop)
}

/// What a bundle made like this is refused for; `None` where it is not.
pub(crate) fn refusal(
    setup: Setup,
    lies: &[Lie],
    root: &SigstoreRoot,
    now: Timestamp,
) -> Option<&'static str> {
    match setup.content {
        Content::Dsse => match judged(&evidence(setup, lies, &github()), root.clone(), now).verdict() {
            Verdict::Allow(_) => None,
            Verdict::Deny(findings) => Some(findings.first().code.id),
            Verdict::Undecided(gaps) => panic!("{setup:?} {lies:?}: undecided, {gaps:?}"),
        },
        Content::Message => match message(setup, lies, root, now) {
            Ok(()) => None,
            Err(ArtifactError::Authenticate(error)) => Some(error.code().id),
            Err(ArtifactError::Parse(error)) => Some(error.code().id),
            Err(error) => panic!("{setup:?} {lies:?}: {error}"),
        },
    }
}

/// Each lie is refused with its code, in each setup, by whoever trusts this root.
#[track_caller]
pub(crate) fn refused_with(root: &SigstoreRoot, setups: &[Setup], cases: &[(Lie, &str)]) {
    let mut wrong = Vec::new();
    for &(lie, code) in cases {
        for &setup in setups {
            let found = refusal(setup, &[lie], root, now());
            if found != Some(code) {
                wrong
                    .push(format!("{lie:?} in {:?} {:?}: {found:?}, not {code}", setup.rekor, setup.content));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Each lie is refused with its code, in each setup.
#[track_caller]
pub(crate) fn refused(setups: &[Setup], cases: &[(Lie, &str)]) {
    refused_with(&root(&[]), setups, cases);
}
