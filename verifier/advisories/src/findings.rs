//! What a check found, as findings with codes, and what of it is too much.

use std::fmt;
use std::str::FromStr;

use mcpsign_schemas::advisory::report::Match;
use mcpsign_schemas::advisory::{Kind, Severity};
use mcpsign_schemas::code::{Code, Level, advisories};
use mcpsign_schemas::finding::Finding;

use crate::check::{Checked, MAX_MATCHES};

/// From where on something that was found fails a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailOn {
    /// A finding of this level or above.
    Level(Level),
    /// What is malicious, a vulnerability of this severity or above or of none that anybody says, and every other error.
    Severity(Severity),
    /// What is malicious, and every error that is no vulnerability.
    Malicious,
}

/// Not a word for [`FailOn`].
#[derive(Debug, thiserror::Error)]
#[error("not one of {}", FailOn::WORDS.map(|(word, _)| word).join(", "))]
pub struct FailOnError;

impl FailOn {
    const WORDS: [(&'static str, Self); 8] = [
        ("note", Self::Level(Level::Note)),
        ("warning", Self::Level(Level::Warning)),
        ("error", Self::Level(Level::Error)),
        ("low", Self::Severity(Severity::Low)),
        ("medium", Self::Severity(Severity::Medium)),
        ("high", Self::Severity(Severity::High)),
        ("critical", Self::Severity(Severity::Critical)),
        ("malicious", Self::Malicious),
    ];

    /// Whether one match fails a check.
    pub fn refuses(self, found: &Match) -> bool {
        match (self, found.kind) {
            (Self::Level(level), kind) => code(kind).level >= level,
            (_, Kind::Malicious) => true,
            (Self::Severity(least), Kind::Vulnerability) => {
                found.severity == Severity::Unknown || found.severity >= least
            }
            _ => false,
        }
    }

    /// Whether a finding that is no match fails a check.
    pub fn refuses_finding(self, finding: &Finding) -> bool {
        match self {
            Self::Level(level) => finding.level >= level,
            Self::Severity(_) | Self::Malicious => finding.level == Level::Error,
        }
    }
}

impl FromStr for FailOn {
    type Err = FailOnError;

    fn from_str(text: &str) -> Result<Self, FailOnError> {
        Self::WORDS.into_iter().find(|(word, _)| *word == text).map(|(_, fail_on)| fail_on).ok_or(FailOnError)
    }
}

impl fmt::Display for FailOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = Self::WORDS.into_iter().find(|(_, fail_on)| fail_on == self).map_or("", |(word, _)| word);
        f.write_str(word)
    }
}

/// The code of what an advisory warns of.
pub const fn code(kind: Kind) -> Code {
    match kind {
        Kind::Malicious => advisories::MALICIOUS,
        Kind::Vulnerability => advisories::VULNERABLE,
        Kind::Unsound => advisories::UNSOUND,
        Kind::Unmaintained => advisories::UNMAINTAINED,
        Kind::Notice => advisories::NOTICE,
    }
}

/// A match as a finding.
pub fn of_match(found: &Match) -> Finding {
    let is_rated = found.kind == Kind::Vulnerability;
    let mut said: Vec<String> = is_rated.then(|| found.severity.as_str().to_owned()).into_iter().collect();
    said.extend(found.score.filter(|_| is_rated).map(|score| format!("{score:.1}")));
    said.extend(found.exploited_since.as_ref().map(|day| format!("exploited since {day}")));
    said.extend(found.epss.map(|chance| format!("EPSS {:.1} %", chance * 100.0)));
    let said = if said.is_empty() { String::new() } else { format!(" ({})", said.join(", ")) };
    let summary = found.summary.as_ref().map(|summary| format!(": {summary}")).unwrap_or_default();
    let finding = Finding::new(code(found.kind), format!("{}{said} in {}{summary}", found.id, found.purl));
    match found.fixed.as_slice() {
        [] => finding,
        fixed => finding.hint(format!("mended in {}", fixed.join(", "))),
    }
}

/// That a check was given up, if it was.
pub fn of_left(checked: &Checked) -> Option<Finding> {
    let message =
        format!("more than {MAX_MATCHES} advisories apply: {} components were not looked at", checked.left);
    (checked.left > 0).then(|| Finding::new(advisories::TOO_MANY, message))
}

