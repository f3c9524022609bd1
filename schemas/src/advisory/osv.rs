//! OSV records (<https://ossf.github.io/osv-schema/>, 1.7.5), as far as deciding needs them.
//!
//! Written by many hands, so what is not needed may be anything: unknown members, ecosystems and types are no error.
//! What is needed must be as the schema says, so that no record is half understood. What is only shown, and ranges of commits,
//! may be odd: they are left out, and the record counts.

use jiff::Timestamp;
use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::canonical::{Json, Limits};

/// The type of ranges whose versions are commits.
pub const GIT: &str = "GIT";

/// One advisory.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Record {
    /// `GHSA-…`, `MAL-…`, `RUSTSEC-…`, ….
    pub id: String,
    /// When the record was last changed.
    pub modified: Timestamp,
    /// When it was taken back, if it was.
    #[serde(default)]
    pub withdrawn: Option<Timestamp>,
    /// Ids of the same problem elsewhere.
    #[serde(default, deserialize_with = "nullable")]
    pub aliases: Vec<String>,
    /// Ids of what it is about elsewhere: of a distribution's record the vulnerabilities that it means.
    #[serde(default, deserialize_with = "nullable")]
    pub upstream: Vec<String>,
    /// One line.
    #[serde(default)]
    pub summary: Option<String>,
    /// How bad it is, for all packages.
    #[serde(default, deserialize_with = "nullable")]
    pub severity: Vec<Rating>,
    /// Which packages.
    #[serde(default, deserialize_with = "nullable")]
    pub affected: Vec<Affected>,
    /// What the database adds.
    #[serde(default)]
    pub database_specific: Specific,
}

/// One package in some versions.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Affected {
    /// Absent where only a repository is named.
    #[serde(default)]
    pub package: Option<Package>,
    /// Versions by name.
    #[serde(default, deserialize_with = "nullable")]
    pub versions: Vec<String>,
    /// Versions by order.
    #[serde(default, deserialize_with = "nullable")]
    pub ranges: Vec<Range>,
    /// How bad it is for this package.
    #[serde(default, deserialize_with = "nullable")]
    pub severity: Vec<Rating>,
    /// What the database adds.
    #[serde(default)]
    pub database_specific: Specific,
}

/// Which package.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Package {
    /// `npm`, `Debian:12`, ….
    pub ecosystem: String,
    /// As the ecosystem writes it.
    pub name: String,
}

/// Versions by order.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Range {
    /// `SEMVER`, `ECOSYSTEM`, `GIT`, or something newer.
    #[serde(rename = "type")]
    pub type_: String,
    /// In any order.
    pub events: Vec<Event>,
}

/// A change from one version on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Wire")]
pub enum Event {
    /// Affected from here on; `0` is before every version.
    Introduced(String),
    /// Not affected from here on.
    Fixed(String),
    /// Not affected after this.
    LastAffected(String),
    /// Nothing is said from here on; `*` is after every version.
    Limit(String),
}

/// A severity in the words of a scheme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rating {
    /// `CVSS_V2`, `CVSS_V3`, `CVSS_V4`, `Ubuntu`, ….
    #[serde(rename = "type")]
    pub type_: String,
    /// A vector, or a word.
    pub score: String,
}

/// What databases add and we use. Anything of another shape is as if it were absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Specific {
    /// `LOW`, `MODERATE`, `HIGH`, `CRITICAL` (GitHub).
    pub severity: Option<String>,
    /// `unsound`, `unmaintained`, `notice` (RustSec).
    pub informational: Option<String>,
    /// `malicious` among others (RustSec).
    pub categories: Vec<String>,
    /// Weaknesses, `CWE-506` say (GitHub).
    pub cwe_ids: Vec<String>,
}

#[derive(Deserialize)]
struct Wire {
    introduced: Option<String>,
    fixed: Option<String>,
    last_affected: Option<String>,
    limit: Option<String>,
}

impl TryFrom<Wire> for Event {
    type Error = &'static str;

    fn try_from(wire: Wire) -> Result<Self, Self::Error> {
        match (wire.introduced, wire.fixed, wire.last_affected, wire.limit) {
            (Some(version), None, None, None) => Ok(Self::Introduced(version)),
            (None, Some(version), None, None) => Ok(Self::Fixed(version)),
            (None, None, Some(version), None) => Ok(Self::LastAffected(version)),
            (None, None, None, Some(version)) => Ok(Self::Limit(version)),
            _ => Err("an event says one thing"),
        }
    }
}

