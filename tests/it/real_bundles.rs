//! Bundles that npm, PyPI, GitLab, GitHub, conda and cosign really made: in the library, in the ladder of a verdict, and
//! through the conformance client.

use std::path::Path;

use jiff::Timestamp;
use mcpsign_schemas::digest::{MeasuredDigests, Sha256Digest, Sha512Digest};
use mcpsign_schemas::policy::PolicyError;
use mcpsign_verifier::bundle::{Artifact, ArtifactError, Expected, LogEvidence, authenticate_artifact};
use mcpsign_verifier::policy::{FlagSigner, FlagsPolicy, Policy};
use mcpsign_verifier::{
    AuthenticateError, Claims, Form, Gap, Got, Measured, MeasuredArtifact, RawLine, SigstoreRoot, Step,
    TimePolicy, Trust, TrustedKey, Verdict, verify,
};
use serde::Deserialize;

use crate::conformance::{client, divergences};
use crate::support::shared_data;

#[derive(Deserialize)]
struct Real {
    file: String,
    artifact: Option<String>,
    digest: String,
    instance: String,
    key: Option<String>,
}

const GITHUB_ACTIONS: &str = "https://token.actions.githubusercontent.com";

/// Issuer (none for GitHub's releases) and subject of the certificates, read from them with openssl.
const SIGNERS: [(&str, Option<&str>, &str); 8] = [
    (
        "misc-conda-attestation.sigstore.json",
        Some(GITHUB_ACTIONS),
        "https://github.com/prefix-dev/sigstore-example/.github/workflows/action.yaml@refs/heads/main",
    ),
    ("misc-cosign-v3-blob.sigstore.json", Some("https://github.com/login/oauth"), "w.vollprecht@gmail.com"),
    ("misc-github-private-attestation.sigstore.json", None, "https://dotcom.releases.github.com"),
    (
        "npm-gundam-visor-cli-v1-tag.provenance.sigstore.json",
        Some(GITHUB_ACTIONS),
        "https://github.com/ramonpetgrave64/gundam-visor/.github/workflows/npm-publish.yml@refs/tags/v1.0.1",
    ),
    (
        "npm-provenance-npm-test-ossf.provenance.sigstore.json",
        Some(GITHUB_ACTIONS),
        "https://github.com/slsa-framework/slsa-github-generator/.github/workflows/delegator_lowperms-generic_slsa3.yml@refs/tags/v1.6.0",
    ),
    (
        "pypi-gitlab_oidc_project-0.0.3.tar.gz.publish.attestation.sigstore.json",
        Some("https://gitlab.com"),
        "https://gitlab.com/facutuesca/gitlab-oidc-project//.gitlab-ci.yml@refs/heads/main",
    ),
    (
        "pypi-pypi_attestations-0.0.19.tar.gz.publish.attestation.sigstore.json",
        Some(GITHUB_ACTIONS),
        "https://github.com/trailofbits/pypi-attestations/.github/workflows/release.yml@refs/tags/v0.0.19",
    ),
    (
        "pypi-pypi_attestations-0.0.19.tar.gz.slsa.attestation.sigstore.json",
        Some(GITHUB_ACTIONS),
        "https://github.com/trailofbits/pypi-attestations/.github/workflows/release.yml@refs/tags/v0.0.19",
    ),
];

fn now() -> Timestamp {
    "2026-11-22T00:00:00Z".parse().unwrap()
}

fn signer(real: &Real) -> Option<(Option<&'static str>, &'static str)> {
    SIGNERS.iter().find(|(file, ..)| *file == real.file).map(|(_, issuer, subject)| (*issuer, *subject))
}

fn root(real: &Real) -> SigstoreRoot {
    if real.instance == "github" {
        SigstoreRoot::github().unwrap()
    } else {
        SigstoreRoot::public_good().unwrap()
    }
}

fn key(dir: &Path, real: &Real) -> Option<TrustedKey> {
    let file = real.key.as_ref()?;
    Some(TrustedKey::from_pem(file, &std::fs::read(dir.join(file)).unwrap(), TimePolicy::Require).unwrap())
}

