//! Why a token is not sent. Nothing here holds any of it but the claims that are named.

use jiff::Timestamp;
use mcpsign_schemas::untrusted::escape;

/// A token that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// Too long to be one.
    #[error("the identity token has more than {limit} bytes")]
    TooLarge {
        /// Bytes at the most.
        limit: usize,
    },
    /// No three parts in base64url.
    #[error("that is no identity token: it is not of the form `header.claims.signature`")]
    Shape,
    /// The part in the middle is no JSON object.
    #[error("the identity token's claims are no strict JSON")]
    Claims,
    /// A claim that every token has.
    #[error("the identity token has no usable claim `{claim}`")]
    Missing {
        /// Its name.
        claim: &'static str,
    },
    /// Made for somebody else.
    #[error("the identity token is for `{}`, not for `{}`", escape(.found), escape(.expected))]
    Audience {
        /// Who may take it.
        expected: String,
        /// For whom it was made.
        found: String,
    },
    /// Made by somebody else.
    #[error("the identity token is of the issuer `{}`, not of `{}`", escape(.found), escape(.expected))]
    Issuer {
        /// Who was meant to make it.
        expected: String,
        /// Who did.
        found: String,
    },
    /// An issuer that nobody could ask for its keys.
    #[error("the identity token's issuer `{}` is no `https://` address", escape(.found))]
    IssuerAddress {
        /// As stated.
        found: String,
    },
    /// No longer, or not for long enough.
    #[error("the identity token ends at {end}; it is {now}")]
    Expired {
        /// When it ends.
        end: Timestamp,
        /// What time it is.
        now: Timestamp,
    },
    /// Not yet.
    #[error("the identity token counts from {start} on; it is {now}")]
    NotYet {
        /// From when on.
        start: Timestamp,
        /// What time it is.
        now: Timestamp,
    },
    /// An address that its issuer has not verified.
    #[error("the identity token's issuer has not verified the e-mail address in it")]
    EmailUnverified,
}

impl TokenError {
    /// What the user can do about it.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } | Self::Shape | Self::Claims | Self::Missing { .. } => {
                "give the token itself, as the issuer returned it, and nothing else"
            }
            Self::Audience { .. } => {
                "ask for a token with the audience of your Sigstore instance; `--oidc-client-id` names another one than `sigstore`"
            }
            Self::Issuer { .. } => {
                "name the issuer that made it with `--oidc-issuer`, or take a token of that one"
            }
            Self::IssuerAddress { .. } => "take a token of an issuer that your Sigstore instance knows",
            Self::Expired { .. } => "fetch a fresh token right before it is used",
            Self::NotYet { .. } => "set the clock of this machine",
            Self::EmailUnverified => "verify the address with the issuer, then log in again",
        }
    }
}
