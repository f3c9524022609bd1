//! `https://mcpsign.dev/approval/v1`: what a person or a team decided about one artifact (`spec/approval.md`).

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::code::Code;
use crate::digest::{Sha256Digest, Sha256Only};
use crate::manifest::{Launch, Profile, profile_digests};

/// How long a decision counts at the most. What was looked at more than a year ago is looked at again.
pub const MAX_DAYS: u32 = 366;

/// Whether findings of this code may be borne at all: those about how a release differs from others, what advisories say of
/// its components, and their licences. Never that something is not signed, by nobody who may, about something else, or
/// revoked: with those there is nothing to bear.
pub fn may_be_excepted(code: Code) -> bool {
    use crate::code::{advisories, freshness, sbom};
    [
        advisories::MALICIOUS,
        advisories::VULNERABLE,
        advisories::UNSOUND,
        advisories::UNMAINTAINED,
        advisories::NOTICE,
        sbom::LICENSE_REFUSED,
        sbom::LICENSE_UNKNOWN,
        sbom::LICENSE_MISSING,
        freshness::EXPIRED,
        freshness::FIRST_SEEN,
        freshness::NOT_COMPARABLE,
        freshness::SIGNER_CHANGED,
        freshness::OWNER_CHANGED,
        freshness::PROVENANCE_GONE,
        freshness::VERSION_BACK,
        freshness::NEW_DEPENDENCY,
        freshness::NEW_INSTALL_SCRIPT,
        freshness::TOOLS_CHANGED,
        freshness::HINTS_CHANGED,
        freshness::COOL_DOWN,
    ]
    .contains(&code)
}

/// Whether findings of this code are borne one advisory each: what is found tomorrow is not borne by what was known today,
/// and malware by nobody who did not name it.
pub fn names_advisories(code: &str) -> bool {
    code.starts_with("advisories/")
}

/// The predicate. Members that we do not know are ignored for the decision and stay in the payload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(tag = "decision", rename_all = "lowercase")]
pub enum Decision {
    /// It may be used.
    Approve(Approval),
    /// It may be used in spite of something.
    Except(Exception),
}

/// That one artifact may be used as it was looked at: what it shows, how it is started, who signed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Approval {
    /// What it shows.
    pub manifest: ApprovedManifest,
    /// How it is started.
    pub launch: ApprovedLaunch,
    /// Who signed its tool manifest.
    pub signer: ApprovedSigner,
    /// For whom: a team, an environment. A policy asks for exactly this text.
    pub scope: String,
    /// Why.
    pub reason: String,
    /// When it was decided, as the signer says; never a time source.
    #[serde(deserialize_with = "crate::time::read")]
    pub created_on: Timestamp,
    /// From here on it does not count.
    #[serde(deserialize_with = "crate::time::read")]
    pub expires: Timestamp,
}

/// That findings of these codes are borne, of one artifact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Exception {
    /// Codes of findings, each whole.
    pub codes: Vec<String>,
    /// Ids of the advisories that are meant; present iff one of the codes is of `advisories/…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advisories: Option<Vec<String>>,
    /// For whom: a team, an environment. A policy asks for exactly this text.
    pub scope: String,
    /// Why.
    pub reason: String,
    /// When it was decided, as the signer says; never a time source.
    #[serde(deserialize_with = "crate::time::read")]
    pub created_on: Timestamp,
    /// From here on it does not count.
    #[serde(deserialize_with = "crate::time::read")]
    pub expires: Timestamp,
}

/// The profile that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ApprovedManifest {
    /// Of the profile without its concrete resources, which are user data in some servers.
    pub surface_digest: Sha256Only,
    /// Its name in the tool manifest.
    pub profile: String,
}

/// How the server was started, in recorded form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct ApprovedLaunch {
    /// The whole command line; empty where a remote server was asked.
    pub argv: Vec<String>,
    /// Names of the variables that it was given, secret or not, in ascending order.
    pub env: Vec<String>,
}

/// Who signed a tool manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum ApprovedSigner {
    /// The holder of a certificate.
    Certificate {
        /// URL of the OpenID Connect issuer; `none` for certificates that name no issuer.
        issuer: String,
        /// Subject alternative name.
        subject: String,
    },
    /// The holder of a key.
    Key {
        /// SHA-256 of its SubjectPublicKeyInfo.
        #[serde(rename = "spkiSha256")]
        spki_sha256: Sha256Digest,
    },
}

/// A decision that does not say how long it counts or about what, or says too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ApprovalError {
    /// It ends before it begins.
    #[error("`expires` does not lie after `createdOn`")]
    Window,
    /// It counts for too long.
    #[error("it would count for more than {MAX_DAYS} days")]
    TooLong,
    /// What an advisory says is borne by naming it, and nothing else is.
    #[error("advisories are named where codes of `advisories/…` are excepted, and nowhere else")]
    Advisories,
}

