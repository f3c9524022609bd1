//! What a check of components against advisories says.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::{Kind, Severity};
use crate::digest::DigestSet;
use crate::finding::{EvidenceRef, Finding};

/// `advisories check --format json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CheckReport {
    /// [`CheckReport::VERSION`]; fields are only ever added.
    pub report_version: u32,
    /// What was checked, as named.
    pub subject: String,
    /// What it was checked against.
    pub source: Source,
    /// What was looked up.
    pub components: Components,
    /// What affects it: one for each problem and package.
    pub matches: Vec<Match>,
    /// Packages that have advisories and whose version nobody says: neither affected nor not.
    pub unknown: Vec<Unknown>,
    /// What else there is to say.
    pub findings: Vec<Finding>,
}

/// Where the advisories come from.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Source {
    /// A snapshot on this machine.
    Snapshot {
        /// SHA-256 of its manifest, hex.
        digest: String,
        /// When its sources were last looked at.
        updated: Timestamp,
        /// Seconds from then to the check.
        age: i64,
        /// Advisories in it.
        records: u64,
        /// Whether its signature was verified.
        signed: bool,
    },
    /// The OSV API.
    Api {
        /// Its base address.
        url: String,
    },
}

/// What was looked up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Components {
    /// Packages in some version.
    pub checked: usize,
    /// Packages without one.
    pub without_version: usize,
    /// Components without a package URL that names a package of an ecosystem with advisories.
    pub unidentified: usize,
}

/// One problem of one package.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Match {
    /// The id that most people know it by: a CVE before a GHSA before others.
    pub id: String,
    /// Its other ids.
    pub aliases: Vec<String>,
    /// Vulnerabilities that its records are about, where these are a distribution's: what is known of them is known of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub upstream: Vec<String>,
    /// The records that say so, by their own ids.
    pub records: Vec<String>,
    /// The package, as the component names it.
    pub purl: String,
    /// The worst that a record says.
    pub kind: Kind,
    /// The worst that a record says.
    pub severity: Severity,
    /// CVSS, where a record has a vector.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// The vector of that score.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vector: Option<String>,
    /// Versions above the component's that mend it, ascending; empty where none does.
    pub fixed: Vec<String>,
    /// One line, in the words of a record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// Since when it is known to be exploited (CISA's catalogue), where the snapshot says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exploited_since: Option<String>,
    /// The probability of exploitation in the next 30 days (FIRST's EPSS), where the snapshot says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epss: Option<f64>,
}

impl Match {
    /// Whether somebody who names `ids` means it: by any of its ids; what is malicious by every `MAL-` id that it has, or by
    /// every record where it has none. An alias that was known before is no word about malware that came to it later.
    pub fn is_named(&self, ids: &[String]) -> bool {
        let mut own = std::iter::once(&self.id).chain(&self.aliases).chain(&self.records);
        if self.kind != Kind::Malicious {
            return own.any(|id| ids.contains(id));
        }
        let mut malware = own.filter(|id| id.starts_with("MAL-")).peekable();
        if malware.peek().is_some() {
            malware.all(|id| ids.contains(id))
        } else {
            self.records.iter().all(|id| ids.contains(id))
        }
    }
}

/// What a verification held against which advisories.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AdvisoriesReport {
    /// Of the snapshot's manifest.
    pub snapshot: DigestSet,
    /// RFC 3339; when its sources were last looked at.
    pub updated: String,
    /// Whole days from `updated` to `evaluatedAt`; 0 where that is the earlier one.
    pub age_days: u64,
    /// Advisories in it.
    pub records: u64,
    /// Whether its signature was verified.
    pub signed: bool,
    /// What was looked up.
    pub components: Components,
    /// What affects it: one for each problem and package, whether or not the policy refuses it.
    pub matches: Vec<Match>,
    /// What somebody says does not matter here, whom the policy believes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub suppressed: Vec<SuppressedMatch>,
    /// Packages that have advisories and whose version nobody says.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<Unknown>,
}

/// A problem of a package that does not count.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SuppressedMatch {
    /// The problem.
    #[serde(flatten)]
    pub found: Match,
    /// Who says so, and why.
    pub vex: VexReport,
}

/// One word of a VEX statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct VexReport {
    /// The policy's name for the signer.
    pub rule: String,
    /// Where the statement stands.
    pub evidence: EvidenceRef,
    /// `not_affected` or `fixed`.
    pub status: String,
    /// A justification, or a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// RFC 3339; when it was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
}

/// A package with advisories in no known version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Unknown {
    /// The package, as the component names it.
    pub purl: String,
    /// How many problems are known of it in some version.
    pub advisories: usize,
}

impl CheckReport {
    /// The version of this document.
    pub const VERSION: u32 = 1;

    /// Matches by kind, where there are any.
    pub fn by_kind(&self) -> BTreeMap<Kind, usize> {
        let mut counts = BTreeMap::new();
        for found in &self.matches {
            *counts.entry(found.kind).or_default() += 1;
        }
        counts
    }
}
