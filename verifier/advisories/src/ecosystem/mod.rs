//! Ecosystems as OSV names them: how package URLs lead there, how names are compared, how versions are ordered.

mod release;

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use mcpsign_schemas::purl::Purl;

pub(crate) use release::is_same as same_release;

use crate::index::comparable;
use crate::order::Order;

/// How two spellings of a name are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Names {
    Exact,
    /// Case does not count, or not everyone who writes package URLs keeps it.
    Lower,
    /// PEP 503.
    Python,
    /// `group:artifact`, where package URLs have a slash.
    Maven,
    /// The address of a repository, with or without what makes it one, and without case.
    Repository,
}

struct Ecosystem {
    /// Without release.
    name: &'static str,
    /// Type of its package URLs, and their namespace where several ecosystems share the type.
    purl: Option<(&'static str, Option<&'static str>)>,
    order: Order,
    names: Names,
}

const fn language(name: &'static str, ty: &'static str, order: Order, names: Names) -> Ecosystem {
    Ecosystem { name, purl: Some((ty, None)), order, names }
}

const fn distribution(
    name: &'static str,
    ty: &'static str,
    namespace: &'static str,
    order: Order,
) -> Ecosystem {
    Ecosystem { name, purl: Some((ty, Some(namespace))), order, names: Names::Exact }
}

const fn other(name: &'static str, order: Order) -> Ecosystem {
    Ecosystem { name, purl: None, order, names: Names::Exact }
}

const ECOSYSTEMS: [Ecosystem; 51] = [
    language("npm", "npm", Order::SemVer, Names::Exact),
    language("PyPI", "pypi", Order::PyPi, Names::Python),
    language("crates.io", "cargo", Order::SemVer, Names::Exact),
    language("Go", "golang", Order::SemVer, Names::Lower),
    language("Maven", "maven", Order::Maven, Names::Maven),
    language("NuGet", "nuget", Order::NuGet, Names::Lower),
    language("RubyGems", "gem", Order::RubyGems, Names::Exact),
    language("Packagist", "composer", Order::Packagist, Names::Lower),
    language("Pub", "pub", Order::Pub, Names::Exact),
    language("Hackage", "hackage", Order::Hackage, Names::Exact),
    language("CRAN", "cran", Order::Cran, Names::Exact),
    language("Bioconductor", "bioconductor", Order::SemVer, Names::Exact),
    language("Hex", "hex", Order::SemVer, Names::Lower),
    language("Julia", "julia", Order::SemVer, Names::Exact),
    language("SwiftURL", "swift", Order::SemVer, Names::Repository),
    language("ConanCenter", "conan", Order::SemVer, Names::Exact),
    language("Bitnami", "bitnami", Order::SemVer, Names::Exact),
    language("GitHub Actions", "githubactions", Order::SemVer, Names::Lower),
    distribution("Debian", "deb", "debian", Order::Debian),
    distribution("Ubuntu", "deb", "ubuntu", Order::Debian),
    distribution("Alpine", "apk", "alpine", Order::Alpine),
    distribution("Wolfi", "apk", "wolfi", Order::Alpine),
    distribution("Chainguard", "apk", "chainguard", Order::Alpine),
    distribution("MinimOS", "apk", "minimos", Order::Alpine),
    distribution("Red Hat", "rpm", "redhat", Order::Rpm),
    distribution("Red Hat", "rpm", "rhel", Order::Rpm),
    distribution("AlmaLinux", "rpm", "almalinux", Order::Rpm),
    distribution("AlmaLinux", "rpm", "alma", Order::Rpm),
    distribution("Rocky Linux", "rpm", "rocky-linux", Order::Rpm),
    distribution("Rocky Linux", "rpm", "rocky", Order::Rpm),
    distribution("Rocky Linux", "rpm", "rockylinux", Order::Rpm),
    distribution("SUSE", "rpm", "suse", Order::Rpm),
    distribution("SUSE", "rpm", "sles", Order::Rpm),
    distribution("SUSE", "rpm", "sled", Order::Rpm),
    distribution("SUSE", "rpm", "sles_sap", Order::Rpm),
    distribution("SUSE", "rpm", "sle-micro", Order::Rpm),
    distribution("SUSE", "rpm", "sl-micro", Order::Rpm),
    distribution("openSUSE", "rpm", "opensuse", Order::Rpm),
    distribution("openSUSE", "rpm", "opensuse-leap", Order::Rpm),
    distribution("openSUSE", "rpm", "opensuse-tumbleweed", Order::Rpm),
    distribution("Mageia", "rpm", "mageia", Order::Rpm),
    distribution("openEuler", "rpm", "openeuler", Order::Rpm),
    distribution("Azure Linux", "rpm", "azurelinux", Order::Rpm),
    distribution("Azure Linux", "rpm", "azure-linux", Order::Rpm),
    distribution("Azure Linux", "rpm", "mariner", Order::Rpm),
    distribution("Azure Linux", "rpm", "cbl-mariner", Order::Rpm),
    distribution("Photon OS", "rpm", "photon", Order::Rpm),
    other("Alpaquita", Order::Alpine),
    other("BellSoft Hardened Containers", Order::Alpine),
    other("Docker Hardened Images", Order::SemVer),
    other("GHC", Order::SemVer),
];

