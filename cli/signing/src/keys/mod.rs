//! Local keys: P-256, kept as PKCS#8 that is encrypted with a passphrase.

mod encrypted;
mod error;
mod kdf;
#[cfg(test)]
mod openssl;
mod passphrase;
mod signing;

pub use encrypted::{EncryptedKey, GeneratedKey, generate};
pub use error::KeyError;
pub use passphrase::Passphrase;
pub use signing::SigningKey;

/// Bytes of a key file at the most. Ours has about 400; an openssl one with its text in front some thousand.
pub const MAX_FILE: usize = 16 << 10;

/// PEM label of a key file.
const ENCRYPTED_LABEL: &str = "ENCRYPTED PRIVATE KEY";
/// PEM label of a public key.
const PUBLIC_LABEL: &str = "PUBLIC KEY";
