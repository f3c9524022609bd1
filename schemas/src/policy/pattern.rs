//! What a rule matches. Nothing but an exact name or a prefix that ends at a separator, so that `acme/*` never means
//! `acme-evil/…`.

use crate::purl::Purl;

/// Matches `server.name` of a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerPattern {
    /// This name.
    Exact(String),
    /// Names that begin so; ends in `/`.
    Prefix(String),
}

/// Matches a package URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PackagePattern {
    /// This package in this version.
    Version(Purl),
    /// This package in any version.
    Package(Purl),
    /// Packages whose URL begins so; ends in `/`.
    Prefix(String),
}

/// Matches the repository of an image, `host/path`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImagePattern {
    /// This one.
    Exact(String),
    /// Those that begin so; ends in `/`.
    Prefix(String),
}

/// A pattern that would match more than it says, or never.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// Empty, or with white space or control characters.
    #[error("the pattern is empty or has characters that no name has")]
    Characters,
    /// A `*` anywhere but at the end, or behind something else than a separator.
    #[error("`*` may only stand at the end, behind a whole part")]
    Star,
    /// A `*` for less than a whole part of a subject.
    #[error("`*` stands for one whole part between `/`, `@` and the ends")]
    Part,
    /// A range where a version stands.
    #[error("behind the `@` of a package stands one version, not a range of them")]
    Range,
    /// Not a package URL.
    #[error("{0}")]
    Purl(String),
    /// No `*`, where one is expected.
    #[error("a pattern has a `*`")]
    NoStar,
    /// A `*` where the reference stands that a workflow is taken from.
    #[error("behind `@` stands no `*`")]
    BehindAt,
    /// Scheme, host and the part behind it, or the domain of an e-mail address, are left open.
    #[error("scheme, host and the part behind it must be written out, of e-mail addresses the domain")]
    Beginning,
    /// No Git reference, or every kind of one.
    #[error("not a Git reference: `refs/`, its kind written out, and a name in which `*` may stand")]
    Reference,
    /// More than is matched.
    #[error("the pattern is too large")]
    TooLarge,
}

impl ServerPattern {
    /// Reads `name` or `prefix/*`.
    ///
    /// # Errors
    /// See [`PatternError`].
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let text = plain(text)?;
        match text.strip_suffix('*') {
            None if text.contains('*') => Err(PatternError::Star),
            None => Ok(Self::Exact(text.into())),
            Some(prefix) => Ok(Self::Prefix(whole_part(prefix)?.into())),
        }
    }

    /// How it is written, and every pattern that matches whatever this one does, itself among them.
    pub(super) fn wider(&self) -> (String, Vec<String>) {
        match self {
            Self::Exact(name) => (name.clone(), and_prefixes(name, [name.clone()])),
            Self::Prefix(prefix) => (format!("{prefix}*"), and_prefixes(prefix, [])),
        }
    }

    /// Whether it matches a server of this name.
    pub fn matches(&self, name: &str) -> bool {
        match self {
            Self::Exact(exact) => exact == name,
            Self::Prefix(prefix) => name.strip_prefix(prefix.as_str()).is_some_and(|rest| !rest.is_empty()),
        }
    }
}

impl PackagePattern {
    /// Reads `pkg:type/name@version`, `pkg:type/name`, `pkg:type/name@*` or `pkg:type/prefix/*`.
    ///
    /// # Errors
    /// See [`PatternError`].
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let text = plain(text)?;
        let text = text.strip_suffix("@*").unwrap_or(text);
        if let Some(prefix) = text.strip_suffix('*') {
            let prefix = whole_part(prefix)?;
            // With a name put behind it, it must be a package URL; that also fixes the spelling to compare with.
            let probe = parse_purl(&format!("{prefix}x"))?.to_string();
            let prefix = probe.strip_suffix('x').ok_or(PatternError::Star)?;
            return Ok(Self::Prefix(prefix.into()));
        }
        if text.contains('*') {
            return Err(PatternError::Star);
        }
        let purl = parse_purl(text)?;
        Ok(match purl.version() {
            // No package has it: the pattern would match nothing.
            Some(version) if is_range(version) => return Err(PatternError::Range),
            Some(_) => Self::Version(purl),
            None => Self::Package(purl),
        })
    }

    /// How it is written, and every pattern that matches whatever this one does, itself among them.
    pub(super) fn wider(&self) -> (String, Vec<String>) {
        match self {
            // A digest says which image it is, whatever its tag.
            Self::Version(purl) => {
                let own = spelled(&purl.clone().without_tag());
                let package = spelled(&purl.clone().without_tag().without_version());
                (own.clone(), and_prefixes(&own, [own.clone(), package]))
            }
            Self::Package(purl) => {
                let own = spelled(purl);
                let tagless = spelled(&purl.clone().without_tag());
                (own.clone(), and_prefixes(&own, [own.clone(), tagless]))
            }
            Self::Prefix(prefix) => (format!("{prefix}*"), and_prefixes(prefix, [])),
        }
    }

    /// Whether it matches this package.
    pub fn matches(&self, package: &Spelled<'_>) -> bool {
        match self {
            Self::Version(exact) => exact == package.purl,
            Self::Package(any) => package.purl.answers(any),
            Self::Prefix(prefix) => package.text.starts_with(prefix.as_str()),
        }
    }
}

