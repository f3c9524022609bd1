//! Who signed, and whether that counts.

use mcpsign_schemas::code;
use mcpsign_schemas::digest::DigestSet;
use mcpsign_schemas::report::StageState;
use mcpsign_schemas::statement::predicate_type;

use super::{Case, flags, time, trusted};
use crate::authenticate::Anchors;
use crate::parse::Unverified;
use crate::policy::{FlagSigner, FlagsPolicy, Policy};
use crate::testing::{Key, Release, statement};
use crate::{KeyWindow, RawLine, TimePolicy, TrustedKey, TrustedKeyError};

#[test]
fn another_key_is_called_that() {
    let (key, other) = (Key::generate(), Key::generate());
    let mut case = Case::honest(&key);
    case.policy = flags(&other, &[]);
    case.denied(code::signature::KEY_NOT_TRUSTED);

    // Known to the caller, not named by the policy.
    case.trust.keys = vec![trusted(&key, TimePolicy::AllowUnverified)];
    let document = case.denied(code::identity::SIGNER_NOT_ALLOWED);
    assert_eq!(document.stages.signature.state, StageState::Passed);
    assert_eq!(document.stages.identity.state, StageState::Failed);
    assert_eq!(document.stages.subject.state, StageState::NotRun);
}

#[test]
fn m06_the_key_never_comes_from_the_evidence() {
    // The hint names the trusted key; another one signed.
    let (key, other) = (Key::generate(), Key::generate());
    let mut case = Case::honest(&other);
    case.policy = flags(&key, &[]);
    let lines = case.lines.iter().map(|line| {
        String::from_utf8(line.clone()).unwrap().replace(&other.hint(), &key.hint()).into_bytes()
    });
    case.lines = lines.collect();
    case.denied(code::signature::INVALID);
    // And no hint at all changes nothing for the right one.
    let mut case = Case::honest(&key);
    case.lines = case
        .lines
        .iter()
        .map(|line| String::from_utf8(line.clone()).unwrap().replace(&key.hint(), "").into_bytes())
        .collect();
    case.allowed();
}

/// With a timestamp that no authority made.
fn with_false_timestamp(line: &[u8]) -> Vec<u8> {
    let timestamps = "\"timestampVerificationData\":{\"rfc3161Timestamps\":[{\"signedTimestamp\":\"AAAA\"}]},\"publicKey\":";
    String::from_utf8(line.to_vec()).unwrap().replace("\"publicKey\":", timestamps).into_bytes()
}

/// Every root may be tried for what has to lead to one, and none for a key alone.
#[test]
fn b48_roots_cost_nothing_where_none_is_needed() {
    let key = Key::generate();
    let mut case = Case::honest(&key);
    let stamped = with_false_timestamp(&case.lines[1]);
    let cost = |case: &Case, bytes: &[u8]| {
        let unverified = Unverified::parse(&RawLine { source: "evidence".into(), line: 1, bytes }).unwrap();
        Anchors::new(&case.trust, &case.policy).cost(&unverified.bundle)
    };
    assert_eq!((cost(&case, &case.lines[1]), cost(&case, &stamped)), (1, 4));
    case.trust.sigstore = vec![crate::SigstoreRoot::github().unwrap(); 8];
    assert_eq!((cost(&case, &case.lines[1]), cost(&case, &stamped)), (1, 32));
}

fn of_repository(root: &crate::SigstoreRoot, expires: &str) -> crate::SigstoreRoot {
    root.clone().with_origin(crate::RootOrigin {
        name: "acme".into(),
        source: crate::RootSource::Cache,
        tuf: Some(crate::TufOrigin {
            root_version: 7,
            expires: time(expires),
            as_of: time("2026-11-20T12:00:00Z"),
        }),
    })
}