impl Record {
    /// Reads one record and holds it to what the schema demands of the members that count.
    ///
    /// # Errors
    /// Bytes that are no record: not JSON, a member missing or of another type, an event that says two things, an empty id
    /// or name.
    pub fn parse(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes).and_then(Self::held).or_else(|error| {
            // Which of two members of one name is meant nobody knows.
            if Json::parse(bytes, Limits::bytes(bytes.len())).is_err() {
                return Err(error);
            }
            let read = serde_json::from_slice(bytes).map(without_odd).and_then(serde_json::from_value);
            read.and_then(Self::held).map_err(|_| error)
        })
    }

    fn held(mut self) -> Result<Self, serde_json::Error> {
        // All that have an empty one would be one problem.
        self.aliases.retain(|alias| !alias.trim().is_empty());
        let packages = self.affected.iter().filter_map(|affected| affected.package.as_ref());
        let empty =
            packages.into_iter().any(|package| package.ecosystem.is_empty() || package.name.is_empty());
        if self.id.is_empty() || empty {
            return Err(serde_json::Error::custom("an id, an ecosystem or a name is empty"));
        }
        let ranges = self.affected.iter().flat_map(|affected| &affected.ranges);
        let open = |range: &&Range| !range.events.iter().any(|event| matches!(event, Event::Introduced(_)));
        if ranges.filter(|range| range.type_ != GIT).any(|range| open(&range)) {
            return Err(serde_json::Error::custom("a range has no `introduced`"));
        }
        self.within_limits().map_err(serde_json::Error::custom)?;
        Ok(self)
    }
}

/// A record without what nothing is decided by and that is not as the schema says: events of commits, ratings (without one the
/// severity is unknown, which no threshold lets pass) and the summary.
fn without_odd(mut record: Value) -> Value {
    let affected = record.get_mut("affected").and_then(Value::as_array_mut).into_iter().flatten();
    for affected in affected {
        let ranges = affected.get_mut("ranges").and_then(Value::as_array_mut).into_iter().flatten();
        for range in ranges.filter(|range| range.get("type").and_then(Value::as_str) == Some(GIT)) {
            range.as_object_mut().map(|range| range.insert("events".to_owned(), Value::Array(Vec::new())));
        }
        leave_odd_ratings(affected);
    }
    leave_odd_ratings(&mut record);
    if let Some(record) = record.as_object_mut()
        && record.get("summary").is_some_and(|summary| !summary.is_string())
    {
        record.remove("summary");
    }
    record
}

fn leave_odd_ratings(of: &mut Value) {
    let is_rating = |rating: &Value| {
        ["type", "score"].iter().all(|member| rating.get(member).is_some_and(Value::is_string))
    };
    match of.get_mut("severity") {
        Some(Value::Array(ratings)) => ratings.retain(is_rating),
        Some(other) => *other = Value::Null,
        None => {}
    }
}

/// Other ids of one problem at the most. Real ones have a dozen, and each match tells all of them.
const MAX_ALIASES: usize = 1000;
/// Events of one record at the most. Real ones have some hundred, those of kernels some thousand; each is read with every look.
const MAX_EVENTS: usize = 10_000;
/// Bytes of the version of an event at the most. The longest of 40,899 real records has 96.
const MAX_VERSION: usize = 256;

