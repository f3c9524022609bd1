//! Records as nobody would expect them, each with the answer that the OSV schema gives.

#![cfg(test)]

use jiff::Timestamp;
use mcpsign_advisories::check::{Checked, MAX_MATCHES, check};
use mcpsign_advisories::components::Component;
use mcpsign_advisories::findings::{self, FailOn};
use mcpsign_advisories::index::{Compiled, Compiler, Index};
use mcpsign_schemas::advisory::Kind;
use mcpsign_schemas::code::advisories;

fn compiled(records: &[String]) -> Compiled {
    let mut compiler = Compiler::new("2026-11-22T00:00:00Z".parse::<Timestamp>().unwrap());
    for record in records {
        compiler.add("record.json", record.as_bytes());
    }
    compiler.finish().unwrap()
}

fn checked(records: &[String], purl: &str) -> Checked {
    check(&Index::of(compiled(records)).unwrap(), &[Component::of(purl)]).unwrap()
}

/// A record of one package; `affected` are the members beside `package`.
fn record(package: &str, affected: &str) -> String {
    let (ecosystem, name) = package.rsplit_once(' ').unwrap();
    let comma = if affected.is_empty() { "" } else { "," };
    format!(
        r#"{{"id":"X-1","modified":"2026-01-20T00:00:00Z","affected":[{{"package":{{"ecosystem":"{ecosystem}","name":"{name}"}}{comma}{affected}}}]}}"#
    )
}

