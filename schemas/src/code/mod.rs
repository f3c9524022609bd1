//! The one table of codes. Each is stable, `family/what` in kebab case, and documented in `spec/report.md`.
//!
//! One file a family, but for those of [`crate::lint`], each of which stands with its rule; [`Code::all`] joins them. A test demands that every code here has its section in the
//! specification and that none there is unknown here.

pub mod advisories;
pub mod attest;
pub mod capture;
pub mod evidence;
pub mod freshness;
pub mod identity;
pub mod manifest;
pub mod policy;
pub mod provenance;
pub mod sbom;
pub mod signature;
pub mod subject;

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

/// A reason code: a reference into the table, compared by its id.
#[derive(Clone, Copy)]
pub struct Code(pub(crate) &'static Entry);

/// What the table says of one code.
#[derive(Debug)]
pub struct Entry {
    /// `family/what`.
    pub id: &'static str,
    /// What it weighs unless the place that finds it says otherwise.
    pub level: Level,
    /// One line: what happened.
    pub title: &'static str,
    /// Why that happens.
    pub cause: &'static str,
    /// What to do.
    pub cure: &'static str,
    /// OWASP MCP Top 10 (`MCP01`…`MCP10`), OWASP AISVS (`C10.…`) and SAFE-MCP (`SAFE-T…`, `SAFE-M…`) ids it serves.
    pub tags: &'static [&'static str],
}

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Said for completeness.
    Note,
    /// Deserves a look; decides nothing.
    Warning,
    /// The stage that found it did not pass.
    Error,
}

impl Code {
    /// Every code, by family, in the order of the tables.
    pub fn all() -> impl Iterator<Item = Self> {
        [
            signature::ALL,
            identity::ALL,
            provenance::ALL,
            subject::ALL,
            manifest::ALL,
            sbom::ALL,
            advisories::ALL,
            freshness::ALL,
            evidence::ALL,
            policy::ALL,
            capture::ALL,
            attest::ALL,
        ]
        .into_iter()
        .flatten()
        .copied()
        .chain(crate::lint::RULES.iter().map(|rule| rule.code))
    }

    /// The code spelled `id`.
    pub fn find(id: &str) -> Option<Self> {
        Self::all().find(|code| code.id == id)
    }
}

impl std::ops::Deref for Code {
    type Target = Entry;

    fn deref(&self) -> &Entry {
        self.0
    }
}

impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        self.0.id == other.0.id
    }
}

impl Eq for Code {}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.id)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.id)
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.id)
    }
}

/// Declares one code.
macro_rules! code {
    ($vis:vis $name:ident = $id:literal, $level:ident, $title:literal,
        cause: $cause:literal, cure: $cure:literal, tags: [$($tag:literal),*]) => {
        #[doc = $title]
        $vis const $name: $crate::code::Code = $crate::code::Code(&$crate::code::Entry {
            id: $id,
            level: $crate::code::Level::$level,
            title: $title,
            cause: $cause,
            cure: $cure,
            tags: &[$($tag),*],
        });
    };
}
pub(crate) use code;

/// Declares a family: one constant a code and the family's `ALL`.
macro_rules! codes {
    ($($name:ident = $id:literal, $level:ident, $title:literal,
        cause: $cause:literal, cure: $cure:literal, tags: [$($tag:literal),*];)+) => {
        $($crate::code::code! { pub $name = $id, $level, $title, cause: $cause, cure: $cure, tags: [$($tag),*] })+
        /// Every code of this family.
        pub(super) const ALL: &[$crate::code::Code] = &[$($name),+];
    };
}
use codes;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_well_formed() {
        let mut seen = std::collections::BTreeSet::new();
        for code in Code::all() {
            assert!(seen.insert(code.id), "{code} stands twice");
            let (family, what) = code.id.split_once('/').expect("family/what");
            for part in [family, what] {
                assert!(
                    !part.is_empty()
                        && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
                    "{code}"
                );
            }
            for text in [code.title, code.cause, code.cure] {
                assert!(!text.is_empty() && !text.ends_with('.'), "{code}: {text}");
            }
            assert_eq!(Code::find(code.id), Some(code));
        }
    }
}
