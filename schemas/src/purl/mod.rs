//! Package URLs: read, written and compared the same way everywhere.

mod registry;

use std::borrow::Cow;
use std::fmt;

use packageurl::PackageUrl;
use serde::{Deserialize, Serialize};

use crate::untrusted::is_deceptive;

/// Bytes of a purl at the most. Registries stop names at 214 (npm) or fewer; the rest is version and qualifiers.
const MAX_BYTES: usize = 2048;
/// Bytes of an npm name at the most, scope included: npm's own limit.
const MAX_NPM_NAME: usize = 214;

/// A package URL that parsed and whose parts are fit for its type.
///
/// Equality is that of the package, not of the spelling: type in any case, percent-encoding, the order of
/// qualifiers and, for PyPI, `-`, `_`, `.` and case (PEP 503) do not count. Qualifiers and subpath do: another
/// `repository_url` is another package. So does the case of npm names: new ones are lower case, but `JSONStream` and
/// `jsonstream` are two packages, whatever the purl specification says. The `tag` of an image tells versions apart, not images,
/// and nothing where a digest says which is meant.
#[derive(Debug, Clone)]
pub struct Purl {
    ty: Cow<'static, str>,
    /// Of npm packages one of type [`AS_IT_IS`].
    url: PackageUrl<'static>,
}

/// The type whose names are kept as they are.
const AS_IT_IS: &str = "generic";
const NPM: &str = "npm";
const OCI: &str = "oci";
/// The qualifier of images that names a version which moves.
const TAG: &str = "tag";

/// Text that is no package URL, or names that no package of that type can have.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PurlError {
    /// Longer than any real one.
    #[error("longer than {MAX_BYTES} bytes")]
    TooLong,
    /// Not of the form `pkg:type/namespace/name@version?qualifiers#subpath`, or against its type's rules.
    #[error("not a package URL: {0}")]
    Syntax(#[from] packageurl::Error),
    /// A control, bidirectional or invisible character, or an empty or dot segment.
    #[error("the {part} has characters that no package has")]
    Characters {
        /// Which part.
        part: &'static str,
    },
    /// Not `name` or `@scope/name` as npm allows them.
    #[error("not the name of an npm package")]
    NpmName,
}

impl Purl {
    /// Reads a package URL of any type.
    ///
    /// # Errors
    /// When it is none, or one that could not be told from another by eye or by a shell.
    pub fn parse(text: &str) -> Result<Self, PurlError> {
        if text.len() > MAX_BYTES {
            return Err(PurlError::TooLong);
        }
        let typed = text.strip_prefix("pkg:").and_then(|rest| rest.trim_start_matches('/').split_once('/'));
        // Only what stands before the name is changed.
        if let Some((_, rest)) = typed.filter(|(ty, _)| ty.eq_ignore_ascii_case(NPM)) {
            return Self { ty: NPM.into(), url: format!("pkg:{AS_IT_IS}/{rest}").parse()? }.checked();
        }
        let url: PackageUrl<'static> = text.parse()?;
        Self { ty: url.ty().to_owned().into(), url }.checked()
    }

    /// The purl of an npm package: `name` or `@scope/name`.
    ///
    /// # Errors
    /// When npm would not take the name, or the version has characters that no version has.
    pub fn npm(name: &str, version: Option<&str>) -> Result<Self, PurlError> {
        if name.len() > MAX_NPM_NAME {
            return Err(PurlError::NpmName);
        }
        let (scope, base) = match name.strip_prefix('@') {
            Some(scoped) => {
                let (scope, base) = scoped.split_once('/').ok_or(PurlError::NpmName)?;
                (Some(format!("@{scope}")), base)
            }
            None => (None, name),
        };
        Self::build(NPM, scope, base, version)
    }

    /// The purl of a Python distribution.
    ///
    /// # Errors
    /// When name or version has characters that none has.
    pub fn pypi(name: &str, version: Option<&str>) -> Result<Self, PurlError> {
        Self::build("pypi", None, name, version)
    }

    /// The purl of a Rust crate.
    ///
    /// # Errors
    /// When name or version has characters that none has.
    pub fn cargo(name: &str, version: Option<&str>) -> Result<Self, PurlError> {
        Self::build("cargo", None, name, version)
    }

