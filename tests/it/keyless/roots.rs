//! Trust roots that say less, more or something else than they should.

use mcpsign_simulator::RootLie;
use mcpsign_verifier::policy::Policy;
use mcpsign_verifier::{RootOrigin, RootSource, SigstoreRoot, Trust, TrustRootError, Verdict, verify};

use super::{ALL, SIMULATOR, claims, evidence, github, measured, now, refusal, root};

fn loaded(lie: RootLie) -> Result<SigstoreRoot, TrustRootError> {
    SigstoreRoot::from_json(SIMULATOR.trusted_root_with(&[lie]).to_string().as_bytes())
}

#[test]
fn b19_a_root_of_nothing_and_a_key_of_nobodys_algorithm_are_refused() {
    assert!(matches!(loaded(RootLie::Empty), Err(TrustRootError::Empty)));
    assert!(matches!(loaded(RootLie::UnknownLogKey), Err(TrustRootError::Content(_))));
}

#[test]
fn b13_an_authority_without_certificates_is_refused_and_not_skipped() {
    assert!(matches!(loaded(RootLie::EmptyTsaChain), Err(TrustRootError::Content(_))));
}

#[test]
fn b09_a_log_that_stands_twice_is_refused() {
    assert!(matches!(loaded(RootLie::LogTwice), Err(TrustRootError::Content(_))));
    assert!(matches!(loaded(RootLie::CtLogTwice), Err(TrustRootError::Content(_))));
}

/// Without a log in the root there is none whose entries could count, and what an instance always gives is a timestamp.
#[test]
fn what_the_root_does_not_list_cannot_be_proven_by_it() {
    for setup in ALL {
        let found = refusal(setup, &[], &root(&[RootLie::NoLogs]), now());
        assert_eq!(found, Some("signature/log-entry"), "{setup:?}");
        // Certificates need no receipt of logs that there are none of.
        assert_eq!(refusal(setup, &[], &root(&[RootLie::NoCtLogs]), now()), None, "{setup:?}");
    }
}

/// A policy's `trustRoot` asks whether that instance vouches, not whether it was tried first.
#[test]
fn b02_the_root_that_is_named_is_any_of_those_that_hold() {
    let signer = github();
    let policy = format!(
        "schema: mcpsign.dev/policy/v1
name: p
signers:
  - name: acme
    identity: {{ issuer: '{}', subject: '{}', trustRoot: asked }}
    predicates: [https://cyclonedx.org/bom, https://mcpsign.dev/tool-manifest/v1]
    kinds: [publisher]
rules:
  - name: r
    match: any-server
    signers: [acme]
    require:
      predicates: [https://mcpsign.dev/tool-manifest/v1]
      manifest: {{ comparison: subset, observation: if-given, binding: command, capture: any-form, resources: ignore }}
      sbom: if-bound
",
        signer.issuer,
        signer.subject.as_str(),
    );
    let policy = Policy::load(policy.as_bytes(), "p.yaml").unwrap();
    let lines: Vec<String> = evidence(ALL[0], &[], &signer).iter().map(ToString::to_string).collect();
    let lines: Vec<&[u8]> = lines.iter().map(String::as_bytes).collect();
    let named = |name: &str, lies: &[RootLie]| {
        root(lies).with_origin(RootOrigin { name: name.into(), source: RootSource::File, tuf: None })
    };
    let said = |sigstore: Vec<SigstoreRoot>| {
        let trust = Trust { sigstore, keys: Vec::new() };
        match verify(&claims(&lines), &measured(), &trust, &policy, now()).verdict() {
            Verdict::Allow(_) => None,
            Verdict::Deny(findings) => Some(findings.first().code.id),
            Verdict::Undecided(gaps) => panic!("{gaps:?}"),
        }
    };
    let (asked, other) = (named("asked", &[]), named("other", &[RootLie::NoCtLogs]));
    for roots in [vec![asked.clone()], vec![asked.clone(), other.clone()], vec![other.clone(), asked]] {
        assert_eq!(said(roots), None);
    }
    assert_eq!(said(vec![other.clone()]), Some("identity/trust-root-mismatch"));
    // One document may have two names; one that does not hold lends its name to nobody.
    assert_eq!(said(vec![named("other", &[]), named("asked", &[])]), None);
    let no_log = named("asked", &[RootLie::NoLogs]);
    assert_eq!(said(vec![other, no_log]), Some("identity/trust-root-mismatch"));
}
