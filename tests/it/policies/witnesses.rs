//! More than one signer: counted are signers who agree, and each counts once.

use mcpsign_schemas::canonical::Json;
use mcpsign_schemas::manifest::{Binding, Kind, Launch, Network, Product, Sandbox, ToolManifest};
use mcpsign_tests::forge::{TOOL_MANIFEST, statement};
use serde_json::{Value, json};

use super::denied;
use crate::keyless::{RELEASE, github};
use crate::policy_fields::Outcome;
use crate::policy_fields::world::{LAB, REVIEW, REVIEWER, World, by_certificate, by_key, manifest};

const TOO_FEW: &str = "identity/too-few-signers";
const NO_OBSERVER: &str = "identity/kind-missing";

/// What the publisher says: started from an installation, so that an observer may say the same.
fn published() -> ToolManifest {
    let mut manifest = manifest();
    manifest.profiles[0].launch.binding = Binding::Installed;
    manifest
}

fn observed(bend: impl FnOnce(&mut ToolManifest)) -> Vec<u8> {
    let mut manifest = ToolManifest { kind: Kind::Observer, ..published() };
    bend(&mut manifest);
    manifest.bindings = Default::default();
    by_key(&LAB, &said(&manifest))
}

fn said(manifest: &ToolManifest) -> Value {
    let manifest = Json::from_serialize(manifest).unwrap().to_canonical();
    statement(&RELEASE.subjects, TOOL_MANIFEST, &serde_json::from_slice(&manifest).unwrap())
}

/// Both kinds are demanded, of a release that its publisher signed.
fn both_kinds() -> World {
    World::with_manifest(&published(), &RELEASE.subjects)
        .put("/rules/0/require/kinds", json!(["publisher", "observer"]))
}

#[test]
fn i14_a_second_witness_is_demanded_and_must_agree() {
    assert_eq!(both_kinds().outcome(), denied(NO_OBSERVER));
    assert_eq!(both_kinds().line(observed(|_| {})).outcome(), Outcome::Allowed);
    // Where each ran it does not count; how it was started does.
    let elsewhere: [fn(&mut Launch); 4] = [
        |launch| launch.sandbox = Sandbox::LinuxNamespaces,
        |launch| launch.binding = Binding::Unpacked,
        |launch| launch.network = Network::Host,
        |launch| launch.runtime = Some(Product { name: "node".into(), version: "22.22.1".into() }),
    ];
    for (at, bend) in elsewhere.into_iter().enumerate() {
        let elsewhere = observed(|manifest| bend(&mut manifest.profiles[0].launch));
        assert_eq!(both_kinds().line(elsewhere).outcome(), Outcome::Allowed, "{at}");
    }
    let bends: [fn(&mut ToolManifest); 5] = [
        |manifest| manifest.profiles[0].launch.argv.push("--caps".into()),
        |manifest| drop(manifest.profiles[0].launch.env.insert("DEBUG".into(), "1".into())),
        |manifest| manifest.profiles[0].protocol_version = "2025-11-25".into(),
        |manifest| {
            let profile = &mut manifest.profiles[0];
            profile.tools.remove("add_note");
            profile.tool_order.retain(|name| name != "add_note");
            let used: Vec<_> = profile.items().map(|(_, _, digests)| digests.wire).collect();
            manifest.items.retain(|digest, _| used.contains(digest));
            manifest.profiles[0].seal();
        },
        |manifest| manifest.valid_until = Some("2021-01-01T00:00:00Z".parse().unwrap()),
    ];
    for (at, bend) in bends.into_iter().enumerate() {
        assert_eq!(both_kinds().line(observed(bend)).outcome(), denied(NO_OBSERVER), "{at}");
    }
}

/// The publisher's own word under the other kind is no second witness.
#[test]
fn b10_one_signer_is_not_two_kinds() {
    let mut manifest = published();
    manifest.kind = Kind::Observer;
    let again = by_certificate(&said(&manifest), &github());
    let world = both_kinds().put("/signers/0/kinds", json!(["publisher", "observer"])).line(again);
    assert_eq!(world.outcome(), denied(NO_OBSERVER));
}

/// Two of two must have signed: the same signer twice, in whatever way, is one.
#[test]
fn b10_signers_are_counted_and_not_signatures() {
    let review = statement(&RELEASE.subjects, REVIEW, &json!({}));
    let another = statement(&RELEASE.subjects, REVIEW, &json!({ "again": true }));
    let two = || World::honest().put("/rules/0/require/signatures/0/threshold", json!(2));
    assert_eq!(two().outcome(), denied(TOO_FEW));
    let mut respelled: Value = serde_json::from_slice(&by_key(&REVIEWER, &review)).unwrap();
    respelled["verificationMaterial"]["publicKey"]["hint"] = json!("");
    for again in [
        by_key(&REVIEWER, &review),
        by_key(&REVIEWER, &another),
        respelled.to_string().into_bytes(),
        by_certificate(&review, &github()),
    ] {
        assert_eq!(two().line(again).outcome(), denied(TOO_FEW));
    }
    assert_eq!(two().line(by_key(&LAB, &review)).outcome(), Outcome::Allowed);
    // Over something else it is no second one.
    let elsewhere = json!([{ "name": "x", "digest": { "sha256": "00".repeat(32) } }]);
    let other = by_key(&LAB, &statement(&elsewhere, REVIEW, &json!({})));
    assert_eq!(two().line(other).outcome(), denied(TOO_FEW));
}

/// One certificate that two entries are for counts for one of them.
#[test]
fn b10_one_identity_under_two_entries_counts_once() {
    let identity = |path: &str| {
        json!({
            "issuer": github().issuer,
            "signerWorkflow": {
                "repository": "https://github.com/acme/notes-mcp", "path": path, "ref": "refs/tags/v*"
            }
        })
    };
    let world = |second: Value| {
        let mut world = World::honest();
        let mut other = world.policy["signers"][0].clone();
        (other["name"], other["identity"]) = (json!("second"), second);
        world.policy["signers"].as_array_mut().unwrap().push(other);
        let mut counted = world.policy["rules"][0]["require"]["signatures"].clone();
        counted[0] = json!({ "predicate": TOOL_MANIFEST, "threshold": 2, "signers": ["ci", "second"] });
        world.policy["rules"][0]["signers"].as_array_mut().unwrap().push(json!("second"));
        world.put("/rules/0/require/signatures", counted)
    };
    // Where one certificate could be both, the policy is refused.
    let refused = Outcome::Refused("rules[0].require.signatures[0].signers[1]".into());
    assert_eq!(world(identity(".github/workflows/release.yml")).outcome(), refused);
    // Where it could not, one of them has not signed.
    assert_eq!(world(identity(".github/workflows/check.yml")).outcome(), denied(TOO_FEW));
}

#[test]
fn b10_a_threshold_that_is_vacuous_or_cannot_be_met_is_refused() {
    for (threshold, path) in [
        (json!(0), "rules[0].require.signatures[0].threshold"),
        (json!(3), "rules[0].require.signatures[0].threshold"),
        (json!(-1), "rules[0].require.signatures[0].threshold"),
        (json!(1.5), "rules[0].require.signatures[0].threshold"),
    ] {
        let world = World::honest().put("/rules/0/require/signatures/0/threshold", threshold.clone());
        assert_eq!(world.outcome(), Outcome::Refused(path.into()), "{threshold}");
    }
}