    /// The purl of a Go module, by its path.
    ///
    /// # Errors
    /// When path or version has characters that none has.
    pub fn golang(path: &str, version: Option<&str>) -> Result<Self, PurlError> {
        match path.rsplit_once('/') {
            Some((namespace, name)) => Self::build("golang", Some(namespace.to_owned()), name, version),
            None => Self::build("golang", None, path, version),
        }
    }

    /// The purl of a package of NuGet.
    ///
    /// # Errors
    /// When name or version has characters that none has.
    pub fn nuget(name: &str, version: Option<&str>) -> Result<Self, PurlError> {
        Self::build("nuget", None, name, version)
    }

    /// The purl of a package of Maven, by its group and its name there.
    ///
    /// # Errors
    /// When a part has characters that none has.
    pub fn maven(group: &str, artifact: &str, version: Option<&str>) -> Result<Self, PurlError> {
        Self::build("maven", Some(group.to_owned()), artifact, version)
    }

    /// The purl of a container image, by the last part of its repository's name and its digest (`sha256:…`).
    ///
    /// # Errors
    /// When name or digest has characters that none has.
    pub fn oci(name: &str, digest: Option<&str>) -> Result<Self, PurlError> {
        Self::build(OCI, None, name, digest)
    }

    /// The purl of an operating system's package: of type `deb`, `apk` or `rpm`, in the namespace of the distribution where that
    /// is known.
    ///
    /// # Errors
    /// When a part has characters that none has.
    pub fn distribution(
        ty: &'static str,
        namespace: Option<&str>,
        name: &str,
        version: &str,
    ) -> Result<Self, PurlError> {
        Self::build(ty, namespace.map(str::to_owned), name, Some(version))
    }

    /// The purl of what no registry has under a name of its own: an MCPB bundle.
    ///
    /// # Errors
    /// When name or version has characters that none has.
    pub fn generic(name: &str, version: Option<&str>) -> Result<Self, PurlError> {
        Self::build("generic", None, name, version)
    }

    /// The form in which names of Python distributions are compared (PEP 503): runs of `-`, `_` and `.` are one `-`, and
    /// case does not count.
    pub fn pypi_name(name: &str) -> String {
        let mut normal = String::with_capacity(name.len());
        for c in name.chars() {
            match c {
                '-' | '_' | '.' if normal.ends_with('-') => {}
                '-' | '_' | '.' => normal.push('-'),
                c => normal.extend(c.to_lowercase()),
            }
        }
        normal
    }

    fn build(
        ty: &'static str,
        namespace: Option<String>,
        name: &str,
        version: Option<&str>,
    ) -> Result<Self, PurlError> {
        let mut url = PackageUrl::new(if ty == NPM { AS_IT_IS } else { ty }, name.to_owned())?;
        if let Some(namespace) = namespace {
            url.with_namespace(namespace)?;
        }
        if let Some(version) = version {
            // It would be read back as part of the name.
            if version.contains('/') {
                return Err(PurlError::Characters { part: "version" });
            }
            url.with_version(version.to_owned())?;
        }
        url.validate()?;
        Self { ty: ty.into(), url }.checked()
    }

    /// The same with a qualifier added or replaced.
    ///
    /// # Errors
    /// When `key` is no qualifier name or `value` is not fit to be shown.
    pub fn with_qualifier(mut self, key: &'static str, value: String) -> Result<Self, PurlError> {
        self.url.add_qualifier(key, value)?;
        self.checked()
    }

    /// The same with the values of its qualifiers that `fit` makes of them by name and value; without those of which it makes
    /// none.
    ///
    /// # Errors
    /// When one is not fit to be shown.
    pub fn with_qualifiers(mut self, fit: impl Fn(&str, &str) -> Option<String>) -> Result<Self, PurlError> {
        let kept: Vec<(String, String)> = self
            .url
            .qualifiers()
            .iter()
            .filter_map(|(name, value)| Some((name.to_string(), fit(name, value)?)))
            .collect();
        self.url.clear_qualifiers();
        for (name, value) in kept {
            self.url.add_qualifier(name, value)?;
        }
        self.checked()
    }

