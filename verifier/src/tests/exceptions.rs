//! Exceptions for what advisories say of packages, and for licences.

use mcpsign_schemas::code::{Code, advisories, freshness, sbom};
use mcpsign_schemas::statement::predicate_type::APPROVAL;

use super::advisories::{component, record, snapshot};
use super::{Case, has, time};
use crate::Got;
use crate::policy::{Policy, PolicyError};
use crate::testing::{Key, Release, json, statement};

struct Parties {
    acme: Key,
    reviewer: Key,
}

impl Parties {
    fn new() -> Self {
        Self { acme: Key::generate(), reviewer: Key::generate() }
    }

    fn policy(&self, codes: &str, require: &str) -> Result<Policy, PolicyError> {
        let key = |name: &str, key: &Key| {
            format!(r#"{{"name":"{name}","publicKey":{:?},"time":"allow-unverified"}}"#, key.pem())
        };
        let text = format!(
            r#"{{"schema":"mcpsign.dev/policy/v1","name":"acme","keys":[{},{}],
            "signers":[{{"name":"acme","key":"acme","kinds":["publisher"],"predicates":["https://mcpsign.dev/tool-manifest/v1","https://cyclonedx.org/bom"]}},
              {{"name":"reviewer","key":"reviewer","predicates":["{APPROVAL}"]}}],
            "rules":[{{"name":"all","match":"any-server","signers":["acme","reviewer"],"require":{{
              "predicates":["https://mcpsign.dev/tool-manifest/v1"],
              "manifest":{{"comparison":"subset","observation":"if-given","binding":"command","capture":"any-form","resources":"ignore"}},
              "sbom":"bound","exceptions":{{"by":["reviewer"],"scope":"team:payments","codes":[{codes}]}}{require}}}}}]}}"#,
            key("acme", &self.acme),
            key("reviewer", &self.reviewer),
        );
        Policy::load(text.as_bytes(), "policy.json")
    }

    /// A release with this component, under a policy that lets these codes be excepted.
    fn case(&self, component: &str, codes: &str, require: &str) -> (Case, Release) {
        let mut release = Release::honest();
        let text = String::from_utf8(release.sbom.to_canonical()).unwrap();
        release.sbom = json(&text.replace(r#""components":[]"#, &format!(r#""components":[{component}]"#)));
        release.bind();
        let mut case = Case::of(&self.acme, &release);
        case.policy = self.policy(codes, require).unwrap();
        (case, release)
    }

    /// What the reviewer bears of a release: until 2026-12-01.
    fn except(&self, release: &Release, codes: &str, ids: &str) -> Vec<u8> {
        let decision = json(&format!(
            r#"{{"decision":"except","codes":[{codes}],{ids}"scope":"team:payments","reason":"mended next week","createdOn":"2026-11-20T00:00:00Z","expires":"2026-12-01T00:00:00Z"}}"#
        ));
        self.reviewer.bundle(&statement(release.subjects.clone(), APPROVAL, decision))
    }
}

const REFUSING: &str = r#","advisories":{"snapshot":"required","severity":"low","unevaluated":"undecided"}"#;

#[track_caller]
fn borne(case: &Case, code: Code) {
    let report = case.allowed();
    assert!(
        has(&report.findings, code) && has(&report.findings, freshness::EXCEPTED),
        "{:?}",
        report.findings
    );
    assert!(report.signers.iter().any(|signer| signer.rule == "reviewer"), "who bears it is shown");
    assert!(report.findings.iter().all(|finding| finding.level != mcpsign_schemas::code::Level::Error));
}

#[test]
fn b45_what_an_advisory_says_is_borne_by_whoever_names_it() {
    let parties = Parties::new();
    let vulnerable = r#""advisories/vulnerable""#;
    let known = [
        record("GHSA-1", "ws", "9.0.0").replace(r#""modified""#, r#""aliases":["CVE-2026-1"],"modified""#),
        record("GHSA-2", "ws", "7.0.0"),
    ];
    let at = |records: &[String]| Got::Some(snapshot(records, "2026-11-21T00:00:00Z"));
    let (mut case, release) = parties.case(&component("pkg:npm/ws@8.0.0"), vulnerable, REFUSING);
    case.measured.advisories = at(&known);
    case.denied(advisories::VULNERABLE);
    for ids in [
        r#""advisories":["CVE-2026-2"],"#,
        // Nobody bears whatever may come.
        "",
        r#""advisories":[],"#,
        r#""advisories":["*"],"#,
    ] {
        case.lines.push(parties.except(&release, vulnerable, ids));
        let report = case.denied(advisories::VULNERABLE);
        assert!(!has(&report.findings, freshness::EXCEPTED), "{ids}");
        case.lines.pop();
    }
    for id in ["CVE-2026-1", "GHSA-1"] {
        case.lines.push(parties.except(&release, vulnerable, &format!(r#""advisories":["{id}"],"#)));
        borne(&case, advisories::VULNERABLE);
        assert_eq!(case.allowed().advisories.unwrap().matches.len(), 1, "it stays among what is known");
        case.lines.pop();
    }
    // What is found later is not borne, and what is borne is so until its end.
    case.lines.push(parties.except(&release, vulnerable, r#""advisories":["GHSA-1"],"#));
    case.measured.advisories = at(&[known[0].clone(), record("GHSA-3", "ws", "9.0.0")]);
    case.denied(advisories::VULNERABLE);
    case.measured.advisories = Got::Some(snapshot(&known, "2026-11-30T00:00:00Z"));
    case.now = time("2026-12-01T00:00:00Z");
    case.denied(advisories::VULNERABLE);
}

#[test]
fn b45_malware_is_borne_by_nobody_who_does_not_name_it() {
    let parties = Parties::new();
    let records = [record("MAL-2026-1", "evil", "9.0.0")];
    let both = r#""advisories/vulnerable","advisories/malicious""#;
    // Whether or not the rule speaks of advisories.
    for require in [REFUSING, ""] {
        let (mut case, release) = parties.case(&component("pkg:npm/evil@1.0.0"), both, require);
        case.measured.advisories = Got::Some(snapshot(&records, "2026-11-21T00:00:00Z"));
        for (codes, ids) in [
            (both, r#""advisories":["MAL-2026-2"],"#),
            (both, r#""advisories":["MAL-*"],"#),
            (both, ""),
            // Another code's exception, though it names the id.
            (r#""advisories/vulnerable""#, r#""advisories":["MAL-2026-1"],"#),
        ] {
            case.lines.push(parties.except(&release, codes, ids));
            case.denied(advisories::MALICIOUS);
            case.lines.pop();
        }
        case.lines.push(parties.except(&release, both, r#""advisories":["MAL-2026-1"],"#));
        borne(&case, advisories::MALICIOUS);
        // A policy that does not let it be excepted is not talked into it.
        case.policy = parties.policy(r#""advisories/vulnerable""#, require).unwrap();
        case.denied(advisories::MALICIOUS);
    }
}

#[test]
fn b45_malware_is_not_borne_by_what_was_said_of_an_alias() {
    let parties = Parties::new();
    let both = r#""advisories/vulnerable","advisories/malicious""#;
    let known = |id: &str, alias: &str| {
        record(id, "ws", "9.0.0").replace(r#""modified""#, &format!(r#""aliases":["{alias}"],"modified""#))
    };
    let (mut case, release) = parties.case(&component("pkg:npm/ws@8.0.0"), both, REFUSING);
    let at = |records: &[String]| Got::Some(snapshot(records, "2026-11-21T00:00:00Z"));
    let vulnerable = known("GHSA-1", "CVE-2026-1");
    let except = |ids: &str| parties.except(&release, both, &format!(r#""advisories":[{ids}],"#));
    case.lines.push(except(r#""CVE-2026-1","GHSA-1""#));
    case.measured.advisories = at(std::slice::from_ref(&vulnerable));
    borne(&case, advisories::VULNERABLE);
    // It becomes known as malware later, once and twice.
    let malware = known("MAL-2026-9", "CVE-2026-1");
    case.measured.advisories = at(&[vulnerable.clone(), malware.clone()]);
    case.denied(advisories::MALICIOUS);
    case.lines.push(except(r#""MAL-2026-9""#));
    borne(&case, advisories::MALICIOUS);
    case.measured.advisories = at(&[vulnerable, malware, known("MAL-2026-10", "CVE-2026-1")]);
    case.denied(advisories::MALICIOUS);
    case.lines.push(except(r#""MAL-2026-9","MAL-2026-10""#));
    borne(&case, advisories::MALICIOUS);
    // Nor by what says that it is decided later than now.
    case.now = time("2026-11-19T23:54:59Z");
    case.denied(advisories::MALICIOUS);
}

#[test]
fn b45_a_licence_is_borne_for_a_while() {
    let parties = Parties::new();
    let licensed = |licenses: &str| {
        component("pkg:npm/ws@8.0.0").replacen('{', &format!(r#"{{"licenses":[{licenses}],"#), 1)
    };
    let rules = r#","licenses":{"deny":["GPL-3.0-only"],"unknown":"refuse","missing":"refuse"}"#;
    let root = r#"{"expression":"MIT"}"#;
    for (licenses, code) in [
        (r#"{"expression":"GPL-3.0-only"}"#, sbom::LICENSE_REFUSED),
        (r#"{"license":{"name":"Our own"}}"#, sbom::LICENSE_UNKNOWN),
        ("", sbom::LICENSE_MISSING),
    ] {
        let excepted = format!("{:?}", code.id);
        let (mut case, mut release) = parties.case(&licensed(licenses), &excepted, rules);
        // The root's own is fine.
        let text = String::from_utf8(release.sbom.to_canonical()).unwrap();
        let text =
            text.replace(r#""type":"application""#, &format!(r#""licenses":[{root}],"type":"application""#));
        release.sbom = json(&text);
        release.bind();
        case.lines = release.lines(&parties.acme);
        case.denied(code);
        let other = if code == sbom::LICENSE_REFUSED { sbom::LICENSE_MISSING } else { sbom::LICENSE_REFUSED };
        case.lines.push(parties.except(&release, &format!("{:?}", other.id), ""));
        case.denied(code);
        case.lines.pop();
        case.lines.push(parties.except(&release, &excepted, ""));
        borne(&case, code);
        case.now = time("2026-12-01T00:00:00Z");
        case.denied(code);
    }
}

/// That advisories are old, or that something could not be looked up, is no finding to be borne.
#[test]
fn b45_what_is_not_known_is_never_borne() {
    let parties = Parties::new();
    for code in [
        "advisories/stale",
        "advisories/not-covered",
        "advisories/no-sbom",
        "advisories/coverage",
        "sbom/missing",
    ] {
        let error = parties.policy(&format!("{code:?}"), "").unwrap_err();
        assert_eq!(error.path, "rules[0].require.exceptions.codes[0]", "{code}");
    }
}
