//! Identity tokens: what an OpenID Connect issuer says of whoever signs. Read and judged here before one is sent to
//! anybody; whether it is genuine is for the certificate authority to find out.

mod ambient;
mod error;
mod judge;
mod login;
mod subject;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use mcpsign_schemas::canonical::{Json, Limits};
use zeroize::Zeroizing;

pub use self::ambient::{Ambient, AmbientError, Surroundings};
pub use self::error::TokenError;
pub use self::judge::Expected;
pub use self::login::{Login, LoginError, Prompt};
pub use self::subject::SpeaksFor;

/// Bytes of a token at the most. Those of CI platforms have about 2 KiB; web servers take no header of more than 8.
pub const MAX_TOKEN: usize = 32 << 10;

/// A token, and its claims as it states them. Wiped when dropped, never printed.
pub struct IdentityToken {
    raw: Zeroizing<String>,
    claims: Json,
    issuer: String,
    subject: String,
    expires: Timestamp,
}

impl IdentityToken {
    /// Reads a JSON Web Token in its compact form (RFC 7519). Its signature is not looked at.
    ///
    /// # Errors
    /// When it is no such token, or one without issuer, subject or end.
    pub fn parse(raw: Zeroizing<String>) -> Result<Self, TokenError> {
        if raw.len() > MAX_TOKEN {
            return Err(TokenError::TooLarge { limit: MAX_TOKEN });
        }
        let mut parts = raw.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(TokenError::Shape);
        };
        if [header, payload, signature].iter().any(|part| part.is_empty()) {
            return Err(TokenError::Shape);
        }
        let decoded = |part| URL_SAFE_NO_PAD.decode(part).map(Zeroizing::new).map_err(|_| TokenError::Shape);
        // Quotes around it, or a mark before it, are nothing to send to anybody.
        let (header, payload, _) = (decoded(header)?, decoded(payload)?, decoded(signature)?);
        Json::parse(&header, Limits::bytes(MAX_TOKEN)).map_err(|_| TokenError::Shape)?;
        let claims = Json::parse(&payload, Limits::bytes(MAX_TOKEN)).map_err(|_| TokenError::Claims)?;
        let text = |name: &'static str| match claims.get(name).and_then(Json::as_str) {
            Some(text) if !text.is_empty() => Ok(text.to_owned()),
            _ => Err(TokenError::Missing { claim: name }),
        };
        let (issuer, subject) = (text("iss")?, text("sub")?);
        let expires = judge::time(&claims, "exp")?.ok_or(TokenError::Missing { claim: "exp" })?;
        Ok(Self { raw, claims, issuer, subject, expires })
    }

    /// Who issued it, as it says.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// About whom, as it says.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The e-mail address that it vouches for, if it is a person's or a service account's.
    pub fn email(&self) -> Option<&str> {
        self.claims.get("email").and_then(Json::as_str).filter(|email| !email.is_empty())
    }

    /// When it ends to count.
    pub const fn expires(&self) -> Timestamp {
        self.expires
    }

    /// Every claim, as it states them.
    pub const fn claims(&self) -> &Json {
        &self.claims
    }

    /// The token itself, for the certificate authority alone.
    pub fn secret(&self) -> &str {
        &self.raw
    }
}

impl fmt::Debug for IdentityToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdentityToken").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(crate) mod tests;
