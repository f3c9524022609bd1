//! `keys[]`, of which the reviewer's signature counts as made now.

use serde_json::json;

use super::Pair;
use crate::policy_fields::world::{World, other_key};

pub(super) fn pairs() -> Vec<Pair> {
    vec![
        // A name is what signers refer to: another one leaves theirs without a key.
        Pair::refused("/keys/0/name", json!("review-2025"), "signers[1].key"),
        Pair::denied("/keys/0/publicKey", json!(other_key()), "signature/key-not-trusted"),
        Pair::denied("/keys/0/notBefore", json!("2099-01-01T00:00:00Z"), "identity/key-not-yet-valid"),
        Pair::denied("/keys/0/notAfter", json!("2021-01-01T00:00:00Z"), "identity/key-expired"),
        Pair::denied("/keys/0/compromisedSince", json!("2021-01-01T00:00:00Z"), "identity/key-compromised"),
        Pair::denied("/keys/0/time", json!("require"), "freshness/no-verified-time")
            .in_world(|| World::honest().without("/rules/0/require/signatures")),
    ]
}
