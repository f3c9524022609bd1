//! Lists of what was revoked: which one counts, and what it reaches.

use mcpsign_schemas::code::freshness;
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::manifest::PackageBinding;
use mcpsign_schemas::report::StageState;
use mcpsign_schemas::revocation::RevocationList;
use mcpsign_schemas::statement::predicate_type::REVOCATION;

use super::{Case, not_asked, time};
use crate::policy::Policy;
use crate::testing::{Key, PURL, Release, json, statement};
use crate::{Got, SignedFile};

const AUTHORITY: &str = "https://acme.example/mcpsign";

/// The publisher, the authority, and somebody whom nobody names.
struct Parties {
    publisher: Key,
    authority: Key,
    stranger: Key,
}

impl Parties {
    fn new() -> Self {
        Self { publisher: Key::generate(), authority: Key::generate(), stranger: Key::generate() }
    }

    /// The honest release under a policy that asks for the authority's list.
    fn case(&self, more: &str) -> Case {
        let mut case = Case::honest(&self.publisher);
        case.policy = policy(&self.publisher, &self.authority, more);
        case
    }
}

fn policy(publisher: &Key, authority: &Key, more: &str) -> Policy {
    let key = |name: &str, key: &Key| {
        format!(r#"{{"name":"{name}","publicKey":{:?},"time":"allow-unverified"}}"#, key.pem())
    };
    let text = format!(
        r#"{{"schema":"mcpsign.dev/policy/v1","name":"acme","keys":[{},{}],
        "signers":[
          {{"name":"acme","key":"p","kinds":["publisher"],"predicates":["https://mcpsign.dev/tool-manifest/v1","https://cyclonedx.org/bom"]}},
          {{"name":"security","key":"a","predicates":["{REVOCATION}"]}}],
        "rules":[{{"name":"all","match":"any-server","signers":["acme","security"],"require":{{
          "predicates":["https://mcpsign.dev/tool-manifest/v1"],
          "manifest":{{"comparison":"subset","observation":"if-given","binding":"command","capture":"any-form","resources":"ignore"}},
          "sbom":"if-bound",
          "revocations":{{"authorities":[{{"uri":"{AUTHORITY}","signers":["security"]}}]{more}}}}}}}]}}"#,
        key("p", publisher),
        key("a", authority),
    );
    Policy::load(text.as_bytes(), "policy.json").unwrap()
}

/// A list's statement, of a time at which the honest case is current.
fn list(sequence: u64, entries: &str) -> Vec<u8> {
    list_of(AUTHORITY, sequence, entries, "2026-12-22T00:00:00Z")
}

fn list_of(authority: &str, sequence: u64, entries: &str, next_update: &str) -> Vec<u8> {
    let predicate = format!(
        r#"{{"authority":"{authority}","sequence":{sequence},"createdOn":"2026-11-01T00:00:00Z","nextUpdate":"{next_update}","entries":[{entries}]}}"#
    );
    statement(vec![RevocationList::subject(authority)], REVOCATION, json(&predicate))
}

fn handed(bundles: &[Vec<u8>]) -> Got<std::sync::Arc<[SignedFile]>> {
    let file = |(at, bytes): (usize, &Vec<u8>)| SignedFile {
        source: format!("list-{at}"),
        lines: vec![(1, bytes.clone())],
    };
    Got::Some(bundles.iter().enumerate().map(file).collect())
}

fn digest(release: &Release) -> Sha256Digest {
    release.digests().sha256
}

#[test]
fn a_list_that_revokes_something_else_passes_and_is_named() {
    let parties = Parties::new();
    let mut case = parties.case("");
    let other = Sha256Digest::of(b"other");
    let entries = format!(
        r#"{{"digest":{{"sha256":"{other}"}}}},{{"package":"pkg:npm/%40acme/notes-mcp","versions":"vers:npm/<1.4.0"}},{{"package":"pkg:npm/other"}}"#
    );
    case.measured.revocations = handed(&[parties.authority.bundle(&list(42, &entries))]);
    let report = case.allowed();
    let [named] = report.revocations.as_slice() else { panic!("{:?}", report.revocations) };
    assert_eq!((named.authority.as_str(), named.sequence), (AUTHORITY, Some(42)));
    assert_eq!(named.evidence.as_ref().unwrap().source, "list-0");
}

