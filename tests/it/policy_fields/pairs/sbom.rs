//! `rules[].require.sbom`.

use mcpsign_schemas::inventory::{Inventory, Location, Means, Package};
use serde_json::json;

use super::Pair;
use crate::keyless::RELEASE;
use crate::policy_fields::world::{World, manifest};

pub(super) fn pairs() -> Vec<Pair> {
    let at = "/rules/0/require/sbom";
    let components = "/rules/0/require/components";
    vec![
        // Nobody catalogued the artifact.
        Pair::undecided(components, json!("at-least"), "evidence/not-looked-at"),
        Pair::allowed(components, json!("not-compared"), "sbom/component-missing").in_world(not_listed),
        Pair::denied(components, json!("exactly"), "sbom/component-invented").in_world(another_version),
        Pair::allowed(at, json!("if-bound"), "sbom/missing").in_world(nothing_bound),
        Pair::allowed(at, json!("not-required"), "sbom/missing").in_world(bound_and_gone),
    ]
}

/// The artifact holds a component that its SBOM does not list.
fn not_listed() -> World {
    let package = Package {
        version: Some("4.4.3".into()),
        found: [Location::at("node_modules/zod", Means::Installed)].into(),
        ..Package::new("pkg:npm/zod@4.4.3", "pkg:npm/zod@4.4.3", "zod")
    };
    World::honest()
        .put("/rules/0/require/components", json!("at-least"))
        .made_of(Inventory { packages: [(package.id.clone(), package)].into(), ..Inventory::default() })
}

/// The artifact's own lock file has the package that is the SBOM's root, in another version.
fn another_version() -> World {
    let purl = "pkg:npm/%40acme/notes-mcp@1.3.9";
    let package = Package {
        version: Some("1.3.9".into()),
        found: [Location::at("", Means::Lockfile)].into(),
        ..Package::new(purl, purl, "@acme/notes-mcp")
    };
    World::honest()
        .made_of(Inventory { packages: [(package.id.clone(), package)].into(), ..Inventory::default() })
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