impl Record {
    /// What is made to cost whoever looks is none.
    fn within_limits(&self) -> Result<(), &'static str> {
        if self.aliases.len() > MAX_ALIASES {
            return Err("more than 1000 aliases");
        }
        let ranges = self.affected.iter().flat_map(|affected| &affected.ranges);
        let (mut events, mut longest) = (0, 0);
        for event in ranges.flat_map(|range| &range.events) {
            let (Event::Introduced(version)
            | Event::Fixed(version)
            | Event::LastAffected(version)
            | Event::Limit(version)) = event;
            events += 1;
            longest = longest.max(version.len());
        }
        if events > MAX_EVENTS {
            return Err("more than 10,000 events");
        }
        if longest > MAX_VERSION {
            return Err("a version of more than 256 bytes");
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Specific {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        let text = |key: &str| value.get(key).and_then(|text| text.as_str()).map(str::to_owned);
        let texts = |key: &str| {
            let list = value.get(key).and_then(|list| list.as_array()).into_iter().flatten();
            list.filter_map(|text| text.as_str().map(str::to_owned)).collect()
        };
        Ok(Self {
            severity: text("severity"),
            informational: text("informational"),
            categories: texts("categories"),
            cwe_ids: texts("cwe_ids"),
        })
    }
}

/// `null` as if the member were absent: some databases write it so.
fn nullable<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(members: &str) -> Result<Record, serde_json::Error> {
        Record::parse(format!(r#"{{"id":"A-1","modified":"0001-01-01T00:00:00Z"{members}}}"#).as_bytes())
    }

    #[test]
    fn what_is_not_needed_may_be_anything() {
        let read = record(
            r#","schema_version":"9.9","new":{"x":[1]},"severity":null,"database_specific":"text","affected":[
            {"package":{"ecosystem":"Nowhere:7","name":"a","purl":"pkg:x/a"},"versions":null,"ecosystem_specific":[],
             "ranges":[{"type":"NEW","events":[{"introduced":"0"}],"database_specific":{}}],
             "database_specific":{"informational":null,"categories":["malicious",1]}},{}]"#,
        )
        .unwrap();
        assert_eq!(read.affected.len(), 2);
        assert_eq!(read.affected[0].database_specific.categories, ["malicious"]);
        assert_eq!(read.database_specific, Specific::default());
    }

    #[test]
    fn what_is_odd_and_decides_nothing_costs_no_record() {
        let package = r#""package":{"ecosystem":"npm","name":"a"}"#;
        let range = r#"{"type":"SEMVER","events":[{"introduced":"0"}]}"#;
        for events in [
            r#","events":[{"fixed":"abc"}]"#,
            r#","events":[]"#,
            "",
            r#","events":null"#,
            r#","events":[{"introduced":"0","fixed":"abc"}]"#,
        ] {
            let git = format!(r#"{{"type":"GIT","repo":"https://git.example/a"{events}}}"#);
            let read = record(&format!(r#","affected":[{{{package},"ranges":[{git},{range}]}}]"#)).unwrap();
            assert_eq!(read.affected[0].ranges[1].events, [Event::Introduced("0".into())], "{events}");
        }
        let odd = r#"{"type":"CVSS_V3","score":9.8}"#;
        let good = r#"{"type":"Ubuntu","score":"low"}"#;
        let members = format!(
            r#","summary":5,"severity":[{odd},{good},1],"affected":[{{{package},"severity":{odd},"ranges":[{range}]}}]"#
        );
        let read = record(&members).unwrap();
        assert_eq!((read.summary, read.severity.len()), (None, 1));
        assert_eq!((read.affected[0].severity.len(), read.affected[0].ranges.len()), (0, 1));
        // A range of versions is what decides.
        let odd = r#"{"type":"SEMVER","events":[{"fixed":"1"}]}"#;
        assert!(record(&format!(r#","summary":5,"affected":[{{{package},"ranges":[{odd}]}}]"#)).is_err());
    }

    #[test]
    fn what_is_needed_must_be_as_the_schema_says() {
        let range = |events: &str| {
            record(&format!(
                r#","affected":[{{"package":{{"ecosystem":"npm","name":"a"}},"ranges":[{{"type":"SEMVER","events":[{events}]}}]}}]"#
            ))
        };
        assert!(range(r#"{"introduced":"0"},{"limit":"*"}"#).is_ok());
        for bad in [
            "",
            "{}",
            r#"{"fixed":"1"}"#,
            r#"{"introduced":"0","fixed":"1"}"#,
            r#"{"introduced":0}"#,
            r#"{"new":"1"}"#,
        ] {
            assert!(range(bad).is_err(), "{bad}");
        }
        assert!(record(r#","affected":[{"package":{"ecosystem":"npm","name":""}}]"#).is_err());
        assert!(record(r#","affected":[{"package":{"ecosystem":"npm"}}]"#).is_err());
        assert!(record(r#","aliases":"CVE-1""#).is_err());
        assert_eq!(record(r#","aliases":[""," ","CVE-1"]"#).unwrap().aliases, ["CVE-1"]);
        assert!(record(r#","summary":5,"id":"A-2""#).is_err(), "said twice");
        assert!(record(r#","id":"A-2""#).is_err(), "said twice");
        // What is made to cost whoever looks.
        let many = |event: &str, count: usize| range(&vec![event; count].join(","));
        assert!(many(r#"{"introduced":"0"}"#, MAX_EVENTS).is_ok());
        assert!(many(r#"{"introduced":"0"}"#, MAX_EVENTS + 1).is_err());
        assert!(range(&format!(r#"{{"introduced":"{}"}}"#, "1".repeat(MAX_VERSION + 1))).is_err());
        let aliases = |count: usize| record(&format!(r#","aliases":[{}]"#, vec![r#""B""#; count].join(",")));
        assert!(aliases(MAX_ALIASES).is_ok() && aliases(MAX_ALIASES + 1).is_err());
        assert!(Record::parse(br#"{"id":"A-1"}"#).is_err());
        assert!(Record::parse(br#"{"id":"","modified":"2026-01-01T00:00:00Z"}"#).is_err());
        assert!(Record::parse(format!("{}1", "[".repeat(10_000)).as_bytes()).is_err());
    }
}