/// A package URL with its canonical spelling, which a policy asks for with each of its patterns.
#[derive(Debug, Clone)]
pub struct Spelled<'p> {
    purl: &'p Purl,
    text: String,
}

impl<'p> Spelled<'p> {
    /// Spells it.
    pub fn of(purl: &'p Purl) -> Self {
        Self { purl, text: purl.to_string() }
    }
}

pub(super) fn plain(text: &str) -> Result<&str, PatternError> {
    let bad = |c: char| c.is_whitespace() || crate::untrusted::is_deceptive(c);
    if text.is_empty() || text.chars().any(bad) { Err(PatternError::Characters) } else { Ok(text) }
}

/// These, and a pattern for each part of `text` that ends at a separator.
fn and_prefixes<const N: usize>(text: &str, these: [String; N]) -> Vec<String> {
    let ends = text.match_indices('/').map(|(at, _)| at + 1);
    let prefixes = ends.filter_map(|end| text.get(..end)).map(|prefix| format!("{prefix}*"));
    these.into_iter().chain(prefixes).collect()
}

/// A prefix that ends at a separator and has something before it.
fn whole_part(prefix: &str) -> Result<&str, PatternError> {
    match prefix.strip_suffix('/') {
        Some(before) if !before.is_empty() && !before.ends_with('/') && !prefix.contains('*') => Ok(prefix),
        _ => Err(PatternError::Star),
    }
}

impl ImagePattern {
    /// Reads `host/path` or `host/prefix/*`.
    ///
    /// # Errors
    /// See [`PatternError`].
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let text = plain(text)?;
        let is_repository = |text: &str| {
            let parts: Vec<&str> = text.split('/').collect();
            // A tag is no part of a repository; a port is one of its host.
            let tagged = parts.iter().skip(1).any(|part| part.contains(':'));
            parts.len() > 1
                && parts.iter().all(|part| !part.is_empty())
                && !tagged
                && !text.contains(['@', '*', '?', '#', '%'])
        };
        match text.strip_suffix("/*") {
            Some(prefix) if is_repository(prefix) => Ok(Self::Prefix(format!("{prefix}/"))),
            None if is_repository(text) => Ok(Self::Exact(text.into())),
            _ => Err(PatternError::Star),
        }
    }

    /// How it is written, and every pattern that matches whatever this one does, itself among them.
    pub(super) fn wider(&self) -> (String, Vec<String>) {
        match self {
            Self::Exact(name) => (name.clone(), and_prefixes(name, [name.clone()])),
            Self::Prefix(prefix) => (format!("{prefix}*"), and_prefixes(prefix, [])),
        }
    }

    /// Whether it matches the repository of this name.
    pub fn matches(&self, repository: &str) -> bool {
        match self {
            Self::Exact(exact) => exact == repository,
            Self::Prefix(prefix) => {
                repository.strip_prefix(prefix.as_str()).is_some_and(|rest| !rest.is_empty())
            }
        }
    }
}

/// A package under the name by which its ecosystem compares it.
fn spelled(purl: &Purl) -> String {
    let text = purl.to_string();
    match text.strip_prefix("pkg:pypi/").and_then(|rest| rest.strip_prefix(purl.name().as_str())) {
        Some(rest) => format!("pkg:pypi/{}{rest}", purl.compared_name()),
        None => text,
    }
}

/// Whether it is written as versions that are meant, in one language or another, and as none that something has.
fn is_range(version: &str) -> bool {
    version.contains(['<', '>', '=', '^', '|', ',']) || version.starts_with('~')
}

