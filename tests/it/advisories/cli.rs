//! `mcpsign advisories` as it is called.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use jiff::Timestamp;
use serde_json::Value;

use super::forge::{archive, kev, put, record, records, sbom};
use crate::support::{run, workspace};

fn mcpsign(args: &[&str]) -> (i32, String, String) {
    let output = run(args, &[("MCPSIGN_PASSPHRASE", "a long enough passphrase")]);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn snapshot(dir: &Path) -> String {
    let malicious = r#"{"id":"MAL-2026-1","modified":"2026-05-01T00:00:00Z","affected":[{"package":{"ecosystem":"npm","name":"evil"},
        "ranges":[{"type":"SEMVER","events":[{"introduced":"0"}]}]}]}"#;
    let low = record("GHSA-low", "low", "2.0.0").replace(
        r#""affected""#,
        r#""severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N"}],"aliases":["CVE-2026-1"],"affected""#,
    );
    // As a source that is alive has them.
    let [malicious, low] =
        [malicious, &low].map(|record| record.replace("2026-05-01T00:00:00Z", &Timestamp::now().to_string()));
    let zip = put(
        dir,
        "npm/all.zip",
        archive(&[("a.json", malicious.as_bytes()), ("b.json", low.as_bytes()), ("c.json", b"{}")]),
    );
    let kept = dir.join("kept").to_string_lossy().into_owned();
    let (code, _, stderr) =
        mcpsign(&["advisories", "update", "--from", zip.to_str().unwrap(), "--dir", &kept]);
    assert_eq!(code, 0, "{stderr}");
    assert!(stderr.contains("1 records of npm were not understood"), "{stderr}");
    kept
}

fn check(dir: &Path, kept: &str, purls: &[&str], more: &[&str]) -> (i32, Value) {
    let document = put(dir, "bom.json", sbom(purls));
    let mut args = vec!["advisories", "check", document.to_str().unwrap(), "--dir", kept, "--format", "json"];
    args.extend(more);
    let (code, stdout, stderr) = mcpsign(&args);
    (code, serde_json::from_str(&stdout).unwrap_or_else(|_| panic!("{code}: {stdout}{stderr}")))
}

fn codes(report: &Value) -> Vec<&str> {
    report["findings"].as_array().unwrap().iter().map(|finding| finding["code"].as_str().unwrap()).collect()
}

#[test]
fn a_check_says_what_it_found_and_its_exit_code_says_whether_that_is_too_much() {
    let dir = tempfile::tempdir().unwrap();
    let kept = snapshot(dir.path());
    let (code, report) = check(dir.path(), &kept, &["pkg:npm/low@1.0.0", "pkg:npm/fine@1.0.0"], &[]);
    assert_eq!(code, 1);
    let found = &report["matches"][0];
    assert_eq!(
        (found["id"].as_str(), found["purl"].as_str(), found["kind"].as_str(), found["severity"].as_str()),
        (Some("CVE-2026-1"), Some("pkg:npm/low@1.0.0"), Some("vulnerability"), Some("low"))
    );
    assert_eq!(found["aliases"], serde_json::json!(["GHSA-low"]));
    assert_eq!(found["fixed"], serde_json::json!(["2.0.0"]));
    assert_eq!(codes(&report), ["advisories/unparsed"]);

    let (code, report) = check(dir.path(), &kept, &["pkg:npm/low@1.0.0"], &["--fail-on", "high"]);
    assert_eq!((code, report["matches"].as_array().unwrap().len()), (0, 1));
    let (code, report) = check(dir.path(), &kept, &["pkg:npm/evil@7.0.0"], &["--fail-on", "critical"]);
    assert_eq!((code, report["matches"][0]["kind"].as_str()), (1, Some("malicious")));
    let (code, report) = check(dir.path(), &kept, &["pkg:npm/low@2.0.0"], &[]);
    assert_eq!((code, report["matches"].as_array().unwrap().len()), (0, 0));
    let (code, _) = check(dir.path(), &kept, &["pkg:npm/low@2.0.0"], &["--fail-on", "warning"]);
    assert_eq!(code, 1, "a record that was not understood is a warning");
}

