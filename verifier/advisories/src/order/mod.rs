//! Which of two versions is the newer one, as each ecosystem says it.
//!
//! One file an ecosystem's rules. Each turns a text into a key whose order is total, whatever the text: advisories are
//! written by others, and what is compared must neither panic nor depend on which side it stands.

mod alpine;
mod asked;
mod debian;
mod digits;
mod dotted;
mod maven;
mod nuget;
mod packagist;
mod padded;
mod pypi;
mod rpm;
mod rubygems;
mod semver;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;

pub(crate) use nuget::normal as nuget_normal;
pub(crate) use pypi::normal as pypi_normal;

/// Bytes of a version at the most. The longest of 40,899 real records has 96.
pub const MAX_VERSION: usize = 1024;

/// The rules by which versions are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Order {
    /// SemVer 2.0 with tolerance: a leading `v`, any number of parts of any size (npm, crates.io, Go, …).
    SemVer,
    /// PEP 440, and setuptools' older rules for what is none.
    PyPi,
    /// Maven's version order specification.
    Maven,
    /// SemVer with four parts, whose labels are compared without case.
    NuGet,
    /// `Gem::Version`.
    RubyGems,
    /// Composer's `version_compare` of PHP.
    Packagist,
    /// SemVer in which build metadata counts.
    Pub,
    /// Numbers between dots.
    Hackage,
    /// Numbers between dots and dashes.
    Cran,
    /// deb-version(7).
    Debian,
    /// apk-package(5).
    Alpine,
    /// rpm-version(7).
    Rpm,
}

/// A version, ready to be compared with others of the same order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version<'t>(Key<'t>);

/// Variants never meet: an order makes one of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key<'t> {
    SemVer(semver::Key<'t>),
    PyPi(pypi::Key),
    Maven(maven::Key),
    RubyGems(rubygems::Key<'t>),
    Packagist(packagist::Key<'t>),
    Dotted(dotted::Key<'t>),
    Debian(debian::Key<'t>),
    Alpine(alpine::Key<'t>),
    Rpm(rpm::Key<'t>),
}

impl Order {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::SemVer,
        Self::PyPi,
        Self::Maven,
        Self::NuGet,
        Self::RubyGems,
        Self::Packagist,
        Self::Pub,
        Self::Hackage,
        Self::Cran,
        Self::Debian,
        Self::Alpine,
        Self::Rpm,
    ];

    /// Whether what comes after another comes after all that this comes after. Maven's does not (`1-alpha` < `1` < `1.x` <
    /// `1-alpha`), and nobody promises it of RPM's.
    pub(crate) const fn is_transitive(self) -> bool {
        !matches!(self, Self::Maven | Self::Rpm)
    }

    /// Reads `text`; `None` where it is no version in this order, or longer than any is.
    pub fn parse(self, text: &str) -> Option<Version<'_>> {
        if text.len() > MAX_VERSION {
            return None;
        }
        Some(Version(match self {
            Self::SemVer => Key::SemVer(semver::parse(text, semver::Rules::SEMVER)?),
            Self::NuGet => Key::SemVer(semver::parse(text, semver::Rules::NUGET)?),
            Self::Pub => Key::SemVer(semver::parse(text, semver::Rules::PUB)?),
            Self::PyPi => Key::PyPi(pypi::parse(text)?),
            Self::Maven => Key::Maven(maven::parse(text)?),
            Self::RubyGems => Key::RubyGems(rubygems::parse(text)?),
            Self::Packagist => Key::Packagist(packagist::parse(text)?),
            Self::Hackage => Key::Dotted(dotted::parse(text, &['.'])?),
            Self::Cran => Key::Dotted(dotted::parse(text, &['.', '-'])?),
            Self::Debian => Key::Debian(debian::parse(text)?),
            Self::Alpine => Key::Alpine(alpine::parse(text)?),
            Self::Rpm => Key::Rpm(rpm::parse(text)?),
        }))
    }

    /// Versions by their order, what is none first, and none twice.
    ///
    /// Not by the standard library, which panics where an order is not transitive ([`Self::is_transitive`]).
    pub(crate) fn ascending<'v>(self, versions: impl IntoIterator<Item = &'v str>) -> Vec<&'v str> {
        let mut versions: Vec<&str> = versions.into_iter().collect();
        versions.sort_unstable();
        versions.dedup();
        if versions.len() < 2 {
            return versions;
        }
        let parsed: Vec<_> = versions.into_iter().map(|text| (self.parse(text), text)).collect();
        merged(parsed).into_iter().map(|(_, text)| text).collect()
    }

    /// Compares two texts; `None` where one of them is no version.
    pub fn compare(self, one: &str, other: &str) -> Option<Ordering> {
        Some(self.parse(one)?.cmp(&self.parse(other)?))
    }
}

/// Merge sort.
fn merged<T: Ord>(mut items: Vec<T>) -> Vec<T> {
    if items.len() < 2 {
        return items;
    }
    let upper = merged(items.split_off(items.len() / 2));
    let mut lower = merged(items).into_iter().peekable();
    let mut upper = upper.into_iter().peekable();
    let mut all = Vec::with_capacity(lower.len() + upper.len());
    while let (Some(one), Some(other)) = (lower.peek(), upper.peek()) {
        all.extend(if other < one { upper.next() } else { lower.next() });
    }
    all.into_iter().chain(lower).chain(upper).collect()
}
