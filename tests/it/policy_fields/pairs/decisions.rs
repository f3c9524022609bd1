//! `rules[].require.approval`, `exceptions` and `summary`: what others decided about the artifact.

use jiff::SignedDuration;
use mcpsign_schemas::approval::{ApprovedLaunch, ApprovedManifest};
use mcpsign_tests::forge::{sha256, statement};
use serde_json::{Value, json};

use super::Pair;
use crate::keyless::{RELEASE, github, now};
use crate::policy_fields::world::{REVIEWER, World, by_key, manifest};

const APPROVAL: &str = "https://mcpsign.dev/approval/v1";
const SUMMARY: &str = "https://slsa.dev/verification_summary/v1";
const VERIFIER: &str = "https://acme.example/verifier";

pub(super) fn pairs() -> Vec<Pair> {
    vec![
        Pair::denied("/rules/0/require/approval/by", json!(["ci"]), "freshness/not-approved")
            .in_world(approved),
        Pair::denied("/rules/0/require/approval/scope", json!("team:other"), "freshness/not-approved")
            .in_world(approved),
        Pair::denied("/rules/0/require/exceptions/by", json!(["ci"]), "freshness/cool-down")
            .in_world(excepted),
        Pair::denied("/rules/0/require/exceptions/scope", json!("team:other"), "freshness/cool-down")
            .in_world(excepted),
        Pair::denied(
            "/rules/0/require/exceptions/codes",
            json!(["freshness/expired"]),
            "freshness/cool-down",
        )
        .in_world(excepted),
        Pair::denied("/rules/0/require/summary/by", json!(["ci"]), "provenance/summary-missing")
            .in_world(verified),
        Pair::denied(
            "/rules/0/require/summary/verifier",
            json!("https://acme.example/other"),
            "provenance/summary-missing",
        )
        .in_world(verified),
        Pair::denied("/rules/0/require/summary/maxAgeDays", json!(1), "provenance/summary-outdated")
            .in_world(verified),
        Pair::denied(
            "/rules/0/require/summary/resource",
            json!("pkg:npm/other@1.4.0"),
            "provenance/summary-other-resource",
        )
        .in_world(verified),
        Pair::denied(
            "/rules/0/require/summary/policies",
            json!([sha256(b"another policy")]),
            "provenance/summary-other-policy",
        )
        .in_world(verified),
        Pair::denied(
            "/rules/0/require/summary/levels",
            json!(["SLSA_BUILD_LEVEL_3"]),
            "provenance/summary-failed",
        )
        .in_world(verified),
    ]
}

/// The honest world in which the reviewer also says this, as he and the workflow may, and the rule requires that.
fn said(predicate_type: &str, predicate: &Value, (member, require): (&str, Value)) -> World {
    let mut world = World::honest().put(&format!("/rules/0/require/{member}"), require);
    world.lines.push(by_key(&REVIEWER, &statement(&RELEASE.subjects, predicate_type, predicate)));
    for signer in world.policy["signers"].as_array_mut().unwrap() {
        signer["predicates"].as_array_mut().unwrap().push(json!(predicate_type));
    }
    world
}

fn approved() -> World {
    let signer = github();
    let profile = &manifest().profiles[0];
    let decision = json!({
        "decision": "approve",
        "manifest": ApprovedManifest::of(profile), "launch": ApprovedLaunch::of(&profile.launch),
        "signer": { "issuer": signer.issuer, "subject": signer.subject.as_str() },
        "scope": "team:payments", "reason": "looked at",
        "createdOn": now().to_string(), "expires": (now() + SignedDuration::from_hours(24)).to_string()
    });
    said(APPROVAL, &decision, ("approval", json!({ "by": ["reviewer"], "scope": "team:payments" })))
}

fn excepted() -> World {
    let decision = json!({
        "decision": "except", "codes": ["freshness/cool-down"], "scope": "team:payments", "reason": "urgent",
        "createdOn": now().to_string(), "expires": (now() + SignedDuration::from_hours(24)).to_string()
    });
    let require = json!({ "by": ["reviewer"], "scope": "team:payments", "codes": ["freshness/cool-down"] });
    said(APPROVAL, &decision, ("exceptions", require))
        .put("/rules/0/require/continuity", json!({ "coolDown": { "days": 1, "severity": "deny" } }))
}

fn verified() -> World {
    let policy = sha256(b"a policy");
    let summary = json!({
        "verifier": { "id": VERIFIER }, "timeVerified": (now() - SignedDuration::from_hours(48)).to_string(),
        "resourceUri": "pkg:npm/%40acme/notes-mcp@1.4.0", "policy": { "digest": { "sha256": policy } },
        "verificationResult": "PASSED", "verifiedLevels": ["SLSA_BUILD_LEVEL_2"]
    });
    let require = json!({
        "by": ["reviewer"], "verifier": VERIFIER, "maxAgeDays": 7, "resource": "pkg:npm/%40acme/notes-mcp@1.4.0",
        "policies": [policy], "levels": ["SLSA_BUILD_LEVEL_2"]
    });
    said(SUMMARY, &summary, ("summary", require))
}