/// What is printed and what is kept follow their published schemas.
#[test]
fn checks_and_snapshots_follow_their_schemas() {
    let dir = tempfile::tempdir().unwrap();
    let kept = snapshot(dir.path());
    let (_, report) = check(dir.path(), &kept, &["pkg:npm/low@1.0.0", "pkg:npm/low", "pkg:oci/x@1"], &[]);
    let manifest: Value =
        serde_json::from_slice(&std::fs::read(Path::new(&kept).join("manifest.json")).unwrap()).unwrap();
    for (name, document) in [("advisory-check", report), ("advisory-snapshot", manifest)] {
        let (code, schema, _) = mcpsign(&["generate", "schema", name]);
        let validator = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
        let errors: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
        assert_eq!((code, errors), (0, Vec::new()), "{name}");
        assert!(!validator.is_valid(&serde_json::json!({})), "{name}");
    }
}

#[test]
fn b63_nothing_to_look_up_and_what_is_not_covered_is_no_silence() {
    let dir = tempfile::tempdir().unwrap();
    let kept = snapshot(dir.path());
    let (code, report) = check(dir.path(), &kept, &[], &[]);
    assert_eq!((code, codes(&report)[0]), (1, "advisories/nothing-catalogued"));
    let (code, report) = check(dir.path(), &kept, &["pkg:pypi/a@1", "pkg:npm/fine@1.0.0"], &[]);
    assert_eq!((code, codes(&report)[0]), (3, "advisories/not-covered"));
    let (code, _) = check(dir.path(), &kept, &["pkg:pypi/a@1", "pkg:npm/evil@1.0.0"], &[]);
    assert_eq!(code, 1, "a denial is more certain");
    let (code, report) = check(dir.path(), &kept, &["pkg:npm/low", "pkg:oci/x@1"], &[]);
    assert_eq!(
        (code, codes(&report)),
        (0, vec!["advisories/unidentified", "advisories/version-unknown", "advisories/unparsed"])
    );
    assert_eq!(report["unknown"][0]["purl"], "pkg:npm/low");
}

#[test]
fn what_cannot_be_used_is_a_usage_error_and_what_is_not_there_leaves_it_undecided() {
    let dir = tempfile::tempdir().unwrap();
    let none = dir.path().join("none").to_string_lossy().into_owned();
    let document = put(dir.path(), "bom.json", sbom(&["pkg:npm/a@1"]));
    let document = document.to_str().unwrap();
    let (code, stdout, stderr) = mcpsign(&["advisories", "check", document, "--dir", &none]);
    assert_eq!((code, stdout.as_str()), (3, ""));
    assert!(stderr.contains("advisories/missing") && stderr.contains("advisories update --from"), "{stderr}");
    assert_eq!(mcpsign(&["advisories", "status", "--dir", &none]).0, 3);
    let kept = snapshot(dir.path());
    for args in [
        &["check", "nowhere.json", "--dir", &kept][..],
        &["check", document, "--dir", &kept, "--fail-on", "bad"],
        &["update", "--from", "nowhere", "--dir", &kept],
        &["update", "--from", "https://osv.example", "--dir", &kept, "--offline"],
        &["update", "--from", "https://u:p@osv.example", "--dir", &kept],
        &["update", "--dir", &kept],
        &["check", "--dir", &kept],
    ] {
        let args: Vec<&str> = std::iter::once("advisories").chain(args.iter().copied()).collect();
        let (code, _, stderr) = mcpsign(&args);
        assert_eq!(code, 2, "{args:?}: {stderr}");
        assert!(stderr.contains("hint: ") && !stderr.contains("u:p"), "{args:?}: {stderr}");
    }
    let nameless = put(dir.path(), "bom", format!("\n {}", sbom(&["pkg:npm/evil@1"])));
    assert_eq!(mcpsign(&["advisories", "check", nameless.to_str().unwrap(), "--dir", &kept]).0, 1);
    let broken = put(dir.path(), "broken.json", "{");
    assert_eq!(mcpsign(&["advisories", "check", broken.to_str().unwrap(), "--dir", &kept]).0, 2);
}

