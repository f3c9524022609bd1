//! Bundles with a certificate: the Sigstore crate verifies, and what it leaves to its callers is done here.

use jiff::Timestamp;
use sigstore_verify::VerificationPolicy;

use super::bundle::SignedBundle;
use super::input::Input;
use super::log::{self, LogEvidence};
use super::root::SigstoreRoot;
use super::{AuthenticateError, Signer, claims, inclusion, timestamp};
use crate::non_empty::NonEmpty;

/// Verifies certificate, log entries, timestamps and signature.
///
/// 1. What the root's instance always gives must be there: log entries if it has a log, else a timestamp.
/// 2. Every entry has an inclusion proof.
/// 3. The crate verifies every part but inclusion proofs; who signed is not its business (`any_identity`).
/// 4. It did verify what we asked for, and found at least one time; the proofs hold.
/// 5. Certificate and timestamps are as they must be where the crate does not look: the certificate names one holder, and
///    every claim of Fulcio's in it can be read.
/// 6. No time lies in the future of *our* clock, and every log key and issuer was valid at each.
pub(super) fn verify(
    bundle: &SignedBundle,
    input: Input<'_>,
    root: &SigstoreRoot,
    log_evidence: LogEvidence,
    now: Timestamp,
) -> Result<Signer, AuthenticateError> {
    let mut policy = VerificationPolicy::any_identity();
    if root.has_log() {
        if bundle.log_entries().is_empty() {
            return Err(AuthenticateError::NoLogEntry);
        }
    } else {
        if bundle.timestamp_count() == 0 {
            return Err(AuthenticateError::NoTimestamp);
        }
        if !bundle.log_entries().is_empty() {
            return Err(AuthenticateError::UnknownLog);
        }
        policy = policy.skip_tlog_unsafe();
    }
    let is_ours = root.has_log() && inclusion::promises_cover_times(bundle);
    if is_ours {
        inclusion::is_of_its_version(bundle)
            .map_err(|error| AuthenticateError::from_backend(error, bundle, now))?;
        policy = policy.skip_tlog_unsafe();
    }
    if !root.has_certificate_log() {
        policy = policy.skip_sct();
    }
    log::every_entry_is_proven(bundle, log_evidence)?;

    let verified = root
        .verifier()
        .verify(input.for_backend(bundle)?, bundle.inner(), &policy)
        .map_err(|error| AuthenticateError::from_backend(error, bundle, now))?;

    let all_verified = verified.certificate_verified()
        && verified.tlog_verified() == (root.has_log() && !is_ours)
        && verified.sct_verified() == root.has_certificate_log();
    if !all_verified {
        return Err(AuthenticateError::CertificateUnverified);
    }
    let certificate = bundle.certificate().ok_or(AuthenticateError::CertificateUnverified)?;
    let identity = Box::new(claims::identity(certificate)?);
    timestamp::tokens_conform(bundle.inner(), root.document())?;
    let times = log::sources(bundle, verified.verified_timestamps());
    if is_ours {
        inclusion::holds(bundle, root.logs(), &times)?;
    } else {
        log::keys_were_valid(bundle, root.logs(), &times)?;
    }
    log::no_time_is_late(&times, now)?;
    if !root.issuers().were_valid(bundle.inner(), &times) {
        return Err(AuthenticateError::IssuerWindow);
    }
    let times = NonEmpty::from_vec(times).ok_or(AuthenticateError::NoTimestamp)?;
    Ok(Signer::Certificate { identity, times })
}
