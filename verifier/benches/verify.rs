//! Verifying one bundle in process, against the floor: the sum of its signature checks by the same library in the same
//! run. Aim: at most 1.3 × floor, plus parsing.
//!
//! The floor is what cannot be left out, over messages as long as they are in these bundles: the certificate by its issuer;
//! its log's receipt; the log's promise, which covers the time; the checkpoint; the envelope; the authority's token. Who
//! issued the certificate is an anchor of the trust root: nothing is signed above it that would have to be looked at. A
//! timestamp authority is asked for its own certificate with each token, as the library has it; the root could say it once.
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
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use jiff::Timestamp;
use mcpsign_schemas::digest::{MeasuredDigests, Sha256Digest};
use mcpsign_schemas::purl::PackageIdentity;
use mcpsign_verifier::bundle::{Artifact, Expected, LogEvidence, authenticate_artifact};
use mcpsign_verifier::policy::{FlagSigner, FlagsPolicy, Policy};
use mcpsign_verifier::{
    Claims, Form, Got, Measured, MeasuredArtifact, RawLine, Seen, SigstoreRoot, TimePolicy, Trust,
    TrustedKey, Unverified, Verdict, verify, verify_again,
};

criterion_group!(benches, key_only, policies, certificate_v1, certificate_v2, both_cores);
criterion_main!(benches);

/// One tool manifest of two tools, signed by a key: one P-256 check.
fn key_only(c: &mut Criterion) {
    let key = testing::Key::generate();
    let mut release = testing::Release::honest();
    release.manifest.bindings = Default::default();
    let line = key.bundle(&release.manifest_payload());
    let raw = || RawLine { source: "evidence".into(), line: 1, bytes: &line };
    let claims = Claims { lines: vec![raw()], over_budget: None };
    let measured = measured(release.digests(), vec![release.identity()]);
    let trusted =
        TrustedKey::from_pem("k", key.pem().as_bytes(), TimePolicy::AllowUnverified).expect("a key");
    let policy = Policy::flags(FlagsPolicy::of(FlagSigner::Key(trusted))).expect("a policy");
    let (now, trust) = (now(), Trust::default());
    assert!(matches!(verify(&claims, &measured, &trust, &policy, now).verdict(), Verdict::Allow(_)));

    let check = Check::p256(release.manifest_payload().len());
    let mut group = c.benchmark_group("key-only");
    group.bench_function("floor: 1 × P-256", |b| b.iter(|| check.run()));
    group.bench_function("parsing", |b| b.iter(|| Unverified::parse(black_box(&raw())).expect("a bundle")));
    group
        .bench_function("verify", |b| b.iter(|| verify(black_box(&claims), &measured, &trust, &policy, now)));
    group.finish();
}

/// A policy of 50 rules: loading it, and one verdict by its last rule. Aim: at most 50 µs beyond the signature, the floor.
fn policies(c: &mut Criterion) {
    let key = testing::Key::generate();
    let mut release = testing::Release::honest();
    release.manifest.bindings = Default::default();
    let line = key.bundle(&release.manifest_payload());
    let raw = || RawLine { source: "evidence".into(), line: 1, bytes: &line };
    let claims = Claims { lines: vec![raw()], over_budget: None };
    let measured = measured(release.digests(), vec![release.identity()]);
    let (now, trust) = (now(), Trust::default());
    let check = Check::p256(release.manifest_payload().len());
    let mut group = c.benchmark_group("policy of 50 rules");
    group.bench_function("floor: 1 × P-256", |b| b.iter(|| check.run()));
    for (name, more) in [
        ("plain", ""),
        ("tools", "      tools: { atMost: 40, names: { deny: [exec, shell] } }\n"),
        ("lint", "      lint: { severity: error }\n"),
        (
            "conditions",
            "      conditions: [{ name: a, expression: \"tools.all(t, t.destructive || size(t.parameters) < 9) && manifest.kind == 'publisher'\" }]\n",
        ),
    ] {
        let text = fifty_rules(&key, more);
        let load = || Policy::load(black_box(text.as_bytes()), "p.yaml").expect("a policy");
        let policy = load();
        let once = || verify(black_box(&claims), &measured, &trust, &policy, now);
        assert!(matches!(once().verdict(), Verdict::Allow(_)), "{:?}", once().verdict());
        group.bench_function(format!("load, {name}"), |b| b.iter(load));
        group.bench_function(format!("verdict, {name}"), |b| b.iter(once));
    }
    group.finish();
}

