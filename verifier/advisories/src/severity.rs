//! How bad an advisory is: CVSS vectors of three generations, and words where there is no vector.

use std::borrow::Cow;

use cvss::Cvss;
use mcpsign_schemas::advisory::osv::{Rating, Specific};
use mcpsign_schemas::advisory::{Kind, Severity};

/// Bytes of a vector at the most: CVSS 4.0 with every metric has about 220.
const MAX_VECTOR: usize = 512;

/// A rating with its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rated {
    pub(crate) severity: Severity,
    /// Tenths.
    pub(crate) score: Option<u8>,
    /// The vector of that score.
    pub(crate) vector: Option<String>,
}

/// The rating that counts: of the newest CVSS that has one, its highest; else the word of the database.
pub(crate) fn rate(ratings: &[&[Rating]], specific: &[&Specific]) -> Rated {
    let vectors = ratings.iter().copied().flatten().filter(|rating| rating.score.len() <= MAX_VECTOR);
    let scored = vectors.filter_map(|rating| {
        let vector: Cvss = without_environment(rating.score.trim()).parse().ok()?;
        if matches!(vector, Cvss::CvssV30(_) | Cvss::CvssV31(_)) && !is_whole(&rating.score) {
            return None;
        }
        let generation = match vector {
            Cvss::CvssV40(_) => 4,
            Cvss::CvssV30(_) | Cvss::CvssV31(_) => 3,
            _ => 2,
        };
        // One decimal, from 0 to 10.
        let tenths = (vector.score() * 10.0).round().clamp(0.0, 100.0) as u8;
        Some((generation, tenths, &rating.score))
    });
    if let Some((_, tenths, vector)) = scored.max() {
        return Rated { severity: of_score(tenths), score: Some(tenths), vector: Some(vector.clone()) };
    }
    let words = ratings.iter().copied().flatten().map(|rating| rating.score.as_str());
    let words = words.chain(specific.iter().filter_map(|specific| specific.severity.as_deref()));
    let severity = words.filter_map(of_word).max().unwrap_or(Severity::Unknown);
    Rated { severity, score: None, vector: None }
}

/// A vector of CVSS 4 without what whoever reads it has to say for where he runs it: of one that says that nothing matters there
/// 0.0 would come for everybody. Of versions 2 and 3 the base metrics alone are scored.
fn without_environment(vector: &str) -> Cow<'_, str> {
    if !vector.starts_with("CVSS:4.0/") {
        return Cow::Borrowed(vector);
    }
    let of_reader = |metric: &&str| {
        let name = metric.split(':').next().unwrap_or_default();
        matches!(name, "CR" | "IR" | "AR") || (name.starts_with('M') && name.len() > 1)
    };
    Cow::Owned(vector.split('/').filter(|metric| !of_reader(metric)).collect::<Vec<_>>().join("/"))
}

/// Whether a vector of CVSS 3 has every metric that it must have: one that was cut off says less than it means.
fn is_whole(vector: &str) -> bool {
    let metrics: Vec<&str> = vector.split('/').filter_map(|metric| Some(metric.split_once(':')?.0)).collect();
    ["AV", "AC", "PR", "UI", "S", "C", "I", "A"].iter().all(|metric| metrics.contains(metric))
}

/// CVSS's qualitative scale, which is one for versions 3 and 4; version 2 had none of its own.
fn of_score(tenths: u8) -> Severity {
    match tenths {
        0 => Severity::None,
        1..40 => Severity::Low,
        40..70 => Severity::Medium,
        70..90 => Severity::High,
        _ => Severity::Critical,
    }
}

fn of_word(word: &str) -> Option<Severity> {
    Some(match word.to_ascii_lowercase().as_str() {
        "negligible" | "low" => Severity::Low,
        "moderate" | "medium" => Severity::Medium,
        "important" | "high" => Severity::High,
        "critical" => Severity::Critical,
        _ => return None,
    })
}

/// "Embedded Malicious Code", which is how GitHub says it.
const EMBEDDED_MALICIOUS_CODE: &str = "CWE-506";

