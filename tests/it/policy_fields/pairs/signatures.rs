//! `rules[].require.signatures`, `kinds` and `time`.

use mcpsign_tests::forge::{TOOL_MANIFEST, statement};
use serde_json::json;

use super::Pair;
use crate::keyless::RELEASE;
use crate::policy_fields::world::{AUDIT, LAB, PROVENANCE, REVIEW, REVIEWER, World, by_key};

const TOO_FEW: &str = "identity/too-few-signers";

pub(super) fn pairs() -> Vec<Pair> {
    let kinds = "/rules/0/require/kinds";
    vec![
        Pair::denied("/rules/0/require/signatures/0/threshold", json!(2), TOO_FEW),
        Pair::denied("/rules/0/require/signatures/0/signers", json!(["lab"]), TOO_FEW),
        Pair::denied("/rules/0/require/signatures/0/predicate", json!(AUDIT), TOO_FEW).in_world(two_reviews),
        Pair::denied(kinds, json!(["publisher", "observer"]), "identity/kind-missing"),
        Pair::denied("/rules/0/require/time/sources", json!(["log"]), "freshness/time-not-vouched")
            .in_world(stamped),
        Pair::denied("/rules/0/require/time/threshold", json!(2), "freshness/time-not-vouched")
            .in_world(stamped),
    ]
}

/// Both have reviewed, and one has audited besides.
fn two_reviews() -> World {
    let said = |predicate| statement(&RELEASE.subjects, predicate, &json!({}));
    World::honest()
        .line(by_key(&LAB, &said(REVIEW)))
        .line(by_key(&REVIEWER, &said(AUDIT)))
        .put("/rules/0/require/predicates", json!([TOOL_MANIFEST, PROVENANCE, REVIEW, AUDIT]))
        .put("/rules/0/require/signatures/0/threshold", json!(2))
}

/// Nobody vouches for the time of the review.
fn stamped() -> World {
    World::honest()
        .without("/rules/0/require/signatures")
        .put("/rules/0/require/predicates", json!([TOOL_MANIFEST, PROVENANCE]))
        .add("/rules/0/require/time", json!({ "sources": ["timestamp-authority"], "threshold": 1 }))
}
