//! References to container images, as registries and their clients write them: `HOST/PATH[:TAG][@sha256:HEX]`.

use std::fmt;
use std::net::Ipv6Addr;

use crate::digest::Sha256Digest;
use crate::purl::{Purl, PurlError};

/// Bytes of a repository's name at the most, and of a tag: the distribution specification's own limits.
const MAX_REPOSITORY: usize = 255;
const MAX_TAG: usize = 128;

/// A reference by the grammar of the distribution specification.
///
/// A host is in lower case. A repository without one is what its client makes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageReference {
    host: Option<String>,
    path: String,
    tag: Option<String>,
    digest: Option<Sha256Digest>,
}

/// Text that refers to no image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ImageReferenceError {
    /// No repository is called so.
    #[error("no repository of images is called so: `HOST/PATH`, the path in lower case")]
    Repository,
    /// Not a tag.
    #[error("a tag has up to 128 letters, digits, `_`, `.` and `-`")]
    Tag,
    /// Not a digest that counts.
    #[error("a digest is `sha256:` and 64 lower-case hex digits")]
    Digest,
}

impl ImageReference {
    /// Reads one.
    ///
    /// # Errors
    /// See [`ImageReferenceError`].
    pub fn parse(text: &str) -> Result<Self, ImageReferenceError> {
        let (named, digest) = match text.split_once('@') {
            Some((named, digest)) => {
                let hex = digest.strip_prefix("sha256:").ok_or(ImageReferenceError::Digest)?;
                (named, Some(hex.parse::<Sha256Digest>().map_err(|_| ImageReferenceError::Digest)?))
            }
            None => (text, None),
        };
        // A colon before the last slash is that of a port.
        let (repository, tag) = match named.rsplit_once(':') {
            Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
            _ => (named, None),
        };
        let (host, path) = match repository.split_once('/') {
            Some((first, path)) if is_like_a_host(first) => (Some(first.to_lowercase()), path),
            _ => (None, repository),
        };
        // In lower case it must still be one, and no folder of somebody else's.
        let is_a_host = |host: &str| is_like_a_host(host) && is_host(host);
        let fits = host.as_deref().is_none_or(is_a_host) && path.split('/').all(is_component);
        if repository.len() > MAX_REPOSITORY || !fits {
            return Err(ImageReferenceError::Repository);
        }
        if tag.is_some_and(|tag| !is_tag(tag)) {
            return Err(ImageReferenceError::Tag);
        }
        Ok(Self { host, path: path.to_owned(), tag: tag.map(str::to_owned), digest })
    }

    /// Whether it says at which host the repository is.
    pub const fn is_full(&self) -> bool {
        self.host.is_some()
    }

    /// `HOST/PATH`, or the path alone.
    pub fn repository(&self) -> String {
        match &self.host {
            Some(host) => format!("{host}/{}", self.path),
            None => self.path.clone(),
        }
    }

    /// The tag.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The digest.
    pub const fn digest(&self) -> Option<Sha256Digest> {
        self.digest
    }

    /// The same under no tag.
    #[must_use]
    pub fn without_tag(self) -> Self {
        Self { tag: None, ..self }
    }

    /// The same under this tag, where it has none.
    #[must_use]
    pub fn or_tag(self, tag: Option<&str>) -> Self {
        let tag = self.tag.or_else(|| tag.filter(|tag| is_tag(tag)).map(str::to_owned));
        Self { tag, ..self }
    }

    /// The package URL of the image of this digest there: called after the last part of the repository, which stands in
    /// `repository_url` unless it is that part alone; with its tag.
    ///
    /// # Errors
    /// Never for a reference that was read.
    pub fn purl(&self, digest: Option<Sha256Digest>) -> Result<Purl, PurlError> {
        let name = self.path.rsplit('/').next().unwrap_or(&self.path);
        let version = digest.map(|digest| format!("sha256:{digest}"));
        let mut purl = Purl::oci(name, version.as_deref())?;
        let repository = self.repository();
        // Without one the client adds its own registry and folder, which are nobody else's to say.
        if repository.contains('/') {
            purl = purl.with_qualifier("repository_url", repository)?;
        }
        match &self.tag {
            Some(tag) => purl.with_qualifier("tag", tag.clone()),
            None => Ok(purl),
        }
    }
}

impl fmt::Display for ImageReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.repository())?;
        self.tag.iter().try_for_each(|tag| write!(f, ":{tag}"))?;
        self.digest.iter().try_for_each(|digest| write!(f, "@sha256:{digest}"))
    }
}

/// Whether clients take the first part for a host, and not for a folder of their own registry.
fn is_like_a_host(part: &str) -> bool {
    part.contains(['.', ':', '[']) || part == "localhost" || part.chars().any(|c| c.is_ascii_uppercase())
}

