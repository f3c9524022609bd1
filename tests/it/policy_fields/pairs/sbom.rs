//! `rules[].require.sbom`.

use serde_json::json;

use super::Pair;
use crate::keyless::RELEASE;
use crate::policy_fields::world::{World, manifest};

pub(super) fn pairs() -> Vec<Pair> {
    let at = "/rules/0/require/sbom";
    vec![
        Pair::allowed(at, json!("if-bound"), "sbom/missing").in_world(nothing_bound),
        Pair::allowed(at, json!("not-required"), "sbom/missing").in_world(bound_and_gone),
    ]
}

fn nothing_bound() -> World {
    let mut manifest = manifest();
    manifest.bindings.sboms.clear();
    World::with_manifest(&manifest, &RELEASE.subjects)
}

fn bound_and_gone() -> World {
    let mut world = World::honest().put("/rules/0/require/sbom", json!("if-bound"));
    world.lines.remove(0);
    world
}
