//! Monotony and order (`formats.md` §11): removing attestations never turns a denial into an allow, adding some never
//! an allow into a denial, and their order does not count.

use proptest::prelude::*;
use std::sync::OnceLock;

use mcpsign_schemas::code::Code;
use mcpsign_schemas::statement::{PAYLOAD_TYPE, predicate_type};

use super::{Case, flags};
use crate::Seen;
use crate::Verdict;
use crate::testing::{Key, Release, json, provenance, statement, subject};

struct Pool {
    key: Key,
    lines: Vec<Vec<u8>>,
}

/// Lines of every kind: what is needed, doubles of it, and what fails at each rung.
fn pool() -> &'static Pool {
    static POOL: OnceLock<Pool> = OnceLock::new();
    POOL.get_or_init(|| {
        let (key, other) = (Key::generate(), Key::generate());
        let honest = Release::honest();
        let mut lines = honest.lines(&key);
        let review = statement(honest.subjects.clone(), predicate_type::SLSA_PROVENANCE, provenance());
        lines.push(key.bundle(&review));
        lines.push(key.bundle(&statement(
            honest.subjects.clone(),
            predicate_type::SLSA_PROVENANCE,
            json("{}"),
        )));
        // The same payloads, signed again.
        lines.push(key.bundle(&honest.manifest_payload()));
        lines.push(key.bundle(&honest.sbom_payload()));
        lines.push(other.bundle(&honest.manifest_payload()));
        lines.push(other.bundle(&review));
        lines.push(key.envelope(PAYLOAD_TYPE, &honest.manifest_payload(), &[other.sign(PAYLOAD_TYPE, b"x")]));
        let mut expired = honest.clone();
        expired.manifest.valid_until = Some("2026-01-01T00:00:00Z".parse().unwrap());
        lines.push(key.bundle(&expired.manifest_payload()));
        let mut unbound = honest.clone();
        unbound.manifest.bindings.sboms[0].digest = mcpsign_schemas::digest::Sha256Digest::of(b"x").into();
        lines.push(key.bundle(&unbound.manifest_payload()));
        let mut foreign = honest.clone();
        foreign.subjects = vec![subject("x", b"x")];
        lines.push(key.bundle(&foreign.manifest_payload()));
        lines.push(key.bundle(&foreign.sbom_payload()));
        lines.push(b"garbage".to_vec());
        lines.push(b"{}".to_vec());
        Pool { key, lines }
    })
}

fn judge(lines: &[usize]) -> (bool, bool, Vec<Code>) {
    let pool = pool();
    let mut case = Case::honest(&pool.key);
    case.policy = flags(&pool.key, &[predicate_type::SLSA_PROVENANCE]);
    case.lines = lines.iter().map(|&at| pool.lines[at].clone()).collect();
    let report = case.verify();
    let mut codes: Vec<Code> = report.document().findings.iter().map(|finding| finding.code).collect();
    codes.sort_by_key(|code| code.id);
    (matches!(report.verdict(), Verdict::Allow(_)), matches!(report.verdict(), Verdict::Deny(_)), codes)
}

/// B33: what was seen under other keys, at another time or of another line changes no report.
#[test]
fn what_was_seen_changes_no_report() {
    let pool = pool();
    let stranger = Key::generate();
    let mut seen = Seen::default();
    let mut state = 7_u64;
    for round in 0..400 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mut case = Case::honest(&pool.key);
        let bits = state >> 40;
        case.lines = pool
            .lines
            .iter()
            .enumerate()
            .filter(|(at, _)| bits >> at & 1 == 1)
            .map(|(_, l)| l.clone())
            .collect();
        let key = if round % 5 == 4 { &stranger } else { &pool.key };
        case.policy = flags(key, &[predicate_type::SLSA_PROVENANCE]);
        if round % 3 == 2 {
            case.now = super::time("2020-01-01T00:00:00Z");
        }
        assert_eq!(case.verify_again(&mut seen).document(), case.document(), "round {round}");
    }
}

#[test]
fn the_three_that_are_needed_are_enough_and_two_are_not() {
    assert!(judge(&[0, 1, 2]).0);
    for two in [[0, 1], [0, 2], [1, 2]] {
        assert!(judge(&two).1, "{two:?}");
    }
    assert!(judge(&(0..pool().lines.len()).collect::<Vec<_>>()).0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn adding_lines_never_denies_what_was_allowed(subset in proptest::sample::subsequence((0..15).collect::<Vec<usize>>(), 0..=15), extra in 0_usize..15) {
        let before = judge(&subset);
        let mut more = subset;
        more.push(extra);
        let after = judge(&more);
        prop_assert!(!before.0 || after.0, "allowed before {extra} was added");
        // The same seen from the other side: what is denied with it is not allowed without it.
        prop_assert!(!(after.1 && before.0));
    }

    #[test]
    fn order_does_not_count(subset in proptest::sample::subsequence((0..15).collect::<Vec<usize>>(), 0..=15), seed in any::<u64>()) {
        let mut shuffled = subset.clone();
        let mut state = seed | 1;
        for at in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let to = usize::try_from(state >> 33).unwrap() % (at + 1);
            shuffled.swap(at, to);
        }
        prop_assert_eq!(judge(&subset), judge(&shuffled));
    }

    #[test]
    fn b53_no_line_of_garbage_panics_or_passes(line in proptest::collection::vec(any::<u8>(), 0..200)) {
        let pool = pool();
        let mut case = Case::honest(&pool.key);
        case.lines = vec![line];
        prop_assert!(!matches!(case.verify().verdict(), Verdict::Allow(_)));
    }
}
