//! Bundles with a certificate: the Sigstore crate verifies, and what it leaves to its callers is done here.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;
use sigstore_verify::VerificationPolicy;

use super::bundle::SignedBundle;
use super::chain::Chain;
use super::input::Input;
use super::log::{self, LogEvidence};
use super::memory::{Memory, PartOf, VerifiedChain};
use super::root::SigstoreRoot;
use super::{AuthenticateError, Signer, inclusion, other_keys};
use crate::non_empty::NonEmpty;

/// Verifies certificate, log entries, timestamps and signature. A certificate that held before is believed first, which
/// can only shorten the way to a yes: if anything is wrong then, all is verified.
pub(super) fn verify(
    bundle: &SignedBundle,
    input: Input<'_>,
    root: &SigstoreRoot,
    log_evidence: LogEvidence,
    now: Timestamp,
    memory: &mut Memory,
) -> Result<Signer, AuthenticateError> {
    let part = PartOf::certificates(bundle, root);
    let ask = Question { bundle, input, root, log_evidence, now };
    if let Some(seen) = memory.chain(part)
        && let Ok(signer) = ask.verify(part, Some(&seen), memory)
    {
        return Ok(signer);
    }
    ask.verify(part, None, memory)
}

/// What is verified, and against what.
struct Question<'a> {
    bundle: &'a SignedBundle,
    input: Input<'a>,
    root: &'a SigstoreRoot,
    log_evidence: LogEvidence,
    now: Timestamp,
}

impl Question<'_> {
    /// 1. What the root's instance always gives must be there: log entries if it has a log, else a timestamp; the latter
    ///    also where it is not logged yet.
    /// 2. Every entry has an inclusion proof; those for keys that the crate does not read are of this signature.
    /// 3. The crate verifies every part but inclusion proofs, these entries, and a chain that was seen; who signed is not
    ///    its business (`any_identity`).
    /// 4. It did verify what we asked for, and found at least one time; a chain that was seen holds at each; the proofs
    ///    hold.
    /// 5. Certificate and timestamps are as they must be where the crate does not look: the certificate names one holder,
    ///    and every claim of Fulcio's in it can be read.
    /// 6. No time lies in the future of *our* clock, that of a certificate's receipt neither, and every log key and issuer was valid at each.
    fn verify(
        &self,
        part: PartOf,
        seen: Option<&VerifiedChain>,
        memory: &mut Memory,
    ) -> Result<Signer, AuthenticateError> {
        let &Self { bundle, input, root, log_evidence, now } = self;
        let mut policy = VerificationPolicy::any_identity();
        let logged = root.has_log() && log_evidence != LogEvidence::NotLoggedYet;
        if logged {
            if bundle.log_entries().is_empty() {
                return Err(AuthenticateError::NoLogEntry);
            }
        } else {
            if !bundle.log_entries().is_empty() {
                return Err(AuthenticateError::UnknownLog);
            }
            if bundle.timestamp_count() == 0 {
                return Err(AuthenticateError::NoTimestamp);
            }
            policy = policy.skip_tlog_unsafe();
        }
        let is_ours = logged && inclusion::promises_cover_times(bundle);
        if is_ours {
            inclusion::is_of_its_version(bundle)
                .map_err(|error| AuthenticateError::from_backend(error, bundle, now))?;
            policy = policy.skip_tlog_unsafe();
        }
        if !root.has_certificate_log() {
            policy = policy.skip_sct();
        }
        if seen.is_some() {
            policy = policy.skip_certificate_chain();
        }
        log::every_entry_is_proven(bundle, log_evidence)?;

        let rest = if is_ours && other_keys::has_entries_for_other_keys(bundle) {
            other_keys::entries_are_of_certificate(bundle)?;
            Cow::Owned(other_keys::without_entries(bundle))
        } else {
            Cow::Borrowed(bundle.inner())
        };
        let verified = root
            .verifier()
            .verify(input.for_backend(bundle)?, &rest, &policy)
            .map_err(|error| AuthenticateError::from_backend(error, bundle, now))?;

        let all_verified = verified.certificate_verified() == seen.is_none()
            && verified.tlog_verified() == (logged && !is_ours)
            && verified.sct_verified() == (root.has_certificate_log() && seen.is_none());
        if !all_verified {
            return Err(AuthenticateError::CertificateUnverified);
        }
        let chain = match seen {
            Some(seen) => Arc::clone(seen.chain()),
            None => Arc::new(Chain::of(bundle)?),
        };
        let times = verified.verified_timestamps();
        let (stamped, integrated) =
            times.split_at_checked(bundle.timestamp_count()).ok_or(AuthenticateError::NoTimestamp)?;
        let times = log::sources(bundle, root, integrated, stamped)?;
        if seen.is_some_and(|seen| !seen.holds(root, &times)) {
            return Err(AuthenticateError::CertificateUnverified);
        }
        if is_ours {
            inclusion::holds(bundle, root, &times, memory)?;
        } else {
            log::keys_were_valid(bundle, root, &times)?;
        }
        log::no_time_is_late(&times, now)?;
        if root.has_certificate_log()
            && let Some(time) = chain.received()?.filter(|time| *time > now)
        {
            return Err(AuthenticateError::TimeInFuture { time, now });
        }
        if !root.issuers().were_valid(chain.links(), &times) {
            return Err(AuthenticateError::IssuerWindow);
        }
        let identity = Arc::clone(chain.identity());
        if seen.is_none() {
            memory.keep_chain(part, chain, root, &times);
        }
        let times = NonEmpty::from_vec(times).ok_or(AuthenticateError::NoTimestamp)?;
        Ok(Signer::Certificate { identity, times })
    }
}