/// A package to be looked up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Query {
    /// Of the ecosystem, without release.
    pub ecosystem: &'static str,
    /// As records of the ecosystem write it.
    pub name: String,
    /// Of the distribution; `None` where there are none, or where the package does not say.
    pub release: Option<String>,
    /// As records of the ecosystem write it.
    pub version: Option<String>,
    names: Names,
    order: Order,
}

/// Of what tells nearly all from each other.
impl Hash for Query {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
        self.version.hash(state);
    }
}

impl Query {
    /// What `purl` asks for; nothing where no ecosystem of OSV has packages of that type.
    pub fn of(purl: &Purl) -> Vec<Self> {
        let Some(ecosystem) = of_purl(purl) else { return Vec::new() };
        let is_distribution = matches!(ecosystem.purl, Some((_, Some(_))));
        let version = purl.version().filter(|version| !version.is_empty());
        let version = version.map(|version| match ecosystem.name {
            "Go" if matches!(&*purl.name(), "std" | "stdlib" | "toolchain") => go_release(version),
            "Go" => version.strip_prefix("go").unwrap_or(version).to_owned(),
            // What a lock file writes behind it is the platform that the gem was built for.
            "RubyGems" => version.split('-').next().unwrap_or(version).to_owned(),
            _ => with_epoch(ecosystem.order, purl, version),
        });
        let distro = purl.qualifier("distro").filter(|_| is_distribution);
        let release = distro.and_then(|distro| release::named(ecosystem.name, distro));
        let name = match (is_distribution, purl.namespace()) {
            (true, Some(namespace)) => {
                let name = purl.name();
                name.get(namespace.len() + 1..).unwrap_or(&name).to_owned()
            }
            _ if ecosystem.names == Names::Maven => purl.name().replacen('/', ":", 1),
            // What CycloneDX's generator for Go calls the standard library.
            _ if ecosystem.name == "Go" && purl.name() == "std" => "stdlib".to_owned(),
            _ => purl.name(),
        };
        // Distributions publish by source package, which is what most producers of SBOMs call `upstream`.
        let source = purl.qualifier("upstream").filter(|_| is_distribution).and_then(|upstream| {
            let (source, of_its_own) = source(ecosystem.order, upstream);
            let of_its_own = of_its_own.map(|version| with_epoch(ecosystem.order, purl, version));
            let of_its_own = of_its_own.or_else(|| version.clone());
            let is_another = source != name || of_its_own != version;
            (!source.is_empty() && is_another).then(|| (source.to_owned(), of_its_own))
        });
        let query = |name, version| Self {
            ecosystem: ecosystem.name,
            name,
            release: release.clone(),
            version,
            names: ecosystem.names,
            order: ecosystem.order,
        };
        let source = source.map(|(source, version)| query(source, version));
        std::iter::once(query(name, version)).chain(source).collect()
    }

