//! Version ranges as `vers:npm/>=1.0.0|<1.4.1` writes them (the VERS specification of package-url), in the order of the
//! ecosystem that they name.

use std::cmp::Ordering;

use mcpsign_schemas::purl::Purl;
use percent_encoding::percent_decode_str;

use crate::ecosystem;
use crate::order::{MAX_VERSION, Order};

/// Constraints of one range at the most: a release line has a few, and nobody lists more versions than this one by one.
const MAX_CONSTRAINTS: usize = 256;

/// A range of versions of one type of packages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vers {
    order: Order,
    /// In ascending order of versions, none twice; empty for `*`.
    constraints: Vec<(Comparator, String)>,
}

/// How a version is held against a constraint's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A text that is no range, or one that could be read in two ways.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VersError {
    /// Not `vers:TYPE/CONSTRAINTS`.
    #[error("it is not of the form `vers:TYPE/CONSTRAINTS`")]
    Form,
    /// A range of other packages.
    #[error("it is a range of `{found}` versions, not of `{expected}`")]
    Scheme {
        /// The package's type.
        expected: String,
        /// The range's.
        found: String,
    },
    /// Nobody knows which of two versions of this type is the newer one.
    #[error("versions of `{0}` packages have no order that is known here")]
    NoOrder(String),
    /// More constraints than are read.
    #[error("{0} constraints, more than the {MAX_CONSTRAINTS} that are read")]
    TooMany(usize),
    /// Empty, or no version in the type's order.
    #[error("`{0}` is no version of this type")]
    Version(String),
    /// A version twice, or before a lower one.
    #[error("its versions do not ascend: `{0}`")]
    Ascending(String),
    /// Two lower bounds, or two upper ones, in a row: one of them would mean nothing.
    #[error("`{0}` bounds what is bounded already")]
    Bounds(String),
}

impl Vers {
    /// Reads a range of versions of `package`.
    ///
    /// # Errors
    /// See [`VersError`]; a range that cannot be read whole is none.
    pub fn parse(text: &str, package: &Purl) -> Result<Self, VersError> {
        let rest = text.strip_prefix("vers:").ok_or(VersError::Form)?;
        let (scheme, rest) = rest.split_once('/').ok_or(VersError::Form)?;
        if scheme != package.ty() {
            return Err(VersError::Scheme { expected: package.ty().into(), found: scheme.into() });
        }
        let order = ecosystem::order_of(package).ok_or_else(|| VersError::NoOrder(scheme.into()))?;
        if rest == "*" {
            return Ok(Self { order, constraints: Vec::new() });
        }
        let parts: Vec<&str> = rest.split('|').collect();
        if parts.len() > MAX_CONSTRAINTS {
            return Err(VersError::TooMany(parts.len()));
        }
        let constraints: Vec<_> =
            parts.into_iter().map(|part| constraint(part, order)).collect::<Result<_, _>>()?;
        let vers = Self { order, constraints };
        vers.ascends()?;
        vers.bounds_alternate()?;
        Ok(vers)
    }

    /// Whether `version` lies in the range; `None` where it is no version of this type.
    ///
    /// 1. A version that a `=` names is in, one that a `!=` names is not.
    /// 2. Otherwise it is in if it lies between a lower bound and the upper one behind it; without a bound on one side,
    ///    there is none. `!=` alone leaves in whatever it does not name.
    pub fn contains(&self, version: &str) -> Option<bool> {
        self.order.parse(version)?;
        let mut above = !self.constraints.iter().any(|(comparator, _)| *comparator == Comparator::Equal);
        if let Some((first, _)) = self.bounds().next() {
            above = first.is_upper();
        }
        for (comparator, bound) in &self.constraints {
            let found = self.order.compare(version, bound)?;
            match comparator {
                Comparator::Equal if found.is_eq() => return Some(true),
                Comparator::NotEqual if found.is_eq() => return Some(false),
                _ => {}
            }
        }
        for (comparator, bound) in self.bounds() {
            let found = self.order.compare(version, bound)?;
            match comparator {
                Comparator::Less if above && found.is_lt() => return Some(true),
                Comparator::LessOrEqual if above && found.is_le() => return Some(true),
                Comparator::Greater => above = found.is_gt(),
                Comparator::GreaterOrEqual => above = found.is_ge(),
                _ => above = false,
            }
        }
        Some(above)
    }

    fn bounds(&self) -> impl Iterator<Item = (Comparator, &str)> {
        let bounds = |(comparator, _): &&(Comparator, String)| comparator.is_bound();
        self.constraints.iter().filter(bounds).map(|(comparator, version)| (*comparator, version.as_str()))
    }

    fn ascends(&self) -> Result<(), VersError> {
        for pair in self.constraints.windows(2) {
            let [(_, lower), (_, upper)] = pair else { continue };
            if self.order.compare(lower, upper) != Some(Ordering::Less) {
                return Err(VersError::Ascending(upper.clone()));
            }
        }
        Ok(())
    }

    fn bounds_alternate(&self) -> Result<(), VersError> {
        let mut last = None;
        for (comparator, version) in self.bounds() {
            if last == Some(comparator.is_upper()) {
                return Err(VersError::Bounds(version.to_owned()));
            }
            last = Some(comparator.is_upper());
        }
        Ok(())
    }
}

