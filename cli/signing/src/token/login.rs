//! Logging in at a desk: OpenID Connect with a browser on this machine, or with one on any other (RFC 8628).

mod browser;
mod device;
mod issuer;

use std::time::Duration;

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::untrusted::Untrusted;
use url::Url;
use zeroize::Zeroizing;

use super::{IdentityToken, TokenError};
use crate::keyless::{Asker, Patience, ServiceError};
use issuer::Issuer;

/// How long a person has. What Sigstore's own issuer gives: 5 min.
const LOGIN_TIME: Duration = Duration::from_secs(300);
/// What is asked for: who it is, and the address.
const SCOPE: &str = "openid email";

/// Who logs in where.
#[derive(Debug, Clone)]
pub struct Login {
    /// The issuer.
    pub issuer: Url,
    /// The name under which it knows clients like this one; the token's audience.
    pub client_id: String,
}

/// What a person is told.
pub trait Prompt {
    /// Open this address; a browser on this machine was, or was not, told to do so.
    fn visit(&mut self, address: &str);
    /// Open this address on any machine and type the code.
    fn enter(&mut self, address: &str, code: &str);
}

/// Why nobody is logged in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoginError {
    /// The issuer.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// The issuer's own document does not offer it.
    #[error("the issuer offers no {what}")]
    NotOffered {
        /// What it would need to.
        what: &'static str,
    },
    /// The issuer said no.
    #[error("the issuer refused: {said}")]
    Refused {
        /// Its words, shortened, escaped.
        said: String,
    },
    /// Nobody came.
    #[error("nobody logged in in time")]
    TooLate,
    /// No port to wait on.
    #[error("there is no port of this machine for the browser to come back to")]
    Listen(#[source] std::io::Error),
    /// The library has no random numbers.
    #[error("the cryptographic library gives no random numbers")]
    Random,
    /// What came is no token, or another login's.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The token answers another question.
    #[error("the token is not the answer to this login")]
    OtherLogin,
}

impl Login {
    /// Logs in with a browser on this machine.
    ///
    /// # Errors
    /// When the issuer gives no token, or nobody comes.
    pub fn with_browser(
        &self,
        prompt: &mut dyn Prompt,
        patience: Patience,
    ) -> Result<IdentityToken, LoginError> {
        let asker = login_asker(patience)?;
        browser::login(self, &Issuer::discover(&asker, &self.issuer)?, &asker, prompt)
    }

    /// Logs in with a browser on another machine.
    ///
    /// # Errors
    /// When the issuer gives no token, or nobody comes.
    pub fn with_device(
        &self,
        prompt: &mut dyn Prompt,
        patience: Patience,
    ) -> Result<IdentityToken, LoginError> {
        let asker = login_asker(patience)?;
        device::login(self, &Issuer::discover(&asker, &self.issuer)?, &asker, prompt)
    }
}

/// People take longer than services.
fn login_asker(patience: Patience) -> Result<Asker, ServiceError> {
    let patience = Patience { run: LOGIN_TIME + patience.exchange, ..patience };
    Asker::new(patience, mcpsign_collect::http::PlainHttp::Loopback)
}

/// Proof that whoever fetches the token began the login (RFC 7636).
struct Challenge {
    verifier: Zeroizing<String>,
    challenge: String,
}

impl Challenge {
    fn new() -> Result<Self, LoginError> {
        let verifier = random()?;
        let challenge = URL_SAFE_NO_PAD.encode(Sha256Digest::of(verifier.as_bytes()).as_bytes());
        Ok(Self { verifier, challenge })
    }
}

/// 256 bits that nobody can guess.
fn random() -> Result<Zeroizing<String>, LoginError> {
    let mut bytes = Zeroizing::new([0; 32]);
    SystemRandom::new().fill(bytes.as_mut()).map_err(|_| LoginError::Random)?;
    Ok(Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes.as_ref())))
}

/// A form, as OAuth wants requests.
fn form(fields: &[(&str, &str)]) -> Zeroizing<Vec<u8>> {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields);
    Zeroizing::new(form.finish().into_bytes())
}

fn refused(said: &str) -> LoginError {
    LoginError::Refused { said: Untrusted::bounded(said, 200).to_string() }
}

#[cfg(test)]
mod tests;