#[test]
fn a_root_counts_until_its_repository_s_root_expires() {
    let key = Key::generate();
    let root = crate::SigstoreRoot::public_good().unwrap();
    let mut case = Case::honest(&key);
    // Keys alone ask no root.
    case.trust.sigstore = vec![of_repository(&root, "2026-11-21T23:59:59Z")];
    let document = case.allowed();
    let tuf = document.trust_roots[0].tuf.clone().unwrap();
    assert_eq!((tuf.root_version, tuf.age_days), (7, 1));
    assert_eq!(document.trust_root, Some(DigestSet::sha256(root.digest())));

    let honest = case.lines.clone();
    case.lines[1] = with_false_timestamp(&honest[1]);
    case.undecided(code::evidence::TRUST_ROOT_EXPIRED);
    // Another root that counts does not make up for it: the expired one might have held.
    case.trust.sigstore.push(crate::SigstoreRoot::github().unwrap());
    let document = case.undecided(code::evidence::TRUST_ROOT_EXPIRED);
    assert_eq!((document.trust_root, document.trust_roots.len()), (None, 2));
    // What is sound without it stays so: adding lines never spoils an allow.
    case.lines.extend(honest);
    case.allowed();

    case.lines.truncate(2);
    for expires in ["2026-11-22T00:00:00Z", "2026-11-22T00:00:01Z"] {
        case.trust.sigstore = vec![of_repository(&root, expires)];
        case.denied(code::signature::TIMESTAMP);
    }
}

/// The SBOM's line is the one in doubt: what is required cannot be missing for certain.
#[test]
fn a_required_statement_under_an_expired_root_is_a_gap() {
    let key = Key::generate();
    let mut case = Case::honest(&key);
    case.trust.sigstore =
        vec![of_repository(&crate::SigstoreRoot::public_good().unwrap(), "2026-11-21T23:59:59Z")];
    case.lines[0] = with_false_timestamp(&case.lines[0]);
    case.undecided(code::evidence::TRUST_ROOT_EXPIRED);
    case.trust.sigstore.clear();
    case.denied(code::signature::NO_TRUST_ROOT);
}

#[test]
fn a_key_alone_needs_a_key_and_a_certificate_needs_a_root() {
    let key = Key::generate();
    let mut case = Case::honest(&key);
    case.policy = identity("https://issuer.example", "ci@example.org").unwrap();
    case.denied(code::signature::KEY_MISSING);

    // A timestamp that nobody can hold against anything.
    let mut case = Case::honest(&key);
    case.lines[1] = with_false_timestamp(&case.lines[1]);
    case.denied(code::signature::NO_TRUST_ROOT);
    case.trust.sigstore = vec![crate::SigstoreRoot::public_good().unwrap()];
    case.denied(code::signature::TIMESTAMP);
    case.trust.sigstore = vec![crate::SigstoreRoot::github().unwrap()];
    case.denied(code::signature::TIMESTAMP);
}

#[test]
fn b16_a_key_counts_within_its_window_only() {
    let key = Key::generate();
    let with = |window: KeyWindow| {
        let mut case = Case::honest(&key);
        let signer = FlagSigner::Key(trusted(&key, TimePolicy::AllowUnverified).with_window(window));
        case.policy = Policy::flags(FlagsPolicy::of(signer)).unwrap();
        case
    };
    let now = time("2026-11-22T00:00:00Z");
    let (before, after) = (time("2026-11-21T23:59:59Z"), time("2026-11-22T00:00:01Z"));
    let not_before = |t| with(KeyWindow { not_before: Some(t), ..KeyWindow::default() });
    let not_after = |t| with(KeyWindow { not_after: Some(t), ..KeyWindow::default() });
    let compromised = |t| with(KeyWindow { compromised_since: Some(t), ..KeyWindow::default() });

    not_before(before).allowed();
    not_before(now).allowed();
    not_before(after).denied(code::identity::KEY_NOT_YET_VALID);
    not_after(after).allowed();
    not_after(now).allowed();
    not_after(before).denied(code::identity::KEY_EXPIRED);
    compromised(after).allowed();
    compromised(now).denied(code::identity::KEY_COMPROMISED);
    compromised(before).denied(code::identity::KEY_COMPROMISED);

    // Whatever the payload claims: it counts as signed now.
    let mut release = Release::honest();
    release.manifest.created_on = time("2020-01-01T00:00:00Z");
    let mut case = not_after(before);
    case.lines = release.lines(&key);
    case.denied(code::identity::KEY_EXPIRED);
}

