//! `rules[]`, but for what they require of manifest and SBOM.

use mcpsign_tests::forge::TOOL_MANIFEST;
use serde_json::json;

use super::Pair;
use crate::policy_fields::world::{AUDIT, PROVENANCE, REVIEW, World};

pub(super) fn pairs() -> Vec<Pair> {
    vec![
        Pair::denied("/rules/0/match/package", json!("pkg:npm/%40acme/other-mcp"), "policy/no-rule"),
        Pair::denied("/rules/0/match/server", json!("@acme/other-mcp"), "policy/no-rule").in_world(by_server),
        Pair::allowed("/rules/0/match", json!("any-server"), "policy/no-rule")
            .in_world(another_package_alone),
        Pair::denied("/rules/0/signers", json!(["ci", "lab"]), "signature/predicate-missing")
            .in_world(review_by_anybody),
        Pair::denied(
            "/rules/0/require/predicates",
            json!([TOOL_MANIFEST, PROVENANCE, REVIEW, AUDIT]),
            "signature/predicate-missing",
        ),
    ]
}

fn by_server() -> World {
    World::honest().put("/rules/0/match", json!({ "server": "@acme/notes-mcp" }))
}

/// Nothing may stand behind a rule for every server.
fn another_package_alone() -> World {
    let mut world = World::honest().put("/rules/0/match", json!({ "package": "pkg:npm/%40acme/other-mcp" }));
    world.policy["rules"].as_array_mut().unwrap().truncate(1);
    world
}

/// The workflow may review as well, and has not.
fn review_by_anybody() -> World {
    let mut world = World::honest();
    world.policy["signers"][0]["predicates"].as_array_mut().unwrap().push(json!(REVIEW));
    world.without("/rules/0/require/signatures")
}
