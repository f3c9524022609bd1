//! Statements that are no part of a release: a decision, a list, a summary. Each is signed by itself, and passes our own
//! verifier before it leaves here.

use jiff::Timestamp;
use mcpsign_schemas::canonical::{Json, JsonError};
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::statement::Statement;
use mcpsign_verifier::policy::FlagSigner;
use mcpsign_verifier::{BelieveError, RawLine, Trust, Trusted, believe_as};

use crate::signer::{SignError, Signer};

/// What reports of the check call the line.
const SOURCE: &str = "this run";

/// Why there is nothing to be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AloneError {
    /// It has no canonical form.
    #[error("the statement cannot be written down")]
    Json(#[from] JsonError),
    /// It was not signed.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// Our own verifier does not accept it.
    #[error("what was signed does not verify: {0}")]
    Refused(#[from] BelieveError),
    /// The bundle carries something else.
    #[error("the bundle does not carry what was to be signed")]
    OtherPayload,
}

/// Signs one statement; gives its bundle, without a line end. The time is asked for when it is signed: whoever vouches for when that
/// was says a later one than it was before.
///
/// # Errors
/// See [`AloneError`].
pub fn sign(
    signer: &dyn Signer,
    statement: &Statement,
    trust: &Trust,
    now: impl FnOnce() -> Timestamp,
) -> Result<Vec<u8>, AloneError> {
    let payload = Json::from_serialize(statement)?.to_canonical();
    let digest = Sha256Digest::of(&payload);
    let identity = signer.identity()?;
    let mut signed = signer.sign_all(vec![payload])?;
    let Some(line) = signed.pop().filter(|_| signed.is_empty()) else { return Err(AloneError::OtherPayload) };
    let line = line.line().as_bytes().to_vec();
    let trusted = read(&line, SOURCE, identity, &statement.predicate_type, trust, now())?;
    if trusted.evidence().payload == Some(digest) && trusted.statement() == statement {
        Ok(line)
    } else {
        Err(AloneError::OtherPayload)
    }
}

/// What `line` says, if `signer` signed it as a statement of this type.
///
/// # Errors
/// Why it does not count.
pub fn read(
    line: &[u8],
    source: &str,
    signer: FlagSigner,
    predicate_type: &str,
    trust: &Trust,
    now: Timestamp,
) -> Result<Trusted, AloneError> {
    let line = RawLine { source: source.to_owned(), line: 1, bytes: line };
    Ok(believe_as(&line, signer, predicate_type, trust, now)?)
}