#[test]
fn a_signature_without_a_time_needs_a_policy_that_says_so() {
    let key = Key::generate();
    let mut case = Case::honest(&key);
    let signer = FlagSigner::Key(trusted(&key, TimePolicy::Require));
    case.policy = Policy::flags(FlagsPolicy::of(signer)).unwrap();
    let document = case.denied(code::freshness::NO_VERIFIED_TIME);
    assert_eq!(document.stages.freshness.state, StageState::Failed);
    assert_eq!(document.stages.manifest.state, StageState::Passed);
}

#[test]
fn valid_until_ends_a_manifest() {
    let key = Key::generate();
    let mut release = Release::honest();
    release.manifest.valid_until = Some(time("2026-11-22T00:00:00Z"));
    let mut case = Case::of(&key, &release);
    case.denied(code::freshness::EXPIRED);
    case.now = time("2026-11-21T23:59:59.999999999Z");
    case.allowed();
}

#[test]
fn b22_empty_and_star_are_errors_when_the_policy_is_made() {
    for bad in ["", " ", "*", "https://github.com/acme/*", "a b", "a\n", "\u{202e}x"] {
        assert!(identity("https://issuer.example", bad).is_err(), "{bad:?}");
        assert!(identity(bad, "ci@example.org").is_err(), "{bad:?}");
    }
    let error = identity("https://issuer.example", "*").unwrap_err();
    assert!(error.hint().is_some(), "{error}");
    let key = Key::generate();
    for bad in ["", "*", "manifest", "https://slsa.dev/provenance/v1 ", "https://slsa.dev/*"] {
        let signer = FlagSigner::Key(trusted(&key, TimePolicy::AllowUnverified));
        assert!(
            Policy::flags(FlagsPolicy { require: vec![bad.into()], ..FlagsPolicy::of(signer) }).is_err(),
            "{bad:?}"
        );
    }
}

#[test]
fn b04_only_a_statement_of_the_required_type_counts() {
    let key = Key::generate();
    let release = Release::honest();
    for wrong in [
        "https://mcpsign.dev/tool-manifest/v1/",
        "https://mcpsign.dev/tool-manifest/V1",
        "https://mcpsign.dev/tool-manifest/v2",
        "https://MCPSIGN.dev/tool-manifest/v1",
        predicate_type::SLSA_PROVENANCE,
    ] {
        let mut case = Case::honest(&key);
        case.lines[1] = key.bundle(&statement(release.subjects.clone(), wrong, release.manifest_json()));
        case.denied(code::manifest::MISSING);
    }
}

