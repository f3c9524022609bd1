//! An opened key.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mcpsign_schemas::digest::Sha256Digest;
use pkcs8::PrivateKeyInfoRef;
use pkcs8::der::Decode as _;
use pkcs8::der::asn1::{AnyRef, ObjectIdentifier};
use pkcs8::der::pem::{self, LineEnding};
use pkcs8::spki::AlgorithmIdentifierRef;
use sigstore_crypto::KeyPair;
use sigstore_types::SignatureBytes;

use super::{KeyError, PUBLIC_LABEL};

const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");

/// A P-256 private key, ready to sign. Its memory is the cryptographic library's, which wipes it when freed.
pub struct SigningKey {
    pair: KeyPair,
    spki: Vec<u8>,
}

impl SigningKey {
    /// Takes an unencrypted PKCS#8 document (DER). The caller wipes its buffer.
    pub(super) fn from_pkcs8(der: &[u8]) -> Result<Self, KeyError> {
        let info = PrivateKeyInfoRef::from_der(der).map_err(KeyError::Asn1)?;
        if info.algorithm.oid != EC_PUBLIC_KEY || curve(&info.algorithm) != Some(P256) {
            return Err(KeyError::Algorithm { found: name(&info.algorithm) });
        }
        let pair = KeyPair::from_pkcs8_der(der).map_err(KeyError::Rejected)?;
        let spki = pair.public_key_der().map_err(KeyError::Rejected)?.as_bytes().to_vec();
        Ok(Self { pair, spki })
    }

    /// A key that is written nowhere.
    pub(crate) fn generate() -> Result<Self, sigstore_crypto::Error> {
        let pair = KeyPair::generate_ecdsa_p256()?;
        let spki = pair.public_key_der()?.as_bytes().to_vec();
        Ok(Self { pair, spki })
    }

    /// ECDSA over SHA-256 of `message`, ASN.1 form.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<SignatureBytes, sigstore_crypto::Error> {
        self.pair.sign(message)
    }

    /// The public key: SubjectPublicKeyInfo, DER.
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// The public key: SubjectPublicKeyInfo, PEM with LF.
    ///
    /// # Errors
    /// Never for a key that was read; the encoder's error is passed on.
    pub fn public_pem(&self) -> Result<String, KeyError> {
        pem::encode_string(PUBLIC_LABEL, LineEnding::LF, &self.spki).map_err(KeyError::Pem)
    }

    /// `publicKey.hint` of bundles by this key: base64 of the SHA-256 of the SubjectPublicKeyInfo.
    pub fn hint(&self) -> String {
        STANDARD.encode(Sha256Digest::of(&self.spki).as_bytes())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("hint", &self.hint()).finish_non_exhaustive()
    }
}

fn curve(algorithm: &AlgorithmIdentifierRef<'_>) -> Option<ObjectIdentifier> {
    algorithm.parameters.as_ref().and_then(|any: &AnyRef<'_>| any.decode_as().ok())
}

/// What people call it, as far as they are likely to hand it in.
fn name(algorithm: &AlgorithmIdentifierRef<'_>) -> String {
    let oid = match curve(algorithm) {
        Some(curve) if algorithm.oid == EC_PUBLIC_KEY => curve,
        _ => algorithm.oid,
    };
    match oid.to_string().as_str() {
        "1.3.132.0.34" => "ECDSA on P-384".into(),
        "1.3.132.0.35" => "ECDSA on P-521".into(),
        "1.3.132.0.10" => "ECDSA on secp256k1".into(),
        "1.3.101.112" => "Ed25519".into(),
        "1.3.101.113" => "Ed448".into(),
        "1.2.840.113549.1.1.1" => "RSA".into(),
        "1.2.840.113549.1.1.10" => "RSA-PSS".into(),
        other => format!("of algorithm {other}"),
    }
}
