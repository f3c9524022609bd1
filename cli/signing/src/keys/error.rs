//! What can be wrong with a key file or its passphrase.

use pkcs8::der;

/// A key file or passphrase that is not used. [`KeyError::hint`] says what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// No character at all.
    #[error("the passphrase is empty")]
    PassphraseEmpty,
    /// Longer than openssl reads.
    #[error("the passphrase has {found} bytes, more than {limit}")]
    PassphraseTooLong {
        /// Its length.
        found: usize,
        /// The longest one.
        limit: usize,
    },
    /// The passphrase does not open the file, or the file was damaged: CBC cannot tell them apart.
    #[error("the passphrase is wrong, or the key file is damaged")]
    WrongPassphrase,
    /// Not PEM.
    #[error("not a PEM file")]
    Pem(#[source] der::pem::Error),
    /// More bytes than a key file has.
    #[error("{found} bytes are too many for a key file (at most {limit})")]
    TooLarge {
        /// Its size.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// A private key that anybody who reads the file can use.
    #[error("the private key is not encrypted")]
    NotEncrypted,
    /// PEM of something else.
    #[error("the file holds `{label}`, not `ENCRYPTED PRIVATE KEY`")]
    OtherLabel {
        /// The PEM label found.
        label: String,
    },
    /// PEM of the right label around something else.
    #[error("the file is no encrypted PKCS#8 key")]
    Asn1(#[source] der::Error),
    /// Encrypted in a way that is not read here.
    #[error("the key is encrypted with {found}, which is not supported")]
    Encryption {
        /// What it is encrypted with.
        found: &'static str,
    },
    /// Cost parameters far above what anybody uses: reading the key would eat time or memory.
    #[error("the key file asks for {what} of {found}, more than {limit}")]
    TooCostly {
        /// Which parameter.
        what: &'static str,
        /// As stated.
        found: u64,
        /// The limit.
        limit: u64,
    },
    /// Cost parameters that make no sense.
    #[error("the key file states an invalid {what}: {found}")]
    InvalidCost {
        /// Which parameter.
        what: &'static str,
        /// As stated.
        found: u64,
    },
    /// Decrypted, and then a key of another kind.
    #[error("the key is {found}, not ECDSA on P-256")]
    Algorithm {
        /// Name or object identifier of the algorithm.
        found: String,
    },
    /// Decrypted to a P-256 key that contradicts itself.
    #[error("the decrypted key is not a valid P-256 key")]
    Rejected(#[source] sigstore_crypto::Error),
    /// The cryptographic library or the system's random source failed.
    #[error("the cryptographic library failed at {what}")]
    Crypto {
        /// At what.
        what: &'static str,
    },
}

impl KeyError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::PassphraseEmpty => {
                "a key without a passphrase is open to whoever reads its file: choose one"
            }
            Self::WrongPassphrase => "check the passphrase, then the file",
            Self::NotEncrypted => {
                "encrypt it: openssl pkcs8 -topk8 -scrypt -scrypt_p 5 -v2 aes-256-cbc -in FILE -out NEW"
            }
            Self::OtherLabel { label } if label == super::PUBLIC_LABEL => {
                "this is the public key: name the private one, without `.pub`"
            }
            Self::OtherLabel { .. } | Self::Algorithm { .. } => {
                "make a key with `mcpsign keys generate --out FILE`"
            }
            Self::Encryption { .. } | Self::TooCostly { .. } | Self::InvalidCost { .. } | Self::Asn1(_) => {
                "encrypt it again: openssl pkcs8 -in FILE | openssl pkcs8 -topk8 -scrypt -scrypt_p 5 -out NEW"
            }
            Self::PassphraseTooLong { .. }
            | Self::Pem(_)
            | Self::TooLarge { .. }
            | Self::Rejected(_)
            | Self::Crypto { .. } => return None,
        })
    }
}
