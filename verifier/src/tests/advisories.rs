//! What is known of the components of the bound SBOM, and whose word takes it back.

use std::collections::BTreeMap;
use std::sync::Arc;

use mcpsign_advisories::index::{Compiler, IndexWriter};
use mcpsign_advisories::snapshot::WholeSnapshot;
use mcpsign_schemas::advisory::snapshot::{IndexFile, SCHEMA, Segment, SnapshotManifest};
use mcpsign_schemas::code;
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::inventory::{KnownGap, Location, Means, Package, Scope};
use mcpsign_schemas::report::{ReportDocument, StageState};
use mcpsign_schemas::statement::predicate_type;

use super::sboms::{made_of, package, with_unread};
use super::{Case, has, not_asked, time};
use crate::Got;
use crate::policy::Policy;
use crate::testing::{Key, PURL, Release, json, statement};

const OPENVEX: &str = "https://openvex.dev/ns/v0.2.0";

/// A snapshot of these records, made at `updated`.
pub(super) fn snapshot(records: &[String], updated: &str) -> Arc<WholeSnapshot> {
    let mut compiler = Compiler::new(time(updated));
    records.iter().for_each(|record| compiler.add("record", record.as_bytes()));
    let compiled = compiler.finish().unwrap();
    let mut writer = IndexWriter::default();
    let placed = writer.add(&compiled).unwrap();
    let index = writer.finish();
    let segment = Segment {
        source: "records".into(),
        sha256: Sha256Digest::of(b"records"),
        updated: None,
        etag: None,
        newest: compiled.newest,
        ecosystems: Vec::new(),
        releases: compiled.releases.clone(),
        counts: compiled.counts,
        names: placed.names,
        packages: placed.packages,
        records: placed.records,
    };
    let manifest = SnapshotManifest {
        schema: SCHEMA.into(),
        updated: time(updated),
        tool: "test".into(),
        index: IndexFile {
            name: "index-0000000000000000.bin".into(),
            size: index.bytes.len() as u64,
            sha256: index.sha256,
            blocks_sha256: index.blocks_sha256,
        },
        segments: BTreeMap::from([("npm".to_owned(), segment)]),
        enrichment: BTreeMap::new(),
    };
    Arc::new(WholeSnapshot::open(manifest, Sha256Digest::of(b"manifest"), index.bytes, false).unwrap())
}

pub(super) fn record(id: &str, name: &str, fixed: &str) -> String {
    format!(
        r#"{{"id":"{id}","modified":"2026-01-01T00:00:00Z","affected":[{{"package":{{"ecosystem":"npm","name":"{name}"}},
        "ranges":[{{"type":"SEMVER","events":[{{"introduced":"0"}},{{"fixed":"{fixed}"}}]}}]}}]}}"#
    )
}

/// The honest release with these components, by flags or by `policy`, against these records.
fn case(key: &Key, components: &str, records: &[String]) -> Case {
    let mut release = Release::honest();
    let digest = Sha256Digest::of(&release.artifact);
    release.sbom = json(&format!(
        r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"serialNumber":"urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
        "metadata":{{"component":{{"type":"application","bom-ref":"root","name":"notes-mcp","version":"1.4.0","purl":"{PURL}",
        "hashes":[{{"alg":"SHA-256","content":"{digest}"}}]}}}},"components":[{components}]}}"#
    ));
    release.bind();
    let mut case = Case::of(key, &release);
    case.measured.advisories = Got::Some(snapshot(records, "2026-11-21T00:00:00Z"));
    case
}

