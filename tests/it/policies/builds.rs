//! The right signer in the wrong build.

use mcpsign_tests::forge::TOOL_MANIFEST;
use mcpsign_verifier::Verdict;
use serde_json::json;

use super::{denied, signed_by, with_claim};
use crate::keyless::{ALL, evidence, github, judged, now, root};
use crate::policy_fields::Outcome;
use crate::policy_fields::world::World;

const IDENTITY: &str = "/signers/0/identity";

/// Whoever registers a deleted name again has the same URLs and other numbers.
#[test]
fn b57_a_name_that_was_registered_again_is_another() {
    for (claim, code) in [
        ("repository_id", "identity/repository-id-mismatch"),
        ("repository_owner_id", "identity/owner-id-mismatch"),
    ] {
        let resurrected = with_claim(claim, json!("999999999"));
        assert_eq!(resurrected.subject, github().subject);
        let mut world = World::signed_by(&resurrected);
        assert_eq!(world.outcome(), Outcome::Allowed, "{claim}: nobody asked for the number");
        world.policy = World::whole_identity().policy;
        assert_eq!(world.outcome(), denied(code));
        // A certificate that does not say it is not meant either.
        let silent = with_claim(claim, json!(null));
        world.lines = World::signed_by(&silent).lines;
        assert_eq!(world.outcome(), denied(code));
    }
}

/// With otherwise perfect evidence, under a policy that says nothing of triggers.
#[test]
fn b58_events_of_strangers_are_refused_unless_they_are_named() {
    for event in ["pull_request_target", "workflow_run", "issue_comment"] {
        let identity = with_claim("event_name", json!(event));
        let world = signed_by(&identity);
        assert_eq!(world.outcome(), denied("identity/trigger-not-allowed"), "{event}");
        let named = world.add(&format!("{IDENTITY}/triggers"), json!([event]));
        assert_eq!(named.outcome(), Outcome::Allowed, "{event}");
        // The built-in policy is no other.
        let report = judged(&evidence(ALL[3], &[], &identity), root(&[]), now());
        let Verdict::Deny(findings) = report.verdict() else { panic!("{event}: {:?}", report.verdict()) };
        assert_eq!(findings.first().code.id, "identity/trigger-not-allowed");
    }
    for event in ["push", "release", "workflow_dispatch", "schedule"] {
        let world = signed_by(&with_claim("event_name", json!(event)));
        assert_eq!(world.outcome(), Outcome::Allowed, "{event}");
        let others = world.add(&format!("{IDENTITY}/triggers"), json!(["pull_request"]));
        assert_eq!(others.outcome(), denied("identity/trigger-not-allowed"), "{event}");
    }
}

/// A claim that cannot be read, or that stands in the old extension alone, is no way around.
#[test]
fn b58_no_spelling_of_an_event_passes_for_none() {
    const TRIGGER: u8 = 20;
    for spelling in ["pull_request_target ", "pull request target", "pull_request_target\n", ""] {
        let mut identity = github();
        identity.claims.insert(TRIGGER, spelling.into());
        assert_eq!(signed_by(&identity).outcome(), denied("identity/trigger-not-allowed"), "{spelling:?}");
    }
    let mut old = with_claim("event_name", json!("pull_request_target"));
    old.claims.remove(&TRIGGER);
    assert_eq!(signed_by(&old).outcome(), denied("identity/trigger-not-allowed"));
}

#[test]
fn b58_runner_reference_and_environment_are_what_the_policy_says() {
    let policy = World::whole_identity().policy;
    for (claim, value, code) in [
        ("runner_environment", json!("self-hosted"), "identity/runner-mismatch"),
        ("runner_environment", json!(null), "identity/runner-mismatch"),
        ("ref", json!("refs/pull/7/merge"), "identity/ref-mismatch"),
        ("ref", json!("refs/heads/main"), "identity/ref-mismatch"),
        ("environment", json!("staging"), "identity/environment-mismatch"),
        ("environment", json!(null), "identity/environment-mismatch"),
        ("repository_visibility", json!("private"), "identity/visibility-mismatch"),
        ("event_name", json!("pull_request_target"), "identity/trigger-not-allowed"),
    ] {
        let mut world = World::signed_by(&with_claim(claim, value.clone()));
        world.policy = policy.clone();
        assert_eq!(world.outcome(), denied(code), "{claim}: {value}");
    }
}

/// A reusable workflow signs; the one that called it is another.
#[test]
fn the_workflow_that_signs_and_the_one_that_was_started_are_two() {
    let reusable = "acme/ci/.github/workflows/sign.yml@refs/heads/main";
    let identity = with_claim("job_workflow_ref", json!(reusable));
    let named = |workflow: &str| {
        World::signed_by(&identity).put(
            IDENTITY,
            json!({
                "issuer": identity.issuer,
                "signerWorkflow": {
                    "repository": "https://github.com/acme/ci", "path": ".github/workflows/sign.yml",
                    "ref": "refs/heads/main"
                },
                "repository": "https://github.com/acme/notes-mcp",
                "workflow": {
                    "repository": "https://github.com/acme/notes-mcp", "path": workflow, "ref": "refs/tags/v*"
                }
            }),
        )
    };
    // The provenance names the workflow that was started, as the certificate does.
    assert_eq!(named(".github/workflows/release.yml").outcome(), Outcome::Allowed);
    assert_eq!(named(".github/workflows/sign.yml").outcome(), denied("identity/workflow-mismatch"));
}