    /// The key by which an index has it, in place of what `key` holds.
    pub(crate) fn write_key(&self, key: &mut Vec<u8>) {
        key.clear();
        write_key(self.ecosystem, &self.name, self.names, key);
    }

    pub(crate) const fn order(&self) -> Order {
        self.order
    }
}

/// The order of the versions of packages like `package`; `None` where nobody says which of two is the newer one.
pub fn order_of(package: &Purl) -> Option<Order> {
    match package.ty() {
        // What no registry has: MCPB bundles, whose format asks for SemVer.
        "generic" => Some(Order::SemVer),
        _ => Some(Query::of(package).first()?.order()),
    }
}

/// A release of Go as records write it: `go1.22rc1` is `1.22-rc.1`.
fn go_release(version: &str) -> String {
    let version = version.strip_prefix("go").unwrap_or(version);
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    for label in ["rc", "beta"] {
        if let Some((numbers, number)) = version.split_once(label)
            && numbers.split('.').all(is_number)
            && is_number(number)
        {
            return format!("{numbers}-{label}.{number}");
        }
    }
    version.to_owned()
}

/// In package URLs the epoch of an RPM stands apart.
fn with_epoch(order: Order, purl: &Purl, version: &str) -> String {
    match purl.qualifier("epoch").filter(|epoch| order == Order::Rpm && *epoch != "0") {
        Some(epoch) if !version.contains(':') => format!("{epoch}:{version}"),
        _ => version.to_owned(),
    }
}

/// Name and version of the source package that an `upstream` qualifier names: `NAME`, `NAME@VERSION`, or of RPMs the file
/// `NAME-VERSION-RELEASE.src.rpm`. Without version it has that of the package.
fn source(order: Order, upstream: &str) -> (&str, Option<&str>) {
    let file = [".src.rpm", ".nosrc.rpm"].iter().find_map(|end| upstream.strip_suffix(end));
    if let (Order::Rpm, Some(file)) = (order, file) {
        let release = file.rfind('-').unwrap_or(file.len());
        let version = file.get(..release).and_then(|rest| rest.rfind('-'));
        let parts = version.and_then(|at| Some((file.get(..at)?, file.get(at + 1..)?)));
        return parts.map_or((file, None), |(name, version)| (name, Some(version)));
    }
    match upstream.split_once('@') {
        Some((name, version)) => (name, Some(version).filter(|version| !version.is_empty())),
        None => (upstream, None),
    }
}

/// The ecosystem that a package URL leads to.
fn of_purl(purl: &Purl) -> Option<&'static Ecosystem> {
    let namespace = purl.namespace().map(str::to_ascii_lowercase);
    ECOSYSTEMS.iter().find(|ecosystem| match ecosystem.purl {
        Some((ty, None)) => ty == purl.ty(),
        Some((ty, Some(of))) => ty == purl.ty() && namespace.as_deref() == Some(of),
        None => false,
    })
}

/// The ecosystem of a package, as OSV names it; `None` where none has packages of that type, or of that distribution.
pub fn of(purl: &Purl) -> Option<&'static str> {
    of_purl(purl).map(|ecosystem| ecosystem.name)
}

/// Whether the version of a package has a place in the order of its ecosystem.
pub fn is_ordered(purl: &Purl) -> bool {
    Query::of(purl).first().is_some_and(|query| {
        query.version.as_deref().is_some_and(|version| query.order().parse(version).is_some())
    })
}

/// The order of two versions of the package; `None` where its ecosystem is not known, or one of them is no version there.
pub fn compare(purl: &Purl, one: &str, other: &str) -> Option<Ordering> {
    of_purl(purl)?.order.compare(one, other)
}