#[test]
fn a_folder_with_a_lock_file_is_catalogued_and_checked() {
    let dir = tempfile::tempdir().unwrap();
    let kept = snapshot(dir.path());
    let lock = r#"{"name":"app","version":"1.0.0","lockfileVersion":3,"packages":{
        "":{"name":"app","version":"1.0.0","dependencies":{"evil":"^1.0.0"}},
        "node_modules/evil":{"version":"1.0.0","resolved":"https://registry.example/evil.tgz","integrity":"sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg=="}}}"#;
    put(
        dir.path(),
        "app/package.json",
        r#"{"name":"app","version":"1.0.0","dependencies":{"evil":"^1.0.0"}}"#,
    );
    put(dir.path(), "app/package-lock.json", lock);
    let app = dir.path().join("app");
    let (code, stdout, stderr) =
        mcpsign(&["advisories", "check", app.to_str().unwrap(), "--dir", &kept, "--format", "json"]);
    let report: Value = serde_json::from_str(&stdout).unwrap_or_else(|_| panic!("{stdout}{stderr}"));
    assert_eq!((code, report["matches"][0]["id"].as_str()), (1, Some("MAL-2026-1")), "{report}");
}

/// A snapshot with one record of one package for each of these.
struct Known {
    dir: tempfile::TempDir,
}

impl Known {
    fn of(packages: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for (n, (ecosystem, name)) in packages.iter().enumerate() {
            let of = format!(
                r#"{{"id":"X-{n}","modified":"2026-05-01T00:00:00Z","affected":[{{"package":{{"ecosystem":"{ecosystem}","name":"{name}"}},
                "ranges":[{{"type":"ECOSYSTEM","events":[{{"introduced":"0"}},{{"fixed":"2.0.0"}}]}}]}}]}}"#
            );
            put(dir.path(), &format!("records/{n}.json"), of);
        }
        let known = Self { dir };
        let (from, kept) = (known.at("records"), known.at("kept"));
        let (code, _, stderr) = mcpsign(&["advisories", "update", "--from", &from, "--dir", &kept]);
        assert_eq!(code, 0, "{stderr}");
        known
    }

    fn at(&self, name: &str) -> String {
        self.dir.path().join(name).to_string_lossy().into_owned()
    }

    /// What a check of one package URL says.
    fn check(&self, purl: &str, more: &[&str]) -> (i32, String, String) {
        let kept = self.at("kept");
        mcpsign(&[&["advisories", "check", purl, "--dir", &kept, "--offline"], more].concat())
    }
}

#[test]
fn a_package_url_of_any_ecosystem_is_looked_up_as_it_stands() {
    let known = Known::of(&[
        ("npm", "a"),
        ("PyPI", "a"),
        ("crates.io", "a"),
        ("Go", "a.example/b"),
        ("NuGet", "A"),
        ("Maven", "a:b"),
        ("RubyGems", "a"),
        ("Packagist", "a/b"),
        ("Pub", "a"),
        ("Hackage", "a"),
        ("CRAN", "a"),
        ("Debian:11", "other"),
        ("Debian:12", "source"),
        ("Alpine:v3.20", "a"),
        ("Red Hat:enterprise_linux:9::baseos", "a"),
    ]);
    for purl in [
        "pkg:npm/a@1",
        "pkg:npm/a@1.0.0",
        "pkg:pypi/A@1.0",
        "pkg:cargo/a@1.0.0",
        "pkg:golang/a.example/b@v1.2.3",
        "pkg:nuget/a@1.0.0",
        "pkg:maven/a/b@1.0",
        "pkg:gem/a@1.0",
        "pkg:composer/a/b@v1.0",
        "pkg:pub/a@1.0.0",
        "pkg:hackage/a@1.0",
        "pkg:cran/a@1.0-1",
        "pkg:deb/debian/binary@1.9-1?distro=debian-12&upstream=source",
        "pkg:apk/alpine/a@1.2.3-r0?distro=3.20.1",
        "pkg:rpm/redhat/a@1.0-1.el9",
    ] {
        let (code, stdout, stderr) = known.check(purl, &["--format", "json"]);
        assert_eq!(code, 1, "{purl}: {stdout}{stderr}");
        let report: Value = serde_json::from_str(&stdout).unwrap();
        assert_eq!((&report["matches"][0]["purl"], &report["subject"]), (&report["subject"], &purl.into()));
    }
    for purl in ["pkg:npm/a@2.0.0", "pkg:npm/b@1.0.0", "pkg:deb/debian/source@1-1?distro=debian-11"] {
        let (code, stdout, stderr) = known.check(purl, &[]);
        assert_eq!(code, 0, "{purl}: {stdout}{stderr}");
        assert!(stdout.contains("nothing found  "), "{purl}: {stdout}");
    }
    let (code, stdout, _) = known.check("pkg:deb/debian/source@1-1?distro=debian-13", &[]);
    assert_eq!(code, 3, "{stdout}");
    assert!(stdout.contains("no data for Debian:13") && !stdout.contains("nothing found  "), "{stdout}");
}

