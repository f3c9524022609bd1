//! Where policies come from: a file, or an address that says which policy is meant.

use std::ffi::OsStr;
use std::fmt;
use std::path::PathBuf;

use mcpsign_collect::http::{self, HttpError, Options, PlainHttp};
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::untrusted::escape;
use reqwest::header::HeaderMap;
use url::Url;

use crate::read::{self, ReadError};

/// What stands between an address and the digest of what it must serve.
const PIN: &str = "sha256=";

/// Where a policy comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A file.
    File(PathBuf),
    /// `https://HOST/PATH#sha256=HEX`.
    Address {
        /// Without the digest.
        url: Url,
        /// Of the bytes that are served.
        pin: Option<Sha256Digest>,
        /// Files of PEM certificates that are trusted as roots beside the system's.
        ca: Vec<PathBuf>,
    },
}

/// A policy that was not had.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The file was not read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// An address that cannot be read.
    #[error("`{}` is no address of a policy: {why}", escape(.address))]
    Address {
        /// Without what nobody else should read.
        address: String,
        /// Why not.
        why: &'static str,
    },
    /// Whoever serves it could serve any policy.
    #[error("`{}` does not say which policy is meant", escape(.0))]
    Unpinned(String),
    /// It was not fetched.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The server has none.
    #[error("`{}` was answered with HTTP status {status}", escape(.address))]
    Status {
        /// Without the digest.
        address: String,
        /// As received.
        status: u16,
    },
    /// Another document than is meant.
    #[error("`{}` serves another policy: expected sha256:{expected}, found sha256:{found}", escape(.address))]
    Digest {
        /// Without the digest.
        address: String,
        /// As asked for.
        expected: Sha256Digest,
        /// Of what was received.
        found: Sha256Digest,
    },
    /// Nothing here can wait for a network.
    #[error("cannot wait for the network")]
    Runtime(#[source] std::io::Error),
}

impl Source {
    /// Reads a path, or an address and what is pinned behind it. An address begins with `https://` or, for this machine,
    /// `http://`; write `./` before a path that does.
    ///
    /// # Errors
    /// When it is an address and none that is asked, or what stands behind `#` is no digest.
    pub fn parse(text: &OsStr, ca: &[PathBuf]) -> Result<Self, SourceError> {
        let is_address = |text: &&str| {
            text.split_once("://").is_some_and(|(scheme, _)| {
                scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http")
            })
        };
        let Some(address) = text.to_str().filter(is_address) else { return Ok(Self::File(text.into())) };
        let refused = |shown: String, why| SourceError::Address { address: shown, why };
        let mut url =
            Url::parse(address).map_err(|_| refused(without_secrets(address), "it cannot be read"))?;
        // Without TLS this machine alone is spoken to.
        http::check_address(&url, PlainHttp::Loopback)?;
        let pin = match url.fragment() {
            None => None,
            Some(fragment) => {
                let hex = fragment.strip_prefix(PIN).and_then(|hex| hex.parse().ok());
                let why = "behind `#` stands no `sha256=` with 64 lower-case hex digits";
                Some(hex.ok_or_else(|| refused(http::shown(&url), why))?)
            }
        };
        url.set_fragment(None);
        Ok(Self::Address { url, pin, ca: ca.to_vec() })
    }

    /// Its bytes, `limit` of them at the most. An address without digest is asked only where a `signature` says whose policy
    /// it is; one with a digest gives those bytes or none.
    ///
    /// # Errors
    /// See [`SourceError`].
    pub(super) fn read(&self, limit: usize, signature: bool) -> Result<Vec<u8>, SourceError> {
        let (url, pin, ca) = match self {
            Self::File(path) => return Ok(read::file(path, limit)?),
            Self::Address { url, pin, ca } => (url, *pin, ca),
        };
        let address = self.to_string();
        if pin.is_none() && !signature {
            return Err(SourceError::Unpinned(address));
        }
        let options = Options { ca: ca.clone(), plain_http: PlainHttp::Loopback, ..Options::default() };
        let client = http::client(&options)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let answer =
            runtime.map_err(SourceError::Runtime)?.block_on(client.get(url, &HeaderMap::new(), limit))?;
        let status = answer.status.as_u16();
        if status != 200 {
            return Err(SourceError::Status { address, status });
        }
        let found = Sha256Digest::of(&answer.body);
        match pin {
            Some(expected) if expected != found => Err(SourceError::Digest { address, expected, found }),
            _ => Ok(answer.body),
        }
    }

