//! `https://mcpsign.dev/revocation/v1`: what an authority takes back (`spec/revocation.md`).
//!
//! Always its whole list. Nothing in it may be passed over: a member that is not known could be the one that matters.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::canonical::{Json, JsonError};
use crate::digest::{DigestSet, Sha256Digest, Sha256Only};
use crate::policy::check::{is_exact, no_nulls};
use crate::statement::Subject;

/// The predicate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RevocationList {
    /// URI of whoever revokes; the statement's subject is this text.
    pub authority: String,
    /// Raised with every list; a lower one than was seen before is a list that was taken back.
    pub sequence: u64,
    /// When the list was made, as the authority says.
    #[serde(deserialize_with = "crate::time::read")]
    pub created_on: Timestamp,
    /// From here on it is as if there were no list.
    #[serde(deserialize_with = "crate::time::read")]
    pub next_update: Timestamp,
    /// Everything that is revoked. An authority that has revoked nothing has an empty list.
    pub entries: Vec<Entry>,
}

/// One thing that is revoked, known by the member that names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Entry {
    /// An artifact.
    Artifact(RevokedArtifact),
    /// The holder of certificates.
    Signer(RevokedSigner),
    /// A key.
    Key(RevokedKey),
    /// One statement.
    Statement(RevokedStatement),
    /// Versions of a package.
    Package(RevokedPackage),
}

/// An artifact, whatever is signed about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RevokedArtifact {
    /// Of its bytes, of a directory's listing, of a remote server's address.
    pub digest: Sha256Only,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Since when that is known. Restricts nothing: an artifact does not get worse with time.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::time::read_some")]
    pub since: Option<Timestamp>,
}

/// Signatures of the holder of certificates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RevokedSigner {
    /// Whom the certificates name.
    pub signer: SignerName,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Signatures that somebody else vouches were made before this stay; without it none does.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::time::read_some")]
    pub since: Option<Timestamp>,
}

/// Signatures by a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RevokedKey {
    /// Which key.
    pub key: KeyName,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Signatures that somebody else vouches were made before this stay; without it none does.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::time::read_some")]
    pub since: Option<Timestamp>,
}

/// One statement, whoever signed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RevokedStatement {
    /// Which statement.
    pub statement: StatementName,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Versions of a package, whatever their bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RevokedPackage {
    /// Package URL without version.
    pub package: String,
    /// `vers:TYPE/CONSTRAINTS`; without it every version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub versions: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Whom a certificate names. Both are compared byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SignerName {
    /// URL of the OpenID Connect issuer; `none` for certificates that name no issuer.
    pub issuer: String,
    /// Subject alternative name.
    pub subject: String,
}

/// A key by its digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeyName {
    /// SHA-256 of its SubjectPublicKeyInfo.
    pub spki_sha256: Sha256Digest,
}

/// A statement by its digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct StatementName {
    /// Of the decoded DSSE payload.
    pub payload: Sha256Only,
}

/// A list that cannot be used, whole as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RevocationError {
    /// A member is missing, unknown or of another type.
    #[error("the list is not well formed: {0}")]
    Shape(JsonError),
    /// An entry of no kind that is known: whatever it revokes would not be.
    #[error("entry {0} is of no kind that is known")]
    Entry(usize),
    /// An authority that could not be named.
    #[error("`authority` is no URI")]
    Authority,
    /// A list that was outdated when it was made.
    #[error("`nextUpdate` does not lie after `createdOn`")]
    Window,
    /// A signer that no certificate names: it would revoke nobody, and look as if it revoked everybody.
    #[error(
        "entry {0} names no signer: `issuer` and `subject` are exact, so that neither is empty or has a `*` or white space"
    )]
    Signer(usize),
}

impl RevocationList {
    /// Reads a predicate.
    ///
    /// # Errors
    /// When anything in it is not known or not of its form: it is read whole or not at all.
    pub fn read(predicate: &Json) -> Result<Self, RevocationError> {
        // By itself, so that a list of tomorrow is called that and not a list of typos.
        for (at, entry) in
            predicate.get("entries").and_then(Json::as_array).unwrap_or_default().iter().enumerate()
        {
            // A member without value could be one that restricts nothing, or everything.
            let is_known = no_nulls(entry, "").is_ok() && entry.to_typed::<Entry>().is_ok();
            is_known.then_some(()).ok_or(RevocationError::Entry(at + 1))?;
        }
        let list: Self = predicate.to_typed().map_err(RevocationError::Shape)?;
        list.check()?;
        Ok(list)
    }

    /// What must hold of a list in itself.
    ///
    /// # Errors
    /// The first thing that does not.
    pub fn check(&self) -> Result<(), RevocationError> {
        if !is_authority(&self.authority) {
            return Err(RevocationError::Authority);
        }
        if self.next_update <= self.created_on {
            return Err(RevocationError::Window);
        }
        let is_nobody = |entry: &Entry| match entry {
            Entry::Signer(RevokedSigner { signer, .. }) => {
                !is_exact(&signer.issuer) || !is_exact(&signer.subject)
            }
            _ => false,
        };
        match self.entries.iter().position(is_nobody) {
            Some(at) => Err(RevocationError::Signer(at + 1)),
            None => Ok(()),
        }
    }