#[test]
fn b63_what_no_advisory_answers_is_refused_or_left_open_by_name() {
    let known = Known::of(&[("npm", "a")]);
    for (purl, expected) in [
        ("pkg:npm/a", "names no version"),
        ("pkg:npm/a@latest", "names no version that others could come before or after"),
        ("pkg:generic/a@1", "is of no ecosystem that advisories are published for"),
        ("pkg:oci/a@sha256%3A00", "name the image itself"),
        ("pkg:deb/a@1", "write the distribution before the name"),
        ("pkg:deb/nowhere/a@1", "is of no ecosystem"),
        ("pkg:", "pkg:npm/NAME@1.2.3"),
        ("pkg:npm", "pkg:npm/NAME@1.2.3"),
        ("https://mcp.example/mcp", "is a remote server"),
        ("oci://registry.example/a:1", "OCI images"),
        ("npm:a", "names no exact version"),
    ] {
        let (code, stdout, stderr) = known.check(purl, &[]);
        assert_eq!((code, stdout.as_str()), (2, ""), "{purl}: {stderr}");
        assert!(stderr.contains(expected) && stderr.contains("hint: "), "{purl}: {stderr}");
    }
    let (code, stdout, stderr) = known.check("pkg:npm/a@1.0.0", &["--registry", "https://registry.example"]);
    assert_eq!((code, stdout.as_str()), (2, ""), "{stderr}");
    for (purl, ecosystem) in [("pkg:maven/a/b@1", "Maven"), ("pkg:deb/debian/a@1", "Debian")] {
        let (code, stdout, _) = known.check(purl, &[]);
        assert_eq!(code, 3, "{stdout}");
        let said =
            stdout.contains("advisories/not-covered") && stdout.contains(&format!("no data for {ecosystem}"));
        assert!(said && !stdout.contains("nothing found  "), "{stdout}");
    }
}

/// `dmsetup` is built from `lvm2`, and counts its versions otherwise.
#[test]
fn b63_a_package_of_a_distribution_is_affected_in_the_version_of_its_source() {
    let dir = tempfile::tempdir().unwrap();
    let kept = dir.path().join("kept").to_string_lossy().into_owned();
    let known = r#"{"id":"DSA-1","modified":"2026-05-01T00:00:00Z","affected":[{"package":{"ecosystem":"Debian:12","name":"lvm2"},
        "ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"2.03.17-1"}]}]}]}"#;
    put(
        dir.path(),
        "Debian/DSA-2.json",
        known.replace("DSA-1", "DSA-2").replace(":12", ":11").replace("lvm2", "other"),
    );
    let from = put(dir.path(), "Debian/DSA-1.json", known);
    let from = from.parent().unwrap().to_str().unwrap();
    assert_eq!(mcpsign(&["advisories", "update", "--from", from, "--dir", &kept]).0, 0);
    let dmsetup = |source: &str| {
        format!("pkg:deb/debian/dmsetup@2%3A1.02.185-2?distro=debian-12&upstream=lvm2%40{source}")
    };
    let (code, report) = check(dir.path(), &kept, &[&dmsetup("2.03.16-2")], &[]);
    assert_eq!((code, report["matches"][0]["fixed"][0].as_str()), (1, Some("2.03.17-1")), "{report}");
    assert_eq!(check(dir.path(), &kept, &[&dmsetup("2.03.17-1")], &[]).0, 0);
    let other = dmsetup("2.03.16-2").replace("debian-12", "bullseye");
    assert_eq!(check(dir.path(), &kept, &[&other], &[]).0, 0);
}

