//! Key files: encrypted PKCS#8 in PEM, as openssl reads and writes them.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use pkcs8::der::Decode as _;
use pkcs8::der::pem::{self, LineEnding};
use pkcs8::pkcs5::EncryptionScheme;
use pkcs8::{EncryptedPrivateKeyInfoOwned, PrivateKeyInfoRef};
use zeroize::Zeroizing;

use super::{ENCRYPTED_LABEL, KeyError, MAX_FILE, Passphrase, SigningKey, kdf};

/// Says that a PEM file is encrypted as such, whatever is in it (RFC 1421 §4.6.1.1).
const OLD_ENCRYPTION: &[u8] = b"Proc-Type: 4,ENCRYPTED";

/// A new key, ready to be written: neither text is secret without the passphrase.
#[derive(Debug)]
pub struct GeneratedKey {
    /// Encrypted PKCS#8, PEM.
    pub private_pem: String,
    /// SubjectPublicKeyInfo, PEM.
    pub public_pem: String,
}

/// Makes a P-256 key and encrypts it: scrypt (N 2^14, r 8, p 5) and AES-256-CBC.
///
/// # Errors
/// When the random source or the cryptographic library fails.
pub fn generate(passphrase: &Passphrase) -> Result<GeneratedKey, KeyError> {
    let failed = |what| move |_| KeyError::Crypto { what };
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new())
        .map_err(|_| KeyError::Crypto { what: "making a key" })?;
    let public_pem = SigningKey::from_pkcs8(pkcs8.as_ref())?.public_pem()?;
    let encrypted = PrivateKeyInfoRef::from_der(pkcs8.as_ref())
        .map_err(|_| KeyError::Crypto { what: "making a key" })?
        .encrypt_with_params(kdf::fresh()?, passphrase.as_bytes())
        .map_err(failed("encrypting the key"))?;
    let private_pem = encrypted
        .to_pem(ENCRYPTED_LABEL, LineEnding::LF)
        .map_err(|_| KeyError::Crypto { what: "writing PEM" })?;
    Ok(GeneratedKey { private_pem: private_pem.as_str().to_owned(), public_pem })
}

/// A key file that was read and is not yet opened.
#[derive(Debug)]
pub struct EncryptedKey {
    inner: EncryptedPrivateKeyInfoOwned,
}

impl EncryptedKey {
    /// Reads a key file. Its cost parameters are judged here, before a passphrase is asked for.
    ///
    /// # Errors
    /// When the file is no encrypted PKCS#8 PEM, or one that is encrypted in a way that is not supported or
    /// would cost too much to open.
    pub fn parse(file: &[u8]) -> Result<Self, KeyError> {
        if file.len() > MAX_FILE {
            return Err(KeyError::TooLarge { found: file.len(), limit: MAX_FILE });
        }
        // The label first: an unencrypted key is refused without being decoded into memory. RFC 1421 encrypted what it named.
        if file.windows(OLD_ENCRYPTION.len()).any(|some| some == OLD_ENCRYPTION) {
            return Err(KeyError::Encryption { found: "PEM's own encryption" });
        }
        match pem::decode_label(file).map_err(KeyError::Pem)? {
            ENCRYPTED_LABEL => {}
            "PRIVATE KEY" | "EC PRIVATE KEY" | "RSA PRIVATE KEY" => return Err(KeyError::NotEncrypted),
            other => return Err(KeyError::OtherLabel { label: other.into() }),
        }
        let (_, der) = pem::decode_vec(file).map_err(KeyError::Pem)?;
        let inner = EncryptedPrivateKeyInfoOwned::from_der(&der).map_err(KeyError::Asn1)?;
        match &inner.encryption_algorithm {
            EncryptionScheme::Pbes2(parameters) => kdf::check(parameters)?,
            EncryptionScheme::Pbes1(_) => return Err(KeyError::Encryption { found: "PBES1" }),
            _ => return Err(KeyError::Encryption { found: "an unknown scheme" }),
        }
        Ok(Self { inner })
    }

