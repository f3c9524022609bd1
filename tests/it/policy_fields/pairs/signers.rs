//! `signers[]`, but for their identities.

use mcpsign_tests::forge::TOOL_MANIFEST;
use serde_json::json;

use super::Pair;
use crate::policy_fields::world::World;

pub(super) fn pairs() -> Vec<Pair> {
    vec![
        // Names are what rules and signers refer to: another one leads to nobody.
        Pair::refused("/signers/0/name", json!("nobody"), "namespaces[0].signers[0]"),
        Pair::refused("/signers/1/key", json!("review-2025"), "signers[1].key"),
        Pair::refused("/signers/1/keys", json!(["review-2025"]), "signers[1].keys[0]").in_world(|| {
            World::honest().without("/signers/1/key").put("/signers/1/keys", json!(["review-2026"]))
        }),
        Pair::denied("/signers/0/kinds", json!(["observer"]), "identity/kind-not-allowed")
            .in_world(|| World::honest().without("/rules/0/require/kinds")),
        Pair::denied(
            "/signers/0/predicates",
            json!([TOOL_MANIFEST, "https://slsa.dev/provenance/v1"]),
            "identity/predicate-not-allowed",
        ),
    ]
}
