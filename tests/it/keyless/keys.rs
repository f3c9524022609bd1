//! Signers with keys of another kind than Fulcio's clients make: what Rekor v2 logs of these is held against the bundle, too.

use std::sync::LazyLock;

use mcpsign_simulator::{Content, Key, Lie, Options, Rekor, Simulator, Tsa};
use mcpsign_tests::forge::jcs;
use mcpsign_verifier::bundle::{Artifact, ArtifactError, Expected, LogEvidence, authenticate_artifact};
use mcpsign_verifier::{AuthenticateError, SigstoreRoot, TimePolicy, TrustedKey};
use serde_json::Value;

use super::{OF_PROOFS, RELEASE, github};

static P384: LazyLock<Simulator> = LazyLock::new(|| Simulator::new().with_signers(Key::p384));

/// By what a statement is signed, besides the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Certificate,
    KeyAlone,
}
const BOTH: [By; 2] = [By::Certificate, By::KeyAlone];
const LOGS: [Rekor; 2] = [Rekor::V2, Rekor::V2Ecdsa];

fn minted(simulator: &Simulator, by: By, options: Options<'_>) -> Value {
    let statement = jcs(&RELEASE.sbom_statement());
    let payload = if options.content == Content::Dsse { &statement } else { &RELEASE.artifact };
    match by {
        By::Certificate => simulator.mint(payload, &github(), options),
        By::KeyAlone => simulator.mint_by_key(payload, options),
    }
}

fn authenticated(simulator: &Simulator, by: By, bundle: &Value) -> Result<(), ArtifactError> {
    let root = SigstoreRoot::from_json(simulator.trusted_root_json().to_string().as_bytes()).unwrap();
    let now = simulator.time() + jiff::SignedDuration::from_mins(5);
    let identity = github();
    let key =
        TrustedKey::from_pem("k", simulator.signer().pem().as_bytes(), TimePolicy::AllowUnverified).unwrap();
    let expected = match by {
        By::Certificate => {
            Expected::Identity { subject: identity.subject.as_str(), issuer: Some(&identity.issuer) }
        }
        By::KeyAlone => Expected::Key(&key),
    };
    let artifact = Artifact::Bytes(&RELEASE.artifact);
    let evidence = LogEvidence::InclusionProofRequired;
    authenticate_artifact(bundle.to_string().as_bytes(), artifact, &root, expected, evidence, now).map(drop)
}

#[track_caller]
fn code(answer: Result<(), ArtifactError>) -> Option<&'static str> {
    match answer {
        Ok(()) => None,
        Err(ArtifactError::Authenticate(error)) => Some(error.code().id),
        Err(error) => panic!("{error}"),
    }
}

fn refusal(by: By, rekor: Rekor, tsas: &[Tsa], lies: &[Lie]) -> Option<&'static str> {
    let options = Options::new(rekor, Content::Dsse).tsas(tsas).lies(lies);
    code(authenticated(&P384, by, &minted(&P384, by, options)))
}

#[test]
fn a_statement_by_a_key_on_p384_counts_whoever_logs_it() {
    for by in BOTH {
        for rekor in [Rekor::V1, Rekor::V1Intoto, Rekor::V2, Rekor::V2Ecdsa] {
            assert_eq!(refusal(by, rekor, &[Tsa::First], &[]), None, "{by:?} {rekor:?}");
        }
        assert_eq!(refusal(by, Rekor::V2, &[Tsa::First, Tsa::Second], &[Lie::EntryTwice]), None, "{by:?}");
    }
    // A key's signature may do without a time, a certificate's never.
    assert_eq!(refusal(By::KeyAlone, Rekor::V2, &[], &[]), None);
    assert_eq!(refusal(By::Certificate, Rekor::V2, &[], &[]), Some("signature/timestamp"));
}

#[test]
fn b01_an_entry_for_another_kind_of_key_is_of_this_signature_and_no_other() {
    for by in BOTH {
        for rekor in LOGS {
            for lie in [
                Lie::EntryOfOtherArtifact,
                Lie::EntryByOtherSigner,
                Lie::EntryOfOtherSignature,
                Lie::EntryOfOtherKind,
                Lie::SecondEntryByOtherSigner,
                Lie::UnknownEntryHash,
                Lie::EntryForKeyOf("PKIX_RSA_PKCS1V15_2048_SHA256"),
                Lie::EntryForKeyOf("PKIX_ECDSA_P256_SHA_256"),
                Lie::EntryForKeyOf("PKIX_ECDSA_P521_SHA_512"),
                Lie::EntryForKeyOf(""),
            ] {
                let found = refusal(by, rekor, &[Tsa::First], &[lie]);
                assert_eq!(found, Some("signature/log-entry"), "{by:?} {rekor:?} {lie:?}");
            }
        }
    }
}

#[test]
fn b03_an_entry_for_another_kind_of_key_is_proven() {
    for by in BOTH {
        for lie in OF_PROOFS {
            let found = refusal(by, Rekor::V2, &[Tsa::First], &[lie]);
            assert_eq!(found, Some("signature/log-entry"), "{by:?} {lie:?}");
        }
        let found = refusal(by, Rekor::V2, &[Tsa::First], &[Lie::ProofMissing]);
        assert_eq!(found, Some("signature/no-inclusion-proof"), "{by:?}");
        let found = refusal(by, Rekor::V2, &[Tsa::First], &[Lie::TimestampOfOtherSignature]);
        assert_eq!(found, Some("signature/timestamp"), "{by:?}");
    }
}

/// What is not read is said so, and not that somebody tampered with it.
#[test]
fn b19_a_key_of_a_kind_that_is_not_read_is_refused_by_its_name() {
    let ed25519 = Simulator::new().with_signers(Key::ed25519);
    for by in BOTH {
        for (simulator, content, kind) in
            [(&ed25519, Content::Dsse, "PKIX_ED25519"), (&*P384, Content::Message, "PKIX_ECDSA_P384_SHA_384")]
        {
            let bundle = minted(simulator, by, Options::new(Rekor::V2, content));
            let Err(ArtifactError::Authenticate(error)) = authenticated(simulator, by, &bundle) else {
                panic!("{by:?} {kind}")
            };
            assert_eq!(error, AuthenticateError::LogEntryKey { found: kind.into() }, "{by:?}");
            assert_eq!(error.code().id, "signature/log-entry");
            let hint = error.finding().hint.unwrap();
            assert!(hint.starts_with("sign with a key"), "{hint}");
        }
    }
}