    /// Opens the key. Takes as long as its file says: about a fifth of a second for ours.
    ///
    /// # Errors
    /// When the passphrase does not open it, or what it opens is no P-256 key.
    pub fn decrypt(&self, passphrase: &Passphrase) -> Result<SigningKey, KeyError> {
        let mut buffer = Zeroizing::new(self.inner.encrypted_data.as_bytes().to_vec());
        let pkcs8 = self
            .inner
            .encryption_algorithm
            .decrypt_in_place(passphrase.as_bytes(), &mut buffer)
            .map_err(|_| KeyError::WrongPassphrase)?;
        // The padding of one wrong key in 256 looks right; then the plaintext is noise.
        PrivateKeyInfoRef::from_der(pkcs8).map_err(|_| KeyError::WrongPassphrase)?;
        SigningKey::from_pkcs8(pkcs8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passphrase(text: &str) -> Passphrase {
        Passphrase::new(Zeroizing::new(text.as_bytes().to_vec())).unwrap()
    }

    fn parse_error(file: &str) -> KeyError {
        EncryptedKey::parse(file.as_bytes()).unwrap_err()
    }

    #[test]
    fn a_generated_key_opens_with_its_passphrase_only() {
        let key = generate(&passphrase("correct horse")).unwrap();
        assert!(key.private_pem.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
        let file = EncryptedKey::parse(key.private_pem.as_bytes()).unwrap();
        assert_eq!(file.decrypt(&passphrase("correct horse")).unwrap().public_pem().unwrap(), key.public_pem);
        assert!(matches!(file.decrypt(&passphrase("wrong")), Err(KeyError::WrongPassphrase)));
    }

    #[test]
    fn two_keys_share_nothing() {
        let (a, b) = (generate(&passphrase("p")).unwrap(), generate(&passphrase("p")).unwrap());
        assert_ne!(a.private_pem, b.private_pem);
        assert_ne!(a.public_pem, b.public_pem);
    }

    // Written by openssl 3.0.19; the commands stand in testdata/README.md.
    #[test]
    fn what_openssl_wrote_is_read() {
        let public = include_str!("testdata/p256.pub");
        for file in [include_str!("testdata/p256-scrypt.pem"), include_str!("testdata/p256-pbkdf2.pem")] {
            let key =
                EncryptedKey::parse(file.as_bytes()).unwrap().decrypt(&passphrase("mcpsign test")).unwrap();
            assert_eq!(key.public_pem().unwrap(), public);
        }
    }

    #[test]
    fn files_that_are_something_else_say_what_they_are() {
        assert!(matches!(parse_error(""), KeyError::Pem(_)));
        assert!(matches!(parse_error("garbage"), KeyError::Pem(_)));
        assert!(matches!(parse_error(&"x".repeat(MAX_FILE + 1)), KeyError::TooLarge { .. }));
        assert!(matches!(
            parse_error("-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n"),
            KeyError::NotEncrypted
        ));
        let public = parse_error(include_str!("testdata/p256.pub"));
        assert!(matches!(&public, KeyError::OtherLabel { label } if label == "PUBLIC KEY"));
        assert!(public.hint().unwrap().contains("public key"));
        let empty = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n";
        assert!(matches!(parse_error(empty), KeyError::Asn1(_)));
    }

    #[test]
    fn keys_of_other_algorithms_are_named() {
        for (file, name) in [
            (include_str!("testdata/p384.pem"), "ECDSA on P-384"),
            (include_str!("testdata/ed25519.pem"), "Ed25519"),
            (include_str!("testdata/rsa.pem"), "RSA"),
        ] {
            let error = EncryptedKey::parse(file.as_bytes())
                .unwrap()
                .decrypt(&passphrase("mcpsign test"))
                .unwrap_err();
            assert!(matches!(&error, KeyError::Algorithm { found } if found == name), "{error:?}");
        }
    }

    #[test]
    fn costly_and_outdated_encryption_is_refused_before_it_is_run() {
        assert!(matches!(
            parse_error(include_str!("testdata/costly-pbkdf2.pem")),
            KeyError::TooCostly { .. }
        ));
        assert!(matches!(parse_error(include_str!("testdata/sha1-pbkdf2.pem")), KeyError::Encryption { .. }));
        // As `openssl ec -aes256` writes it.
        let old = "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nMAA=\n-----END EC PRIVATE KEY-----\n";
        let error = parse_error(old);
        assert!(matches!(error, KeyError::Encryption { .. }) && error.hint().is_some(), "{error:?}");
    }

    #[test]
    fn damage_anywhere_is_refused() {
        let key = generate(&passphrase("p")).unwrap();
        let lines: Vec<&str> = key.private_pem.lines().collect();
        let body = lines[1..lines.len() - 1].concat();
        let der = pem::decode_vec(key.private_pem.as_bytes()).unwrap().1;
        assert!(!body.is_empty());
        // Every 16th byte: each trial that still parses runs scrypt.
        for at in (0..der.len()).step_by(16) {
            let mut der = der.clone();
            der[at] ^= 0x10;
            let file = pem::encode_string(ENCRYPTED_LABEL, LineEnding::LF, &der).unwrap();
            let opened = EncryptedKey::parse(file.as_bytes()).and_then(|file| file.decrypt(&passphrase("p")));
            assert!(opened.is_err(), "byte {at}");
        }
    }
}
