//! One signer who has had one key after the other.

use mcpsign_schemas::code::{evidence, freshness, identity};
use mcpsign_schemas::statement::predicate_type::TOOL_MANIFEST;

use super::Case;
use crate::policy::Policy;
use crate::testing::{Key, Release};
use crate::{Got, SignedFile};

/// Acme's old key and its new one, and somebody else's.
struct Keys {
    old: Key,
    new: Key,
    other: Key,
}

impl Keys {
    fn new() -> Self {
        Self { old: Key::generate(), new: Key::generate(), other: Key::generate() }
    }

    /// A policy in which `acme` has both of its keys, the old one with these members, and the rule demands this besides.
    fn policy(&self, old: &str, require: &str) -> Policy {
        let key = |name: &str, key: &Key, more: &str| {
            format!(r#"{{"name":"{name}","publicKey":{:?},{more}}}"#, key.pem())
        };
        let time = r#""time":"allow-unverified""#;
        let may =
            format!(r#""kinds":["publisher"],"predicates":["{TOOL_MANIFEST}","https://cyclonedx.org/bom"]"#);
        let text = format!(
            r#"{{"schema":"mcpsign.dev/policy/v1","name":"acme","keys":[{},{},{}],"signers":[
            {{"name":"acme","keys":["old","new"],{may}}},{{"name":"other","key":"other",{may}}}],
            "rules":[{{"name":"all","match":"any-server","signers":["acme","other"],"require":{{
              "predicates":["{TOOL_MANIFEST}"],
              "manifest":{{"comparison":"subset","observation":"if-given","binding":"command","capture":"any-form","resources":"ignore"}},
              "sbom":"not-required",{require}}}}}]}}"#,
            key("old", &self.old, old),
            key("new", &self.new, time),
            key("other", &self.other, time),
        );
        Policy::load(text.as_bytes(), "policy.json").unwrap()
    }

    /// The honest release, signed with the new key, after the same release signed with `before`.
    fn after(&self, before: &Key, old: &str) -> Case {
        let release = Release::honest();
        let mut case = Case::of(&self.new, &release);
        case.policy = self
            .policy(old, r#""continuity":{"firstSeen":"deny","signerChanged":"deny","versionBack":"deny"}"#);
        let lines = (1..).zip(release.lines(before)).collect();
        case.measured.history = Got::Some(vec![SignedFile { source: "before.jsonl".into(), lines }].into());
        case
    }
}

const VALID: &str = r#""time":"allow-unverified""#;

#[test]
fn b16_a_rotated_key_is_the_same_signer() {
    let keys = Keys::new();
    keys.after(&keys.old, VALID).allowed();
    keys.after(&keys.new, VALID).allowed();
    let document = keys.after(&keys.other, VALID).denied(freshness::SIGNER_CHANGED);
    assert!(document.signers.iter().all(|signer| signer.rule == "acme"), "{document:?}");
}

/// What it signed before its window closed was accepted then; what it signs now is not.
#[test]
fn b16_an_old_key_speaks_of_the_past_alone() {
    let keys = Keys::new();
    let expired = r#""notAfter":"2026-01-01T00:00:00Z","time":"allow-unverified""#;
    keys.after(&keys.old, expired).allowed();
    let mut now = keys.after(&keys.old, expired);
    now.lines = Release::honest().lines(&keys.old);
    now.denied(identity::KEY_EXPIRED);
    // Of a key in other hands nobody knows when it signed.
    let stolen = r#""compromisedSince":"2026-01-01T00:00:00Z","time":"allow-unverified""#;
    keys.after(&keys.old, stolen).undecided(evidence::HISTORY_UNUSABLE);
    let to_come = r#""notBefore":"2030-01-01T00:00:00Z","time":"allow-unverified""#;
    keys.after(&keys.old, to_come).undecided(evidence::HISTORY_UNUSABLE);
}

#[test]
fn b34_two_keys_of_one_signer_count_once() {
    let keys = Keys::new();
    let release = Release::honest();
    let mut case = Case::of(&keys.new, &release);
    let signatures = format!(
        r#""signatures":[{{"predicate":"{TOOL_MANIFEST}","threshold":2,"signers":["acme","other"]}}]"#
    );
    case.policy = keys.policy(VALID, &signatures);
    case.lines.extend(release.lines(&keys.old));
    case.denied(identity::TOO_FEW_SIGNERS);
    case.lines.extend(release.lines(&keys.other));
    case.allowed();
}

/// Each key has a time policy of its own: a signature that one refuses takes nothing from that of another.
#[test]
fn a_signature_with_a_key_that_wants_a_time_spoils_none() {
    let keys = Keys::new();
    let release = Release::honest();
    for first in [true, false] {
        let (strict, lenient) = (&keys.old, &keys.new);
        let mut case = Case::of(lenient, &release);
        case.policy = keys.policy(r#""time":"require""#, r#""kinds":["publisher"]"#);
        case.allowed();
        let at = if first { 0 } else { case.lines.len() };
        case.lines.splice(at..at, release.lines(strict));
        case.allowed();
        case.lines = release.lines(strict);
        case.denied(freshness::NO_VERIFIED_TIME);
    }
}
