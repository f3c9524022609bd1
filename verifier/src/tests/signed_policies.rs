//! Policies that somebody signed: whose they are, for how long they count, and which version.

use mcpsign_schemas::canonical::Json;
use mcpsign_schemas::code::policy;
use mcpsign_schemas::policy::{SignedPolicy, SignedPolicyError};
use mcpsign_schemas::statement::Subject;
use mcpsign_schemas::statement::predicate_type::{APPROVAL, POLICY};

use super::{Case, flags, time, trusted};
use crate::policy::{FlagSigner, Policy, SignedError};
use crate::testing::{Key, Release, statement};
use crate::{BelieveError, Got, RawLine, SignedFile, TimePolicy, Trust};

/// The publisher, whoever signs policies, and somebody whom nobody names.
struct Parties {
    publisher: Key,
    platform: Key,
    stranger: Key,
}

impl Parties {
    fn new() -> Self {
        Self { publisher: Key::generate(), platform: Key::generate(), stranger: Key::generate() }
    }

    /// A policy that allows what the publisher signs.
    fn document(&self) -> String {
        let yaml = flags(&self.publisher, &[]).explain().to_yaml().unwrap();
        format!("# Ours.\n{}", yaml.replace("flags/v1", "acme"))
    }

    fn version(&self, sequence: u64) -> SignedPolicy {
        SignedPolicy {
            name: "acme".into(),
            sequence,
            created_on: time("2026-11-01T00:00:00Z"),
            not_before: None,
            expires: time("2027-01-01T00:00:00Z"),
            document: self.document(),
        }
    }

    /// What comes of a line for whoever demands the platform's signature.
    fn take(&self, line: &[u8]) -> Result<Policy, SignedError> {
        let line = RawLine { source: "policy.jsonl".into(), line: 1, bytes: line };
        let by = FlagSigner::Key(trusted(&self.platform, TimePolicy::AllowUnverified));
        Policy::signed(&line, by, &Trust::default(), time("2026-11-22T00:00:00Z"))
    }

    /// The honest release under this version.
    fn case(&self, version: &SignedPolicy) -> Case {
        let policy = self.take(&signed(&self.platform, version)).unwrap();
        Case { policy, ..Case::honest(&self.publisher) }
    }
}

fn over(subjects: Vec<Subject>, version: &SignedPolicy) -> Vec<u8> {
    statement(subjects, POLICY, Json::from_serialize(version).unwrap())
}

fn signed(key: &Key, version: &SignedPolicy) -> Vec<u8> {
    key.bundle(&over(vec![version.subject("acme.yaml")], version))
}

fn seen(lines: &[Vec<u8>]) -> Got<std::sync::Arc<[SignedFile]>> {
    let file = |(at, bytes): (usize, &Vec<u8>)| SignedFile {
        source: format!("seen-{at}"),
        lines: vec![(1, bytes.clone())],
    };
    Got::Some(lines.iter().enumerate().map(file).collect())
}

#[test]
fn a_signed_policy_is_its_document_and_the_report_says_whose_it_is() {
    let parties = Parties::new();
    let report = parties.case(&parties.version(7)).allowed();
    let plain = Policy::load(parties.document().as_bytes(), "acme.yaml").unwrap();
    assert_eq!(report.policy.digest.get("sha256"), Some(&*plain.digest().to_string()));
    let signed = report.policy.signed.unwrap();
    assert_eq!((signed.sequence, signed.expires.as_str()), (7, "2027-01-01T00:00:00Z"));
    let spki = mcpsign_schemas::digest::Sha256Digest::of(&parties.platform.spki());
    assert_eq!(signed.signer.spki_sha256, Some(spki.to_string()));
    assert_eq!(signed.signer.evidence.source, "policy.jsonl");
    // Who may sign policies may not sign releases for that.
    let other = Case { lines: Case::honest(&parties.platform).lines, ..parties.case(&parties.version(7)) };
    other.denied(mcpsign_schemas::code::signature::KEY_NOT_TRUSTED);
    assert!(Case::honest(&parties.publisher).allowed().policy.signed.is_none());
}

