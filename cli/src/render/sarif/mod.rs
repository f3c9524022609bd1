//! SARIF 2.1.0, for code-scanning dashboards: another rendering of what is shown to people and printed as JSON.
//!
//! `spec/sarif.md` says what stands where. One log holds one run; a rule stands in it if it has a result.

mod advisories;
mod difference;
mod lint;
mod report;
mod rule;

use std::collections::BTreeMap;

use mcpsign_schemas::code::Level;
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::surface::ItemKind;
use mcpsign_schemas::untrusted::Untrusted;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

pub(crate) use advisories::advisories;
pub(crate) use difference::difference;
pub(crate) use lint::lint;
pub(crate) use report::Reports;
pub(crate) use rule::Rule;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::json;

/// Characters of one message: dashboards cut at 1,024.
const MESSAGE: usize = 1000;
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
/// Where what was looked at is no file: a server that was started.
pub(crate) const SERVER: &str = "server";

/// One run on its way out.
pub(crate) struct Log {
    /// The command, the category under which dashboards keep its results.
    command: &'static str,
    results: Vec<Entry>,
    /// Why parts of what was asked could not be answered; escaped.
    failures: Vec<String>,
    properties: Value,
}

/// What becomes a result.
struct Entry {
    rule: Rule,
    level: Level,
    /// Escaped, bounded.
    message: String,
    /// File, address or name of what it is about, and the line in it.
    artifact: (String, u32),
    place: Option<(ItemKind, String, String)>,
    /// What tells it from others of the same rule and place.
    identity: String,
}

impl Log {
    fn new(command: &'static str, properties: Value) -> Self {
        Self { command, results: Vec::new(), failures: Vec::new(), properties }
    }

    /// The document, compact, with a line end.
    ///
    /// # Errors
    /// When a value cannot be JSON, which the types that are shown here exclude.
    pub(crate) fn line(&self, exit: Exit) -> Result<String, Failure> {
        let mut rules: BTreeMap<&str, &Rule> = BTreeMap::new();
        for entry in &self.results {
            rules.entry(&entry.rule.id).or_insert(&entry.rule);
        }
        let index: BTreeMap<&str, usize> = rules.keys().enumerate().map(|(n, id)| (*id, n)).collect();
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        let results: Vec<Value> = self
            .results
            .iter()
            .map(|entry| {
                let count = seen.entry(entry.fingerprint()).or_default();
                *count += 1;
                entry.to_value(index.get(entry.rule.id.as_str()).copied(), *count)
            })
            .collect();
        let notifications: Vec<Value> = self
            .failures
            .iter()
            .map(|text| json!({ "level": "error", "message": { "text": text } }))
            .collect();
        json::line(&json!({
            "$schema": SCHEMA,
            "version": "2.1.0",
            "runs": [ {
                "tool": { "driver": {
                    "name": "mcpsign",
                    "version": env!("CARGO_PKG_VERSION"),
                    "semanticVersion": env!("CARGO_PKG_VERSION"),
                    "informationUri": env!("CARGO_PKG_REPOSITORY"),
                    "rules": rules.values().map(|rule| rule.to_value()).collect::<Vec<_>>(),
                } },
                "automationDetails": { "id": format!("mcpsign/{}/", self.command) },
                "invocations": [ {
                    "executionSuccessful": self.failures.is_empty(),
                    "exitCode": exit.code(),
                    "toolExecutionNotifications": notifications,
                } ],
                "results": results,
                "properties": self.properties,
            } ],
        }))
    }
}

impl Entry {
    fn to_value(&self, rule: Option<usize>, count: usize) -> Value {
        let (artifact, line) = &self.artifact;
        let mut location = json!({ "physicalLocation": {
            "artifactLocation": { "uri": uri(artifact) },
            "region": { "startLine": line },
        } });
        if let (Some((kind, name, pointer)), Some(location)) = (&self.place, location.as_object_mut()) {
            let name = Untrusted::new(name).to_string();
            let whole = format!("{kind}/{name}{}", if pointer.is_empty() { "" } else { "#" });
            let pointer = Untrusted::bounded(pointer, MESSAGE).to_string();
            let logical = json!([ {
                "name": name,
                "kind": if pointer.is_empty() { "object" } else { "value" },
                "fullyQualifiedName": format!("{whole}{pointer}"),
                "properties": { "itemKind": kind, "pointer": pointer },
            } ]);
            location.insert("logicalLocations".into(), logical);
        }
        let mut result = Map::new();
        result.insert("ruleId".into(), self.rule.id.as_str().into());
        result.insert("ruleIndex".into(), rule.into());
        result.insert("level".into(), word(self.level).into());
        result.insert("message".into(), json!({ "text": self.message }));
        result.insert("locations".into(), json!([location]));
        let fingerprint = format!("{}:{count}", self.fingerprint());
        result.insert("partialFingerprints".into(), json!({ "mcpsign/v1": fingerprint }));
        result.into()
    }

    /// The same as long as it is the same thing about the same place: neither wording nor line count.
    fn fingerprint(&self) -> String {
        let (artifact, _) = &self.artifact;
        let place = self.place.as_ref().map(|(kind, name, pointer)| json!([kind, name, pointer]));
        let parts = json!([self.rule.id, artifact, place, self.identity]);
        let digest = Sha256Digest::of(parts.to_string().as_bytes()).to_string();
        digest.get(..32).unwrap_or(&digest).to_owned()
    }
}

const fn word(level: Level) -> &'static str {
    match level {
        Level::Note => "note",
        Level::Warning => "warning",
        Level::Error => "error",
    }
}

/// Text from outside, as one message may show it.
fn bounded(text: &str) -> String {
    Untrusted::bounded(text, MESSAGE).to_string()
}

/// A path or reference as a URI: what is an address stays one, absolute paths become `file:`.
fn uri(artifact: &str) -> String {
    /// Unreserved characters of RFC 3986, and the separators of paths.
    const PATH: &AsciiSet =
        &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');
    /// Those of an address as well; what is encoded stays so.
    const ADDRESS: &AsciiSet = &PATH
        .remove(b':')
        .remove(b'@')
        .remove(b'?')
        .remove(b'=')
        .remove(b'&')
        .remove(b'%')
        .remove(b'+')
        .remove(b',');
    let scheme = artifact.split_once(':').map(|(scheme, _)| scheme).filter(|scheme| {
        scheme.len() > 1
            && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '.' | '-'))
    });
    match scheme {
        Some(_) => utf8_percent_encode(artifact, ADDRESS).to_string(),
        None if artifact.starts_with('/') => format!("file://{}", utf8_percent_encode(artifact, PATH)),
        None => utf8_percent_encode(artifact, PATH).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_references_become_uris() {
        for (artifact, expected) in [
            ("a b/c#d.tgz", "a%20b/c%23d.tgz"),
            ("/tmp/x%y", "file:///tmp/x%25y"),
            ("npm:@acme/notes@1.0.0", "npm:@acme/notes@1.0.0"),
            ("https://registry.example/a?b=c", "https://registry.example/a?b=c"),
            ("\u{202e}x\n", "%E2%80%AEx%0A"),
        ] {
            assert_eq!(uri(artifact), expected);
        }
    }
}
