//! Verifying one bundle in process, against the floor: the sum of its signature checks by the same library in the same
//! run. Aim: at most 1.3 × floor, plus parsing.
//!
//! `cargo bench -p mcpsign-verifier`. The bundles with certificates come from `shared/data` beside the checkout and are
//! skipped where that is absent.

// A bench reads its data from files and is no part of the verifier.
#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::print_stderr, missing_docs)]

#[allow(dead_code)] // Shared with the tests, which use more of it.
#[path = "../src/testing.rs"]
mod testing;

use std::hint::black_box;
use std::path::Path;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    self, ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1,
    ECDSA_P384_SHA384_ASN1_SIGNING, ED25519, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair,
    KeyPair as _, UnparsedPublicKey, VerificationAlgorithm,
};
use criterion::{Criterion, criterion_group, criterion_main};
use mcpsign_schemas::code;
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_verifier::bundle::{Artifact, Expected, LogEvidence, authenticate_artifact};
use mcpsign_verifier::policy::{FlagSigner, FlagsPolicy, Policy};
use mcpsign_verifier::{
    Claims, Form, Gap, Got, Measured, MeasuredArtifact, RawLine, SigstoreRoot, TimePolicy, Trust, TrustedKey,
    Unverified, Verdict, verify,
};

criterion_group!(benches, key_only, certificate_v1, certificate_v2);
criterion_main!(benches);

/// One tool manifest of two tools, signed by a key: one P-256 check.
fn key_only(c: &mut Criterion) {
    let key = testing::Key::generate();
    let mut release = testing::Release::honest();
    release.manifest.bindings = Default::default();
    let line = key.bundle(&release.manifest_payload());
    let raw = || RawLine { source: "evidence".into(), line: 1, bytes: &line };
    let claims = Claims { lines: vec![raw()], over_budget: None };
    let measured = Measured {
        subject: MeasuredArtifact {
            reference: "a".into(),
            name: "a".into(),
            form: Form::File,
            digests: release.digests(),
            identity: vec![release.identity()],
            asked: None,
        },
        observed: Got::Missing(Gap { code: code::evidence::NOT_LOOKED_AT, message: "not asked".into() }),
    };
    let trusted =
        TrustedKey::from_pem("k", key.pem().as_bytes(), TimePolicy::AllowUnverified).expect("a key");
    let policy = Policy::flags(FlagsPolicy { signer: FlagSigner::Key(trusted), require: Vec::new() })
        .expect("a policy");
    let now = "2026-11-22T00:00:00Z".parse().expect("a time");
    let trust = Trust::default();
    assert!(matches!(verify(&claims, &measured, &trust, &policy, now).verdict(), Verdict::Allow(_)));

    let check = Check::p256(release.manifest_payload().len());
    let mut group = c.benchmark_group("key-only");
    group.bench_function("floor: 1 × P-256", |b| b.iter(|| check.run()));
    group.bench_function("parsing", |b| b.iter(|| Unverified::parse(black_box(&raw())).expect("a bundle")));
    group
        .bench_function("verify", |b| b.iter(|| verify(black_box(&claims), &measured, &trust, &policy, now)));
    group.finish();
}

/// Public-good certificate, Rekor v1: leaf P-384; SCT, signed entry timestamp, checkpoint and envelope P-256.
fn certificate_v1(c: &mut Criterion) {
    let checks =
        vec![Check::p384(800), Check::p256(800), Check::p256(3000), Check::p256(200), Check::p256(4000)];
    certificate(c, "certificate, Rekor v1", "happy-path-intoto-in-dsse-v3", &checks);
}

/// The same with Rekor v2: checkpoint Ed25519, and a timestamp with its chain, P-384 each.
fn certificate_v2(c: &mut Criterion) {
    let checks = vec![
        Check::p384(800),
        Check::p256(800),
        Check::ed25519(200),
        Check::p256(4000),
        Check::p384(300),
        Check::p384(600),
    ];
    certificate(c, "certificate, Rekor v2 and timestamp", "rekor2-dsse-happy-path", &checks);
}