/// `i1 f2` in short for a range from 1 on that ends at 2; `a` is `last_affected`, `l` is `limit`.
fn range(ty: &str, events: &str) -> String {
    let events: Vec<String> = events
        .split_whitespace()
        .map(|event| {
            let (change, version) = event.split_at(1);
            let change = match change {
                "i" => "introduced",
                "f" => "fixed",
                "a" => "last_affected",
                "l" => "limit",
                other => panic!("{other}"),
            };
            format!(r#"{{"{change}":"{version}"}}"#)
        })
        .collect();
    format!(r#"{{"type":"{ty}","events":[{}]}}"#, events.join(","))
}

fn ranges(all: &[(&str, &str)]) -> String {
    let all: Vec<String> = all.iter().map(|(ty, events)| range(ty, events)).collect();
    format!(r#""ranges":[{}]"#, all.join(","))
}

#[derive(Debug, PartialEq)]
enum Answer {
    Affected,
    NotAffected,
    /// No range can be held against the version.
    Undecided,
}

use Answer::{Affected, NotAffected, Undecided};

fn answer(record: &str, purl: &str) -> Answer {
    let found = checked(&[record.to_owned()], purl);
    match (found.matches.is_empty(), found.unordered.is_empty()) {
        (false, _) => Affected,
        (true, true) => NotAffected,
        (true, false) => Undecided,
    }
}

#[test]
fn ranges_of_every_kind() {
    let semver = |events: &str| ranges(&[("SEMVER", events)]);
    let ecosystem = |events: &str| ranges(&[("ECOSYSTEM", events)]);
    let cases: [(&str, String, &str, Answer); 73] = [
        // What a range may say.
        ("npm a", semver("i0"), "pkg:npm/a@0.0.0-0", Affected),
        ("npm a", semver("f1.0.0 i0"), "pkg:npm/a@0.9.9", Affected),
        ("npm a", semver("f1.0.0 i0"), "pkg:npm/a@1.0.0", NotAffected),
        ("npm a", semver("i3.0.0 f3.1.0 i0 f1.0.0"), "pkg:npm/a@3.0.5", Affected),
        ("npm a", semver("i3.0.0 f3.1.0 i0 f1.0.0"), "pkg:npm/a@2.0.0", NotAffected),
        ("npm a", semver("i1.0.0 a1.2.0"), "pkg:npm/a@1.2.0", Affected),
        ("npm a", semver("i1.0.0 a1.2.0"), "pkg:npm/a@1.2.1-0", NotAffected),
        ("npm a", semver("i1.0.0 a1.2.0 i2.0.0"), "pkg:npm/a@2.0.0", Affected),
        ("npm a", semver("i0 l2.0.0"), "pkg:npm/a@1.9.9", Affected),
        ("npm a", semver("i0 l2.0.0"), "pkg:npm/a@2.0.0", NotAffected),
        ("npm a", semver("l2.0.0 i0 l4.0.0"), "pkg:npm/a@3.0.0", Affected),
        ("npm a", semver("i0 l*"), "pkg:npm/a@99.0.0", Affected),
        ("npm a", semver("i0 f1.0.0 l*"), "pkg:npm/a@1.0.0", NotAffected),
        ("npm a", semver("i1.0.0 f1.0.0"), "pkg:npm/a@1.0.0", NotAffected),
        ("npm a", semver("i1.0.0 a1.0.0"), "pkg:npm/a@1.0.0", Affected),
        // Several ranges: one is enough, and those of commits are passed over wherever they stand.
        ("npm a", ranges(&[("SEMVER", "i0 f1.0.0"), ("SEMVER", "i2.0.0")]), "pkg:npm/a@2.5.0", Affected),
        ("npm a", ranges(&[("GIT", "i0 fabc"), ("SEMVER", "i0 f1.0.0")]), "pkg:npm/a@0.5.0", Affected),
        ("npm a", ranges(&[("GIT", "i0")]), "pkg:npm/a@0.5.0", NotAffected),
        ("npm a", ranges(&[("NEW", "i0 f1.0.0")]), "pkg:npm/a@0.5.0", Affected),
        // Names of versions alone, and beside ranges.
        ("npm a", r#""versions":["1.0.0"]"#.into(), "pkg:npm/a@1.0.0", Affected),
        ("npm a", r#""versions":["1.0.0"]"#.into(), "pkg:npm/a@1.0.1", NotAffected),
        ("npm a", r#""versions":["1.0.0"]"#.into(), "pkg:npm/a@v1.0.0", Affected),
        ("npm a", r#""versions":["1.0.0"]"#.into(), "pkg:npm/a@1.0.0%2Bbuild.7", Affected),
        ("npm a", r#""versions":["1.0.0+build.7"]"#.into(), "pkg:npm/a@1.0.0", Affected),
        ("npm a", format!(r#""versions":["9.9.9"],{}"#, semver("i0 f1.0.0")), "pkg:npm/a@9.9.9", Affected),
        ("npm a", format!(r#""versions":[],{}"#, ranges(&[("GIT", "i0")])), "pkg:npm/a@1.0.0", NotAffected),
        ("npm a", String::new(), "pkg:npm/a@1.0.0", NotAffected),
        ("npm a", r#""versions":null,"ranges":null"#.into(), "pkg:npm/a@1.0.0", NotAffected),
        // SemVer: pre-releases come before, and what was built of a version does not count.
        ("npm a", semver("i1.0.0 f2.0.0"), "pkg:npm/a@1.0.0-rc.1", NotAffected),
        ("npm a", semver("i1.0.0 f2.0.0"), "pkg:npm/a@2.0.0-rc.1", Affected),
        ("npm a", semver("i1.0.0-0 f2.0.0"), "pkg:npm/a@1.0.0-alpha", Affected),
        ("npm a", semver("i0 f1.0.0-beta.11"), "pkg:npm/a@1.0.0-beta.2", Affected),
        ("npm a", semver("i0 f1.0.0-1"), "pkg:npm/a@1.0.0-alpha", NotAffected),
        ("npm a", semver("i0 f1.0.0"), "pkg:npm/a@1.0.0%2Bsecurity", NotAffected),
        ("npm a", semver("i0 f99999999999999999999.0.0"), "pkg:npm/a@99999999999999999998.9.9", Affected),
        ("npm a", semver("i0 f1.0.0"), "pkg:npm/a@latest", Undecided),
        ("npm a", semver("i0 fnever"), "pkg:npm/a@1.0.0", Undecided),
        ("npm a", semver("i0"), "pkg:npm/a@latest", Affected),
        // An ecosystem may have a suffix, and one that nobody knows is nobody's.
        ("npm:mirror a", semver("i0"), "pkg:npm/a@1.0.0", Affected),
        ("NPM a", semver("i0"), "pkg:npm/a@1.0.0", NotAffected),
        ("Maven:https://repo.example a:b", ecosystem("i0 f2"), "pkg:maven/a/b@1", Affected),
        // PyPI: names and versions have many spellings.
        ("PyPI Zope.Interface", ecosystem("i0 f5.0"), "pkg:pypi/zope-interface@4.9", Affected),
        ("PyPI a", r#""versions":["1.0.0rc1"]"#.into(), "pkg:pypi/a@1.0-RC.1", Affected),
        ("PyPI a", ecosystem("i1!0 f1!2"), "pkg:pypi/a@9.0", NotAffected),
        ("PyPI a", ecosystem("i0 f2.0"), "pkg:pypi/a@2.0.dev1", Affected),
        ("PyPI a", ecosystem("i0 f2.0"), "pkg:pypi/a@2.0.post1", NotAffected),
        ("PyPI a", semver("i0 f1.0.0"), "pkg:pypi/a@0.9", Affected),
        // Go: the standard library, its release candidates, and modules without case.
        ("Go stdlib", semver("i1.22.0-0 f1.22.2"), "pkg:golang/stdlib@go1.22.1", Affected),
        ("Go stdlib", semver("i1.27.0-0 f1.27.0-rc.2"), "pkg:golang/stdlib@1.27rc1", Affected),
        ("Go stdlib", semver("i1.27.0-0 f1.27.0-rc.2"), "pkg:golang/stdlib@1.27rc3", NotAffected),
        ("Go toolchain", semver("i0 f1.21.0-rc.4"), "pkg:golang/toolchain@go1.21beta2", Affected),
        (
            "Go github.com/Acme/Files",
            semver("i0 f1.2.0"),
            "pkg:golang/github.com/acme/files@v1.1.9",
            Affected,
        ),
        ("Go a.example/b", semver("i0 f2.0.0"), "pkg:golang/a.example/b@v1.9.9%2Bincompatible", Affected),
        (
            "Go a.example/b",
            semver("i0 f0.0.0-20240101000000-aaaaaaaaaaaa"),
            "pkg:golang/a.example/b@v0.0.0-20231231235959-ffffffffffff",
            Affected,
        ),
        // Maven: qualifiers.
        ("Maven a:b", ecosystem("i0 f1.0"), "pkg:maven/a/b@1.0-SNAPSHOT", Affected),
        ("Maven a:b", ecosystem("i0 f1.0"), "pkg:maven/a/b@1.0.RELEASE", NotAffected),
        ("Maven a:b", ecosystem("i0 f1.0-rc2"), "pkg:maven/a/b@1.0-CR1", Affected),
        ("Maven a:b", ecosystem("i0 a1.0"), "pkg:maven/a/b@1.0-sp1", NotAffected),
        // NuGet: four parts, and no case.
        ("NuGet Acme.Files", ecosystem("i0 f1.0.0.5"), "pkg:nuget/acme.files@1.0.0.4", Affected),
        ("NuGet Acme.Files", ecosystem("i0 f1.0.0-RC2"), "pkg:nuget/Acme.Files@1.0.0-rc1", Affected),
        (
            "NuGet Acme.Files",
            r#""versions":["1.0.0-Beta"]"#.into(),
            "pkg:nuget/Acme.Files@1.0.0-beta%2Bx",
            Affected,
        ),
        // Gems: what is built for a platform is of the version.
        (
            "RubyGems a",
            r#""versions":["1.0.0-x86_64-linux"]"#.into(),
            "pkg:gem/a@1.0.0-x86_64-linux",
            Affected,
        ),
        ("RubyGems a", r#""versions":["1.0.0-java"]"#.into(), "pkg:gem/a@1.0.0?platform=java", Affected),
        ("RubyGems a", r#""versions":["1.0.0-java"]"#.into(), "pkg:gem/a@1.0.1-java", NotAffected),
        // Distributions: epochs, tildes, revisions, releases.
        ("Debian:12 a", ecosystem("i0 f1:1.0-1"), "pkg:deb/debian/a@9.0-1?distro=debian-12", Affected),
        ("Debian:12 a", ecosystem("i0 f2.0-1"), "pkg:deb/debian/a@2.0~rc1-1?distro=debian-12", Affected),
        ("Debian:11 a", ecosystem("i0"), "pkg:deb/debian/a@1.0-1?distro=bookworm", NotAffected),
        ("Ubuntu:Pro:22.04:LTS a", ecosystem("i0"), "pkg:deb/ubuntu/a@1.0-1?distro=jammy", Affected),
        (
            "Red Hat:enterprise_linux:9::baseos a",
            ecosystem("i0 f1:2.0-3.el9"),
            "pkg:rpm/redhat/a@2.0-4.el9",
            Affected,
        ),
        (
            "Red Hat:enterprise_linux:9::baseos a",
            ecosystem("i0 f1:2.0-3.el9"),
            "pkg:rpm/redhat/a@2.0-4.el9?epoch=1",
            NotAffected,
        ),
        ("Alpine:v3.20 a", ecosystem("i0 f1.2.3_p1-r1"), "pkg:apk/alpine/a@1.2.3-r9?distro=3.20.1", Affected),
        (
            "Alpine:v3.20 a",
            ecosystem("i0 f1.2.3-r2"),
            "pkg:apk/alpine/a@1.2.3_rc1-r5?distro=3.20.1",
            Affected,
        ),
        ("Alpine:v3.20 a", ecosystem("i0 f1.2.3-r2"), "pkg:apk/alpine/a@1.2.3-r2?distro=3.20.1", NotAffected),
    ];
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|(package, affected, purl, expected)| {
            let found = answer(&record(package, affected), purl);
            (found != *expected)
                .then(|| format!("{purl} in {package} {affected}: {found:?}, not {expected:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_ecosystem_of_package_urls_is_answered() {
    for (package, purl) in [
        ("npm a", "pkg:npm/a@1.0.0"),
        ("PyPI a", "pkg:pypi/a@1.0.0"),
        ("crates.io a", "pkg:cargo/a@1.0.0"),
        ("Go a.example/b", "pkg:golang/a.example/b@v1.0.0"),
        ("Maven a:b", "pkg:maven/a/b@1.0.0"),
        ("NuGet A", "pkg:nuget/A@1.0.0"),
        ("RubyGems a", "pkg:gem/a@1.0.0"),
        ("Packagist a/b", "pkg:composer/a/b@v1.0.0"),
        ("Pub a", "pkg:pub/a@1.0.0"),
        ("Hackage a", "pkg:hackage/a@1.0.0"),
        ("CRAN a", "pkg:cran/a@1.0-0"),
        ("Bioconductor a", "pkg:bioconductor/a@1.0.0"),
        ("Hex a", "pkg:hex/a@1.0.0"),
        ("Julia A", "pkg:julia/A@1.0.0?uuid=7876af07-990d-54b4-ab0e-23690620f79a"),
        ("SwiftURL https://github.com/a/b.git", "pkg:swift/github.com/a/b@1.0.0"),
        ("ConanCenter a", "pkg:conan/a@1.0.0"),
        ("Bitnami a", "pkg:bitnami/a@1.0.0"),
        ("GitHub Actions a/b", "pkg:githubactions/a/b@v1.0.0"),
        ("Debian:12 a", "pkg:deb/debian/b@1.0-1?distro=debian-12&upstream=a"),
        ("Ubuntu:22.04:LTS a", "pkg:deb/ubuntu/a@1.0-1?distro=ubuntu-22.04"),
        ("Alpine:v3.20 a", "pkg:apk/alpine/a@1.0-r0?distro=alpine-3.20.1"),
        ("Wolfi a", "pkg:apk/wolfi/a@1.0-r0"),
        ("Chainguard a", "pkg:apk/chainguard/a@1.0-r0"),
        ("MinimOS a", "pkg:apk/minimos/a@1.0-r0"),
        ("Red Hat:enterprise_linux:9::baseos a", "pkg:rpm/redhat/a@1.0-1.el9"),
        ("AlmaLinux:9 a", "pkg:rpm/almalinux/a@1.0-1.el9?distro=almalinux-9.4"),
        ("Rocky Linux:9 a", "pkg:rpm/rocky-linux/a@1.0-1.el9?distro=rocky-9.4"),
        ("SUSE:Linux Enterprise Server 15 SP5 a", "pkg:rpm/suse/a@1.0-1"),
        ("openSUSE:Leap 15.6 a", "pkg:rpm/opensuse/a@1.0-1"),
        ("Mageia:9 a", "pkg:rpm/mageia/a@1.0-1"),
        ("openEuler:24.03-LTS a", "pkg:rpm/openeuler/a@1.0-1"),
        ("Azure Linux:3 a", "pkg:rpm/azurelinux/a@1.0-1"),
    ] {
        let affected = ranges(&[("ECOSYSTEM", "i0.1 f2")]);
        assert_eq!(answer(&record(package, &affected), purl), Affected, "{purl}");
        let mended = ranges(&[("ECOSYSTEM", "i0.1 f0.2")]);
        assert_eq!(answer(&record(package, &mended), purl), NotAffected, "{purl}");
    }
}

#[test]
fn records_that_say_too_little_or_two_things_are_counted_and_left_out() {
    let package = r#""package":{"ecosystem":"npm","name":"a"}"#;
    for affected in [
        format!(r#"[{{{package},"ranges":[{{"type":"SEMVER","events":[]}}]}}]"#),
        format!(r#"[{{{package},"ranges":[{{"type":"SEMVER","events":[{{"fixed":"1.0.0"}}]}}]}}]"#),
        format!(
            r#"[{{{package},"ranges":[{{"type":"SEMVER","events":[{{"introduced":"0","fixed":"1.0.0"}}]}}]}}]"#
        ),
        format!(r#"[{{{package},"ranges":[{{"events":[{{"introduced":"0"}}]}}]}}]"#),
        format!(r#"[{{{package},"versions":[1]}}]"#),
        r#"[{"package":{"ecosystem":"","name":"a"}}]"#.to_owned(),
        r#"{}"#.to_owned(),
    ] {
        let record = format!(r#"{{"id":"X-1","modified":"2026-01-20T00:00:00Z","affected":{affected}}}"#);
        let counts = compiled(std::slice::from_ref(&record)).counts;
        assert_eq!((counts.records, counts.unparsed), (0, 1), "{record}");
    }
    for affected in ["[]", "null", "[{}]", r#"[{"ranges":[{"type":"GIT","events":[{"introduced":"0"}]}]}]"#] {
        let record = format!(r#"{{"id":"X-1","modified":"2026-01-20T00:00:00Z","affected":{affected}}}"#);
        let counts = compiled(std::slice::from_ref(&record)).counts;
        assert_eq!((counts.records, counts.unparsed, counts.packages), (1, 0, 0), "{record}");
    }
}

/// Which advisories of it nobody understood.
fn unread(records: &[String], purl: &str) -> Vec<String> {
    checked(records, purl).unread.into_iter().flat_map(|(_, ids)| ids).collect()
}

#[test]
fn b63_a_record_that_is_not_understood_leaves_open_what_it_names_and_nothing_else() {
    let odd = |package: &str| record(package, r#""ranges":[{"type":"SEMVER","events":[]}]"#);
    let records = [odd("npm a"), odd("Debian:11 a"), record("npm b", &ranges(&[("SEMVER", "i0")]))];
    assert_eq!(unread(&records, "pkg:npm/a@1.0.0"), ["X-1"]);
    assert_eq!(unread(&records, "pkg:npm/a"), ["X-1"]);
    assert_eq!(unread(&records, "pkg:npm/b@1.0.0"), [""; 0]);
    assert_eq!(unread(&records, "pkg:deb/debian/a@1.0-1?distro=debian-12"), [""; 0]);
    for open in ["pkg:deb/debian/a@1.0-1", "pkg:deb/debian/b@1.0-1?distro=debian-11&upstream=a"] {
        assert_eq!(unread(&records, open), ["X-1"], "{open}");
    }
    let told = findings::of_rest(&checked(&records, "pkg:npm/a@1.0.0"));
    assert_eq!(told.iter().map(|finding| finding.code).collect::<Vec<_>>(), [advisories::NOT_UNDERSTOOD]);
    assert!(findings::leaves_open(&told[0]));
    // Cut off behind the name, named by its package URL alone, without an id.
    let cut = records[0].split(r#","ranges""#).next().unwrap().to_owned();
    let other = r#"{"id":7,"affected":[{"package":{"purl":"pkg:npm/a"}}]}"#.to_owned();
    assert_eq!(unread(&[cut], "pkg:npm/a@1.0.0"), ["X-1"]);
    assert_eq!(unread(&[other], "pkg:npm/a@1.0.0"), ["record.json"]);
    // What was taken back counts for nothing, whatever else is odd about it.
    let withdrawn = |at: &str| records[0].replace(r#""id""#, &format!(r#""withdrawn":"{at}","id""#));
    assert_eq!(unread(&[withdrawn("2026-01-01T00:00:00Z")], "pkg:npm/a@1.0.0"), [""; 0]);
    assert_eq!(unread(&[withdrawn("2030-01-01T00:00:00Z")], "pkg:npm/a@1.0.0"), ["X-1"]);
    // And those of other ecosystems are none of this source.
    let mut compiler = Compiler::new("2026-11-22T00:00:00Z".parse().unwrap()).of(&texts(&["npm"]));
    records.iter().for_each(|record| compiler.add("record", record.as_bytes()));
    let compiled = compiler.finish().unwrap();
    assert_eq!((compiled.counts.records, compiled.counts.unparsed, compiled.counts.packages), (1, 1, 2));
}

/// A record with these aliases, of one npm package in all versions.
fn alias(id: &str, aliases: &str, package: &str) -> String {
    record(&format!("npm {package}"), &ranges(&[("SEMVER", "i0")]))
        .replace(r#""id":"X-1""#, &format!(r#""id":"{id}","aliases":[{aliases}]"#))
}

fn problems(records: &[String], purl: &str) -> Vec<(String, Vec<String>, Vec<String>)> {
    let found = checked(records, purl).matches;
    found.into_iter().map(|found| (found.id, found.aliases, found.records)).collect()
}

fn texts(all: &[&str]) -> Vec<String> {
    all.iter().map(|text| (*text).to_owned()).collect()
}

/// Aliases are symmetric and transitive, says the schema: also through a record that names another package.
#[test]
fn an_alias_chain_may_lead_through_a_record_that_does_not_affect_the_package() {
    let ends = [alias("A-1", r#""CVE-2026-1""#, "a"), alias("B-1", r#""CVE-2026-2""#, "a")];
    let apart = [
        ("CVE-2026-1".to_owned(), texts(&["A-1"]), texts(&["A-1"])),
        ("CVE-2026-2".to_owned(), texts(&["B-1"]), texts(&["B-1"])),
    ];
    assert_eq!(problems(&ends, "pkg:npm/a@1.0.0"), apart);
    let link = alias("C-1", r#""CVE-2026-1","CVE-2026-2""#, "other");
    let one =
        [("CVE-2026-1".to_owned(), texts(&["CVE-2026-2", "A-1", "B-1", "C-1"]), texts(&["A-1", "B-1"]))];
    for turn in 0..3 {
        let mut records = [&ends[..], std::slice::from_ref(&link)].concat();
        records.rotate_left(turn);
        assert_eq!(problems(&records, "pkg:npm/a@1.0.0"), one);
    }
    // It names no package at all, or one in a version that is mended.
    let bare = r#"{"id":"C-1","modified":"2026-01-20T00:00:00Z","aliases":["CVE-2026-1","CVE-2026-2"]}"#;
    assert_eq!(problems(&[&ends[..], &[bare.to_owned()]].concat(), "pkg:npm/a@1.0.0"), one);
}

/// Aliases are symmetric: which record of a problem calls it malware does not count, nor what that one is about.
#[test]
fn b24_what_a_record_elsewhere_calls_malware_is_malware() {
    let kind = |records: &[String]| checked(records, "pkg:npm/a@1.0.0").matches[0].kind;
    let own = alias("GHSA-1", "", "a");
    assert_eq!(kind(&[own.clone(), alias("GHSA-2", r#""GHSA-1""#, "b")]), Kind::Vulnerability);
    assert_eq!(kind(&[own.clone(), alias("MAL-2026-1", r#""GHSA-1""#, "b")]), Kind::Malicious);
    let withdrawn = alias("MAL-2026-1", r#""GHSA-1""#, "b");
    let withdrawn = withdrawn.replacen('{', r#"{"withdrawn":"2026-02-01T00:00:00Z","#, 1);
    assert_eq!(kind(&[own, withdrawn]), Kind::Vulnerability);
}

#[test]
fn what_is_related_or_upstream_is_no_alias() {
    let others = r#""related":["CVE-2026-1","B-1"],"upstream":["CVE-2026-1","B-1"],"aliases""#;
    let records = [
        alias("A-1", "", "a").replace(r#""aliases""#, others),
        alias("B-1", "", "a").replace(r#""aliases""#, &others.replace("B-1", "A-1")),
    ];
    let expected = [("A-1", "A-1"), ("B-1", "B-1")];
    let expected = expected.map(|(id, record)| (id.to_owned(), Vec::new(), texts(&[record])));
    assert_eq!(problems(&records, "pkg:npm/a@1.0.0"), expected);
}

#[test]
fn a_record_that_stands_twice_is_one_problem() {
    let twice = [alias("A-1", "", "a"), alias("A-1", r#""CVE-2026-1""#, "a")];
    let one = [("CVE-2026-1".to_owned(), texts(&["A-1"]), texts(&["A-1"]))];
    assert_eq!(problems(&twice, "pkg:npm/a@1.0.0"), one);
    let alone = [alias("A-1", "", "a"), alias("A-1", "", "a")];
    assert_eq!(problems(&alone, "pkg:npm/a@1.0.0"), [("A-1".to_owned(), Vec::new(), texts(&["A-1"]))]);
}

/// What was narrowed has the packages of those ecosystems alone, and what its other records say of aliases.
#[test]
fn a_source_is_narrowed_to_ecosystems() {
    let both = alias("A-1", r#""CVE-2026-1""#, "a").replace(
        r#""affected":["#,
        r#""affected":[{"package":{"ecosystem":"PyPI","name":"a"},"versions":["1.0.0"]},"#,
    );
    let other = record("PyPI b", r#""versions":["1.0.0"]"#);
    let debian = record("Debian:12 a", r#""versions":["1.0-1"]"#);
    let narrowed = |ecosystems: &[&str]| {
        let mut compiler = Compiler::new("2026-11-22T00:00:00Z".parse().unwrap()).of(&texts(ecosystems));
        [&both, &other, &debian].iter().for_each(|record| compiler.add("record", record.as_bytes()));
        let compiled = compiler.finish().unwrap();
        let met: Vec<String> = compiled.ecosystems.iter().cloned().collect();
        (compiled.counts.records, compiled.counts.packages, met)
    };
    assert_eq!(narrowed(&[]), (3, 4, Vec::new()));
    assert_eq!(narrowed(&["npm"]), (1, 1, texts(&["npm"])));
    assert_eq!(narrowed(&["PyPI"]), (2, 2, texts(&["PyPI"])));
    assert_eq!(narrowed(&["Debian"]), (1, 1, texts(&["Debian"])));
    assert_eq!(narrowed(&["Debian:12", "npm"]), (2, 2, texts(&["Debian:12", "npm"])));
    assert_eq!(narrowed(&["Debian:11"]), (0, 0, Vec::new()));
}

#[test]
fn a_list_made_to_match_too_often_is_given_up() {
    let records: Vec<String> = (0..200)
        .map(|n| record("PyPI a", &ranges(&[("ECOSYSTEM", "i0")])).replace("X-1", &format!("X-{n}")))
        .collect();
    let index = Index::of(compiled(&records)).unwrap();
    let components: Vec<Component> = (0..1000).map(|n| Component::of(&format!("pkg:pypi/a@{n}"))).collect();
    let found = check(&index, &components).unwrap();
    assert_eq!((found.matches.len(), found.left), (MAX_MATCHES + 200, 749));
    let told = findings::of_rest(&found);
    assert_eq!(told[0].code, advisories::TOO_MANY);
    for word in ["note", "error", "low", "critical", "malicious"] {
        assert!(word.parse::<FailOn>().unwrap().refuses_finding(&told[0]), "{word}");
    }
    let few = check(&index, &components[..250]).unwrap();
    assert_eq!((few.matches.len(), few.left, findings::of_left(&few)), (MAX_MATCHES, 0, None));
}
