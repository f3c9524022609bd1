//! Policies: from a file or an address, signed or not.

mod source;

use jiff::Timestamp;
use mcpsign_schemas::evidence_file::{self, MAX_ALONE};
use mcpsign_schemas::policy::MAX_BYTES;
use mcpsign_schemas::statement::predicate_type::POLICY;
use mcpsign_schemas::untrusted::escape;
use mcpsign_verifier::inspect::{self, ClaimedContent};
use mcpsign_verifier::policy::{FlagSigner, Policy, PolicyError};
use mcpsign_verifier::{RawLine, SignedError, Trust};

pub use self::source::{Source, SourceError};

/// A policy that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PolicyFileError {
    /// It was not had.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// It is no valid policy; the message names it.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// It is signed, and nobody was named who may sign it.
    #[error("`{}` is a signed policy, and nothing says who may sign it", escape(.0))]
    NobodyNamed(String),
    /// Somebody was named who must have signed it, and nobody has.
    #[error("`{}` is not a signed policy", escape(.0))]
    NotSigned(String),
    /// There is more in it than one bundle, and nobody knows which is meant.
    #[error("`{}` holds {count} lines of evidence, and a signed policy is one", escape(.name))]
    Several {
        /// As named.
        name: String,
        /// Of its lines.
        count: usize,
    },
    /// It is theirs, and another one than was asked for.
    #[error("`{}` is the policy `{}`, and `{}` is asked for", escape(.name), escape(.found), escape(.expected))]
    OtherName {
        /// As named.
        name: String,
        /// The policy's name.
        found: String,
        /// The name that it must have.
        expected: String,
    },
    /// It is signed, and not as it must be.
    #[error("`{}` is not a policy that counts as signed", escape(.name))]
    Signed {
        /// As named.
        name: String,
        /// What is wrong with it.
        #[source]
        source: Box<SignedError>,
    },
}

/// Who must have signed a policy.
#[derive(Debug)]
pub struct By {
    /// Who.
    pub signer: FlagSigner,
    /// The name that the policy must have: whoever signs several does not thereby let one be used for another.
    pub name: Option<String>,
    /// What the signature must lead to.
    pub trust: Trust,
    /// When it counts as made, where nothing proves its time.
    pub now: Timestamp,
}

/// Loads and validates a policy. Without `by` it is the document itself, YAML or JSON by its name, or by its first character
/// where the name says neither; with it the one bundle in which somebody signed it.
///
/// # Errors
/// See [`PolicyFileError`]. What a signed policy is does not depend on what the file looks like, but on whether a signer was
/// named.
pub fn load(source: &Source, by: Option<By>) -> Result<Policy, PolicyFileError> {
    let bytes = source.read(if by.is_some() { MAX_ALONE } else { MAX_BYTES }, by.is_some())?;
    let name = source.to_string();
    let Some(by) = by else {
        return Policy::load(&bytes, &name).map_err(|error| {
            if is_signed(&bytes) { PolicyFileError::NobodyNamed(name) } else { error.into() }
        });
    };
    let lines = evidence_file::split(&bytes).unwrap_or_default();
    let count = lines.len();
    let line =
        lines.first().map(|line| RawLine { source: name.clone(), line: line.number, bytes: line.bytes });
    let Some(line) = line.filter(|line| inspect::describe(line).is_ok()) else {
        return Err(PolicyFileError::NotSigned(name));
    };
    if count > 1 {
        return Err(PolicyFileError::Several { name, count });
    }
    match Policy::signed(&line, by.signer, &by.trust, by.now) {
        Err(source) => Err(PolicyFileError::Signed { name, source: Box::new(source) }),
        Ok(policy) => match by.name {
            Some(expected) if expected != policy.name() => {
                Err(PolicyFileError::OtherName { name, found: policy.name().to_owned(), expected })
            }
            _ => Ok(policy),
        },
    }
}

/// Whether it looks like a policy that somebody signed; for a better message alone.
fn is_signed(bytes: &[u8]) -> bool {
    let lines = evidence_file::split(bytes).unwrap_or_default();
    let described = lines.first().map(|line| RawLine { source: String::new(), line: 1, bytes: line.bytes });
    let content = described.and_then(|line| inspect::describe(&line).ok()).map(|line| line.content);
    matches!(content, Some(ClaimedContent::Statement { predicate_type: Some(of), .. }) if of == POLICY)
}

impl PolicyFileError {
    /// What to do about it, where that is not plain from the message.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Source(error) => error.hint(),
            Self::Policy(error) => error.hint(),
            Self::NobodyNamed(_) => Some(
                "name the signer: `--policy-key FILE`, or `--policy-identity SUBJECT --policy-issuer URL`",
            ),
            Self::NotSigned(_) => Some(
                "`mcpsign policy sign FILE --out SIGNED` makes one; to use a policy that nobody signed, name no signer",
            ),
            Self::Several { .. } => Some("name the file that `mcpsign policy sign` wrote"),
            Self::OtherName { .. } => Some(
                "get the one that is meant from whoever maintains it, or name this one with `--policy-name`",
            ),
            Self::Signed { .. } => Some(
                "get it again from whoever maintains it; `mcpsign inspect FILE` shows who claims to have signed it",
            ),
        }
    }

    /// Whether it may be had later, as it was asked for.
    pub const fn may_pass(&self) -> bool {
        matches!(self, Self::Source(error) if error.may_pass())
    }
}
