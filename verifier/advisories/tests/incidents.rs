//! Incidents of the catalogue that an advisory was published for, from the record to the answer.

#![cfg(test)]

use jiff::Timestamp;
use mcpsign_advisories::check::{Checked, check};
use mcpsign_advisories::components::of_sbom;
use mcpsign_advisories::index::{Compiler, Index};
use mcpsign_schemas::advisory::{Kind, Severity};

fn record(id: &str, aliases: &str, ecosystem: &str, name: &str, affected: &str) -> String {
    format!(
        r#"{{"id":"{id}","modified":"2026-01-20T00:00:00Z","aliases":[{aliases}],"summary":"of {name}",
        "severity":[{{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:H/I:H/A:H"}}],
        "affected":[{{"package":{{"ecosystem":"{ecosystem}","name":"{name}"}},{affected}}}]}}"#
    )
}

/// An SBOM of these packages, checked against these records.
fn checked(records: &[String], purls: &[&str]) -> Checked {
    let mut compiler = Compiler::new("2026-11-22T00:00:00Z".parse::<Timestamp>().unwrap());
    for record in records {
        compiler.add("record.json", record.as_bytes());
    }
    let compiled = compiler.finish().unwrap();
    assert_eq!(compiled.unparsed, Vec::<String>::new());
    let components: Vec<String> =
        purls.iter().map(|purl| format!(r#"{{"type":"library","name":"x","purl":"{purl}"}}"#)).collect();
    let sbom =
        format!(r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{}]}}"#, components.join(","));
    check(&Index::of(compiled).unwrap(), &of_sbom(sbom.as_bytes()).unwrap()).unwrap()
}

fn ids(found: &Checked) -> Vec<(&str, &str)> {
    found.matches.iter().map(|found| (found.id.as_str(), found.purl.as_str())).collect()
}

const SEMVER: &str = r#""ranges":[{"type":"SEMVER","events":"#;

#[test]
fn i03_mcp_remote_in_the_resolved_dependencies() {
    let range = format!(r#"{SEMVER}[{{"introduced":"0.0.5"}},{{"fixed":"0.1.16"}}]}}]"#);
    let record = record("GHSA-6xpm-ggf7-wc3p", r#""CVE-2025-6514""#, "npm", "mcp-remote", &range);
    let versions = ["0.0.4", "0.0.5", "0.1.15", "0.1.16-rc.1", "0.1.16", "0.2.0"];
    let purls: Vec<String> = versions.iter().map(|version| format!("pkg:npm/mcp-remote@{version}")).collect();
    let purls: Vec<&str> = purls.iter().map(String::as_str).collect();
    let found = checked(&[record], &purls);
    let id = "CVE-2025-6514";
    assert_eq!(ids(&found), [(id, purls[1]), (id, purls[2]), (id, purls[3])]);
    let first = &found.matches[0];
    assert_eq!(
        (first.kind, first.severity, first.score),
        (Kind::Vulnerability, Severity::Critical, Some(9.6))
    );
    assert_eq!(first.aliases, ["GHSA-6xpm-ggf7-wc3p"]);
    assert_eq!(first.fixed, ["0.1.16"]);
}

#[test]
fn what_is_called_fixed_and_affected_again_mends_nothing() {
    let ranges = r#""ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"1.2.0"}]},
        {"type":"SEMVER","events":[{"fixed":"2.0.0"},{"introduced":"1.1.0"},{"introduced":"3.0.0"},{"fixed":"3.1.0"}]}]"#;
    let found = checked(&[record("X-1", "", "npm", "a", ranges)], &["pkg:npm/a@1.0.0", "pkg:npm/a@3.0.5"]);
    let fixed: Vec<&[String]> = found.matches.iter().map(|found| found.fixed.as_slice()).collect();
    assert_eq!(fixed, [&["2.0.0".to_owned(), "3.1.0".to_owned()][..], &["3.1.0".to_owned()]]);
}

#[test]
fn i04_the_inspector() {
    let range = format!(r#"{SEMVER}[{{"introduced":"0"}},{{"fixed":"0.14.1"}}]}}]"#);
    let record = record("CVE-2025-49596", "", "npm", "@modelcontextprotocol/inspector", &range);
    let bad = "pkg:npm/%40modelcontextprotocol/inspector@0.14.0";
    let good = "pkg:npm/%40modelcontextprotocol/inspector@0.14.1";
    assert_eq!(ids(&checked(&[record], &[bad, good])), [("CVE-2025-49596", bad)]);
}

#[test]
fn i08_figma_developer_mcp() {
    let range = format!(r#"{SEMVER}[{{"fixed":"0.6.3"}},{{"introduced":"0"}}]}}]"#);
    let record = record("CVE-2025-53967", "", "npm", "figma-developer-mcp", &range);
    let bad = "pkg:npm/figma-developer-mcp@0.6.2";
    assert_eq!(
        ids(&checked(&[record], &[bad, "pkg:npm/figma-developer-mcp@0.6.3"])),
        [("CVE-2025-53967", bad)]
    );
}

/// Three records of one server, each with a commit range before the one that counts.
#[test]
fn i09_mcp_server_git() {
    let affected = |fixed: &str| {
        format!(
            r#""ranges":[{{"type":"GIT","repo":"https://git.example/x","events":[{{"introduced":"0"}},{{"fixed":"abc"}}]}},
            {{"type":"ECOSYSTEM","events":[{{"introduced":"0"}},{{"fixed":"{fixed}"}}]}}]"#
        )
    };
    let records =
        [("CVE-2025-68143", "2025.9.25"), ("CVE-2025-68144", "2025.12.18"), ("CVE-2025-68145", "2025.12.18")]
            .map(|(id, fixed)| record(id, "", "PyPI", "mcp-server-git", &affected(fixed)));
    let (both, none) = ("pkg:pypi/MCP_Server.Git@2025.11.1", "pkg:pypi/mcp-server-git@2025.12.18");
    let found = checked(&records, &[both, none, "pkg:pypi/mcp-server-git@2025.7.1"]);
    let of = |purl: &str| found.matches.iter().filter(|found| found.purl == purl).count();
    assert_eq!((of(both), of(none), of("pkg:pypi/mcp-server-git@2025.7.1")), (2, 0, 3));
}

#[test]
fn b63_what_was_taken_back_counts_for_nothing_and_joins_nothing() {
    let range = format!(r#"{SEMVER}[{{"introduced":"0"}}]}}]"#);
    let record = |id: &str, aliases: &str| record(id, aliases, "npm", "a", &range);
    let withdrawn = |at: &str| {
        record("X-1", r#""CVE-1","CVE-2""#)
            .replace(r#""aliases""#, &format!(r#""withdrawn":"{at}","aliases""#))
    };
    let others = [record("X-2", r#""CVE-1""#), record("X-3", r#""CVE-2""#)];
    let purl = "pkg:npm/a@1.0.0";
    let with = |first: String| checked(&[first, others[0].clone(), others[1].clone()], &[purl]);
    assert_eq!(ids(&with(withdrawn("2026-01-01T00:00:00Z"))), [("CVE-1", purl), ("CVE-2", purl)]);
    // One that will be taken back one day still holds, and makes the three one.
    assert_eq!(ids(&with(withdrawn("2030-01-01T00:00:00Z"))), [("CVE-1", purl)]);
}

#[test]
fn a_package_without_version_is_unknown_and_one_in_no_order_only_matches_by_name() {
    let record = record(
        "X-1",
        "",
        "npm",
        "a",
        &format!(r#""versions":["weird"],{SEMVER}[{{"introduced":"0"}},{{"fixed":"2.0.0"}}]}}]"#),
    );
    let purls =
        ["pkg:npm/a", "pkg:npm/a@weird", "pkg:npm/a@odd", "pkg:npm/b", "pkg:pypi/c@1", "pkg:generic/d@1"];
    let found = checked(&[record], &purls);
    assert_eq!(ids(&found), [("X-1", "pkg:npm/a@weird")]);
    assert_eq!(found.unknown.len(), 1);
    assert_eq!((found.unknown[0].purl.as_str(), found.unknown[0].advisories), ("pkg:npm/a", 1));
    assert_eq!(found.unordered, ["pkg:npm/a@weird", "pkg:npm/a@odd"]);
    assert_eq!(found.uncovered.into_iter().collect::<Vec<_>>(), [("PyPI".to_owned(), 1)]);
    assert_eq!(
        (found.components.checked, found.components.without_version, found.components.unidentified),
        (3, 2, 1)
    );
}

/// A release of which there is no data is neither affected nor not.
#[test]
fn b63_a_release_without_data_is_not_free_of_advisories() {
    let range = r#""ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"2"}]}]"#;
    let of = |id: &str, ecosystem: &str| record(id, "", ecosystem, "zlib", range);
    let purls = ["11", "12", "13"].map(|release| format!("pkg:deb/debian/zlib@1.0?distro=debian-{release}"));
    let purls: Vec<&str> = purls.iter().map(String::as_str).chain(["pkg:deb/debian/zlib@1.0"]).collect();
    let found = checked(&[of("D-1", "Debian:11"), of("D-2", "Debian:12")], &purls);
    assert_eq!(found.uncovered.into_iter().collect::<Vec<_>>(), [("Debian:13".to_owned(), 1)]);
    assert_eq!(found.matches.len(), 4, "of an unknown release each counts");
    // What names no release is about each.
    let found = checked(&[of("D-1", "Debian:11"), of("D-2", "Debian")], &purls);
    assert!(found.uncovered.is_empty());
    // One that the source was narrowed to keeps it.
    let mut compiler =
        Compiler::new("2026-11-22T00:00:00Z".parse::<Timestamp>().unwrap()).of(&["Debian:12".to_owned()]);
    for record in [of("D-1", "Debian:11"), of("D-2", "Debian"), of("D-3", "Debian:12")] {
        compiler.add("record", record.as_bytes());
    }
    let compiled = compiler.finish().unwrap();
    assert_eq!(
        (compiled.counts.records, compiled.releases.as_slice()),
        (2, ["Debian", "Debian:12"].map(str::to_owned).as_slice())
    );
}

/// What generators write where they know no version is held against nothing, and that is said.
#[test]
fn b63_what_is_no_version_is_not_ordered_as_one() {
    let range = |fixed: &str| {
        format!(
            r#""ranges":[{{"type":"ECOSYSTEM","events":[{{"introduced":"2.0"}},{{"fixed":"{fixed}"}}]}}]"#
        )
    };
    let records = [
        record("X-1", "", "Maven", "g:a", &range("2.15.0")),
        record("X-2", "", "PyPI", "p", &range("3")),
        record("X-3", "", "Packagist", "v/p", &range("3")),
    ];
    let purls = [
        "pkg:maven/g/a@%24%7Blog4j.version%7D",
        "pkg:maven/g/a@LATEST",
        "pkg:pypi/p@%3E%3D2.5",
        "pkg:composer/v/p@dev-main",
    ];
    let found = checked(&records, &purls);
    assert_eq!((found.matches.len(), found.unordered.as_slice()), (0, purls.map(str::to_owned).as_slice()));
}

#[test]
fn ecosystems_that_nobody_knows_are_no_error_and_what_is_malicious_in_all_versions_is_so_in_any() {
    let unknown = record("X-1", "", "Nowhere:9", "a", r#""versions":["1"]"#);
    let malicious =
        record("MAL-2026-1", r#""GHSA-m""#, "npm", "evil", &format!(r#"{SEMVER}[{{"introduced":"0"}}]}}]"#));
    let found =
        checked(&[unknown, malicious], &["pkg:npm/evil@1.0.0", "pkg:npm/evil@whatever", "pkg:npm/evil"]);
    assert_eq!((found.unknown.len(), found.unordered.len()), (0, 0));
    assert_eq!(found.matches.len(), 3);
    for found in &found.matches {
        assert_eq!((found.id.as_str(), found.kind), ("GHSA-m", Kind::Malicious));
        assert_eq!(found.records, ["MAL-2026-1"]);
        assert!(found.fixed.is_empty());
    }
}

/// Whatever is said of a patched fork is said of that alone: the registry's package beside it is told by itself, whichever stands
/// first.
#[test]
fn copies_of_one_package_are_told_each() {
    let range = format!(r#"{SEMVER}[{{"introduced":"0"}},{{"fixed":"3.0.0"}}]}}]"#);
    let record = record("GHSA-1", "", "npm", "al", &range);
    let (fork, own) = ("pkg:npm/al@2.5.0?vcs_url=git%2Bhttps://git.example/al", "pkg:npm/al@2.5.0");
    for purls in [[fork, own], [own, fork]] {
        let found = checked(std::slice::from_ref(&record), &[purls[0], purls[1], purls[0]]);
        assert_eq!(ids(&found), [("GHSA-1", own), ("GHSA-1", fork)]);
        assert_eq!(found.components.checked, 1, "it is looked up as one");
    }
}