fn certificate(c: &mut Criterion, name: &str, case: &str, checks: &[Check]) {
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/sigstore-conformance-bundle-verify");
    let Ok(bundle) = std::fs::read(root.join(case).join("bundle.sigstore.json")) else {
        eprintln!("SKIPPED {name}: {} is missing", root.display());
        return;
    };
    let text = |file: &str| std::fs::read_to_string(root.join(case).join(file)).ok();
    let trusted_root = match text("trusted_root.json") {
        Some(json) => SigstoreRoot::from_json(json.as_bytes()),
        None => SigstoreRoot::public_good(),
    }
    .expect("a trust root");
    let artifact = std::fs::read(root.join("a.txt")).expect("the artifact");
    let digest = Sha256Digest::of(&artifact);
    let subject = text("identity").unwrap_or_else(|| "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main".into());
    let issuer = text("issuer").unwrap_or_else(|| "https://token.actions.githubusercontent.com".into());
    let expected = Expected::Identity { subject: subject.trim(), issuer: Some(issuer.trim()) };
    let now = "2026-11-22T00:00:00Z".parse().expect("a time");
    let authenticate = || {
        authenticate_artifact(
            black_box(&bundle),
            Artifact::Sha256(digest),
            &trusted_root,
            expected,
            LogEvidence::InclusionProofRequired,
            now,
        )
    };
    if let Err(error) = authenticate() {
        eprintln!("SKIPPED {name}: {error}");
        return;
    }
    let raw = || RawLine { source: "evidence".into(), line: 1, bytes: &bundle };
    let mut group = c.benchmark_group(name);
    group.bench_function(format!("floor: {} signature checks", checks.len()), |b| {
        b.iter(|| checks.iter().for_each(Check::run));
    });
    group.bench_function("parsing", |b| b.iter(|| Unverified::parse(black_box(&raw())).expect("a bundle")));
    group.bench_function("authenticate", |b| b.iter(|| authenticate().expect("it authenticates")));
    group.finish();
}

/// One signature check of a kind, over a message of about the length that it has in a bundle.
struct Check {
    algorithm: &'static dyn VerificationAlgorithm,
    key: Vec<u8>,
    message: Vec<u8>,
    signature: Vec<u8>,
}

impl Check {
    fn p256(length: usize) -> Self {
        Self::ecdsa(&ECDSA_P256_SHA256_ASN1_SIGNING, &ECDSA_P256_SHA256_ASN1, length)
    }

    fn p384(length: usize) -> Self {
        Self::ecdsa(&ECDSA_P384_SHA384_ASN1_SIGNING, &ECDSA_P384_SHA384_ASN1, length)
    }

    fn ecdsa(
        signing: &'static EcdsaSigningAlgorithm,
        algorithm: &'static dyn VerificationAlgorithm,
        length: usize,
    ) -> Self {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(signing, &random).expect("a key");
        let pair = EcdsaKeyPair::from_pkcs8(signing, pkcs8.as_ref()).expect("a key");
        let message = vec![7; length];
        let signature = pair.sign(&random, &message).expect("a signature").as_ref().to_vec();
        Self { algorithm, key: pair.public_key().as_ref().to_vec(), message, signature }
    }

    fn ed25519(length: usize) -> Self {
        let pair = Ed25519KeyPair::generate().expect("a key");
        let message = vec![7; length];
        let signature: signature::Signature = pair.sign(&message);
        let key = pair.public_key().as_ref().to_vec();
        Self { algorithm: &ED25519, key, signature: signature.as_ref().to_vec(), message }
    }

    fn run(&self) {
        UnparsedPublicKey::new(self.algorithm, &self.key)
            .verify(black_box(&self.message), &self.signature)
            .expect("it verifies");
    }
}
