//! Findings of `advisories check`.

use mcpsign_advisories::findings::of_match;
use mcpsign_schemas::advisory::report::CheckReport;
use serde_json::json;

use super::rule::Rule;
use super::{Entry, Log};

/// One result for each problem of each package, and for what else there is to say.
pub(crate) fn advisories(report: &CheckReport) -> Log {
    let properties = json!({ "source": report.source, "components": report.components });
    let mut log = Log::new("advisories-check", properties);
    let matches =
        report.matches.iter().map(|found| (of_match(found), format!("{} {}", found.id, found.purl)));
    let rest = report.findings.iter().map(|finding| (finding.clone(), finding.message.clone()));
    for (finding, identity) in matches.chain(rest) {
        log.results.push(Entry {
            rule: Rule::of_code(finding.code),
            level: finding.level,
            message: super::bounded(&finding.message),
            artifact: (report.subject.clone(), 1),
            place: None,
            identity,
        });
    }
    log
}
