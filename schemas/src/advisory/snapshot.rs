//! The dated manifest of a snapshot: what it was made of, and the digests by which it is held to that.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::digest::Sha256Digest;

/// `schema` of the manifests that we write and read.
pub const SCHEMA: &str = "https://mcpsign.dev/advisory-snapshot/v1";

/// `manifest.json` of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SnapshotManifest {
    /// [`SCHEMA`].
    pub schema: String,
    /// When the source was looked at that was not for the longest time; whole seconds.
    pub updated: Timestamp,
    /// What made it.
    pub tool: String,
    /// The file with the advisories.
    pub index: IndexFile,
    /// One segment a source, by its name.
    pub segments: BTreeMap<String, Segment>,
    /// Lists that enrich records, by what they are: `kev`, `epss`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub enrichment: BTreeMap<String, Enrichment>,
}

/// The file with the advisories.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IndexFile {
    /// Its name, beside the manifest.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// Of the whole file.
    pub sha256: Sha256Digest,
    /// Of the table of digests of blocks, with which the file ends: what is read later is held to it.
    pub blocks_sha256: Sha256Digest,
}

/// What one source came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Segment {
    /// Where it came from: a path or an address, without what may be secret.
    pub source: String,
    /// Of the source's bytes.
    pub sha256: Sha256Digest,
    /// When it was last looked at; whole seconds. Absent where that was when the snapshot was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated: Option<Timestamp>,
    /// `ETag` of the source, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// The newest `modified` of its records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest: Option<Timestamp>,
    /// The ecosystems of which packages were taken, where it was narrowed to some (`Debian`, `Debian:12`); else all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ecosystems: Vec<String>,
    /// Of distributions each release that its records name, as they name it (`Debian:12`), and the distribution alone where some
    /// name none: of other releases it has nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub releases: Vec<String>,
    /// How its records fared.
    pub counts: Counts,
    /// Where its names lie in the index, in bytes.
    pub names: Span,
    /// Where its packages lie.
    pub packages: Span,
    /// Where its records lie.
    pub records: Span,
}

/// A part of a file, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Span {
    /// Where it starts.
    pub offset: u64,
    /// How long it is.
    pub size: u64,
}

/// How the records of a source fared. Each record is counted in exactly one of the first three, but for those of other ecosystems
/// than were asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Counts {
    /// In the index.
    pub records: u64,
    /// Taken back, and left out.
    pub withdrawn: u64,
    /// Not understood, and left out.
    pub unparsed: u64,
    /// Packages that have an advisory.
    pub packages: u64,
    /// Ranges of commits, which no version can be held against.
    pub git_ranges: u64,
    /// Ranges whose versions have no order that we know: of such a record only enumerated versions match.
    pub unordered_ranges: u64,
    /// Records that say to have been changed after the snapshot was made.
    pub from_the_future: u64,
}

/// A list that enriches records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Enrichment {
    /// Where it came from.
    pub source: String,
    /// Of its bytes.
    pub sha256: Sha256Digest,
    /// When its publisher says to have made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released: Option<Timestamp>,
    /// Entries in it.
    pub entries: u64,
    /// Where they lie in the index, in bytes.
    pub names: Span,
}