#[test]
fn status_shows_sources_and_what_was_not_understood() {
    let dir = tempfile::tempdir().unwrap();
    let kept = snapshot(dir.path());
    let (code, stdout, _) = mcpsign(&["advisories", "status", "--dir", &kept, "--format", "json"]);
    let status: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(code, 0);
    assert_eq!((status["records"].as_u64(), status["unparsed"].as_u64()), (Some(2), Some(1)));
    assert!(status["age"].as_i64().unwrap() >= 0 && status["signed"] == false);
    let (_, human, _) = mcpsign(&["advisories", "status", "--dir", &kept]);
    assert!(human.contains("npm: 2 advisories on 2 packages, 1 not understood"), "{human}");
    let (_, stdout, _) = mcpsign(&["advisories", "status", "--dir", &kept]);
    assert!(stdout.contains(", the newest of 20"), "{stdout}");
}

/// Who looks every day at a mirror that nobody feeds hears that nothing new comes.
#[test]
fn b63_a_source_that_stands_still_is_said_wherever_it_is_used() {
    let dir = tempfile::tempdir().unwrap();
    let old = record("A-1", "a", "2.0.0").replace("2026-05-01", "2019-01-01");
    let zip = put(dir.path(), "npm/all.zip", archive(&[("a.json", old.as_bytes())]));
    let kev = put(
        dir.path(),
        "kev.json",
        kev("CVE-2026-1").replacen('{', r#"{"dateReleased":"2020-02-03T17:00:28.294Z","#, 1),
    );
    let epss = "#model_version:v2025.03.14,score_date:2020-04-05T12:55:00+0000\ncve,epss,percentile\nCVE-2026-1,0.5,0.9\n";
    let epss = put(dir.path(), "epss.csv", epss);
    let kept = dir.path().join("kept").to_string_lossy().into_owned();
    let mut args = vec!["advisories", "update", "--dir", &kept];
    for (flag, path) in [("--from", &zip), ("--kev", &kev), ("--epss", &epss)] {
        args.extend([flag, path.to_str().unwrap()]);
    }
    let (code, stdout, stderr) = mcpsign(&args);
    assert_eq!(
        (code, stdout.as_str()),
        (0, "npm: 1 record on 1 package, the newest of 2019-01-01\n"),
        "{stderr}"
    );
    let told = [
        "the newest advisory of npm is of 2019-01-01",
        "the list kev is of 2020-02-03",
        "the list epss is of 2020-04-05",
    ];
    assert!(told.iter().all(|told| stderr.contains(&format!("warning: {told}"))), "{stderr}");
    let (code, stdout, _) = mcpsign(&["advisories", "status", "--dir", &kept]);
    assert!(code == 0 && told.iter().all(|told| stdout.contains(told)), "{stdout}");
    assert!(stdout.contains("kev: 1 entries, of 2020-02-03"), "{stdout}");
    let (_, stdout, _) = mcpsign(&["advisories", "status", "--dir", &kept, "--format", "json"]);
    let status: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(codes(&status), ["advisories/stale-source"; 3]);
    let (code, report) = check(dir.path(), &kept, &["pkg:npm/a@2.0.0"], &["--max-age", "1"]);
    assert_eq!((code, codes(&report)), (0, vec!["advisories/stale-source"; 3]));
    let (code, _) = check(dir.path(), &kept, &["pkg:npm/a@2.0.0"], &["--fail-on", "warning"]);
    assert_eq!(code, 1);
}

/// One odd record is no reason against the others, and no all-clear for what it names.
#[test]
fn b63_what_names_a_package_and_is_not_understood_leaves_it_open() {
    let dir = tempfile::tempdir().unwrap();
    let odd = record("GHSA-odd", "odd", "2.0.0").replace(r#"{"introduced":"0"},"#, "");
    let zip = put(
        dir.path(),
        "npm/all.zip",
        archive(&[("a.json", record("A-1", "a", "2.0.0").as_bytes()), ("b.json", odd.as_bytes())]),
    );
    let kept = dir.path().join("kept").to_string_lossy().into_owned();
    assert_eq!(mcpsign(&["advisories", "update", "--from", zip.to_str().unwrap(), "--dir", &kept]).0, 0);
    let said = |purl: &str| mcpsign(&["advisories", "check", purl, "--dir", &kept]);
    let (code, stdout, _) = said("pkg:npm/odd@1.0.0");
    assert_eq!(code, 3, "{stdout}");
    assert!(stdout.contains("advisories/not-understood") && stdout.contains("GHSA-odd"), "{stdout}");
    assert!(!stdout.contains("nothing found  "), "{stdout}");
    assert_eq!(said("pkg:npm/a@2.0.0").0, 0);
    assert_eq!(said("pkg:npm/a@1.0.0").0, 1);
    let (code, _) = check(dir.path(), &kept, &["pkg:npm/odd@1.0.0", "pkg:npm/a@1.0.0"], &[]);
    assert_eq!(code, 1, "a denial is more certain");
}

#[test]
fn a_snapshot_that_was_signed_is_held_to_its_key() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name).to_string_lossy().into_owned();
    for key in ["team.key", "other.key"] {
        assert_eq!(mcpsign(&["keys", "generate", "--out", &file(key)]).0, 0);
    }
    let zip = put(dir.path(), "npm/all.zip", records(2)).to_string_lossy().into_owned();
    let (kept, bom) = (file("kept"), put(dir.path(), "bom.json", sbom(&["pkg:npm/package-0@2.0.0"])));
    let bom = bom.to_string_lossy().into_owned();
    let check = |key: &str| {
        let (code, _, stderr) =
            mcpsign(&["advisories", "check", &bom, "--dir", &kept, "--public-key", &file(key)]);
        (code, stderr.contains("advisories/not-signed"))
    };
    assert_eq!(mcpsign(&["advisories", "update", "--from", &zip, "--dir", &kept]).0, 0);
    assert_eq!(check("team.key.pub"), (3, true), "nobody signed");
    let signed =
        mcpsign(&["advisories", "update", "--from", &zip, "--dir", &kept, "--key", &file("team.key")]);
    assert_eq!(signed.0, 0, "{}", signed.2);
    assert_eq!(check("team.key.pub"), (0, false));
    assert_eq!(check("other.key.pub"), (3, true));
    // Another manifest under the same signature.
    let manifest = dir.path().join("kept/manifest.json");
    let good = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, good.replace("\"tool\": \"mcpsign", "\"tool\": \"mcpsigm")).unwrap();
    assert_eq!(check("team.key.pub"), (3, true));
    let signature = std::fs::read_dir(dir.path().join("kept"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.to_string_lossy().ends_with(".mcpsign.jsonl"))
        .unwrap();
    let bytes = std::fs::read(&manifest).unwrap();
    let digest = mcpsign_schemas::digest::Sha256Digest::of(&bytes).to_string();
    let moved = signature.with_file_name(format!("manifest-{}.mcpsign.jsonl", &digest[..16]));
    std::fs::rename(&signature, moved).unwrap();
    assert_eq!(check("team.key.pub"), (3, true));
}

