//! A second, deliberately naive implementation of what `mcpsign attest` writes.
//!
//! It signs whatever it is given, true or not, and shares no code with the signing crate: vectors made here
//! would show a disagreement about the format, and lies can be signed with a good signature.

mod release;

use std::collections::BTreeMap;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256, Sha512};

pub use release::{Release, TARBALL, item_digests, measured, npm_tarball, npm_tarball_of};

/// Media type of the bundles that count.
pub const BUNDLE_V0_3: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
/// DSSE payload type of in-toto statements.
pub const IN_TOTO: &str = "application/vnd.in-toto+json";
/// Predicate type of the tool manifest.
pub const TOOL_MANIFEST: &str = "https://mcpsign.dev/tool-manifest/v1";
/// Predicate type of a CycloneDX SBOM.
pub const CYCLONEDX: &str = "https://cyclonedx.org/bom";

/// What `EcdsaKeyPair` prefixes to a raw P-256 point to make a SubjectPublicKeyInfo (RFC 5480).
const P256_SPKI: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// A P-256 key that signs anything.
pub struct Key {
    pair: EcdsaKeyPair,
    pkcs8: Vec<u8>,
}

/// Key generation or signing failed in the cryptographic library.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the cryptographic library refused")]
pub struct ForgeError;

impl Key {
    /// A fresh key.
    ///
    /// # Errors
    /// When the library refuses.
    pub fn generate() -> Result<Self, ForgeError> {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new())
            .map_err(|_| ForgeError)?;
        Self::from_pkcs8(pkcs8.as_ref())
    }

    /// A key from unencrypted PKCS#8 DER.
    ///
    /// # Errors
    /// When it is no P-256 key.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, ForgeError> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, der).map_err(|_| ForgeError)?;
        Ok(Self { pair, pkcs8: der.to_vec() })
    }

    /// Unencrypted PKCS#8 DER.
    pub fn pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }

    /// SubjectPublicKeyInfo, DER.
    pub fn spki(&self) -> Vec<u8> {
        [&P256_SPKI, self.pair.public_key().as_ref()].concat()
    }

    /// SubjectPublicKeyInfo, PEM.
    pub fn public_pem(&self) -> String {
        let body = STANDARD.encode(self.spki());
        let lines: Vec<&str> =
            body.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
    }

    /// ASN.1 ECDSA signature over DSSE's pre-authentication encoding.
    ///
    /// # Errors
    /// When the library refuses.
    pub fn sign_pae(&self, payload_type: &str, payload: &[u8]) -> Result<Vec<u8>, ForgeError> {
        let pae =
            [format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).as_bytes(), payload]
                .concat();
        let signature = self.pair.sign(&SystemRandom::new(), &pae).map_err(|_| ForgeError)?;
        Ok(signature.as_ref().to_vec())
    }

    /// A key-only bundle over `payload`.
    ///
    /// # Errors
    /// When the library refuses.
    pub fn bundle(&self, payload: &[u8]) -> Result<Value, ForgeError> {
        let signature = self.sign_pae(IN_TOTO, payload)?;
        Ok(json!({
            "mediaType": BUNDLE_V0_3,
            "verificationMaterial": { "publicKey": { "hint": STANDARD.encode(Sha256::digest(self.spki())) } },
            "dsseEnvelope": {
                "payload": STANDARD.encode(payload),
                "payloadType": IN_TOTO,
                "signatures": [ { "sig": STANDARD.encode(signature) } ]
            }
        }))
    }
}

/// Lower-case hex of SHA-256.
pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Lower-case hex of SHA-512.
pub fn sha512(bytes: &[u8]) -> String {
    hex::encode(Sha512::digest(bytes))
}

/// Canonical JSON of values whose keys are ASCII and whose numbers are small integers, which is all that is made
/// here.
pub fn jcs(value: &Value) -> Vec<u8> {
    match value {
        Value::Object(members) => {
            let sorted: BTreeMap<_, _> = members.iter().collect();
            let members: Vec<_> = sorted
                .into_iter()
                .map(|(key, value)| [jcs(&json!(key)), b":".to_vec(), jcs(value)].concat())
                .collect();
            [b"{".to_vec(), members.join(&b','), b"}".to_vec()].concat()
        }
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(jcs).collect();
            [b"[".to_vec(), items.join(&b','), b"]".to_vec()].concat()
        }
        scalar => scalar.to_string().into_bytes(),
    }
}

/// An in-toto statement.
pub fn statement(subjects: &Value, predicate_type: &str, predicate: &Value) -> Value {
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subjects,
        "predicateType": predicate_type,
        "predicate": predicate
    })
}
