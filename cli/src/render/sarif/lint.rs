//! Findings of `manifest lint`.

use serde_json::json;

use super::rule::Rule;
use super::{Entry, Log};
use crate::commands::manifest::lint::Linted;

/// What was found in `artifact`, a file or [`super::SERVER`].
pub(crate) fn lint(linted: &Linted, artifact: &str) -> Log {
    let properties = json!({ "source": linted.source, "verified": false, "counts": linted.counts });
    let mut log = Log::new("manifest-lint", properties);
    for shown in &linted.findings {
        let issue = &shown.issue;
        let mut message = issue.finding().message;
        message = super::bounded(&message);
        if let Some(excerpt) = &issue.excerpt {
            message.push_str(&format!(" ({excerpt})"));
        }
        log.results.push(Entry {
            rule: Rule::of_code(issue.code),
            level: issue.level,
            message,
            artifact: (artifact.to_owned(), 1),
            place: issue.place.as_ref().map(|place| (place.kind, place.name.clone(), place.pointer.clone())),
            identity: String::new(),
        });
    }
    log
}