/// What a record warns of, by all its names. A record that says it in no way we know warns of a vulnerability.
pub(crate) fn kind<'i>(mut ids: impl Iterator<Item = &'i String>, specific: &[&Specific]) -> Kind {
    let malicious = |specific: &&Specific| {
        specific.categories.iter().any(|category| category == "malicious")
            || specific.cwe_ids.iter().any(|id| id == EMBEDDED_MALICIOUS_CODE)
    };
    if ids.any(|id| id.starts_with("MAL-")) || specific.iter().any(malicious) {
        return Kind::Malicious;
    }
    match specific.iter().find_map(|specific| specific.informational.as_deref()) {
        Some("unsound") => Kind::Unsound,
        Some("unmaintained") => Kind::Unmaintained,
        Some("notice") => Kind::Notice,
        _ => Kind::Vulnerability,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rated(ratings: &[(&str, &str)], word: Option<&str>) -> (Severity, Option<u8>) {
        let ratings: Vec<Rating> = ratings
            .iter()
            .map(|(type_, score)| Rating { type_: (*type_).into(), score: (*score).into() })
            .collect();
        let specific = Specific { severity: word.map(str::to_owned), ..Specific::default() };
        let rated = rate(&[&ratings], &[&specific]);
        (rated.severity, rated.score)
    }

    #[test]
    fn the_newest_vector_counts_and_words_only_without_one() {
        // Scores as NIST's calculators give them.
        let v2 = ("CVSS_V2", "AV:N/AC:L/Au:N/C:P/I:P/A:P");
        let v3 = ("CVSS_V3", "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:H/I:H/A:H");
        let v4 = ("CVSS_V4", "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N");
        assert_eq!(rated(&[v2], None), (Severity::High, Some(75)));
        assert_eq!(rated(&[v3, v2], Some("LOW")), (Severity::Critical, Some(96)));
        assert_eq!(rated(&[v2, v4, v3], None), (Severity::Critical, Some(93)));
        assert_eq!(
            rated(&[("CVSS_V3", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N")], None),
            (Severity::None, Some(0))
        );
        // What is cut off counts for nothing.
        let cut = ("CVSS_V3", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U");
        assert_eq!(rated(&[cut, v2], Some("CRITICAL")), (Severity::High, Some(75)));
        assert_eq!(rated(&[cut], Some("CRITICAL")), (Severity::Critical, None));
        // What a reader may say for himself no record says for him; that nobody attacks it yet is the record's to say.
        let v4 = |more: &str| format!("{}{more}", v4.1);
        for (vector, expected) in [
            (v4("/MVC:N/MVI:N/MVA:N/MSC:N/MSI:N/MSA:N"), (Severity::Critical, Some(93))),
            (v4("/CR:L/IR:L/AR:L/MAV:P/MAC:H/MAT:P/MPR:H/MUI:A"), (Severity::Critical, Some(93))),
            (v4("/E:U/S:N/AU:N/R:A/V:D/RE:L/U:Clear"), (Severity::High, Some(81))),
            (format!(" {} ", v3.1), (Severity::Critical, Some(96))),
        ] {
            assert_eq!(rated(&[("CVSS_V4", &vector)], None), expected, "{vector}");
        }
        assert_eq!(rated(&[], Some("MODERATE")), (Severity::Medium, None));
        assert_eq!(rated(&[("Ubuntu", "negligible")], None), (Severity::Low, None));
        assert_eq!(rated(&[("CVSS_V3", "CVSS:3.1/AV:?")], None), (Severity::Unknown, None));
        assert_eq!(rated(&[], Some("terrible")), (Severity::Unknown, None));
    }

    #[test]
    fn kinds_are_told_by_id_and_by_what_rustsec_adds() {
        let kind = |id: &str, specific: &[&Specific]| super::kind([id.to_owned()].iter(), specific);
        let specific = |informational: Option<&str>, categories: &[&str]| Specific {
            informational: informational.map(str::to_owned),
            categories: categories.iter().map(|category| (*category).to_owned()).collect(),
            ..Specific::default()
        };
        assert_eq!(kind("MAL-2025-1", &[&specific(Some("notice"), &[])]), Kind::Malicious);
        assert_eq!(kind("RUSTSEC-2026-0260", &[&specific(None, &["malicious"])]), Kind::Malicious);
        assert_eq!(kind("RUSTSEC-1", &[&specific(Some("unsound"), &["memory-corruption"])]), Kind::Unsound);
        assert_eq!(kind("RUSTSEC-1", &[&specific(Some("unmaintained"), &[])]), Kind::Unmaintained);
        assert_eq!(kind("RUSTSEC-1", &[&specific(Some("notice"), &[])]), Kind::Notice);
        assert_eq!(kind("RUSTSEC-1", &[&specific(Some("else"), &[])]), Kind::Vulnerability);
        assert_eq!(kind("GHSA-1", &[]), Kind::Vulnerability);
        let github = Specific { cwe_ids: vec!["CWE-506".into()], ..Specific::default() };
        assert_eq!(kind("GHSA-1", &[&github]), Kind::Malicious);
        let named = ["GHSA-1".to_owned(), "MAL-2026-1".to_owned()];
        assert_eq!(super::kind(named.iter(), &[]), Kind::Malicious);
    }
}
