//! `rules[].require.revocations`.

use jiff::SignedDuration;
use mcpsign_tests::forge::{sha256, statement};
use serde_json::json;

use super::Pair;
use crate::keyless::now;
use crate::policy_fields::world::{REVIEWER, World, by_key};

const AUTHORITY: &str = "https://acme.example/mcpsign";
const REVOCATION: &str = "https://mcpsign.dev/revocation/v1";

pub(super) fn pairs() -> Vec<Pair> {
    vec![
        Pair::undecided(
            "/rules/0/require/revocations/authorities/0/uri",
            json!("https://acme.example/other"),
            "freshness/revocations-missing",
        )
        .in_world(with_a_list),
        Pair::undecided(
            "/rules/0/require/revocations/authorities/0/signers",
            json!(["ci"]),
            "freshness/revocations-missing",
        )
        .in_world(with_a_list),
        Pair::undecided(
            "/rules/0/require/revocations/maxAgeDays",
            json!(9),
            "freshness/revocations-outdated",
        )
        .in_world(with_a_list),
    ]
}

/// The reviewer's list, ten days old, revokes nothing.
fn with_a_list() -> World {
    let (created, next) = (now() - SignedDuration::from_hours(240), now() + SignedDuration::from_hours(240));
    let subject = json!([{ "name": AUTHORITY, "digest": { "sha256": sha256(AUTHORITY.as_bytes()) } }]);
    let list = json!({
        "authority": AUTHORITY, "sequence": 1, "createdOn": created.to_string(),
        "nextUpdate": next.to_string(), "entries": []
    });
    let mut world =
        World::honest().revoke(vec![by_key(&REVIEWER, &statement(&subject, REVOCATION, &list))]).put(
            "/rules/0/require/revocations",
            json!({ "authorities": [{ "uri": AUTHORITY, "signers": ["reviewer"] }], "maxAgeDays": 30 }),
        );
    for signer in world.policy["signers"].as_array_mut().unwrap() {
        signer["predicates"].as_array_mut().unwrap().push(json!(REVOCATION));
    }
    world
}