/// One text for all spellings of a version of a package, where its ecosystem knows several.
pub fn normal(purl: &Purl, version: &str) -> String {
    comparable(of_purl(purl).map(|ecosystem| ecosystem.order), version).into_owned()
}

/// An ecosystem and its release, as a record names both.
pub(crate) fn split(ecosystem: &str) -> (&str, &str) {
    ecosystem.split_once(':').unwrap_or((ecosystem, ""))
}

/// The order of the versions in this ecosystem.
pub(crate) fn order(ecosystem: &str) -> Option<Order> {
    find(ecosystem).map(|ecosystem| ecosystem.order)
}

/// The key of a package: two spellings of one package have one key.
pub(crate) fn key(ecosystem: &str, name: &str) -> Vec<u8> {
    let mut key = Vec::new();
    write_key(ecosystem, name, find(ecosystem).map_or(Names::Exact, |ecosystem| ecosystem.names), &mut key);
    key
}

fn write_key(ecosystem: &str, name: &str, names: Names, key: &mut Vec<u8>) {
    key.extend_from_slice(ecosystem.as_bytes());
    key.push(0);
    match names {
        Names::Exact | Names::Maven => key.extend_from_slice(name.as_bytes()),
        Names::Lower => key.extend(name.to_lowercase().into_bytes()),
        Names::Python => key.extend(Purl::pypi_name(name).into_bytes()),
        Names::Repository => {
            let bare = name.strip_prefix("https://").unwrap_or(name).trim_end_matches('/');
            key.extend(bare.strip_suffix(".git").unwrap_or(bare).to_lowercase().into_bytes());
        }
    }
}

/// The order of the versions of a package by its key.
pub(crate) fn order_of_key(key: &[u8]) -> Option<Order> {
    let ecosystem = key.split(|byte| *byte == 0).next()?;
    order(str::from_utf8(ecosystem).ok()?)
}

