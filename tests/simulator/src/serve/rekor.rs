//! Rekor's APIs: an entry for whoever shows a signature that verifies.

use aws_lc_rs::digest::{Digest, SHA256};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ParsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use der::{Decode as _, DecodePem as _, Encode as _};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use x509_cert::certificate::Certificate;

use super::fault::Fault;
use super::{Answer, Asked, Shared};
use crate::entry::{Content, Signed, Verifier, to_sign};
use crate::merkle;
use crate::rekor::Rekor;

/// A signature as a client hands it in.
struct HandedIn {
    rekor: Rekor,
    content: Content,
    /// What is signed, or where that is not handed in, SHA-256 of it.
    payload: Payload,
    signature: Vec<u8>,
    certificate: Certificate,
}

enum Payload {
    Statement(Vec<u8>),
    Digest([u8; 32]),
}

pub(super) fn answer(shared: &Shared, asked: &Asked, fault: Option<&Fault>, now: Timestamp) -> Answer {
    let handed_in = match (asked.method.as_str(), asked.path.as_str()) {
        ("POST", "api/v1/log/entries") => version_1(&asked.body),
        ("POST", "api/v2/log/entries") => version_2(&asked.body),
        ("GET", path) => {
            let id = path.rsplit('/').next().unwrap_or_default();
            let logged = shared.logged.lock().expect("nobody panics holding it");
            return match logged.get(id) {
                Some(entry) => Answer::json(200, &json!({ (id): entry })),
                None => Answer::refused(404, "there is no such entry"),
            };
        }
        _ => return Answer::refused(404, "there is nothing here"),
    };
    match handed_in.and_then(|handed_in| logged(shared, &handed_in, fault, now)) {
        Ok(answer) => answer,
        Err(message) => Answer::refused(400, message),
    }
}

/// `proposedContent` of `dsse` 0.0.1, or `hashedrekord` 0.0.1.
fn version_1(body: &[u8]) -> Result<HandedIn, &'static str> {
    let body: Value = serde_json::from_slice(body).map_err(|_| "the entry is not JSON")?;
    let spec = &body["spec"];
    let (content, payload, signature, verifier) = match body["kind"].as_str() {
        Some("dsse") => {
            let envelope = spec["proposedContent"]["envelope"].as_str().ok_or("there is no envelope")?;
            let envelope: Value = serde_json::from_str(envelope).map_err(|_| "the envelope is not JSON")?;
            let payload = decoded(&envelope["payload"])?;
            let [signature] = envelope["signatures"].as_array().map_or(&[][..], Vec::as_slice) else {
                return Err("there is not one signature");
            };
            let verifier = &spec["proposedContent"]["verifiers"][0];
            (Content::Dsse, Payload::Statement(payload), decoded(&signature["sig"])?, decoded(verifier)?)
        }
        Some("hashedrekord") => {
            let digest = spec["data"]["hash"]["value"].as_str().and_then(|digest| hex::decode(digest).ok());
            let digest = digest.and_then(|digest| digest.try_into().ok()).ok_or("there is no digest")?;
            let signature = decoded(&spec["signature"]["content"])?;
            let verifier = decoded(&spec["signature"]["publicKey"]["content"])?;
            (Content::Message, Payload::Digest(digest), signature, verifier)
        }
        _ => return Err("this kind of entry is not taken"),
    };
    let certificate = Certificate::from_pem(&verifier).map_err(|_| "the certificate cannot be read")?;
    Ok(HandedIn { rekor: Rekor::V1, content, payload, signature, certificate })
}

/// `hashedRekordRequestV002`.
fn version_2(body: &[u8]) -> Result<HandedIn, &'static str> {
    let body: Value = serde_json::from_slice(body).map_err(|_| "the entry is not JSON")?;
    let request = &body["hashedRekordRequestV002"];
    let digest = decoded(&request["digest"])?.try_into().map_err(|_| "the digest has not 32 bytes")?;
    let signature = &request["signature"];
    let verifier = decoded(&signature["verifier"]["x509Certificate"]["rawBytes"])?;
    Ok(HandedIn {
        rekor: Rekor::V2,
        content: Content::Message,
        payload: Payload::Digest(digest),
        signature: decoded(&signature["content"])?,
        certificate: Certificate::from_der(&verifier).map_err(|_| "the certificate cannot be read")?,
    })
}

