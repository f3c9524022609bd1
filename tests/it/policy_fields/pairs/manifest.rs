//! `rules[].require.manifest`.

use mcpsign_schemas::canonical::{Json, Limits};
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::manifest::{Binding, ItemDigests};
use mcpsign_schemas::observed::{ObservedItem, ObservedServer};
use mcpsign_schemas::surface::ItemKind;
use mcpsign_tests::forge::{sha256, sha512};
use serde_json::json;

use super::Pair;
use crate::keyless::RELEASE;
use crate::policy_fields::world::{World, manifest};

pub(super) fn pairs() -> Vec<Pair> {
    vec![
        Pair::denied("/rules/0/require/manifest/comparison", json!("equal"), "manifest/conditions-differ")
            .in_world(seen_under_unknown_conditions),
        Pair::undecided("/rules/0/require/manifest/observation", json!("required"), "evidence/not-looked-at"),
        Pair::denied("/rules/0/require/manifest/binding", json!("installed"), "manifest/binding-too-weak"),
        Pair::allowed("/rules/0/require/manifest/binding", json!("installed"), "manifest/binding-too-weak")
            .in_world(unpacked_is_asked_of_installed),
        Pair::denied(
            "/rules/0/require/manifest/capture",
            json!("this-form"),
            "manifest/not-captured-from-this-form",
        )
        .in_world(captured_from_another_form),
        Pair::denied("/rules/0/require/manifest/resources", json!("subset"), "manifest/resource-unknown")
            .in_world(one_resource_more),
        Pair::denied("/rules/0/require/manifest/resources", json!("equal"), "manifest/resource-missing")
            .in_world(one_resource_less),
    ]
}

fn honestly_seen() -> ObservedServer {
    let manifest = manifest();
    ObservedServer::from_profile(&manifest.profiles[0], &manifest.items)
}

fn seen_under_unknown_conditions() -> World {
    World::honest().observe(ObservedServer { conditions: None, ..honestly_seen() })
}

fn unpacked_is_asked_of_installed() -> World {
    let mut manifest = manifest();
    manifest.profiles[0].launch.binding = Binding::Installed;
    World::with_manifest(&manifest, &RELEASE.subjects)
        .put("/rules/0/require/manifest/binding", json!("unpacked"))
}

fn captured_from_another_form() -> World {
    let other = b"the wheel of the same release";
    let mut manifest = manifest();
    manifest.profiles[0].subject = Some(Sha256Digest::of(other));
    let mut subjects = RELEASE.subjects.clone();
    let digest = json!({ "sha256": sha256(other), "sha512": sha512(other) });
    subjects.as_array_mut().unwrap().push(json!({ "name": "notes.whl", "digest": digest }));
    World::with_manifest(&manifest, &subjects)
}

fn one_resource_more() -> World {
    let mut seen = honestly_seen();
    let (digests, json) = resource();
    seen.items.insert((ItemKind::Resource, "file:///x".into()), ObservedItem { digests, json: Some(json) });
    World::honest().observe(seen)
}

fn one_resource_less() -> World {
    let seen = honestly_seen();
    let mut manifest = manifest();
    let (digests, json) = resource();
    manifest.items.insert(digests.wire, json);
    manifest.profiles[0].resources.insert("file:///x".into(), digests);
    manifest.profiles[0].seal();
    World::with_manifest(&manifest, &RELEASE.subjects)
        .observe(seen)
        .put("/rules/0/require/manifest/resources", json!("subset"))
}

fn resource() -> (ItemDigests, Json) {
    let bytes = br#"{"uri":"file:///x","name":"x"}"#;
    let json = Json::parse(bytes, Limits::bytes(bytes.len())).unwrap();
    (ItemDigests { wire: json.sha256(), surface: json.sha256() }, json)
}