/// Everything that was found but the matches.
pub fn of_rest(checked: &Checked) -> Vec<Finding> {
    let mut findings = Vec::new();
    let components = checked.components;
    if let Some(finding) = of_left(checked) {
        findings.push(finding);
    }
    if components.checked + components.without_version == 0 {
        let message = match components.unidentified {
            0 => "no component was found".to_owned(),
            one_or_more => format!("none of {one_or_more} components has a package URL to look up"),
        };
        findings.push(Finding::new(advisories::NOTHING_CATALOGUED, message));
    } else if components.unidentified > 0 {
        let message = format!("{} of the components could not be looked up", components.unidentified);
        let finding = Finding::new(advisories::UNIDENTIFIED, message);
        findings.push(match checked.unidentified.as_slice() {
            [] => finding,
            named => finding.found(named.join(", ")),
        });
    }
    for (ecosystem, packages) in &checked.uncovered {
        let are = if *packages == 1 { "package is" } else { "packages are" };
        let message = format!("no data for {ecosystem}: {packages} {are} neither affected nor not");
        findings.push(Finding::new(advisories::NOT_COVERED, message));
    }
    findings.extend(of_unevaluated(checked));
    findings
}

/// Whether a finding leaves open whether anything is known of a package, whatever version it has: no all-clear.
pub fn leaves_open(finding: &Finding) -> bool {
    [advisories::NOT_COVERED, advisories::NOT_UNDERSTOOD].contains(&finding.code)
}

/// Advisories of a package that are told by their ids.
const TOLD: usize = 10;

/// What could not be held against anything for want of a version, or of an advisory that is understood.
pub fn of_unevaluated(checked: &Checked) -> Vec<Finding> {
    let unread = checked.unread.iter().map(|(purl, ids)| {
        let told: Vec<&str> = ids.iter().take(TOLD).map(String::as_str).collect();
        let are = if ids.len() == 1 { "was" } else { "were" };
        let message = format!("what names {purl} {are} not understood: {}", told.join(", "));
        Finding::new(advisories::NOT_UNDERSTOOD, message)
    });
    let unknown = checked.unknown.iter().map(|unknown| {
        let message = format!("{} has no version, and {} advisories", unknown.purl, unknown.advisories);
        Finding::new(advisories::VERSION_UNKNOWN, message)
    });
    let unordered = checked.unordered.iter().map(|purl| {
        let message = format!("ranges of advisories could not be held against {purl}");
        Finding::new(advisories::VERSION_UNORDERED, message)
    });
    unread.chain(unknown).chain(unordered).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(kind: Kind, severity: Severity) -> Match {
        Match {
            id: "A-1".into(),
            aliases: Vec::new(),
            upstream: Vec::new(),
            records: Vec::new(),
            purl: "pkg:npm/a@1".into(),
            kind,
            severity,
            score: None,
            vector: None,
            fixed: Vec::new(),
            summary: None,
            exploited_since: None,
            epss: None,
        }
    }

    #[test]
    fn every_threshold_refuses_what_is_malicious_and_no_severity_that_nobody_says_slips_below() {
        for (word, fail_on) in FailOn::WORDS {
            assert_eq!(word.parse::<FailOn>().unwrap(), fail_on);
            assert_eq!(fail_on.to_string(), word);
            assert!(fail_on.refuses(&found(Kind::Malicious, Severity::Unknown)), "{word}");
        }
        let high: FailOn = "high".parse().unwrap();
        for (severity, refused) in [
            (Severity::Unknown, true),
            (Severity::None, false),
            (Severity::Medium, false),
            (Severity::High, true),
            (Severity::Critical, true),
        ] {
            assert_eq!(high.refuses(&found(Kind::Vulnerability, severity)), refused, "{severity:?}");
        }
        assert!(!high.refuses(&found(Kind::Unmaintained, Severity::Unknown)));
        let error: FailOn = "error".parse().unwrap();
        assert!(error.refuses(&found(Kind::Vulnerability, Severity::Low)));
        assert!(!error.refuses(&found(Kind::Unsound, Severity::High)));
        assert!("warning".parse::<FailOn>().unwrap().refuses(&found(Kind::Unsound, Severity::Unknown)));
        assert!("".parse::<FailOn>().is_err());
    }

    #[test]
    fn that_something_is_exploited_is_said() {
        let exploited = Match {
            score: Some(10.0),
            exploited_since: Some("2021-12-10".into()),
            epss: Some(0.97565),
            ..found(Kind::Vulnerability, Severity::Critical)
        };
        let expected = "A-1 (critical, 10.0, exploited since 2021-12-10, EPSS 97.6 %) in pkg:npm/a@1";
        assert_eq!(of_match(&exploited).message, expected);
        assert_eq!(of_match(&found(Kind::Unsound, Severity::High)).message, "A-1 in pkg:npm/a@1");
    }

    #[test]
    fn nothing_to_look_up_is_an_error_and_not_silence() {
        let findings = of_rest(&Checked::default());
        assert_eq!(findings[0].code, advisories::NOTHING_CATALOGUED);
        assert!(FailOn::Malicious.refuses_finding(&findings[0]));
    }
}
