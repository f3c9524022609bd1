//! Whom a verification trusts, as files say it: public keys and Sigstore trust roots.

use std::path::{Path, PathBuf};

use mcpsign_verifier::{SigstoreRoot, TimePolicy, TrustRootError, TrustedKey, TrustedKeyError};

use crate::read::{self, ReadError};

/// Bytes of a public key file at the most. A PEM P-256 key has 178; comments around it are common.
const MAX_KEY: usize = 16 << 10;
/// Bytes of a trust root at the most. The public-good one has 7 KiB; each retired log or authority adds about one.
const MAX_TRUST_ROOT: usize = 4 << 20;

/// A trust root or key that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The file was not read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The file is no public key that can be trusted.
    #[error("`{}` is no usable public key", .path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: TrustedKeyError,
    },
    /// The file is no Sigstore trust root.
    #[error("`{}` is no usable Sigstore trust root", .path.display())]
    Root {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: TrustRootError,
    },
}

/// Loads the key of `--public-key`: no window, and signatures without verified time count (as made now), which
/// that flag writes into its policy. Its name is the file's.
///
/// # Errors
/// See [`TrustError`].
pub fn public_key(path: &Path) -> Result<TrustedKey, TrustError> {
    let pem = read::file(path, MAX_KEY)?;
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    TrustedKey::from_pem(&name, &pem, TimePolicy::AllowUnverified)
        .map_err(|source| TrustError::Key { path: path.into(), source })
}

/// Loads the trust root of `--trusted-root` (Sigstore's `trusted_root.json`).
///
/// # Errors
/// See [`TrustError`].
pub fn sigstore_root(path: &Path) -> Result<SigstoreRoot, TrustError> {
    let json = read::file(path, MAX_TRUST_ROOT)?;
    SigstoreRoot::from_json(&json).map_err(|source| TrustError::Root { path: path.into(), source })
}