#[test]
fn b04_a_required_predicate_must_be_there_and_trusted() {
    let (key, other) = (Key::generate(), Key::generate());
    let release = Release::honest();
    let required = predicate_type::SLSA_PROVENANCE;
    let provenance =
        |predicate: &str| statement(release.subjects.clone(), predicate, crate::testing::provenance());
    let mut case = Case::honest(&key);
    case.policy = flags(&key, &[required]);

    let document = case.denied(code::provenance::MISSING);
    assert_eq!(document.stages.provenance.state, StageState::Failed);
    case.lines.push(key.bundle(&provenance("https://slsa.dev/provenance/v0.2")));
    case.denied(code::provenance::MISSING);
    case.lines.pop();
    case.lines.push(other.bundle(&provenance(required)));
    case.denied(code::signature::KEY_NOT_TRUSTED);
    case.lines.pop();
    case.lines.push(provenance(required));
    case.denied(code::signature::UNREADABLE_LINE);
    case.lines.pop();
    case.lines.push(key.bundle(&provenance(required)));
    let document = case.allowed();
    assert_eq!(document.stages.provenance.state, StageState::Passed);
    assert_eq!(document.signers.len(), 3);
    assert_eq!(document.provenance.len(), 1);
    assert_eq!(document.provenance[0].provenance.builder_id, "https://b.example");

    // One that has not its form neither counts nor harms.
    let malformed = key.bundle(&statement(release.subjects.clone(), required, crate::testing::json("{}")));
    case.lines.push(malformed.clone());
    let document = case.allowed();
    assert!(super::has(&document.stages.provenance.findings, code::provenance::MALFORMED));
    assert_eq!(document.provenance.len(), 1);
    case.lines.pop();
    case.lines.pop();
    case.lines.push(malformed);
    let document = case.denied(code::provenance::MALFORMED);
    assert!(document.provenance.is_empty());
    case.lines.pop();
    case.lines.push(key.bundle(&provenance(required)));

    // About something else, and one that is not of this run.
    case.lines.pop();
    case.lines.push(key.bundle(&statement(
        vec![crate::testing::subject("x", b"x")],
        required,
        crate::testing::json("{}"),
    )));
    case.denied(code::provenance::MISSING);
    case.lines.pop();
    let mut bound = release.clone();
    bound.manifest.bindings.statements.push(mcpsign_schemas::manifest::StatementBinding {
        predicate_type: required.into(),
        payload: mcpsign_schemas::digest::Sha256Digest::of(b"another").into(),
    });
    case.lines = bound.lines(&key);
    case.lines.push(key.bundle(&provenance(required)));
    case.denied(code::provenance::NOT_BOUND);

    // A type of no stage's own.
    let mut case = Case::honest(&key);
    case.policy = flags(&key, &["https://example.org/review/v1"]);
    case.denied(code::signature::PREDICATE_MISSING);
    let review = key.bundle(&provenance("https://example.org/review/v1"));
    case.lines.push(review.clone());
    case.allowed();
    // Of a type that the manifest binds it must be the bound one.
    let mut bound = release.clone();
    bound.manifest.bindings.statements.push(mcpsign_schemas::manifest::StatementBinding {
        predicate_type: "https://example.org/review/v1".into(),
        payload: mcpsign_schemas::digest::Sha256Digest::of(b"another").into(),
    });
    case.lines = bound.lines(&key);
    case.lines.push(review);
    case.denied(code::signature::PREDICATE_NOT_BOUND);
}

#[test]
fn what_is_no_public_key_is_refused() {
    let pem = Key::generate().pem();
    let from = |text: &str| TrustedKey::from_pem("k", text.as_bytes(), TimePolicy::Require);
    assert!(from(&pem).is_ok());
    assert_eq!(from(""), Err(TrustedKeyError::NotPem));
    assert_eq!(from(&format!("{pem}{pem}")), Err(TrustedKeyError::SeveralBlocks { found: 2 }));
    assert_eq!(from(&pem.replace("PUBLIC", "PRIVATE")), Err(TrustedKeyError::PrivateKey));
    assert!(matches!(from(&pem.replace("PUBLIC KEY", "CERTIFICATE")), Err(TrustedKeyError::Unusable(_))));
    // Another curve's OID, a compressed point, rubbish.
    assert!(matches!(
        from(&pem.replace("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE", "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQkDQgAE")),
        Err(TrustedKeyError::Unusable(_))
    ));
    assert!(matches!(
        from(&pem.replace("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE", "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAC")),
        Err(TrustedKeyError::Unusable(_))
    ));
    assert_eq!(TrustedKey::from_pem("k", b"\xff\xfe", TimePolicy::Require), Err(TrustedKeyError::NotPem));
}

fn identity(issuer: &str, subject: &str) -> Result<Policy, crate::policy::PolicyError> {
    let signer = FlagSigner::Identity { subject: subject.into(), issuer: issuer.into(), repository: None };
    Policy::flags(FlagsPolicy::of(signer))
}
