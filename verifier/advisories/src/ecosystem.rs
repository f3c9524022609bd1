//! Ecosystems as OSV names them: how package URLs lead there, how names are compared, how versions are ordered.

use std::cmp::Ordering;

use mcpsign_schemas::purl::Purl;

use crate::order::Order;

/// How two spellings of a name are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Names {
    Exact,
    /// Case does not count, or not everyone who writes package URLs keeps it.
    Lower,
    /// PEP 503.
    Python,
    /// `group:artifact`, where package URLs have a slash.
    Maven,
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

const ECOSYSTEMS: [Ecosystem; 37] = [
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
    language("SwiftURL", "swift", Order::SemVer, Names::Lower),
    language("ConanCenter", "conan", Order::SemVer, Names::Exact),
    language("Bitnami", "bitnami", Order::SemVer, Names::Exact),
    distribution("Debian", "deb", "debian", Order::Debian),
    distribution("Ubuntu", "deb", "ubuntu", Order::Debian),
    distribution("Alpine", "apk", "alpine", Order::Alpine),
    distribution("Wolfi", "apk", "wolfi", Order::Alpine),
    distribution("Chainguard", "apk", "chainguard", Order::Alpine),
    distribution("MinimOS", "apk", "minimos", Order::Alpine),
    distribution("Red Hat", "rpm", "redhat", Order::Rpm),
    distribution("AlmaLinux", "rpm", "almalinux", Order::Rpm),
    distribution("Rocky Linux", "rpm", "rocky-linux", Order::Rpm),
    distribution("Rocky Linux", "rpm", "rocky", Order::Rpm),
    distribution("SUSE", "rpm", "suse", Order::Rpm),
    distribution("openSUSE", "rpm", "opensuse", Order::Rpm),
    distribution("Mageia", "rpm", "mageia", Order::Rpm),
    distribution("openEuler", "rpm", "openeuler", Order::Rpm),
    distribution("Azure Linux", "rpm", "azurelinux", Order::Rpm),
    other("Alpaquita", Order::Alpine),
    other("BellSoft Hardened Containers", Order::Alpine),
    other("Docker Hardened Images", Order::SemVer),
    other("GHC", Order::SemVer),
    other("GitHub Actions", Order::SemVer),
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
}

impl Query {
    /// What `purl` asks for; nothing where no ecosystem of OSV has packages of that type.
    pub fn of(purl: &Purl) -> Vec<Self> {
        let Some(ecosystem) = of_purl(purl) else { return Vec::new() };
        let is_distribution = matches!(ecosystem.purl, Some((_, Some(_))));
        let version =
            purl.version().filter(|version| !version.is_empty()).map(|version| match ecosystem.name {
                "Go" => version.strip_prefix("go").unwrap_or(version).to_owned(),
                // In package URLs the epoch of an RPM stands apart.
                _ => match purl
                    .qualifier("epoch")
                    .filter(|epoch| ecosystem.order == Order::Rpm && *epoch != "0")
                {
                    Some(epoch) => format!("{epoch}:{version}"),
                    None => version.to_owned(),
                },
            });
        let release = if is_distribution { release(ecosystem.name, purl.qualifier("distro")) } else { None };
        let name = match (is_distribution, purl.namespace()) {
            (true, Some(namespace)) => {
                let name = purl.name();
                name.get(namespace.len() + 1..).unwrap_or(&name).to_owned()
            }
            _ if ecosystem.names == Names::Maven => purl.name().replacen('/', ":", 1),
            _ => purl.name(),
        };
        let mut names = vec![name];
        // Distributions publish by source package, which is what most producers of SBOMs call `upstream`.
        if let Some(upstream) = purl.qualifier("upstream").filter(|_| is_distribution) {
            let (source, _) = upstream.split_once('@').unwrap_or((upstream, ""));
            if !source.is_empty() && !names.iter().any(|name| name == source) {
                names.push(source.to_owned());
            }
        }
        names
            .into_iter()
            .map(|name| Self {
                ecosystem: ecosystem.name,
                name,
                release: release.clone(),
                version: version.clone(),
            })
            .collect()
    }

    /// The key by which an index has it.
    pub(crate) fn key(&self) -> Vec<u8> {
        key(self.ecosystem, &self.name)
    }