#[test]
fn b35_nobody_else_signs_a_policy() {
    let parties = Parties::new();
    let version = parties.version(1);
    for key in [&parties.stranger, &parties.publisher] {
        let error = parties.take(&signed(key, &version)).unwrap_err();
        assert!(matches!(error, SignedError::Believe(BelieveError::Refused(_))), "{error:?}");
    }
    let payload = over(vec![version.subject("acme.yaml")], &version);
    let unsigned = parties.platform.envelope("application/vnd.in-toto+json", &payload, &[]);
    assert!(parties.take(&unsigned).is_err());
    assert!(parties.take(parties.document().as_bytes()).is_err());
    // What the platform says of something else is no policy of it.
    let approval = statement(vec![version.subject("x")], APPROVAL, Json::from_serialize(&version).unwrap());
    let error = parties.take(&parties.platform.bundle(&approval)).unwrap_err();
    assert!(matches!(error, SignedError::Believe(_)), "{error:?}");
}

#[test]
fn b36_what_is_signed_is_the_document_and_nothing_else() {
    let parties = Parties::new();
    let version = parties.version(1);
    let take = |payload: &[u8]| parties.take(&parties.platform.bundle(payload)).map(drop).unwrap_err();
    let subject = version.subject("acme.yaml");
    let other = SignedPolicy { document: format!("{}\n", version.document), ..version.clone() };
    for subjects in [
        vec![other.subject("acme.yaml")],
        vec![subject.clone(), other.subject("other.yaml")],
        vec![Subject { media_type: Some("text/yaml".into()), ..subject.clone() }],
    ] {
        let error = take(&over(subjects, &version));
        assert!(matches!(error, SignedError::Subject | SignedError::Believe(_)), "{error:?}");
    }
    let renamed = SignedPolicy { name: "other".into(), ..version.clone() };
    assert!(matches!(take(&over(vec![subject.clone()], &renamed)), SignedError::Name { .. }));
    let empty = SignedPolicy { document: "schema: mcpsign.dev/policy/v1\n".into(), ..version.clone() };
    assert!(matches!(take(&over(vec![empty.subject("a.yaml")], &empty)), SignedError::Policy(_)));
    // YAML that says that it is JSON.
    assert!(matches!(take(&over(vec![version.subject("a.json")], &version)), SignedError::Policy(_)));
    for (broken, error) in [
        (SignedPolicy { sequence: 0, ..version.clone() }, SignedPolicyError::Sequence),
        (SignedPolicy { expires: version.created_on, ..version.clone() }, SignedPolicyError::Window),
        (
            SignedPolicy { expires: time("2030-01-01T00:00:00Z"), ..version.clone() },
            SignedPolicyError::TooLong,
        ),
    ] {
        let found = take(&over(vec![subject.clone()], &broken));
        assert!(matches!(&found, SignedError::Terms(found) if *found == error), "{found:?}");
    }
    let more = |member: &str| {
        let text = String::from_utf8(over(vec![subject.clone()], &version)).unwrap();
        take(text.replace(r#""predicate":{"#, &format!(r#""predicate":{{{member},"#)).as_bytes())
    };
    assert!(matches!(more(r#""mode":"audit""#), SignedError::Terms(SignedPolicyError::Shape(_))));
    assert!(matches!(more(r#""notBefore":null"#), SignedError::Terms(SignedPolicyError::Null(_))));
    assert!(matches!(more(r#""sequence":9"#), SignedError::Believe(_)), "a member that is there twice");
}

#[test]
fn a_signed_policy_counts_for_its_time_alone() {
    let parties = Parties::new();
    let version = SignedPolicy { not_before: Some(time("2026-11-22T00:00:00Z")), ..parties.version(1) };
    let mut case = parties.case(&version);
    for (now, code) in [
        ("2026-11-21T23:59:59Z", Some(policy::NOT_YET_VALID)),
        ("2026-11-22T00:00:00Z", None),
        ("2026-12-31T23:59:59Z", None),
        ("2027-01-01T00:00:00Z", Some(policy::EXPIRED)),
    ] {
        case.now = time(now);
        match code {
            Some(code) => drop(case.denied(code)),
            None => drop(case.allowed()),
        }
        assert_eq!(case.policy.standing(case.now).first().map(|finding| finding.code), code);
    }
}

/// How long it counts is reckoned from there.
#[test]
fn b34_a_policy_of_the_future_does_not_count_yet() {
    let parties = Parties::new();
    let version =
        SignedPolicy { created_on: time("2026-11-25T00:00:00Z"), not_before: None, ..parties.version(1) };
    let mut case = parties.case(&version);
    for (now, counts) in [("2026-11-24T23:54:59Z", false), ("2026-11-24T23:55:00Z", true)] {
        case.now = time(now);
        if counts { drop(case.allowed()) } else { drop(case.denied(policy::NOT_YET_VALID)) }
    }
}

#[test]
fn b34_an_older_policy_than_one_seen_before() {
    let parties = Parties::new();
    let by = |key: &Key, version: SignedPolicy| signed(key, &version);
    let mut case = parties.case(&parties.version(2));
    let other = |sequence| SignedPolicy {
        document: format!("{}# Stricter.\n", parties.document()),
        ..parties.version(sequence)
    };
    let renamed = SignedPolicy { name: "lab".into(), ..other(9) };
    for harmless in [
        by(&parties.platform, other(1)),
        by(&parties.platform, parties.version(2)),
        by(&parties.stranger, other(3)),
        by(&parties.platform, renamed),
    ] {
        case.measured.history = seen(&[harmless]);
        case.allowed();
    }
    for late in [other(3), other(2), parties.version(3)] {
        case.measured.history = seen(&[by(&parties.platform, other(1)), by(&parties.platform, late)]);
        case.denied(policy::ROLLED_BACK);
    }
    // Theirs, and nobody can tell how late.
    let unreadable = statement(
        vec![other(3).subject("acme.yaml")],
        POLICY,
        crate::testing::json(r#"{"name":"acme","version":"3"}"#),
    );
    case.measured.history = seen(&[parties.platform.bundle(&unreadable)]);
    case.denied(policy::ROLLED_BACK);
    // A history that cannot be looked at could hold any version.
    let gap = crate::Gap { code: mcpsign_schemas::code::evidence::OVER_BUDGET, message: "too much".into() };
    case.measured.history = Got::Missing(gap);
    case.undecided(mcpsign_schemas::code::evidence::OVER_BUDGET);
    // So could what cannot be read any more; a version that can be read is said first.
    let newer = by(&parties.platform, other(3));
    let text = String::from_utf8(newer.clone()).unwrap();
    let broken = text.replace(r#""sig":"M"#, r#""sig":"N"#).into_bytes();
    assert_ne!(broken, newer);
    for damaged in [broken, newer[..newer.len() / 2].to_vec(), b"no bundle".to_vec()] {
        case.measured.history = seen(&[by(&parties.platform, other(1)), damaged.clone()]);
        case.undecided(mcpsign_schemas::code::evidence::HISTORY_UNUSABLE);
        case.measured.history = seen(&[damaged, newer.clone()]);
        case.denied(policy::ROLLED_BACK);
    }
    case.measured.history = Got::Some([SignedFile { source: "empty".into(), lines: Vec::new() }].into());
    case.undecided(mcpsign_schemas::code::evidence::HISTORY_UNUSABLE);
    // What is broken and claims to be something else was no policy.
    let release = String::from_utf8(parties.platform.bundle(&Release::honest().manifest_payload())).unwrap();
    case.measured.history = seen(&[release.replace(r#""sig":"M"#, r#""sig":"N"#).into_bytes()]);
    case.allowed();
    // A policy that is not signed has no versions.
    let mut plain = Case::honest(&parties.publisher);
    plain.measured.history = seen(&[by(&parties.platform, other(3))]);
    plain.allowed();
}

/// One byte of the file is another, missing or there twice: it is refused, or the policy is the one that was signed.
#[test]
fn no_byte_of_a_signed_policy_makes_another_policy() {
    let parties = Parties::new();
    let version = parties.version(1);
    let honest = parties.take(&signed(&parties.platform, &version)).unwrap();
    let line = signed(&parties.platform, &version);
    let mut held = 0;
    for at in (0..line.len()).step_by(7) {
        let (before, after) = line.split_at(at);
        let flipped = [before, &[after[0] ^ 1], &after[1..]].concat();
        let cut = [before, &after[1..]].concat();
        let twice = [before, &after[..1], after].concat();
        for changed in [flipped, cut, twice] {
            if let Ok(policy) = parties.take(&changed) {
                held += 1;
                assert_eq!(policy.digest(), honest.digest(), "{at}");
                assert_eq!(policy.signature().map(|signed| signed.sequence), Some(1), "{at}");
            }
        }
    }
    // The key's hint selects nothing.
    assert!(held > 0);
}