fn parse_purl(text: &str) -> Result<Purl, PatternError> {
    Purl::parse(text).map_err(|error| PatternError::Purl(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &PackagePattern, purl: &str) -> bool {
        pattern.matches(&Spelled::of(&Purl::parse(purl).unwrap()))
    }

    #[test]
    fn b37_a_prefix_ends_at_a_separator() {
        let pattern = ServerPattern::parse("io.github.acme/*").unwrap();
        assert!(pattern.matches("io.github.acme/files"));
        for other in
            ["io.github.acme-evil/files", "io.github.acme", "io.github.acme/", "IO.github.acme/files"]
        {
            assert!(!pattern.matches(other), "{other}");
        }
        let pattern = PackagePattern::parse("pkg:npm/%40acme/*").unwrap();
        assert!(matches(&pattern, "pkg:npm/%40acme/files@1.0.0"));
        assert!(!matches(&pattern, "pkg:npm/%40acme-evil/files@1.0.0"));
    }

    #[test]
    fn b37_stars_elsewhere_are_refused() {
        for bad in ["*", "/*", "acme*", "a/*/b", "a/**", "*/a", "a/b*", "a//*"] {
            assert_eq!(ServerPattern::parse(bad), Err(PatternError::Star), "{bad}");
        }
        for bad in ["pkg:*", "pkg:npm/acme*", "pkg:npm/*/x", "pkg:npm/%40acme/a*@1.0.0"] {
            assert!(PackagePattern::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn b36_a_range_is_no_version() {
        for range in [">=1.0", "^1.4.0", "~1.4", "%3C2", "=1.4.0"] {
            let text = format!("pkg:npm/%40acme/notes@{range}");
            assert_eq!(PackagePattern::parse(&text), Err(PatternError::Range), "{text}");
        }
        for version in
            ["1.4.0-rc.1+build.7", "1%3A2.3~rc1-1", "v0.0.0-20240101000000-0123456789ab", "sha256%3A00"]
        {
            assert!(PackagePattern::parse(&format!("pkg:npm/notes@{version}")).is_ok(), "{version}");
        }
    }

    #[test]
    fn a_pattern_knows_what_is_wider() {
        let covers =
            |wider: (String, Vec<String>), narrower: (String, Vec<String>)| narrower.1.contains(&wider.0);
        let servers = ["a/*", "a/b/*", "a/b/c"].map(|text| ServerPattern::parse(text).unwrap());
        let packages = ["pkg:npm/*", "pkg:npm/%40a/*", "pkg:npm/@a/b", "pkg:npm/%40a/b@1.0.0"]
            .map(|text| PackagePattern::parse(text).unwrap());
        let steps = [servers.map(|one| one.wider()).to_vec(), packages.map(|one| one.wider()).to_vec()];
        for steps in steps {
            for (at, wider) in steps.iter().enumerate() {
                for (other, narrower) in steps.iter().enumerate() {
                    assert_eq!(
                        covers(wider.clone(), narrower.clone()),
                        at <= other,
                        "{wider:?} {narrower:?}"
                    );
                }
            }
        }
        for (one, other) in [("pkg:npm/%40a/*", "pkg:npm/%40ab/*"), ("pkg:npm/a@1", "pkg:npm/a@2")] {
            let [one, other] = [one, other].map(|text| PackagePattern::parse(text).unwrap().wider());
            assert!(!covers(one, other));
        }
    }

    /// What no repository is called would protect none.
    #[test]
    fn b37_an_image_is_a_repository() {
        for good in ["ghcr.example/acme/notes", "127.0.0.1:5000/acme/*", "GHCR.example/acme/*"] {
            assert!(ImagePattern::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "ghcr.example/acme/notes:latest",
            "ghcr.example/acme:1/*",
            "ghcr.example/acme/notes@sha256:00",
            "ghcr.example/acme/notes?x",
            "ghcr.example/acme/",
            "https://ghcr.example/acme",
            "ghcr.example/acme%2Fnotes",
        ] {
            assert_eq!(ImagePattern::parse(bad), Err(PatternError::Star), "{bad}");
        }
    }

    #[test]
    fn b22_an_empty_pattern_is_no_pattern() {
        for bad in ["", " ", "a b", "a\n", "\u{202e}a"] {
            assert_eq!(ServerPattern::parse(bad), Err(PatternError::Characters), "{bad:?}");
            assert_eq!(PackagePattern::parse(bad), Err(PatternError::Characters), "{bad:?}");
        }
    }

    #[test]
    fn packages_match_by_what_they_are_and_not_by_spelling() {
        let version = PackagePattern::parse("pkg:npm/@acme/files@1.0.0").unwrap();
        assert!(matches(&version, "pkg:npm/%40acme/files@1.0.0"));
        assert!(!matches(&version, "pkg:npm/%40acme/files@1.0.1"));
        for any in ["pkg:npm/%40acme/files", "pkg:npm/%40acme/files@*"] {
            assert!(matches(&PackagePattern::parse(any).unwrap(), "pkg:npm/%40acme/files@2.0.0"));
        }
    }

    #[test]
    fn b37_an_image_matches_by_its_repository() {
        let at = |rest: &str| format!("pkg:oci/notes{rest}repository_url=registry.example%2Facme%2Fnotes");
        let image = at("@sha256:aa?tag=1.4&");
        let is = |pattern: &str| matches(&PackagePattern::parse(pattern).unwrap(), &image);
        for same in [at("?"), at("?tag=1.4&"), at("@sha256:aa?"), at("@sha256:aa?tag=9&")] {
            assert!(is(&same), "{same}");
        }
        assert!(is("pkg:oci/*") && is("pkg:oci/notes?repository_url=registry.example/acme/notes"));
        for other in [
            &*at("?tag=1.5&"),
            &at("@sha256:bb?"),
            "pkg:oci/notes",
            "pkg:oci/notes?tag=1.4",
            "pkg:oci/notes?repository_url=registry.example/others/notes",
        ] {
            assert!(!is(other), "{other}");
        }
        let wider = |text: &str| PackagePattern::parse(text).unwrap().wider();
        let covers = |one: &str, other: &str| wider(other).1.contains(&wider(one).0);
        assert!(covers(&at("?"), &at("?tag=1.4&")) && !covers(&at("?tag=1.4&"), &at("?")));
        assert!(
            covers(&at("?"), &at("@sha256:aa?tag=1&")) && !covers(&at("?tag=1&"), &at("@sha256:aa?tag=1&"))
        );
    }
}
