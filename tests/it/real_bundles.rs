//! Bundles that npm, PyPI, GitLab, GitHub, conda and cosign really made: in the library, in the ladder of a verdict, and
//! through the conformance client.

use std::path::Path;

use jiff::Timestamp;
use mcpsign_schemas::digest::{MeasuredDigests, Sha256Digest, Sha512Digest};
use mcpsign_schemas::policy::PolicyError;
use mcpsign_schemas::workload::{IssuerKind, Runner, Visibility};
use mcpsign_tests::forge::{Key, Release, TOOL_MANIFEST, jcs, sha256, statement};
use mcpsign_verifier::bundle::{Artifact, ArtifactError, Expected, LogEvidence, authenticate_artifact};
use mcpsign_verifier::policy::{FlagSigner, FlagsPolicy, Policy};
use mcpsign_verifier::{
    AuthenticateError, Claims, Form, Got, KeyWindow, Measured, MeasuredArtifact, RawLine, RootOrigin,
    RootSource, Seen, Signer, SigstoreRoot, Step, TimePolicy, Trust, TrustedKey, Verdict, verify,
    verify_again,
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::conformance::{client, divergences};
use crate::support::shared_data;
use crate::transplants::Donor;

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

pub(crate) fn now() -> Timestamp {
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

/// Who signed, by the library; a promise of the log is enough.
fn signer_of(dir: &Path, real: &Real) -> Signer {
    authenticate(dir, real, LogEvidence::PromiseAccepted, now())
        .unwrap_or_else(|e| panic!("{}: {e}", real.file))
}

fn authenticate(
    dir: &Path,
    real: &Real,
    log_evidence: LogEvidence,
    now: Timestamp,
) -> Result<Signer, ArtifactError> {
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
    authenticate_artifact(&bundle, artifact, &root(real), expected, log_evidence, now)
}

fn reals(test: &str) -> Option<(std::path::PathBuf, Vec<Real>)> {
    let dir = shared_data(test, "sigstore-real-bundles")?;
    let reals: Vec<Real> =
        serde_json::from_slice(&std::fs::read(dir.join("MANIFEST.json")).unwrap()).unwrap();
    assert_eq!(reals.len(), 10);
    Some((dir, reals))
}

/// All ten, for whoever takes parts of them.
pub(crate) fn real_donors(test: &str) -> Option<Vec<Donor>> {
    let (dir, reals) = reals(test)?;
    let donor = |real: &Real| {
        let (issuer, subject) = signer(real).unwrap_or_default();
        let artifact = artifact(&dir, real);
        let digest = || real.digest.strip_prefix("sha256:").unwrap().parse().unwrap();
        Donor {
            name: real.file.clone(),
            bundle: serde_json::from_slice(&std::fs::read(dir.join(&real.file)).unwrap()).unwrap(),
            root: root(real),
            digest: artifact.as_deref().map_or_else(digest, Sha256Digest::of),
            artifact,
            key: key(&dir, real),
            subject: subject.into(),
            issuer: issuer.map(str::to_owned),
        }
    };
    Some(reals.iter().map(donor).collect())
}

#[test]
fn all_ten_authenticate_in_the_library() {
    let Some((dir, reals)) = reals("all_ten_authenticate_in_the_library") else { return };
    for real in &reals {
        signer_of(&dir, real);
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
            (None, Ok(_)) => {}
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

/// GitHub vouches for releases by certificates that name no issuer, under a root of its own. Such a signer can be named, and its
/// word be demanded beside the publisher's: by whom it is, under which root, and over these bytes.
#[test]
fn b02_githubs_word_for_a_release_counts_by_its_signer_root_and_bytes() {
    const RELEASE: &str = "https://in-toto.io/attestation/release/v0.2";
    let test = "b02_githubs_word_for_a_release_counts_by_its_signer_root_and_bytes";
    let Some((dir, reals)) = reals(test) else { return };
    let real = reals.iter().find(|real| real.instance == "github").unwrap();
    let (None, subject) = signer(real).unwrap() else { panic!("an issuer") };
    let digest = real.digest.strip_prefix("sha256:").unwrap();
    let publisher = Key::generate().unwrap();
    let line = |digest: &str| {
        let release = Release::honest().unwrap();
        let manifest = release.manifest.to_string().replace(&sha256(&release.artifact), digest);
        let mut manifest: Value = serde_json::from_str(&manifest).unwrap();
        manifest["bindings"] = json!({ "sboms": [], "lockfiles": [], "statements": [] });
        let subjects = json!([{ "name": "communique.tar.gz", "digest": { "sha256": digest } }]);
        publisher.bundle(&jcs(&statement(&subjects, TOOL_MANIFEST, &manifest))).unwrap().to_string()
    };
    let honest = json!({ "issuer": "none", "subject": subject, "trustRoot": "github" });
    let decided = |identity: &Value, root: SigstoreRoot, digest: &str| {
        let document = json!({
            "schema": "mcpsign.dev/policy/v1", "name": "releases",
            "keys": [{ "name": "desk", "publicKey": publisher.public_pem(), "time": "allow-unverified" }],
            "signers": [
                { "name": "desk", "key": "desk", "kinds": ["publisher"], "predicates": [TOOL_MANIFEST] },
                { "name": "github", "identity": identity, "predicates": [RELEASE] }
            ],
            "rules": [{
                "name": "all", "match": "any-server", "signers": ["desk", "github"],
                "require": {
                    "predicates": [TOOL_MANIFEST, RELEASE], "sbom": "not-required",
                    "manifest": { "comparison": "subset", "observation": "if-given", "binding": "command", "capture": "any-form", "resources": "ignore" }
                }
            }]
        });
        let policy = Policy::load(document.to_string().as_bytes(), "policy.json").unwrap();
        let (release, manifest) = (std::fs::read(dir.join(&real.file)).unwrap(), line(digest).into_bytes());
        let lines = [&release, &manifest].into_iter().zip(1..);
        let lines = lines.map(|(bytes, line)| RawLine { source: "evidence".into(), line, bytes });
        let claims = Claims { lines: lines.collect(), over_budget: None };
        let mut measured = measured(b"");
        measured.subject.digests = MeasuredDigests { sha256: digest.parse().unwrap(), sha512: None };
        let trust = Trust { sigstore: vec![root], keys: Vec::new() };
        let report = verify(&claims, &measured, &trust, &policy, now());
        match report.verdict() {
            Verdict::Allow(_) => "allow",
            Verdict::Deny(findings) => findings.first().code.id,
            Verdict::Undecided(gaps) => gaps.first().code.id,
        }
    };
    let named = |root: SigstoreRoot, name: &str| {
        root.with_origin(RootOrigin { name: name.into(), source: RootSource::Embedded, tuf: None })
    };
    let github = || named(SigstoreRoot::github().unwrap(), "github");
    assert_eq!(decided(&honest, github(), digest), "allow");
    let with = |member: &str, value: &str| {
        let mut identity = honest.clone();
        identity[member] = json!(value);
        identity
    };
    for (identity, code) in [
        (with("issuer", GITHUB_ACTIONS), "identity/issuer-mismatch"),
        (with("subject", "https://dotcom.releases.github.com.example"), "identity/subject-mismatch"),
        (with("trustRoot", "public-good"), "identity/trust-root-mismatch"),
    ] {
        assert_eq!(decided(&identity, github(), digest), code, "{identity}");
    }
    // Another instance's root does not vouch for it, and neither is it about other bytes.
    let elsewhere = decided(&honest, named(SigstoreRoot::public_good().unwrap(), "github"), digest);
    assert!(elsewhere.starts_with("signature/"), "{elsewhere}");
    assert_eq!(decided(&honest, github(), &"00".repeat(32)), "signature/predicate-missing");
}

fn policy(subject: &str, issuer: &str, real: &Real) -> Result<Policy, PolicyError> {
    let predicate = match real.file.as_str() {
        file if file.contains("publish") => "https://docs.pypi.org/attestations/publish/v1",
        _ => "https://slsa.dev/provenance/v1",
    };
    let signer = FlagSigner::Identity { subject: subject.into(), issuer: issuer.into(), repository: None };
    Policy::flags(FlagsPolicy { require: vec![predicate.into()], ..FlagsPolicy::of(signer) })
}

fn report(bundle: &[u8], artifact: &[u8], policy: Policy, root: SigstoreRoot) -> mcpsign_verifier::Report {
    let trust = Trust { sigstore: vec![root], keys: Vec::new() };
    reported(bundle, artifact, |claims, measured| verify(claims, measured, &trust, &policy, now()))
}

fn reported(
    bundle: &[u8],
    artifact: &[u8],
    verify: impl FnOnce(&Claims<'_>, &Measured) -> mcpsign_verifier::Report,
) -> mcpsign_verifier::Report {
    let claims = Claims {
        lines: vec![RawLine { source: "bundle".into(), line: 1, bytes: bundle }],
        over_budget: None,
    };
    verify(&claims, &measured(artifact))
}

fn measured(artifact: &[u8]) -> Measured {
    Measured::of(MeasuredArtifact {
        reference: "artifact".into(),
        name: "artifact".into(),
        form: Form::File,
        digests: MeasuredDigests {
            sha256: Sha256Digest::of(artifact),
            sha512: Some(Sha512Digest::of(artifact)),
        },
        identity: Vec::new(),
        asked: None,
        contents: Got::not_asked(),
    })
}

/// B33: what was seen under one root, at one time or of one line says nothing under another.
#[test]
fn b33_what_was_seen_changes_no_report_of_a_real_bundle() {
    let Some((dir, reals)) = reals("b33_what_was_seen_changes_no_report_of_a_real_bundle") else { return };
    let roots = [
        vec![SigstoreRoot::public_good().unwrap()],
        vec![SigstoreRoot::github().unwrap()],
        vec![SigstoreRoot::github().unwrap(), SigstoreRoot::public_good().unwrap()],
        Vec::new(),
    ];
    let mut seen = Seen::default();
    let (mut held, mut refused) = (0, 0);
    for round in 0..3 {
        for real in &reals {
            let Some((Some(issuer), subject)) = signer(real) else { continue };
            let Some(bytes) = artifact(&dir, real) else { continue };
            let honest = std::fs::read(dir.join(&real.file)).unwrap();
            let bent =
                String::from_utf8(honest.clone()).unwrap().replacen("\"signatures\"", " \"signatures\"", 1);
            let policy = policy(subject, issuer, real).unwrap();
            for (roots, now) in
                roots.iter().zip([now(), "2020-01-01T00:00:00Z".parse().unwrap()].iter().cycle())
            {
                for bundle in [&honest, &bent.clone().into_bytes()] {
                    let trust = Trust { sigstore: roots.clone(), keys: Vec::new() };
                    let without = reported(bundle, &bytes, |c, m| verify(c, m, &trust, &policy, *now));
                    let with =
                        reported(bundle, &bytes, |c, m| verify_again(c, m, &trust, &policy, *now, &mut seen));
                    assert_eq!(with.document(), without.document(), "{} in round {round}", real.file);
                    let holds = with.steps().signature.is_passed();
                    (held, refused) = (held + usize::from(holds), refused + usize::from(!holds));
                }
            }
        }
    }
    assert!(held > 10 && refused > 10, "{held} held, {refused} were refused");
}

/// A key's window is held against the time that the log vouches for, and not against now.
#[test]
fn b16_a_window_is_judged_at_the_verified_time() {
    let Some((dir, reals)) = reals("b16_a_window_is_judged_at_the_verified_time") else { return };
    let real =
        reals.iter().find(|real| real.file == "npm-gundam-visor-cli-v1-tag.publish.sigstore.json").unwrap();
    let bundle = std::fs::read(dir.join(&real.file)).unwrap();
    let bytes = artifact(&dir, real).unwrap();
    let logged: i64 = serde_json::from_slice::<Value>(&bundle).unwrap()["verificationMaterial"]["tlogEntries"][0]
        ["integratedTime"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let at = |offset: i64| Timestamp::from_second(logged + offset).unwrap();
    let with = |window: KeyWindow| {
        let signer = FlagSigner::Key(key(&dir, real).unwrap().with_window(window));
        let npm = "https://github.com/npm/attestation/tree/main/specs/publish/v0.1";
        let policy =
            Policy::flags(FlagsPolicy { require: vec![npm.into()], ..FlagsPolicy::of(signer) }).unwrap();
        match report(&bundle, &bytes, policy, root(real)).verdict() {
            Verdict::Deny(findings) => findings.first().code.id,
            other => panic!("{other:?}"),
        }
    };
    let open = KeyWindow::default();
    for (window, code) in [
        (open, "manifest/missing"),
        (KeyWindow { not_before: Some(at(0)), not_after: Some(at(0)), ..open }, "manifest/missing"),
        (KeyWindow { not_before: Some(at(1)), ..open }, "identity/key-not-yet-valid"),
        (KeyWindow { not_after: Some(at(-1)), ..open }, "identity/key-expired"),
        (KeyWindow { compromised_since: Some(at(1)), ..open }, "manifest/missing"),
        (KeyWindow { compromised_since: Some(at(0)), ..open }, "identity/key-compromised"),
    ] {
        assert_eq!(with(window), code, "{window:?}");
    }
}

/// A bundle of the suite that verifies, with its own trust root, as JSON to be bent.
fn v2_case(test: &str) -> Option<(Value, Value)> {
    let dir = shared_data(test, "sigstore-conformance-bundle-verify")?.join("rekor2-dsse-happy-path");
    let read = |file: &str| serde_json::from_slice(&std::fs::read(dir.join(file)).unwrap()).unwrap();
    Some((read("bundle.sigstore.json"), read("trusted_root.json")))
}

fn v2(bundle: &Value, root: &Value) -> Result<(), ArtifactError> {
    let root = SigstoreRoot::from_json(root.to_string().as_bytes()).unwrap();
    let a_txt = "sha256:a0cfc71271d6e278e57cd332ff957c3f7043fdda354c4cbb190a30d56efa01bf";
    let expected = Expected::Identity {
        subject: "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main",
        issuer: Some(GITHUB_ACTIONS),
    };
    authenticate_artifact(
        bundle.to_string().as_bytes(),
        Artifact::Sha256(a_txt.strip_prefix("sha256:").unwrap().parse().unwrap()),
        &root,
        expected,
        LogEvidence::InclusionProofRequired,
        now(),
    )
    .map(drop)
}

#[track_caller]
fn refused(found: Result<(), ArtifactError>, code: &str) {
    match found {
        Err(ArtifactError::Authenticate(error)) => assert_eq!(error.code().id, code, "{error}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_proof_cut_out_and_an_older_media_type_are_no_way_down() {
    let test = "a_proof_cut_out_and_an_older_media_type_are_no_way_down";
    let Some(dir) = shared_data(test, "sigstore-real-bundles") else { return };
    let file = "misc-conda-attestation.sigstore.json";
    let mut bundle: Value = serde_json::from_slice(&std::fs::read(dir.join(file)).unwrap()).unwrap();
    bundle["mediaType"] = "application/vnd.dev.sigstore.bundle+json;version=0.1".into();
    let material = bundle["verificationMaterial"].as_object_mut().unwrap();
    material["tlogEntries"][0].as_object_mut().unwrap().remove("inclusionProof").unwrap();

    let (_, issuer, subject) = SIGNERS[0];
    let found = |evidence| {
        let digest = "54303491a8418fbed24344b513546182c29b43bf282ceb433af65e2299f9271f".parse().unwrap();
        let expected = Expected::Identity { subject, issuer };
        let root = SigstoreRoot::public_good().unwrap();
        let bytes = bundle.to_string();
        authenticate_artifact(bytes.as_bytes(), Artifact::Sha256(digest), &root, expected, evidence, now())
            .map(drop)
    };
    // What the crate alone would say.
    found(LogEvidence::PromiseAccepted).unwrap();
    refused(found(LogEvidence::InclusionProofRequired), "signature/no-inclusion-proof");
}

#[test]
fn the_root_and_not_the_bundle_says_what_must_be_there() {
    let Some((bundle, root)) = v2_case("the_root_and_not_the_bundle_says_what_must_be_there") else { return };
    v2(&bundle, &root).unwrap();

    let mut bent = bundle.clone();
    bent["verificationMaterial"]["tlogEntries"] = Value::Array(Vec::new());
    refused(v2(&bent, &root), "signature/no-log-entry");

    let mut bent = bundle.clone();
    bent["verificationMaterial"]["timestampVerificationData"] = Value::Null;
    refused(v2(&bent, &root), "signature/timestamp");

    // A root without a log asks for a timestamp instead, and knows no entry.
    let mut no_log = root.clone();
    no_log["tlogs"] = Value::Array(Vec::new());
    refused(v2(&bundle, &no_log), "signature/log-entry");
    let mut bent = bundle;
    bent["verificationMaterial"]["tlogEntries"] = Value::Array(Vec::new());
    v2(&bent, &no_log).unwrap();
}

#[test]
fn the_key_of_a_log_counts_within_its_window_only() {
    let Some((bundle, root)) = v2_case("the_key_of_a_log_counts_within_its_window_only") else { return };
    let with_end = |end: &str| {
        let mut root = root.clone();
        for log in root["tlogs"].as_array_mut().unwrap() {
            log["publicKey"]["validFor"] = serde_json::json!({ "start": "2020-01-01T00:00:00Z", "end": end });
        }
        root
    };
    v2(&bundle, &with_end("2026-11-01T00:00:00Z")).unwrap();
    // The crate alone accepts this one: of an entry without a time of its own it asks the log's key nothing.
    refused(v2(&bundle, &with_end("2021-01-01T00:00:00Z")), "signature/log-entry");
}

#[test]
fn b03_no_byte_that_is_signed_can_be_changed() {
    let Some((bundle, root)) = v2_case("b03_no_byte_that_is_signed_can_be_changed") else { return };
    for pointer in [
        "/verificationMaterial/certificate/rawBytes",
        "/verificationMaterial/tlogEntries/0/canonicalizedBody",
        "/verificationMaterial/timestampVerificationData/rfc3161Timestamps/0/signedTimestamp",
        "/dsseEnvelope/payload",
        "/dsseEnvelope/signatures/0/sig",
    ] {
        let text = bundle.pointer(pointer).unwrap().as_str().unwrap().to_owned();
        for at in (4..text.len() - 4).step_by(text.len() / 24 + 1) {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let mut bent = bundle.clone();
            *bent.pointer_mut(pointer).unwrap() = String::from_utf8(bytes).unwrap().into();
            assert!(v2(&bent, &root).is_err(), "{pointer} at {at}");
        }
    }
}

/// What certificates of real builds say, read from them with openssl.
#[test]
fn b58_claims_of_real_certificates_are_read_whole() {
    let Some((dir, reals)) = reals("b58_claims_of_real_certificates_are_read_whole") else { return };
    let identity = |file: &str| {
        let real = reals.iter().find(|real| real.file == file).unwrap();
        match signer_of(&dir, real) {
            Signer::Certificate { identity, .. } => identity,
            Signer::Key { .. } => panic!("{file}: a key"),
        }
    };
    let github = identity("npm-provenance-npm-test-ossf.provenance.sigstore.json");
    let workload = &github.workload;
    assert_eq!(workload.issuer_kind, IssuerKind::GithubActions);
    assert_eq!(workload.repository.as_deref(), Some("https://github.com/laurentsimon/provenance-npm-test"));
    assert_eq!(workload.repository_id.as_deref(), Some("602223945"));
    assert_eq!(workload.owner.as_deref(), Some("https://github.com/laurentsimon"));
    assert_eq!(workload.owner_id.as_deref(), Some("64505099"));
    assert_eq!(workload.reference.as_deref(), Some("refs/heads/main"));
    assert_eq!(workload.commit.as_deref(), Some("34490b44db557f009617bcb92b8780f972c189ab"));
    assert_eq!(workload.trigger.as_deref(), Some("workflow_dispatch"));
    assert_eq!(workload.runner, Some(Runner::Hosted));
    // The workflow that was started and the one that it called and that signed: two repositories.
    let workflow = workload.workflow.as_ref().unwrap();
    assert_eq!(workflow.repository, "https://github.com/laurentsimon/provenance-npm-test");
    assert_eq!(workflow.path, ".github/workflows/release-slsa3.yml");
    let called = workload.signer_workflow.as_ref().unwrap();
    assert_eq!(called.repository, "https://github.com/slsa-framework/slsa-github-generator");
    assert_eq!(called.path, ".github/workflows/delegator_lowperms-generic_slsa3.yml");
    assert_eq!(called.reference, "refs/tags/v1.6.0");
    assert_eq!(called.commit.as_deref(), Some("0779f7bec68e2bf54a7b0a32bf4763f25ab29702"));
    assert_eq!(github.deprecated_claims["githubWorkflowName"], "SLSA 3 Publish Package to npmjs");
    assert_eq!(github.deprecated_claims["githubWorkflowRepository"], "laurentsimon/provenance-npm-test");
    assert_eq!(github.claims["sourceRepositoryURI"], "https://github.com/laurentsimon/provenance-npm-test");

    let gitlab = identity("pypi-gitlab_oidc_project-0.0.3.tar.gz.publish.attestation.sigstore.json");
    let workload = &gitlab.workload;
    assert_eq!(workload.issuer_kind, IssuerKind::GitlabCi);
    assert_eq!(workload.repository_id.as_deref(), Some("55235664"));
    assert_eq!(workload.owner_id.as_deref(), Some("12885801"));
    assert_eq!(workload.workflow.as_ref().unwrap().path, ".gitlab-ci.yml");
    assert_eq!(
        workload.run.as_deref(),
        Some("https://gitlab.com/facutuesca/gitlab-oidc-project/-/jobs/8415754949")
    );
    assert_eq!(workload.visibility, Some(Visibility::Private));
    assert!(gitlab.deprecated_claims.is_empty());

    let person = identity("misc-cosign-v3-blob.sigstore.json");
    assert_eq!(person.workload.issuer_kind, IssuerKind::Email);
    assert!(person.claims.is_empty() && person.workload.repository.is_none());

    let release = identity("misc-github-private-attestation.sigstore.json");
    assert_eq!((release.issuer.as_deref(), release.workload.issuer_kind), (None, IssuerKind::Other));
    assert!(release.claims.is_empty());
}
