//! Fulcio's API: a certificate for whoever shows a token and proves to hold a key.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use der::pem::LineEnding;
use der::{Decode as _, DecodePem as _, Encode as _, EncodePem as _};
use jiff::Timestamp;
use serde_json::{Value, json};
use spki::SubjectPublicKeyInfoOwned;
use x509_cert::request::CertReq;

use super::fault::Fault;
use super::{Answer, Asked};
use crate::ca::Issuer;
use crate::identity::{Identity, Subject};
use crate::{Key, Simulator};

pub(super) fn answer(simulator: &Simulator, asked: &Asked, fault: Option<&Fault>, now: Timestamp) -> Answer {
    match (asked.method.as_str(), asked.path.as_str()) {
        ("POST", "api/v2/signingCert" | "api/v1/signingCert") => match chain(simulator, asked, fault, now) {
            Ok(chain) if asked.path.starts_with("api/v1") => Answer {
                status: 201,
                content_type: "application/pem-certificate-chain",
                headers: Vec::new(),
                body: chain.concat().into_bytes(),
            },
            Ok(chain) => Answer::json(
                200,
                &json!({ "signedCertificateEmbeddedSct": { "chain": { "certificates": chain } } }),
            ),
            Err(message) => Answer::refused(400, message),
        },
        ("GET", "api/v2/trustBundle") => {
            Answer::json(200, &json!({ "chains": [{ "certificates": issuers(simulator) }] }))
        }
        _ => Answer::refused(404, "there is nothing here"),
    }
}

/// The certificate and those above it, in PEM.
fn chain(
    simulator: &Simulator,
    asked: &Asked,
    fault: Option<&Fault>,
    now: Timestamp,
) -> Result<Vec<String>, &'static str> {
    let body: Value = serde_json::from_slice(&asked.body).map_err(|_| "the request is not JSON")?;
    let bearer = asked.authorization.as_deref().and_then(|value| value.strip_prefix("Bearer "));
    let token = body["credentials"]["oidcIdentityToken"].as_str().or(bearer).ok_or("there is no token")?;
    let claims = simulator.issuer.claims(token, now)?;
    let mut identity = Identity::from_token(&claims).ok_or("the token names nobody")?;
    let spki = match body["certificateSigningRequest"].as_str() {
        Some(request) => by_request(request)?,
        None => by_proof(&body, &claims)?,
    };
    let mut der = spki.to_der().map_err(|_| "the key cannot be read")?;
    match fault {
        Some(Fault::CertificateOfOtherKey) => der = Key::p256().spki().to_vec(),
        Some(Fault::CertificateOfOtherSubject) => {
            identity.subject = Subject::Email("mallory@other.example".into());
        }
        Some(Fault::CertificateOfOtherIssuer) => identity.issuer = "https://login.other.example".into(),
        _ => {}
    }
    let leaf = simulator.ca.issue(&der, &identity, now, &simulator.ct_logs, &Fault::lies(fault));
    Ok([vec![leaf.pem], issuers(simulator)].concat())
}

/// The key of a request for a certificate, which it signs itself.
fn by_request(request: &str) -> Result<SubjectPublicKeyInfoOwned, &'static str> {
    let pem = STANDARD.decode(request).map_err(|_| "the request is not base64")?;
    let request = CertReq::from_pem(&pem).map_err(|_| "the request cannot be read")?;
    let signed = request.info.to_der().map_err(|_| "the request cannot be read")?;
    proven(&request.info.public_key, &signed, request.signature.raw_bytes())?;
    Ok(request.info.public_key)
}

/// A key that signed whom the token names.
fn by_proof(body: &Value, claims: &Value) -> Result<SubjectPublicKeyInfoOwned, &'static str> {
    let (key, proof) = match &body["publicKeyRequest"] {
        Value::Null => (&body["publicKey"], &body["signedEmailAddress"]),
        request => (&request["publicKey"], &request["proofOfPossession"]),
    };
    let key = key["content"].as_str().ok_or("there is no key")?;
    // In version 1 the key is base64 of DER, in version 2 it is PEM.
    let spki = if key.starts_with("-----") {
        SubjectPublicKeyInfoOwned::from_pem(key).ok()
    } else {
        STANDARD.decode(key).ok().and_then(|der| SubjectPublicKeyInfoOwned::from_der(&der).ok())
    };
    let spki = spki.ok_or("the key cannot be read")?;
    let proof = proof.as_str().and_then(|proof| STANDARD.decode(proof).ok()).ok_or("there is no proof")?;
    let challenge = claims["email"].as_str().or(claims["sub"].as_str()).ok_or("the token names nobody")?;
    proven(&spki, challenge.as_bytes(), &proof)?;
    Ok(spki)
}

fn proven(key: &SubjectPublicKeyInfoOwned, message: &[u8], signature: &[u8]) -> Result<(), &'static str> {
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key.subject_public_key.raw_bytes())
        .verify(message, signature)
        .map_err(|_| "the key is not shown to be held")
}

fn issuers(simulator: &Simulator) -> Vec<String> {
    let chain = &simulator.ca.authority(Issuer::Intermediate).chain;
    chain.iter().map(|issuer| issuer.to_pem(LineEnding::LF).expect("its encoding")).collect()
}
