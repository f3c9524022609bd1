//! Certificates' issuers and receipts.

use mcpsign_simulator::{Content, CtLogName, Issuer, Lie, RootLie};
use mcpsign_verifier::{SigstoreRoot, TrustRootError};

use super::{ALL, SIMULATOR, now, refusal, refused, refused_with, root};

const CERTIFICATE: &str = "signature/certificate";

/// Listed in the root, an intermediate is an anchor for other clients, and its own certificate is not looked at.
#[test]
fn b15_an_intermediate_of_the_root_counts_while_it_is_valid() {
    for issuer in [Issuer::Expired, Issuer::NotYetValid] {
        let root = root(&[RootLie::ListsIssuer(issuer)]);
        refused_with(&root, &ALL, &[(Lie::IssuedBy(issuer), CERTIFICATE)]);
        // What the others issue is none the worse for it.
        for setup in ALL {
            assert_eq!(refusal(setup, &[], &root, now()), None, "{setup:?}");
        }
    }
}

#[test]
fn b15_what_a_root_lists_as_issuers_are_authorities() {
    for issuer in [Issuer::NotAuthority, Issuer::TooDeep] {
        let json = SIMULATOR.trusted_root_with(&[RootLie::ListsIssuer(issuer)]).to_string();
        let found = SigstoreRoot::from_json(json.as_bytes());
        assert!(matches!(found, Err(TrustRootError::CertificateAuthority { .. })), "{issuer:?}: {found:?}");
    }
}

/// Of the right name, and by another key.
#[test]
fn b15_the_issuers_of_a_root_are_by_those_above_them() {
    let mut root = SIMULATOR.trusted_root_with(&[RootLie::ListsIssuer(Issuer::Stranger)]);
    let stranger =
        root["certificateAuthorities"].as_array().unwrap().last().unwrap()["certChain"]["certificates"][1]
            .clone();
    assert!(SigstoreRoot::from_json(root.to_string().as_bytes()).is_ok());
    root["certificateAuthorities"][0]["certChain"]["certificates"][1] = stranger;
    let found = SigstoreRoot::from_json(root.to_string().as_bytes());
    assert!(matches!(found, Err(TrustRootError::CertificateAuthority { .. })), "{found:?}");
}

/// Brought along by the bundle, in a version that allows it. Statements of mcpsign need a newer one, which does not.
#[test]
fn b15_issuers_that_the_bundle_brings_along_are_held_to_the_same() {
    let messages: Vec<_> = ALL.into_iter().filter(|setup| setup.content == Content::Message).collect();
    for issuer in
        [Issuer::Expired, Issuer::NotYetValid, Issuer::NotAuthority, Issuer::TooDeep, Issuer::Stranger]
    {
        for &setup in &messages {
            let found = refusal(setup, &[Lie::IssuedBy(issuer), Lie::ChainEmbedded], &root(&[]), now());
            assert_eq!(found, Some(CERTIFICATE), "{issuer:?} {setup:?}");
        }
    }
    for setup in ALL {
        let found = refusal(setup, &[Lie::ChainEmbedded], &root(&[]), now());
        let own = setup.content == Content::Dsse;
        assert_eq!(found, own.then_some("signature/bundle-version"), "{setup:?}");
    }
}

#[test]
fn b15_an_issuer_that_no_root_lists_is_none() {
    for issuer in
        [Issuer::Expired, Issuer::NotYetValid, Issuer::NotAuthority, Issuer::TooDeep, Issuer::Stranger]
    {
        refused(&ALL, &[(Lie::IssuedBy(issuer), CERTIFICATE)]);
    }
    for setup in ALL {
        let found = refusal(setup, &[], &root(&[RootLie::IssuersEnded]), now());
        assert_eq!(found, Some(CERTIFICATE), "{setup:?}");
    }
}

#[test]
fn b15_a_certificate_counts_while_it_is_valid_and_for_signing_code() {
    refused(
        &ALL,
        &[
            (Lie::CertificateExpired, CERTIFICATE),
            (Lie::CertificateNotYetValid, CERTIFICATE),
            (Lie::NoCodeSigning, CERTIFICATE),
        ],
    );
}

#[test]
fn b17_a_receipt_is_of_this_certificate_by_a_log_that_counts() {
    refused(
        &ALL,
        &[
            (Lie::ReceiptMissing, CERTIFICATE),
            (Lie::ReceiptBy(CtLogName::Retired), CERTIFICATE),
            (Lie::ReceiptBy(CtLogName::Stranger), CERTIFICATE),
            (Lie::ReceiptOfOtherCertificate, CERTIFICATE),
            (Lie::ReceiptOfTwin, CERTIFICATE),
            (Lie::ReceiptAltered, CERTIFICATE),
        ],
    );
}

/// RFC 6962 §5.2; the certificate's own end is long before.
#[test]
fn b14_a_receipt_of_the_future_is_none() {
    refused(&ALL, &[(Lie::ReceiptDated(3 * 86_400), "signature/time-in-future")]);
    for setup in ALL {
        assert_eq!(refusal(setup, &[Lie::ReceiptDated(1)], &root(&[]), now()), None, "{setup:?}");
    }
}

/// Exactly one is looked at, so exactly one may be there.
#[test]
fn b09_two_receipts_of_one_log_are_not_two_logs() {
    refused(&ALL, &[(Lie::ReceiptTwice, CERTIFICATE)]);
}
