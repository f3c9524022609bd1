//! `namespaces[]`.

use mcpsign_schemas::endpoint::{Endpoint, PlainHttp};
use mcpsign_schemas::manifest::{Binding, Bindings, PackageBinding, Transport};
use mcpsign_schemas::policy::SCHEMA;
use mcpsign_tests::forge::TOOL_MANIFEST;
use mcpsign_verifier::Form;
use serde_json::{Value, json};

use super::Pair;
use crate::keyless::RELEASE;
use crate::policy_fields::world::{World, manifest};

const REFUSED: &str = "identity/namespace-not-allowed";

pub(super) fn pairs() -> Vec<Pair> {
    vec![
        Pair::denied("/namespaces/0/signers", json!(["lab"]), REFUSED),
        Pair::refused("/namespaces/1/signers", json!(["lab"]), "rules[0].signers").in_world(|| {
            World::honest()
                .put("/rules/0/signers", json!(["ci", "reviewer"]))
                .without("/rules/0/require/signatures")
        }),
        Pair::denied("/namespaces/0/server", json!("@acme/*"), REFUSED)
            .in_world(|| others(json!({ "server": "@others/*", "signers": ["lab"] }))),
        Pair::denied("/namespaces/0/package", json!("pkg:npm/%40acme/notes-mcp"), REFUSED)
            .in_world(|| others(json!({ "package": "pkg:npm/%40others/*", "signers": ["lab"] }))),
        Pair::denied("/namespaces/0/image", json!("registry.example/acme/*"), REFUSED).in_world(an_image_too),
        Pair::denied("/namespaces/0/endpoint", json!("mcp.acme.example"), REFUSED).in_world(an_endpoint),
    ]
}

fn others(namespace: Value) -> World {
    World::honest().put("/namespaces", json!([namespace]))
}

fn an_image_too() -> World {
    let mut manifest = manifest();
    let image = "pkg:oci/notes?repository_url=registry.example/acme/notes";
    let subject = manifest.packages[0].subject;
    manifest.packages.push(PackageBinding { purl: image.into(), subject });
    World::with_manifest(&manifest, &RELEASE.subjects)
        .put("/rules/0/match", json!({ "server": "@acme/notes-mcp" }))
        .put("/namespaces", json!([{ "image": "registry.example/others/*", "signers": ["lab"] }]))
}

fn an_endpoint() -> World {
    let address = Endpoint::parse("https://mcp.acme.example/notes", PlainHttp::Never).unwrap();
    let mut manifest = manifest();
    manifest.packages.clear();
    manifest.bindings = Bindings::default();
    let profile = &mut manifest.profiles[0];
    profile.subject = Some(address.digest());
    profile.launch.binding = Binding::Endpoint;
    profile.launch.transport = Transport::StreamableHttp;
    profile.launch.argv.clear();
    profile.launch.url = Some(address.to_string());
    let mut world = World::with_manifest(&manifest, &serde_json::to_value([address.subject()]).unwrap());
    let subject = &mut world.measured.subject;
    (subject.reference, subject.name) = (address.to_string(), address.to_string());
    (subject.form, subject.identity) = (Form::Endpoint, Vec::new());
    (subject.digests.sha256, subject.digests.sha512) = (address.digest(), None);
    let mut policy = world.policy.take();
    let signer = policy["signers"][0].take();
    let rule = policy["rules"][1].take();
    world.policy = json!({
        "schema": SCHEMA, "name": "remote", "keys": [policy["keys"][1]], "signers": [signer, policy["signers"][2]],
        "namespaces": [{ "endpoint": "mcp.other.example", "signers": ["lab"] }],
        "rules": [{
            "name": "remote", "match": { "server": "@acme/notes-mcp" }, "signers": ["ci", "lab"],
            "require": {
                "predicates": [TOOL_MANIFEST], "manifest": rule["require"]["manifest"], "sbom": "not-required"
            }
        }]
    });
    world
}
