//! The document itself.

use serde_json::json;

use super::Pair;

pub(super) fn pairs() -> Vec<Pair> {
    vec![
        Pair::refused("/schema", json!("mcpsign.dev/policy/v2"), "schema"),
        Pair::denied("/validUntil", json!("2021-01-01T00:00:00Z"), "policy/expired"),
    ]
}
