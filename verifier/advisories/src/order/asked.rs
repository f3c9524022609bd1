//! Which texts can be the version of something that is there. Orders read more than that: ranges, wildcards, placeholders and
//! the names of branches would get a place in them, and nobody would hear that it means nothing.

use std::str::FromStr as _;

use super::{MAX_VERSION, Order};

/// In no version: what ranges, wildcards, lists and placeholders are written with.
const NEVER: &str = "${}[](),*<>=|\"'`\\ ";
/// Digits of a commit's name.
const COMMIT: usize = 40;

impl Order {
    /// Whether `text` can be the version of a package that somebody has.
    pub(crate) fn is_version(self, text: &str) -> bool {
        let is_commit = text.len() == COMMIT && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if text.len() > MAX_VERSION || is_commit || !text.bytes().any(|byte| byte.is_ascii_digit()) {
            return false;
        }
        if text.chars().any(|c| NEVER.contains(c) || c.is_whitespace() || c.is_control()) {
            return false;
        }
        // These begin ranges, and stand inside of other versions.
        if text.starts_with(['^', '~']) {
            return false;
        }
        match self {
            Self::PyPi => pep440_rs::Version::from_str(text).is_ok(),
            Self::Packagist => !text.starts_with("dev-") && !text.ends_with("-dev"),
            Self::Debian | Self::Alpine => {
                let upstream = text.split_once(':').map_or(text, |(_, upstream)| upstream);
                upstream.starts_with(|c: char| c.is_ascii_digit())
            }
            Self::SemVer | Self::NuGet | Self::Pub => !has_wildcard(text),
            Self::Maven | Self::RubyGems | Self::Hackage | Self::Cran | Self::Rpm => !text.contains('!'),
        }
    }
}

/// `1.x`, which npm takes for a range.
fn has_wildcard(text: &str) -> bool {
    let core = text.split(['-', '+']).next().unwrap_or_default();
    core.split('.').any(|part| part.eq_ignore_ascii_case("x"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_generators_write_in_place_of_versions_is_none() {
        for (order, text) in [
            (Order::Maven, "${log4j.version}"),
            (Order::Maven, "LATEST"),
            (Order::Maven, "RELEASE"),
            (Order::Maven, "unspecified"),
            (Order::Maven, "[2.14.0,2.15)"),
            (Order::PyPi, "latest"),
            (Order::PyPi, "*"),
            (Order::PyPi, ">=1.0"),
            (Order::PyPi, "1.0-final-ish"),
            (Order::Packagist, "dev-main"),
            (Order::Packagist, "1.2.x-dev"),
            (Order::Packagist, "^1.0"),
            (Order::Debian, "latest"),
            (Order::Debian, "v1"),
            (Order::Alpine, "latest"),
            (Order::Rpm, "latest"),
            (Order::Rpm, "(none)"),
            (Order::SemVer, "1.x"),
            (Order::SemVer, "1.2.X"),
            (Order::SemVer, "x"),
            (Order::SemVer, "99d184a1e2f3b4c5d6e7f8091a2b3c4d5e6f7081"),
            (Order::SemVer, "1.0.0 || 2.0.0"),
            (Order::NuGet, "1.*"),
            (Order::RubyGems, ""),
        ] {
            assert!(!order.is_version(text), "{order:?} {text}");
        }
    }

    #[test]
    fn odd_versions_are_versions() {
        for (order, text) in [
            (Order::Maven, "2.0-rc1-SNAPSHOT"),
            (Order::Maven, "r09"),
            (Order::Maven, "Finchley.SR2"),
            (Order::PyPi, "1!2.0.post1+local.7"),
            (Order::PyPi, "2004.post0"),
            (Order::Packagist, "v1.2.3-beta.1"),
            (Order::Debian, "1:7.4.052-1ubuntu3~22.04.1"),
            (Order::Debian, "2.36+dfsg-1"),
            (Order::Alpine, "1.2.3_rc4-r5"),
            (Order::Rpm, "4.16.1.3-29.el9"),
            (Order::Rpm, "svn15878.0-5.fc39"),
            (Order::Rpm, "2:3.0^20230101git-1"),
            (Order::SemVer, "v0.0.0-20240101000000-abcdef012345"),
            (Order::SemVer, "1.0.0-x.7.z.92"),
            (Order::SemVer, "2.0.0+incompatible"),
            (Order::NuGet, "1.0.0.4-BETA"),
            (Order::Pub, "0.10.8+16"),
            (Order::Cran, "1.0-2"),
            (Order::RubyGems, "1.0.0.pre.1"),
        ] {
            assert!(order.is_version(text), "{order:?} {text}");
        }
    }
}
