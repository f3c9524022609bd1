//! Several trust roots at once: a bundle holds against one of them whole, or not at all. And until when they count.

use std::time::Duration;

use mcpsign_evidence::trust::{self, Store};
use mcpsign_schemas::digest::{MeasuredDigests, Sha256Digest, Sha512Digest};
use mcpsign_schemas::report::{NotRunCause, ReportDocument, VerdictWord};
use mcpsign_verifier::policy::{FlagSigner, FlagsPolicy, Policy};
use mcpsign_verifier::{Claims, Form, Got, Measured, MeasuredArtifact, RawLine, SigstoreRoot, Trust, verify};
use serde_json::Value;

use crate::support::shared_data;

/// A GitHub workflow's certificate by the public-good instance, with log entry and log receipt.
const BUNDLE: &str = "pypi-pypi_attestations-0.0.19.tar.gz.slsa.attestation.sigstore.json";
const ISSUER: &str = "https://token.actions.githubusercontent.com";
const SUBJECT: &str =
    "https://github.com/trailofbits/pypi-attestations/.github/workflows/release.yml@refs/tags/v0.0.19";

/// What is said of the bundle under `roots`, given in JSON. It holds no tool manifest: where its signature holds, that
/// is what it is denied for.
fn said(test: &str, roots: &[&Value]) -> Option<ReportDocument> {
    let roots = roots.iter().map(|root| SigstoreRoot::from_json(root.to_string().as_bytes()).unwrap());
    said_at(test, roots.collect(), "2026-11-22T00:00:00Z")
}

fn said_at(test: &str, sigstore: Vec<SigstoreRoot>, now: &str) -> Option<ReportDocument> {
    let dir = shared_data(test, "sigstore-real-bundles")?;
    let bundle = std::fs::read(dir.join(BUNDLE)).unwrap();
    let payload: Value = serde_json::from_slice(&bundle).unwrap();
    let payload = payload["dsseEnvelope"]["payload"].as_str().unwrap();
    let payload: Value = serde_json::from_slice(&base64(payload)).unwrap();
    let digest = payload["subject"][0]["digest"]["sha256"].as_str().unwrap();
    let measured = Measured::of(MeasuredArtifact {
        reference: "artifact".into(),
        name: "artifact".into(),
        form: Form::File,
        digests: MeasuredDigests {
            sha256: digest.parse::<Sha256Digest>().unwrap(),
            sha512: None::<Sha512Digest>,
        },
        identity: Vec::new(),
        asked: None,
        contents: Got::not_asked(),
    });
    let signer = FlagSigner::Identity { subject: SUBJECT.into(), issuer: ISSUER.into(), repository: None };
    let policy = Policy::flags(FlagsPolicy {
        require: vec!["https://slsa.dev/provenance/v1".into()],
        ..FlagsPolicy::of(signer)
    })
    .unwrap();
    let trust = Trust { sigstore, keys: Vec::new() };
    let claims = Claims {
        lines: vec![RawLine { source: "evidence".into(), line: 1, bytes: &bundle }],
        over_budget: None,
    };
    Some(verify(&claims, &measured, &trust, &policy, now.parse().unwrap()).document())
}

fn base64(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).unwrap()
}

fn public_good() -> Value {
    serde_json::from_str(SigstoreRoot::PUBLIC_GOOD).unwrap()
}

fn github() -> Value {
    serde_json::from_str(SigstoreRoot::GITHUB).unwrap()
}

fn first(document: &ReportDocument) -> &'static str {
    document.findings[0].code.id
}

/// However long ago the program was built: what is built in counts until its repository's root expires, and not longer.
#[test]
fn what_is_built_in_counts_for_a_time() {
    let test = "what_is_built_in_counts_for_a_time";
    let folder = tempfile::tempdir().unwrap();
    let root = trust::load(&Store::at(folder.path()), "public-good").unwrap().root;
    let expires = root.origin().unwrap().tuf.unwrap().expires;
    let Some(document) = said_at(test, vec![root.clone()], &expires.to_string()) else { return };
    assert_eq!(first(&document), "manifest/missing");
    let after = expires.checked_add(Duration::from_secs(1)).unwrap().to_string();
    let document = said_at(test, vec![root], &after).unwrap();
    assert_eq!(document.verdict, VerdictWord::Undecided);
    let Some(NotRunCause::Gap { code, .. }) = document.stages.signature.cause else { panic!("no gap") };
    assert_eq!(code, "evidence/trust-root-expired");
    // A file that somebody named counts at all times.
    let document = said_at(test, vec![SigstoreRoot::public_good().unwrap()], "2090-01-01T00:00:00Z").unwrap();
    assert_eq!(first(&document), "manifest/missing");
}

#[test]
fn one_root_that_holds_is_enough_wherever_it_stands() {
    let test = "one_root_that_holds_is_enough_wherever_it_stands";
    let (good, other) = (public_good(), github());
    for roots in [&[&good][..], &[&good, &other], &[&other, &good], &[&other, &other, &good]] {
        let Some(document) = said(test, roots) else { return };
        assert_eq!(first(&document), "manifest/missing");
        assert_eq!(document.trust_roots.len(), roots.len());
    }
}

#[test]
fn no_root_that_holds_is_none_and_the_closest_says_why() {
    let test = "no_root_that_holds_is_none_and_the_closest_says_why";
    let Some(document) = said(test, &[&github()]) else { return };
    assert_eq!(first(&document), "signature/log-entry");
    // GitHub's names no log; one that knows the log and another authority gets further.
    let mut other_authority = public_good();
    other_authority["certificateAuthorities"] = github()["certificateAuthorities"].clone();
    for roots in [[&github(), &other_authority], [&other_authority, &github()]] {
        let document = said(test, &roots).unwrap();
        assert_eq!(first(&document), "signature/certificate");
    }
    assert_eq!(first(&said(test, &[]).unwrap()), "signature/no-trust-root");
}

/// Between them the two roots name all that the bundle needs, and neither names all of it.
#[test]
fn nothing_of_one_root_is_combined_with_another_s() {
    let test = "nothing_of_one_root_is_combined_with_another_s";
    let good = public_good();
    let mut other_authority = good.clone();
    other_authority["certificateAuthorities"] = github()["certificateAuthorities"].clone();
    let mut no_log = github();
    no_log["certificateAuthorities"] = good["certificateAuthorities"].clone();
    let without = |part: &str| {
        let mut root = good.clone();
        root[part].as_array_mut().unwrap().retain(|log| !is_used(log["baseUrl"].as_str().unwrap()));
        assert!(!root[part].as_array().unwrap().is_empty(), "{part}");
        root
    };
    for (one, other, code) in [
        (other_authority.clone(), no_log, "signature/certificate"),
        (without("tlogs"), other_authority.clone(), "signature/log-entry"),
        (without("ctlogs"), other_authority, "signature/certificate"),
    ] {
        for roots in [[&one, &other], [&other, &one]] {
            let Some(document) = said(test, &roots) else { return };
            assert_eq!(first(&document), code);
        }
    }
}

/// The logs whose entries and receipts the bundle holds.
fn is_used(url: &str) -> bool {
    url.ends_with("//rekor.sigstore.dev") || url.ends_with("/2022")
}
