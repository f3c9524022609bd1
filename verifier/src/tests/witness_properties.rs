//! The same of policies that count signers, look at builders and give names to their owners.

use std::sync::OnceLock;

use mcpsign_schemas::manifest::Kind;
use mcpsign_schemas::statement::predicate_type::SLSA_PROVENANCE;
use proptest::prelude::*;

use super::{Case, has};
use crate::Verdict;
use crate::policy::Policy;
use crate::testing::{Key, Release, json, statement, tool};
use mcpsign_schemas::code::{self, Code};

const REVIEW: &str = "https://example.org/review/v1";
/// How many of the lines are needed; they come first.
const NEEDED: usize = 6;

struct Pool {
    acme: Key,
    lines: Vec<Vec<u8>>,
    policy: Policy,
}

fn policy(acme: &Key, lab: &Key) -> Policy {
    let pem = |key: &Key| key.pem().lines().map(|line| format!("      {line}\n")).collect::<String>();
    let text = format!(
        "schema: mcpsign.dev/policy/v1
name: strict
keys:
  - name: acme
    publicKey: |
{}    time: allow-unverified
  - name: lab
    publicKey: |
{}    time: allow-unverified
signers:
  - name: acme
    key: acme
    kinds: [publisher]
    predicates: [https://mcpsign.dev/tool-manifest/v1, https://cyclonedx.org/bom, {SLSA_PROVENANCE}, {REVIEW}]
  - name: lab
    key: lab
    kinds: [observer, publisher]
    predicates: [https://mcpsign.dev/tool-manifest/v1, {SLSA_PROVENANCE}, {REVIEW}]
namespaces:
  - {{ package: pkg:npm/%40acme/*, signers: [acme] }}
rules:
  - name: all
    match: any-server
    signers: [acme, lab]
    require:
      predicates: [https://mcpsign.dev/tool-manifest/v1, {SLSA_PROVENANCE}, {REVIEW}]
      manifest: {{ comparison: subset, observation: if-given, binding: command, capture: any-form, resources: ignore }}
      sbom: bound
      provenance:
        builders: [{{ id: 'https://b.example', level: 2, signers: [acme] }}]
        minimumLevel: 2
      signatures:
        - {{ predicate: https://mcpsign.dev/tool-manifest/v1, threshold: 2, signers: [acme, lab] }}
        - {{ predicate: {REVIEW}, threshold: 2, signers: [acme, lab] }}
      kinds: [publisher, observer]
",
        pem(acme),
        pem(lab)
    );
    Policy::load(text.as_bytes(), "strict.yaml").unwrap_or_else(|error| panic!("{error}"))
}

fn pool() -> &'static Pool {
    static POOL: OnceLock<Pool> = OnceLock::new();
    POOL.get_or_init(|| {
        let (acme, lab, stranger) = (Key::generate(), Key::generate(), Key::generate());
        let honest = Release::honest();
        let said = |predicate: &str, body: &str| statement(honest.subjects.clone(), predicate, json(body));
        let built = |builder: &str| {
            said(
                SLSA_PROVENANCE,
                &format!(r#"{{"buildDefinition":{{"buildType":"https://b.example/v1","externalParameters":{{}}}},"runDetails":{{"builder":{{"id":"{builder}"}}}}}}"#),
            )
        };
        let review = said(REVIEW, "{}");
        let bent = |bend: &dyn Fn(&mut Release)| {
            let mut release = honest.clone();
            release.manifest.kind = Kind::Observer;
            release.manifest.bindings = Default::default();
            bend(&mut release);
            release.manifest_payload()
        };
        let mut lines = honest.lines(&acme);
        lines.extend([
            acme.bundle(&built("https://b.example")),
            acme.bundle(&review),
            lab.bundle(&review),
            lab.bundle(&bent(&|_| {})),
        ]);
        assert_eq!(lines.len(), NEEDED);
        lines.extend([
            lab.bundle(&bent(&|release| release.set_tools(&[tool("read_note", "Reads a note, and more.")]))),
            lab.bundle(&bent(&|release| release.manifest.kind = Kind::Publisher)),
            lab.bundle(&bent(&|release| release.manifest.profiles[0].launch.argv.push("--caps".into()))),
            lab.bundle(&bent(&|release| {
                release.manifest.valid_until = Some("2026-01-01T00:00:00Z".parse().unwrap());
            })),
            acme.bundle(&bent(&|_| {})),
            acme.bundle(&built("https://other.example")),
            lab.bundle(&built("https://b.example")),
            acme.bundle(&said(REVIEW, r#"{"again":true}"#)),
            stranger.bundle(&review),
            stranger.bundle(&honest.manifest_payload()),
            b"garbage".to_vec(),
        ]);
        let policy = policy(&acme, &lab);
        Pool { acme, lines, policy }
    })
}

fn judge(lines: &[usize]) -> (bool, bool, Vec<Code>) {
    let pool = pool();
    let mut case = Case::honest(&pool.acme);
    case.policy = pool.policy.clone();
    case.lines = lines.iter().map(|&at| pool.lines[at].clone()).collect();
    let report = case.verify();
    let mut codes: Vec<Code> = report.document().findings.iter().map(|finding| finding.code).collect();
    codes.sort_by_key(|code| code.id);
    (matches!(report.verdict(), Verdict::Allow(_)), matches!(report.verdict(), Verdict::Deny(_)), codes)
}

#[test]
fn each_line_that_is_needed_is_needed() {
    let all: Vec<usize> = (0..NEEDED).collect();
    assert!(judge(&all).0, "{:?}", judge(&all));
    for missing in 0..NEEDED {
        let rest: Vec<usize> = all.iter().copied().filter(|at| *at != missing).collect();
        assert!(judge(&rest).1, "without {missing}");
    }
    // Nothing among the others stands in for the second reviewer, or for the observer.
    for missing in [4, 5] {
        let rest: Vec<usize> = (0..pool().lines.len()).filter(|at| *at != missing).collect();
        assert!(judge(&rest).1, "without {missing}");
    }
    assert!(judge(&(0..pool().lines.len()).collect::<Vec<_>>()).0);
}

#[test]
fn b10_what_is_not_met_is_said() {
    let pool = pool();
    let mut case = Case::honest(&pool.acme);
    case.policy = pool.policy.clone();
    case.lines = pool.lines[..4].to_vec();
    let document = case.denied(code::identity::TOO_FEW_SIGNERS);
    assert!(has(&document.findings, code::identity::KIND_MISSING));
    let finding = &document.findings[0];
    assert_eq!(finding.expected.as_deref(), Some("2 of acme, lab"));
    assert_eq!(finding.found.as_deref(), Some("1: acme"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn adding_lines_never_denies_what_was_allowed(
        left_out in proptest::sample::subsequence((0..17).collect::<Vec<usize>>(), 0..=4),
        extra in 0_usize..17,
    ) {
        // Most of them, so that what is allowed is met often.
        let subset: Vec<usize> = (0..17).filter(|at| !left_out.contains(at)).collect();
        let before = judge(&subset);
        let mut more = subset;
        more.push(extra);
        prop_assert!(!before.0 || judge(&more).0, "allowed before {} was added", extra);
    }

    #[test]
    fn order_does_not_count(
        order in Just((0..17).collect::<Vec<usize>>()).prop_shuffle(),
        most in 0_usize..=17,
    ) {
        let mut subset: Vec<usize> = order[..most].to_vec();
        let shuffled = judge(&subset);
        subset.sort_unstable();
        prop_assert_eq!(judge(&subset), shuffled);
    }
}
