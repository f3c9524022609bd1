//! Which members of bundles and roots say nothing that is signed or used; all of them stand in `spec/sigstore.md`.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use mcpsign_simulator::{Rekor, Tsa};
use serde_json::Value;

/// Of an entry of Rekor v2: the checkpoint says the same, and is signed; of the time it says nothing.
const V2: [&str; 5] = [
    "/verificationMaterial/tlogEntries/*/logId/keyId",
    "/verificationMaterial/tlogEntries/*/integratedTime",
    "/verificationMaterial/tlogEntries/*/inclusionProof/logIndex",
    "/verificationMaterial/tlogEntries/*/inclusionProof/rootHash",
    "/verificationMaterial/tlogEntries/*/inclusionProof/treeSize",
];
/// In part: what is signed in them is held apart below.
const CHECKPOINT: &str = "/verificationMaterial/tlogEntries/*/inclusionProof/checkpoint/envelope";
const TIMESTAMP: &str = "/verificationMaterial/timestampVerificationData/rfc3161Timestamps/*/signedTimestamp";
/// Of a trust root: looked at where there are promises.
const LOG_ID: &str = "/tlogs/*/logId/keyId";
/// Of a trust root: every certificate of a chain is an anchor, so that those above the one that issued are asked for
/// their dates and for what they allow, nothing else.
const ISSUER: &str = "/certificateAuthorities/*/certChain/certificates/*/rawBytes";
/// Of a trust root.
const ROOT: [&str; 13] = [
    "/tlogs/*/baseUrl",
    "/tlogs/*/hashAlgorithm",
    "/tlogs/*/publicKey/keyDetails",
    "/ctlogs/*/baseUrl",
    "/ctlogs/*/hashAlgorithm",
    "/ctlogs/*/publicKey/keyDetails",
    "/certificateAuthorities/*/uri",
    "/certificateAuthorities/*/subject/organization",
    "/certificateAuthorities/*/subject/commonName",
    "/timestampAuthorities/*/uri",
    "/timestampAuthorities/*/subject/organization",
    "/timestampAuthorities/*/subject/commonName",
    // While it covers what was signed; a root that says less refuses.
    "/*/*/validFor",
];

pub(super) fn patterns() -> impl Iterator<Item = &'static str> {
    V2.into_iter().chain([CHECKPOINT, TIMESTAMP, LOG_ID, ISSUER]).chain(ROOT)
}

/// What differs between two bundles that both hold, and is signed.
pub(super) fn signed_difference(before: &Value, after: &Value, rekor: Rekor) -> Option<String> {
    differences(before, after)
        .into_iter()
        .find(|(path, before, after)| {
            let pattern = pattern(path);
            !(same_text(before, after)
                || rekor.is_v2() && V2.contains(&pattern.as_str())
                || pattern == CHECKPOINT && signed_note(before) == signed_note(after)
                || pattern == TIMESTAMP
                    && signed_token(before).is_some()
                    && signed_token(before) == signed_token(after))
        })
        .map(|(path, ..)| path)
}

/// What differs between two roots that a bundle by these services holds with, and is used for it.
pub(super) fn used_difference(before: &Value, after: &Value, rekor: Rekor, tsas: &[Tsa]) -> Option<String> {
    differences(before, after)
        .into_iter()
        .find(|(path, before, after)| {
            let pattern = pattern(path);
            let parts: Vec<&str> = path.split('/').skip(1).collect();
            let at: usize = parts.get(1).and_then(|at| at.parse().ok()).unwrap_or(usize::MAX);
            let used = match parts.first().copied() {
                Some("tlogs") => {
                    at == match rekor {
                        Rekor::V1 | Rekor::V1Intoto => 0,
                        Rekor::V2 => 1,
                        Rekor::V2Ecdsa => 2,
                    }
                }
                Some("ctlogs" | "certificateAuthorities") => at == 0,
                Some("timestampAuthorities") => {
                    at == 0 && tsas.contains(&Tsa::First) || at == 1 && tsas.contains(&Tsa::Second)
                }
                _ => true,
            };
            let is_window = parts.get(2) == Some(&"validFor") || parts.get(3) == Some(&"validFor");
            !(same_text(before, after)
                || !used
                || is_window
                || ROOT.contains(&pattern.as_str())
                || rekor.is_v2() && pattern == LOG_ID
                || pattern == ISSUER && parts.get(4) != Some(&"0")
                || path.contains("certChain") && anchor(before).is_some() && anchor(before) == anchor(after))
        })
        .map(|(path, ..)| path)
}

/// Numbers and base64 may be spelled in several ways.
fn same_text(before: &Value, after: &Value) -> bool {
    let number = |value: &Value| value.as_str().and_then(|text| text.parse::<i64>().ok());
    let bytes = |value: &Value| decoded(value).filter(|bytes| bytes.len() > 3);
    number(before).is_some() && number(before) == number(after)
        || bytes(before).is_some() && bytes(before) == bytes(after)
}

/// The text of a checkpoint and the log's own signature, which comes first.
fn signed_note(envelope: &Value) -> Option<(String, String)> {
    let (text, lines) = envelope.as_str()?.split_once("\n\n")?;
    Some((text.to_owned(), lines.lines().next()?.split_whitespace().nth(2)?.to_owned()))
}

/// Content, signed attributes and signature of a token.
fn signed_token(token: &Value) -> Option<Vec<Vec<u8>>> {
    mcpsign_simulator::signed_parts(&decoded(token)?)
}

/// Subject and key of a certificate: all that is used of one that is an anchor.
fn anchor(certificate: &Value) -> Option<Vec<Vec<u8>>> {
    mcpsign_simulator::anchor_parts(&decoded(certificate)?)
}

fn decoded(value: &Value) -> Option<Vec<u8>> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let text = value.as_str()?.replace('-', "+").replace('_', "/");
    GeneralPurpose::new(&alphabet::STANDARD, config).decode(text).ok()
}

/// The path with its numbers taken out.
fn pattern(path: &str) -> String {
    let parts = path.split('/').map(|part| if part.parse::<usize>().is_ok() { "*" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

/// Every scalar that differs, or the whole where the shapes do.
fn differences<'v>(before: &'v Value, after: &'v Value) -> Vec<(String, &'v Value, &'v Value)> {
    match (before, after) {
        (Value::Object(a), Value::Object(b)) if a.keys().eq(b.keys()) => {
            a.iter().zip(b.values()).flat_map(|((key, a), b)| below(key, differences(a, b))).collect()
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => (0..)
            .zip(a.iter().zip(b))
            .flat_map(|(at, (a, b)): (usize, _)| below(&at.to_string(), differences(a, b)))
            .collect(),
        (a, b) if a == b => Vec::new(),
        (a, b) => vec![(String::new(), a, b)],
    }
}

fn below<'v>(key: &str, found: Vec<(String, &'v Value, &'v Value)>) -> Vec<(String, &'v Value, &'v Value)> {
    found.into_iter().map(|(path, before, after)| (format!("/{key}{path}"), before, after)).collect()
}