#[test]
fn kev_and_epss_say_more_of_what_was_found() {
    let dir = tempfile::tempdir().unwrap();
    let kev = put(
        dir.path(),
        "kev.json",
        r#"{"vulnerabilities":[{"cveID":"CVE-2026-1","dateAdded":"2026-03-04"}]}"#,
    );
    let epss = put(dir.path(), "epss.csv", "#model:v1\ncve,epss,percentile\nCVE-2026-1,0.12345,0.9\n");
    let kept = snapshot(dir.path());
    let zip = dir.path().join("npm/all.zip");
    let update = |kev: &str| {
        mcpsign(&[
            "advisories",
            "update",
            "--from",
            zip.to_str().unwrap(),
            "--dir",
            &kept,
            "--kev",
            kev,
            "--epss",
            epss.to_str().unwrap(),
        ])
    };
    assert_eq!(update(kev.to_str().unwrap()).0, 0);
    let (_, report) = check(dir.path(), &kept, &["pkg:npm/low@1.0.0"], &[]);
    let found = &report["matches"][0];
    assert_eq!(found["exploitedSince"], "2026-03-04");
    assert_eq!(found["epss"], 0.12345);
    // They stay where the next update brings none.
    assert_eq!(mcpsign(&["advisories", "update", "--from", zip.to_str().unwrap(), "--dir", &kept]).0, 0);
    let (_, report) = check(dir.path(), &kept, &["pkg:npm/low@1.0.0"], &[]);
    assert_eq!(report["matches"][0]["exploitedSince"], "2026-03-04");
    assert_eq!(update(epss.to_str().unwrap()).0, 2);
    // Several members in one file, as parallel compressors write them, are one list.
    let member = |text: &str| {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(text.as_bytes()).unwrap();
        packed.finish().unwrap()
    };
    let members = [member("cve,epss,percentile\n"), member("CVE-2026-1,0.5,0.9\n")].concat();
    fs::write(&epss, members).unwrap();
    assert_eq!(update(kev.to_str().unwrap()).0, 0);
    let (_, report) = check(dir.path(), &kept, &["pkg:npm/low@1.0.0"], &[]);
    assert_eq!(report["matches"][0]["epss"], 0.5);
}