/// The artifact's bytes, or `None` where only its digest is known.
fn artifact(dir: &Path, real: &Real) -> Option<Vec<u8>> {
    real.artifact.as_ref().map(|file| std::fs::read(dir.join(file)).unwrap())
}

fn authenticate(
    dir: &Path,
    real: &Real,
    log_evidence: LogEvidence,
    now: Timestamp,
) -> Result<(), ArtifactError> {
    let bundle = std::fs::read(dir.join(&real.file)).unwrap();
    let bytes = artifact(dir, real);
    let artifact = match &bytes {
        Some(bytes) => Artifact::Bytes(bytes),
        None => Artifact::Sha256(real.digest.strip_prefix("sha256:").unwrap().parse().unwrap()),
    };
    let key = key(dir, real);
    let expected = match (&key, signer(real)) {
        (Some(key), None) => Expected::Key(key),
        (None, Some((issuer, subject))) => Expected::Identity { subject, issuer },
        _ => panic!("{}: no signer", real.file),
    };
    authenticate_artifact(&bundle, artifact, &root(real), expected, log_evidence, now).map(drop)
}

fn reals(test: &str) -> Option<(std::path::PathBuf, Vec<Real>)> {
    let dir = shared_data(test, "sigstore-real-bundles")?;
    let reals: Vec<Real> =
        serde_json::from_slice(&std::fs::read(dir.join("MANIFEST.json")).unwrap()).unwrap();
    assert_eq!(reals.len(), 10);
    Some((dir, reals))
}

#[test]
fn all_ten_authenticate_in_the_library() {
    let Some((dir, reals)) = reals("all_ten_authenticate_in_the_library") else { return };
    for real in &reals {
        if let Err(error) = authenticate(&dir, real, LogEvidence::PromiseAccepted, now()) {
            panic!("{}: {error}", real.file);
        }
    }
}