    /// The one subject of a list's statement.
    pub fn subject(authority: &str) -> Subject {
        Subject {
            name: authority.to_owned(),
            digest: DigestSet::sha256(Sha256Digest::of(authority.as_bytes())),
            media_type: None,
        }
    }
}

/// Whether `text` can name an authority: a URI, with nothing in it that is not seen.
pub fn is_authority(text: &str) -> bool {
    crate::policy::check::is_uri(text)
}

impl Entry {
    /// Why it is revoked, in the authority's words.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Artifact(RevokedArtifact { reason, .. })
            | Self::Signer(RevokedSigner { reason, .. })
            | Self::Key(RevokedKey { reason, .. })
            | Self::Statement(RevokedStatement { reason, .. })
            | Self::Package(RevokedPackage { reason, .. }) => reason.as_deref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::Limits;

    const ENTRIES: [&str; 5] = [
        r#"{"digest":{"sha256":"9f2c000000000000000000000000000000000000000000000000000000000000"},"reason":"malware","since":"2026-11-01T00:00:00Z"}"#,
        r#"{"signer":{"issuer":"https://i.example","subject":"https://s.example"},"since":"2026-11-01T00:00:00Z"}"#,
        r#"{"key":{"spkiSha256":"9f2c000000000000000000000000000000000000000000000000000000000000"},"since":"2026-11-01T00:00:00Z"}"#,
        r#"{"statement":{"payload":{"sha256":"9f2c000000000000000000000000000000000000000000000000000000000000"}},"reason":"superseded"}"#,
        r#"{"package":"pkg:npm/%40acme/files-mcp","versions":"vers:npm/<1.4.1"}"#,
    ];

    fn read(entries: &str, more: &str) -> Result<RevocationList, RevocationError> {
        let text = format!(
            r#"{{"authority":"https://acme.example/mcpsign","sequence":42,"createdOn":"2026-11-01T00:00:00Z","nextUpdate":"2026-12-01T00:00:00Z","entries":[{entries}]{more}}}"#
        );
        RevocationList::read(&Json::parse(text.as_bytes(), Limits::bytes(1 << 20)).unwrap())
    }

    #[test]
    fn every_kind_of_entry_is_read_and_written_as_it_was() {
        let list = read(&ENTRIES.join(","), "").unwrap();
        assert_eq!(list.entries.len(), 5);
        let again = Json::from_serialize(&list).unwrap();
        assert_eq!(RevocationList::read(&again), Ok(list));
        assert!(read("", "").unwrap().entries.is_empty());
    }

    #[test]
    fn an_entry_of_an_unknown_kind_makes_the_list_unusable_and_never_shorter() {
        for unknown in [
            r#"{"fingerprint":"x"}"#,
            r#"{}"#,
            r#""pkg:npm/a""#,
            // A member that restricts is as unknown as a kind.
            r#"{"package":"pkg:npm/a","since":"2026-11-01T00:00:00Z"}"#,
            r#"{"package":"pkg:npm/a","key":{"spkiSha256":"9f2c000000000000000000000000000000000000000000000000000000000000"}}"#,
            r#"{"key":{"spkiSha256":"9F2C"}}"#,
            r#"{"signer":{"issuer":"https://i.example"}}"#,
            r#"{"digest":{"sha512":"00"}}"#,
        ] {
            let entries = format!("{},{unknown}", ENTRIES[0]);
            assert_eq!(read(&entries, ""), Err(RevocationError::Entry(2)), "{unknown}");
        }
        assert!(matches!(read("", r#","more":1"#), Err(RevocationError::Shape(_))));
    }

    #[test]
    fn b34_a_signer_without_a_name_makes_the_list_unusable() {
        for signer in [
            r#"{"issuer":"","subject":"s"}"#,
            r#"{"issuer":"https://i.example","subject":" "}"#,
            r#"{"issuer":"https://i.example","subject":"*"}"#,
            r#"{"issuer":"https://i.example","subject":"*@acme.example"}"#,
            r#"{"issuer":"*","subject":"mallory@acme.example"}"#,
            r#"{"issuer":"https://i.example","subject":"mallory@acme.example "}"#,
        ] {
            let entries = format!("{},{{\"signer\":{signer}}}", ENTRIES[0]);
            assert_eq!(read(&entries, ""), Err(RevocationError::Signer(2)), "{signer}");
        }
    }

    #[test]
    fn an_authority_is_a_uri_and_its_list_counts_for_a_while() {
        let mut list = read("", "").unwrap();
        for bad in ["", "acme", "https://", "https://acme.example/*", "https://a b", "https://a\u{202e}"] {
            list.authority = bad.into();
            assert_eq!(list.check(), Err(RevocationError::Authority), "{bad}");
        }
        list.authority = "https://acme.example".into();
        list.next_update = list.created_on;
        assert_eq!(list.check(), Err(RevocationError::Window));
    }
}
