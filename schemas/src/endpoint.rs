//! Remote servers as subjects: one spelling for each address, and its digest.
//!
//! The rules stand in `spec/statement.md`, the vectors in `spec/vectors/endpoint/`.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use url::{Host, Url};

use crate::digest::{DigestSet, Sha256Digest};
use crate::statement::Subject;

/// `mediaType` of a subject that is a remote server.
pub const ENDPOINT_MEDIA_TYPE: &str = "application/vnd.mcpsign.endpoint.v1";
/// Bytes of an endpoint's address at the most. 2048: what servers and proxies take everywhere.
const MAX_BYTES: usize = 2048;

/// Whether endpoints without TLS are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlainHttp {
    /// None.
    Never,
    /// Those on this machine: `localhost`, 127.0.0.0/8 and ::1.
    Loopback,
}

/// The address of a remote server in its one spelling: scheme, lower-case host, port unless it is 443 of `https`, path
/// normalised by RFC 3986; no userinfo, no query, no fragment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Endpoint {
    address: String,
    host: String,
    port: Option<u16>,
    path: String,
}

/// An address that is none of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// No address, or one without a host.
    #[error("it is no absolute address")]
    Address,
    /// Neither `https` nor `http`.
    #[error("it begins with neither `https://` nor `http://`")]
    Scheme,
    /// `http` where it is not taken.
    #[error("it is not protected by TLS")]
    Plain,
    /// `http` to another machine.
    #[error("without TLS only this machine is asked")]
    PlainElsewhere,
    /// Name or password.
    #[error("it holds a name or a password")]
    Userinfo,
    /// A query, perhaps empty.
    #[error("it holds a query, which is no part of an endpoint")]
    Query,
    /// A fragment, perhaps empty.
    #[error("it holds a fragment, which is no part of an endpoint")]
    Fragment,
    /// White space, control characters or `\`, which some readers would drop or turn.
    #[error("it holds a character that no address may hold as it is")]
    Character,
    /// A `%` without two hex digits.
    #[error("it holds a `%` without two hexadecimal digits")]
    Percent,
    /// A second spelling of the same host.
    #[error("its host ends in a dot")]
    TrailingDot,
    /// Characters in the host that only mean others: full-width letters and dots, soft hyphens, triplets.
    #[error("its host is written with characters that stand for others")]
    Host,
    /// Too long.
    #[error("it is longer than {MAX_BYTES} bytes")]
    TooLong,
}

impl Endpoint {
    /// Parses and normalises an address.
    ///
    /// # Errors
    /// See [`EndpointError`].
    pub fn parse(text: &str, plain: PlainHttp) -> Result<Self, EndpointError> {
        if text.len() > MAX_BYTES {
            return Err(EndpointError::TooLong);
        }
        // URL parsers drop or turn these; the address would be another than the one that was read.
        if text.chars().any(|c| c.is_whitespace() || c.is_control() || c == '\\') {
            return Err(EndpointError::Character);
        }
        let url = Url::parse(text).map_err(|_| EndpointError::Address)?;
        if !["https", "http"].contains(&url.scheme()) {
            return Err(EndpointError::Scheme);
        }
        if !text.get(url.scheme().len()..).is_some_and(|rest| rest.starts_with("://")) {
            return Err(EndpointError::Address);
        }
        // Parsers take `https:///host` for `https://host`.
        let authority = text.split("://").nth(1).and_then(|rest| rest.split(['/', '?', '#']).next());
        let authority = authority.filter(|authority| !authority.is_empty()).ok_or(EndpointError::Address)?;
        // An empty name or password is one, too, though the parser forgets it.
        if authority.contains('@') {
            return Err(EndpointError::Userinfo);
        }
        match (url.query(), url.fragment()) {
            (Some(_), _) => return Err(EndpointError::Query),
            (None, Some(_)) => return Err(EndpointError::Fragment),
            (None, None) => {}
        }
        let host = url.host().ok_or(EndpointError::Address)?;
        match (url.scheme(), plain) {
            ("https", _) => {}
            (_, PlainHttp::Loopback) if is_loopback(&host) => {}
            (_, PlainHttp::Loopback) => return Err(EndpointError::PlainElsewhere),
            (_, PlainHttp::Never) => return Err(EndpointError::Plain),
        }
        let named = matches!(host, Host::Domain(_));
        let host = host.to_string();
        if host.ends_with('.') {
            return Err(EndpointError::TrailingDot);
        }
        if !is_plain(authority, &host, named) {
            return Err(EndpointError::Host);
        }
        let port = url.port_or_known_default().filter(|port| !(url.scheme() == "https" && *port == 443));
        let path = normalised(url.path())?;
        let shown_port = port.map_or_else(String::new, |port| format!(":{port}"));
        let address = format!("{}://{host}{shown_port}{path}", url.scheme());
        Ok(Self { address, host, port, path })
    }