#[test]
fn all_ten_authenticate_through_the_client() {
    let Some((dir, reals)) = reals("all_ten_authenticate_through_the_client") else { return };
    for real in &reals {
        let mut client = client();
        client.arg("verify-bundle").arg("--bundle").arg(dir.join(&real.file));
        match (&real.key, signer(real)) {
            (Some(key), _) => client.arg("--key").arg(dir.join(key)),
            (None, Some((issuer, subject))) => client.args([
                "--certificate-identity",
                subject,
                "--certificate-oidc-issuer",
                issuer.unwrap_or_default(),
            ]),
            (None, None) => panic!("{}: no signer", real.file),
        };
        let root = tempfile::NamedTempFile::new().unwrap();
        if real.instance == "github" {
            std::fs::write(&root, SigstoreRoot::GITHUB).unwrap();
            client.arg("--trusted-root").arg(root.path());
        }
        match &real.artifact {
            Some(file) => client.arg(dir.join(file)),
            None => client.arg(&real.digest),
        };
        let output = client.output().unwrap();
        assert!(output.status.success(), "{}: {}", real.file, String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn for_verdicts_exactly_the_promises_alone_count_for_nothing() {
    let test = "for_verdicts_exactly_the_promises_alone_count_for_nothing";
    let Some((dir, reals)) = reals(test) else { return };
    let stricter = divergences().verdicts;
    for real in &reals {
        let found = authenticate(&dir, real, LogEvidence::InclusionProofRequired, now());
        match (stricter.iter().find(|known| known.bundle == real.file), found) {
            (None, Ok(())) => {}
            (Some(known), Err(ArtifactError::Authenticate(error))) => assert_eq!(error.code().id, known.code),
            (known, found) => panic!("{}: listed {}, found {found:?}", real.file, known.is_some()),
        }
    }
}

#[test]
fn b14_the_callers_clock_counts_and_not_only_the_machines() {
    let test = "b14_the_callers_clock_counts_and_not_only_the_machines";
    let Some((dir, reals)) = reals(test) else { return };
    let before = "2020-01-01T00:00:00Z".parse().unwrap();
    for real in &reals {
        match authenticate(&dir, real, LogEvidence::PromiseAccepted, before) {
            Err(ArtifactError::Authenticate(AuthenticateError::TimeInFuture { .. })) => {}
            other => panic!("{}: {other:?}", real.file),
        }
    }
}

#[test]
fn b02_one_wrong_part_of_the_identity_is_another_signer() {
    let Some((dir, reals)) = reals("b02_one_wrong_part_of_the_identity_is_another_signer") else { return };
    for real in &reals {
        let Some((issuer, subject)) = signer(real) else { continue };
        let bundle = std::fs::read(dir.join(&real.file)).unwrap();
        let bytes = artifact(&dir, real);
        let artifact = match &bytes {
            Some(bytes) => Artifact::Bytes(bytes),
            None => Artifact::Sha256(real.digest.strip_prefix("sha256:").unwrap().parse().unwrap()),
        };
        let trailing = format!("{subject}/");
        for expected in [
            Expected::Identity { subject, issuer: Some("https://issuer.example") },
            Expected::Identity { subject: &trailing, issuer },
            Expected::Identity { subject: "*", issuer },
            Expected::Identity { subject: "", issuer },
            Expected::Identity { subject, issuer: if issuer.is_some() { None } else { Some("") } },
        ] {
            let found = authenticate_artifact(
                &bundle,
                artifact,
                &root(real),
                expected,
                LogEvidence::PromiseAccepted,
                now(),
            );
            assert!(matches!(found, Err(ArtifactError::Identity { .. })), "{}: {found:?}", real.file);
        }
    }
}

/// The whole way: the line authenticates and is attributed, is about the artifact, and is no tool manifest.
#[test]
fn in_a_verdict_they_get_as_far_as_a_missing_manifest() {
    let Some((dir, reals)) = reals("in_a_verdict_they_get_as_far_as_a_missing_manifest") else { return };
    let stricter = divergences().verdicts;
    let mut seen = 0;
    for real in &reals {
        let (Some(bytes), Some((Some(issuer), subject))) = (artifact(&dir, real), signer(real)) else {
            continue;
        };
        let bundle = std::fs::read(dir.join(&real.file)).unwrap();
        let report = report(&bundle, &bytes, policy(subject, issuer, real).unwrap(), root(real));
        let Verdict::Deny(findings) = report.verdict() else {
            panic!("{}: {:?}", real.file, report.verdict())
        };
        match stricter.iter().find(|known| known.bundle == real.file) {
            Some(known) => assert_eq!(findings.first().code.id, known.code),
            None => {
                assert_eq!(findings.first().code.id, "manifest/missing", "{}: {:?}", real.file, findings);
                let steps = report.steps();
                assert!(
                    steps.signature.is_passed() && steps.identity.is_passed() && steps.subject.is_passed()
                );
                assert!(matches!(steps.freshness, Step::Blocked(_)));
                seen += 1;
            }
        }
    }
    assert_eq!(seen, 4);
}

fn policy(subject: &str, issuer: &str, real: &Real) -> Result<Policy, PolicyError> {
    let predicate = match real.file.as_str() {
        file if file.contains("publish") => "https://docs.pypi.org/attestations/publish/v1",
        _ => "https://slsa.dev/provenance/v1",
    };
    let signer = FlagSigner::Identity { subject: subject.into(), issuer: issuer.into() };
    Policy::flags(FlagsPolicy { signer, require: vec![predicate.into()] })
}

fn report(bundle: &[u8], artifact: &[u8], policy: Policy, root: SigstoreRoot) -> mcpsign_verifier::Report {
    let claims = Claims {
        lines: vec![RawLine { source: "bundle".into(), line: 1, bytes: bundle }],
        over_budget: None,
    };
    let measured = Measured {
        subject: MeasuredArtifact {
            reference: "artifact".into(),
            name: "artifact".into(),
            form: Form::File,
            digests: MeasuredDigests {
                sha256: Sha256Digest::of(artifact),
                sha512: Some(Sha512Digest::of(artifact)),
            },
            identity: Vec::new(),
            asked: None,
        },
        observed: Got::Missing(Gap {
            code: mcpsign_schemas::code::evidence::NOT_LOOKED_AT,
            message: "nothing asked for it".into(),
        }),
    };
    let trust = Trust { sigstore: Some(root), keys: Vec::new() };
    verify(&claims, &measured, &trust, &policy, now())
}
