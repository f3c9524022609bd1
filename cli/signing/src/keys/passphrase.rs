//! The passphrase of a key file.

use std::fmt;

use zeroize::Zeroizing;

use super::KeyError;

/// Longest passphrase in bytes: openssl reads no longer one, and the files are meant for it, too.
const MAX_BYTES: usize = 1024;

/// A passphrase: not empty, wiped when dropped, never printed.
pub struct Passphrase(Zeroizing<Vec<u8>>);

impl Passphrase {
    /// Takes the passphrase's bytes, line end already removed.
    ///
    /// # Errors
    /// When it is empty (then the key would lie there as good as open) or longer than 1024 bytes.
    pub fn new(bytes: Zeroizing<Vec<u8>>) -> Result<Self, KeyError> {
        match bytes.len() {
            0 => Err(KeyError::PassphraseEmpty),
            1..=MAX_BYTES => Ok(Self(bytes)),
            found => Err(KeyError::PassphraseTooLong { found, limit: MAX_BYTES }),
        }
    }

    /// The bytes. They must not be copied to where nothing wipes them.
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(..)")
    }
}

impl PartialEq for Passphrase {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