#[test]
fn m10_the_right_workflow_from_another_branch_is_another() {
    let from = |reference: &str| {
        let workflow = format!("acme/notes-mcp/.github/workflows/release.yml@{reference}");
        let mut world = World::signed_by(&with_claim("job_workflow_ref", json!(workflow)));
        world.policy = World::signer_workflow().policy;
        world.outcome()
    };
    assert_eq!(from("refs/tags/v1.4.0"), Outcome::Allowed);
    assert_eq!(from("refs/tags/v1.5.0"), Outcome::Allowed);
    for other in
        ["refs/heads/main", "refs/heads/v1.4.0", "refs/tags/x", "refs/tags/v1/x", "refs/pull/7/merge"]
    {
        assert_eq!(from(other), denied("identity/subject-mismatch"), "{other}");
    }
    // Neither is there a way to leave the reference open without saying so.
    for (subject, path) in [
        (
            json!({ "subject": "https://github.com/acme/notes-mcp/.github/workflows/release.yml@*" }),
            "subject",
        ),
        (
            json!({ "subjectPattern": "https://github.com/acme/notes-mcp/.github/workflows/release.yml@*" }),
            "subjectPattern",
        ),
    ] {
        let mut entry = subject;
        entry["issuer"] = json!(github().issuer);
        let refused = Outcome::Refused(format!("signers[0].identity.{path}"));
        assert_eq!(World::honest().put(IDENTITY, entry).outcome(), refused);
    }
}

/// A valid signature and valid provenance, and no benign build: what the certificate says of it decides, never what the
/// provenance says of itself.
#[test]
fn i14_valid_provenance_of_the_wrong_build_is_refused() {
    let policy = World::whole_identity().policy;
    for (claim, value, code) in [
        ("event_name", "pull_request_target", "identity/trigger-not-allowed"),
        ("ref", "refs/pull/1337/merge", "identity/ref-mismatch"),
        ("runner_environment", "self-hosted", "identity/runner-mismatch"),
    ] {
        // Its provenance goes on to say `push` and `github-hosted`.
        let mut world = World::signed_by(&with_claim(claim, json!(value)));
        world.policy = policy.clone();
        assert_eq!(world.outcome(), denied(code), "{claim}");
    }
}

/// Of several entries for one certificate conditions and reports see the one that the rule names, and of a tool manifest the one
/// that may speak as its kind.
#[test]
fn a_signer_is_called_what_the_rule_calls_it() {
    let mut world = signed_by(&github());
    let exact = world.policy["signers"][0]["name"].clone();
    let mut broad = world.policy["signers"][0].clone();
    broad["name"] = json!("broad");
    broad["identity"] = World::signer_workflow().policy["signers"][0]["identity"].clone();
    let other = world.policy["rules"][0].to_string().replace(&exact.to_string(), "\"broad\"");
    let mut other: serde_json::Value = serde_json::from_str(&other).unwrap();
    other["name"] = json!("other");
    other["match"] = json!({ "server": "io.example/other" });
    world.policy["signers"].as_array_mut().unwrap().insert(0, broad);
    world.policy["rules"].as_array_mut().unwrap().insert(0, other);
    let called = |name: &str| {
        let expression = format!("signer.name == '{name}'");
        let mut world = world.clone();
        world.policy["rules"][1]["require"]["conditions"] =
            json!([{ "name": "called", "expression": expression }]);
        world.outcome()
    };
    assert_eq!(called(exact.as_str().unwrap()), Outcome::Allowed);
    assert_ne!(called("broad"), Outcome::Allowed);
    let reported = |world: &World| {
        let report = world.report();
        let signers =
            report.signers.iter().map(|signer| (signer.predicate_type.clone(), signer.rule.clone()));
        let builds = report.provenance.iter().map(|build| (build.predicate_type.clone(), build.rule.clone()));
        signers.chain(builds).filter(|(_, rule)| rule != "reviewer").collect::<Vec<_>>()
    };
    let named = reported(&world);
    assert!(named.len() > 3 && named.iter().all(|(_, rule)| *rule == exact), "{named:?}");

    // Both are named, and the first may observe alone.
    world.policy["signers"][0]["kinds"] = json!(["observer"]);
    world.policy["rules"][0]["require"]["kinds"] = json!(["observer"]);
    world.policy["rules"][1]["signers"].as_array_mut().unwrap().push(json!("broad"));
    for (predicate, rule) in reported(&world) {
        assert_eq!(rule == "broad", predicate != TOOL_MANIFEST, "{predicate}: {rule}");
    }
    assert_eq!(world.outcome(), Outcome::Allowed);
}
