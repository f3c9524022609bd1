//! The verifier: from what others claim and what was measured to a verdict. Pure: no files, environment, clock,
//! network or threads; whoever calls it brings all of that as arguments.
//!
//! Bytes come in, types climb a ladder, one function decides:
//! [`RawLine`] → [`Unverified`] → [`Authenticated`] → [`Trusted`] → [`Steps`] → [`Verdict`]. Each is made from the one
//! before it alone.

mod approval;
mod attribute;
mod authenticate;
mod believe;
mod claims;
mod compare;
mod condition;
mod continuity;
mod decide;
mod demand;
mod evaluate;
mod handed;
mod heard;
pub mod inspect;
mod judge;
mod ladder;
mod manifests;
mod measured;
mod non_empty;
mod parse;
pub mod policy;
mod report;
mod require;
mod revocation;
mod statement;
mod step;
mod summary;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod trust;
mod unruled;

/// One bundle, one artifact, one signer: what Sigstore's conformance suite asks. Not a way to a verdict.
pub mod bundle {
    pub use crate::authenticate::LogEvidence;
    pub use crate::authenticate::artifact::{
        Artifact, ArtifactError, Expected, authenticate_artifact, authenticate_signer,
    };
}

use jiff::Timestamp;

pub use attribute::{AttributeError, Trusted, would_count};
pub use authenticate::{
    Anchors, AuthenticateError, Authenticated, CertificateIdentity, CertifiedName, ClaimsError, Seen,
    Service, ServiceKind, Signer, Subject, TimeSource, VerifiedTime, Witness, witnesses,
};
pub use believe::{BelieveError, believe, believe_as};
pub use claims::{Claims, RawLine};
pub use compare::subject::SubjectError;
pub use decide::{Allowed, Verdict};
pub use heard::Heard;
pub use measured::{Form, Gap, Got, Measured, MeasuredArtifact, OtherServer, SignedFile};
pub use non_empty::NonEmpty;
pub use parse::{ParseError, Unverified};
pub use policy::Difference;
pub use policy::SignedError;
pub use report::{Report, TrustedManifest};
pub use revocation::check_revocations;
pub use statement::StatementError;
pub use step::{Stage, Step, Steps};
pub use trust::{
    KeyWindow, RootOrigin, RootSource, SigstoreRoot, TimePolicy, Trust, TrustRootError, TrustedKey,
    TrustedKeyError, TufOrigin,
};

use policy::Policy;

/// Verifies `claims` about what was `measured`.
///
/// 1. Every line climbs the ladder: parse, authenticate against `trust` and the keys of `policy`, attribute to a signer
///    whom `policy` names.
/// 2. Every trusted tool manifest is taken through all stages; one that passes them all is enough.
/// 3. The stages decide; lists of revocations and earlier releases are believed as far as they climb the same ladder.
///
/// `now` is the time at which signatures without a verified time count as made. Adding claims never turns an allow into
/// a denial and removing them never a denial into an allow; too many of them leave it undecided.
pub fn verify(
    claims: &Claims<'_>,
    measured: &Measured,
    trust: &Trust,
    policy: &Policy,
    now: Timestamp,
) -> Report {
    report(claims, measured, trust, policy, now, &mut Seen::within_one_verification())
}

/// The same by a caller who verifies the same evidence again and again: what `seen` holds was verified before, under the
/// same roots and keys, and is not verified again. The report is that of [`verify`].
pub fn verify_again(
    claims: &Claims<'_>,
    measured: &Measured,
    trust: &Trust,
    policy: &Policy,
    now: Timestamp,
    seen: &mut Seen,
) -> Report {
    report(claims, measured, trust, policy, now, seen)
}

fn report(
    claims: &Claims<'_>,
    measured: &Measured,
    trust: &Trust,
    policy: &Policy,
    now: Timestamp,
    seen: &mut Seen,
) -> Report {
    let lines = ladder::climb(claims, &measured.subject, trust, policy, now, attribute::Untimed::Now, seen);
    concluded(&lines, measured, trust, policy, now, seen)
}

/// What follows from lines that climbed as far as they get.
fn concluded(
    lines: &Result<Vec<ladder::Line>, Gap>,
    measured: &Measured,
    trust: &Trust,
    policy: &Policy,
    now: Timestamp,
    seen: &mut Seen,
) -> Report {
    let handed = handed::Handed::climb(measured, trust, policy, now, seen);
    match lines {
        Ok(lines) => Report::of_lines(lines, &handed, measured, trust, policy, now),
        Err(gap) => Report::of_gap(gap.clone(), &handed, measured, trust, policy, now),
    }
}
