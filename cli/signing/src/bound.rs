//! Statements that somebody else signed and that a run binds: they go along as they are.

use mcpsign_schemas::canonical::{Json, JsonError, Limits};
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::evidence_file::MAX_LINE;
use mcpsign_schemas::provenance::Provenance;
use mcpsign_schemas::statement::Subject;
use mcpsign_schemas::untrusted::escape;
use mcpsign_verifier::inspect::{self, ClaimedContent, ClaimedSigner};
use mcpsign_verifier::policy::{FlagSigner, FlagsPolicy, Policy, PolicyError};
use mcpsign_verifier::{ParseError, RawLine};

/// Provenance that a platform made. Nothing of it is believed before [`crate::check::check`] has verified it, as signed by
/// whom its own certificate names: who that may be is for the policy of whoever verifies.
#[derive(Debug, Clone)]
pub struct Bound {
    line: Vec<u8>,
    payload: Sha256Digest,
    predicate_type: String,
    subjects: Vec<Subject>,
    signer: String,
    policy: Policy,
}

/// A document that cannot be bound.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BoundError {
    /// Not strict JSON.
    #[error("it is no strict JSON")]
    Json(#[from] JsonError),
    /// No bundle.
    #[error("it is no Sigstore bundle")]
    Bundle(#[source] ParseError),
    /// Nothing in it that could be bound.
    #[error("it holds no statement")]
    Statement,
    /// Another statement.
    #[error("it is a statement of type `{}`, no SLSA provenance that is read", escape(.found))]
    Predicate {
        /// Its predicate type.
        found: String,
    },
    /// Signed by a key, or for nobody.
    #[error("it has no certificate that names somebody and who vouches for that")]
    Signer,
    /// Somebody whom no policy could name.
    #[error("its certificate names somebody whom no policy could name")]
    Policy(#[source] PolicyError),
}

impl Bound {
    /// Reads one Sigstore bundle. A document of several lines is written on one, canonically; one of a single line stays as
    /// it is.
    ///
    /// # Errors
    /// When it is no bundle of SLSA provenance that a certificate's holder signed.
    pub fn read(bytes: &[u8]) -> Result<Self, BoundError> {
        let json = Json::parse(bytes, Limits::bytes(MAX_LINE))?;
        let trimmed = bytes.trim_ascii();
        let line = if trimmed.contains(&b'\n') { json.to_canonical() } else { trimmed.to_vec() };
        let raw = RawLine { source: "the provenance".into(), line: 1, bytes: &line };
        let description = inspect::describe(&raw).map_err(BoundError::Bundle)?;
        let ClaimedContent::Statement {
            payload_sha256, predicate_type: Some(predicate_type), subjects, ..
        } = description.content
        else {
            return Err(BoundError::Statement);
        };
        if !Provenance::is_read(&predicate_type) {
            return Err(BoundError::Predicate { found: predicate_type });
        }
        let ClaimedSigner::Certificate(Some(identity)) = description.signer else {
            return Err(BoundError::Signer);
        };
        let (Some(subject), Some(by)) = (identity.subject_name(), FlagSigner::of(&identity)) else {
            return Err(BoundError::Signer);
        };
        let flags = FlagsPolicy { require: vec![predicate_type.clone()], ..FlagsPolicy::of(by) };
        let policy = Policy::flags(flags).map_err(BoundError::Policy)?;
        Ok(Self {
            line,
            payload: payload_sha256,
            predicate_type,
            subjects,
            signer: subject.to_owned(),
            policy,
        })
    }

    /// SHA-256 of its payload, by which the tool manifest binds it.
    pub const fn payload_digest(&self) -> Sha256Digest {
        self.payload
    }

    /// Its predicate type.
    pub fn predicate_type(&self) -> &str {
        &self.predicate_type
    }

    /// Who signed it, as its certificate says.
    pub fn signer(&self) -> &str {
        &self.signer
    }

    /// Whether one of its subjects is an artifact of these digests, in hex.
    pub fn is_about(&self, sha256: &str, sha512: Option<&str>) -> bool {
        self.subjects.iter().any(|subject| {
            subject.digest.get("sha256") == Some(sha256)
                || (sha512.is_some() && subject.digest.get("sha512") == sha512)
        })
    }

    pub(crate) fn line(&self) -> &[u8] {
        &self.line
    }

    /// Believes exactly whom its certificate names.
    pub(crate) const fn policy(&self) -> &Policy {
        &self.policy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_provenance_by_a_certificates_holder_is_not_bound() {
        for (bytes, said) in [
            (&b""[..], "no strict JSON"),
            (b"{\"a\":1,\"a\":1}", "no strict JSON"),
            (b"{}", "no Sigstore bundle"),
            (b"[]", "no Sigstore bundle"),
        ] {
            let error = Bound::read(bytes).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
