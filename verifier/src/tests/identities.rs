//! What the policy's entries say of certificates that no simulator makes.

use std::collections::BTreeMap;

use mcpsign_schemas::code;
use mcpsign_schemas::workload::{SubjectKind, Workload};

use crate::authenticate::{CertificateIdentity, Subject};
use crate::policy::{Difference, Policy, Who};

const RELEASES: &str = "https://dotcom.releases.github.com";

fn differences(issuer: &str, found_issuer: Option<&str>, roots: &[&str]) -> Vec<code::Code> {
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
    identity.differences(&found, roots).iter().map(|difference: &Difference| difference.code).collect()
}

/// GitHub's certificates for releases name no issuer: that is to be written, and means nothing else.
#[test]
fn b22_no_issuer_is_one_that_is_written() {
    let github = &["github"][..];
    assert_eq!(differences("none", None, github), []);
    for found in [Some("none"), Some(""), Some("https://issuer.example")] {
        assert_eq!(differences("none", found, github), [code::identity::ISSUER_MISMATCH], "{found:?}");
    }
    assert_eq!(differences("https://issuer.example", None, github), [code::identity::ISSUER_MISMATCH]);
}

/// An instance that nobody named could vouch for anybody.
#[test]
fn b02_the_trust_root_is_the_one_that_is_named() {
    for roots in [&["public-good"][..], &["GitHub"], &[""], &["public-good", "other"], &[]] {
        assert_eq!(differences("none", None, roots), [code::identity::TRUST_ROOT_MISMATCH], "{roots:?}");
    }
    for roots in [&["github"][..], &["github", "other"], &["other", "github"]] {
        assert_eq!(differences("none", None, roots), [], "{roots:?}");
    }
}

/// Differences of a certificate with this subject and these claims from an entry of that subject alone.
fn called(subject: &str, claims: &[(&'static str, &str)]) -> Vec<code::Code> {
    let policy = format!(
        "schema: mcpsign.dev/policy/v1\nname: p\nsigners:\n  - name: ci\n    identity: {{ issuer: '{GITHUB}', subject: '{subject}' }}\n    predicates: [https://mcpsign.dev/tool-manifest/v1]\n    kinds: [publisher]\nrules:\n  - name: r\n    match: any-server\n    signers: [ci]\n    require:\n      predicates: [https://mcpsign.dev/tool-manifest/v1]\n      manifest: {{ comparison: subset, observation: if-given, binding: command, capture: any-form, resources: ignore }}\n      sbom: if-bound\n"
    );
    let policy = Policy::load(policy.as_bytes(), "p.yaml").unwrap();
    let (_, signer) = policy.signers().next().unwrap();
    let Who::Identity(identity) = &signer.who else { panic!("{signer:?}") };
    let (old, new): (Vec<_>, Vec<_>) = claims.iter().partition(|(name, _)| name.starts_with("github"));
    let map = |claims: Vec<&(&'static str, &str)>| -> BTreeMap<&'static str, String> {
        claims.into_iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
    };
    let claims = map(new);
    let found = CertificateIdentity {
        subject: Some(Subject { kind: SubjectKind::Uri, name: subject.into() }),
        issuer: Some(GITHUB.into()),
        workload: Workload::of(Some(GITHUB), Some((SubjectKind::Uri, subject)), &claims),
        claims,
        deprecated_claims: map(old),
    };
    identity.differences(&found, &[]).iter().map(|difference: &Difference| difference.code).collect()
}

const GITHUB: &str = "https://token.actions.githubusercontent.com";

/// A workflow that anybody may call is its own repository's, from whatever its caller took it.
#[test]
fn i10_a_called_workflow_speaks_for_its_own_repository_alone() {
    use mcpsign_schemas::workload::claim::{BUILD_SIGNER_URI, OLD_REPOSITORY, SOURCE_REPOSITORY_URI};

    let other = vec![code::identity::REPOSITORY_MISMATCH];
    let commit = "0123456789abcdef0123456789abcdef01234567";
    for from in ["refs/tags/v1.4.0", "v1", "main", commit] {
        let subject = format!("https://github.com/acme/notes/.github/workflows/release.yml@{from}");
        for with_claim in [true, false] {
            let is_of = |claim: &'static str, repository: &str| {
                let signer = with_claim.then_some((BUILD_SIGNER_URI, subject.as_str()));
                let claims: Vec<_> = signer.into_iter().chain([(claim, repository)]).collect();
                called(&subject, &claims)
            };
            for own in ["https://github.com/acme/notes", "https://github.com/Acme/Notes"] {
                assert_eq!(is_of(SOURCE_REPOSITORY_URI, own), [], "{subject}");
            }
            for evil in [
                "https://github.com/evil/x",
                "https://github.com/evil/x?",
                "HTTPS://github.com/evil/x",
                "https://github.com/acme/notes2",
                "acme/notes.git",
                "",
            ] {
                assert_eq!(is_of(SOURCE_REPOSITORY_URI, evil), other, "{subject} for {evil}");
            }
            assert_eq!(is_of(OLD_REPOSITORY, "acme/notes"), []);
            assert_eq!(is_of(OLD_REPOSITORY, "evil/x"), other);
        }
        // Nothing says what was built.
        assert_eq!(called(&subject, &[]), []);
    }
    let gitlab = format!("https://gitlab.com/acme/tools/notes//ci/release.yml@{commit}");
    assert_eq!(called(&gitlab, &[(SOURCE_REPOSITORY_URI, "https://gitlab.com/acme/tools/notes")]), []);
    assert_eq!(called(&gitlab, &[(SOURCE_REPOSITORY_URI, "https://gitlab.com/evil/x")]), other);
    let pipeline = "https://buildkite.com/acme/notes";
    assert_eq!(called(pipeline, &[(SOURCE_REPOSITORY_URI, "https://github.com/acme/notes")]), []);
}
