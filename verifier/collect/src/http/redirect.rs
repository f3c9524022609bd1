//! Where a redirect may lead.

use reqwest::header::{AUTHORIZATION, COOKIE, HeaderMap, LOCATION, PROXY_AUTHORIZATION};
use reqwest::{StatusCode, Url};

use super::address::shown;
use super::{HttpError, Streaming};

/// Redirects followed in a row. 5: a host that moved, its `www`, a trailing slash, and room.
pub(super) const MOST: usize = 5;

/// Where redirects may lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redirects {
    /// To the same scheme, host and port.
    SameOrigin,
    /// Anywhere over TLS, as registries send to their stores; credentials stay behind.
    AnyHost,
}

/// Where a response to GET sends; `None` where it is no redirect.
pub(super) fn next(from: &Url, response: &Streaming, allowed: Redirects) -> Result<Option<Url>, HttpError> {
    let Some(to) = location(from, response)? else {
        return Ok(None);
    };
    let refused = |why| Err(HttpError::Redirect { from: shown(from), to: shown(&to), why });
    match allowed {
        Redirects::SameOrigin if !same_origin(from, &to) => refused("it is another host, port or scheme"),
        // From HTTP to HTTP stays on this machine: no other is spoken to without TLS.
        Redirects::AnyHost if from.scheme() == "https" && to.scheme() != "https" => {
            refused("it leaves TLS behind")
        }
        _ => Ok(Some(to)),
    }
}

/// Where a response to POST sends; `None` where it is no redirect. Only one that keeps the method (307, 308) and the
/// origin is followed.
pub(crate) fn of_post(from: &Url, response: &Streaming) -> Result<Option<Url>, HttpError> {
    let Some(to) = location(from, response)? else {
        return Ok(None);
    };
    let refused = |why| Err(HttpError::Redirect { from: shown(from), to: shown(&to), why });
    let keeps = [StatusCode::TEMPORARY_REDIRECT, StatusCode::PERMANENT_REDIRECT];
    match response.status() {
        _ if !same_origin(from, &to) => refused("it is another host, port or scheme"),
        status if !keeps.contains(&status) => refused("it would turn the message into a mere look"),
        _ => Ok(Some(to)),
    }
}

/// Where a response that is a redirect with a method kept (307, 308) or turned to GET sends.
fn location(from: &Url, response: &Streaming) -> Result<Option<Url>, HttpError> {
    let redirects = [
        StatusCode::MOVED_PERMANENTLY,
        StatusCode::FOUND,
        StatusCode::SEE_OTHER,
        StatusCode::TEMPORARY_REDIRECT,
        StatusCode::PERMANENT_REDIRECT,
    ];
    if !redirects.contains(&response.status()) {
        return Ok(None);
    }
    let header = response.headers().get(LOCATION).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let Some(to) = header.as_deref().and_then(|to| from.join(to).ok()) else {
        let to = header.unwrap_or_default().chars().take(200).collect();
        return Err(HttpError::Redirect { from: shown(from), to, why: "that is no address" });
    };
    Ok(Some(to))
}

pub(super) fn same_origin(one: &Url, other: &Url) -> bool {
    (one.scheme(), one.host(), one.port_or_known_default())
        == (other.scheme(), other.host(), other.port_or_known_default())
}

/// Takes away what another host must not learn.
pub(super) fn drop_credentials(headers: &mut HeaderMap) {
    let secret = |name: &reqwest::header::HeaderName, sensitive: bool| {
        sensitive || [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION].contains(name)
    };
    let names: Vec<_> = headers
        .iter()
        .filter(|(name, value)| secret(name, value.is_sensitive()))
        .map(|(name, _)| name.clone())
        .collect();
    for name in names {
        headers.remove(name);
    }
}
