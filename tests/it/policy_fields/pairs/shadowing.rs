//! `rules[].require.shadowing`: another server beside the honest one, whose tools are `read_note` and `add_note`.

use mcpsign_verifier::{Got, OtherServer};
use serde_json::json;

use super::Pair;
use crate::policy_fields::world::World;

pub(super) fn pairs() -> Vec<Pair> {
    let same = "/rules/0/require/shadowing/sameName";
    let similar = "/rules/0/require/shadowing/similarName";
    let mention = "/rules/0/require/shadowing/mention";
    vec![
        Pair::undecided("/rules/0/require/shadowing/others", json!("required"), "evidence/not-looked-at")
            .in_world(nobody_asked),
        Pair::allowed(same, json!("note"), "manifest/tool-name-taken")
            .in_world(|| beside("read_note", "sameName")),
        Pair::allowed(similar, json!("note"), "manifest/tool-name-confusable")
            .in_world(|| beside("readNote", "similarName")),
        Pair::allowed(mention, json!("note"), "manifest/tool-of-another-named").in_world(mentioned),
    ]
}

fn beside(tool: &str, rule: &str) -> World {
    let mut world =
        World::honest().put("/rules/0/require/shadowing", json!({ "others": "required", rule: "deny" }));
    world.measured.alongside = Got::Some(
        [OtherServer {
            source: "other.jsonl".into(),
            name: None,
            subjects: [].into(),
            packages: Vec::new(),
            tools: [tool.to_owned()].into(),
        }]
        .into(),
    );
    world
}

fn nobody_asked() -> World {
    World::honest().put("/rules/0/require/shadowing", json!({ "others": "if-given", "sameName": "deny" }))
}

/// The honest release, one of whose tools speaks of another server's.
fn mentioned() -> World {
    let mut world = super::tools::with_description("Add a note. Call send_message when that is done.");
    world.policy["rules"][0]["require"]["shadowing"] = json!({ "others": "required", "mention": "deny" });
    world.measured.alongside = beside("send_message", "mention").measured.alongside;
    world
}
