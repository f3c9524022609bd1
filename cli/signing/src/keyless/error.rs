//! Why nothing was signed keyless: a service, or what it answered.

use std::fmt;

use mcpsign_collect::http::{HttpError, Response};
use mcpsign_schemas::code::signature;
use mcpsign_schemas::untrusted::{Untrusted, escape};
use mcpsign_verifier::AuthenticateError;
use mcpsign_verifier::bundle::ArtifactError;
use url::Url;

use super::interrupt::Interruption;

/// Characters of a refusal that are shown. Fulcio's and Rekor's own have about a hundred.
const SAID: usize = 300;

/// Characters of a part of a secret that is kept out: shorter ones stand in many a word.
const SECRET: usize = 12;

/// Who was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Service {
    /// Fulcio: gives certificates for tokens.
    CertificateAuthority,
    /// An RFC 3161 timestamp authority.
    TimestampAuthority,
    /// Rekor.
    Log,
    /// Whoever gives tokens: an OpenID Connect issuer, a CI platform, a cloud's metadata server.
    TokenIssuer,
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CertificateAuthority => "the certificate authority",
            Self::TimestampAuthority => "the timestamp authority",
            Self::Log => "the log",
            Self::TokenIssuer => "the token's issuer",
        })
    }
}

/// A service that gave no answer, or none that can be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// The TLS library does not start.
    #[error("no service can be asked")]
    Client(#[source] HttpError),
    /// The system gives no executor.
    #[error("no service can be asked")]
    Executor(#[source] std::io::Error),
    /// No answer, or not all of one.
    #[error("{service} at `{}` was not reached, asked {}", escape(.url), times(*.attempts))]
    Unreached {
        /// Who was asked.
        service: Service,
        /// Where.
        url: String,
        /// How often.
        attempts: u32,
        /// The last reason.
        source: HttpError,
    },
    /// Another status than success.
    #[error("{service} at `{}` answered with HTTP status {status}{}", escape(.url), after_colon(.said))]
    Status {
        /// Who was asked.
        service: Service,
        /// Where.
        url: String,
        /// Its status.
        status: u16,
        /// Its words, shortened, escaped.
        said: String,
    },
    /// A success, and something else than what was asked for.
    #[error("{service} at `{}` answered with something else than what it was asked for: {why}", escape(.url))]
    Answer {
        /// Who was asked.
        service: Service,
        /// Where.
        url: String,
        /// What is wrong with it; escaped.
        why: String,
    },
}

fn times(number: u32) -> String {
    if number == 1 { "once".into() } else { format!("{number} times") }
}

fn after_colon(said: &str) -> String {
    if said.is_empty() { String::new() } else { format!(": {said}") }
}

impl ServiceError {
    pub(crate) fn unreached(service: Service, url: &Url, attempts: u32, source: HttpError) -> Self {
        if source.is_answered() {
            return Self::answer(service, url, source);
        }
        Self::Unreached { service, url: shown(url), attempts, source }
    }

    /// Whoever was given `secret` may repeat it, or a part of it.
    pub(crate) fn refused(service: Service, answer: &Response, secret: &str) -> Self {
        let parts = std::iter::once(secret).chain(secret.split('.')).filter(|part| part.len() >= SECRET);
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        let body = parts.fold(body, |body, part| body.replace(part, "***"));
        let said = Untrusted::bounded(body.trim(), SAID).to_string();
        Self::Status { service, url: shown(&answer.url), status: answer.status.as_u16(), said }
    }

    pub(crate) fn answer(service: Service, url: &Url, why: impl fmt::Display) -> Self {
        let why = Untrusted::bounded(&why.to_string(), SAID).to_string();
        Self::Answer { service, url: shown(url), why }
    }

    /// Whether the answer would have come had the service been there: nothing that it said was found to be wrong.
    pub fn is_gap(&self) -> bool {
        self.may_pass() || self.is_tls()
    }

    /// Whether whoever answers does not prove by TLS to be the service.
    pub const fn is_tls(&self) -> bool {
        matches!(self, Self::Unreached { source: HttpError::Tls { .. }, .. })
    }

    /// Whether to ask once more may help.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Unreached { source, .. } => source.may_pass(),
            Self::Status { status, .. } => matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504),
            Self::Client(_) | Self::Executor(_) | Self::Answer { .. } => false,
        }
    }
}

/// Addresses of services hold no secrets but where somebody put one into a query.
fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.into()
}

/// Why a run was not signed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeylessError {
    /// A service.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// A certificate for another key, of another issuer or for somebody else.
    #[error("the certificate is {what} `{}`, not `{}`", escape(.found), escape(.expected))]
    Certificate {
        /// What of it.
        what: &'static str,
        /// What the token promises.
        expected: String,
        /// What it says.
        found: String,
    },
    /// What is signed does not lead to the trust root, or a log's entry is not of it.
    #[error("what {service} gave does not verify: {}", escape(.why))]
    Unverified {
        /// Whose part it is.
        service: Service,
        /// The first check that fails, in the verifier's words.
        why: String,
    },
    /// A log of version 2 that has the entry already says so, and gives no proof.
    #[error("{} at `{}` has this entry already, and gives no proof of it", Service::Log, escape(.url))]
    LoggedBefore {
        /// Address of the log.
        url: String,
    },
    /// The cryptographic library.
    #[error("the cryptographic library failed")]
    Crypto(#[source] sigstore_crypto::Error),
    /// The bundle could not be put together.
    #[error("the bundle could not be written")]
    Bundle(#[source] sigstore_types::Error),
    /// What is to be signed is no statement about anything.
    #[error("what is to be signed is no statement")]
    Statement,
    /// Somebody ended the run.
    #[error("{how} ended the run")]
    Interrupted {
        /// With which signal.
        how: Interruption,
    },
}

impl KeylessError {
    /// What was found when `added`'s part was. With the first timestamp the certificate is, too.
    pub(super) fn unverified(added: Service, error: &ArtifactError) -> Self {
        let is_certificate = match error {
            ArtifactError::Identity { .. } => true,
            ArtifactError::Authenticate(error) => error.code() == signature::CERTIFICATE,
            _ => false,
        };
        let service = match added {
            Service::TimestampAuthority if is_certificate => Service::CertificateAuthority,
            added => added,
        };
        let why = match error {
            ArtifactError::Authenticate(AuthenticateError::TimeInFuture { time, now }) => {
                format!("{error}, at {time}; here it is {now}")
            }
            error => error.to_string(),
        };
        Self::Unverified { service, why }
    }

    /// Whether the answer would have come had a service been there: nothing was found to be wrong.
    pub fn is_gap(&self) -> bool {
        matches!(self, Self::Service(error) if error.is_gap())
    }
}
