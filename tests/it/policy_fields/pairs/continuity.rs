//! `rules[].require.continuity`.

use mcpsign_schemas::canonical::Json;
use mcpsign_schemas::inventory::{Inventory, Package};
use mcpsign_schemas::manifest::ToolManifest;
use mcpsign_simulator::Identity;
use mcpsign_tests::forge::{Release, TOOL_MANIFEST, statement};
use serde_json::{Value, json};

use super::Pair;
use crate::keyless::{RELEASE, github, github_token};
use crate::policy_fields::world::{World, by_certificate, manifest};

const PROVENANCE: &str = "https://slsa.dev/provenance/v1";

pub(super) fn pairs() -> Vec<Pair> {
    vec![
        Pair::allowed("/rules/0/require/continuity/firstSeen", json!("allow"), "freshness/first-seen")
            .in_world(nothing_before),
        Pair::allowed("/rules/0/require/continuity/signerChanged", json!("note"), "freshness/signer-changed")
            .in_world(signed_by_another),
        Pair::allowed("/rules/0/require/continuity/ownerChanged", json!("note"), "freshness/owner-changed")
            .in_world(owned_by_another),
        Pair::allowed(
            "/rules/0/require/continuity/provenanceGone",
            json!("note"),
            "freshness/provenance-gone",
        )
        .in_world(without_provenance),
        Pair::allowed("/rules/0/require/continuity/versionBack", json!("note"), "freshness/version-back")
            .in_world(later_version),
        Pair::allowed("/rules/0/require/continuity/newDependency", json!("note"), "freshness/new-dependency")
            .in_world(with_a_dependency),
        Pair::allowed(
            "/rules/0/require/continuity/newInstallScript",
            json!("note"),
            "freshness/new-install-script",
        )
        .in_world(with_an_install_script),
        Pair::allowed("/rules/0/require/continuity/toolsChanged", json!("note"), "freshness/tools-changed")
            .in_world(another_tool),
        Pair::allowed("/rules/0/require/continuity/hintsChanged", json!("note"), "freshness/hints-changed")
            .in_world(other_hints),
        Pair::allowed("/rules/0/require/continuity/coolDown/severity", json!("note"), "freshness/cool-down")
            .in_world(young),
        Pair::denied("/rules/0/require/continuity/coolDown/days", json!(2), "freshness/cool-down")
            .in_world(a_day_old),
    ]
}

fn continuity(rule: &str) -> Value {
    json!({ "firstSeen": "allow", rule: "deny" })
}

/// The honest release after `before`, under this rule.
fn after(before: Vec<Vec<u8>>, rule: &str) -> World {
    World::honest().remember(vec![before]).put("/rules/0/require/continuity", continuity(rule))
}

fn signed(manifest: &ToolManifest, identity: &Identity) -> Vec<u8> {
    let manifest = serde_json::from_slice(&Json::from_serialize(manifest).unwrap().to_canonical()).unwrap();
    by_certificate(&statement(&RELEASE.subjects, TOOL_MANIFEST, &manifest), identity)
}

fn nothing_before() -> World {
    World::honest()
        .remember(Vec::new())
        .put("/rules/0/require/continuity", json!({ "firstSeen": "deny", "signerChanged": "deny" }))
}

fn signed_by_another() -> World {
    let old = Identity::email("maintainer@acme.example", "https://login.acme.example");
    let mut world = after(vec![signed(&manifest(), &old)], "signerChanged");
    let entry = json!({
        "name": "maintainer", "kinds": ["publisher"], "predicates": [TOOL_MANIFEST],
        "identity": { "issuer": old.issuer, "subject": old.subject.as_str() }
    });
    world.policy["signers"].as_array_mut().unwrap().push(entry);
    world.policy["rules"][0]["signers"].as_array_mut().unwrap().push(json!("maintainer"));
    for namespace in world.policy["namespaces"].as_array_mut().unwrap() {
        namespace["signers"].as_array_mut().unwrap().push(json!("maintainer"));
    }
    world
}

/// The same name, given up and taken by somebody else.
fn owned_by_another() -> World {
    let mut token = github_token();
    token["repository_owner_id"] = json!("11111");
    after(vec![signed(&manifest(), &Identity::from_token(&token).unwrap())], "ownerChanged")
}

fn without_provenance() -> World {
    let lines = World::honest().lines;
    let mut world = after(lines, "provenanceGone");
    world.lines.remove(2);
    let required = world.policy["rules"][0]["require"]["predicates"].as_array_mut().unwrap();
    required.retain(|predicate| predicate != PROVENANCE);
    world.without("/rules/0/require/provenance")
}

fn later_version() -> World {
    let mut later = manifest();
    later.packages[0].purl = "pkg:npm/%40acme/notes-mcp@1.10.0".into();
    after(vec![signed(&later, &github())], "versionBack")
}

fn with_a_dependency() -> World {
    let mut release: Release = RELEASE.clone();
    release.sbom["components"] =
        json!([{ "type": "library", "name": "plain-crypto-js", "purl": "pkg:npm/plain-crypto-js@1.0.0" }]);
    release.rebind();
    let mut world = after(World::honest().lines, "newDependency");
    world.lines[0] = by_certificate(&release.sbom_statement(), &github());
    world.lines[1] = by_certificate(&release.manifest_statement(), &github());
    world
}

/// The artifact's own bytes say that it runs something when it is installed, which the one before did not.
fn with_an_install_script() -> World {
    let mut before: Release = RELEASE.clone();
    before.sbom["metadata"]["properties"] =
        json!([{ "name": "mcpsign:cataloger", "value": "javascript/package-json complete" }]);
    before.rebind();
    let lines = vec![
        by_certificate(&before.sbom_statement(), &github()),
        by_certificate(&before.manifest_statement(), &github()),
    ];
    let purl = "pkg:npm/%40acme/notes-mcp@1.4.0";
    let package = Package { install_script: true, ..Package::new(purl, purl, "@acme/notes-mcp") };
    after(lines, "newInstallScript")
        .put("/rules/0/require/components", json!("not-compared"))
        .made_of(Inventory { packages: [(package.id.clone(), package)].into(), ..Inventory::default() })
}

fn another_tool() -> World {
    let mut before = manifest();
    let profile = &mut before.profiles[0];
    let gone = profile.tools.remove("add_note").unwrap();
    profile.tool_order.retain(|name| name != "add_note");
    profile.seal();
    before.items.remove(&gone.wire);
    after(vec![signed(&before, &github())], "toolsChanged")
}

/// It was not called harmless before.
fn other_hints() -> World {
    let mut before = manifest();
    let profile = &mut before.profiles[0];
    let tool = profile.tools.get_mut("read_note").unwrap();
    let mut json = before.items.remove(&tool.wire).unwrap();
    json.as_object_mut().unwrap().remove("annotations");
    (tool.wire, tool.surface) = (json.sha256(), json.sha256());
    profile.seal();
    before.items.insert(json.sha256(), json);
    after(vec![signed(&before, &github())], "hintsChanged")
}

fn young() -> World {
    World::honest()
        .put("/rules/0/require/continuity", json!({ "coolDown": { "days": 1, "severity": "deny" } }))
}

fn a_day_old() -> World {
    let mut world = young();
    world.now += jiff::SignedDuration::from_hours(24);
    world
}
