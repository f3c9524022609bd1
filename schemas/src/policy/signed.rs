//! `https://mcpsign.dev/policy/v1`: a policy as somebody signed it (`spec/signed-policy.md`).

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::check;
use crate::approval::MAX_DAYS;
use crate::canonical::{Json, JsonError};
use crate::digest::{DigestSet, Sha256Digest};
use crate::statement::Subject;
use crate::untrusted::escape;

/// The predicate. The statement's only subject is the document, by its file's name and the SHA-256 of its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignedPolicy {
    /// The policy's name, as the document has it: versions of one name follow each other.
    pub name: String,
    /// Raised with every version; a lower one than was seen before is a policy that was taken back.
    pub sequence: u64,
    /// When it was signed, as the signer says; never a time source.
    #[serde(deserialize_with = "crate::time::read")]
    pub created_on: Timestamp,
    /// Before this it does not count.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::time::read_some")]
    pub not_before: Option<Timestamp>,
    /// From here on it does not count.
    #[serde(deserialize_with = "crate::time::read")]
    pub expires: Timestamp,
    /// The whole document, as it stood in its file.
    pub document: String,
}

/// A signed policy that cannot be used, whatever its document says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignedPolicyError {
    /// A member is missing, unknown, without value or of another type.
    #[error("it is not well formed: {0}")]
    Shape(JsonError),
    /// A member without value.
    #[error("`{0}` has no value")]
    Null(String),
    /// Nothing comes before the first version.
    #[error("`sequence` is 0; the first version is 1")]
    Sequence,
    /// It ends before it begins.
    #[error("`expires` does not lie after `createdOn` and `notBefore`")]
    Window,
    /// It counts for too long.
    #[error("it would count for more than {MAX_DAYS} days")]
    TooLong,
}

impl SignedPolicy {
    /// Reads a predicate.
    ///
    /// # Errors
    /// When anything in it is not known or not of its form: what is not known could be what restricts it.
    pub fn read(predicate: &Json) -> Result<Self, SignedPolicyError> {
        check::no_nulls(predicate, "").map_err(|(path, _)| SignedPolicyError::Null(escape(&path)))?;
        let policy: Self = predicate.to_typed().map_err(SignedPolicyError::Shape)?;
        policy.check()?;
        Ok(policy)
    }

    /// What must hold of it beside its document.
    ///
    /// # Errors
    /// The first thing that does not.
    pub fn check(&self) -> Result<(), SignedPolicyError> {
        if self.sequence == 0 {
            return Err(SignedPolicyError::Sequence);
        }
        let begins = self.not_before.map_or(self.created_on, |from| from.max(self.created_on));
        if self.expires <= begins {
            return Err(SignedPolicyError::Window);
        }
        let window = self.expires.duration_since(self.created_on);
        if window > SignedDuration::from_hours(24 * i64::from(MAX_DAYS)) {
            return Err(SignedPolicyError::TooLong);
        }
        Ok(())
    }

    /// The one subject of its statement: `file` is the name of the document's file, which says whether it is JSON or YAML.
    pub fn subject(&self, file: &str) -> Subject {
        Subject { name: file.to_owned(), digest: DigestSet::sha256(self.digest()), media_type: None }
    }

    /// SHA-256 of the document's bytes: the policy's digest, signed or not.
    pub fn digest(&self) -> Sha256Digest {
        Sha256Digest::of(self.document.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::Limits;

    fn read(members: &str) -> Result<SignedPolicy, SignedPolicyError> {
        let text = format!(r#"{{"name":"acme","document":"schema: x\n",{members}}}"#);
        SignedPolicy::read(&Json::parse(text.as_bytes(), Limits::bytes(1 << 20)).unwrap())
    }

    const CREATED: &str = r#""createdOn":"2026-11-01T00:00:00Z""#;

    #[test]
    fn what_is_written_is_read_back() {
        let policy = read(&format!(
            r#""sequence":7,{CREATED},"notBefore":"2026-12-01T00:00:00Z","expires":"2027-11-02T00:00:00Z""#
        ))
        .unwrap();
        assert_eq!(SignedPolicy::read(&Json::from_serialize(&policy).unwrap()).as_ref(), Ok(&policy));
        let subject = policy.subject("acme.yaml");
        assert_eq!(subject.digest.get("sha256"), Some(&*Sha256Digest::of(b"schema: x\n").to_string()));
    }

    #[test]
    fn b36_nothing_in_it_is_passed_over() {
        let whole = format!(r#""sequence":1,{CREATED},"expires":"2027-01-01T00:00:00Z""#);
        assert!(read(&whole).is_ok());
        let null = SignedPolicyError::Null("notBefore".into());
        assert_eq!(read(&format!(r#"{whole},"notBefore":null"#)), Err(null));
        for bad in [
            format!(r#"{whole},"scope":"tests""#),
            format!(r#"{whole},"NotBefore":"2026-12-01T00:00:00Z""#),
            format!(r#""sequence":"1",{CREATED},"expires":"2027-01-01T00:00:00Z""#),
            format!(r#""sequence":-1,{CREATED},"expires":"2027-01-01T00:00:00Z""#),
            format!(r#"{CREATED},"expires":"2027-01-01T00:00:00Z""#),
            format!(r#""sequence":1,{CREATED}"#),
        ] {
            assert!(matches!(read(&bad), Err(SignedPolicyError::Shape(_))), "{bad}: {:?}", read(&bad));
        }
    }

    #[test]
    fn it_counts_for_a_while_and_not_for_ever() {
        let window = |more: &str| read(&format!(r#""sequence":1,{CREATED},{more}"#)).map(drop);
        assert_eq!(window(r#""expires":"2027-11-02T00:00:00Z""#), Ok(()));
        assert_eq!(window(r#""expires":"2027-11-02T00:00:01Z""#), Err(SignedPolicyError::TooLong));
        assert_eq!(window(r#""expires":"2026-11-01T00:00:00Z""#), Err(SignedPolicyError::Window));
        let never = r#""notBefore":"2027-01-01T00:00:00Z","expires":"2027-01-01T00:00:00Z""#;
        assert_eq!(window(never), Err(SignedPolicyError::Window));
        let zero = format!(r#""sequence":0,{CREATED},"expires":"2027-01-01T00:00:00Z""#);
        assert_eq!(read(&zero), Err(SignedPolicyError::Sequence));
    }
}
