//! Which addresses are spoken to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use mcpsign_schemas::endpoint;
use reqwest::Url;
use url::Host;

use super::{HttpError, PlainHttp};

/// Where `localhost` is. The ports are not used.
pub(super) const LOCALHOST: [SocketAddr; 2] = [
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
    SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), 0),
];

/// Refuses an address that must not be spoken to: another scheme than HTTP's, HTTP without TLS but to this machine and
/// where that was asked for, or one that carries credentials, which would show up wherever addresses do.
///
/// # Errors
/// [`HttpError::Address`].
pub fn check(url: &Url, plain: PlainHttp) -> Result<(), HttpError> {
    let refused = |why| Err(HttpError::Address { url: shown(url), why });
    if !url.username().is_empty() || url.password().is_some() {
        return refused("an address must not hold a name or a password; send them as a header");
    }
    match (url.scheme(), plain) {
        ("https", _) if url.host().is_some() => Ok(()),
        ("http", PlainHttp::Loopback | PlainHttp::Link) if is_loopback(url) => Ok(()),
        ("http", PlainHttp::Link) if is_link(url) => Ok(()),
        ("http", PlainHttp::Link) => refused("without TLS only this machine and its own link are spoken to"),
        ("http", PlainHttp::Loopback) => refused("without TLS only this machine is spoken to"),
        ("http", PlainHttp::Never) => refused("it is not protected by TLS"),
        _ => refused("it is no HTTPS address"),
    }
}

/// Whether `url` names this machine, and nothing that a resolver could lead elsewhere.
pub fn is_loopback(url: &Url) -> bool {
    url.host().is_some_and(|host| endpoint::is_loopback(&host))
}

/// Whether `url` names what answers on this machine's own link.
fn is_link(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "metadata.google.internal",
        Some(Host::Ipv4(address)) => address.is_link_local(),
        Some(Host::Ipv6(_)) | None => false,
    }
}

/// `url` without what may be secret: userinfo, query and fragment.
pub fn shown(url: &Url) -> String {
    let mut url = url.clone();
    // Both fail only where there is no host, and then there is nothing to remove.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    url.into()
}
