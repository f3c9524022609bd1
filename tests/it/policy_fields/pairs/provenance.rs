//! `rules[].require.provenance`.

use serde_json::json;

use super::Pair;
use crate::policy_fields::world::{AUDIT, PROVENANCE, REVIEW, World};

pub(super) fn pairs() -> Vec<Pair> {
    vec![
        Pair::denied(
            "/rules/0/require/provenance/builders/0/id",
            json!("https://build.example/runner@refs/heads/main"),
            "provenance/builder-not-allowed",
        ),
        Pair::denied("/rules/0/require/provenance/builders/0/level", json!(2), "provenance/level-too-low"),
        Pair::denied(
            "/rules/0/require/provenance/builders/0/signers",
            json!(["reviewer"]),
            "provenance/builder-not-allowed",
        )
        .in_world(|| World::honest().put("/signers/1/predicates", json!([REVIEW, AUDIT, PROVENANCE]))),
        Pair::denied("/rules/0/require/provenance/minimumLevel", json!(3), "provenance/level-too-low")
            .in_world(level_2),
        Pair::denied(
            "/rules/0/require/provenance/repository",
            json!("https://github.com/acme/other-mcp"),
            "provenance/repository-not-allowed",
        ),
        Pair::denied(
            "/rules/0/require/provenance/ref",
            json!("refs/heads/main"),
            "provenance/ref-not-allowed",
        ),
        Pair::denied(
            "/rules/0/require/provenance/commit",
            json!("76543210fedcba9876543210fedcba9876543210"),
            "provenance/commit-not-allowed",
        ),
    ]
}

fn level_2() -> World {
    World::honest()
        .put("/rules/0/require/provenance/builders/0/level", json!(2))
        .put("/rules/0/require/provenance/minimumLevel", json!(2))
}