    /// Whether a socket is opened for it.
    pub const fn is_remote(&self) -> bool {
        matches!(self, Self::Address { .. })
    }
}

/// What may be shown of a text that no parser takes for an address.
fn without_secrets(address: &str) -> String {
    let end = address.find(['?', '#']).unwrap_or(address.len());
    let place = address.get(..end).unwrap_or_default();
    place.rsplit('@').next().unwrap_or_default().to_owned()
}

/// As given, an address without what nobody else should read: userinfo, query and digest.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.write_str(&path.to_string_lossy()),
            Self::Address { url, .. } => f.write_str(&http::shown(url)),
        }
    }
}

impl SourceError {
    /// What to do about it, where that is not plain from the message.
    pub(super) const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Address { .. } => Some("write it as `https://HOST/PATH#sha256=DIGEST`"),
            Self::Unpinned(_) => Some(
                "add `#sha256=` and the digest of the file (`mcpsign policy check FILE` prints it), or name who must have signed it: `--policy-key FILE`",
            ),
            Self::Digest { .. } => Some("get the digest of the current policy from whoever maintains it"),
            Self::Http(HttpError::Tls { .. }) => Some(
                "`--policy-ca FILE` trusts the authority that its certificate goes back to, if you do; if you know none, somebody else answers in its place",
            ),
            Self::Read(_) | Self::Http(_) | Self::Status { .. } | Self::Runtime(_) => None,
        }
    }

    /// Whether it may be had later, as it was asked for.
    pub(super) const fn may_pass(&self) -> bool {
        match self {
            Self::Http(error) => error.is_unreached(),
            Self::Status { status, .. } => *status == 429 || *status >= 500,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Source, SourceError> {
        Source::parse(OsStr::new(text), &[])
    }

    #[test]
    fn an_address_is_told_from_a_path() {
        for path in ["policy.yaml", "./https://x", "https:/x", "oci://host/x", "C://x", "http"] {
            assert_eq!(parse(path).unwrap(), Source::File(path.into()), "{path}");
        }
        let hex = "9f2c000000000000000000000000000000000000000000000000000000000000";
        let pinned = parse(&format!("HTTPS://policies.example/a.yaml#sha256={hex}")).unwrap();
        let Source::Address { url, pin, .. } = pinned else { panic!("an address") };
        assert_eq!((url.as_str(), pin), ("https://policies.example/a.yaml", Some(hex.parse().unwrap())));
    }

    #[test]
    fn half_a_pin_is_none() {
        for bad in [
            "https://policies.example/a#",
            "https://policies.example/a#sha256=",
            "https://policies.example/a#sha256=9F2C000000000000000000000000000000000000000000000000000000000000",
            "https://policies.example/a#sha256=9f2c",
            "https://policies.example/a#sha512=9f2c000000000000000000000000000000000000000000000000000000000000",
            "https://policies.example/a#9f2c000000000000000000000000000000000000000000000000000000000000",
            "https://policies.example/a#x&sha256=9f2c000000000000000000000000000000000000000000000000000000000000",
        ] {
            assert!(matches!(parse(bad), Err(SourceError::Address { .. })), "{bad}");
        }
        assert!(matches!(parse("http://policies.example/a"), Err(SourceError::Http(_))));
        assert!(matches!(parse("https://"), Err(SourceError::Address { .. } | SourceError::Http(_))));
    }

    #[test]
    fn an_address_alone_names_no_policy() {
        let source = parse("https://policies.example/a").unwrap();
        assert!(matches!(source.read(10, false), Err(SourceError::Unpinned(_))));
    }

    #[test]
    fn what_is_shown_holds_no_secret() {
        let source = parse("https://policies.example/a.yaml?token=x").unwrap();
        assert_eq!(source.to_string(), "https://policies.example/a.yaml");
    }
}
