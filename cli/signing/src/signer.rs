//! Signing a statement: payload in, Sigstore bundle out.

use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::evidence_file;
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::statement::PAYLOAD_TYPE;
use mcpsign_verifier::policy::FlagSigner;
use mcpsign_verifier::{TimePolicy, TrustedKey};
use sigstore_types::bundle::{
    MediaType, PublicKeyIdentifier, SignatureContent, VerificationMaterial, VerificationMaterialContent,
};
use sigstore_types::dsse::{self, DsseEnvelope, DsseSignature};
use sigstore_types::{Bundle, KeyId, PayloadBytes};

use crate::keyless::{KeylessError, Logged};
use crate::keys::{KeyError, SigningKey};

/// Signs statements. What it signed passes [`crate::check`] before it goes anywhere.
pub trait Signer {
    /// Signs the payloads of a run's statements, byte for byte as given; gives them in this order. Where they are logged,
    /// tool manifests become known last.
    ///
    /// # Errors
    /// When the key or a service does not sign one of them. [`Self::logged`] says what stands somewhere all the same.
    fn sign_all(&self, payloads: Vec<Vec<u8>>) -> Result<Vec<Signed>, SignError>;

    /// Whom a verifier has to name in order to trust what this signs.
    ///
    /// # Errors
    /// When the signer's own key or identity is not one that the verifier takes.
    fn identity(&self) -> Result<FlagSigner, SignError>;

    /// What was published by signing and cannot be taken back.
    fn logged(&self) -> Vec<Logged>;
}

/// A signature that nobody has verified yet. Only [`crate::check::check`] makes something of it that can be written.
#[derive(Debug)]
pub struct Signed {
    payload: Vec<u8>,
    line: String,
}

impl Signed {
    /// # Errors
    /// When the bundle has no JSON form.
    pub(crate) fn new(payload: Vec<u8>, bundle: &Bundle) -> Result<Self, sigstore_types::Error> {
        Ok(Self { line: bundle.to_json()?, payload })
    }

    /// SHA-256 of the payload, by which the tool manifest binds the statement.
    pub fn payload_digest(&self) -> Sha256Digest {
        Sha256Digest::of(&self.payload)
    }

    /// What was signed.
    pub(crate) fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The bundle, on one line without its end.
    pub(crate) fn line(&self) -> &str {
        &self.line
    }

    /// For tests that tamper with a line between signing and checking.
    #[cfg(test)]
    pub(crate) fn with_line(self, line: String) -> Self {
        Self { line, ..self }
    }
}