fn logged(
    shared: &Shared,
    handed_in: &HandedIn,
    fault: Option<&Fault>,
    now: Timestamp,
) -> Result<Answer, &'static str> {
    let digest = match &handed_in.payload {
        Payload::Statement(payload) => Sha256::digest(to_sign(handed_in.content, payload)).into(),
        Payload::Digest(digest) => *digest,
    };
    verifies(handed_in, &digest)?;
    if let Some(Fault::LoggedBefore(place)) = fault {
        return Ok(logged_before(vec![("location", (*place).to_owned())]));
    }
    let der = handed_in.certificate.to_der().map_err(|_| "the certificate cannot be read")?;
    let pem = der::EncodePem::to_pem(&handed_in.certificate, der::pem::LineEnding::LF)
        .map_err(|_| "the certificate cannot be read")?;
    let payload = match &handed_in.payload {
        Payload::Statement(payload) => payload.as_slice(),
        Payload::Digest(_) => &[],
    };
    let other = matches!(fault, Some(Fault::EntryOfOtherPayload));
    let signed = Signed {
        content: handed_in.content,
        payload: if other { b"{\"other\":true}" } else { payload },
        signature: handed_in.signature.clone(),
        verifier: Verifier::certificate(&der, &pem, "PKIX_ECDSA_P256_SHA_256"),
    };
    let lies = Fault::lies(fault);
    let digest = if other { Sha256::digest(b"other").into() } else { digest };
    let entry = match &handed_in.payload {
        Payload::Statement(_) => signed.entry(handed_in.rekor, &lies),
        Payload::Digest(_) => signed.entry_of_digest(handed_in.rekor, &digest, &lies),
    };
    let log = &shared.simulator.logs[&handed_in.rekor];
    if handed_in.rekor.is_v2() {
        return Ok(Answer::json(201, &log.log(&entry, now, &lies)));
    }
    // Version 1 takes an entry once, and says where it has it.
    let id = hex::encode(merkle::leaf(entry.body.to_string().as_bytes()));
    let mut logged = shared.logged.lock().expect("nobody panics holding it");
    let headers = vec![("location", format!("/api/v1/log/entries/{id}")), ("etag", id.clone())];
    if logged.contains_key(&id) {
        return Ok(logged_before(headers));
    }
    let shown = version_1_answer(&log.log(&entry, now, &lies));
    logged.insert(id.clone(), shown.clone());
    Ok(Answer { headers, ..Answer::json(201, &json!({ (id): shown })) })
}

fn logged_before(headers: Vec<(&'static str, String)>) -> Answer {
    Answer { headers, ..Answer::refused(409, "an equivalent entry already exists in the transparency log") }
}

fn verifies(handed_in: &HandedIn, digest: &[u8; 32]) -> Result<(), &'static str> {
    let key = &handed_in.certificate.tbs_certificate.subject_public_key_info;
    let digest = Digest::import_less_safe(digest, &SHA256).map_err(|_| "the digest has not 32 bytes")?;
    ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key.subject_public_key.raw_bytes())
        .map_err(|_| "the key cannot be read")?
        .verify_digest_sig(&digest, &handed_in.signature)
        .map_err(|_| "the signature does not verify")
}

/// Bundles and version 1's own API tell the same in other words.
fn version_1_answer(entry: &Value) -> Value {
    let number = |value: &Value| value.as_str().and_then(|text| text.parse::<u64>().ok());
    let in_hex = |value: &Value| hex::encode(decoded(value).unwrap_or_default());
    let proof = &entry["inclusionProof"];
    let hashes: Vec<String> = proof["hashes"].as_array().into_iter().flatten().map(in_hex).collect();
    let mut answer = json!({
        "body": entry["canonicalizedBody"],
        "integratedTime": number(&entry["integratedTime"]),
        "logID": in_hex(&entry["logId"]["keyId"]),
        "logIndex": number(&entry["logIndex"]),
        "verification": {},
    });
    if proof.is_object() {
        answer["verification"]["inclusionProof"] = json!({
            "checkpoint": proof["checkpoint"]["envelope"],
            "hashes": hashes,
            "logIndex": number(&proof["logIndex"]),
            "rootHash": in_hex(&proof["rootHash"]),
            "treeSize": number(&proof["treeSize"]),
        });
    }
    if let Some(promise) = entry["inclusionPromise"].get("signedEntryTimestamp") {
        answer["verification"]["signedEntryTimestamp"] = promise.clone();
    }
    answer
}

fn decoded(value: &Value) -> Result<Vec<u8>, &'static str> {
    value.as_str().and_then(|text| STANDARD.decode(text).ok()).ok_or("a member is missing or not base64")
}