    /// The same in this namespace.
    ///
    /// # Errors
    /// When it has characters that none has.
    pub fn with_namespace(mut self, namespace: &str) -> Result<Self, PurlError> {
        self.url.with_namespace(namespace.to_owned())?;
        self.checked()
    }

    /// The same in this version.
    ///
    /// # Errors
    /// When it has characters that no version has.
    pub fn with_version(mut self, version: &str) -> Result<Self, PurlError> {
        self.url.with_version(version.to_owned())?;
        self.checked()
    }

    /// The same without version: the package as such.
    #[must_use]
    pub fn without_version(mut self) -> Self {
        self.url.without_version();
        self
    }

    /// The same without subpath: the package that a path lies in.
    #[must_use]
    pub fn without_subpath(mut self) -> Self {
        self.url.without_subpath();
        self
    }

    /// The same without qualifiers: whatever is called so, wherever it comes from.
    #[must_use]
    pub fn without_qualifiers(mut self) -> Self {
        self.url.clear_qualifiers();
        self
    }

    /// The same without the tag of an image, which another digest may have tomorrow.
    #[must_use]
    pub fn without_tag(self) -> Self {
        let bare = |purl: Self| purl.with_qualifiers(|name, value| (name != TAG).then(|| value.to_owned()));
        if self.ty == OCI { bare(self.clone()).unwrap_or(self) } else { self }
    }

    /// `npm`, `pypi`, `cargo`, …; lower case.
    pub fn ty(&self) -> &str {
        &self.ty
    }

    /// The name as its ecosystem writes it: `@scope/name`, `group/name`, `name`.
    pub fn name(&self) -> String {
        match self.url.namespace() {
            Some(namespace) => format!("{namespace}/{}", self.url.name()),
            None => self.url.name().to_owned(),
        }
    }

    /// The name in the form in which names of its ecosystem are compared: Python's as PEP 503 says, and without case where
    /// case does not count.
    pub fn compared_name(&self) -> String {
        match self.ty() {
            "pypi" => Self::pypi_name(&self.name()),
            "nuget" | "golang" | "composer" => self.name().to_lowercase(),
            _ => self.name(),
        }
    }

    /// What stands before the name: a scope, a group, a distribution.
    pub fn namespace(&self) -> Option<&str> {
        self.url.namespace()
    }

    /// The qualifier of this name, percent-decoded.
    pub fn qualifier(&self, name: &str) -> Option<&str> {
        self.url.qualifiers().get(name).map(AsRef::as_ref)
    }

    /// The version, percent-decoded.
    pub fn version(&self) -> Option<&str> {
        self.url.version()
    }

    /// Whether both name the same package, in whatever version.
    pub fn same_package(&self, other: &Self) -> bool {
        self.ty == other.ty
            && self.url.namespace() == other.url.namespace()
            && comparable(&self.ty, self.url.name()) == comparable(&other.ty, other.url.name())
            && self.telling().count() == other.telling().count()
            && self.telling().all(|(name, value)| other.qualifier(name) == Some(value))
    }

    /// The qualifiers that tell packages apart.
    fn telling(&self) -> impl Iterator<Item = (&str, &str)> {
        let is_version = |name: &str| self.ty == OCI && name == TAG;
        let qualifiers = self.url.qualifiers().iter().map(|(name, value)| (&**name, &**value));
        qualifiers.filter(move |(name, _)| !is_version(name))
    }

    /// Whether it is what was asked for as `wanted`: the same, or where that names no version the same package, under its tag if
    /// it names one.
    pub fn answers(&self, wanted: &Self) -> bool {
        self == wanted || (wanted.version().is_none() && self.same_package(wanted) && wanted.covers(self))
    }

    /// Whether `other` is what `self` names: nothing that `self` says is otherwise there. Without version it names all of them.
    pub fn covers(&self, other: &Self) -> bool {
        let (own, others) = (&self.url, &other.url);
        self.ty == other.ty
            && own.namespace() == others.namespace()
            && comparable(&self.ty, own.name()) == comparable(&other.ty, others.name())
            && own.version().is_none_or(|version| others.version() == Some(version))
            && own.subpath().is_none_or(|subpath| others.subpath() == Some(subpath))
            && own.qualifiers().iter().all(|(key, value)| others.qualifiers().get(key) == Some(value))
    }

