//! `rules[].require.licenses`: what the release's SBOM states.

use serde_json::{Value, json};

use super::Pair;
use crate::keyless::{RELEASE, github};
use crate::policy_fields::world::{World, by_certificate};

pub(super) fn pairs() -> Vec<Pair> {
    vec![
        Pair::denied("/rules/0/require/licenses/allow", json!(["ISC"]), "sbom/license-refused").in_world(
            || stating(&json!([{ "expression": "GPL-3.0-only OR MIT" }]), json!({ "allow": ["MIT"] })),
        ),
        Pair::denied("/rules/0/require/licenses/deny", json!(["GPL-3.0-only"]), "sbom/license-refused")
            .in_world(|| {
                stating(&json!([{ "license": { "id": "GPL-3.0-or-later" } }]), json!({ "deny": ["MIT"] }))
            }),
        Pair::denied("/rules/0/require/licenses/unknown", json!("refuse"), "sbom/license-unknown")
            .in_world(|| stating(&json!([{ "license": { "name": "Our own" } }]), json!({ "deny": ["MIT"] }))),
        Pair::denied("/rules/0/require/licenses/missing", json!("refuse"), "sbom/license-missing")
            .in_world(|| stating(&json!([]), json!({ "deny": ["MIT"] }))),
    ]
}

/// The release with one component of this licence, where whatever cannot be judged is accepted.
fn stating(licenses: &Value, mut require: Value) -> World {
    let mut release = RELEASE.clone();
    release.sbom["components"] =
        json!([{ "type": "library", "name": "ws", "purl": "pkg:npm/ws@8.0.0", "licenses": licenses }]);
    release.rebind();
    let mut world = World::honest();
    world.lines[0] = by_certificate(&release.sbom_statement(), &github());
    world.lines[1] = by_certificate(&release.manifest_statement(), &github());
    for state in ["unknown", "missing"] {
        require[state] = json!("accept");
    }
    world.policy["rules"][0]["require"]["licenses"] = require;
    world
}
