//! Bundles whose envelope was bent after signing.

use mcpsign_tests::forge::{BUNDLE_V0_3, IN_TOTO, Release, jcs};
use serde_json::{Value, json};

use crate::Result;
use crate::maker::Maker;

pub(crate) fn envelopes(maker: &Maker) -> Result<()> {
    let count = ["signature/envelope-signatures"];
    let other = maker.other.bundle(&jcs(&Release::honest()?.manifest_statement()))?;
    let foreign = other["dsseEnvelope"]["signatures"][0].clone();
    type Bend<'a> = Box<dyn FnOnce(&mut Value) + 'a>;
    let cases: Vec<(&str, &str, &[&str], Bend<'_>)> = vec![
        (
            "verify_b07_payload_changed_deny",
            "B07: the payload was changed and the signature kept.",
            &["signature/invalid"],
            Box::new(|bundle| {
                let mut statement = Release::honest().map(|r| r.manifest_statement()).unwrap_or_default();
                statement["predicate"]["server"]["version"] = json!("6.6.6");
                bundle["dsseEnvelope"]["payload"] = json!(base64(&jcs(&statement)));
            }),
        ),
        (
            "verify_b07_m07_payload_type_changed_deny",
            "B07, M07: the payload type is covered by the signature.",
            &["signature/payload-type"],
            Box::new(|bundle| bundle["dsseEnvelope"]["payloadType"] = json!("application/json")),
        ),
        (
            "verify_signature_changed_deny",
            "A bit of the signature was changed.",
            &["signature/invalid"],
            Box::new(|bundle| {
                bundle["dsseEnvelope"]["signatures"][0] = foreign.clone();
            }),
        ),
        (
            "verify_b08_no_signature_deny",
            "B08: an envelope without a signature.",
            &count,
            Box::new(|bundle| bundle["dsseEnvelope"]["signatures"] = json!([])),
        ),
        (
            "verify_b08_good_signature_first_deny",
            "B08, B23: two signatures, the good one first: whose statement is it?",
            &count,
            Box::new(|bundle| {
                let good = bundle["dsseEnvelope"]["signatures"][0].clone();
                bundle["dsseEnvelope"]["signatures"] = json!([good, foreign]);
            }),
        ),
        (
            "verify_b08_good_signature_last_deny",
            "B08, B23: two signatures, the good one last.",
            &count,
            Box::new(|bundle| {
                let good = bundle["dsseEnvelope"]["signatures"][0].clone();
                bundle["dsseEnvelope"]["signatures"] = json!([foreign, good]);
            }),
        ),
        (
            "verify_bundle_version_unknown_deny",
            "A media type that no Sigstore bundle has.",
            &["signature/bundle-version"],
            Box::new(|bundle| bundle["mediaType"] = json!("application/vnd.dev.sigstore.bundle.v9+json")),
        ),
        (
            "verify_bundle_version_downgraded_deny",
            "A statement of ours in a bundle of an older version, whose rules are laxer.",
            &["signature/bundle-version"],
            Box::new(|bundle| {
                bundle["mediaType"] = json!("application/vnd.dev.sigstore.bundle+json;version=0.1");
            }),
        ),
        (
            "verify_material_missing_deny",
            "A bundle without verification material.",
            &["signature/unreadable-line"],
            Box::new(|bundle| {
                bundle.as_object_mut().map(|bundle| bundle.remove("verificationMaterial"));
            }),
        ),
        (
            "verify_content_missing_deny",
            "A bundle that signs nothing.",
            &["signature/unreadable-line"],
            Box::new(|bundle| {
                bundle.as_object_mut().map(|bundle| bundle.remove("dsseEnvelope"));
            }),
        ),
    ];
    for (name, why, codes, bend) in cases {
        let mut case = maker.case(name, why, codes)?;
        case.evidence = maker.bent_bundle(bend)?;
        maker.write(&case)?;
    }

    let why = "M06: signed by a key that nobody trusts; that the bundle names it proves nothing.";
    let mut case = maker.case("verify_m06_foreign_key_deny", why, &["signature/key-not-trusted"])?;
    let release = Release::honest()?;
    let lines: Vec<String> = [release.sbom_statement(), release.manifest_statement()]
        .iter()
        .map(|statement| Ok(format!("{}\n", maker.other.bundle(&jcs(statement))?)))
        .collect::<Result<_>>()?;
    case.evidence = Some(lines.concat().into_bytes());
    maker.write(&case)?;

    let why = "A bare envelope proves nothing of when it was signed, and is told by name.";
    let mut case = maker.case("verify_bare_envelope_deny", why, &["signature/bare-envelope"])?;
    let bundle = maker.key.bundle(&jcs(&Release::honest()?.manifest_statement()))?;
    case.evidence = Some(format!("{}\n", bundle["dsseEnvelope"]).into_bytes());
    maker.write(&case)?;

    let why = "What cosign wrote before it had bundles is told by name.";
    let mut case = maker.case("verify_legacy_bundle_deny", why, &["signature/legacy-bundle"])?;
    let old = json!({
        "base64Signature": base64(&[7; 70]), "cert": "", "rekorBundle": {
            "SignedEntryTimestamp": base64(&[7; 70]),
            "Payload": { "body": base64(b"{}"), "integratedTime": 1_700_000_000, "logIndex": 1, "logID": "00".repeat(32) }
        }
    });
    case.evidence = Some(format!("{old}\n").into_bytes());
    maker.write(&case)?;

    let why = "A blob signature in place of a statement attests nothing.";
    let mut case = maker.case("verify_blob_signature_deny", why, &["signature/not-a-statement"])?;
    let mut bundle = maker.key.bundle(b"{}")?;
    if let Some(bundle) = bundle.as_object_mut() {
        bundle.remove("dsseEnvelope");
    }
    bundle["messageSignature"] = json!({
        "messageDigest": { "algorithm": "SHA2_256", "digest": base64(&[7; 32]) },
        "signature": base64(&maker.key.sign_pae(IN_TOTO, b"{}")?)
    });
    bundle["mediaType"] = json!(BUNDLE_V0_3);
    case.evidence = Some(format!("{bundle}\n").into_bytes());
    maker.write(&case)
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