/// Why nothing was signed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The payload is larger than readers accept.
    #[error("a payload of {found} bytes cannot be signed: readers accept {limit}")]
    TooLarge {
        /// Its size.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// The cryptographic library refused.
    #[error("the signature could not be made")]
    Crypto(#[source] sigstore_crypto::Error),
    /// The bundle could not be written down.
    #[error("the bundle could not be written")]
    Bundle(#[source] sigstore_types::Error),
    /// The public key could not be written down.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Certificate, timestamps or log entries.
    #[error(transparent)]
    Keyless(#[from] KeylessError),
    /// Whatever is signed as this identity is refused by who verifies it with the built-in policy.
    #[error("what is signed as this identity does not count")]
    Refused(Vec<Finding>),
    /// Our own verifier takes no such key.
    #[error("the verifier does not take this signer's key")]
    Verifier(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A key of one's own. Needs no service and proves no time.
#[derive(Debug)]
pub struct LocalSigner {
    key: SigningKey,
}

impl LocalSigner {
    /// Name of the key in reports of the check.
    const NAME: &'static str = "the signing key";

    /// Signs with this key.
    pub const fn new(key: SigningKey) -> Self {
        Self { key }
    }

    /// Signs with a key that nobody keeps and nobody trusts: to see what a check would say before anything is published.
    ///
    /// # Errors
    /// When the library makes no key.
    pub fn rehearsal() -> Result<Self, SignError> {
        SigningKey::generate().map(Self::new).map_err(SignError::Crypto)
    }

    /// The key.
    pub const fn key(&self) -> &SigningKey {
        &self.key
    }

    /// Signs one payload, byte for byte as given.
    ///
    /// # Errors
    /// When it is larger than readers accept, or the key does not sign.
    pub fn sign(&self, payload: Vec<u8>) -> Result<Signed, SignError> {
        if payload.len() > evidence_file::MAX_PAYLOAD {
            return Err(SignError::TooLarge { found: payload.len(), limit: evidence_file::MAX_PAYLOAD });
        }
        let signature = self.key.sign(&dsse::pae(PAYLOAD_TYPE, &payload)).map_err(SignError::Crypto)?;
        let bundle = Bundle::new(
            MediaType::Bundle0_3,
            VerificationMaterial::new(VerificationMaterialContent::PublicKey(PublicKeyIdentifier::new(
                self.key.hint(),
            ))),
            SignatureContent::DsseEnvelope(DsseEnvelope::new(
                PAYLOAD_TYPE,
                PayloadBytes::from_bytes(&payload),
                DsseSignature::new(signature, KeyId::default()),
            )),
        );
        Signed::new(payload, &bundle).map_err(SignError::Bundle)
    }
}

impl Signer for LocalSigner {
    fn sign_all(&self, payloads: Vec<Vec<u8>>) -> Result<Vec<Signed>, SignError> {
        payloads.into_iter().map(|payload| self.sign(payload)).collect()
    }

    fn identity(&self) -> Result<FlagSigner, SignError> {
        // Nothing here proves the time; whoever verifies has to say so, too (`--public-key` does).
        TrustedKey::from_pem(Self::NAME, self.key.public_pem()?.as_bytes(), TimePolicy::AllowUnverified)
            .map(FlagSigner::Key)
            .map_err(|error| SignError::Verifier(error.into()))
    }

    fn logged(&self) -> Vec<Logged> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{EncryptedKey, Passphrase, generate};
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use std::process::Command;
    use zeroize::Zeroizing;

    fn signer() -> LocalSigner {
        let passphrase = Passphrase::new(Zeroizing::new(b"p".to_vec())).unwrap();
        let key = generate(&passphrase).unwrap();
        LocalSigner::new(
            EncryptedKey::parse(key.private_pem.as_bytes()).unwrap().decrypt(&passphrase).unwrap(),
        )
    }

    #[test]
    fn openssl_verifies_the_signature_over_the_pre_authentication_encoding() {
        let signer = signer();
        let signed = signer.sign(b"{\"a\":1}".to_vec()).unwrap();
        let line: serde_json::Value = serde_json::from_str(signed.line()).unwrap();
        let signature = line["dsseEnvelope"]["signatures"][0]["sig"].as_str().unwrap();
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str, bytes: &[u8]| {
            std::fs::write(dir.path().join(name), bytes).unwrap();
        };
        file("pub", signer.key().public_pem().unwrap().as_bytes());
        file("sig", &STANDARD.decode(signature).unwrap());
        // Written out by hand: our own encoder is what is tested.
        file("pae", b"DSSEv1 28 application/vnd.in-toto+json 7 {\"a\":1}");
        let arguments = ["dgst", "-sha256", "-verify", "pub", "-signature", "sig", "pae"];
        let Ok(output) = Command::new("openssl").args(arguments).current_dir(dir.path()).output() else {
            println!("SKIPPED: openssl is not installed, so its verdict on our signature was not asked for");
            return;
        };
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    #[test]
    fn a_payload_that_no_reader_takes_is_not_signed() {
        let result = signer().sign(vec![b' '; evidence_file::MAX_PAYLOAD + 1]);
        assert!(matches!(result, Err(SignError::TooLarge { .. })));
    }
}