/// What `tests/quickstart` shows.
#[test]
fn i03_the_sample_of_this_repository_knows_mcp_remote() {
    let dir = tempfile::tempdir().unwrap();
    let kept = dir.path().to_string_lossy().into_owned();
    let sample = workspace().join("tests/advisories/sample");
    assert_eq!(mcpsign(&["advisories", "update", "--from", sample.to_str().unwrap(), "--dir", &kept]).0, 0);
    let bom = workspace().join("tests/advisories/bom.json");
    let (code, stdout, _) = mcpsign(&["advisories", "check", bom.to_str().unwrap(), "--dir", &kept]);
    assert_eq!(code, 1);
    assert!(stdout.contains("CVE-2025-6514 (critical, 9.6) in pkg:npm/mcp-remote@0.1.15"), "{stdout}");
    assert!(stdout.contains("mended in 0.1.16"), "{stdout}");
}

/// What a lock file pins that nobody understood, nobody has looked up.
#[test]
fn b63_a_lock_file_that_was_not_read_leaves_it_open() {
    let dir = tempfile::tempdir().unwrap();
    let kept = snapshot(dir.path());
    let project = dir.path().join("project");
    put(&project, "package.json", r#"{"name":"p","version":"1.0.0","dependencies":{"fine":"1"}}"#);
    let lock =
        put(&project, "package-lock.json", r#"{"lockfileVersion":99,"packages":{"node_modules/evil":{}}}"#);
    let document = dir.path().join("p.cdx.json");
    let (folder, sbom, lock) =
        (project.to_str().unwrap(), document.to_str().unwrap(), lock.to_str().unwrap());
    for format in ["cyclonedx-1.6", "spdx-2.3", "spdx-3.0.1"] {
        let (code, _, stderr) =
            mcpsign(&["sbom", "generate", folder, "--format", format, "--out", sbom, "--force"]);
        assert_eq!(code, 0, "{stderr}");
        for subject in [folder, sbom] {
            let (code, stdout, stderr) =
                mcpsign(&["advisories", "check", subject, "--dir", &kept, "--format", "json"]);
            assert_eq!(code, 3, "{subject}, {format}: {stdout}{stderr}");
            let report: Value = serde_json::from_str(&stdout).unwrap();
            assert!(codes(&report).contains(&"advisories/not-read"), "{stdout}");
        }
    }
    // A lock file by itself is taken as `sbom generate` takes it.
    std::fs::write(
        lock,
        r#"{"name":"p","lockfileVersion":3,"packages":{"node_modules/evil":{"version":"1.0.0"}}}"#,
    )
    .unwrap();
    for subject in [folder, lock] {
        let (code, stdout, stderr) = mcpsign(&["advisories", "check", subject, "--dir", &kept]);
        assert_eq!(code, 1, "{stdout}{stderr}");
        assert!(stdout.contains("MAL-2026-1"), "{stdout}");
    }
}

/// A pipe that nobody writes to is no file, and not waited for.
#[test]
fn what_is_no_file_is_refused_before_it_is_opened() {
    let dir = tempfile::tempdir().unwrap();
    let kept = snapshot(dir.path());
    let pipe = dir.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.is_ok_and(|status| status.success()));
    let pipe = pipe.to_str().unwrap();
    for args in [&["advisories", "check", pipe, "--dir", &kept][..], &["sbom", "diff", pipe, pipe]] {
        let (code, _, stderr) = mcpsign(args);
        assert_eq!(code, 2, "{stderr}");
        assert!(stderr.contains("FIFO"), "{stderr}");
    }
}