    /// The one spelling.
    pub fn as_str(&self) -> &str {
        &self.address
    }

    /// Its host: lower case, without port.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// SHA-256 of the spelling: what stands for the endpoint in a subject.
    pub fn digest(&self) -> Sha256Digest {
        Sha256Digest::of(self.address.as_bytes())
    }

    /// As a subject.
    pub fn subject(&self) -> Subject {
        Subject {
            name: self.address.clone(),
            digest: DigestSet(BTreeMap::from([("sha256".to_owned(), self.digest().to_string())])),
            media_type: Some(ENDPOINT_MEDIA_TYPE.to_owned()),
        }
    }

    /// The name of its evidence file: `<host>[_<port>][_<path>].mcpsign.jsonl`, every character but ASCII letters,
    /// digits, `.` and `-` being `_`.
    pub fn file_name(&self) -> String {
        let port = self.port.map_or_else(String::new, |port| format!("_{port}"));
        let path = self.path.trim_matches('/');
        let path = if path.is_empty() { String::new() } else { format!("_{path}") };
        let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-') { c } else { '_' };
        // File systems take 255 bytes; long paths are told apart by their digest.
        const MOST: usize = 160;
        let mut name: String = format!("{}{port}{path}", self.host).chars().map(plain).collect();
        if name.len() > MOST {
            name.truncate(MOST);
            let _ = write!(name, "_{}", &self.digest().to_string()[..16]);
        }
        name + crate::evidence_file::EXTENSION
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.address)
    }
}

/// Whether `authority` spells `host` letter by letter, upper and lower case aside: as it stands, or in the script that its
/// punycode stands for. Numbers are numbers, however many are left out.
fn is_plain(authority: &str, host: &str, named: bool) -> bool {
    if !named {
        return authority.is_ascii() && !authority.contains('%');
    }
    let written = authority.rsplit_once(':').map_or(authority, |(written, _)| written).to_lowercase();
    written == host || idna::domain_to_unicode(host).0 == written
}

/// Whether a host is this machine, whatever a resolver says.
pub fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

/// RFC 3986 §6.2.2 for a path that has no dot segments any more: triplets in upper case, unreserved characters as
/// themselves, everything that a path cannot hold as triplets.
fn normalised(path: &str) -> Result<String, EndpointError> {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let allowed = |byte: u8| unreserved(byte) || b"!$&'()*+,;=:@/".contains(&byte);
    let mut out = String::with_capacity(path.len());
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        let (byte, plain) = if byte == b'%' {
            let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
            let (Some(high), Some(low)) = (digit(bytes.next()), digit(bytes.next())) else {
                return Err(EndpointError::Percent);
            };
            let byte = u8::try_from(high * 16 + low).map_err(|_| EndpointError::Percent)?;
            (byte, unreserved(byte))
        } else {
            (byte, allowed(byte))
        };
        if plain {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Endpoint, EndpointError> {
        Endpoint::parse(text, PlainHttp::Loopback)
    }

    #[test]
    fn normalising_twice_changes_nothing() {
        for text in [
            "https://acme.example",
            "https://ACME.example:8443/a/../b/%7e%2f",
            "https://bücher.example/ü|[x]",
            "https://[2001:DB8::0:1]/mcp/",
            "http://127.1:80/",
        ] {
            let once = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(parse(once.as_str()).as_ref(), Ok(&once), "{text}");
        }
    }

    #[test]
    fn evidence_files_have_plain_names() {
        let name = |text: &str| parse(text).expect("an endpoint").file_name();
        assert_eq!(name("https://acme.example/"), "acme.example.mcpsign.jsonl");
        assert_eq!(name("https://acme.example/v1/mcp"), "acme.example_v1_mcp.mcpsign.jsonl");
        assert_eq!(name("https://acme.example:8443/mcp/"), "acme.example_8443_mcp.mcpsign.jsonl");
        assert_eq!(name("http://[::1]:80/%2e%2E/~x"), "___1__80__x.mcpsign.jsonl");
        assert!(name(&format!("https://acme.example/{}", "x".repeat(1000))).len() < 255);
    }

    #[test]
    fn the_length_is_bounded() {
        let long = format!("https://acme.example/{}", "x".repeat(MAX_BYTES));
        assert_eq!(parse(&long), Err(EndpointError::TooLong));
    }
}