impl Decision {
    /// For whom.
    pub fn scope(&self) -> &str {
        match self {
            Self::Approve(Approval { scope, .. }) | Self::Except(Exception { scope, .. }) => scope,
        }
    }

    /// When it was decided, as the signer says.
    pub const fn created_on(&self) -> Timestamp {
        match self {
            Self::Approve(Approval { created_on, .. }) | Self::Except(Exception { created_on, .. }) => {
                *created_on
            }
        }
    }

    /// From when on it does not count.
    pub const fn expires(&self) -> Timestamp {
        match self {
            Self::Approve(Approval { expires, .. }) | Self::Except(Exception { expires, .. }) => *expires,
        }
    }

    /// Whether it counts for a time that a decision may count for, and an exception says what of.
    ///
    /// # Errors
    /// When it does not.
    pub fn check(&self) -> Result<(), ApprovalError> {
        if let Self::Except(exception) = self {
            let asks = exception.codes.iter().any(|code| names_advisories(code));
            let named = exception.advisories.as_ref().is_some_and(|ids| !ids.is_empty());
            if asks != named || (!asks && exception.advisories.is_some()) {
                return Err(ApprovalError::Advisories);
            }
        }
        let window = self.expires().duration_since(self.created_on());
        if window <= SignedDuration::ZERO {
            return Err(ApprovalError::Window);
        }
        if window > SignedDuration::from_hours(24 * i64::from(MAX_DAYS)) {
            return Err(ApprovalError::TooLong);
        }
        Ok(())
    }
}

impl ApprovedManifest {
    /// What is approved of a profile.
    pub fn of(profile: &Profile) -> Self {
        let mut without = profile.clone();
        without.resources.clear();
        Self { surface_digest: profile_digests(&without).surface.into(), profile: profile.name.clone() }
    }
}

impl ApprovedLaunch {
    /// What is approved of a launch.
    pub fn of(launch: &Launch) -> Self {
        let mut env: Vec<String> = launch.env.keys().chain(&launch.secret_env).cloned().collect();
        env.sort();
        env.dedup();
        Self { argv: launch.argv.clone(), env }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::{Json, Limits};

    fn decision(text: &str) -> Decision {
        Json::parse(text.as_bytes(), Limits::bytes(1 << 16)).unwrap().to_typed().unwrap()
    }

    #[test]
    fn decisions_are_read_and_unknown_members_are_ignored() {
        let approve = decision(
            r#"{"decision":"approve","manifest":{"surfaceDigest":{"sha256":"9f2c000000000000000000000000000000000000000000000000000000000000"},"profile":"default"},"launch":{"argv":["a"],"env":["TZ"]},"signer":{"issuer":"https://i.example","subject":"s"},"scope":"team:payments","reason":"r","createdOn":"2026-11-01T00:00:00Z","expires":"2027-11-02T00:00:00Z","more":1}"#,
        );
        assert_eq!((approve.scope(), approve.check()), ("team:payments", Ok(())));
        let except = |created: &str, expires: &str| {
            decision(&format!(
                r#"{{"decision":"except","codes":["freshness/cool-down"],"scope":"s","reason":"r","createdOn":"{created}","expires":"{expires}"}}"#
            ))
            .check()
        };
        assert_eq!(except("2026-11-01T00:00:00Z", "2026-11-01T00:00:00Z"), Err(ApprovalError::Window));
        assert_eq!(except("2026-11-01T00:00:00Z", "2027-11-02T00:00:01Z"), Err(ApprovalError::TooLong));
        let of = |codes: &str, ids: &str| {
            decision(&format!(
                r#"{{"decision":"except","codes":[{codes}],{ids}"scope":"s","reason":"r","createdOn":"2026-11-01T00:00:00Z","expires":"2026-11-02T00:00:00Z"}}"#
            ))
            .check()
        };
        let (vulnerable, young) = (r#""advisories/vulnerable""#, r#""freshness/cool-down""#);
        assert_eq!(of(vulnerable, r#""advisories":["CVE-2026-1"],"#), Ok(()));
        for (codes, ids) in [
            (vulnerable, ""),
            (vulnerable, r#""advisories":[],"#),
            (young, r#""advisories":["CVE-2026-1"],"#),
            (young, r#""advisories":[],"#),
        ] {
            assert_eq!(of(codes, ids), Err(ApprovalError::Advisories), "{codes} {ids}");
        }
        let again = Json::from_serialize(&approve).unwrap();
        assert_eq!(again.to_typed::<Decision>(), Ok(approve));
    }
}