pub(super) fn component(purl: &str) -> String {
    format!(r#"{{"type":"library","bom-ref":"{purl}","name":"x","purl":"{purl}"}}"#)
}

#[test]
fn b63_a_package_is_found_however_it_is_written() {
    let key = Key::generate();
    let records = [record("GHSA-1", "mcp-remote", "0.1.16")];
    for purl in ["pkg:npm/mcp-remote@0.1.15", "pkg:NPM/%6Dcp-remote@0.1.15", "pkg://npm/mcp-remote@v0.1.15"] {
        let document = case(&key, &component(purl), &records).denied(code::advisories::VULNERABLE);
        let report = document.advisories.as_ref().unwrap();
        assert_eq!((report.matches.len(), report.age_days, report.records), (1, 1, 1), "{purl}");
        assert_eq!(report.snapshot.get("sha256"), Some(Sha256Digest::of(b"manifest").to_string().as_str()));
    }
    let fine = case(&key, &component("pkg:npm/mcp-remote@0.1.16"), &records).allowed();
    assert_eq!(fine.stages.advisories.state, StageState::Passed);
    assert_eq!(fine.stages.advisories.by.len(), 1);
}

#[test]
fn b63_what_was_taken_back_is_known_no_more() {
    let key = Key::generate();
    let withdrawn = |at: &str| {
        record("GHSA-1", "ws", "9.0.0").replace(r#""modified""#, &format!(r#""withdrawn":"{at}","modified""#))
    };
    case(&key, &component("pkg:npm/ws@8.0.0"), &[withdrawn("2026-02-01T00:00:00Z"), record("X", "y", "1")])
        .allowed();
    case(&key, &component("pkg:npm/ws@8.0.0"), &[withdrawn("2030-01-01T00:00:00Z")])
        .denied(code::advisories::VULNERABLE);
}

#[test]
fn b63_without_an_sbom_or_with_an_empty_one_nothing_passes() {
    let key = Key::generate();
    let records = [record("GHSA-1", "ws", "9.0.0")];
    case(&key, "", &records).denied(code::advisories::NOTHING_CATALOGUED);
    let mut unbound = case(&key, &component("pkg:npm/zod@4.0.0"), &records);
    let mut release = Release::honest();
    release.manifest.bindings.sboms.clear();
    release.manifest.bindings.statements.clear();
    unbound.lines = release.lines(&key);
    unbound.denied(code::advisories::NO_SBOM);
    // One that is to be there and is not is said where it is missed.
    let mut gone = case(&key, &component("pkg:npm/zod@4.0.0"), &records);
    gone.lines.remove(0);
    assert_eq!(gone.denied(code::sbom::MISSING).stages.advisories.state, StageState::NotRun);
    // Unless it says that there is nothing.
    let mut release = Release::honest();
    let text = String::from_utf8(release.sbom.to_canonical()).unwrap();
    release.sbom = json(&text.replace(
        r#""components":[]"#,
        r#""components":[],"compositions":[{"aggregate":"complete","dependencies":["root"]}]"#,
    ));
    release.bind();
    let mut complete = Case::of(&key, &release);
    complete.measured.advisories = Got::Some(snapshot(&records, "2026-11-21T00:00:00Z"));
    complete.allowed();
}

#[test]
fn b63_what_cannot_be_held_against_the_advisories_leaves_it_open() {
    let key = Key::generate();
    let records = [record("GHSA-1", "ws", "9.0.0")];
    case(&key, &component("pkg:npm/ws"), &records).undecided(code::advisories::VERSION_UNKNOWN);
    case(&key, &component("pkg:npm/ws@latest"), &records).undecided(code::advisories::VERSION_UNORDERED);
    case(&key, &component("pkg:pypi/ws@1"), &records).undecided(code::advisories::NOT_COVERED);
    // One that is odd leaves open what it names, wherever that is listed.
    let odd = [records[0].clone(), record("GHSA-2", "odd", "9.0.0").replace(r#"{"introduced":"0"},"#, "")];
    case(&key, &component("pkg:npm/odd@1.0.0"), &odd).undecided(code::advisories::NOT_UNDERSTOOD);
    let mut hidden = case(&key, &component("pkg:npm/zod@4.4.3"), &odd);
    hidden.measured.subject.contents =
        Got::Some(made_of([zod(), package("pkg:npm/odd@1.0.0", Means::Installed)]));
    hidden.undecided(code::advisories::NOT_UNDERSTOOD);
    let fine = case(&key, &component("pkg:npm/zod@4.4.3"), &odd).allowed();
    assert!(has(&fine.findings, code::advisories::UNPARSED));
    let open = case(&key, &component("pkg:npm/other"), &records).allowed();
    assert_eq!(open.advisories.unwrap().components.without_version, 1);
    // What is found outweighs what is not known, and what is old is still found.
    let both = format!("{},{}", component("pkg:pypi/ws@1"), component("pkg:npm/ws@8.0.0"));
    let mut old = case(&key, &both, &records);
    old.measured.advisories = Got::Some(snapshot(&records, "2026-01-01T00:00:00Z"));
    old.denied(code::advisories::VULNERABLE);
    let mut stale = case(&key, &component("pkg:npm/ws@9.0.0"), &records);
    stale.measured.advisories = Got::Some(snapshot(&records, "2026-11-14T23:59:59Z"));
    stale.undecided(code::advisories::STALE);
    stale.measured.advisories = Got::Some(snapshot(&records, "2026-11-22T00:06:00Z"));
    stale.undecided(code::advisories::FUTURE);
}

/// Nobody who hands in advisories means to run malware, whatever the policy forgot.
#[test]
fn what_is_malicious_is_refused_by_policies_that_do_not_speak_of_advisories() {
    let key = Key::generate();
    let policy = policy(&key, "");
    let mut evil = case(&key, &component("pkg:npm/evil@1.0.0"), &[record("MAL-2026-1", "evil", "9.0.0")]);
    evil.policy = policy.clone();
    evil.denied(code::advisories::MALICIOUS);
    let mut known = case(&key, &component("pkg:npm/ws@8.0.0"), &[record("GHSA-1", "ws", "9.0.0")]);
    known.policy = policy;
    let document = known.allowed();
    assert_eq!(document.stages.advisories.state, StageState::NotRequired);
    assert!(has(&document.findings, code::advisories::VULNERABLE), "said all the same");
}

/// What the SBOM lists is there too.
fn zod() -> Package {
    package("pkg:npm/zod@4.4.3", Means::Installed)
}

#[test]
fn b63_what_hides_in_a_file_that_cannot_be_read_is_held_against_nothing() {
    let key = Key::generate();
    let mut case = case(&key, &component("pkg:npm/zod@4.4.3"), &[record("GHSA-1", "ws", "9.0.0")]);
    case.measured.subject.contents = Got::Some(made_of([zod()]));
    case.allowed();
    let hidden = with_unread(made_of([zod()]), "node_modules/y/package.json", "javascript/node-modules");
    case.measured.subject.contents = Got::Some(hidden);
    let document = case.undecided(code::evidence::UNREADABLE);
    assert_eq!(document.stages.advisories.state, StageState::NotRun);
    for (path, reader) in [
        ("lib/evil.dist-info/METADATA", "python/dist-info"),
        ("app.deps.json", "dotnet/deps-json"),
        ("a.jar!/META-INF/maven/a/a/pom.properties", "archives/java/pom-properties"),
        ("bin/tool", "go/build-information"),
        ("var/lib/dpkg/status", "os/dpkg"),
    ] {
        case.measured.subject.contents = Got::Some(with_unread(made_of([zod()]), path, reader));
        case.undecided(code::evidence::UNREADABLE);
    }
    // npm does not look into archives.
    let packed = with_unread(made_of([zod()]), "a.tgz!/package.json", "archives/javascript/package-json");
    case.measured.subject.contents = Got::Some(packed);
    case.allowed();
    case.policy = policy(&key, "");
    case.measured.subject.contents =
        Got::Some(with_unread(made_of([zod()]), "lib/evil.dist-info/METADATA", "python/dist-info"));
    let findings = case.allowed().findings;
    let told = findings.iter().find(|finding| finding.code == code::evidence::UNREADABLE).unwrap();
    assert_eq!(told.level, code::Level::Warning, "said all the same");
}

/// An archive of a format that is not read may hold what nobody wants.
#[test]
fn what_was_not_looked_into_is_said_where_a_rule_asks_for_advisories() {
    let key = Key::generate();
    let mut case = case(&key, &component("pkg:npm/zod@4.4.3"), &[record("GHSA-1", "ws", "9.0.0")]);
    let mut contents = made_of([zod()]);
    let gap = |number: usize| KnownGap::unread(Some(format!("v{number}.txz")), "not read");
    contents.gaps = (0..12).map(gap).collect();
    case.measured.subject.contents = Got::Some(contents);
    let findings = case.allowed().findings;
    let told = findings.iter().filter(|finding| finding.code == code::advisories::NOT_READ);
    let told: Vec<_> = told.map(|finding| (finding.level, finding.message.as_str())).collect();
    assert_eq!((told.len(), told[0]), (11, (code::Level::Warning, "v0.txz: not read")));
    assert_eq!(told[10].1, "2 more likewise");
    case.policy = policy(&key, "");
    assert!(!has(&case.allowed().findings, code::advisories::NOT_READ));
}

/// What nobody lists is looked up where it lies.
#[test]
fn b24_what_is_malicious_in_the_bytes_is_refused_though_no_sbom_lists_it() {
    let key = Key::generate();
    let evil = "pkg:npm/evil@1.0.0";
    let records = [record("MAL-2026-1", "evil", "9.0.0"), record("GHSA-1", "ws", "9.0.0")];
    let with = |means: Means, purl: &str| {
        // This SBOM's maker does not say to have looked for such: it passes stage `sbom`.
        let mut case = case(&key, &component("pkg:npm/zod@4.4.3"), &records);
        case.measured.subject.contents = Got::Some(made_of([zod(), package(purl, means)]));
        case
    };
    for means in [Means::Installed, Means::Binary, Means::Lockfile, Means::EmbeddedSbom, Means::BundleNotice]
    {
        let document = with(means, evil).denied(code::advisories::MALICIOUS);
        assert_eq!(document.stages.advisories.state, StageState::Failed);
        assert!(document.findings[0].found.as_ref().unwrap().starts_with("in the artifact alone"));
        assert_eq!(document.advisories.unwrap().matches[0].purl, evil);
        with(means, "pkg:npm/evil@9.0.0").allowed();
    }
    // Whatever the policy forgot, and whoever took the SBOM away.
    let mut forgotten = with(Means::Installed, evil);
    forgotten.policy = policy_with("not-required", &key, "");
    forgotten.denied(code::advisories::MALICIOUS);
    forgotten.lines.remove(0);
    assert!(has(&forgotten.denied(code::sbom::MISSING).findings, code::advisories::MALICIOUS));
    let mut unbound = with(Means::Installed, evil);
    let mut release = Release::honest();
    release.manifest.bindings.sboms.clear();
    release.manifest.bindings.statements.clear();
    unbound.lines = release.lines(&key);
    unbound.policy = policy_with("not-required", &key, "");
    assert!(has(&unbound.denied(code::advisories::MALICIOUS).findings, code::advisories::MALICIOUS));
    // What is only wished for while it is developed is no part of it.
    let mut development = with(Means::Installed, evil);
    let tool = Package { scope: Scope::Development, ..package(evil, Means::Lockfile) };
    development.measured.subject.contents = Got::Some(made_of([zod(), tool]));
    development.allowed();
}

/// Without a version, too: what is malicious in every version is malicious, and what depends on it leaves it open.
#[test]
fn b24_what_has_no_version_in_the_bytes_is_looked_up() {
    let key = Key::generate();
    let evil = record("MAL-2026-1", "evil", "9.0.0").replace(r#",{"fixed":"9.0.0"}"#, "");
    let with = |means: Means, purl: &str| {
        let records = [evil.clone(), record("GHSA-1", "ws", "9.0.0")];
        let mut case = case(&key, &component("pkg:npm/zod@4.4.3"), &records);
        case.measured.subject.contents = Got::Some(made_of([zod(), package(purl, means)]));
        case
    };
    for means in [Means::Installed, Means::Manifest] {
        with(means, "pkg:npm/evil").denied(code::advisories::MALICIOUS);
    }
    with(Means::Installed, "pkg:npm/ws").undecided(code::advisories::VERSION_UNKNOWN);
    with(Means::Installed, "pkg:npm/ws@latest").undecided(code::advisories::VERSION_UNORDERED);
    with(Means::Manifest, "pkg:npm/ws").allowed();
}

/// A vulnerability counts where the package is there; a notice or a lock file that nobody follows may speak of another.
#[test]
fn b24_what_is_vulnerable_in_the_bytes_counts_where_it_is_there() {
    let key = Key::generate();
    let records = [record("GHSA-1", "ws", "9.0.0")];
    let with = |package: Package| {
        let mut case = case(&key, &component("pkg:npm/zod@4.4.3"), &records);
        case.measured.subject.contents = Got::Some(made_of([zod(), package]));
        case
    };
    let ws = |means: Means| package("pkg:npm/ws@8.0.0", means);
    for means in [Means::Installed, Means::Binary, Means::Lockfile] {
        with(ws(means)).denied(code::advisories::VULNERABLE);
    }
    let nowhere = Location { file: "package-lock.json".into(), ..Location::at("", Means::Lockfile) };
    for hint in [ws(Means::BundleNotice), Package { found: [nowhere].into(), ..ws(Means::Lockfile) }] {
        let document = with(hint).allowed();
        assert!(has(&document.findings, code::advisories::VULNERABLE), "said all the same");
    }
    // What is listed is looked up once.
    let mut listed = case(&key, &component("pkg:npm/ws@8.0.0"), &records);
    listed.measured.subject.contents = Got::Some(made_of([ws(Means::Installed)]));
    assert_eq!(listed.denied(code::advisories::VULNERABLE).advisories.unwrap().matches.len(), 1);
}

/// Nor by those that ask for no SBOM: the one that is bound is read, and taking it away helps nobody.
#[test]
fn what_is_malicious_is_refused_by_policies_that_require_no_sbom() {
    let key = Key::generate();
    let mut case = case(&key, &component("pkg:npm/evil@1.0.0"), &[record("MAL-2026-1", "evil", "9.0.0")]);
    case.policy = policy_with("not-required", &key, "");
    case.denied(code::advisories::MALICIOUS);
    let sbom = case.lines.remove(0);
    case.denied(code::sbom::MISSING);
    // Without advisories it is as little required as the policy says.
    case.measured.advisories = Got::Missing(not_asked());
    case.allowed();
    case.lines.insert(0, sbom);
    case.allowed();
}

/// A policy of one key, with more under `require`.
fn policy(key: &Key, more: &str) -> Policy {
    policy_with("if-bound", key, more)
}

fn policy_with(sbom: &str, key: &Key, more: &str) -> Policy {
    let pem = key.pem().lines().map(|line| format!("      {line}\n")).collect::<String>();
    let text = format!(
        "schema: mcpsign.dev/policy/v1\nname: test\nkeys:\n  - name: acme\n    publicKey: |\n{pem}    time: allow-unverified
signers:
  - name: acme
    key: acme
    kinds: [publisher]
    predicates: [{}, {}, {OPENVEX}]
rules:
  - name: all
    match: any-server
    signers: [acme]
    require:
      predicates: [{}]
      manifest: {{ comparison: subset, observation: if-given, binding: command, capture: any-form, resources: ignore }}
      sbom: {sbom}
{more}",
        predicate_type::TOOL_MANIFEST,
        predicate_type::CYCLONEDX,
        predicate_type::TOOL_MANIFEST,
    );
    Policy::load(text.as_bytes(), "test.yaml").unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn believing(key: &Key, more: &str) -> Policy {
    let vex = format!("vex: {{ signers: [acme]{more} }}");
    policy(
        key,
        &format!(
            "      advisories: {{ snapshot: required, severity: low, unevaluated: undecided, {vex} }}\n"
        ),
    )
}

fn openvex(at: &str, id: &str, rest: &str) -> String {
    format!(
        r#"{{"@context":"https://openvex.dev/ns/v0.2.0","@id":"https://acme.example/vex/{at}","author":"acme","version":1,
        "timestamp":"{at}","statements":[{{"vulnerability":{{"name":"{id}"}},{rest}}}]}}"#
    )
}

const CALM: &str = r#""status":"not_affected","justification":"vulnerable_code_not_in_execute_path""#;

/// `ws@8.0.0` has a vulnerability, of which this is said.
fn said(documents: &[String]) -> Case {
    let key = Key::generate();
    let record =
        record("GHSA-1", "ws", "9.0.0").replace(r#""modified""#, r#""aliases":["CVE-2026-1"],"modified""#);
    let mut case = case(&key, &component("pkg:npm/ws@8.0.0"), &[record]);
    case.policy = believing(&key, "");
    for document in documents {
        let payload = statement(Release::honest().subjects, OPENVEX, json(document));
        case.lines.push(key.bundle(&payload));
    }
    case
}

#[track_caller]
fn suppressed(document: &ReportDocument) {
    let report = document.advisories.as_ref().unwrap();
    assert!(report.matches.is_empty());
    let [one] = &report.suppressed[..] else { panic!("{:?}", report.suppressed) };
    assert_eq!((one.found.id.as_str(), one.vex.rule.as_str()), ("CVE-2026-1", "acme"));
    assert!(has(&document.findings, code::advisories::VEX_SUPPRESSED), "it stays visible");
}

/// A distribution's record goes by an id of its own, and is about what is known by another.
#[test]
fn a_word_about_the_one_vulnerability_of_a_record_takes_it_back() {
    let key = Key::generate();
    let about = |upstream: &str| {
        let record = record("DEBIAN-1", "ws", "9.0.0")
            .replace(r#""modified""#, &format!(r#""upstream":[{upstream}],"modified""#));
        let mut case = case(&key, &component("pkg:npm/ws@8.0.0"), &[record]);
        case.policy = believing(&key, "");
        let calm = json(&openvex("2026-02-01T00:00:00Z", "CVE-2026-1", CALM));
        case.lines.push(key.bundle(&statement(Release::honest().subjects, OPENVEX, calm)));
        case
    };
    let document = about(r#""CVE-2026-1""#).allowed();
    let report = document.advisories.unwrap();
    assert_eq!((report.matches.len(), report.suppressed.len()), (0, 1));
    assert_eq!(report.suppressed[0].found.upstream, ["CVE-2026-1"]);
    // Of several that it is about one more may matter.
    about(r#""CVE-2026-1","CVE-2026-2""#).denied(code::advisories::VULNERABLE);
    about("").denied(code::advisories::VULNERABLE);
}

#[test]
fn a_trusted_word_takes_a_match_back_and_it_stays_visible() {
    said(&[]).denied(code::advisories::VULNERABLE);
    for id in ["GHSA-1", "CVE-2026-1"] {
        let document = said(&[openvex("2026-02-01T00:00:00Z", id, CALM)]).allowed();
        suppressed(&document);
        assert_eq!(document.signers.len(), 3, "whose word it is stands among the signers");
    }
    suppressed(&said(&[openvex("2026-02-01T00:00:00Z", "GHSA-1", r#""status":"fixed""#)]).allowed());
    for other in [
        openvex("2026-02-01T00:00:00Z", "CVE-2026-2", CALM),
        openvex("2026-02-01T00:00:00Z", "GHSA-1", r#""status":"under_investigation""#),
        openvex(
            "2026-02-01T00:00:00Z",
            "GHSA-1",
            &format!(r#"{CALM},"products":[{{"@id":"pkg:npm/other@1"}}]"#),
        ),
        openvex(
            "2026-02-01T00:00:00Z",
            "GHSA-1",
            &format!(r#"{CALM},"products":[{{"@id":"{}"}}]"#, PURL.replace("1.4.0", "1.3.0")),
        ),
        openvex(
            "2026-02-01T00:00:00Z",
            "GHSA-1",
            &format!(
                r#"{CALM},"products":[{{"@id":"{PURL}","subcomponents":[{{"@id":"pkg:npm/ws@7.0.0"}}]}}]"#
            ),
        ),
    ] {
        let document = said(&[other]).denied(code::advisories::VULNERABLE);
        assert!(document.advisories.unwrap().suppressed.is_empty());
    }
    // Of a time to come, and without the reason that it must give.
    for malformed in [
        openvex("2026-12-01T00:00:00Z", "GHSA-1", CALM),
        openvex("2026-02-01T00:00:00Z", "GHSA-1", r#""status":"not_affected""#),
    ] {
        let document = said(&[malformed]).denied(code::advisories::VULNERABLE);
        assert!(document.advisories.unwrap().suppressed.is_empty());
        assert!(super::has(&document.stages.advisories.findings, code::advisories::VEX_MALFORMED));
    }
}

/// When it was said nobody knows, so it may have been after everything else.
#[test]
fn a_word_without_date_counts_where_it_matters() {
    let with = |state: &str, at: &str| {
        let key = Key::generate();
        let mut case = case(&key, &component("pkg:npm/ws@8.0.0"), &[record("GHSA-1", "ws", "9.0.0")]);
        case.policy = believing(&key, "");
        let undated = json(&format!(
            r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"vulnerabilities":[{{"id":"GHSA-1",
            "analysis":{{"state":"{state}","detail":"so it is"}},"affects":[{{"ref":"pkg:npm/ws@8.0.0"}}]}}]}}"#
        ));
        let dated = json(&openvex(at, "GHSA-1", CALM));
        for (ty, document) in [(predicate_type::CYCLONEDX, undated), (OPENVEX, dated)] {
            case.lines.push(key.bundle(&statement(Release::honest().subjects, ty, document)));
        }
        case
    };
    with("exploitable", "2026-02-01T00:00:00Z").denied(code::advisories::VULNERABLE);
    with("in_triage", "2026-02-01T00:00:00Z").denied(code::advisories::VULNERABLE);
    with("not_affected", "2026-02-01T00:00:00Z").allowed();
}

#[test]
fn the_last_word_counts_and_of_two_at_once_the_worse() {
    let (early, late) = ("2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z");
    let affected = |at| openvex(at, "GHSA-1", r#""status":"affected","action_statement":"update""#);
    let calm = |at| openvex(at, "CVE-2026-1", CALM);
    said(&[affected(early), calm(late)]).allowed();
    said(&[calm(early), affected(late)]).denied(code::advisories::VULNERABLE);
    said(&[calm(early), affected(early)]).denied(code::advisories::VULNERABLE);
}

#[test]
fn what_is_embedded_in_the_bound_sbom_counts_by_the_same_rule() {
    let key = Key::generate();
    let analysis = r#""vulnerabilities":[{"id":"GHSA-1","analysis":{"state":"not_affected","justification":"code_not_reachable"},
        "affects":[{"ref":"pkg:npm/ws@8.0.0"}]}],"components""#;
    let mut release = Release::honest();
    let text = String::from_utf8(release.sbom.to_canonical()).unwrap();
    let text =
        text.replace(r#""components":[]"#, &format!(r#""components":[{}]"#, component("pkg:npm/ws@8.0.0")));
    release.sbom = json(&text.replacen(r#""components""#, analysis, 1));
    release.bind();
    let mut case = Case::of(&key, &release);
    case.measured.advisories =
        Got::Some(snapshot(&[record("GHSA-1", "ws", "9.0.0")], "2026-11-21T00:00:00Z"));
    // By flags nobody was named whose word counts.
    case.denied(code::advisories::VULNERABLE);
    case.policy =
        policy(&key, "      advisories: { snapshot: required, severity: low, unevaluated: accept }\n");
    case.denied(code::advisories::VULNERABLE);
    case.policy = believing(&key, "");
    assert_eq!(case.allowed().advisories.unwrap().suppressed.len(), 1);
}

#[test]
fn words_of_others_and_over_other_things_count_for_nothing() {
    let (key, other) = (Key::generate(), Key::generate());
    let calm = json(&openvex("2026-02-01T00:00:00Z", "GHSA-1", CALM));
    let mut case = case(&key, &component("pkg:npm/ws@8.0.0"), &[record("GHSA-1", "ws", "9.0.0")]);
    case.policy = believing(&key, "");
    case.lines.push(other.bundle(&statement(Release::honest().subjects, OPENVEX, calm.clone())));
    case.denied(code::advisories::VULNERABLE);
    case.lines.pop();
    let elsewhere = vec![crate::testing::subject("other.tgz", b"other")];
    case.lines.push(key.bundle(&statement(elsewhere, OPENVEX, calm)));
    case.denied(code::advisories::VULNERABLE);
}

#[test]
fn no_word_takes_malware_back_unless_the_policy_names_it() {
    let key = Key::generate();
    let mut case = case(&key, &component("pkg:npm/evil@1.0.0"), &[record("MAL-2026-1", "evil", "9.0.0")]);
    let calm = json(&openvex("2026-02-01T00:00:00Z", "MAL-2026-1", CALM));
    case.lines.push(key.bundle(&statement(Release::honest().subjects, OPENVEX, calm)));
    case.policy = believing(&key, "");
    case.denied(code::advisories::MALICIOUS);
    case.policy = believing(&key, ", malicious: [MAL-2026-2]");
    case.denied(code::advisories::MALICIOUS);
    case.policy = believing(&key, ", malicious: [MAL-2026-1]");
    case.allowed();
    // Nor by an alias that it has, nor by one id of two.
    let aliased = |id: &str| {
        record(id, "evil", "9.0.0").replace(r#""modified""#, r#""aliases":["CVE-2026-1"],"modified""#)
    };
    let records = [aliased("MAL-2026-1"), aliased("MAL-2026-2")];
    case.measured.advisories = Got::Some(snapshot(&records, "2026-11-21T00:00:00Z"));
    for (named, is_enough) in [("CVE-2026-1", false), ("MAL-2026-1", false), ("MAL-2026-1, MAL-2026-2", true)]
    {
        case.policy = believing(&key, &format!(", malicious: [{named}]"));
        if is_enough { drop(case.allowed()) } else { drop(case.denied(code::advisories::MALICIOUS)) }
    }
}

#[test]
fn conditions_ask_what_is_known_of_the_components() {
    let key = Key::generate();
    let asking = |expression: &str, snapshot: &str| {
        policy(
            &key,
            &format!(
                "      advisories: {{ snapshot: {snapshot}, severity: critical, unevaluated: accept, unfixed: accept }}
      conditions: [{{ name: c, expression: '{expression}' }}]\n"
            ),
        )
    };
    let low = record("GHSA-1", "ws", "9.0.0").replace(
        r#""modified""#,
        r#""aliases":["CVE-2026-1"],"severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N"}],"modified""#,
    );
    let mut case = case(&key, &component("pkg:npm/ws@8.0.0"), &[low]);
    for (expression, holds) in [
        (r#"!advisories.exists(a, a.kind == "malicious")"#, true),
        (r#"advisories.exists(a, a.kind == "vulnerability" && a.severity == "low" && !a.exploited)"#, true),
        (r#"advisories.all(a, a.id == "CVE-2026-1" && "GHSA-1" in a.aliases && a.fixed == ["9.0.0"])"#, true),
        (r#"advisories.exists(a, a.purl.startsWith("pkg:npm/ws@"))"#, true),
        ("size(advisories) == 0", false),
        (r#"!advisories.exists(a, size(a.fixed) > 0)"#, false),
    ] {
        // Lists are not compared: the one element is looked at.
        let expression = expression.replace(r#"a.fixed == ["9.0.0"]"#, r#""9.0.0" in a.fixed"#);
        case.policy = asking(&expression, "required");
        if holds {
            case.allowed();
        } else {
            case.denied(code::policy::CONDITION_NOT_MET);
        }
    }
    // What nobody knows is no empty list.
    case.measured.advisories = Got::Missing(not_asked());
    case.policy = asking("size(advisories) == 0", "if-given");
    case.undecided(code::evidence::NOT_LOOKED_AT);
    case.policy = asking("size(advisories) == 0", "required");
    case.undecided(code::evidence::NOT_LOOKED_AT);
    // What is not true whatever they were denies.
    case.policy = asking(
        r#"size(advisories) == 0' }, { name: d, expression: 'manifest.kind == "observer""#,
        "if-given",
    );
    case.denied(code::policy::CONDITION_NOT_MET);
}

#[test]
fn b36_a_condition_about_advisories_is_checked_when_it_is_loaded() {
    let key = Key::generate();
    let pem = key.pem().lines().map(|line| format!("      {line}\n")).collect::<String>();
    let load = |expression: &str, more: &str| {
        let text = format!(
            "schema: mcpsign.dev/policy/v1\nname: test\nkeys:\n  - name: acme\n    publicKey: |\n{pem}    time: allow-unverified
signers: [{{ name: acme, key: acme, kinds: [publisher], predicates: [{}] }}]
rules:
  - name: all
    match: any-server
    signers: [acme]
    require:
      predicates: [{}]
      manifest: {{ comparison: subset, observation: if-given, binding: command, capture: any-form, resources: ignore }}
      sbom: if-bound
      {more}
      conditions: [{{ name: c, expression: '{expression}' }}]
",
            predicate_type::TOOL_MANIFEST,
            predicate_type::TOOL_MANIFEST,
        );
        Policy::load(text.as_bytes(), "test.yaml").map(drop).map_err(|error| error.path)
    };
    let asked = "advisories: { snapshot: required, severity: low, unevaluated: undecided }";
    let good = r#"advisories.exists(a, a.kind == "malicious")"#;
    assert_eq!(load(good, asked), Ok(()));
    assert_eq!(load(good, ""), Err("rules[0].require.conditions".into()));
    for bad in [
        r#"advisories.exists(a, a.kind == "malware")"#,
        r#"advisories.exists(a, a.severity == "HIGH")"#,
        r#"advisories.exists(a, a.exploited == "yes")"#,
        "advisories.exists(a, a.score > 7)",
        "advisories.kind",
        "advisories == 0",
    ] {
        assert_eq!(load(bad, asked), Err("rules[0].require.conditions[0].expression".into()), "{bad}");
    }
}

/// Where nobody could see what the artifact holds, nobody knows that nothing is hidden in it.
#[test]
fn b24_contents_that_could_not_be_read_hide_nothing() {
    let key = Key::generate();
    let mut case = case(&key, &component("pkg:npm/zod@4.4.3"), &[record("GHSA-1", "ws", "9.0.0")]);
    case.measured.subject.contents =
        Got::Missing(crate::measured::Gap { code: code::evidence::UNREADABLE, message: "too many".into() });
    case.undecided(code::evidence::UNREADABLE);
}