fn fifty_rules(key: &testing::Key, more: &str) -> String {
    let pem: String = key.pem().lines().map(|line| format!("      {line}\n")).collect();
    let rules = (1..=50).map(|at| {
        let package = if at == 50 { "pkg:npm/%40acme/*".to_owned() } else { format!("pkg:npm/%40other{at}/*") };
        format!(
            "  - name: rule-{at}
    match: {{ package: \"{package}\" }}
    signers: [acme]
    require:
      predicates: [https://mcpsign.dev/tool-manifest/v1]
      manifest: {{ comparison: subset, observation: if-given, binding: command, capture: any-form, resources: ignore }}
      sbom: if-bound
{more}"
        )
    });
    format!(
        "schema: mcpsign.dev/policy/v1
name: fifty
keys:
  - name: acme
    publicKey: |
{pem}    time: allow-unverified
signers:
  - name: acme
    key: acme
    kinds: [publisher]
    predicates: [https://mcpsign.dev/tool-manifest/v1]
rules:
{}",
        rules.collect::<String>()
    )
}

/// Public-good certificate, Rekor v1: leaf P-384; receipt, checkpoint, promise and envelope P-256.
fn certificate_v1(c: &mut Criterion) {
    certificate(c, "certificate, Rekor v1", "happy-path-intoto-in-dsse-v3", &checks_v1());
}

fn checks_v1() -> [Check; 5] {
    [Check::p384(1990), Check::p256(1890), Check::p256(95), Check::p256(5870), Check::p256(1050)]
}

/// The same with Rekor v2: checkpoint Ed25519, and a timestamp with its chain, P-384 each.
fn certificate_v2(c: &mut Criterion) {
    let checks = vec![
        Check::p384(2000),
        Check::p256(1900),
        Check::ed25519(87),
        Check::p256(470),
        Check::p384(255),
        Check::p384(410),
    ];
    certificate(c, "certificate, Rekor v2 and timestamp", "rekor2-dsse-happy-path", &checks);
}

/// The first three of `checks` are certificate, receipt and checkpoint: the floor is less where these were seen.
fn certificate(c: &mut Criterion, name: &str, case: &str, checks: &[Check]) {
    let Some(case) = Case::load(name, case) else { return };
    let raw = || RawLine { source: "evidence".into(), line: 1, bytes: &case.bundle };
    let (claims, trust) = (
        Claims { lines: vec![raw()], over_budget: None },
        Trust { sigstore: vec![case.root.clone()], keys: Vec::new() },
    );
    let signer =
        FlagSigner::Identity { subject: case.subject.clone(), issuer: case.issuer.clone(), repository: None };
    let policy = Policy::flags(FlagsPolicy::of(signer)).expect("a policy");
    let measured = measured(MeasuredDigests { sha256: case.digest, sha512: None }, Vec::new());
    let (now, mut seen) = (now(), Seen::default());
    let mut group = c.benchmark_group(name);
    group.bench_function(format!("floor: {} signature checks", checks.len()), |b| {
        b.iter(|| checks.iter().for_each(Check::run));
    });
    group.bench_function("parsing", |b| b.iter(|| Unverified::parse(black_box(&raw())).expect("a bundle")));
    group.bench_function("authenticate", |b| b.iter(|| case.authenticate()));
    group
        .bench_function("verify", |b| b.iter(|| verify(black_box(&claims), &measured, &trust, &policy, now)));
    group.bench_function("verify again", |b| {
        b.iter(|| verify_again(black_box(&claims), &measured, &trust, &policy, now, &mut seen));
    });
    let new = checks.get(3..).unwrap_or_default();
    group.bench_function(format!("floor of another line: {} signature checks", new.len()), |b| {
        b.iter(|| new.iter().for_each(Check::run));
    });
    // White space makes it another line, of which certificate and checkpoint were seen.
    let mut number = 0_u32;
    let mut another = || {
        number += 1;
        let space = (0..16).map(|bit| if number >> bit & 1 == 0 { b' ' } else { b'\t' });
        case.bundle.iter().copied().chain(space).collect::<Vec<u8>>()
    };
    group.bench_function("verify another line", |b| {
        b.iter_batched(
            &mut another,
            |line| {
                let raw = RawLine { source: "evidence".into(), line: 1, bytes: &line };
                let claims = Claims { lines: vec![raw], over_budget: None };
                verify_again(black_box(&claims), &measured, &trust, &policy, now, &mut seen)
            },
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

/// A thousand bundles in one process, on one core and on two, beside their signature checks alone: these share nothing, and
/// what a second core adds to them is all that it can add.
fn both_cores(c: &mut Criterion) {
    let Some(case) = Case::load("both cores", "happy-path-intoto-in-dsse-v3") else { return };
    let checks = checks_v1();
    let mut group = c.benchmark_group("1000 bundles");
    group.sample_size(10);
    for threads in [1, 2] {
        let name = format!("floor on {threads}: 1000 × {} signature checks", checks.len());
        group.bench_function(name, |b| {
            b.iter(|| a_thousand_times(threads, || checks.iter().for_each(Check::run)));
        });
        group.bench_function(format!("on {threads}"), |b| {
            b.iter(|| a_thousand_times(threads, || case.authenticate()));
        });
    }
    group.finish();
}

fn a_thousand_times(threads: usize, run: impl Fn() + Sync) {
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| (0..1000 / threads).for_each(|_| run()));
        }
    });
}

fn now() -> Timestamp {
    "2026-11-22T00:00:00Z".parse().expect("a time")
}

fn measured(digests: MeasuredDigests, identity: Vec<PackageIdentity>) -> Measured {
    Measured::of(MeasuredArtifact {
        reference: "a".into(),
        name: "a".into(),
        form: Form::File,
        digests,
        identity,
        asked: None,
        contents: Got::not_asked(),
    })
}

/// A case of Sigstore's conformance suite.
struct Case {
    bundle: Vec<u8>,
    root: SigstoreRoot,
    digest: Sha256Digest,
    subject: String,
    issuer: String,
}

impl Case {
    fn load(name: &str, case: &str) -> Option<Self> {
        let suite = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../shared/data/sigstore-conformance-bundle-verify");
        let Ok(bundle) = std::fs::read(suite.join(case).join("bundle.sigstore.json")) else {
            eprintln!("SKIPPED {name}: {} is missing", suite.display());
            return None;
        };
        let text = |file: &str| std::fs::read_to_string(suite.join(case).join(file)).ok();
        let line = |file, default: &str| text(file).map_or_else(|| default.into(), |text| text.trim().into());
        let root = match text("trusted_root.json") {
            Some(json) => SigstoreRoot::from_json(json.as_bytes()),
            None => SigstoreRoot::public_good(),
        };
        let artifact = std::fs::read(suite.join("a.txt")).expect("the artifact");
        Some(Self {
            bundle,
            root: root.expect("a trust root"),
            digest: Sha256Digest::of(&artifact),
            subject: line(
                "identity",
                "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main",
            ),
            issuer: line("issuer", "https://token.actions.githubusercontent.com"),
        })
    }

    fn authenticate(&self) {
        let expected = Expected::Identity { subject: &self.subject, issuer: Some(&self.issuer) };
        authenticate_artifact(
            black_box(&self.bundle),
            Artifact::Sha256(self.digest),
            &self.root,
            expected,
            LogEvidence::InclusionProofRequired,
            now(),
        )
        .expect("it authenticates");
    }
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