/// Whoever takes the evidence away does not get what is revoked past those who only warn.
#[test]
fn b34_what_is_revoked_is_said_without_any_evidence() {
    let parties = Parties::new();
    let release = Release::honest();
    let by_digest = format!(r#"{{"digest":{{"sha256":"{}"}}}}"#, digest(&release));
    let by_name = r#"{"package":"pkg:npm/%40acme/notes-mcp"}"#.to_owned();
    for (entry, code) in [(by_digest, freshness::ARTIFACT_REVOKED), (by_name, freshness::PACKAGE_REVOKED)] {
        let mut case = parties.case("");
        case.measured.revocations = handed(&[parties.authority.bundle(&list(1, &entry))]);
        let manifest = case.lines[1].clone();
        let by_stranger = parties.stranger.bundle(&release.manifest_payload());
        let junk: Vec<Vec<u8>> = (0..70).map(|n| format!("{{\"n\":{n}}}").into_bytes()).collect();
        let other = Release { subjects: vec![crate::testing::subject("other", b"other")], ..release.clone() };
        for lines in [
            vec![],
            vec![case.lines[0].clone()],
            vec![by_stranger],
            vec![parties.publisher.bundle(&other.manifest_payload())],
            vec![manifest],
            junk,
        ] {
            case.lines = lines;
            let report = case.verify().document();
            assert!(super::has(&report.findings, code), "{code}: {:?}", report.findings);
            assert_eq!(report.verdict, mcpsign_schemas::report::VerdictWord::Deny);
            assert_eq!(report.stages.freshness.state, StageState::Failed);
            assert_eq!(report.revocations.len(), 1);
        }
    }
    // A list that says nothing of it changes nothing, and is named.
    let mut case = parties.case("");
    case.measured.revocations = handed(&[parties.authority.bundle(&list(1, ""))]);
    case.lines.clear();
    let report = case.denied(mcpsign_schemas::code::signature::NO_ATTESTATION);
    assert_eq!(report.stages.freshness.state, StageState::NotRun);
    assert_eq!(report.revocations[0].sequence, Some(1));
}

/// A report says when the policy names no authority.
#[test]
fn a_policy_without_authorities_asks_nobody() {
    assert!(Case::honest(&Key::generate()).allowed().revocations.is_empty());
}

#[test]
fn each_kind_of_entry_revokes() {
    let parties = Parties::new();
    let release = Release::honest();
    let payload = Sha256Digest::of(&release.manifest_payload());
    let sbom = Sha256Digest::of(&release.sbom_payload());
    let spki = Sha256Digest::of(&parties.publisher.spki());
    let since = r#""since":"2026-11-21T00:00:00Z""#;
    for (entry, code) in [
        (
            format!(r#"{{"digest":{{"sha256":"{}"}},"reason":"malware",{since}}}"#, digest(&release)),
            freshness::ARTIFACT_REVOKED,
        ),
        (r#"{"package":"pkg:npm/%40acme/notes-mcp"}"#.into(), freshness::PACKAGE_REVOKED),
        (
            r#"{"package":"pkg:npm/%40acme/notes-mcp","versions":"vers:npm/<=1.4.0"}"#.into(),
            freshness::PACKAGE_REVOKED,
        ),
        (format!(r#"{{"statement":{{"payload":{{"sha256":"{payload}"}}}}}}"#), freshness::STATEMENT_REVOKED),
        // Nobody vouches for when it was signed.
        (format!(r#"{{"key":{{"spkiSha256":"{spki}"}},{since}}}"#), freshness::KEY_REVOKED),
        (format!(r#"{{"key":{{"spkiSha256":"{spki}"}}}}"#), freshness::KEY_REVOKED),
    ] {
        let mut case = parties.case("");
        case.measured.revocations = handed(&[parties.authority.bundle(&list(1, &entry))]);
        let report = case.verify().document();
        assert_eq!(report.stages.freshness.state, StageState::Failed, "{entry}");
        assert!(report.findings.iter().any(|finding| finding.code == code), "{entry}: {:?}", report.findings);
        assert!(matches!(case.verify().verdict(), crate::Verdict::Deny(_)), "{entry}");
    }
    // The SBOM's statement alone: told where it is missed.
    let mut case = parties.case("");
    let entry = format!(r#"{{"statement":{{"payload":{{"sha256":"{sbom}"}}}}}}"#);
    case.measured.revocations = handed(&[parties.authority.bundle(&list(1, &entry))]);
    assert_eq!(case.denied(freshness::STATEMENT_REVOKED).stages.sbom.state, StageState::Failed);
}

/// The artifact's own name counts, whatever its manifest calls it.
#[test]
fn a_package_is_revoked_under_each_of_its_names() {
    let parties = Parties::new();
    for (package, revoked) in [
        ("pkg:npm/%40acme/notes-mcp", true),
        ("pkg:npm/asked-for", true),
        ("pkg:npm/notes-mcp", false),
        ("pkg:pypi/notes-mcp", false),
    ] {
        let mut case = parties.case("");
        case.measured.subject.asked = Some("pkg:npm/asked-for@1.4.0".into());
        let list = list(
            1,
            &format!(
                r#"{{"package":"{package}","versions":"vers:{}/<2.0.0"}}"#,
                if package.contains("pypi") { "pypi" } else { "npm" }
            ),
        );
        case.measured.revocations = handed(&[parties.authority.bundle(&list)]);
        let report = case.verify().document();
        let found = report.findings.iter().any(|finding| finding.code == freshness::PACKAGE_REVOKED);
        assert_eq!(found, revoked, "{package}");
    }
    assert!(PURL.starts_with("pkg:npm/%40acme/notes-mcp@"));
}

/// An entry that nobody can hold against a name takes nothing from another, or from another name.
#[test]
fn b34_what_cannot_be_told_hides_no_revocation() {
    let parties = Parties::new();
    let mut release = Release::honest();
    let called = |purl: &str| PackageBinding { purl: purl.into(), subject: digest(&release) };
    let (bare, odd) = (called("pkg:npm/%40acme/notes-mcp"), called("pkg:generic/notes@weird"));
    let own = release.manifest.packages[0].clone();
    let of_artifact = format!(r#"{{"digest":{{"sha256":"{}"}}}}"#, digest(&release));
    let open = r#"{"package":"pkg:generic/notes","versions":"vers:generic/<1.0.0"}"#;
    let of_package = r#"{"package":"pkg:npm/%40acme/notes-mcp","versions":"vers:npm/<2.0.0"}"#;
    let mut case = |packages: &[&PackageBinding], entries: &str| {
        release.manifest.packages = packages.iter().map(|package| (*package).clone()).collect();
        let mut case = parties.case("");
        case.lines = release.lines(&parties.publisher);
        case.measured.revocations = handed(&[parties.authority.bundle(&list(1, entries))]);
        case
    };
    case(&[&own, &odd], open).undecided(freshness::REVOCATIONS_UNUSABLE);
    for entries in [format!("{open},{of_artifact}"), format!("{of_artifact},{open}")] {
        case(&[&own, &odd], &entries).denied(freshness::ARTIFACT_REVOKED);
    }
    case(&[&own, &odd], &format!("{open},{of_package}")).denied(freshness::PACKAGE_REVOKED);
    for packages in [[&own, &bare], [&bare, &own]] {
        let mut case = case(&packages, of_package);
        case.measured.subject.identity.clear();
        case.denied(freshness::PACKAGE_REVOKED);
    }
}

#[test]
fn without_a_list_of_its_authority_nothing_is_decided() {
    let parties = Parties::new();
    let mut case = parties.case("");
    case.undecided(freshness::REVOCATIONS_MISSING);
    let sign = |key: &Key, list: &[u8]| handed(&[key.bundle(list)]);
    for (revocations, why) in [
        (Got::Some([].into()), "no list"),
        (sign(&parties.stranger, &list(1, "")), "a stranger's"),
        // Who may sign manifests may not revoke.
        (sign(&parties.publisher, &list(1, "")), "the publisher's"),
        (
            sign(&parties.authority, &list_of("https://other.example", 1, "", "2026-12-22T00:00:00Z")),
            "another authority's",
        ),
        (
            sign(
                &parties.authority,
                &statement(
                    vec![RevocationList::subject("https://other.example")],
                    REVOCATION,
                    json(&format!(
                        r#"{{"authority":"{AUTHORITY}","sequence":1,"createdOn":"2026-11-01T00:00:00Z","nextUpdate":"2026-12-22T00:00:00Z","entries":[]}}"#
                    )),
                ),
            ),
            "over another name",
        ),
    ] {
        case.measured.revocations = revocations;
        let report = case.undecided(freshness::REVOCATIONS_MISSING);
        assert_eq!(report.revocations.first().map(|named| named.sequence), Some(None), "{why}");
    }
    case.measured.revocations = Got::Missing(not_asked());
    case.undecided(freshness::REVOCATIONS_MISSING);
}

#[test]
fn b34_a_list_that_is_past_its_time_is_missing() {
    let parties = Parties::new();
    let mut case = parties.case("");
    let due = |next: &str| handed(&[parties.authority.bundle(&list_of(AUTHORITY, 1, "", next))]);
    case.measured.revocations = due("2026-11-22T00:00:00Z");
    case.undecided(freshness::REVOCATIONS_OUTDATED);
    case.measured.revocations = due("2026-11-22T00:00:01Z");
    case.allowed();
    // Made on the 1st, held to twenty days on the 22nd.
    let mut case = parties.case(r#","maxAgeDays":20"#);
    case.measured.revocations = due("2026-12-22T00:00:00Z");
    case.undecided(freshness::REVOCATIONS_OUTDATED);
    case.now = time("2026-11-21T00:00:00Z");
    case.allowed();
}

/// Whoever withholds the next list must not get back what the last one names.
#[test]
fn b34_what_an_outdated_list_names_is_revoked() {
    let parties = Parties::new();
    let release = Release::honest();
    let payload = Sha256Digest::of(&release.manifest_payload());
    let spki = Sha256Digest::of(&parties.publisher.spki());
    for (entry, code) in [
        (format!(r#"{{"digest":{{"sha256":"{}"}}}}"#, digest(&release)), freshness::ARTIFACT_REVOKED),
        (r#"{"package":"pkg:npm/%40acme/notes-mcp"}"#.into(), freshness::PACKAGE_REVOKED),
        (format!(r#"{{"statement":{{"payload":{{"sha256":"{payload}"}}}}}}"#), freshness::STATEMENT_REVOKED),
        (format!(r#"{{"key":{{"spkiSha256":"{spki}"}}}}"#), freshness::KEY_REVOKED),
    ] {
        for (more, next) in [("", "2026-11-22T00:00:00Z"), (r#","maxAgeDays":20"#, "2026-12-22T00:00:00Z")] {
            let mut case = parties.case(more);
            let bundle = |list: Vec<u8>| parties.authority.bundle(&list);
            case.measured.revocations = handed(&[bundle(list_of(AUTHORITY, 1, &entry, next))]);
            let report = case.denied(code);
            assert_eq!(report.revocations.first().map(|named| named.sequence), Some(Some(1)));
            // A later list lifts it, outdated or not; without a current one nothing is allowed.
            let lifted = bundle(list_of(AUTHORITY, 2, "", next));
            case.measured.revocations = handed(&[bundle(list_of(AUTHORITY, 1, &entry, next)), lifted]);
            case.undecided(freshness::REVOCATIONS_OUTDATED);
            // Nobody else's counts, whatever it names.
            case.measured.revocations =
                handed(&[parties.stranger.bundle(&list_of(AUTHORITY, 1, &entry, next))]);
            case.undecided(freshness::REVOCATIONS_MISSING);
        }
    }
}

/// One that was made tomorrow would outlast every `maxAgeDays`.
#[test]
fn b34_a_list_that_is_to_come_does_not_count() {
    let parties = Parties::new();
    let mut case = parties.case("");
    let text = String::from_utf8(list(1, "")).unwrap().replace("2026-11-01T00", "2026-12-01T00");
    case.measured.revocations = handed(&[parties.authority.bundle(text.as_bytes())]);
    case.undecided(freshness::REVOCATIONS_OUTDATED);
}

#[test]
fn a_list_is_read_whole_or_not_at_all() {
    let parties = Parties::new();
    let mut case = parties.case("");
    for entry in [
        r#"{"fingerprint":"x"}"#,
        r#"{"package":"notes-mcp"}"#,
        r#"{"package":"pkg:npm/a@1.0.0"}"#,
        r#"{"package":"pkg:npm/a","versions":"vers:pypi/<1"}"#,
        r#"{"package":"pkg:npm/a","versions":"vers:npm/~1.0.0"}"#,
        r#"{"package":"pkg:oci/a","versions":"vers:oci/<1"}"#,
    ] {
        case.measured.revocations = handed(&[parties.authority.bundle(&list(1, entry))]);
        case.undecided(freshness::REVOCATIONS_UNUSABLE);
        // A good one beside it does not make up for it: the other may be the later one.
        case.measured.revocations =
            handed(&[parties.authority.bundle(&list(1, entry)), parties.authority.bundle(&list(2, ""))]);
        if entry.contains("fingerprint") {
            case.undecided(freshness::REVOCATIONS_UNUSABLE);
        }
    }
    // An entry that names this package, and this version is none.
    let mut odd = Release::honest();
    odd.manifest.packages[0].purl = "pkg:npm/%40acme/notes-mcp@next".into();
    let mut case = Case { policy: parties.case("").policy, ..Case::of(&parties.publisher, &odd) };
    case.measured.subject.identity.clear();
    let entry = r#"{"package":"pkg:npm/%40acme/notes-mcp","versions":"vers:npm/<1.0.0"}"#;
    case.measured.revocations = handed(&[parties.authority.bundle(&list(1, entry))]);
    let report = case.verify().document();
    assert_eq!(report.stages.freshness.state, StageState::NotRun, "{:?}", report.stages.freshness);
}

#[test]
fn of_several_lists_the_latest_counts_and_two_of_one_number_do_not() {
    let parties = Parties::new();
    let mut case = parties.case("");
    let entry = format!(r#"{{"digest":{{"sha256":"{}"}}}}"#, digest(&Release::honest()));
    let bundle = |list: Vec<u8>| parties.authority.bundle(&list);
    case.measured.revocations = handed(&[bundle(list(2, &entry)), bundle(list(1, ""))]);
    case.denied(freshness::ARTIFACT_REVOKED);
    case.measured.revocations = handed(&[bundle(list(1, &entry)), bundle(list(2, ""))]);
    case.allowed();
    case.measured.revocations = handed(&[bundle(list(1, &entry)), bundle(list(1, ""))]);
    case.undecided(freshness::REVOCATIONS_UNUSABLE);
    // The same list twice is one.
    case.measured.revocations = handed(&[bundle(list(1, "")), bundle(list(1, ""))]);
    case.allowed();
}

#[test]
fn b34_a_list_older_than_one_seen_before_was_taken_back() {
    let parties = Parties::new();
    let mut case = parties.case("");
    let bundle = |sequence| parties.authority.bundle(&list(sequence, ""));
    case.measured.revocations = handed(&[bundle(41)]);
    case.measured.history = handed(&[bundle(42)]);
    case.denied(freshness::REVOCATIONS_ROLLED_BACK);
    for seen in [40, 41] {
        case.measured.history = handed(&[bundle(seen)]);
        case.allowed();
    }
    // Somebody else's number is not the authority's.
    case.measured.history = handed(&[parties.stranger.bundle(&list(42, ""))]);
    case.allowed();
    // One of theirs that nobody can read could be a later one.
    // The same number for another list: one of the two was never the authority's word to everybody.
    let entry = format!(r#"{{"digest":{{"sha256":"{}"}}}}"#, Sha256Digest::of(b"other"));
    case.measured.history = handed(&[parties.authority.bundle(&list(42, &entry))]);
    case.denied(freshness::REVOCATIONS_ROLLED_BACK);
    case.measured.history = handed(&[parties.authority.bundle(&list(1, r#"{"more":1}"#))]);
    case.denied(freshness::REVOCATIONS_ROLLED_BACK);
    // That it was seen is not that it is there now.
    case.measured.history = handed(&[bundle(42)]);
    case.measured.revocations = Got::Some([].into());
    case.undecided(freshness::REVOCATIONS_MISSING);
}

/// Lists are no claims: whoever brings evidence can neither add one nor take one away.
#[test]
fn a_list_among_the_evidence_is_not_looked_at() {
    let parties = Parties::new();
    let mut case = parties.case("");
    case.lines.push(parties.authority.bundle(&list(1, "")));
    case.undecided(freshness::REVOCATIONS_MISSING);
}