    pub(crate) fn order(&self) -> Option<Order> {
        order(self.ecosystem)
    }
}

/// The order of the versions of packages like `package`; `None` where nobody says which of two is the newer one.
pub fn order_of(package: &Purl) -> Option<Order> {
    match package.ty() {
        // What no registry has: MCPB bundles, whose format asks for SemVer.
        "generic" => Some(Order::SemVer),
        _ => Query::of(package).first()?.order(),
    }
}

/// The release that a `distro` qualifier names, as OSV writes it behind the ecosystem's colon; `None` where we do not know
/// how, so that records of every release count.
fn release(ecosystem: &str, distro: Option<&str>) -> Option<String> {
    let (_, version) = distro?.split_once('-')?;
    let mut parts = version.split('.');
    let major =
        parts.next().filter(|major| !major.is_empty() && major.bytes().all(|b| b.is_ascii_digit()))?;
    match ecosystem {
        "Debian" | "AlmaLinux" | "Rocky Linux" => Some(major.to_owned()),
        "Alpine" => Some(format!("v{major}.{}", parts.next()?)),
        "Ubuntu" => Some(format!("{major}.{}", parts.next()?)),
        _ => None,
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

/// The order of two versions of the package; `None` where its ecosystem is not known, or one of them is no version there.
pub fn compare(purl: &Purl, one: &str, other: &str) -> Option<Ordering> {
    of_purl(purl)?.order.compare(one, other)
}

/// An ecosystem and its release, as a record names both.
pub(crate) fn split(ecosystem: &str) -> (&str, &str) {
    ecosystem.split_once(':').unwrap_or((ecosystem, ""))
}

/// Whether a record of release `theirs` says something of a package of release `ours`. Silence on either side is no reason
/// to leave a record out. Ubuntu's releases have a support term behind them (`22.04:LTS`), and before it (`Pro:`).
pub(crate) fn same_release(ours: Option<&str>, theirs: &str) -> bool {
    match ours {
        None => true,
        Some(_) if theirs.is_empty() => true,
        Some(ours) => theirs.split(':').any(|part| part == ours),
    }
}

/// The order of the versions in this ecosystem.
pub(crate) fn order(ecosystem: &str) -> Option<Order> {
    find(ecosystem).map(|ecosystem| ecosystem.order)
}

/// The key of a package: two spellings of one package have one key.
pub(crate) fn key(ecosystem: &str, name: &str) -> Vec<u8> {
    let name = match find(ecosystem).map_or(Names::Exact, |ecosystem| ecosystem.names) {
        Names::Exact | Names::Maven => name.to_owned(),
        Names::Lower => name.to_lowercase(),
        Names::Python => Purl::pypi_name(name),
    };
    [ecosystem.as_bytes(), b"\0", name.as_bytes()].concat()
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
        let source = queries("pkg:deb/debian/libssl3@3.0-1?distro=debian-12&upstream=openssl%403.0");
        assert_eq!(source.len(), 2);
        assert!(source.iter().all(|(_, release, _)| release.as_deref() == Some("12")));
        assert_eq!(source[1].0, "Debian openssl");
        assert!(queries("pkg:generic/a@1").is_empty() && queries("pkg:deb/other/a@1").is_empty());
    }

    #[test]
    fn b63_one_package_has_one_key() {
        assert_eq!(key("PyPI", "Zope.Interface"), key("PyPI", "zope--interface"));
        assert_eq!(key("Go", "github.com/Acme/Files"), key("Go", "github.com/acme/files"));
        assert_ne!(key("npm", "JSONStream"), key("npm", "jsonstream"));
        assert_ne!(key("crates.io", "a-b"), key("crates.io", "a_b"));
        assert_ne!(key("npm", "a"), key("PyPI", "a"));
    }

    #[test]
    fn releases_are_held_apart_where_both_sides_say_one() {
        assert!(same_release(None, "12") && same_release(Some("12"), "") && same_release(Some("12"), "12"));
        assert!(same_release(Some("22.04"), "Pro:22.04:LTS"));
        assert!(!same_release(Some("12"), "11"));
        assert_eq!(split("Debian:12"), ("Debian", "12"));
        assert_eq!(split("npm"), ("npm", ""));
    }
}
