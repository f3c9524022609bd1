//! Bundles that are signed by a key and carry log entries or timestamps: all of these must hold.

use jiff::Timestamp;
use sigstore_types::DerPublicKey;
use sigstore_verify::PublicKeyVerificationPolicy;

use super::bundle::{Material, SignedBundle};
use super::input::Input;
use super::key_only::signing_key;
use super::log::{self, LogEvidence};
use super::memory::Memory;
use super::root::SigstoreRoot;
use super::{AuthenticateError, Signer, VerifiedTime, inclusion, other_keys};
use crate::trust::TrustedKey;

/// Verifies log entries, timestamps and the signature by one of `keys`.
pub(super) fn verify(
    bundle: &SignedBundle,
    input: Input<'_>,
    root: &SigstoreRoot,
    keys: &[&TrustedKey],
    log_evidence: LogEvidence,
    now: Timestamp,
) -> Result<Signer, AuthenticateError> {
    let logged = !bundle.log_entries().is_empty();
    if logged && !root.has_log() {
        return Err(AuthenticateError::UnknownLog);
    }
    log::every_entry_is_proven(bundle, log_evidence)?;
    let hint = match bundle.material() {
        Material::Key { hint } => hint,
        Material::Certificate => return Err(AuthenticateError::CertificateUnverified),
    };
    // One key is found first, so that the log is verified once and not once a key.
    let key = match (bundle.envelope(), keys) {
        (Some(_), keys) => signing_key(bundle, hint, keys)?,
        (None, [only]) => only,
        (None, []) => return Err(AuthenticateError::KeyMissing),
        (None, _) => return Err(AuthenticateError::NotAStatement),
    };
    let spki = DerPublicKey::from_bytes(key.spki());
    if logged && other_keys::has_entries_for_other_keys(bundle) {
        let times = of_another_key(bundle, input, root, &spki, now)?;
        return Ok(Signer::Key { spki_sha256: key.spki_sha256(), times });
    }
    let mut policy = PublicKeyVerificationPolicy::new(spki);
    if !logged {
        // Timestamps alone: nothing is skipped, there is no entry.
        policy = policy.skip_tlog_unsafe();
    }
    let verified = root
        .verifier()
        .verify(input.for_backend(bundle)?, bundle.inner(), &policy)
        .map_err(|error| AuthenticateError::from_backend(error, bundle, now))?;
    if verified.tlog_verified() != logged {
        return Err(AuthenticateError::NoLogEntry);
    }
    let times = verified.verified_timestamps();
    let (logged, stamped) =
        times.split_at_checked(log::promised(bundle).count()).ok_or(AuthenticateError::NoTimestamp)?;
    let times = log::sources(bundle, root, logged, stamped)?;
    log::no_time_is_late(&times, now)?;
    log::keys_were_valid(bundle, root, &times)?;
    Ok(Signer::Key { spki_sha256: key.spki_sha256(), times })
}

/// The times of a bundle with entries that the crate does not read. The signature was verified when its key was found; the
/// crate verifies timestamps, if there are any, and takes no bundle that has neither these nor entries.
fn of_another_key(
    bundle: &SignedBundle,
    input: Input<'_>,
    root: &SigstoreRoot,
    key: &DerPublicKey,
    now: Timestamp,
) -> Result<Vec<VerifiedTime>, AuthenticateError> {
    let refused = |error| AuthenticateError::from_backend(error, bundle, now);
    inclusion::is_of_its_version(bundle).map_err(refused)?;
    other_keys::entries_are_of_key(bundle, key)?;
    let stamped = match bundle.timestamp_count() {
        0 => Vec::new(),
        _ => {
            let policy = PublicKeyVerificationPolicy::new(key.clone()).skip_tlog_unsafe();
            let rest = other_keys::without_entries(bundle);
            let verified = root.verifier().verify(input.for_backend(bundle)?, &rest, &policy);
            verified.map_err(refused)?.verified_timestamps().to_vec()
        }
    };
    let times = log::sources(bundle, root, &[], &stamped)?;
    log::no_time_is_late(&times, now)?;
    inclusion::holds(bundle, root, &times, &mut Memory::default())?;
    Ok(times)
}
