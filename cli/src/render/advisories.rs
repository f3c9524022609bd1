//! Advisories for people.

use std::fmt::Write as _;

use mcpsign_advisories::findings::{leaves_open, of_match};
use mcpsign_schemas::advisory::report::{CheckReport, Source};
use mcpsign_schemas::advisory::snapshot::SnapshotManifest;
use mcpsign_schemas::finding::Finding;

use crate::output::style::{BOLD, ERROR, OK, WARNING};
use crate::render::human::{count, field, findings};
use crate::render::untrusted::value;

/// Everything that was found, and what was looked at.
pub(crate) fn report(report: &CheckReport) -> String {
    let all: Vec<Finding> =
        report.matches.iter().map(of_match).chain(report.findings.iter().cloned()).collect();
    let mut text = findings(&all);
    if !text.is_empty() {
        text.push('\n');
    }
    let kinds: Vec<String> =
        report.by_kind().into_iter().map(|(kind, number)| format!("{number} {}", kind.as_str())).collect();
    // What nobody has data for that can be read is not known to be good.
    let is_open = report.findings.iter().any(leaves_open);
    let (style, word) = match (kinds.is_empty(), is_open) {
        (false, _) => (ERROR, kinds.join(", ")),
        (true, true) => (WARNING, "nothing found where there is data".into()),
        (true, false) => (OK, "nothing found".into()),
    };
    let _ = writeln!(text, "{style}{word}{style:#}  {}", value(&report.subject));
    let components = report.components;
    field(
        &mut text,
        "looked up",
        format_args!(
            "{}, {} without version, {} not identified",
            count(components.checked, "package"),
            components.without_version,
            components.unidentified
        ),
    );
    match &report.source {
        Source::Snapshot { digest, updated, age, records, signed } => {
            let signed = if *signed { "signed" } else { "signature not asked for" };
            let old = days(*age);
            field(
                &mut text,
                "against",
                format_args!(
                    "{records} advisories of {updated} ({old} old, {signed})  sha256:{}",
                    value(digest)
                ),
            );
        }
        Source::Api { url } => field(&mut text, "against", format_args!("the OSV API at {}", value(url))),
    }
    text
}

/// What is on this machine.
pub(crate) fn status(manifest: &SnapshotManifest, digest: &str, age: i64) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{BOLD}{}{BOLD:#}, {} old  sha256:{}", manifest.updated, days(age), value(digest));
    for (name, segment) in &manifest.segments {
        let counts = segment.counts;
        let mut rest = String::new();
        for (number, what) in [
            (counts.withdrawn, "withdrawn"),
            (counts.unparsed, "not understood"),
            (counts.unordered_ranges, "ranges without order"),
            (counts.from_the_future, "dated in the future"),
        ] {
            if number > 0 {
                let _ = write!(rest, ", {number} {what}");
            }
        }
        // A mirror that stands still is looked at every day.
        if let Some(newest) = segment.newest {
            let _ = write!(rest, ", the newest of {}", newest.strftime("%Y-%m-%d"));
        }
        let _ = writeln!(
            text,
            "  {}: {} advisories on {} packages{rest}  ({})",
            value(name),
            counts.records,
            counts.packages,
            value(&segment.source)
        );
    }
    for (name, list) in &manifest.enrichment {
        let released = list.released.map(|released| format!(", of {}", released.strftime("%Y-%m-%d")));
        let _ = writeln!(
            text,
            "  {}: {} entries{}  ({})",
            value(name),
            list.entries,
            released.unwrap_or_default(),
            value(&list.source)
        );
    }
    text
}

fn days(seconds: i64) -> String {
    count(usize::try_from(seconds / 86_400).unwrap_or(0), "day")
}