    fn checked(self) -> Result<Self, PurlError> {
        let segments = |text: &str| text.split('/').all(|s| fit(s) && !matches!(s, "" | "." | ".."));
        let parts: [(&'static str, bool); 5] = [
            ("namespace", self.url.namespace().is_none_or(segments)),
            ("name", fit(self.url.name()) && !matches!(self.url.name(), "." | "..")),
            ("version", self.url.version().is_none_or(|version| !version.is_empty() && fit(version))),
            ("qualifiers", self.url.qualifiers().values().all(|value| fit(value))),
            ("subpath", self.url.subpath().is_none_or(segments)),
        ];
        if let Some((part, _)) = parts.into_iter().find(|(_, fit)| !fit) {
            return Err(PurlError::Characters { part });
        }
        if self.ty == NPM && !npm_name(self.url.namespace(), self.url.name()) {
            return Err(PurlError::NpmName);
        }
        // As it is written: what is longer would be read by nobody.
        if self.may_be_long() && self.to_string().len() > MAX_BYTES {
            return Err(PurlError::TooLong);
        }
        Ok(self)
    }

    /// Whether it might be too long if every byte of it had to be escaped; hardly any is.
    fn may_be_long(&self) -> bool {
        let named = [self.url.namespace(), Some(self.url.name()), self.url.version(), self.url.subpath()];
        let named: usize = named.into_iter().flatten().map(|part| part.len() + 1).sum();
        let qualifiers: usize =
            self.url.qualifiers().iter().map(|(key, value)| key.len() + value.len() + 2).sum();
        3 * (named + qualifiers) > MAX_BYTES / 2
    }
}

impl PartialEq for Purl {
    fn eq(&self, other: &Self) -> bool {
        self.same_package(other)
            && self.url.version() == other.url.version()
            && self.url.subpath() == other.url.subpath()
            && (self.ty != OCI || self.url.version().is_some() || self.qualifier(TAG) == other.qualifier(TAG))
    }
}

impl Eq for Purl {}

impl fmt::Display for Purl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ty == NPM {
            let text = self.url.to_string();
            let rest =
                text.strip_prefix("pkg:").and_then(|rest| rest.strip_prefix(AS_IT_IS)).unwrap_or_default();
            return write!(f, "pkg:{NPM}{rest}");
        }
        self.url.fmt(f)
    }
}

/// What an artifact says that it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageIdentity {
    /// Package URL, without subpath.
    pub purl: String,
    /// The name as the ecosystem writes it, as found.
    pub name: String,
    /// The version, as found.
    pub version: Option<String>,
}

impl PackageIdentity {
    /// The identity of an npm package.
    ///
    /// # Errors
    /// As [`Purl::npm`].
    pub fn npm(name: &str, version: Option<&str>) -> Result<Self, PurlError> {
        Ok(Self::of(&Purl::npm(name, version)?, name, version))
    }

    /// The identity of a Python distribution.
    ///
    /// # Errors
    /// As [`Purl::pypi`].
    pub fn pypi(name: &str, version: Option<&str>) -> Result<Self, PurlError> {
        Ok(Self::of(&Purl::pypi(name, version)?, name, version))
    }

    /// The identity of a Rust crate.
    ///
    /// # Errors
    /// As [`Purl::cargo`].
    pub fn cargo(name: &str, version: Option<&str>) -> Result<Self, PurlError> {
        Ok(Self::of(&Purl::cargo(name, version)?, name, version))
    }

    /// The identity of what no registry has under a name of its own.
    ///
    /// # Errors
    /// As [`Purl::generic`].
    pub fn generic(name: &str, version: Option<&str>) -> Result<Self, PurlError> {
        Ok(Self::of(&Purl::generic(name, version)?, name, version))
    }

    fn of(purl: &Purl, name: &str, version: Option<&str>) -> Self {
        Self { purl: purl.to_string(), name: name.to_owned(), version: version.map(str::to_owned) }
    }

