//! Secrets of registries, each held to the place that it was given for.

use std::fmt;

use url::Url;
use zeroize::Zeroizing;

/// Where a secret may be sent: exactly this host and port, to paths below this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    host: String,
    /// `None`: that of the scheme.
    port: Option<u16>,
    /// Begins and ends with `/`.
    path: String,
}

/// What is sent there. Never shown, wiped when dropped.
#[derive(Clone)]
pub enum Credential {
    /// `Authorization: Bearer …`.
    Bearer(Zeroizing<String>),
    /// `Authorization: Basic …`, base64 as it is sent.
    Basic(Zeroizing<String>),
    /// `Authorization: …` as it is: cargo's way.
    Plain(Zeroizing<String>),
}

/// Every secret of one client's configuration.
#[derive(Debug, Clone, Default)]
pub struct Credentials(Vec<(Place, Credential)>);

impl Place {
    /// The place of `url` and everything below it.
    pub fn of(url: &Url) -> Option<Self> {
        let mut path = url.path().to_owned();
        if !path.ends_with('/') {
            path.push('/');
        }
        Some(Self { host: url.host_str()?.to_ascii_lowercase(), port: url.port(), path })
    }

    /// Whether `url` is there: no other port, no parent host, no path that merely begins alike.
    pub fn holds(&self, url: &Url) -> bool {
        let mut path = url.path().to_owned();
        if !path.ends_with('/') {
            path.push('/');
        }
        url.host_str().is_some_and(|host| host.eq_ignore_ascii_case(&self.host))
            && url.port() == self.port
            && path.starts_with(&self.path)
    }

    /// As npm's configuration writes it: `//host:port/path/`.
    pub fn nerf_dart(&self) -> String {
        match self.port {
            Some(port) => format!("//{}:{port}{}", self.host, self.path),
            None => format!("//{}{}", self.host, self.path),
        }
    }
}

impl Credential {
    /// The value of the `Authorization` header.
    pub fn header(&self) -> Zeroizing<String> {
        Zeroizing::new(match self {
            Self::Bearer(token) => format!("Bearer {}", token.as_str()),
            Self::Basic(pair) => format!("Basic {}", pair.as_str()),
            Self::Plain(token) => token.as_str().to_owned(),
        })
    }
}

impl Credentials {
    /// Adds one; a later one for the same place counts.
    pub fn add(&mut self, place: Place, credential: Credential) {
        self.0.retain(|(other, _)| *other != place);
        self.0.push((place, credential));
    }

    /// What may be sent with a request for `url`: that of the longest path that holds it.
    pub fn for_url(&self, url: &Url) -> Option<&Credential> {
        self.0
            .iter()
            .filter(|(place, _)| place.holds(url))
            .max_by_key(|(place, _)| place.path.len())
            .map(|(_, credential)| credential)
    }

    /// Each with its place.
    pub fn iter(&self) -> impl Iterator<Item = &(Place, Credential)> {
        self.0.iter()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bearer(_) => "Bearer(…)",
            Self::Basic(_) => "Basic(…)",
            Self::Plain(_) => "Plain(…)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn b52_a_secret_goes_to_its_host_port_and_path_alone() {
        let mut credentials = Credentials::default();
        let bearer = |token: &str| Credential::Bearer(Zeroizing::new(token.into()));
        credentials.add(Place::of(&url("https://registry.example/npm/")).unwrap(), bearer("wide"));
        credentials.add(Place::of(&url("https://registry.example/npm/team")).unwrap(), bearer("narrow"));
        let sent = |text: &str| {
            credentials.for_url(&url(text)).map(|credential| credential.header().as_str().to_owned())
        };
        assert_eq!(sent("https://registry.example/npm/files"), Some("Bearer wide".into()));
        assert_eq!(sent("https://REGISTRY.example:443/npm"), Some("Bearer wide".into()));
        assert_eq!(sent("https://registry.example/npm/team/files"), Some("Bearer narrow".into()));
        for other in [
            "https://registry.example/",
            "https://registry.example/npmx/files",
            "https://registry.example:8443/npm/files",
            "https://a.registry.example/npm/files",
            "https://registry.example.evil.example/npm/files",
            "https://registry.example/npm/../other",
        ] {
            assert_eq!(sent(other), None, "{other}");
        }
        assert_eq!(format!("{credentials:?}").find("wide"), None);
    }
}
