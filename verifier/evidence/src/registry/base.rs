//! Addresses of registries, and of what they point to.

use mcpsign_collect::http::is_loopback;
pub(super) use mcpsign_collect::http::shown;
use url::{Host, Url};
use zeroize::Zeroizing;

use super::RegistryError;
use super::credential::{Credential, Credentials, Place};

/// The address below which a registry answers; its path ends with `/`, and nothing secret is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base(Url);

impl Base {
    /// Reads an address as configurations write it. User and password in it go into `credentials`.
    ///
    /// # Errors
    /// What is no absolute address, or one over which secrets and answers would travel in the clear: plain HTTP is
    /// for this machine alone.
    pub fn parse(text: &str, from: &str, credentials: &mut Credentials) -> Result<Self, RegistryError> {
        let refuse = |reason: &'static str| RegistryError::Base { from: from.to_owned(), reason };
        let mut url = Url::parse(text.trim()).map_err(|_| refuse("it is not an absolute URL"))?;
        if !is_https(&url) && !is_loopback_http(&url) {
            return Err(refuse("it is neither `https` nor plain HTTP to this machine"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(refuse("it has a query or a fragment"));
        }
        let login = (!url.username().is_empty() || url.password().is_some())
            .then(|| basic(url.username(), url.password().unwrap_or_default()));
        // Of `https` and `http` URLs neither can fail.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        if !url.path().ends_with('/') {
            let path = format!("{}/", url.path());
            url.set_path(&path);
        }
        if let (Some(login), Some(place)) = (login, Place::of(&url)) {
            credentials.add(place, login);
        }
        Ok(Self(url))
    }

    /// The address.
    pub const fn url(&self) -> &Url {
        &self.0
    }

    /// The address of something below it; `segments` are encoded, so that none adds one or leads up.
    pub(super) fn join(&self, segments: &[&str]) -> Url {
        let mut url = self.0.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    /// Resolves an address that the registry's own answer names, relative to where the answer came from, and judges
    /// whether it may be asked: below `https`, by a name, or in the registry's own place. An answer must not make us
    /// talk to this machine or to addresses that only we can reach.
    ///
    /// # Errors
    /// When it may not.
    pub(super) fn follow(&self, answer: &Url, target: &str) -> Result<Url, RegistryError> {
        let refuse = |reason: &'static str| RegistryError::Host { url: shown_text(target), reason };
        let url = answer.join(target).map_err(|_| refuse("it is not a URL"))?;
        self.may_ask(&url).map_err(refuse)?;
        Ok(url)
    }

    /// Whether `url`, which an answer named, may be asked.
    pub(super) fn may_ask(&self, url: &Url) -> Result<(), &'static str> {
        if !url.username().is_empty() || url.password().is_some() {
            return Err("it holds a user or a password");
        }
        if url.origin() == self.0.origin() {
            return Ok(());
        }
        // A registry on this machine may have its files elsewhere on it; it could reach them anyway.
        if is_loopback_http(&self.0) && is_loopback_http(url) {
            return Ok(());
        }
        if !is_https(url) {
            return Err("it is not `https`");
        }
        match url.host() {
            Some(Host::Domain(name)) if is_local_name(name) => Err("its host is a name of this machine"),
            Some(Host::Domain(_)) => Ok(()),
            Some(Host::Ipv4(_) | Host::Ipv6(_)) => Err("its host is an address and not a name"),
            None => Err("it names no host"),
        }
    }
}

/// `user:password` as HTTP sends them; percent-decoded, as URLs encode them.
pub(super) fn basic(user: &str, password: &str) -> Credential {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    let decoded = |text: &str| {
        let bytes: Vec<u8> = percent_encoding::percent_decode_str(text).collect();
        Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned())
    };
    let pair = Zeroizing::new(format!("{}:{}", decoded(user).as_str(), decoded(password).as_str()));
    Credential::Basic(Zeroizing::new(STANDARD.encode(pair.as_bytes())))
}

fn shown_text(text: &str) -> String {
    Url::parse(text)
        .map_or_else(|_| text.split(['?', '#']).next().unwrap_or_default().to_owned(), |url| shown(&url))
}

fn is_https(url: &Url) -> bool {
    url.scheme() == "https" && url.host_str().is_some_and(|host| !host.is_empty())
}

fn is_loopback_http(url: &Url) -> bool {
    url.scheme() == "http" && is_loopback(url)
}

fn is_local_name(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost") || !name.contains('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(text: &str) -> Result<Base, RegistryError> {
        Base::parse(text, "a test", &mut Credentials::default())
    }

    #[test]
    fn an_address_is_https_or_this_machine() {
        for good in [
            "https://registry.example",
            "https://registry.example/a/b",
            "http://127.0.0.1:4873/",
            "http://[::1]:1",
        ] {
            let base = base(good).unwrap();
            assert!(base.url().path().ends_with('/'), "{good}");
        }
        for bad in [
            "registry.example",
            "http://registry.example/",
            "http://10.0.0.1/",
            "ftp://registry.example/",
            "file:///etc/passwd",
            "https://registry.example/?a=b",
            "https://registry.example/#a",
            "",
            "http://127.0.0.1.evil.example/",
        ] {
            assert!(matches!(base(bad), Err(RegistryError::Base { .. })), "{bad}");
        }
    }

    #[test]
    fn a_password_in_an_address_is_taken_out_of_it() {
        let mut credentials = Credentials::default();
        let base =
            Base::parse("https://me:s%40cret@registry.example/simple", "a test", &mut credentials).unwrap();
        assert_eq!(base.url().as_str(), "https://registry.example/simple/");
        let sent = credentials.for_url(&base.join(&["x"])).unwrap().header();
        assert_eq!(sent.as_str(), "Basic bWU6c0BjcmV0");
        let error =
            Base::parse("http://me:secret@registry.example/", "a test", &mut credentials).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("secret"));
    }

    #[test]
    fn b50_names_never_lead_out_of_their_segment() {
        let base = base("https://registry.example/npm").unwrap();
        assert_eq!(base.join(&["@a/b"]).as_str(), "https://registry.example/npm/@a%2Fb");
        assert_eq!(base.join(&["x?y#z"]).as_str(), "https://registry.example/npm/x%3Fy%23z");
    }

    #[test]
    fn b51_answers_do_not_make_us_talk_to_this_machine_or_its_network() {
        let base = base("https://registry.example/npm").unwrap();
        let answer = base.join(&["a"]);
        for good in ["https://files.example/a.tgz", "a-1.0.0.tgz", "/x/a.tgz", "//files.example/a.tgz"] {
            assert!(base.follow(&answer, good).is_ok(), "{good}");
        }
        for bad in [
            "http://files.example/a.tgz",
            "https://127.0.0.1/a.tgz",
            "https://[::ffff:169.254.169.254]/",
            "https://169.254.169.254/latest",
            "https://localhost/a",
            "https://metadata/a",
            "file:///etc/passwd",
            "https://user:x@files.example/a",
            "http://127.0.0.1:1/a",
            "https://0x7f000001/a",
        ] {
            assert!(matches!(base.follow(&answer, bad), Err(RegistryError::Host { .. })), "{bad}");
        }
    }
}
