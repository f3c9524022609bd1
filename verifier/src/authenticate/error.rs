//! Why a bundle does not authenticate: our checks, and the Sigstore crate's refusals in our words.

use jiff::Timestamp;
use mcpsign_schemas::code::{self, Code};
use mcpsign_schemas::finding::Finding;
use sigstore_verify::{TimestampError, TransparencyLogError};

use super::bundle::SignedBundle;
use super::claims::ClaimsError;
use crate::measured::Gap;
use crate::statement::StatementError;

/// A bundle whose signature leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthenticateError {
    /// A certificate, log entry or timestamp, and nothing to hold it against.
    #[error("the bundle needs a Sigstore trust root and none was given")]
    NoTrustRoot,
    /// The root that the bundle might lead to does not count any more.
    #[error("the trust root `{name}` has expired")]
    TrustRootExpired {
        /// Its name.
        name: String,
        /// When.
        expires: Timestamp,
    },
    /// A key signed, and no key is trusted.
    #[error("the bundle is signed by a key and no key is trusted here")]
    KeyMissing,
    /// No trusted key verifies the signature, and the bundle names another.
    #[error("the bundle names a key that is not trusted here")]
    KeyNotTrusted {
        /// What the bundle calls it; not authenticated.
        hint: String,
    },
    /// The signature does not verify.
    #[error("the signature does not verify{}", appended(.detail.as_ref()))]
    SignatureInvalid {
        /// The crate's words, where it found out.
        detail: Option<String>,
    },
    /// The certificate does not hold.
    #[error("the certificate does not hold: {detail}")]
    Certificate {
        /// The crate's words.
        detail: String,
    },
    /// Who issued the certificate was not valid at a verified time.
    #[error("the certificate's issuer was not valid at the time of signing")]
    IssuerWindow,
    /// The certificate holds, and does not say one thing.
    #[error("the certificate cannot be read: {0}")]
    Claims(#[from] ClaimsError),
    /// The crate accepted a bundle without verifying all that was asked for.
    #[error("the certificate was not verified in full")]
    CertificateUnverified,
    /// No log entry, from an instance that has a log.
    #[error("the bundle has no log entry and its instance has a log")]
    NoLogEntry,
    /// An entry without inclusion proof.
    #[error("a log entry has no inclusion proof")]
    NoInclusionProof,
    /// An entry of a log that the trust root does not name.
    #[error("a log entry is of a log that the trust root does not name")]
    UnknownLog,
    /// A log entry does not hold.
    #[error("a log entry does not hold: {detail}")]
    LogEntry {
        /// The crate's words.
        detail: String,
    },
    /// A log entry for a key of a kind that is not read there: nothing of it was found to be wrong.
    #[error("a log entry is for a key of a kind that is not read here")]
    LogEntryKey {
        /// What the entry calls the kind; not authenticated, shortened.
        found: String,
    },
    /// The log's key was not valid at a verified time.
    #[error("the key of the log was not valid at the time of signing")]
    LogKeyWindow,
    /// No verified time where one is needed.
    #[error("nothing proves when it was signed")]
    NoTimestamp,
    /// A timestamp does not hold.
    #[error("a timestamp does not hold: {detail}")]
    Timestamp {
        /// The crate's words.
        detail: String,
    },
    /// A time after now.
    #[error("it was signed in the future")]
    TimeInFuture {
        /// When it says it was signed.
        time: Timestamp,
        /// When it was looked at.
        now: Timestamp,
    },
    /// A version of bundles does not allow what this one holds.
    #[error("the bundle does not fit its version: {detail}")]
    BundleVersion {
        /// The crate's words.
        detail: String,
    },
    /// The statement names no subject, so that the crate cannot look at it.
    #[error("the statement names no subject")]
    NoSubject,
    /// No subject has a digest that suffices, so that the crate cannot look at it.
    #[error("no subject has a SHA-256 or SHA-512 digest")]
    NoUsableDigest,
    /// The blob that is signed is another.
    #[error("the bundle signs other bytes")]
    OtherBlob,
    /// A signed blob where only a statement says anything.
    #[error("the bundle signs a blob, not a statement")]
    NotAStatement,
    /// Signed, but no well-formed statement.
    #[error(transparent)]
    Statement(#[from] StatementError),
}

fn appended(detail: Option<&String>) -> String {
    detail.map(|detail| format!(": {detail}")).unwrap_or_default()
}

impl AuthenticateError {
    /// The stable code.
    pub const fn code(&self) -> Code {
        use code::signature;
        match self {
            Self::NoTrustRoot => signature::NO_TRUST_ROOT,
            Self::TrustRootExpired { .. } => code::evidence::TRUST_ROOT_EXPIRED,
            Self::KeyMissing => signature::KEY_MISSING,
            Self::KeyNotTrusted { .. } => signature::KEY_NOT_TRUSTED,
            Self::SignatureInvalid { .. } => signature::INVALID,
            Self::Certificate { .. } | Self::Claims(_) | Self::IssuerWindow | Self::CertificateUnverified => {
                signature::CERTIFICATE
            }
            Self::NoLogEntry => signature::NO_LOG_ENTRY,
            Self::NoInclusionProof => signature::NO_INCLUSION_PROOF,
            Self::UnknownLog | Self::LogEntry { .. } | Self::LogEntryKey { .. } | Self::LogKeyWindow => {
                signature::LOG_ENTRY
            }
            Self::NoTimestamp | Self::Timestamp { .. } => signature::TIMESTAMP,
            Self::TimeInFuture { .. } => signature::TIME_IN_FUTURE,
            Self::BundleVersion { .. } => signature::BUNDLE_VERSION,
            Self::NoSubject => code::subject::NONE,
            Self::NoUsableDigest => code::subject::DIGEST_MISSING,
            Self::OtherBlob => code::subject::DIGEST_MISMATCH,
            Self::NotAStatement => signature::NOT_A_STATEMENT,
            Self::Statement(error) => error.code(),
        }
    }

    /// How far verification got, to tell which of several roots a bundle was meant for. Alike for what a bundle
    /// lacks against any root.
    pub(super) const fn progress(&self) -> u8 {
        match self {
            Self::NoTrustRoot => 0,
            Self::NoLogEntry | Self::NoInclusionProof | Self::UnknownLog | Self::NoTimestamp => 1,
            Self::Timestamp { .. } => 2,
            Self::Certificate { .. } => 3,
            Self::LogEntry { .. } | Self::LogEntryKey { .. } => 4,
            Self::KeyMissing
            | Self::KeyNotTrusted { .. }
            | Self::SignatureInvalid { .. }
            | Self::CertificateUnverified
            | Self::BundleVersion { .. }
            | Self::NoSubject
            | Self::NoUsableDigest
            | Self::OtherBlob
            | Self::NotAStatement
            | Self::Statement(_) => 5,
            Self::Claims(_) | Self::IssuerWindow | Self::LogKeyWindow | Self::TimeInFuture { .. } => 6,
            Self::TrustRootExpired { .. } => 7,
        }
    }

    /// Whether nothing was found out, rather than something wrong.
    pub(crate) fn gap(&self) -> Option<Gap> {
        match self {
            Self::TrustRootExpired { expires, .. } => {
                Some(Gap { code: self.code(), message: format!("{self}: it counted until {expires}") })
            }
            _ => None,
        }
    }

    /// What a report says of it.
    pub fn finding(&self) -> Finding {
        let finding = Finding::new(self.code(), self.to_string());
        match self {
            Self::TrustRootExpired { expires, .. } => finding.found(format!("it counted until {expires}")),
            Self::KeyNotTrusted { hint } => finding.found(format!("key hint {hint}")),
            Self::UnknownLog => finding
                .hint("verify with the trust root of the instance whose log it is: see `mcpsign trust show`"),
            Self::LogEntryKey { found } => finding
                .expected("P-256, P-384, or RSA with SHA-256")
                .found(found.clone())
                .hint("sign with a key of one of these kinds, or log in Rekor v1"),
            Self::TimeInFuture { time, now } => {
                finding.expected(format!("not after {now}")).found(time.to_string())
            }
            _ => finding,
        }
    }

    /// The crate's refusal by its kind; its texts are detail and are not looked into.
    pub(super) fn from_backend(error: sigstore_verify::Error, bundle: &SignedBundle, now: Timestamp) -> Self {
        use sigstore_verify::Error as Backend;
        use sigstore_verify::bundle::Error as Shape;

        let detail = error.to_string();
        let is_statement = bundle.envelope().is_some();
        // A log's time after now is also after the end of the certificate: called by the more telling name. The crate
        // has verified the log's promise, which covers it, before it comes to either.
        if matches!(
            error,
            Backend::TransparencyLog(TransparencyLogError::IntegratedTime(_)) | Backend::Certificate(_)
        ) {
            let promised = bundle.log_entries().iter().filter(|entry| entry.inclusion_promise.is_some());
            let times = promised.filter_map(|entry| entry.integrated_time);
            if let Some(time) = times.max().filter(|&time| time > now) {
                return Self::TimeInFuture { time, now };
            }
        }
        match error {
            Backend::SignatureInvalid(_)
            | Backend::Crypto(_)
            | Backend::Types(_)
            | Backend::UnsupportedArtifact(_) => Self::SignatureInvalid { detail: Some(detail) },
            // A statement was held against a digest of its own: only a log entry can be of something else.
            Backend::ArtifactMismatch(_) if is_statement => Self::LogEntry { detail },
            Backend::ArtifactMismatch(_) => Self::OtherBlob,
            Backend::TransparencyLog(_) => Self::LogEntry { detail },
            Backend::Timestamp(TimestampError::NoVerifiedTimestamp(_)) => Self::NoTimestamp,
            Backend::Timestamp(_) => Self::Timestamp { detail },
            Backend::Bundle(Shape::MissingInclusionPromise(_) | Shape::MissingInclusionProof(_)) => {
                Self::NoInclusionProof
            }
            Backend::Bundle(
                Shape::MissingCheckpoint | Shape::LogIndexOutOfRange { .. } | Shape::CheckpointRootMismatch,
            ) => Self::LogEntry { detail },
            Backend::Bundle(Shape::MissingSigningTimeEvidence | Shape::MissingTimestamp) => Self::NoTimestamp,
            Backend::Bundle(_) => Self::BundleVersion { detail },
            // The payload's type and subjects were looked at before; what is left is an entry of a foreign kind.
            Backend::UnsupportedBundle(_) => Self::LogEntry { detail },
            Backend::InvalidBundle(_) if is_statement => Self::Statement(StatementError::Shape { detail }),
            Backend::Certificate(_) | Backend::InvalidBundle(_) => Self::Certificate { detail },
            // Identities are not the crate's business here and roots were read before: whatever else it says refuses.
            _ => Self::Certificate { detail },
        }
    }
}
