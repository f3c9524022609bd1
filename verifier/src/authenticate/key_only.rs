//! Bundles that are signed by a key and carry neither log entry nor timestamp. The Sigstore crate refuses them; here
//! they are a signature by a known key, and no more than that.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::bundle::SignedBundle;
use super::{AuthenticateError, Signer, keys};
use crate::trust::TrustedKey;

/// Finds the key that made the signature.
///
/// # Errors
/// When none did; the bundle's hint only improves the diagnosis.
pub(super) fn verify(
    bundle: &SignedBundle,
    hint: &str,
    keys: &[&TrustedKey],
) -> Result<Signer, AuthenticateError> {
    let key = signing_key(bundle, hint, keys)?;
    Ok(Signer::Key { spki_sha256: key.spki_sha256(), times: Vec::new() })
}

/// The one of `keys` that made the envelope's signature.
pub(super) fn signing_key<'k>(
    bundle: &SignedBundle,
    hint: &str,
    keys: &[&'k TrustedKey],
) -> Result<&'k TrustedKey, AuthenticateError> {
    if keys.is_empty() {
        return Err(AuthenticateError::KeyMissing);
    }
    let envelope = bundle.envelope().ok_or(AuthenticateError::NotAStatement)?;
    let pae = envelope.pae();
    if let Some(key) = keys.iter().find(|key| keys::signed_by(envelope, &pae, key)) {
        return Ok(key);
    }
    let hinted = |key: &&&TrustedKey| STANDARD.encode(key.spki_sha256().as_bytes()) == hint;
    if hint.is_empty() || keys.iter().any(|key| hinted(&key)) {
        Err(AuthenticateError::SignatureInvalid { detail: None })
    } else {
        Err(AuthenticateError::KeyNotTrusted { hint: hint.into() })
    }
}