impl Comparator {
    const fn is_upper(self) -> bool {
        matches!(self, Self::Less | Self::LessOrEqual)
    }

    const fn is_bound(self) -> bool {
        !matches!(self, Self::Equal | Self::NotEqual)
    }
}

/// One constraint: a comparator, `=` where there is none, and a version, percent-encoded.
fn constraint(text: &str, order: Order) -> Result<(Comparator, String), VersError> {
    let (comparator, version) = [
        (">=", Comparator::GreaterOrEqual),
        ("<=", Comparator::LessOrEqual),
        ("!=", Comparator::NotEqual),
        (">", Comparator::Greater),
        ("<", Comparator::Less),
        ("=", Comparator::Equal),
    ]
    .into_iter()
    .find_map(|(sign, comparator)| Some((comparator, text.strip_prefix(sign)?)))
    .unwrap_or((Comparator::Equal, text));
    let shown = || VersError::Version(version.chars().take(MAX_VERSION).collect());
    let decoded = percent_decode_str(version).decode_utf8().map_err(|_| shown())?;
    // What is left of a comparator that nobody knows would be read as a part of the version.
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && !"<>=!*|".contains(c);
    if decoded.is_empty() || !decoded.chars().all(plain) || order.parse(&decoded).is_none() {
        return Err(shown());
    }
    Ok((comparator, decoded.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package() -> Purl {
        Purl::parse("pkg:npm/a").unwrap()
    }

    fn contains(range: &str, version: &str) -> Option<bool> {
        Vers::parse(range, &package()).unwrap().contains(version)
    }

    #[test]
    fn bounds_exceptions_and_single_versions() {
        for (range, inside, outside) in [
            ("vers:npm/*", &["0.0.1", "9.0.0"][..], &[][..]),
            ("vers:npm/<1.4.1", &["1.4.0", "0.0.1", "1.4.1-rc.1"], &["1.4.1", "2.0.0"]),
            ("vers:npm/<=1.4.1", &["1.4.1"], &["1.4.2"]),
            ("vers:npm/>1.0.0", &["1.0.1", "9.0.0"], &["1.0.0", "0.9.0"]),
            ("vers:npm/>=1.0.0|<1.4.1", &["1.0.0", "1.4.0"], &["0.9.0", "1.4.1", "9.0.0"]),
            ("vers:npm/1.2.3", &["1.2.3"], &["1.2.4", "1.2.2"]),
            ("vers:npm/=1.2.3|2.0.0", &["1.2.3", "2.0.0"], &["1.5.0"]),
            ("vers:npm/!=1.2.3", &["1.2.2"], &["1.2.3"]),
            ("vers:npm/1.0.0|!=1.2.3", &["1.0.0"], &["1.2.3", "1.1.0"]),
            ("vers:npm/<1.0.0|>=2.0.0|<3.0.0", &["0.9.0", "2.0.0"], &["1.0.0", "1.5.0", "3.0.0"]),
            ("vers:npm/>=1.0.0|!=1.5.0|<2.0.0|3.0.0", &["1.0.0", "3.0.0"], &["1.5.0", "2.0.0", "3.0.1"]),
            ("vers:npm/<1.0.0|2.0.0|>3.0.0", &["0.1.0", "2.0.0", "4.0.0"], &["1.0.0", "3.0.0"]),
            ("vers:npm/1.0.0%2Bbuild", &["1.0.0+build"], &["1.0.1"]),
        ] {
            for version in inside {
                assert_eq!(contains(range, version), Some(true), "{version} in {range}");
            }
            for version in outside {
                assert_eq!(contains(range, version), Some(false), "{version} in {range}");
            }
        }
        assert_eq!(contains("vers:npm/<1.0.0", "next"), None);
        let pypi = Purl::parse("pkg:pypi/a").unwrap();
        assert_eq!(Vers::parse("vers:pypi/<2.0", &pypi).unwrap().contains("2.0.dev1"), Some(true));
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_no_range() {
        for bad in [
            "",
            "npm/<1.0.0",
            "vers:npm",
            "vers:npm/",
            "vers:npm/|",
            "vers:npm/<",
            "vers:npm/<1.0.0|",
            "vers:npm/~1.0.0",
            "vers:npm/^1.0.0",
            "vers:npm/==1.0.0",
            "vers:npm/>>1.0.0",
            "vers:npm/< 1.0.0",
            "vers:npm/next",
            "vers:pypi/<1.0.0",
            "vers:NPM/<1.0.0",
            "vers:npm/*|1.0.0",
            "vers:npm/1.*",
            "vers:npm/1.0.0|1.0.0",
            "vers:npm/<2.0.0|>1.0.0",
            "vers:npm/>1.0.0|>2.0.0",
            "vers:npm/<1.0.0|<2.0.0",
            "vers:npm/%FF",
        ] {
            assert!(Vers::parse(bad, &package()).is_err(), "{bad}");
        }
        let oci = Purl::parse("pkg:oci/a").unwrap();
        assert_eq!(Vers::parse("vers:oci/<1", &oci), Err(VersError::NoOrder("oci".into())));
        let many = format!("vers:npm/{}", vec!["1.0.0"; MAX_CONSTRAINTS + 1].join("|"));
        assert_eq!(Vers::parse(&many, &package()), Err(VersError::TooMany(MAX_CONSTRAINTS + 1)));
    }
}
