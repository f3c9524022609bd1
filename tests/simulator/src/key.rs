//! Keys of services and signers.

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
    KeyPair as _,
};
use const_oid::ObjectIdentifier;
use const_oid::db::rfc5912::{ECDSA_WITH_SHA_256, ECDSA_WITH_SHA_384, ID_SHA_256, ID_SHA_384};
use der::pem::LineEnding;
use der::{Decode as _, EncodePem as _};
use sha2::{Digest as _, Sha256, Sha384};
use spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

/// A key pair. ECDSA keys sign with the hash of their size, in ASN.1.
#[derive(Debug)]
pub struct Key {
    pair: Pair,
    spki: Vec<u8>,
}

#[derive(Debug)]
enum Pair {
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Key {
    /// A fresh key on P-256.
    pub fn p256() -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key");
        let spki = pair.public_key().as_der().expect("its encoding").as_ref().to_vec();
        Self { pair: Pair::P256(pair), spki }
    }

    /// A fresh key on P-384.
    pub fn p384() -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_ASN1_SIGNING).expect("a key");
        let spki = pair.public_key().as_der().expect("its encoding").as_ref().to_vec();
        Self { pair: Pair::P384(pair), spki }
    }

    /// A fresh Ed25519 key.
    pub fn ed25519() -> Self {
        let pair = Ed25519KeyPair::generate().expect("a key");
        let spki = pair.public_key().as_der().expect("its encoding").as_ref().to_vec();
        Self { pair: Pair::Ed25519(pair), spki }
    }

    /// Signs `message`.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        match &self.pair {
            Pair::P256(pair) | Pair::P384(pair) => {
                pair.sign(&SystemRandom::new(), message).expect("a signature").as_ref().to_vec()
            }
            Pair::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }

    /// DER of the SubjectPublicKeyInfo.
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// The public key as PEM.
    pub fn pem(&self) -> String {
        self.subject_public_key_info().to_pem(LineEnding::LF).expect("its encoding")
    }

    /// SHA-256 of [`Self::spki`].
    pub fn spki_sha256(&self) -> [u8; 32] {
        Sha256::digest(&self.spki).into()
    }

    /// The public key without its algorithm; of Ed25519, 32 bytes.
    pub fn raw(&self) -> &[u8] {
        match &self.pair {
            Pair::P256(pair) | Pair::P384(pair) => pair.public_key().as_ref(),
            Pair::Ed25519(pair) => pair.public_key().as_ref(),
        }
    }

    /// What trust roots call its kind.
    pub const fn details(&self) -> &'static str {
        match self.pair {
            Pair::P256(_) => "PKIX_ECDSA_P256_SHA_256",
            Pair::P384(_) => "PKIX_ECDSA_P384_SHA_384",
            Pair::Ed25519(_) => "PKIX_ED25519",
        }
    }

    pub(crate) const fn is_ed25519(&self) -> bool {
        matches!(self.pair, Pair::Ed25519(_))
    }

    pub(crate) fn subject_public_key_info(&self) -> SubjectPublicKeyInfoOwned {
        SubjectPublicKeyInfoOwned::from_der(&self.spki).expect("what the library encoded")
    }

    /// The algorithm of its signatures, as certificates name it.
    pub(crate) const fn signature_algorithm(&self) -> AlgorithmIdentifierOwned {
        let oid = match self.pair {
            Pair::P256(_) => ECDSA_WITH_SHA_256,
            Pair::P384(_) => ECDSA_WITH_SHA_384,
            Pair::Ed25519(_) => const_oid::db::rfc8410::ID_ED_25519,
        };
        AlgorithmIdentifierOwned { oid, parameters: None }
    }

    /// The hash that its signatures are over, and that hash of `bytes`.
    pub(crate) fn digest(&self, bytes: &[u8]) -> (ObjectIdentifier, Vec<u8>) {
        match self.pair {
            Pair::P384(_) => (ID_SHA_384, Sha384::digest(bytes).to_vec()),
            _ => (ID_SHA_256, Sha256::digest(bytes).to_vec()),
        }
    }
}
