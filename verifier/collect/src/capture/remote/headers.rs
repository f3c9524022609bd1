//! Headers: the caller's, of which only names are told, and the protocol's own.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use zeroize::Zeroizing;

use super::super::transport::{Dialect, Kind};
use crate::conceal::Secrets;

/// The protocol's headers, in the lower case that HTTP/2 sends.
pub(super) const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");
const VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
const METHOD: HeaderName = HeaderName::from_static("mcp-method");
const NAME: HeaderName = HeaderName::from_static("mcp-name");

/// Headers that nobody but us or the HTTP library sets: with others, what is asked would not be what is recorded, or no
/// HTTP at all.
const OURS: [&str; 17] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "keep-alive",
    "last-event-id",
    "proxy-authorization",
    "proxy-connection",
    "range",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Headers of the caller's. Not `Debug`: their values are secrets.
#[derive(Clone, Default)]
pub struct Headers {
    values: BTreeMap<String, Zeroizing<String>>,
}

/// A header that is not sent.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum HeaderError {
    /// No name of a header.
    #[error("`{name}` is no name of a header")]
    Name {
        /// As given.
        name: String,
    },
    /// One that the protocol or HTTP sets.
    #[error("the header `{name}` is set by the protocol")]
    Ours {
        /// In lower case.
        name: String,
    },
    /// A value with line ends or other control characters. It is not shown.
    #[error("the value of the header `{name}` cannot be sent")]
    Value {
        /// In lower case.
        name: String,
    },
    /// Two values.
    #[error("the header `{name}` is given twice")]
    Twice {
        /// In lower case.
        name: String,
    },
}

impl Headers {
    /// Adds one header.
    ///
    /// # Errors
    /// See [`HeaderError`].
    pub fn add(&mut self, name: &str, value: Zeroizing<String>) -> Result<(), HeaderError> {
        let parsed: HeaderName = name.parse().map_err(|_| HeaderError::Name { name: name.into() })?;
        let name = parsed.as_str().to_owned();
        if OURS.contains(&name.as_str()) || name.starts_with("mcp-") {
            return Err(HeaderError::Ours { name });
        }
        if HeaderValue::from_str(&value).is_err() {
            return Err(HeaderError::Value { name });
        }
        if self.values.contains_key(&name) {
            return Err(HeaderError::Twice { name });
        }
        self.values.insert(name, value);
        Ok(())
    }

    /// Their names, in lower case, sorted.
    pub fn names(&self) -> Vec<String> {
        self.values.keys().cloned().collect()
    }

    /// Their values, and of those of two words the second: `Bearer` alone is no secret.
    pub(super) fn secrets(&self) -> Secrets {
        self.values.values().filter_map(|value| value.rsplit(' ').next()).collect()
    }

    pub(super) fn to_map(&self) -> HeaderMap {
        let pairs = self.values.iter().filter_map(|(name, value)| {
            let mut value = HeaderValue::from_str(value).ok()?;
            value.set_sensitive(true);
            Some((name.parse().ok()?, value))
        });
        pairs.collect()
    }
}

/// The headers of a POST in `dialect`.
pub(super) fn of_post(
    callers: &HeaderMap,
    dialect: Dialect,
    session: Option<&HeaderValue>,
    kind: &Kind,
) -> HeaderMap {
    let mut headers = callers.clone();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
    in_dialect(&mut headers, dialect, session);
    if let (Dialect::Modern(_), Kind::Request { method, name, .. }) = (dialect, kind) {
        headers.extend(encoded(method).map(|method| (METHOD, method)));
        if method == "resources/read" {
            headers.extend(name.as_deref().and_then(encoded).map(|name| (NAME, name)));
        }
    }
    headers
}

/// The headers of a GET or DELETE, which only the legacy dialect has.
pub(super) fn of_session(callers: &HeaderMap, dialect: Dialect, session: Option<&HeaderValue>) -> HeaderMap {
    let mut headers = callers.clone();
    headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
    in_dialect(&mut headers, dialect, session);
    headers
}

