//! What an issuer says of itself: OpenID Connect Discovery.

use mcpsign_collect::http::{PlainHttp, check_address};
use reqwest::StatusCode;
use serde::Deserialize;
use url::Url;
use zeroize::Zeroizing;

use super::{Asker, LoginError, refused};
use crate::keyless::{Question, Service, ServiceError, below};
use crate::token::IdentityToken;

/// An issuer's endpoints.
pub(super) struct Issuer {
    pub(super) authorization: Option<Url>,
    pub(super) device: Option<Url>,
    token: Url,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: Option<String>,
    device_authorization_endpoint: Option<String>,
    token_endpoint: String,
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
}

/// RFC 6749 §5.2.
#[derive(Deserialize)]
struct Refusal {
    error: String,
    error_description: Option<String>,
}

/// What became of asking for the token.
pub(super) enum Answer {
    Token(IdentityToken),
    /// The error's name, where it is one that may pass.
    NotYet(&'static str),
}

impl Issuer {
    /// Asks the issuer for its document: it must be of this issuer, and lead to where it is safe to ask.
    pub(super) fn discover(asker: &Asker, issuer: &Url) -> Result<Self, LoginError> {
        let url = below(issuer, "/.well-known/openid-configuration");
        let unusable = |why: &str| LoginError::from(ServiceError::answer(Service::TokenIssuer, &url, why));
        let answer = asker.ask(&Question::get(Service::TokenIssuer, &url), &[])?;
        let document: Document =
            serde_json::from_slice(&answer.body).map_err(|error| unusable(&error.to_string()))?;
        if document.issuer.trim_end_matches('/') != issuer.as_str().trim_end_matches('/') {
            return Err(unusable("the document is of another issuer"));
        }
        let plain = if issuer.scheme() == "http" { PlainHttp::Loopback } else { PlainHttp::Never };
        let endpoint = |text: &String| {
            let url = Url::parse(text).map_err(|error| unusable(&error.to_string()))?;
            check_address(&url, plain).map_err(|error| unusable(&error.to_string()))?;
            Ok::<_, LoginError>(url)
        };
        Ok(Self {
            authorization: document.authorization_endpoint.as_ref().map(endpoint).transpose()?,
            device: document.device_authorization_endpoint.as_ref().map(endpoint).transpose()?,
            token: endpoint(&document.token_endpoint)?,
        })
    }

    /// Exchanges what a login gave for the token.
    pub(super) fn token(&self, asker: &Asker, form: &[u8]) -> Result<Answer, LoginError> {
        let question = Question::form(Service::TokenIssuer, &self.token, form);
        let answer = asker.ask(&question, &[StatusCode::BAD_REQUEST, StatusCode::UNAUTHORIZED])?;
        let body = Zeroizing::new(answer.body);
        if !answer.status.is_success() {
            let refusal: Refusal = serde_json::from_slice(&body).map_err(|_| refused("without a reason"))?;
            return match refusal.error.as_str() {
                "authorization_pending" => Ok(Answer::NotYet("authorization_pending")),
                "slow_down" => Ok(Answer::NotYet("slow_down")),
                "expired_token" => Err(LoginError::TooLate),
                error => Err(refused(refusal.error_description.as_deref().unwrap_or(error))),
            };
        }
        // The parser's own words may quote the document.
        let unusable =
            || ServiceError::answer(Service::TokenIssuer, &self.token, "no identity token in JSON");
        let tokens: Tokens = serde_json::from_slice(&body).map_err(|_| unusable())?;
        Ok(Answer::Token(IdentityToken::parse(Zeroizing::new(tokens.id_token))?))
    }
}