    /// The package URL, parsed.
    ///
    /// # Errors
    /// When `purl` is none; never for an identity made here.
    pub fn parsed(&self) -> Result<Purl, PurlError> {
        Purl::parse(&self.purl)
    }
}

/// The form in which names of `ty` are compared.
fn comparable(ty: &str, name: &str) -> String {
    if ty == "pypi" { Purl::pypi_name(name) } else { name.to_owned() }
}

/// npm's rules for names that exist (new ones must be lower case as well): URL-safe, no leading `.` or `_`.
fn npm_name(scope: Option<&str>, name: &str) -> bool {
    let safe = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~!'()*".contains(&b))
    };
    let scope_fits = scope.is_none_or(|scope| scope.strip_prefix('@').is_some_and(safe));
    scope_fits && safe(name) && (scope.is_some() || !name.starts_with(['.', '_']))
}

fn fit(text: &str) -> bool {
    // Most are ASCII, of which controls and spaces are all that is not fit.
    text.bytes().all(|byte| byte.is_ascii_graphic())
        || !text.chars().any(|c| is_deceptive(c) || c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_that_is_taken_reads_back() {
        for c in (0..128_u8).map(char::from) {
            let version = format!("1{c}0{c}a");
            for made in [Purl::golang("a.example/b", Some(&version)), Purl::npm("@s/a", Some(&version))] {
                let Ok(made) = made else { continue };
                let read = Purl::parse(&made.to_string()).unwrap();
                assert_eq!((read.name(), read.version()), (made.name(), Some(version.as_str())));
            }
        }
        assert!(Purl::cargo("a", Some("1/0")).is_err());
    }

    #[test]
    fn names_and_versions_are_written_as_the_purl_specification_says() {
        let cases = [
            (Purl::npm("left-pad", Some("1.3.0")), "pkg:npm/left-pad@1.3.0"),
            (Purl::npm("@scope/name", Some("1.0.0")), "pkg:npm/%40scope/name@1.0.0"),
            (Purl::npm("@scope/name", None), "pkg:npm/%40scope/name"),
            (Purl::npm("JSONStream", Some("1.3.5")), "pkg:npm/JSONStream@1.3.5"),
            (Purl::npm("@Acme/Files", Some("1.0.0")), "pkg:npm/%40Acme/Files@1.0.0"),
            (Purl::npm("a", Some("1.0.0+build.1")), "pkg:npm/a@1.0.0%2Bbuild.1"),
            (Purl::cargo("serde_json", Some("1.0.154")), "pkg:cargo/serde_json@1.0.154"),
            (Purl::pypi("MCP_Server_Git", Some("2026.1")), "pkg:pypi/mcp-server-git@2026.1"),
        ];
        for (purl, text) in cases {
            let purl = purl.unwrap();
            assert_eq!(purl.to_string(), text);
            assert_eq!(Purl::parse(text), Ok(purl));
        }
    }

    #[test]
    fn the_parts_come_back_as_the_ecosystem_writes_them() {
        let purl = Purl::parse("pkg:NPM/%40scope/name@1.0.0%2Bx?a=b#sub/path").unwrap();
        assert_eq!(
            (purl.ty(), purl.name().as_str(), purl.version()),
            ("npm", "@scope/name", Some("1.0.0+x"))
        );
        assert_eq!(purl.without_subpath().without_version().to_string(), "pkg:npm/%40scope/name?a=b");
    }

    #[test]
    fn equality_is_that_of_the_type() {
        let equal = |a: &str, b: &str| Purl::parse(a).unwrap() == Purl::parse(b).unwrap();
        assert!(equal("pkg:npm/@scope/name@1.0.0", "pkg:npm/%40scope/name@1.0.0"));
        assert!(equal("pkg:pypi/Zope.Interface@1", "pkg:pypi/zope--interface@1"));
        assert!(equal("pkg:npm/a@1?x=1&b=2", "pkg:npm/a@1?b=2&x=1"));
        assert!(!equal("pkg:cargo/a-b@1.0.0", "pkg:cargo/a_b@1.0.0"));
        assert!(!equal("pkg:npm/JSONStream@1", "pkg:npm/jsonstream@1"));
        assert!(equal("pkg:NPM/JSONStream@1", "pkg://npm/JSONStream@1"));
        assert!(!equal("pkg:npm/a@1", "pkg:generic/a@1"));
        assert!(!equal("pkg:npm/a@1", "pkg:npm/a@2"));
        assert!(!equal("pkg:npm/a@1", "pkg:npm/a"));
        assert!(!equal("pkg:npm/a@1", "pkg:pypi/a@1"));
        assert!(!equal("pkg:npm/@a/b@1", "pkg:npm/b@1"));
        // Another registry is another package.
        assert!(!equal("pkg:npm/a@1", "pkg:npm/a@1?repository_url=https://registry.example"));
        let package = |text| Purl::parse(text).unwrap();
        assert!(package("pkg:npm/a@1").same_package(&package("pkg:npm/a")));
    }

    #[test]
    fn b37_a_tag_tells_versions_of_an_image_apart_and_no_images() {
        let purl = |text: &str| Purl::parse(text).unwrap();
        let (one, other) = ("sha256:aa", "sha256:bb");
        let image = |digest: &str, rest: &str| purl(&format!("pkg:oci/notes@{digest}?{rest}"));
        let (old, new) = ("repository_url=r.example/notes&tag=1", "repository_url=r.example/notes&tag=2");
        let tagless = "repository_url=r.example/notes";
        assert!(image(one, old) == image(one, new) && image(one, old) == image(one, tagless));
        assert!(image(one, old).same_package(&image(other, new)) && image(one, old) != image(other, old));
        // Without a digest it is all that says which.
        let bare = |rest: &str| purl(&format!("pkg:oci/notes?{rest}"));
        assert!(
            bare(old) != bare(new) && bare(old) != bare(tagless) && bare(old).same_package(&bare(tagless))
        );
        assert!(!image(one, old).same_package(&image(one, "repository_url=r.example/other&tag=1")));
        assert!(!image(one, old).same_package(&image(one, "tag=1")));
        assert!(image(one, old).answers(&bare(old)) && image(one, old).answers(&bare(tagless)));
        assert!(!image(one, old).answers(&bare(new)) && !image(one, old).answers(&image(other, old)));
        assert_eq!(image(one, old).without_tag().to_string(), image(one, tagless).to_string());
        assert!(purl("pkg:npm/a@1?tag=1") != purl("pkg:npm/a@1?tag=2"));
    }

    #[test]
    fn what_no_package_is_called_is_refused() {
        for name in
            ["", "@scope", "@/a", "@a/", "@a/b/c", ".a", "_a", "a b", "a\u{202e}b", "ä", "..", "a/b", "a:b"]
        {
            assert!(Purl::npm(name, Some("1.0.0")).is_err(), "{name:?}");
        }
        assert_eq!(Purl::npm(&"a".repeat(215), None), Err(PurlError::NpmName));
        assert_eq!(Purl::npm("a", Some("1\n2")), Err(PurlError::Characters { part: "version" }));
        assert_eq!(Purl::npm("a", Some("")), Err(PurlError::Characters { part: "version" }));
        assert_eq!(Purl::parse("pkg:npm/a%00@1"), Err(PurlError::Characters { part: "name" }));
        assert_eq!(Purl::parse("pkg:generic/a/%2E%2E/b"), Err(PurlError::Characters { part: "namespace" }));
        assert_eq!(Purl::parse("pkg:npm/scope/name"), Err(PurlError::NpmName));
        assert_eq!(Purl::parse(&format!("pkg:npm/{}", "a".repeat(MAX_BYTES))), Err(PurlError::TooLong));
        // What is made is held to it as it is written.
        let escaped = "é".repeat(MAX_BYTES / 6);
        assert_eq!(Purl::npm("a", Some(&escaped)), Err(PurlError::TooLong));
        assert_eq!(Purl::parse(&format!("pkg:pypi/a@{escaped}")), Err(PurlError::TooLong));
        assert!(Purl::npm("a", Some(&"1".repeat(MAX_BYTES / 2))).is_ok());
        assert!(matches!(Purl::parse("npm:a@1"), Err(PurlError::Syntax(_))));
        assert!(matches!(Purl::parse(""), Err(PurlError::Syntax(_))));
    }
}