fn in_dialect(headers: &mut HeaderMap, dialect: Dialect, session: Option<&HeaderValue>) {
    match dialect {
        Dialect::Initialize => {}
        Dialect::Modern(version) => {
            headers.insert(VERSION, HeaderValue::from_static(version));
        }
        Dialect::Legacy(version) => {
            headers.insert(VERSION, HeaderValue::from_static(version));
            headers.extend(session.map(|session| (SESSION, session.clone())));
        }
    }
}

/// A value as it is where a header can hold it, else in Base64 between sentinels ("Value Encoding" of 2026-07-28).
fn encoded(value: &str) -> Option<HeaderValue> {
    let visible = value.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    let padded = value.starts_with(' ') || value.ends_with(' ');
    let sentinel = value.starts_with("=?base64?") && value.ends_with("?=");
    if visible && !padded && !sentinel {
        return HeaderValue::from_str(value).ok();
    }
    HeaderValue::from_str(&format!("=?base64?{}?=", STANDARD.encode(value))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_and_values_are_not() {
        let mut headers = Headers::default();
        let value = || Zeroizing::new("Bearer s3cret".to_owned());
        assert_eq!(headers.add("X-Tenant", value()), Ok(()));
        assert_eq!(headers.add("Authorization", value()), Ok(()));
        assert_eq!(headers.names(), ["authorization", "x-tenant"]);
        assert!(!format!("{:?}", headers.to_map()).contains("s3cret"));
        assert_eq!(
            headers.add("AUTHORIZATION", value()),
            Err(HeaderError::Twice { name: "authorization".into() })
        );
    }

    #[test]
    fn b52_what_decides_whom_or_what_is_asked_cannot_be_set() {
        let mut headers = Headers::default();
        for name in OURS.into_iter().chain(["Host", "Mcp-Session-Id", "MCP-Protocol-Version", "mcp-name"]) {
            let refused = headers.add(name, Zeroizing::new("x".into()));
            assert_eq!(refused, Err(HeaderError::Ours { name: name.to_ascii_lowercase() }));
        }
        for name in ["", "a b", "ä", "a:"] {
            assert!(matches!(headers.add(name, Zeroizing::new("x".into())), Err(HeaderError::Name { .. })));
        }
        for value in ["a\r\nHost: evil.example", "\0", "a\n"] {
            let refused = headers.add("x", Zeroizing::new(value.into()));
            assert_eq!(refused, Err(HeaderError::Value { name: "x".into() }));
        }
    }

    #[test]
    fn names_that_no_header_can_hold_are_encoded() {
        let encoded = |text: &str| encoded(text).expect("a value").to_str().expect("visible").to_owned();
        for (text, header) in [
            ("us-west1", "us-west1"),
            ("Hello, 世界", "=?base64?SGVsbG8sIOS4lueVjA==?="),
            (" padded ", "=?base64?IHBhZGRlZCA=?="),
            ("line1\nline2", "=?base64?bGluZTEKbGluZTI=?="),
            ("=?base64?literal?=", "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?="),
        ] {
            assert_eq!(encoded(text), header);
        }
    }

    #[test]
    fn each_dialect_has_its_headers() {
        let session = HeaderValue::from_static("s");
        let kind = Kind::Request { id: 1, method: "resources/read".into(), name: Some("ui://a".into()) };
        let of = |dialect| {
            let headers = of_post(&HeaderMap::new(), dialect, Some(&session), &kind);
            ["mcp-protocol-version", "mcp-session-id", "mcp-method", "mcp-name"]
                .map(|name| headers.get(name).map(|value| value.to_str().expect("visible").to_owned()))
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(of(Dialect::Initialize), [None, None, None, None]);
        assert_eq!(of(Dialect::Legacy("2025-11-25")), [some("2025-11-25"), some("s"), None, None]);
        assert_eq!(
            of(Dialect::Modern("2026-07-28")),
            [some("2026-07-28"), None, some("resources/read"), some("ui://a")]
        );
    }
}
