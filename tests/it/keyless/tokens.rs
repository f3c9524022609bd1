//! Timestamps as CMS messages: what an attacker can do to a token without the authority's key, and what an authority's
//! certificate must be.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mcpsign_simulator::{Lie, RootLie, Tsa};
use mcpsign_verifier::{SigstoreRoot, TrustRootError, Verdict};

use super::{ALL, SIMULATOR, evidence, github, judged, now, refused, refused_with, root};

const TIMESTAMP: &str = "signature/timestamp";

#[test]
fn b13_a_token_is_of_one_signature_by_the_authority_itself() {
    refused(
        &ALL,
        &[
            (Lie::TimestampOfOtherSignature, TIMESTAMP),
            (Lie::ForgedCertificateInBag, TIMESTAMP),
            (Lie::UnknownImprintHash, TIMESTAMP),
        ],
    );
}

#[test]
fn b60_a_token_has_one_signer_and_signed_attributes_that_fit() {
    refused(
        &ALL,
        &[
            (Lie::EmbeddedTsaChain, TIMESTAMP),
            (Lie::SecondSignerInfo, TIMESTAMP),
            (Lie::SignedAttributesMissing, TIMESTAMP),
            (Lie::OtherContentType, TIMESTAMP),
            (Lie::OtherMessageDigest, TIMESTAMP),
            (Lie::OtherSigningCertificate, TIMESTAMP),
        ],
    );
}

#[test]
fn b60_who_issued_the_authority_must_be_an_authority() {
    let root = root(&[RootLie::ListsTsa(Tsa::BelowEndEntity)]);
    refused_with(&root, &ALL, &[(Lie::StampedBy(Tsa::BelowEndEntity), TIMESTAMP)]);
}

/// RFC 3161 §2.3: the extended key usage is critical and says timestamping, and nothing else. A root that lists another is
/// a mistake to be found when it is configured.
#[test]
fn b13_an_authority_is_for_timestamps_and_says_so() {
    for tsa in [Tsa::UsageNotCritical, Tsa::UsageNotAlone, Tsa::OtherUsage] {
        let json = SIMULATOR.trusted_root_with(&[RootLie::ListsTsa(tsa)]).to_string();
        let found = SigstoreRoot::from_json(json.as_bytes());
        assert!(matches!(found, Err(TrustRootError::TimestampAuthority { .. })), "{tsa:?}: {found:?}");
    }
}

/// Some clients keep the token alone, without the response that it came in.
#[test]
fn b60_a_token_without_its_response_is_one_too() {
    // What precedes the token: the response's own header, and its status, granted.
    const STATUS: [u8; 5] = [0x30, 3, 2, 1, 0];
    let mut lines = evidence(ALL[0], &[], &github());
    for line in &mut lines {
        let stamp = &mut line["verificationMaterial"]["timestampVerificationData"]["rfc3161Timestamps"][0];
        let response = STANDARD.decode(stamp["signedTimestamp"].as_str().unwrap()).unwrap();
        let (head, token) = response.split_at(9);
        assert_eq!((&head[..2], &head[4..]), (&[0x30, 0x82][..], &STATUS[..]));
        stamp["signedTimestamp"] = STANDARD.encode(token).into();
    }
    let report = judged(&lines, root(&[]), now());
    assert!(matches!(report.verdict(), Verdict::Allow(_)), "{:?}", report.verdict());
}
