//! Public keys: read from PEM, tried on an envelope.

use sigstore_crypto::{KeyAlgorithm, VerificationKey, validate_raw_public_key};
use sigstore_types::{DerPublicKey, DsseEnvelope};

use crate::trust::TrustedKey;

/// Bytes of a PEM file at the most: an ML-DSA-87 key has 3.6 KB.
const MAX_PEM: usize = 16 << 10;

/// A file that is no public key that can be trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustedKeyError {
    /// Too long, not text, or without PEM block.
    #[error("it is no PEM file (`-----BEGIN PUBLIC KEY-----`)")]
    NotPem,
    /// Several blocks: it would be open which of them is meant.
    #[error("it holds {found} PEM blocks, not one")]
    SeveralBlocks {
        /// How many.
        found: usize,
    },
    /// A private key, which has no place here.
    #[error("it holds a private key; only the public half is needed")]
    PrivateKey,
    /// Not a key of a kind that signatures are verified with.
    #[error("the key cannot be used: {0}")]
    Unusable(String),
}

/// The SubjectPublicKeyInfo (DER) in a PEM file of exactly one public key.
pub(crate) fn spki_from_pem(pem: &[u8]) -> Result<Vec<u8>, TrustedKeyError> {
    let text =
        std::str::from_utf8(pem).ok().filter(|text| text.len() <= MAX_PEM).ok_or(TrustedKeyError::NotPem)?;
    match text.matches("-----BEGIN ").count() {
        0 => return Err(TrustedKeyError::NotPem),
        1 => {}
        found => return Err(TrustedKeyError::SeveralBlocks { found }),
    }
    if text.contains("PRIVATE KEY-----") {
        return Err(TrustedKeyError::PrivateKey);
    }
    let unusable = |error: &dyn std::fmt::Display| TrustedKeyError::Unusable(error.to_string());
    let key = DerPublicKey::from_pem(text).map_err(|error| unusable(&error))?;
    let parsed = VerificationKey::from_spki(&key).map_err(|error| unusable(&error))?;
    validate_raw_public_key(parsed.scheme(), parsed.as_bytes()).map_err(|error| unusable(&error))?;
    Ok(key.into_bytes())
}

/// A key as PEM.
pub(crate) fn pem(spki: &[u8]) -> String {
    // The crate ends lines the way RFC 1421 did.
    DerPublicKey::from_bytes(spki).to_pem().replace("\r\n", "\n")
}

/// Whether `key` made the envelope's one signature, over the pre-authentication encoding of type and payload.
pub(super) fn signed_by(envelope: &DsseEnvelope, pae: &[u8], key: &TrustedKey) -> bool {
    let key = DerPublicKey::from_bytes(key.spki());
    // A scheme is the key's own: the envelope cannot ask for a weaker one.
    KeyAlgorithm::from_spki(&key).is_ok_and(|algorithm| {
        sigstore_crypto::verify_signature(
            &key,
            pae,
            &envelope.signature.sig,
            algorithm.default_signing_scheme(),
        )
        .is_ok()
    })
}
