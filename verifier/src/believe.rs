//! One statement by itself: is it by whom a policy names for its type? Not a way to a verdict.

use jiff::Timestamp;
use mcpsign_schemas::digest::{MeasuredDigests, Sha256Digest};
use mcpsign_schemas::finding::Finding;

use crate::attribute::Trusted;
use crate::authenticate::Anchors;
use crate::claims::RawLine;
use crate::measured::{Form, Got, MeasuredArtifact};
use crate::non_empty::NonEmpty;
use crate::parse::Unverified;
use crate::policy::{FlagSigner, Policy, PolicyError};
use crate::trust::Trust;

/// Why a line is no statement of this type by this somebody.
#[derive(Debug, Clone, thiserror::Error)]
pub enum BelieveError {
    /// Nobody could trust this signer for this.
    #[error("no policy could name this signer")]
    Signer(#[from] PolicyError),
    /// It fell on the way up.
    #[error("{}: {}", .0.first().code, .0.first().message)]
    Refused(NonEmpty<Finding>),
    /// It is theirs, and something else.
    #[error("it is a statement of type `{0}`")]
    OtherPredicate(String),
}

/// Takes one line up the ladder, whatever it is about, if `signer` signed it as a statement of this type.
///
/// # Errors
/// Why it gets no further.
pub fn believe_as(
    line: &RawLine<'_>,
    signer: FlagSigner,
    predicate_type: &str,
    trust: &Trust,
    now: Timestamp,
) -> Result<Trusted, BelieveError> {
    let policy = Policy::only(signer, predicate_type)?;
    let trusted = believe(line, trust, &policy, now).map_err(BelieveError::Refused)?;
    let found = &trusted.statement().predicate_type;
    if found == predicate_type { Ok(trusted) } else { Err(BelieveError::OtherPredicate(found.clone())) }
}

/// Takes one line up the ladder, whatever it is about.
///
/// # Errors
/// Why it gets no further.
pub fn believe(
    line: &RawLine<'_>,
    trust: &Trust,
    policy: &Policy,
    now: Timestamp,
) -> Result<Trusted, NonEmpty<Finding>> {
    let unverified = Unverified::parse(line).map_err(|error| NonEmpty::one(error.finding()))?;
    // Of no account: it is for blobs, and those are no statements.
    let nothing = MeasuredArtifact {
        reference: line.source.clone(),
        name: line.source.clone(),
        form: Form::File,
        digests: MeasuredDigests { sha256: Sha256Digest::of(&[]), sha512: None },
        identity: Vec::new(),
        asked: None,
        contents: Got::not_asked(),
    };
    let anchors = Anchors::new(trust, policy);
    let authenticated =
        unverified.authenticate(&nothing, &anchors, now).map_err(|error| NonEmpty::one(error.finding()))?;
    authenticated.attribute(policy, trust, now).map_err(|error| error.findings())
}