fn is_host(text: &str) -> bool {
    let (name, port) = match text.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
        _ => (text, None),
    };
    let is_label = |label: &str| {
        !label.starts_with('-')
            && !label.ends_with('-')
            && !label.is_empty()
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let address = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let is_named = match address {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => name.split('.').all(is_label),
    };
    let is_port = |port: &str| port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok();
    is_named && port.is_none_or(is_port)
}

/// Letters and digits, between which stand `.`, `_`, `__` or any number of `-`.
fn is_component(part: &str) -> bool {
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_separator = |text: &str| matches!(text, "" | "." | "_" | "__") || text.chars().all(|c| c == '-');
    part.starts_with(is_word) && part.ends_with(is_word) && part.split(is_word).all(is_separator)
}

fn is_tag(text: &str) -> bool {
    let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    text.len() <= MAX_TAG
        && text.bytes().next().is_some_and(is_word)
        && text.bytes().all(|b| is_word(b) || b".-".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

    #[test]
    fn references_are_read_as_clients_read_them() {
        let with_digest = format!("registry.example/notes:1@{DIGEST}");
        for (text, repository, tag, is_full) in [
            ("notes", "notes", None, false),
            ("acme/notes:1.4", "acme/notes", Some("1.4"), false),
            ("registry.example/acme/notes:v1.4_A-b", "registry.example/acme/notes", Some("v1.4_A-b"), true),
            ("registry.example:5000/acme/notes", "registry.example:5000/acme/notes", None, true),
            ("Registry.Example/a/b/c-d--e/f__g", "registry.example/a/b/c-d--e/f__g", None, true),
            ("localhost/notes", "localhost/notes", None, true),
            ("localhost:5000/notes:1", "localhost:5000/notes", Some("1"), true),
            ("[::1]:5000/notes", "[::1]:5000/notes", None, true),
            (&with_digest, "registry.example/notes", Some("1"), true),
        ] {
            let read = ImageReference::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(
                (read.repository().as_str(), read.tag(), read.is_full()),
                (repository, tag, is_full),
                "{text}"
            );
            assert_eq!(ImageReference::parse(&read.to_string()).as_ref(), Ok(&read), "{text}");
        }
    }

    #[test]
    fn what_no_image_is_called_is_refused() {
        use ImageReferenceError::{Digest, Repository, Tag};
        let long = format!("registry.example/{}", "a".repeat(MAX_REPOSITORY));
        let (tag, upper) = (format!("a:{}", "1".repeat(129)), format!("a@{}", DIGEST.to_uppercase()));
        for (text, error) in [
            ("", Repository),
            ("/notes", Repository),
            ("notes/", Repository),
            ("a//b", Repository),
            ("acme/Notes", Repository),
            ("Acme/notes:1", Repository),
            ("registry.example/Notes", Repository),
            ("https://registry.example/notes", Repository),
            ("docker://registry.example/notes", Repository),
            ("registry.example:99999/notes", Repository),
            ("registry.example:+80/notes", Repository),
            ("registry..example/notes", Repository),
            ("u@registry.example/notes", Digest),
            ("[::1/notes", Repository),
            ("a/../b", Repository),
            ("a/b___c", Repository),
            ("a/b._c", Repository),
            ("a/-b", Repository),
            ("a b", Repository),
            ("n\u{f6}tes", Repository),
            (&long, Repository),
            ("a:", Tag),
            ("a:-1", Tag),
            ("a:1+2", Tag),
            (&tag, Tag),
            ("a@sha512:00", Digest),
            ("a@sha256:00", Digest),
            (&upper, Digest),
        ] {
            assert_eq!(ImageReference::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn it_is_called_as_the_package_url_specification_says() {
        let digest: Sha256Digest = DIGEST.strip_prefix("sha256:").unwrap().parse().unwrap();
        let purl = |text: &str, digest| ImageReference::parse(text).unwrap().purl(digest).unwrap();
        let whole = purl("registry.example:5000/acme/notes:1.4", Some(digest));
        assert_eq!(
            (whole.ty(), whole.name().as_str(), whole.version()),
            ("oci", "notes", Some(DIGEST)),
            "{whole}"
        );
        assert_eq!(whole.qualifier("repository_url"), Some("registry.example:5000/acme/notes"));
        assert_eq!(whole.qualifier("tag"), Some("1.4"));
        assert_eq!(Purl::parse(&whole.to_string()), Ok(whole));
        assert_eq!(purl("notes", None).to_string(), "pkg:oci/notes");
        let reference = || ImageReference::parse("a/notes").unwrap();
        assert_eq!(reference().or_tag(Some("1.4")).tag(), Some("1.4"));
        assert_eq!(reference().or_tag(Some("1 4")).tag(), None);
        let tagged = || ImageReference::parse("a:1").unwrap();
        assert_eq!(tagged().or_tag(Some("2")).tag(), Some("1"));
        assert_eq!(tagged().without_tag().or_tag(Some("2")).tag(), Some("2"));
    }
}
