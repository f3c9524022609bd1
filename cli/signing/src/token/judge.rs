//! Whether a token may be sent.

use jiff::{SignedDuration, Timestamp};
use mcpsign_schemas::canonical::Json;
use url::{Host, Url};

use super::{IdentityToken, TokenError};

/// Least time that a token must still count for: to ask for a certificate takes seconds.
const LEAST: SignedDuration = SignedDuration::from_secs(5);
/// How far clocks may differ: what Fulcio's OpenID Connect library allows is less, what machines have is less still.
const SKEW: SignedDuration = SignedDuration::from_secs(60);

/// What a token must be like.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// One of its audiences.
    pub audience: &'a str,
    /// Its issuer, where that is known beforehand.
    pub issuer: Option<&'a str>,
}

impl IdentityToken {
    /// Judges the claims before the token is sent to anybody:
    /// 1. its issuer is an address that keys can be had from, and the expected one;
    /// 2. the expected audience is among its own: else whoever takes it could use it elsewhere, or it is meant for others;
    /// 3. it counts already, and still;
    /// 4. an e-mail address in it is verified.
    ///
    /// # Errors
    /// The first that does not hold.
    pub fn judge(&self, expected: Expected<'_>, now: Timestamp) -> Result<(), TokenError> {
        if !is_address(self.issuer()) {
            return Err(TokenError::IssuerAddress { found: self.issuer().into() });
        }
        if let Some(issuer) = expected.issuer
            && issuer.trim_end_matches('/') != self.issuer().trim_end_matches('/')
        {
            return Err(TokenError::Issuer { expected: issuer.into(), found: self.issuer().into() });
        }
        let audiences = self.audiences();
        if !audiences.contains(&expected.audience) {
            let found = audiences.join("`, `");
            return Err(TokenError::Audience { expected: expected.audience.into(), found });
        }
        if self.expires() < now.checked_add(LEAST).unwrap_or(now) {
            return Err(TokenError::Expired { end: self.expires(), now });
        }
        for claim in ["nbf", "iat"] {
            if let Some(start) = time(self.claims(), claim)?
                && start > now.checked_add(SKEW).unwrap_or(now)
            {
                return Err(TokenError::NotYet { start, now });
            }
        }
        if self.email().is_some() && !is_true(self.claims().get("email_verified")) {
            return Err(TokenError::EmailUnverified);
        }
        Ok(())
    }

    /// `aud` is one string or a list of them.
    fn audiences(&self) -> Vec<&str> {
        match self.claims().get("aud") {
            Some(Json::String(one)) => vec![one],
            Some(Json::Array(several)) => several.iter().filter_map(Json::as_str).collect(),
            _ => Vec::new(),
        }
    }
}

/// A NumericDate, which may have a fraction (RFC 7519, section 2), as the second that it is in; `None` where the claim is
/// absent.
pub(super) fn time(claims: &Json, claim: &'static str) -> Result<Option<Timestamp>, TokenError> {
    let Some(value) = claims.get(claim) else { return Ok(None) };
    let missing = || TokenError::Missing { claim };
    let seconds = value.as_number().ok_or_else(missing)?.as_f64().floor();
    let time = SignedDuration::try_from_secs_f64(seconds).ok();
    let time = time.and_then(|since| Timestamp::from_duration(since).ok());
    time.map(Some).ok_or_else(missing)
}

/// Some issuers write the word (OpenID Connect says: a boolean).
fn is_true(value: Option<&Json>) -> bool {
    match value {
        Some(Json::Bool(value)) => *value,
        Some(Json::String(word)) => word == "true",
        _ => false,
    }
}

/// Without TLS this machine alone, as everywhere.
fn is_address(issuer: &str) -> bool {
    let Ok(url) = Url::parse(issuer) else { return false };
    match url.scheme() {
        "https" => url.host().is_some(),
        "http" => match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        },
        _ => false,
    }
}