fn find(name: &str) -> Option<&'static Ecosystem> {
    ECOSYSTEMS.iter().find(|ecosystem| ecosystem.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queries(purl: &str) -> Vec<(String, Option<String>, Option<String>)> {
        let of = Query::of(&Purl::parse(purl).unwrap());
        let shown =
            |query: Query| (format!("{} {}", query.ecosystem, query.name), query.release, query.version);
        of.into_iter().map(shown).collect()
    }

    fn one(purl: &str, name: &str, release: Option<&str>, version: Option<&str>) {
        let expected = (name.to_owned(), release.map(str::to_owned), version.map(str::to_owned));
        assert_eq!(queries(purl), [expected], "{purl}");
    }

    #[test]
    fn b63_package_urls_lead_to_the_ecosystem_however_they_are_written() {
        one("pkg:NPM/%6Dcp-remote@0.1.15", "npm mcp-remote", None, Some("0.1.15"));
        one("pkg:npm/%40scope/Name", "npm @scope/Name", None, None);
        one("pkg:maven/org.acme/files@1", "Maven org.acme:files", None, Some("1"));
        one("pkg:golang/github.com/acme/files@v1.0.0", "Go github.com/acme/files", None, Some("v1.0.0"));
        one("pkg:golang/stdlib@go1.22.1", "Go stdlib", None, Some("1.22.1"));
        one("pkg:apk/alpine/musl@1.2-r0?distro=alpine-3.18.4", "Alpine musl", Some("v3.18"), Some("1.2-r0"));
        one("pkg:rpm/redhat/bash@4.4-1?epoch=2", "Red Hat bash", None, Some("2:4.4-1"));
        one(
            "pkg:rpm/photon/bash@5.1-1.ph5?distro=photon-5.0",
            "Photon OS bash",
            Some("5"),
            Some("5.1-1.ph5"),
        );
        let source = queries("pkg:deb/debian/libssl3@3.0-1?distro=debian-12&upstream=openssl%403.0");
        assert_eq!(source.len(), 2);
        assert!(source.iter().all(|(_, release, _)| release.as_deref() == Some("12")));
        assert_eq!(source[1].0, "Debian openssl");
        one("pkg:golang/std@1.22.1", "Go stdlib", None, Some("1.22.1"));
        one("pkg:golang/stdlib@go1.27rc1", "Go stdlib", None, Some("1.27-rc.1"));
        one("pkg:golang/toolchain@1.27beta2", "Go toolchain", None, Some("1.27-beta.2"));
        one("pkg:golang/a.example/rc@v1.0.0-rc1", "Go a.example/rc", None, Some("v1.0.0-rc1"));
        one("pkg:githubactions/acme/act@v4", "GitHub Actions acme/act", None, Some("v4"));
        assert!(queries("pkg:generic/a@1").is_empty() && queries("pkg:deb/other/a@1").is_empty());
    }

    #[test]
    fn b63_a_source_package_has_its_own_version() {
        let source = |purl: &str| {
            let mut all = queries(purl);
            let (name, _, version) = all.pop().unwrap();
            (all.len(), name, version.unwrap_or_default())
        };
        for (purl, name, version) in [
            ("pkg:deb/debian/dmsetup@2%3A1.02.185-2?upstream=lvm2%402.03.16-2", "Debian lvm2", "2.03.16-2"),
            ("pkg:deb/debian/libc6@2.36-9%2Bdeb12u1?upstream=glibc", "Debian glibc", "2.36-9+deb12u1"),
            ("pkg:deb/debian/git@1%3A2.39-1%2Bb1?upstream=git%401%3A2.39-1", "Debian git", "1:2.39-1"),
            ("pkg:deb/debian/a@1?upstream=b%40", "Debian b", "1"),
            ("pkg:rpm/alma/a@1-1?upstream=b", "AlmaLinux b", "1-1"),
            ("pkg:rpm/rockylinux/a@1-1?upstream=b", "Rocky Linux b", "1-1"),
            ("pkg:apk/alpine/ssl_client@1.37.0-r9?upstream=busybox", "Alpine busybox", "1.37.0-r9"),
            (
                "pkg:rpm/redhat/openssl-libs@3.0.7-24.el9?epoch=1&upstream=openssl-3.0.7-24.el9.src.rpm",
                "Red Hat openssl",
                "1:3.0.7-24.el9",
            ),
            ("pkg:rpm/rhel/a@1-1?upstream=java-17-x-17.0.1-2.nosrc.rpm", "Red Hat java-17-x", "17.0.1-2"),
            ("pkg:rpm/redhat/a@1-1?upstream=odd.src.rpm", "Red Hat odd", "1-1"),
        ] {
            assert_eq!(source(purl), (1, name.to_owned(), version.to_owned()), "{purl}");
        }
        one("pkg:deb/debian/git@1?upstream=git", "Debian git", None, Some("1"));
        one("pkg:deb/debian/git@1?upstream=git%401", "Debian git", None, Some("1"));
    }

    #[test]
    fn b63_one_package_has_one_key() {
        assert_eq!(key("PyPI", "Zope.Interface"), key("PyPI", "zope--interface"));
        assert_eq!(key("Go", "github.com/Acme/Files"), key("Go", "github.com/acme/files"));
        assert_eq!(
            key("SwiftURL", "https://github.com/Acme/Files.git"),
            key("SwiftURL", "github.com/acme/files")
        );
        assert_ne!(key("npm", "JSONStream"), key("npm", "jsonstream"));
        assert_ne!(key("crates.io", "a-b"), key("crates.io", "a_b"));
        assert_ne!(key("npm", "a"), key("PyPI", "a"));
    }

    #[test]
    fn what_follows_the_colon_is_the_release() {
        assert_eq!(split("Debian:12"), ("Debian", "12"));
        assert_eq!(split("npm"), ("npm", ""));
    }
}
