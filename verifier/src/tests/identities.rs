//! What the policy's entries say of certificates that no simulator makes.

use std::collections::BTreeMap;

use mcpsign_schemas::code;
use mcpsign_schemas::workload::{SubjectKind, Workload};

use crate::authenticate::{CertificateIdentity, Subject};
use crate::policy::{Difference, Policy, Who};

const RELEASES: &str = "https://dotcom.releases.github.com";

fn differences(issuer: &str, found_issuer: Option<&str>, root: Option<&str>) -> Vec<code::Code> {
    let policy = format!(
        "schema: mcpsign.dev/policy/v1\nname: p\nsigners:\n  - name: releases\n    identity: {{ issuer: '{issuer}', subject: '{RELEASES}', trustRoot: github }}\n    predicates: [https://in-toto.io/attestation/release/v0.2, https://mcpsign.dev/tool-manifest/v1]\n    kinds: [publisher]\nrules:\n  - name: r\n    match: any-server\n    signers: [releases]\n    require:\n      predicates: [https://mcpsign.dev/tool-manifest/v1]\n      manifest: {{ comparison: subset, observation: if-given, binding: command, capture: any-form, resources: ignore }}\n      sbom: if-bound\n"
    );
    let policy = Policy::load(policy.as_bytes(), "p.yaml").unwrap();
    let (_, signer) = policy.signers().next().unwrap();
    let Who::Identity(identity) = &signer.who else { panic!("{signer:?}") };
    let found = CertificateIdentity {
        subject: Some(Subject { kind: SubjectKind::Uri, name: RELEASES.into() }),
        issuer: found_issuer.map(str::to_owned),
        claims: BTreeMap::new(),
        deprecated_claims: BTreeMap::new(),
        workload: Workload::of(found_issuer, Some((SubjectKind::Uri, RELEASES)), &BTreeMap::new()),
    };
    identity.differences(&found, root).iter().map(|difference: &Difference| difference.code).collect()
}

/// GitHub's certificates for releases name no issuer: that is to be written, and means nothing else.
#[test]
fn b22_no_issuer_is_one_that_is_written() {
    let github = Some("github");
    assert_eq!(differences("none", None, github), []);
    for found in [Some("none"), Some(""), Some("https://issuer.example")] {
        assert_eq!(differences("none", found, github), [code::identity::ISSUER_MISMATCH], "{found:?}");
    }
    assert_eq!(differences("https://issuer.example", None, github), [code::identity::ISSUER_MISMATCH]);
}

/// An instance that nobody named could vouch for anybody.
#[test]
fn b02_the_trust_root_is_the_one_that_is_named() {
    for root in [Some("public-good"), Some("GitHub"), Some(""), None] {
        assert_eq!(differences("none", None, root), [code::identity::TRUST_ROOT_MISMATCH], "{root:?}");
    }
}
